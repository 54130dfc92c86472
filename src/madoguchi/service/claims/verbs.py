"""What becomes of a claim: the moments that all claims share. Never commits."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from psycopg import errors
from psycopg.types.json import Jsonb

from madoguchi.core.access.rules import SYSTEM, Actor
from madoguchi.core.actions.rules import Fact, Following, Outcome, Said, Settled, Slip, Wish, said
from madoguchi.core.ledger import verbs as ledger
from madoguchi.core.ledger.advances import verbs as advances
from madoguchi.core.ledger.advances.rules import of_parcel
from madoguchi.core.ledger.intents.verbs import intend
from madoguchi.core.policy import paying_back
from madoguchi.core.policy.believed.verbs import believe, forget
from madoguchi.core.policy.pack import Remedy
from madoguchi.core.policy.queries import rules_of
from madoguchi.core.policy.verbs import one_at_a_time
from madoguchi.core.requests.queries import access_request
from madoguchi.core.shop.port import Operation, OperationState, StorePort
from madoguchi.core.shop.queries import access_order
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.service.claims import deciding
from madoguchi.service.claims.queries import Claim, access_claim, claim_of_request, is_looked_into
from madoguchi.service.claims.rules import MOVES, ClaimPlan, ClaimState


async def begin(tx: Tx, wish: Wish) -> None:
    """Note the claim, or take up the one that has waited; set units and money aside.

    Refused: order_changed when what was granted in between leaves it to somebody's word (quote again), change_open when
    another claim about the parcel was first, subject_open when the charge is looked into already, units_taken,
    money_taken.
    """
    plan = plan_of(wish)
    await one_at_a_time(tx, wish.customer_id)
    if not await deciding.still_granted(tx, await rules_of(tx, wish.store_id), wish.customer_id, plan):
        raise Refused("order_changed", 409)
    if wish.order_id is None and await is_looked_into(tx, wish.customer_id, plan.amount):
        raise Refused("subject_open", 409)
    if plan.claim_id:
        await _take_up(tx, plan.claim_id, plan.first_state, wish.id)
    else:
        await _insert(tx, wish, plan)
    if wish.order_id and not plan.wait_until:
        await ledger.reserve(tx, wish.id, wish.order_id, plan.units, plan.money)


async def approve(tx: Tx, actor: Actor, wish: Wish) -> None:
    """Somebody who may has granted it."""
    await move(tx, await claim_of_request(tx, wish.id), ClaimState.GRANTED)


async def perform(store: StorePort, wish: Wish) -> Operation:
    """Ask the store to send it again; for all else there is nothing to ask of it."""
    plan = plan_of(wish)
    if plan.wait_until or plan.remedy is not Remedy.RESEND:
        return Operation(key=str(wish.id), state=OperationState.SUCCEEDED)
    return await store.create_replacement(str(wish.id), wish.order_ref or "", plan.units, None)


async def settle(tx: Tx, wish: Wish, operation: Operation) -> Outcome:
    """Book it: the units are made good, by money that goes its way or by the goods sent again."""
    plan, claim = plan_of(wish), await claim_of_request(tx, wish.id)
    if operation.state is not OperationState.SUCCEEDED:
        return await _give_up(tx, wish, plan, claim, operation)
    if plan.wait_until:
        await move(tx, claim, ClaimState.WAITING, due_at=plan.wait_until)
        waits = said("claims.goes_on.waiting", until=plan.wait_until)
        return Outcome(state=Settled.DONE, slip=_goes_on(wish, plan.slip, waits))
    if wish.order_id:
        await _make_good(tx, wish, wish.order_id, plan)
    await move(tx, claim, ClaimState.DONE)
    slip = _done(plan.slip, operation)
    if plan.advance_until:
        slip = _goes_on(wish, slip, said("claims.goes_on.advance", until=plan.advance_until))
    elif operation.created:
        slip = _goes_on(wish, slip, plan.once_resent)
    return Outcome(state=Settled.DONE, slip=slip)


async def move(
    tx: Tx, claim: Claim, state: ClaimState, *, due_at: datetime | None = None, request_id: UUID | None = None
) -> None:
    """Take a (locked) claim on; Refused("change_open") where it cannot go there any more."""
    if state not in MOVES[claim.state]:
        raise Refused("change_open", 409)
    await tx.execute(
        """update claims set state = %s, due_at = coalesce(%s, due_at), request_id = coalesce(%s, request_id),
             granted_at = case when %s then %s else granted_at end, changed_at = %s where id = %s""",
        [state, due_at, request_id, state is ClaimState.GRANTED, tx.now, tx.now, claim.id],
    )
    if state is ClaimState.GRANTED:
        await believe(tx, claim.id, claim.customer_id, claim.amount)
    elif state is not ClaimState.DONE:
        await forget(tx, claim.id)
    if claim.order_id:
        tx.wake(f"order:{claim.order_id}")


async def wait_longer(tx: Tx, claim: Claim, by: timedelta) -> None:
    """Look at a waiting (locked) claim again later: something else is under way on its order."""
    await tx.execute("update claims set due_at = %s, changed_at = %s where id = %s", [tx.now + by, tx.now, claim.id])


def plan_of(wish: Wish) -> ClaimPlan:
    """What was agreed to."""
    return msgspec.convert(wish.plan, ClaimPlan)


async def _take_up(tx: Tx, claim_id: UUID, state: ClaimState, request_id: UUID) -> None:
    await move(tx, await access_claim(tx, SYSTEM, claim_id, lock=True), state, request_id=request_id)


async def _insert(tx: Tx, wish: Wish, plan: ClaimPlan) -> None:
    granted = plan.first_state is ClaimState.GRANTED
    try:
        await tx.execute(
            """insert into claims (id, customer_id, order_id, parcel_ref, problem, remedy, units, checked, refund_to,
                 amount, currency, state, request_id, made_at, granted_at, changed_at)
               values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
            [
                wish.id,
                wish.customer_id,
                wish.order_id,
                plan.parcel_ref,
                plan.problem,
                plan.remedy,
                Jsonb(plan.units),
                Jsonb(plan.checked),
                plan.refund_to,
                plan.amount.amount,
                plan.amount.currency,
                plan.first_state,
                wish.id,
                tx.now,
                tx.now if granted else None,
                tx.now,
            ],
        )
    except errors.UniqueViolation as error:
        raise Refused("change_open", 409) from error
    if granted:
        await believe(tx, wish.id, wish.customer_id, plan.amount.amount)


