"""Keeping what was to be sent back, as long as it is not on its way."""

from uuid import UUID

import msgspec

from madoguchi.core.access.rules import SYSTEM, Actor
from madoguchi.core.actions.fields import Subject, Unrelated, why_not
from madoguchi.core.actions.rules import Draft, Outcome, Refusal, Said, Settled, Slip, Wish
from madoguchi.core.requests.queries import open_request_on
from madoguchi.core.shop.port import Operation, OperationState
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.service.returns import queries, slips, verbs
from madoguchi.service.returns.queries import Return
from madoguchi.service.returns.rules import ENDED, Booked, Reception, Stage
from madoguchi.service.returns.units.rules import Unit, counted


class CancelReturn(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which return."""

    return_id: UUID


class CancelPlan(msgspec.Struct, frozen=True):
    """Which return, and the slip that was agreed to."""

    return_id: UUID
    slip: Slip


async def draft(tx: Tx, actor: Actor, arguments: CancelReturn) -> Draft:
    """What stays with the customer; Refused: return_ended, return_on_its_way, change_open."""
    of, units = await _open(tx, actor, arguments.return_id)
    if await open_request_on(tx, of.order_id):
        raise Refused("change_open", 409)
    order = await queries.order_of(tx, actor, of)
    slip = msgspec.structs.replace(
        slips.blank(order.document),
        order_ref=of.called,
        title=Said("returns.title.cancel"),
        facts=slips.kept(units),
        next_step=Said("returns.next.cancel"),
    )
    return Draft(
        slip=slip,
        plan=msgspec.to_builtins(CancelPlan(of.id, slip)),
        order_id=order.id,
        order_version=order.version,
        subject=of.subject,
        line_refs=tuple(counted(units)),
        gift=await queries.gift_of(tx, actor, of),
    )


async def begin(tx: Tx, wish: Wish) -> None:
    """Nothing is set aside."""


async def settle(tx: Tx, wish: Wish, operation: Operation) -> Outcome:
    """The units are the customer's, unless a carrier was faster."""
    plan = msgspec.convert(wish.plan, CancelPlan)
    if operation.state is not OperationState.SUCCEEDED:
        return Outcome(state=Settled.FAILED, code="store_failed")
    of = await queries.access_return(tx, SYSTEM, plan.return_id, lock=True)
    try:
        await verbs.cancel(tx, wish.id, of)
    except Refused as refused:
        return Outcome(state=Settled.FAILED, code=refused.code)
    return Outcome(state=Settled.DONE, slip=plan.slip)


async def offer(tx: Tx, actor: Actor, subject: Subject) -> Refusal | None:
    """Whether something of it was not sent yet."""
    return await why_not(_open(tx, actor, subject.id))


async def _open(tx: Tx, actor: Actor, return_id: UUID) -> tuple[Return, list[Unit]]:
    """The return, and its units that are not on their way."""
    of = await queries.access_return(tx, actor, return_id)
    if of.state in ENDED or of.stage is not Stage.AGREED:
        raise Unrelated("return_ended", 409)
    units = await queries.units_of(tx, of.id)
    waiting = [unit for unit in units if unit.reception is Reception.AWAITING and unit.booked is Booked.OPEN]
    if not waiting:
        raise Refused("return_on_its_way", 409)
    return of, waiting
