"""Returns as rows of a list: on their own page, and with their order."""

from collections import Counter
from collections.abc import Sequence

import msgspec

from madoguchi.kit.db import Tx
from madoguchi.kit.i18n import Reader
from madoguchi.service.returns import queries
from madoguchi.service.returns.folding import comes_to_nothing
from madoguchi.service.returns.queries import Parcel, Return
from madoguchi.service.returns.rules import ENDED, NOT_COMING, Acceptance, ReturnState
from madoguchi.service.returns.sending import lacks_address
from madoguchi.service.returns.units.rules import Unit

_TONES = {
    ReturnState.APPROVED: "waiting",
    ReturnState.REVIEW: "waiting",
    ReturnState.REQUESTED: "waiting",
    ReturnState.SETTLED: "done",
    ReturnState.KEPT: "done",
    ReturnState.LOST: "done",
}


class ReturnLine(msgspec.Struct, frozen=True, kw_only=True):
    """A return in a list; `meta` is its number."""

    url: str
    title: str
    text: str
    meta: str
    state: str
    tone: str
    unread: bool = False


async def return_line(tx: Tx, of: Return, reader: Reader) -> ReturnLine:
    """A return that the actor was found to see."""
    units, parcels = await queries.units_of(tx, of.id), await queries.parcels_of(tx, of.id)
    return ReturnLine(
        url=f"/returns/{of.id}",
        title=_called(units, reader),
        text=reader.t(f"counter.returns.now.{now(of, units, parcels)}", day=reader.local_day(of.send_until)),
        meta=of.number or "",
        state=reader.t(f"counter.returns.state.{of.state}"),
        tone=_TONES.get(of.state, "plain"),
    )


def now(of: Return, units: Sequence[Unit], parcels: Sequence[Parcel]) -> str:
    """Which words tell how far it is.

    Those of its state, of goods that go back to an address nobody knows, of an appeal while that is open, of a leader's
    decision that is waited for, of what its carrier or its sender told, or of nothing given.
    """
    if lacks_address(of, units):
        return "address"
    if of.appealed_at and not of.answered_at:
        return "appealed"
    if of.state not in ENDED and any(unit.acceptance is Acceptance.MANUAL for unit in units):
        return "review"
    if of.doubt:
        return of.doubt.said
    if of.state is ReturnState.IN_TRANSIT and any(parcel.handed_over for parcel in parcels):
        return "handed_over"
    if of.state is ReturnState.APPROVED and any(parcel.told for parcel in parcels):
        return "told"
    return "refused" if of.state is ReturnState.SETTLED and comes_to_nothing(units) else of.state


def next_words(of: Return, units: Sequence[Unit], words: str, reader: Reader, *, money: bool) -> str:
    """What comes next, by how far it is, for what the customer wished for; `money`: some is given back for it."""
    t, key = reader.t, f"counter.returns.next.{words}"
    given = [unit.settled_at for unit in units if unit.reception not in NOT_COMING or unit.paid or unit.replaced]
    match of.state:
        case ReturnState.APPROVED | ReturnState.IN_TRANSIT | ReturnState.RECEIVED if all(given) and words == of.state:
            key += ".early"
        case ReturnState.EXPIRED if any(given):
            key += ".early"
        case ReturnState.SETTLED if not money and words == of.state:
            key += ".no_money"
    return t(key, then=t(f"counter.returns.then.{of.wish}"))


def _called(units: Sequence[Unit], reader: Reader) -> str:
    """Its goods: the first by name and number, and how many others."""
    names = Counter(unit.name for unit in units)
    (first, count), *others = names.items()
    name = reader.t("returns.goods", name=first, n=count) if count > 1 else first
    return reader.t("counter.returns.and_others", name=name, n=len(others)) if others else name
