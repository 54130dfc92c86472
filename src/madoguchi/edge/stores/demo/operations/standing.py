"""How a recorded shop answers: by the words of its policy, on the exact status of an order. Pure.

Items change once, to an available variant of the same product, and the difference is booked at once with a row of its
own even when it is nothing; the payment changes where there is exactly one; a gift card must cover what it pays.
What was delivered is returned or exchanged once; that is only noted, and the shop does the rest by itself.
"""

from msgspec.structs import replace

from madoguchi.core.shop.port import Address, Balance, Failure, OrderState, TenderKind
from madoguchi.edge.stores.demo import money, rules
from madoguchi.edge.stores.demo.money import Movement, Way
from madoguchi.edge.stores.demo.operations import answers, returning
from madoguchi.edge.stores.demo.operations.answers import Answer, Effect, Facts
from madoguchi.edge.stores.demo.operations.asked import (
    Cancel,
    ChangePayment,
    CreateExchange,
    CreateReturn,
    EditLines,
    OfOrder,
    UpdateShippingAddress,
)

PENDING, ITEM_MODIFIED = "pending", "pending (item modified)"
DELIVERED, RETURN_REQUESTED, EXCHANGE_REQUESTED = "delivered", "return requested", "exchange requested"
REASONS = frozenset({"no longer needed", "ordered by mistake"})
ADDRESS_LINES = 2


def answer(facts: Facts, asked: OfOrder) -> Answer:
    """What the shop says to a change of an order."""
    if isinstance(asked, CreateReturn | CreateExchange):
        return _coming_back(facts, asked)
    if facts.order.state is OrderState.CANCELLED:
        return Failure.INVALID
    if facts.order.status_text != PENDING and not (
        isinstance(asked, UpdateShippingAddress) and facts.order.status_text == ITEM_MODIFIED
    ):
        return Failure.TOO_LATE
    match asked:
        case Cancel():
            return _cancel(facts, asked)
        case UpdateShippingAddress():
            return _address(facts, asked.address)
        case EditLines():
            return _items(facts, asked)
        case ChangePayment():
            return _payment(facts, asked)
        case _:
            return Failure.NOT_SUPPORTED


def _cancel(facts: Facts, asked: Cancel) -> Answer:
    if asked.lines is not None or asked.reason not in REASONS:
        return Failure.INVALID
    after = rules.cancelled(facts.order, rules.wanted(facts.order, None), asked.reason, refunds=facts.refunds)
    return Effect(after, money.movements(facts.order, after))


def _address(facts: Facts, address: Address) -> Answer:
    if address.country != facts.order.address.country or not 0 < len(address.lines) <= ADDRESS_LINES:
        return Failure.INVALID
    lines = (*address.lines, *[""] * (ADDRESS_LINES - len(address.lines)))
    return Effect(replace(facts.order, address=replace(address, lines=lines)))


def _items(facts: Facts, asked: EditLines) -> Answer:
    changed = answers.edited(facts, asked)
    method = facts.method(asked.method_ref)
    if isinstance(changed, Failure):
        return changed
    after, difference = changed
    if method is None:
        return Failure.METHOD_UNKNOWN
    if not money.covers(method, difference):
        return Failure.INSUFFICIENT
    after = replace(after, status_text=ITEM_MODIFIED)
    if difference > 0:
        return answers.effect(money.charged(after, method, difference))
    moved = money.given(after, method.method_ref, -difference, lambda tender: True)
    return answers.effect(moved) if moved else Failure.INVALID


def _coming_back(facts: Facts, asked: CreateReturn | CreateExchange) -> Answer:
    method = facts.method(asked.method_ref or "")
    if facts.order.status_text != DELIVERED:
        return Failure.INVALID
    if method is None:
        return Failure.METHOD_UNKNOWN
    return _return(facts, asked, method) if isinstance(asked, CreateReturn) else _exchange(facts, asked, method)


def _return(facts: Facts, asked: CreateReturn, method: Balance) -> Answer:
    paid_with = {tender.method_ref for tender in facts.order.tenders}
    if method.method_ref not in paid_with and method.kind is not TenderKind.GIFT_BALANCE:
        return Failure.METHOD_UNKNOWN
    return _noted(returning.announced(facts.order, asked.lines), RETURN_REQUESTED)


def _exchange(facts: Facts, asked: CreateExchange, method: Balance) -> Answer:
    wanted = returning.wanted(facts, asked)
    if isinstance(wanted, Failure):
        return wanted
    if not money.covers(method, asked.expected.amount):
        return Failure.INSUFFICIENT
    return _noted(returning.announced(facts.order, returning.units(asked)), EXCHANGE_REQUESTED)


def _noted(answer: Effect | Failure, status: str) -> Answer:
    return answer if isinstance(answer, Failure) else Effect(replace(answer.order, status_text=status))


def _payment(facts: Facts, asked: ChangePayment) -> Answer:
    method: Balance | None = facts.method(asked.method_ref)
    if method is None:
        return Failure.METHOD_UNKNOWN
    only, *others = facts.order.tenders
    if others or only.refunded or only.method_ref == asked.method_ref:
        return Failure.INVALID
    amount = only.captured.amount
    if not money.covers(method, amount):
        return Failure.INSUFFICIENT
    after, taken = money.charged(facts.order, method, amount)
    back = Movement(tender_ref=only.ref, way=Way.REFUND, method_ref=only.method_ref, amount=amount)
    return Effect(money.with_refunds(after, [back]), (*taken, back))
