"""A parcel that was reported missing has turned up: the wait ends, and nothing is sent or paid."""

from uuid import UUID

import msgspec

from madoguchi.core.access.rules import SYSTEM, Actor
from madoguchi.core.actions.fields import Subject, Unrelated, refusal
from madoguchi.core.actions.rules import Draft, Outcome, Refusal, Said, Settled, Slip, Wish
from madoguchi.core.shop.port import Operation, OperationState
from madoguchi.core.shop.queries import Order, access_order
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.money import Money
from madoguchi.service.claims import queries, rules, verbs
from madoguchi.service.claims.parcels import parcel_of
from madoguchi.service.claims.queries import Claim
from madoguchi.service.claims.rules import ClaimState


class ParcelFound(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which parcel."""

    order_id: UUID
    parcel_ref: str


class FoundPlan(msgspec.Struct, frozen=True):
    """The claim that ends, and the slip that was agreed to."""

    claim_id: UUID
    slip: Slip


async def draft(tx: Tx, actor: Actor, arguments: ParcelFound) -> Draft:
    """The end of the wait; Refused("claim_not_waiting") where nothing waits."""
    order, claim = await _waiting(tx, actor, arguments)
    document = order.document
    slip = Slip(
        title=Said("claims.title.found"),
        order_ref=document.ref,
        lines=(),
        money=(),
        total=Money(0, document.currency),
        facts=rules.goods(document, claim.units),
        notices=("change_done",),
        next_step=Said("claims.next.found"),
    )
    return Draft(
        slip=slip,
        plan=msgspec.to_builtins(FoundPlan(claim.id, slip)),
        order_id=order.id,
        order_version=order.version,
        line_refs=tuple(claim.units),
    )


async def begin(tx: Tx, wish: Wish) -> None:
    """Nothing is set aside."""


async def settle(tx: Tx, wish: Wish, operation: Operation) -> Outcome:
    """The claim has ended, unless it was taken up in between."""
    plan = msgspec.convert(wish.plan, FoundPlan)
    claim = await queries.access_claim(tx, SYSTEM, plan.claim_id, lock=True)
    if operation.state is not OperationState.SUCCEEDED or claim.state is not ClaimState.WAITING:
        return Outcome(state=Settled.FAILED, code="claim_not_waiting")
    await verbs.move(tx, claim, ClaimState.FOUND)
    return Outcome(state=Settled.DONE, slip=plan.slip)


async def offer(tx: Tx, actor: Actor, subject: Subject) -> Refusal | None:
    """Whether something waits for the parcel."""
    try:
        await _waiting(tx, actor, ParcelFound(subject.id, subject.ref))
    except Refused as refused:
        return refusal(refused)
    return None


async def _waiting(tx: Tx, actor: Actor, of: ParcelFound) -> tuple[Order, Claim]:
    order = await access_order(tx, actor, of.order_id)
    parcel = parcel_of(order, of.parcel_ref)
    claim = await queries.claim_on_parcel(tx, order.id, parcel.ref)
    if claim is None or claim.state is not ClaimState.WAITING:
        raise Unrelated("claim_not_waiting", 409)
    return order, claim
