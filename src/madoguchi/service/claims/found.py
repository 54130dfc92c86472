"""A parcel that was reported missing has turned up: the wait ends, or what was paid back in advance is called back."""

from collections.abc import Mapping
from datetime import timedelta
from enum import StrEnum
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import SYSTEM, Actor
from madoguchi.core.actions.fields import Field, FieldKind, FieldOption, Subject, Unrelated, why_not
from madoguchi.core.actions.rules import Charge, Draft, Following, Outcome, Refusal, Said, Settled, Slip, Wish, said
from madoguchi.core.ledger.advances import verbs as advances
from madoguchi.core.ledger.advances.queries import check_gone, never_gone, open_advance
from madoguchi.core.ledger.advances.rules import Advance, AdvanceState, of_parcel
from madoguchi.core.policy.queries import rules_of
from madoguchi.core.shop.port import Operation, OperationState
from madoguchi.core.shop.queries import Order, access_order
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.money import Money
from madoguchi.service.claims import queries, rules, verbs
from madoguchi.service.claims.parcels import parcel_of
from madoguchi.service.claims.queries import Claim
from madoguchi.service.claims.rules import ClaimState


class Then(StrEnum):
    """What becomes of goods whose price was paid back."""

    KEEP = "keep"  # and pay for them again
    SEND_BACK = "send_back"


_THEN: Mapping[Then, Said] = {
    Then.KEEP: Said("claims.found.keep"),
    Then.SEND_BACK: Said("claims.found.send_back"),
}


class ParcelFound(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which parcel, and where its price was paid back, what becomes of the goods."""

    order_id: UUID
    parcel_ref: str
    then: Then | None = None


class FoundPlan(msgspec.Struct, frozen=True):
    """The claim that ends, the slip that was agreed to, and the advance that is called back how."""

    claim_id: UUID
    slip: Slip
    advance_id: UUID | None = None
    then: Then | None = None


class Waiting(msgspec.Struct, frozen=True):
    """A parcel that may turn up: the claim about it, and what was paid back in advance."""

    order: Order
    claim: Claim
    advance: Advance | None


async def form(tx: Tx, actor: Actor, subject: Subject) -> tuple[Field, ...]:
    """What becomes of the goods; nothing where their price was not paid back."""
    order = await access_order(tx, actor, subject.id)
    if await _advance(tx, order, subject.ref) is None:
        return ()
    options = tuple(FieldOption(value=then, label=label) for then, label in _THEN.items())
    return (Field(name="then", kind=FieldKind.CHOICE, options=options),)


async def draft(tx: Tx, actor: Actor, arguments: ParcelFound) -> Draft:
    """The end of the wait; Refused: claim_not_waiting, advance_not_gone."""
    found = await _waiting(tx, actor, arguments)
    document = found.order.document
    slip = Slip(
        title=Said("claims.title.found"),
        order_ref=document.ref,
        lines=(),
        money=(),
        total=Money(0, document.currency),
        facts=rules.goods(document, found.claim.units),
        notices=("change_done",),
        next_step=Said("claims.next.found"),
    )
    if found.advance:
        slip = await _calling_back(tx, found.order, found.advance, slip, arguments.then)
    plan = FoundPlan(
        found.claim.id, slip, found.advance.id if found.advance else None, arguments.then if found.advance else None
    )
    return Draft(
        slip=slip,
        plan=msgspec.to_builtins(plan),
        order_id=found.order.id,
        order_version=found.order.version,
        line_refs=tuple(found.claim.units),
    )


async def begin(tx: Tx, wish: Wish) -> None:
    """Nothing is set aside."""


async def settle(tx: Tx, wish: Wish, operation: Operation) -> Outcome:
    """The claim has ended, unless it was taken up in between, or the advance has ended otherwise."""
    plan = msgspec.convert(wish.plan, FoundPlan)
    claim = await queries.access_claim(tx, SYSTEM, plan.claim_id, lock=True)
    awaited = ClaimState.DONE if plan.advance_id else ClaimState.WAITING
    if operation.state is not OperationState.SUCCEEDED or claim.state is not awaited:
        return Outcome(state=Settled.FAILED, code="claim_not_waiting")
    if plan.advance_id:
        try:
            await _call_back(tx, wish, plan.advance_id, plan.then)
        except Refused as refused:
            return Outcome(state=Settled.FAILED, code=refused.code)
    await verbs.move(tx, claim, ClaimState.FOUND)
    return Outcome(state=Settled.DONE, slip=_goes_on(wish, plan))


def _goes_on(wish: Wish, plan: FoundPlan) -> Slip:
    """With what the customer does next, where goods are sent back."""
    if plan.then is not Then.SEND_BACK or plan.slip.next_step is None:
        return plan.slip
    then = Following(steps=(plan.slip.next_step,), paths={"order": f"/orders/{wish.order_id}"})
    return msgspec.structs.replace(plan.slip, then=then)


async def offer(tx: Tx, actor: Actor, subject: Subject) -> Refusal | None:
    """Whether something waits for the parcel."""
    return await why_not(_waiting(tx, actor, ParcelFound(subject.id, subject.ref)))


async def _calling_back(tx: Tx, order: Order, advance: Advance, slip: Slip, then: Then | None) -> Slip:
    """What is paid again, or until when the goods are sent back."""
    if then is None:
        raise Refused("field_missing", field="then")
    if then is Then.KEEP and await never_gone(tx, advance):
        return msgspec.structs.replace(slip, next_step=Said("claims.next.found.never_paid"))
    if then is Then.KEEP:
        await check_gone(tx, advance)
        charge = Charge(advance.tender_label, advance.owed)
        return msgspec.structs.replace(slip, charges=(charge,), next_step=Said("claims.next.found.keep"))
    until = tx.now + await _back_within(tx, order)
    return msgspec.structs.replace(slip, next_step=said("claims.next.found.send_back", until=until))


async def _call_back(tx: Tx, wish: Wish, advance_id: UUID, then: Then | None) -> None:
    if then is Then.KEEP:
        if await advances.owe(tx, advance_id):
            await advances.agree(tx, advance_id, wish.id)
    else:
        assert wish.order_id
        order = await access_order(tx, SYSTEM, wish.order_id)
        await advances.expect_back(tx, advance_id, tx.now + await _back_within(tx, order))


async def _back_within(tx: Tx, order: Order) -> timedelta:
    return timedelta(days=(await rules_of(tx, order.store_id)).advance.recover_after_days)


async def _waiting(tx: Tx, actor: Actor, of: ParcelFound) -> Waiting:
    order = await access_order(tx, actor, of.order_id)
    parcel = parcel_of(order, of.parcel_ref)
    claim = await queries.claim_on_parcel(tx, order.id, parcel.ref)
    advance = await _advance(tx, order, parcel.ref)
    if claim is None or not (claim.state is ClaimState.WAITING or (claim.state is ClaimState.DONE and advance)):
        raise Unrelated("claim_not_waiting", 409)
    return Waiting(order, claim, advance)


async def _advance(tx: Tx, order: Order, parcel_ref: str) -> Advance | None:
    """What was paid back in advance for a parcel, and nothing was decided about."""
    found = await open_advance(tx, order.id, of_parcel(parcel_ref))
    return found if found and found.state is AdvanceState.PAID and not found.coming_back else None