async def _give_up(tx: Tx, wish: Wish, plan: ClaimPlan, claim: Claim, operation: Operation) -> Outcome:
    if wish.order_id and not plan.wait_until:
        await ledger.release(tx, wish.id, wish.order_id, plan.units, plan.money)
    await move(tx, claim, await _end_of(tx, wish, claim, operation))
    return Outcome(state=Settled.FAILED, code=f"store_{operation.code or 'failed'}")


async def _end_of(tx: Tx, wish: Wish, claim: Claim, operation: Operation) -> ClaimState:
    """Denied by somebody, not done by the store, or taken back by the customer."""
    if claim.state is ClaimState.NEEDS_APPROVAL:
        declined = (await access_request(tx, SYSTEM, wish.id)).decided_at is not None
        return ClaimState.DENIED if declined else ClaimState.WITHDRAWN
    return ClaimState.FAILED if operation.code else ClaimState.WITHDRAWN


async def _make_good(tx: Tx, wish: Wish, order_id: UUID, plan: ClaimPlan) -> None:
    await ledger.settle_kept(tx, wish.id, order_id, plan.units, refunded=plan.remedy is Remedy.REFUND)
    order = await access_order(tx, SYSTEM, order_id)
    pack = await rules_of(tx, order.store_id)
    parts = paying_back.parts(pack, order.document, plan.money, plan.refund_to)
    await intend(tx, wish.id, order_id, parts)
    if plan.advance_until and plan.parcel_ref:
        (part,) = parts
        await advances.pay(tx, wish.id, order_id, of_parcel(plan.parcel_ref), part, plan.advance_until)


def _goes_on(wish: Wish, slip: Slip, step: Said) -> Slip:
    """With what the customer waits for or does next."""
    paths = {"order": f"/orders/{wish.order_id}"} if wish.order_id else {}
    return msgspec.structs.replace(slip, then=Following(steps=(step,), paths=paths))


def _done(slip: Slip, operation: Operation) -> Slip:
    """With the number under which it is sent again."""
    if operation.created is None:
        return slip
    number = Fact(Said("claims.fact.replacement"), operation.created)
    return msgspec.structs.replace(slip, facts=(number, *slip.facts))
