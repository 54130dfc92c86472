"""How the money of a change is settled: charged, given back or still to be paid, set aside, booked, owed."""

from collections.abc import Mapping
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import SYSTEM, Actor
from madoguchi.core.actions.methods import as_method, check_covers, given_back
from madoguchi.core.actions.owing import pay_first, to_pay
from madoguchi.core.actions.rules import Charge, Fact, MoneyBack, Outcome, Said, Settled, Slip, Wish, said
from madoguchi.core.ledger import verbs as ledger
from madoguchi.core.ledger.intents.verbs import intend
from madoguchi.core.ledger.rules import HELD_BY_STORE, Destination, TenderMoney
from madoguchi.core.policy.paying_back import parts
from madoguchi.core.policy.queries import rules_of
from madoguchi.core.shop.port import Balance, Operation, OperationState, StoreOrder, Tender
from madoguchi.core.shop.queries import Order, access_order, customer_facts
from madoguchi.kit.db import Tx
from madoguchi.kit.money import Money
from madoguchi.service.orders.opening import Opening


async def methods_for(tx: Tx, actor: Actor, order: Order) -> tuple[Balance, ...]:
    """What a difference in price can be settled by: payments of the order still to be made, and methods on file."""
    facts = await customer_facts(tx, actor, order.customer_id)
    to_pay = [as_method(tender) for tender in order.document.tenders if _is_open(tender)]
    return (*to_pay, *facts.methods)


class Settlement(msgspec.Struct, frozen=True, kw_only=True):
    """How a difference in price is settled: `reserve` is what each tender gives back, the rest is for the slip."""

    reserve: dict[str, Money]
    money: tuple[MoneyBack, ...] = ()
    charges: tuple[Charge, ...] = ()
    facts: tuple[Fact, ...] = ()
    back: Money


def settlement(opening: Opening, held: Mapping[str, TenderMoney], method: Balance, difference: Money) -> Settlement:
    """A difference in price by one method: charged or given back, or what is still to be paid by it changes.

    Refused("balance_too_low").
    """
    check_covers(method, difference)
    nothing = Money(0, opening.facts.currency)
    to_pay = next((t for t in opening.facts.tenders if t.method_ref == method.method_ref and _is_open(t)), None)
    if to_pay and difference:
        fact = still_to_pay(to_pay.amount, to_pay.amount + difference)
        return Settlement(reserve={}, facts=(fact,), back=nothing)
    if difference >= nothing:
        charges = (Charge(method.label, difference),) if difference else ()
        return Settlement(reserve={}, charges=charges, back=nothing)
    return Settlement(
        reserve=_give_back(opening.facts, held, method.method_ref, -difference),
        money=(given_back(opening.pack, "", method, -difference),),
        back=-difference,
    )


def still_to_pay(old: Money, new: Money) -> Fact:
    """What is to be paid from now on for what was not paid yet."""
    return Fact(Said("orders.to_pay"), said("orders.to_pay.changed", old=old, new=new))


def _is_open(tender: Tender) -> bool:
    return bool(tender.amount) and not tender.captured


def _give_back(order: StoreOrder, held: Mapping[str, TenderMoney], method_ref: str, amount: Money) -> dict[str, Money]:
    """From which tenders an amount is given back: those of the method first, then the others in their order.

    What the store holds itself comes last, since it stays of its kind (I5). What was never captured is not given back
    but asked for no more.
    """
    found: dict[str, Money] = {}
    left = amount
    for tender in sorted(order.tenders, key=lambda one: (one.method_ref != method_ref, one.kind in HELD_BY_STORE)):
        part = min(left, held[tender.ref].free)
        if part:
            found[tender.ref] = part
            left -= part
    return found


class MoneyPlan(msgspec.Struct, frozen=True, kw_only=True):
    """What a plan that gives money back has at least: how much of it each tender gives, and the slip agreed to."""

    money: dict[str, Money]
    slip: Slip


async def begin(tx: Tx, wish: Wish) -> None:
    """Set aside what will be given back, by tender."""
    await ledger.reserve(tx, wish.id, order_id(wish), {}, _plan(wish).money)


async def settle(tx: Tx, wish: Wish, operation: Operation) -> Outcome:
    """Book what the store gave back of what was set aside, or let it go."""
    plan = _plan(wish)
    if operation.state is OperationState.SUCCEEDED:
        await ledger.settle_given(tx, wish.id, order_id(wish), plan.money, operation.refunds)
    else:
        await ledger.release(tx, wish.id, order_id(wish), {}, plan.money)
    return ended(wish, plan.slip, operation)


async def settled(
    tx: Tx,
    wish: Wish,
    units: Mapping[str, int],
    money: Mapping[str, Money],
    operation: Operation,
    refund_to: Destination | None,
) -> None:
    """Book units and money that were set aside: what the store did not give back itself is owed, and goes its way."""
    given = {ref: amount for ref, amount in operation.refunds.items() if amount}
    owed = _owed(money, given)
    await ledger.settle_cancellation(tx, wish.id, order_id(wish), units, given, owed=bool(owed))
    order = await access_order(tx, SYSTEM, order_id(wish))
    pack = await rules_of(tx, order.store_id)
    await intend(tx, wish.id, order.id, parts(pack, order.document, owed, refund_to))


def ended(wish: Wish, slip: Slip, operation: Operation) -> Outcome:
    """How a change ended in which the store did everything; what is not paid yet is paid next."""
    if operation.state is not OperationState.SUCCEEDED:
        return Outcome(state=Settled.FAILED, code=f"store_{operation.code or 'failed'}")
    unpaid = to_pay(operation.order) if operation.order else ()
    then = pay_first(unpaid, f"/orders/{order_id(wish)}")
    return Outcome(state=Settled.DONE, slip=msgspec.structs.replace(slip, irreversible=(), asked=False, then=then))


def _owed(reserved: Mapping[str, Money], given: Mapping[str, Money]) -> dict[str, Money]:
    """What the store left to us; giving more than was reserved is drift that a person must see before it is booked."""
    if any(ref not in reserved or reserved[ref] < amount for ref, amount in given.items()):
        raise RuntimeError(f"the store refunded {given} where {reserved} was reserved")
    left = {ref: amount - given[ref] if ref in given else amount for ref, amount in reserved.items()}
    return {ref: amount for ref, amount in left.items() if amount}


def order_id(wish: Wish) -> UUID:
    """The order a change is about."""
    assert wish.order_id is not None
    return wish.order_id


def _plan(wish: Wish) -> MoneyPlan:
    return msgspec.convert(wish.plan, MoneyPlan)
