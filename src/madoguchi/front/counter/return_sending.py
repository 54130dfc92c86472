"""How what comes back is sent: what to do, and which code is shown to whom. Pure."""

import msgspec

from madoguchi.core.carriers.consignments.queries import Consigned
from madoguchi.core.policy.pack import Method
from madoguchi.kit.codes import Marks, qr
from madoguchi.kit.i18n import Reader
from madoguchi.service.returns.queries import Return
from madoguchi.service.returns.rules import ReturnState

SENDABLE = frozenset({ReturnState.APPROVED, ReturnState.IN_TRANSIT})


class Code(msgspec.Struct, frozen=True):
    """What a reader reads, the number that it stands for, and both in words."""

    marks: Marks
    number: str
    alt: str


class Sending(msgspec.Struct, frozen=True):
    """What to do; without a code while the carrier's is not there. `at_counter`: the code is what is needed first."""

    words: str
    code: Code | None
    at_counter: bool = False


def sending(of: Return, carried: Consigned | None, reader: Reader, *, booked: bool) -> Sending | None:
    """The way of a return, `booked` where it is to be collected; None where nothing is to be sent any more."""
    if of.number is None or of.state is not ReturnState.APPROVED:
        return None
    method = of.method or Method.LABEL
    if method is Method.CODE:
        code = carriers_code(carried, reader)
        return Sending(reader.t(f"counter.returns.send.{'code' if code else 'code.soon'}"), code, code is not None)
    key = "pickup.booked" if method is Method.PICKUP and booked else method
    ours = Code(qr(of.number), of.number, reader.t("counter.returns.code.alt", number=of.number))
    return Sending(reader.t(f"counter.returns.send.{key}"), ours)


def carriers_code(carried: Consigned | None, reader: Reader) -> Code | None:
    """What the carrier's counters and terminals read: ours means nothing to them."""
    if carried is None or not carried.paperless or not carried.number:
        return None
    alt = reader.t("counter.returns.code.carrier.alt", carrier=carried.carrier, number=carried.number)
    return Code(qr(carried.paperless), carried.number, alt)
