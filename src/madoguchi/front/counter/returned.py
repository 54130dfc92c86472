"""Returns as rows of a list: on their own page, and with their order."""

import msgspec

from madoguchi.kit.db import Tx
from madoguchi.kit.i18n import Reader
from madoguchi.service.returns import queries
from madoguchi.service.returns.queries import Return
from madoguchi.service.returns.rules import ReturnState

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
    units = await queries.units_of(tx, of.id)
    return ReturnLine(
        url=f"/returns/{of.id}",
        title=units[0].name if len(units) == 1 else f"{units[0].name} +{len(units) - 1}",
        text=reader.t(f"counter.returns.now.{now(of)}", day=reader.local_day(of.send_until)),
        meta=of.number or "",
        state=reader.t(f"counter.returns.state.{of.state}"),
        tone=_TONES.get(of.state, "plain"),
    )


def now(of: Return) -> str:
    """Which words tell how far it is: those of its state, of an appeal while that is open."""
    return "appealed" if of.appealed_at and not of.answered_at else of.state
