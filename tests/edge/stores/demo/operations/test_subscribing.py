"""What becomes of a subscription."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from madoguchi.core.shop.port import End, Failure, Subscription, SubscriptionChange, SubscriptionPlan
from madoguchi.edge.stores.demo.operations import subscribing
from madoguchi.kit.money import Money


def day(month: int, of_month: int) -> datetime:
    return datetime(2026, month, of_month, 1, tzinfo=UTC)


YEARLY = SubscriptionPlan(ref="YEAR", name="会員（年額）", price=Money(5000, "JPY"), interval="year")
MEMBERSHIP = Subscription(
    ref="SUB-1",
    customer_ref="c1",
    name="会員（月額）",
    kind="membership",
    state="active",
    price=Money(500, "JPY"),
    interval="month",
    started_at=day(1, 1),
    renews_at=day(3, 1),
    plan_ref="MONTH",
    plans=(YEARLY,),
)
COFFEE = replace(
    MEMBERSHIP,
    kind="regular_delivery",
    interval="weeks:4",
    next_delivery_at=day(3, 1),
    plan_ref=None,
    plans=(),
    intervals=("weeks:2", "weeks:4"),
)


def changed(one: Subscription, change: SubscriptionChange) -> Subscription:
    after = subscribing.changed(one, change)
    assert isinstance(after, Subscription), after
    return after


def test_the_next_delivery_is_left_out() -> None:
    after = changed(COFFEE, SubscriptionChange(skip=True))
    assert (after.next_delivery_at, after.renews_at) == (day(3, 29), day(3, 29))


def test_another_interval_keeps_the_next_date() -> None:
    after = changed(COFFEE, SubscriptionChange(interval="weeks:2"))
    assert (after.interval, after.next_delivery_at) == ("weeks:2", day(3, 1))


def test_another_plan_is_what_the_renewal_costs() -> None:
    after = changed(MEMBERSHIP, SubscriptionChange(plan="YEAR"))
    assert (after.plan_ref, after.price, after.interval, after.renews_at) == ("YEAR", YEARLY.price, "year", day(3, 1))


@pytest.mark.parametrize(
    ("one", "change"),
    [
        (MEMBERSHIP, SubscriptionChange(skip=True)),
        (MEMBERSHIP, SubscriptionChange(interval="weeks:2")),
        (MEMBERSHIP, SubscriptionChange(plan="MONTH")),
        (COFFEE, SubscriptionChange(plan="YEAR")),
        (COFFEE, SubscriptionChange(interval="weeks:3")),
        (COFFEE, SubscriptionChange()),
        (COFFEE, SubscriptionChange(skip=True, interval="weeks:2")),
        (replace(COFFEE, state="ends_at_renewal"), SubscriptionChange(skip=True)),
        (replace(COFFEE, state="ended"), SubscriptionChange(skip=True)),
    ],
)
def test_changes_that_are_not_offered(one: Subscription, change: SubscriptionChange) -> None:
    assert subscribing.changed(one, change) is Failure.INVALID


def test_it_ends_now_or_at_its_renewal() -> None:
    now, later = subscribing.ended(COFFEE, End.NOW), subscribing.ended(COFFEE, End.RENEWAL)
    assert isinstance(now, Subscription)
    assert isinstance(later, Subscription)
    assert (now.state, now.renews_at, now.next_delivery_at) == ("ended", None, None)
    assert (later.state, later.renews_at, later.next_delivery_at) == ("ends_at_renewal", COFFEE.renews_at, None)
    assert subscribing.ended(later, End.RENEWAL) is Failure.INVALID
    assert isinstance(subscribing.ended(later, End.NOW), Subscription)
    assert subscribing.ended(now, End.NOW) is Failure.INVALID


@pytest.mark.parametrize(
    ("at", "interval", "later"),
    [
        (day(1, 31), "month", day(2, 28)),
        (day(12, 15), "month", datetime(2027, 1, 15, 1, tzinfo=UTC)),
        (datetime(2024, 2, 29, tzinfo=UTC), "year", datetime(2025, 2, 28, tzinfo=UTC)),
        (day(1, 1), "weeks:4", day(1, 29)),
    ],
)
def test_one_interval_later(at: datetime, interval: str, later: datetime) -> None:
    assert subscribing.later(at, interval) == later
