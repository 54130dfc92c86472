"""A charge that a customer does not know: explained by what they ordered, or looked into by a person."""

from collections.abc import Iterator, Sequence
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import Actor, Role
from madoguchi.core.actions.fields import Field, FieldKind, FieldOption, Subject
from madoguchi.core.actions.rules import Approval, Draft, Fact, Refusal, Said, Slip, said
from madoguchi.core.people.queries import Store, access_customer, store
from madoguchi.core.policy.pack import Problem
from madoguchi.core.policy.queries import rules_of
from madoguchi.core.policy.questions import ClaimQuestion
from madoguchi.core.policy.rules import decide_claim
from madoguchi.core.shop.port import Subscription
from madoguchi.core.shop.queries import Order, customer_facts, orders_of
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.money import Money
from madoguchi.service.claims.rules import ClaimPlan

LOOKED_AT = 200  # orders, the newest ones
_MOST = 10_000_000  # minor units: what a form takes


class UnknownCharge(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How much was charged; `disputed`: it is none of what we explain it by."""

    customer_id: UUID
    amount: Money
    disputed: str = ""


async def form(tx: Tx, actor: Actor, subject: Subject) -> tuple[Field, ...]:
    """How much, and whether our explanation is wrong."""
    shop = await _shop(tx, actor, subject.id)
    amount = Field(name="amount", kind=FieldKind.MONEY, most=Money(_MOST, shop.currency))
    options = (FieldOption(value="yes", label=Said("claims.charge.disputed")),)
    return amount, Field(name="disputed", kind=FieldKind.CHOICE, options=options, required=False)


async def draft(tx: Tx, actor: Actor, arguments: UnknownCharge) -> Draft:
    """A person looks into it; Refused(charge_explained, charge_explained_subscription) where we know what it is."""
    if not arguments.disputed:
        await _explain(tx, actor, arguments)
    shop = await _shop(tx, actor, arguments.customer_id)
    question = ClaimQuestion(
        at=tx.now, country=shop.country, problem=Problem.UNKNOWN_CHARGE, amount=arguments.amount.amount
    )
    decision = decide_claim(await rules_of(tx, shop.id), question)
    why = Said(decision.reasons[0].key)
    slip = Slip(
        title=Said("claims.title.charge"),
        order_ref="",
        lines=(),
        money=(),
        total=Money(0, shop.currency),
        facts=(Fact(Said("claims.fact.charge"), said("claims.charge.amount", amount=arguments.amount)),),
        rule=why,
        notices=("change_done",),
        next_step=Said("claims.next.charge"),
    )
    plan = ClaimPlan(
        problem=Problem.UNKNOWN_CHARGE, remedy=None, units={}, amount=arguments.amount, slip=slip, approval=True
    )
    return Draft(
        slip=slip,
        plan=msgspec.to_builtins(plan),
        subject=f"charge:{arguments.amount.amount}",
        decision=decision,
        approval=Approval(decision.approver or Role.LEADER, why, arguments.amount),
    )


async def offer(tx: Tx, actor: Actor, subject: Subject) -> Refusal | None:
    """Always possible."""
    await access_customer(tx, actor, subject.id)
    return None


async def _explain(tx: Tx, actor: Actor, asked: UnknownCharge) -> None:
    orders = await orders_of(tx, asked.customer_id, limit=LOOKED_AT)
    for order, label in paid_so(orders, asked.amount):
        raise Refused("charge_explained", 409, order=order.store_ref, day=order.placed_at, label=label)
    facts = await customer_facts(tx, actor, asked.customer_id)
    for one in renewed_so(facts.subscriptions, asked.amount):
        raise Refused("charge_explained_subscription", 409, name=one.name, amount=one.price)


def paid_so(orders: Sequence[Order], amount: Money) -> Iterator[tuple[Order, str]]:
    """Orders of which one payment, or all of it, was just this much."""
    for order in orders:
        for tender in order.document.tenders:
            if amount in {tender.captured, tender.amount}:
                yield order, tender.label
        if order.document.total == amount:
            yield order, ", ".join(tender.label for tender in order.document.tenders)


def renewed_so(subscriptions: Sequence[Subscription], amount: Money) -> Iterator[Subscription]:
    """Subscriptions that cost just this much."""
    return (one for one in subscriptions if one.price == amount)


async def _shop(tx: Tx, actor: Actor, customer_id: UUID) -> Store:
    return await store(tx, (await access_customer(tx, actor, customer_id)).store_id)
