"""When a regular delivery comes, and how often, in words. Pure."""

from calendar import monthrange
from datetime import datetime, timedelta

from madoguchi.core.actions.fields import Unrelated
from madoguchi.core.actions.rules import Said, said
from madoguchi.core.policy.pack import RulePack
from madoguchi.core.shop.port import Subscription, SubscriptionPlan
from madoguchi.kit.errors import Refused

_WEEKS = "weeks:"
_PERSON = ("service.human",)


def interval(of: str) -> Said:
    """How often, in words."""
    if of.startswith(_WEEKS):
        return said("memberships.interval.weeks", n=int(of.removeprefix(_WEEKS)))
    return Said("memberships.interval.year" if of == "year" else "memberships.interval.month")


def later(at: datetime, interval: str) -> datetime:
    """One interval later; a month that is too short gives its last day."""
    if interval.startswith(_WEEKS):
        return at + timedelta(weeks=int(interval.removeprefix(_WEEKS)))
    months = at.month - 1 + (12 if interval == "year" else 1)
    year, month = at.year + months // 12, months % 12 + 1
    return at.replace(year=year, month=month, day=min(at.day, monthrange(year, month)[1]))


def next_plan(one: Subscription) -> SubscriptionPlan | None:
    """The plan from the next renewal on, where that is another one."""
    return next((plan for plan in one.plans if plan.ref == one.next_plan_ref), None)


def check_goes_on(one: Subscription) -> None:
    """Refused: subscription_past_due while it is not paid, subscription_ends when it was ended at its renewal."""
    if one.state == "past_due":
        raise Refused("subscription_past_due", 409, alternatives=("subscription.cancel", "service.human"))
    if one.state != "active":
        raise Refused("subscription_ends", 409)


def next_delivery(pack: RulePack, one: Subscription, now: datetime) -> datetime:
    """The delivery that can still be left out.

    Refused: subscription_not_offered where nothing is delivered, subscription_too_late when it is being packed.
    """
    if one.next_delivery_at is None:
        raise Unrelated("subscription_not_offered", 409)
    days = pack.subscriptions.skip_days
    if now > one.next_delivery_at - timedelta(days=days):
        raise Refused("subscription_too_late", 409, alternatives=_PERSON, days=days)
    return one.next_delivery_at
