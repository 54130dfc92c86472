"""Leaving the next delivery out, another interval, another plan: nothing is paid, and nothing is given back."""

from collections.abc import Callable
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import Actor
from madoguchi.core.actions.fields import Field, FieldKind, FieldOption, Subject, Unrelated, why_not
from madoguchi.core.actions.rules import Draft, Fact, Outcome, Refusal, Said, Slip, Wish, said
from madoguchi.core.shop.port import Operation, StorePort, Subscription, SubscriptionChange, SubscriptionPlan
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.service.subscriptions import rules
from madoguchi.service.subscriptions.opening import Opening, check_same, ended, known, open_for


class Skip(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which regular delivery is left out once."""

    customer_id: UUID
    subscription_ref: str


class ChangeInterval(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How often it comes from now on."""

    customer_id: UUID
    subscription_ref: str
    interval: str


class ChangePlan(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which plan it is from the next renewal on."""

    customer_id: UUID
    subscription_ref: str
    plan: str


class Planned(msgspec.Struct, frozen=True, kw_only=True):
    """What was agreed to, on a subscription that was so before."""

    before: Subscription
    change: SubscriptionChange
    slip: Slip


async def interval_form(tx: Tx, actor: Actor, subject: Subject) -> tuple[Field, ...]:
    """The other intervals."""
    one = (await known(tx, actor, subject.id, subject.ref)).one
    options = tuple(FieldOption(value=of, label=rules.interval(of)) for of in _intervals(one))
    return (Field(name="interval", kind=FieldKind.CHOICE, options=options),)


async def plan_form(tx: Tx, actor: Actor, subject: Subject) -> tuple[Field, ...]:
    """The other plans, with their prices."""
    one = (await known(tx, actor, subject.id, subject.ref)).one
    options = tuple(
        FieldOption(value=plan.ref, label=plan.name, note=said("memberships.price", price=plan.price))
        for plan in _plans(one)
    )
    return (Field(name="plan", kind=FieldKind.CHOICE, options=options),)


async def draft_skip(tx: Tx, actor: Actor, arguments: Skip) -> Draft:
    """Which delivery is left out, and when the one after it comes."""
    opening = await open_for(tx, actor, arguments.customer_id, arguments.subscription_ref)
    rules.check_goes_on(opening.one)
    skipped = rules.next_delivery(opening.pack, opening.one, tx.now)
    after = rules.later(skipped, opening.one.interval)
    facts = (
        Fact(Said("memberships.slip.skipped"), opening.day(skipped)),
        Fact(Said("memberships.slip.next"), opening.day(after)),
    )
    slip = opening.slip(Said("memberships.skip.title"), facts, Said("memberships.skip.next"))
    return _draft(opening, SubscriptionChange(skip=True), slip)


async def draft_interval(tx: Tx, actor: Actor, arguments: ChangeInterval) -> Draft:
    """How often it comes; the next delivery keeps its day."""
    opening = await open_for(tx, actor, arguments.customer_id, arguments.subscription_ref)
    rules.check_goes_on(opening.one)
    if arguments.interval not in _intervals(opening.one):
        raise Refused("subscription_not_offered", 409)
    facts = [
        Fact(Said("memberships.slip.interval"), rules.interval(arguments.interval)),
        Fact(Said("memberships.slip.before"), rules.interval(opening.one.interval)),
    ]
    if opening.one.next_delivery_at:
        facts.append(Fact(Said("memberships.slip.next"), opening.day(opening.one.next_delivery_at)))
    slip = opening.slip(Said("memberships.interval.title"), tuple(facts), Said("memberships.interval.next"))
    return _draft(opening, SubscriptionChange(interval=arguments.interval), slip)


async def draft_plan(tx: Tx, actor: Actor, arguments: ChangePlan) -> Draft:
    """Which plan, what it costs, and from when."""
    opening = await open_for(tx, actor, arguments.customer_id, arguments.subscription_ref)
    rules.check_goes_on(opening.one)
    plan = next((plan for plan in _plans(opening.one) if plan.ref == arguments.plan), None)
    if plan is None:
        raise Refused("subscription_not_offered", 409)
    facts = [
        Fact(Said("memberships.slip.plan"), plan.name),
        Fact(Said("memberships.slip.price"), said("memberships.price", price=plan.price)),
    ]
    if opening.one.renews_at:
        facts.append(Fact(Said("memberships.slip.from"), opening.day(opening.one.renews_at)))
    slip = opening.slip(Said("memberships.plan.title"), tuple(facts), Said("memberships.plan.next"))
    return _draft(opening, SubscriptionChange(plan=plan.ref), slip)


async def begin(tx: Tx, wish: Wish) -> None:
    """Nothing is set aside; it must still be as it was."""
    await check_same(tx, wish, _plan(wish).before)


async def perform(store: StorePort, wish: Wish) -> Operation:
    """Ask the store, under the request's key."""
    plan = _plan(wish)
    return await store.change_subscription(str(wish.id), plan.before.ref, plan.change)


async def settle(tx: Tx, wish: Wish, operation: Operation) -> Outcome:
    """How it ended."""
    return ended(_plan(wish).slip, operation)


async def offer_skip(tx: Tx, actor: Actor, subject: Subject) -> Refusal | None:
    """Whether the next delivery can be left out."""
    return await why_not(
        _check(tx, actor, subject, lambda opening: rules.next_delivery(opening.pack, opening.one, tx.now))
    )


async def offer_interval(tx: Tx, actor: Actor, subject: Subject) -> Refusal | None:
    """Whether there is another interval."""
    return await why_not(_check(tx, actor, subject, lambda opening: _check_any(_intervals(opening.one))))


async def offer_plan(tx: Tx, actor: Actor, subject: Subject) -> Refusal | None:
    """Whether there is another plan."""
    return await why_not(_check(tx, actor, subject, lambda opening: _check_any(_plans(opening.one))))


async def _check(tx: Tx, actor: Actor, subject: Subject, check: Callable[[Opening], object]) -> None:
    opening = await open_for(tx, actor, subject.id, subject.ref)
    check(opening)
    rules.check_goes_on(opening.one)


def _check_any(ways: tuple[object, ...]) -> None:
    if not ways:
        raise Unrelated("subscription_not_offered", 409)


def _intervals(one: Subscription) -> tuple[str, ...]:
    return tuple(of for of in one.intervals if of != one.interval)


def _plans(one: Subscription) -> tuple[SubscriptionPlan, ...]:
    return tuple(plan for plan in one.plans if plan.ref != (one.next_plan_ref or one.plan_ref))


def _draft(opening: Opening, change: SubscriptionChange, slip: Slip) -> Draft:
    plan = Planned(before=opening.one, change=change, slip=slip)
    return Draft(slip=slip, plan=msgspec.to_builtins(plan), subject=opening.subject)


def _plan(wish: Wish) -> Planned:
    return msgspec.convert(wish.plan, Planned)
