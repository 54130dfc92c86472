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
MONTHLY = SubscriptionPlan(ref="MONTH", name="会員（月額）", price=Money(500, "JPY"), interval="month")
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


def test_another_plan_begins_with_the_renewal() -> None:
    after = changed(MEMBERSHIP, SubscriptionChange(plan="YEAR"))
    assert after == replace(MEMBERSHIP, next_plan_ref="YEAR"), "nothing else changes before"
    then = subscribing.renewed(subscribing.renewing(after), "MD-2")
    assert (then.plan_ref, then.next_plan_ref, then.price, then.interval) == ("YEAR", None, YEARLY.price, "year")
    assert (then.period_started_at, then.renews_at) == (day(3, 1), day(3, 1).replace(year=2027))


def test_a_plan_can_be_taken_back_before_it_begins() -> None:
    waiting = replace(MEMBERSHIP, plans=(MONTHLY, YEARLY), next_plan_ref="YEAR")
    assert changed(waiting, SubscriptionChange(plan="MONTH")).next_plan_ref is None
    assert subscribing.changed(waiting, SubscriptionChange(plan="YEAR")) is Failure.INVALID


def test_a_period_that_is_not_paid_waits_and_ends_after_the_grace() -> None:
    waiting = subscribing.unpaid(MEMBERSHIP, day(3, 1))
    assert waiting == replace(MEMBERSHIP, state="past_due")
    assert subscribing.unpaid(waiting, day(3, 7)) == waiting
    assert subscribing.unpaid(waiting, day(3, 8)).state == "ended"
    assert subscribing.changed(waiting, SubscriptionChange(skip=True)) is Failure.INVALID
    assert subscribing.ended(waiting, End.RENEWAL) is Failure.INVALID
    assert isinstance(subscribing.ended(waiting, End.NOW), Subscription)


def test_a_delivery_without_goods_waits_a_day() -> None:
    after = subscribing.postponed(COFFEE)
    assert (after.renews_at, after.next_delivery_at) == (day(3, 2), day(3, 2))


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
