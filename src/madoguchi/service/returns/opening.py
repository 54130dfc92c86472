"""Sending something back, in its four moments. What is asked stands in `asking`; money moves by `return.settle`."""

from datetime import datetime

import msgspec

from madoguchi.core.access.rules import SYSTEM, Actor
from madoguchi.core.actions.fields import Subject, refusal
from madoguchi.core.actions.rules import Draft, Outcome, Refusal, Settled, Wish
from madoguchi.core.ledger.returning.verbs import drop_return, open_return
from madoguchi.core.policy.decisions import Denied, Verdict, outcome
from madoguchi.core.policy.queries import rules_of
from madoguchi.core.policy.returning import decide_returns
from madoguchi.core.policy.rules import decide_advance, decide_return
from madoguchi.core.policy.verbs import one_at_a_time
from madoguchi.core.requests.queries import access_request
from madoguchi.core.shop.port import Balance, Capability, Operation, OperationState, StorePort
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.service.returns import asking, slips, verbs
from madoguchi.service.returns.agreeing import ReturnOrder, agreement, drafted
from madoguchi.service.returns.eligibility import (
    Basis,
    Told,
    basis,
    before,
    decide,
)
from madoguchi.service.returns.going_on import with_steps
from madoguchi.service.returns.plans import ReturnPlan


async def draft(tx: Tx, actor: Actor, arguments: ReturnOrder) -> Draft:
    """What sending it back means.

    Refused: return_not_delivered, change_open, return_nothing_left, field_missing, unknown_line, wrong_quantity,
    return_replaces_faults, return_nothing_paid, return_method, method_not_allowed, Denied with the rule's reason.
    """
    of = await basis(tx, actor, arguments.order_id)
    to = await _method_for(tx, actor, of, arguments.method_ref)
    plan, decisions = agreement(of, actor, arguments, tx.now, to)
    return drafted(of, plan, decisions)


async def begin(tx: Tx, wish: Wish) -> None:
    """Set the units aside and note the return.

    Refused: units_taken; order_changed where the rules say otherwise after what was agreed to in between (quote again).
    """
    plan, order_id = plan_of(wish), wish.order_id
    assert order_id
    await one_at_a_time(tx, wish.customer_id)
    if not await _still_agreed(tx, wish, plan):
        raise Refused("order_changed", 409)
    await open_return(tx, wish.id, order_id, plan.units)
    await verbs.insert(tx, wish, plan)


async def _still_agreed(tx: Tx, wish: Wish, plan: ReturnPlan) -> bool:
    """Whether limits that count what was before still allow what they did when it was quoted."""
    pack = await rules_of(tx, wish.store_id)
    found = await before(tx, pack, wish.customer_id)
    early = plan.early and msgspec.structs.replace(plan.early, open_advances=found.open_advances)
    if early and decide_advance(pack, early).verdict is not Verdict.ALLOW:
        return False
    now = {ref: msgspec.structs.replace(one, returns_before=found.returns) for ref, one in plan.asked.items()}
    again = decide_returns(pack, now, found.history)
    return all(outcome(decide_return(pack, one)) == outcome(again[ref]) for ref, one in plan.asked.items())


async def perform(store: StorePort, wish: Wish) -> Operation:
    """Tell the store that it is coming back, where it wants to know."""
    if Capability.CREATE_RETURN not in store.capabilities():
        return Operation(key=str(wish.id), state=OperationState.SUCCEEDED)
    plan = plan_of(wish)
    coming = {part.line_ref: part.units for part in plan.parts if not part.keep}
    if not coming:
        return Operation(key=str(wish.id), state=OperationState.SUCCEEDED)
    return await store.create_return(
        str(wish.id), wish.order_ref or "", wish.order_version or 0, coming, plan.method_ref
    )


async def settle(tx: Tx, wish: Wish, operation: Operation) -> Outcome:
    """The return stands, or the units are free again."""
    plan, order_id = plan_of(wish), wish.order_id
    assert order_id
    if operation.state is not OperationState.SUCCEEDED:
        await drop_return(tx, wish.id, order_id, plan.units)
        await verbs.refuse(tx, wish.id)
        return Outcome(state=Settled.FAILED, code=f"store_{operation.code or 'failed'}")
    number = (await access_request(tx, SYSTEM, wish.id)).number
    await verbs.agree(tx, wish.id, number)
    return Outcome(state=Settled.DONE, slip=await with_steps(tx, slips.agreed(plan.slip, number), wish.id))


async def offer(tx: Tx, actor: Actor, subject: Subject) -> Refusal | None:
    """Whether something may come back for one reason or another; of what is all too late, until when it could have."""
    try:
        check_any(await basis(tx, actor, subject.id), tx.now)
    except Refused as refused:
        return refusal(refused)
    return None


def check_any(of: Basis, at: datetime) -> None:
    """Denied where nothing of it may come back, for whatever reason."""
    left = {ref: n for ref, n in of.left.items() if n}
    for reason in asking.reasons(of.pack):
        told = Told(reason=reason, evidence=True)
        found = [decide(of, ref, n, told, at, trusted=False) for ref, n in left.items()]
        if any(one.allowed for one in found):
            return
    raise Denied(found[0])


def plan_of(wish: Wish) -> ReturnPlan:
    """What was agreed to."""
    return msgspec.convert(wish.plan, ReturnPlan)


async def _method_for(tx: Tx, actor: Actor, of: Basis, method_ref: str | None) -> Balance | None:
    """The balance of the customer's, or the method by which the order was paid, that gets the price from the store."""
    if method_ref is None:
        return None
    ways = {one.method_ref: one for one in await asking.ways(tx, actor, of.order)}
    if method_ref not in ways:
        raise Refused("method_unknown", 409)
    paid_by = {tender.method_ref for tender in of.document.tenders}
    if method_ref not in paid_by and ways[method_ref].balance is None:
        raise Refused("method_not_allowed", 409)
    return ways[method_ref]
