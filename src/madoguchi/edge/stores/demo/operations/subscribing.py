"""What becomes of a subscription, as pure functions from one to the next."""

from calendar import monthrange
from datetime import datetime, timedelta

from msgspec.structs import replace

from madoguchi.core.shop.port import End, Failure, Subscription, SubscriptionChange

ACTIVE, ENDS_AT_RENEWAL, ENDED = "active", "ends_at_renewal", "ended"


def changed(one: Subscription, change: SubscriptionChange) -> Subscription | Failure:
    """The subscription with one thing changed; Failure.INVALID for none, several, or what is not offered."""
    wishes = [change.skip, change.interval is not None, change.plan is not None]
    if one.state != ACTIVE or sum(wishes) != 1:
        return Failure.INVALID
    if change.skip:
        return _skipped(one)
    if change.interval is not None:
        return replace(one, interval=change.interval) if change.interval in one.intervals else Failure.INVALID
    plan = next((plan for plan in one.plans if plan.ref == change.plan), None)
    if plan is None:
        return Failure.INVALID
    return replace(one, plan_ref=plan.ref, name=plan.name, price=plan.price, interval=plan.interval)


def ended(one: Subscription, when: End) -> Subscription | Failure:
    """The subscription as it ends now, or at its renewal; Failure.INVALID when it has ended, or will already."""
    if one.state == ENDED or (one.state == ENDS_AT_RENEWAL and when is End.RENEWAL):
        return Failure.INVALID
    if when is End.RENEWAL:
        return replace(one, state=ENDS_AT_RENEWAL, next_delivery_at=None)
    return replace(one, state=ENDED, renews_at=None, next_delivery_at=None)


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
