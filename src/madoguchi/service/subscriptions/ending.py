"""Ending a membership or a regular delivery, now or at its renewal, and giving back what the rules say."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import SYSTEM, Actor
from madoguchi.core.actions.fields import Field, FieldKind, FieldOption, Subject, why_not
from madoguchi.core.actions.paying_back import refund_fields
from madoguchi.core.actions.rules import Draft, Fact, MoneyBack, Outcome, Refusal, Said, Settled, Slip, SlipLine, Wish
from madoguchi.core.ledger import verbs as ledger
from madoguchi.core.ledger.intents.verbs import intend
from madoguchi.core.ledger.rules import Destination, Part, by_tender
from madoguchi.core.policy import paying_back
from madoguchi.core.policy.decisions import SubscriptionDecision
from madoguchi.core.policy.questions import SubscriptionQuestion
from madoguchi.core.policy.rules import decide_subscription
from madoguchi.core.requests.queries import open_request_on
from madoguchi.core.shop.port import End, Operation, StorePort, Subscription, TenderKind
from madoguchi.core.shop.queries import Order, access_order, order_by_ref
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.money import Money, total
from madoguchi.service.subscriptions.opening import Opening, check_same, ended, known, open_for

_BY_MISTAKE = "by_mistake"
_REASONS: Mapping[str, Said] = {
    "not_needed": Said("actions.subscription.cancel.field.reason.not_needed"),
    _BY_MISTAKE: Said("actions.subscription.cancel.field.reason.by_mistake"),
    "too_expensive": Said("actions.subscription.cancel.field.reason.too_expensive"),
    "other": Said("actions.subscription.cancel.field.reason.other"),
}
_WHEN: Mapping[End, Said] = {
    End.NOW: Said("actions.subscription.cancel.field.when.now"),
    End.RENEWAL: Said("actions.subscription.cancel.field.when.renewal"),
}


class CancelSubscription(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Which subscription ends when and why; `refund_to` is for money that cannot go back the way it came."""

    customer_id: UUID
    subscription_ref: str
    when: End = End.NOW
    reason: str = "not_needed"
    refund_to: Destination | None = None


class EndPlan(msgspec.Struct, frozen=True, kw_only=True):
    """When it ends, and what goes back by tender for which lines of the order that paid for the period."""

    before: Subscription
    when: End
    slip: Slip
    units: dict[str, int] = {}
    money: dict[str, Money] = {}
    refund_to: Destination | None = None


class Paid(msgspec.Struct, frozen=True):
    """The order that paid for the present period, what of it can go back, and why."""

    order: Order
    units: dict[str, int]
    money: dict[str, Money]
    decision: SubscriptionDecision


async def form(tx: Tx, actor: Actor, subject: Subject) -> tuple[Field, ...]:
    """When, and why; as few questions as when it was begun, and each is answered already."""
    opening = await known(tx, actor, subject.id, subject.ref)
    order = await _paying_order(tx, actor, subject.id, opening.one)
    return *_when_field(opening.one), _reason_field(), *(refund_fields(opening.pack, order.document) if order else ())


async def draft(tx: Tx, actor: Actor, arguments: CancelSubscription) -> Draft:
    """When it ends and what comes back; Refused also when it ends at its renewal already, or is being changed."""
    opening = await open_for(tx, actor, arguments.customer_id, arguments.subscription_ref)
    if arguments.when not in _ways(opening.one):
        raise Refused("subscription_ends", 409)
    paid = await _paid(tx, actor, opening, arguments) if arguments.when is End.NOW else None
    parts = _parts(opening, paid, arguments.refund_to) if paid else []
    slip = _slip(opening, arguments.when, paid, parts)
    plan = EndPlan(
        before=opening.one,
        when=arguments.when,
        slip=slip,
        units=paid.units if paid else {},
        money=paid.money if paid else {},
        refund_to=arguments.refund_to,
    )
    return Draft(
        slip=slip,
        plan=msgspec.to_builtins(plan),
        order_id=paid.order.id if paid and paid.money else None,
        order_version=paid.order.version if paid and paid.money else None,
        line_refs=tuple(plan.units),
        subject=opening.subject,
        decision=paid.decision if paid else None,
    )


async def begin(tx: Tx, wish: Wish) -> None:
    """Set the money of the period aside; nothing else is ever given back for it."""
    plan = _plan(wish)
    await check_same(tx, wish, plan.before)
    if wish.order_id:
        await ledger.reserve(tx, wish.id, wish.order_id, plan.units, plan.money)


async def perform(store: StorePort, wish: Wish) -> Operation:
    """Ask the store, under the request's key."""
    plan = _plan(wish)
    return await store.cancel_subscription(str(wish.id), plan.before.ref, plan.when)


