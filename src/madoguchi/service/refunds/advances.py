"""Advances as people meet them: paying what was paid back too early, and what the shop's people decide about it."""

from collections.abc import Set
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import Actor
from madoguchi.core.actions.fields import Field, FieldKind, Subject, Unrelated, refusal
from madoguchi.core.actions.rules import (
    Charge,
    Draft,
    Outcome,
    Refusal,
    Said,
    Settled,
    Slip,
    TextCard,
    Wish,
    said,
)
from madoguchi.core.ledger.advances import queries, verbs
from madoguchi.core.ledger.advances.rules import OPEN, Advance, AdvanceState
from madoguchi.core.shop.port import Operation, OperationState
from madoguchi.core.shop.queries import Order, access_order
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.money import Money

NOTE_LIMIT = 500


class PayAdvance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of which order."""

    order_id: UUID


class EndAdvance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of which order, and why."""

    order_id: UUID
    note: str


class PayPlan(msgspec.Struct, frozen=True):
    """Which advance is charged, and the slip that was agreed to."""

    advance_id: UUID
    slip: Slip


async def draft(tx: Tx, actor: Actor, arguments: PayAdvance) -> Draft:
    """What is charged, and where to; Refused: advance_not_due, advance_charging, advance_not_gone."""
    order, advance = await _open(tx, actor, arguments.order_id, {AdvanceState.RECHARGE_DUE})
    if advance.charge_key:
        raise Refused("advance_charging", 409)
    await queries.check_gone(tx, advance)
    slip = Slip(
        title=Said("refunds.advance.title"),
        order_ref=advance.order_ref,
        lines=(),
        money=(),
        total=Money(0, advance.currency),
        charges=(Charge(advance.tender_label, advance.amount),),
        notices=("change_done",),
        next_step=Said("refunds.advance.next"),
    )
    return Draft(
        slip=slip,
        plan=msgspec.to_builtins(PayPlan(advance.id, slip)),
        order_id=advance.order_id,
        order_version=order.version,
        subject=f"advance:{advance.id}",
    )


async def begin(tx: Tx, wish: Wish) -> None:
    """Nothing is set aside: the provider takes it all at once, or nothing."""


async def settle(tx: Tx, wish: Wish, operation: Operation) -> Outcome:
    """Agreed: the charge goes its way under the wish's key."""
    plan = msgspec.convert(wish.plan, PayPlan)
    if operation.state is not OperationState.SUCCEEDED:
        return Outcome(state=Settled.FAILED, code="store_failed")
    try:
        await verbs.agree(tx, plan.advance_id, wish.id)
    except Refused as refused:
        return Outcome(state=Settled.FAILED, code=refused.code)
    return Outcome(state=Settled.DONE, slip=plan.slip)


async def offer(tx: Tx, actor: Actor, subject: Subject) -> Refusal | None:
    """Whether something is to be paid again."""
    return await _offered(tx, actor, subject, {AdvanceState.RECHARGE_DUE})


async def end_form(tx: Tx, actor: Actor, subject: Subject) -> tuple[Field, ...]:
    """Why."""
    await access_order(tx, actor, subject.id)
    return (Field(name="note", kind=FieldKind.NOTE, limit=NOTE_LIMIT),)


async def offer_forgiving(tx: Tx, actor: Actor, subject: Subject) -> Refusal | None:
    """Whether something is to be paid again that need not be."""
    return await _offered(tx, actor, subject, {AdvanceState.RECHARGE_DUE})


async def offer_receiving(tx: Tx, actor: Actor, subject: Subject) -> Refusal | None:
    """Whether goods may still come back."""
    return await _offered(tx, actor, subject, OPEN)


async def forgive(tx: Tx, actor: Actor, arguments: EndAdvance) -> TextCard:
    """Ask nothing of the customer any more."""
    _, advance = await _open(tx, actor, arguments.order_id, {AdvanceState.RECHARGE_DUE})
    await verbs.forgive(tx, actor, advance.id, arguments.note)
    return await _told(tx, actor, advance.id)


async def receive(tx: Tx, actor: Actor, arguments: EndAdvance) -> TextCard:
    """The goods are back."""
    _, advance = await _open(tx, actor, arguments.order_id, OPEN)
    await verbs.recover(tx, actor, advance.id, arguments.note)
    return await _told(tx, actor, advance.id)


def sentences(advance: Advance) -> tuple[Said, Said]:
    """How much was paid in advance, and how far it is."""
    key = advance.state.value
    if advance.state is AdvanceState.PAID and advance.coming_back:
        key = "coming_back"
    elif advance.charge_key and advance.state is AdvanceState.RECHARGE_DUE:
        key = "charging"
    what = said("refunds.advance.what", amount=advance.amount)
    return what, said(f"refunds.advance.state.{key}", until=advance.due_at)


async def _told(tx: Tx, actor: Actor, advance_id: UUID) -> TextCard:
    return TextCard(lines=sentences(await queries.access_advance(tx, actor, advance_id)))


async def _offered(tx: Tx, actor: Actor, subject: Subject, states: Set[AdvanceState]) -> Refusal | None:
    try:
        await _open(tx, actor, subject.id, states)
    except Refused as refused:
        return refusal(refused)
    return None


async def _open(tx: Tx, actor: Actor, order_id: UUID, states: Set[AdvanceState]) -> tuple[Order, Advance]:
    order = await access_order(tx, actor, order_id)
    for advance in await queries.advances_of_order(tx, actor, order_id):
        if advance.state in states:
            return order, advance
    raise Unrelated("advance_not_due", 409)
