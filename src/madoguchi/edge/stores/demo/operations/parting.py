"""Units of what is held for an exchange as an order of their own, with their part of the money. Pure."""

from collections.abc import Mapping
from datetime import datetime

import msgspec
from msgspec.structs import replace

from madoguchi.core.shop.port import Carried, Failure, OrderLine, OrderState, StoreOrder, Tender
from madoguchi.edge.stores.demo import money
from madoguchi.edge.stores.demo.contents import Payment, Placed
from madoguchi.edge.stores.demo.money import Movement, Way
from madoguchi.edge.stores.demo.operations.returning import carrying, is_carried
from madoguchi.kit.money import Money, share, telescoped, total


class Parted(msgspec.Struct, frozen=True):
    """What is left, the money that left it for the other, and the order with the units that were taken out."""

    rest: StoreOrder
    movements: tuple[Movement, ...]
    part: Placed


def is_rest(order: StoreOrder, units: Mapping[str, int]) -> bool:
    """Whether these units are all that is left of an order."""
    return dict(units) == {line.ref: _left(line) for line in order.lines if _left(line)}


def parted(ref: str, order: StoreOrder, units: Mapping[str, int], now: datetime) -> Parted | Failure:
    """The order without these units, and a new one with them, held as well."""
    left = {line.ref: _left(line) for line in order.lines}
    if not order.by_parts or not units or any(not 0 < n <= left.get(one, 0) for one, n in units.items()):
        return Failure.INVALID
    lines = tuple(_taken(line, units[line.ref]) for line in order.lines if line.ref in units)
    carried = sum(line.exchange.amount.amount for line in lines if line.exchange)
    worth = total([line.total for line in lines], order.currency)
    awaited = [tender.amount.amount if is_carried(tender) else 0 for tender in order.tenders]
    paid = [money.room(tender) for tender in order.tenders]
    if carried > sum(awaited) or worth.amount - carried > sum(paid):
        return Failure.INVALID
    shares = list(zip(order.tenders, _shared(carried, awaited), _shared(worth.amount - carried, paid), strict=True))
    moved = tuple(
        Movement(tender_ref=tender.ref, way=Way.REFUND, method_ref=money.EXCHANGE, amount=given)
        for tender, _, given in shares
        if given
    )
    rest = replace(
        order,
        lines=tuple(_without(line, units.get(line.ref, 0)) for line in order.lines),
        tenders=tuple(_lowered(*one) for one in shares),
    )
    part = replace(
        order,
        ref=ref,
        version=1,
        state=OrderState.PAID,
        status_text=OrderState.PAID.value,
        placed_at=now,
        lines=lines,
        tenders=tuple(_part(str(n), *one) for n, one in enumerate((one for one in shares if any(one[1:])), 1)),
        total=worth,
        gift_code=None,
    )
    payments = tuple(
        Payment(tender_ref=t.ref, kind=Way.PAYMENT.value, method_ref=money.EXCHANGE, amount=t.captured.amount, at=now)
        for t in part.tenders
        if t.captured
    )
    return Parted(rest, moved, Placed(order=part, payments=payments))


def _left(line: OrderLine) -> int:
    return line.quantity - line.cancelled


def _taken(line: OrderLine, units: int) -> OrderLine:
    """These units as a line of their own."""
    assert line.exchange
    amount = _share(line, line.exchange.amount, units)
    return replace(
        line,
        quantity=units,
        total=_share(line, line.total, units),
        tax=_share(line, line.tax, units),
        cancelled=0,
        parted=0,
        exchange=Carried(line_ref=line.exchange.line_ref, amount=amount),
    )


def _share(line: OrderLine, whole: Money, units: int) -> Money:
    return Money(telescoped(whole.amount, line.quantity, line.cancelled, units), whole.currency)


def _without(line: OrderLine, units: int) -> OrderLine:
    return replace(line, cancelled=line.cancelled + units, parted=line.parted + units)


def _shared(amount: int, rooms: list[int]) -> list[int]:
    return share(amount, rooms) if amount else [0 for _ in rooms]


def _lowered(tender: Tender, carried: int, paid: int) -> Tender:
    currency = tender.amount.currency
    return replace(
        tender,
        amount=tender.amount - Money(carried, currency),
        refunded=tender.refunded + Money(paid, currency),
    )


def _part(ref: str, tender: Tender, carried: int, paid: int) -> Tender:
    """What a tender pays of the other order: awaited as it is, or taken as it was."""
    if carried:
        return carrying(ref, tender, carried)
    amount = Money(paid, tender.amount.currency)
    return replace(carrying(ref, tender, paid), captured=amount)
