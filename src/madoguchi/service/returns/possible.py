"""What could be sent back, line by line: until which day, and why not otherwise."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import Actor
from madoguchi.core.actions.fields import refusal
from madoguchi.core.actions.rules import Refusal
from madoguchi.core.policy.decisions import Denied, ReturnDecision
from madoguchi.core.policy.pack import ReturnReason
from madoguchi.core.shop.queries import access_order
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.service.returns.eligibility import Basis, Told, basis, decide
from madoguchi.service.returns.slips import named

NOTHING_LEFT = "return_nothing_left"


class Possible(msgspec.Struct, frozen=True, kw_only=True):
    """A line of an order: how many units could come back until when, or why none.

    It is what holds for goods as they were sold. `only_faulty`: not for every reason, only where something is wrong.
    """

    line_ref: str
    name: str
    units: int = 0
    until: datetime | None = None
    only_faulty: bool = False
    why_not: Refusal | None = None


async def possible(tx: Tx, actor: Actor, order_id: UUID) -> Sequence[Possible]:
    """All lines of an order that the actor may see."""
    order = await access_order(tx, actor, order_id)
    try:
        of = await basis(tx, actor, order_id)
    except Refused as refused:
        why_not = refusal(refused)
        return [Possible(line_ref=line.ref, name=named(line), why_not=why_not) for line in order.document.lines]
    left = of.left
    return [_line(of, line.ref, named(line), left[line.ref], tx.now) for line in order.document.lines]


def _line(of: Basis, ref: str, name: str, units: int, at: datetime) -> Possible:
    if not units:
        return Possible(line_ref=ref, name=name, why_not=Refusal(NOTHING_LEFT))
    wished, faulty = (_decided(of, ref, units, reason, at) for reason in _REASONS)
    best = wished if wished.allowed else faulty
    if not best.allowed:
        return Possible(line_ref=ref, name=name, why_not=refusal(Denied(wished)))
    return Possible(line_ref=ref, name=name, units=units, until=best.until, only_faulty=best is faulty)


_REASONS = (ReturnReason.NO_LONGER_NEEDED, ReturnReason.DEFECTIVE)


def _decided(of: Basis, ref: str, units: int, reason: ReturnReason, at: datetime) -> ReturnDecision:
    return decide(of, ref, units, Told(reason=reason, evidence=True), at, trusted=False)