async def settle(tx: Tx, wish: Wish, operation: Operation) -> Outcome:
    """It has ended, and what is owed goes its way; or the store did not do it, and nothing is owed."""
    plan = _plan(wish)
    outcome = ended(plan.slip, operation)
    if wish.order_id is None:
        return outcome
    if outcome.state is Settled.FAILED:
        await ledger.release(tx, wish.id, wish.order_id, plan.units, plan.money)
        return outcome
    await ledger.settle_kept(tx, wish.id, wish.order_id, plan.units, refunded=True)
    order = await access_order(tx, SYSTEM, wish.order_id)
    opening = await known(tx, SYSTEM, wish.customer_id, plan.before.ref)
    parts = paying_back.parts(opening.pack, order.document, plan.money, plan.refund_to)
    await intend(tx, wish.id, wish.order_id, parts)
    return outcome


async def offer(tx: Tx, actor: Actor, subject: Subject) -> Refusal | None:
    """Whether it can be ended."""
    return await why_not(open_for(tx, actor, subject.id, subject.ref))


async def _paid(tx: Tx, actor: Actor, opening: Opening, arguments: CancelSubscription) -> Paid | None:
    """What the rules give back of the period; None where no period is paid in advance."""
    one = opening.one
    order = await _paying_order(tx, actor, arguments.customer_id, one)
    if order is None or one.period_started_at is None or one.renews_at is None or one.state == "past_due":
        return None
    if await open_request_on(tx, order.id):
        raise Refused("subject_open", 409)
    tenders = await ledger.tenders(tx, order.id)
    currency = order.document.currency
    paid = total([Money(tender.captured, currency) for tender in tenders.values()], currency)
    decision = decide_subscription(
        opening.pack,
        SubscriptionQuestion(
            at=tx.now,
            country=order.document.address.country,
            paid=paid.amount,
            started_at=one.started_at,
            period_from=one.period_started_at,
            period_to=one.renews_at,
            used=one.used,
            accidental=arguments.reason == _BY_MISTAKE,
        ),
    )
    money = by_tender(tenders, Money(decision.refund, currency)) if decision.refund else {}
    free = {ref: line.free for ref, line in (await ledger.lines(tx, order.id)).items() if line.free}
    return Paid(order, free if money else {}, money, decision)


async def _paying_order(tx: Tx, actor: Actor, customer_id: UUID, one: Subscription) -> Order | None:
    """The order of the present period; a regular delivery's order paid for goods, which are another matter."""
    if one.kind != "membership" or one.order_ref is None:
        return None
    return await order_by_ref(tx, actor, customer_id, one.order_ref)


def _ways(one: Subscription) -> tuple[End, ...]:
    """Now, or at the renewal where something is paid until then."""
    at_renewal = one.kind == "membership" and one.state == "active" and one.renews_at is not None
    return (End.NOW, End.RENEWAL) if at_renewal else (End.NOW,)


def _when_field(one: Subscription) -> tuple[Field, ...]:
    options = tuple(FieldOption(value=way, label=_WHEN[way]) for way in _ways(one))
    return (Field(name="when", kind=FieldKind.CHOICE, options=options, default=End.NOW),) if len(options) > 1 else ()


def _reason_field() -> Field:
    options = tuple(FieldOption(value=reason, label=label) for reason, label in _REASONS.items())
    return Field(name="reason", kind=FieldKind.CHOICE, options=options, default=next(iter(_REASONS)))


def _parts(opening: Opening, paid: Paid, refund_to: Destination | None) -> list[Part]:
    return paying_back.parts(opening.pack, paid.order.document, paid.money, refund_to)


def _slip(opening: Opening, when: End, paid: Paid | None, parts: Sequence[Part]) -> Slip:
    """What ends when, and what comes back."""
    one = opening.one
    now = when is End.NOW
    facts = (Fact(Said("memberships.slip.ends"), Said("memberships.at_once")),)
    if not now and one.renews_at:
        facts = (Fact(Said("memberships.slip.ends"), opening.day(one.renews_at)),)
    slip = opening.slip(Said("memberships.cancel.title"), facts, _next_step(now, bool(parts)))
    warning = (Said("memberships.cancel.irreversible"),) if now else ()
    slip = msgspec.structs.replace(slip, irreversible=warning)
    if paid is None:
        return slip
    reason = paid.decision.reasons[0]
    back = total(list(paid.money.values()), paid.order.document.currency)
    return msgspec.structs.replace(
        slip,
        order_ref=paid.order.store_ref if parts else "",
        lines=(SlipLine(name=one.name, quantity=1, amount=back),) if parts else (),
        money=tuple(_back(part) for part in parts),
        total=back,
        facts=facts if parts else slip.facts,  # what ends stands in the line already
        rule=Said(reason.key, reason.parameters),
    )


def _next_step(now: bool, back: bool) -> Said:
    if not now:
        return Said("memberships.cancel.next.renewal")
    return Said("memberships.cancel.next.money" if back else "memberships.cancel.next")


def _back(part: Part) -> MoneyBack:
    least, most = part.days
    return MoneyBack(
        tender_ref=part.tender_ref,
        kind=TenderKind(part.tender_kind),
        label=part.tender_label,
        amount=part.amount,
        destination=part.destination,
        min_days=least,
        max_days=most,
    )


def _plan(wish: Wish) -> EndPlan:
    return msgspec.convert(wish.plan, EndPlan)
