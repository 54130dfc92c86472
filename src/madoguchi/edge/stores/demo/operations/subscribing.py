"""What becomes of a subscription, as pure functions from one to the next."""

from calendar import monthrange
from datetime import datetime, timedelta

from msgspec.structs import replace

from madoguchi.core.shop.port import End, Failure, Subscription, SubscriptionChange

ACTIVE, PAST_DUE, ENDS_AT_RENEWAL, ENDED = "active", "past_due", "ends_at_renewal", "ended"
RENEWING = frozenset({ACTIVE, PAST_DUE})
GRACE = timedelta(days=7)  # for so long an unpaid period is charged again and again


def changed(one: Subscription, change: SubscriptionChange) -> Subscription | Failure:
    """The subscription with one thing changed; Failure.INVALID for none, several, or what is not offered."""
    wishes = [change.skip, change.interval is not None, change.plan is not None]
    if one.state != ACTIVE or sum(wishes) != 1:
        return Failure.INVALID
    if change.skip:
        return _skipped(one)
    if change.interval is not None:
        return replace(one, interval=change.interval) if change.interval in one.intervals else Failure.INVALID
    if change.plan == (one.next_plan_ref or one.plan_ref) or all(plan.ref != change.plan for plan in one.plans):
        return Failure.INVALID
    return replace(one, next_plan_ref=None if change.plan == one.plan_ref else change.plan)


def ended(one: Subscription, when: End) -> Subscription | Failure:
    """The subscription as it ends now, or at its renewal; Failure.INVALID when it has ended, or will already."""
    if one.state == ENDED or (one.state != ACTIVE and when is End.RENEWAL):
        return Failure.INVALID
    if when is End.RENEWAL:
        return replace(one, state=ENDS_AT_RENEWAL, next_delivery_at=None, next_plan_ref=None)
    return replace(one, state=ENDED, renews_at=None, next_delivery_at=None, next_plan_ref=None)


def renewing(one: Subscription) -> Subscription:
    """The subscription with the plan that its next period has."""
    plan = next((plan for plan in one.plans if plan.ref == one.next_plan_ref), None)
    if plan is None:
        return one
    return replace(one, plan_ref=plan.ref, next_plan_ref=None, name=plan.name, price=plan.price, interval=plan.interval)


def renewed(one: Subscription, order_ref: str) -> Subscription:
    """Its next period, paid by an order."""
    assert one.renews_at
    ends = later(one.renews_at, one.interval)
    return replace(
        one,
        state=ACTIVE,
        period_started_at=one.renews_at,
        renews_at=ends,
        next_delivery_at=ends if one.next_delivery_at else None,
        used=False,
        order_ref=order_ref,
    )


def unpaid(one: Subscription, now: datetime) -> Subscription:
    """It was not paid: it waits, and ends after the days of grace."""
    assert one.renews_at
    if now >= one.renews_at + GRACE:
        return replace(one, state=ENDED, renews_at=None, next_delivery_at=None, next_plan_ref=None)
    return replace(one, state=PAST_DUE)


def postponed(one: Subscription) -> Subscription:
    """Its goods are sold out, or unknown: the delivery is tried on the next day."""
    assert one.renews_at
    day = timedelta(days=1)
    delivery = one.next_delivery_at + day if one.next_delivery_at else None
    return replace(one, renews_at=one.renews_at + day, next_delivery_at=delivery)


def later(at: datetime, interval: str) -> datetime:
    """One interval later; a month that is too short gives its last day."""
    if interval.startswith("weeks:"):
        return at + timedelta(weeks=int(interval.removeprefix("weeks:")))
    months = at.month - 1 + (12 if interval == "year" else 1)
    year, month = at.year + months // 12, months % 12 + 1
    return at.replace(year=year, month=month, day=min(at.day, monthrange(year, month)[1]))


def _skipped(one: Subscription) -> Subscription | Failure:
    if one.next_delivery_at is None or one.renews_at is None:
        return Failure.INVALID
    return replace(
        one,
        next_delivery_at=later(one.next_delivery_at, one.interval),
        renews_at=later(one.renews_at, one.interval),
    )
