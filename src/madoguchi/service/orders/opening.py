"""What every change of an order begins with: the order, nothing else under way on it, and what the rules say."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import Actor
from madoguchi.core.actions.fields import Subject, refusal
from madoguchi.core.actions.rules import MoneyBack, Outcome, Refusal, Said, Settled, Slip, Wish
from madoguchi.core.ledger import verbs as ledger
from madoguchi.core.policy.decisions import ChangeDecision, Denied, Verdict
from madoguchi.core.policy.pack import ChangeWish, RulePack, Then
from madoguchi.core.policy.queries import rules_of
from madoguchi.core.policy.questions import about_change
from madoguchi.core.policy.rules import decide_change
from madoguchi.core.requests.queries import open_request_on
from madoguchi.core.shop.port import Balance, Operation, OperationState, StoreOrder
from madoguchi.core.shop.queries import Order, access_order, customer_facts
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.money import Money

# what the rules say of orders that have no address, no wrapping, or nothing left at all
_NOTHING_TO_CHANGE = frozenset({"order_cancelled", "cancel_already", "address_digital", "gift_options_digital"})


class Opening(msgspec.Struct, frozen=True):
    """An order that may be changed, and why."""

    order: Order
    pack: RulePack
    decision: ChangeDecision

    @property
    def facts(self) -> StoreOrder:
        """The order as the store tells it."""
        return self.order.document

    @property
    def line_refs(self) -> tuple[str, ...]:
        """The lines that may change."""
        return tuple(self.decision.lines)

    @property
    def asked(self) -> bool:
        """Whether the warehouse has a word."""
        return any(row.then is Then.ASK_STORE for row in self.decision.lines.values())

    @property
    def rule(self) -> Said:
        """The rule it rests on, in small type."""
        return Said(self.decision.reasons[0].key)


async def open_for(
    tx: Tx, actor: Actor, order_id: UUID, wish: ChangeWish, line_refs: Sequence[str] | None = None
) -> Opening:
    """The order, when the rules let it be changed so now; `line_refs` are the lines the customer picked.

    Refused: change_open while something else is under way, Denied with the rule's reason, unknown_line.
    """
    order = await access_order(tx, actor, order_id)
    if await open_request_on(tx, order.id):
        raise Refused("change_open", 409)
    if line_refs is not None and not {line.ref for line in order.document.lines}.issuperset(line_refs):
        raise Refused("unknown_line")
    pack = await rules_of(tx, order.store_id)
    named = None if line_refs is None else tuple(line_refs)
    decision = decide_change(pack, about_change(wish, order.document, tx.now, named))
    if decision.verdict is not Verdict.ALLOW:
        raise Denied(decision)
    if all(row.then is Then.CARRIER for row in decision.lines.values()):
        raise Refused("asks_carrier", 409, alternatives=("service.human",))
    return Opening(order, pack, decision)


async def offered(tx: Tx, actor: Actor, subject: Subject, wish: ChangeWish) -> Refusal | None:
    """None when the order may be changed so now; else why not and what instead."""
    try:
        await open_for(tx, actor, subject.id, wish)
    except Refused as refused:
        return why_not(refused)
    return None


def why_not(refused: Refused) -> Refusal:
    """Why an order cannot be changed so, as an offer tells it."""
    return msgspec.structs.replace(refusal(refused), unrelated=refused.code in _NOTHING_TO_CHANGE)


async def method_of(tx: Tx, actor: Actor, order: Order, method_ref: str) -> Balance:
    """A payment method on file of the order's customer; Refused("method_unknown")."""
    facts = await customer_facts(tx, actor, order.customer_id)
    for method in facts.methods:
        if method.method_ref == method_ref:
            return method
    raise Refused("method_unknown", 409)


def check_covers(method: Balance, amount: Money) -> None:
    """Refused("balance_too_low") when the method holds money and less than the amount."""
    if method.balance is not None and method.balance < amount:
        raise Refused("balance_too_low", 409, balance=method.balance, amount=amount)


def given_back(pack: RulePack, ref: str, method: Balance, amount: Money) -> MoneyBack:
    """Money that the store gives back to a payment method, and when it shows."""
    usual = pack.refunds.ways(method.kind)[0]
    return MoneyBack(
        tender_ref=ref,
        kind=method.kind,
        label=method.label,
        amount=amount,
        min_days=usual.least_days,
        max_days=usual.most_days,
    )


async def set_aside(tx: Tx, wish: Wish, money: Mapping[str, Money]) -> None:
    """Reserve what the store will give back, by tender."""
    await ledger.reserve(tx, wish.id, order_id(wish), {}, money)


async def booked(tx: Tx, wish: Wish, money: Mapping[str, Money], operation: Operation) -> None:
    """Book what the store gave back of what was set aside, or let it go."""
    if operation.state is OperationState.SUCCEEDED:
        await ledger.settle_given(tx, wish.id, order_id(wish), money, operation.refunds)
    else:
        await ledger.release(tx, wish.id, order_id(wish), {}, money)


def ended(slip: Slip, operation: Operation) -> Outcome:
    """How a change ended in which the store did everything."""
    if operation.state is not OperationState.SUCCEEDED:
        return Outcome(state=Settled.FAILED, code=f"store_{operation.code or 'failed'}")
    return Outcome(state=Settled.DONE, slip=msgspec.structs.replace(slip, irreversible=(), asked=False))


def order_id(wish: Wish) -> UUID:
    """The order a change is about."""
    assert wish.order_id is not None
    return wish.order_id
