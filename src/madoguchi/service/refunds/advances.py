"""Advances as people meet them: paying what was paid back too early, and what the shop's people decide about it."""

from collections.abc import Sequence, Set
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import Actor
from madoguchi.core.actions.fields import Field, FieldKind, FieldOption, Subject, Unrelated, refusal
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

PAYABLE = frozenset({AdvanceState.RECHARGE_DUE})
_NOTE = Field(name="note", kind=FieldKind.NOTE, limit=500)


class PayAdvance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of which order, and which one where there are several."""

    order_id: UUID
    advance_id: UUID | None = None


class EndAdvance(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Of which order, why, and which one where there are several."""

    order_id: UUID
    note: str
    advance_id: UUID | None = None


class PayPlan(msgspec.Struct, frozen=True):
    """Which advance is charged, and the slip that was agreed to."""

    advance_id: UUID
    slip: Slip


async def draft(tx: Tx, actor: Actor, arguments: PayAdvance) -> Draft:
    """What is charged, and where to; Refused: advance_not_due, advance_charging, advance_not_gone."""
    order, advance = await _meant(tx, actor, arguments, PAYABLE)
    if advance.charge_key:
        raise Refused("advance_charging", 409)
    await queries.check_gone(tx, advance)
    slip = Slip(
        title=Said("refunds.advance.title"),
        order_ref=advance.order_ref,
        lines=(),
        money=(),
        total=Money(0, advance.currency),
        charges=(Charge(advance.tender_label, advance.owed),),
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
    return await _offered(tx, actor, subject, PAYABLE)


async def pay_form(tx: Tx, actor: Actor, subject: Subject) -> tuple[Field, ...]:
    """Which one, where there are several."""
    return await _which(tx, actor, subject, PAYABLE)


async def forgive_form(tx: Tx, actor: Actor, subject: Subject) -> tuple[Field, ...]:
    """Which one, where there are several, and why."""
    return (*await _which(tx, actor, subject, PAYABLE), _NOTE)


async def receive_form(tx: Tx, actor: Actor, subject: Subject) -> tuple[Field, ...]:
    """Which one, where there are several, and what was looked at."""
    return (*await _which(tx, actor, subject, OPEN), _NOTE)


async def offer_receiving(tx: Tx, actor: Actor, subject: Subject) -> Refusal | None:
    """Whether goods may still come back."""
    return await _offered(tx, actor, subject, OPEN)


async def forgive(tx: Tx, actor: Actor, arguments: EndAdvance) -> TextCard:
    """Ask nothing of the customer any more."""
    _, advance = await _meant(tx, actor, arguments, PAYABLE)
    await verbs.forgive(tx, actor, advance.id, arguments.note)
    return await _told(tx, actor, advance.id)


async def receive(tx: Tx, actor: Actor, arguments: EndAdvance) -> TextCard:
    """The goods are back."""
    _, advance = await _meant(tx, actor, arguments, OPEN)
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
    _, found = await _matching(tx, actor, subject.id, states)
    return None if found else refusal(Unrelated("advance_not_due", 409))


async def _which(tx: Tx, actor: Actor, subject: Subject, states: Set[AdvanceState]) -> tuple[Field, ...]:
    _, found = await _matching(tx, actor, subject.id, states)
    if len(found) < 2:
        return ()
    options = tuple(FieldOption(value=str(one.id), label=one.number, amount=one.amount) for one in found)
    return (Field(name="advance_id", kind=FieldKind.CHOICE, options=options),)


async def _meant(
    tx: Tx, actor: Actor, asked: PayAdvance | EndAdvance, states: Set[AdvanceState]
) -> tuple[Order, Advance]:
    """The only one there is, or the one that was chosen; never one of several by chance."""
    order, found = await _matching(tx, actor, asked.order_id, states)
    if asked.advance_id:
        found = [one for one in found if one.id == asked.advance_id]
    match found:
        case []:
            raise Unrelated("advance_not_due", 409)
        case [advance]:
            return order, advance
        case _:
            raise Refused("field_missing", field="advance_id")


async def _matching(tx: Tx, actor: Actor, order_id: UUID, states: Set[AdvanceState]) -> tuple[Order, Sequence[Advance]]:
    """The order and its advances in these states, oldest first."""
    order = await access_order(tx, actor, order_id)
    return order, [one for one in await queries.advances_of_order(tx, actor, order_id) if one.state in states]
