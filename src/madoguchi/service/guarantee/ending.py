"""Taking a claim back, and objecting to what was decided about it."""

from uuid import UUID

import msgspec

from madoguchi.core.access.rules import SYSTEM, Actor
from madoguchi.core.actions.fields import Field, FieldKind, Subject, Unrelated, why_not
from madoguchi.core.actions.rules import Refusal, TextCard, said
from madoguchi.core.shop.queries import access_order
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.security import clean_text
from madoguchi.service.guarantee import queries, verbs
from madoguchi.service.guarantee.rules import LIVING, MOVES, NOTE_LIMIT, Claim, State


class WithdrawGuarantee(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The claim on which order."""

    order_id: UUID


class AppealGuarantee(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The claim on which order, and why the decision is wrong."""

    order_id: UUID
    note: str


async def withdraw(tx: Tx, actor: Actor, arguments: WithdrawGuarantee) -> TextCard:
    """The customer needs it no more; Refused("guarantee_not_open"). It can be claimed again."""
    of = await _withdrawable(tx, actor, arguments.order_id, lock=True)
    async with tx.acting(SYSTEM):
        await verbs.move(tx, of, State.WITHDRAWN)
        await verbs.tell_both(tx, of, "guarantee.thread.withdrawn", number=of.number)
    return TextCard(lines=(said("guarantee.done.withdrawn", number=of.number),))


async def offer_withdrawal(tx: Tx, actor: Actor, subject: Subject) -> Refusal | None:
    """Whether there is something to take back."""
    return await why_not(_withdrawable(tx, actor, subject.id))


async def appeal_form(tx: Tx, actor: Actor, subject: Subject) -> tuple[Field, ...]:
    """Why."""
    await access_order(tx, actor, subject.id)
    return (Field(name="note", kind=FieldKind.NOTE, limit=NOTE_LIMIT),)


async def appeal(tx: Tx, actor: Actor, arguments: AppealGuarantee) -> TextCard:
    """Have it decided once more, by other people.

    Refused: guarantee_not_denied, guarantee_open, guarantee_appeal_late.
    """
    of = await _appealable(tx, actor, arguments.order_id, lock=True)
    async with tx.acting(SYSTEM):
        await verbs.note_appeal(tx, of, clean_text(arguments.note))
    return TextCard(lines=(said("guarantee.done.appealed", number=of.number),))


async def offer_appeal(tx: Tx, actor: Actor, subject: Subject) -> Refusal | None:
    """Whether something was denied, and there is time to object."""
    return await why_not(_appealable(tx, actor, subject.id))


async def _withdrawable(tx: Tx, actor: Actor, order_id: UUID, *, lock: bool = False) -> Claim:
    of = await queries.claim_of_order(tx, actor, order_id, lock=lock)
    if of is None or State.WITHDRAWN not in MOVES[of.state] or of.state is State.OPENED:
        raise Unrelated("guarantee_not_open", 409)
    return of


async def _appealable(tx: Tx, actor: Actor, order_id: UUID, *, lock: bool = False) -> Claim:
    known = await queries.claim_of_order(tx, actor, order_id)
    of = await queries.denied_claim(tx, order_id, lock=lock)
    if of is None or of.appeal_until is None or (known and known.state is State.APPEALED):
        raise Unrelated("guarantee_not_denied", 409)
    if known and known.state in LIVING:  # about other goods of the order: one after the other
        raise Refused("guarantee_open", 409, alternatives=("service.human",))
    if tx.now > of.appeal_until:
        raise Refused("guarantee_appeal_late", 409, until=of.appeal_until, alternatives=("service.human",))
    return of
