"""Where a claim is, in sentences."""

from uuid import UUID

import msgspec

from madoguchi.core.access.rules import Actor
from madoguchi.core.actions.fields import Subject, Unrelated, why_not
from madoguchi.core.actions.rules import Refusal, Said, TextCard, said
from madoguchi.kit.db import Tx
from madoguchi.service.guarantee import queries
from madoguchi.service.guarantee.rules import Claim, State


class ShowGuarantee(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The claim on which order."""

    order_id: UUID


async def show(tx: Tx, actor: Actor, arguments: ShowGuarantee) -> TextCard:
    """How far it is, who acts next and until when, and what was decided; Refused("guarantee_none")."""
    return TextCard(lines=sentences(await _known(tx, actor, arguments.order_id)))


def sentences(of: Claim) -> tuple[Said, ...]:
    """The same of a claim that the actor was found to see."""
    lines = [said("guarantee.status.what", number=of.number, order=of.order_ref, amount=of.amount)]
    lines.append(said(f"guarantee.state.{of.state}", until=of.decide_by or of.due_at or of.made_at))
    if of.seller_told:
        lines.append(said("guarantee.status.seller", words=of.seller_told))
    if of.decision_note:
        lines.append(said("guarantee.status.why", words=of.decision_note))
    if of.state is State.DENIED and of.appeal_until:
        lines.append(said("guarantee.status.appeal", until=of.appeal_until))
    return tuple(lines)


async def offer(tx: Tx, actor: Actor, subject: Subject) -> Refusal | None:
    """Whether there is a claim."""
    return await why_not(_known(tx, actor, subject.id))


async def _known(tx: Tx, actor: Actor, order_id: UUID) -> Claim:
    of = await queries.claim_of_order(tx, actor, order_id)
    if of is None:
        raise Unrelated("guarantee_none", 409)
    return of
