"""What becomes of an order: money shared out to the last unit, states from units."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from madoguchi.core.shop.port import OrderState, StoreOrder, TenderKind
from madoguchi.edge.stores.demo import baskets, money, rules, stories
from madoguchi.edge.stores.demo.people import (
    CARD,
    COD,
    ICHIRO,
    KONBINI,
    KONBINI_UNPAID,
    MISAKI,
    PEOPLE,
    Pay,
    Person,
    Story,
)
from madoguchi.edge.stores.demo.rules import Plan
from madoguchi.kit.money import Money, total

NOW = datetime(2026, 3, 3, 1, tzinfo=UTC)
NAMED = {placed.order.ref: placed.order for placed in stories.contents(NOW).orders}


def told(person: Person, story: Story) -> StoreOrder:
    return NAMED[person.order(story)]


def placed(pay: tuple[Pay, ...] = (CARD,), items: dict[str, int] | None = None) -> StoreOrder:
    return baskets.place("MD-99999999", MISAKI.customer, NOW, items or {"TOWEL-BE": 3, "LOTION-1": 1}, pay)


def refunds(before: StoreOrder, after: StoreOrder) -> dict[str, Money]:
    """Money given back between two states, by tender."""
    return {one.tender_ref: Money(one.amount, "JPY") for one in money.movements(before, after)}


def test_a_part_is_shared_over_what_is_left_of_each_tender() -> None:
    order = placed((Pay(TenderKind.GIFT_BALANCE, 3000), Pay(TenderKind.POINTS, 1000), CARD))
    after = rules.cancelled(order, {"1": 1}, "other")
    assert refunds(order, after) == {"1": Money(844, "JPY"), "2": Money(281, "JPY"), "3": Money(2835, "JPY")}
    assert (after.state, after.cancel_reason) == (OrderState.PAID, None)


@given(
    units=st.lists(st.integers(1, 9), min_size=1, max_size=3),
    paid=st.lists(st.integers(1, 900), max_size=3),
    fee=st.integers(0, 550),
    discount=st.integers(0, 99),
    cuts=st.lists(st.integers(0, 2**16), max_size=40),
)
def test_units_one_by_one_give_back_exactly_what_was_paid(
    units: list[int], paid: list[int], fee: int, discount: int, cuts: list[int]
) -> None:
    skus = ("TOWEL-BE", "LOTION-1", "PAN-1")
    pay = (*(Pay(TenderKind.POINTS, amount) for amount in paid), CARD)
    order = placed(pay, dict(zip(skus, units, strict=False)))
    less = [replace(line, total=line.total - Money(discount, "JPY")) for line in order.lines]
    paid_in_all = total([line.total for line in less], "JPY") + Money(fee, "JPY")
    card = paid_in_all - Money(sum(paid), "JPY")
    if card.amount <= 0:
        return
    tenders = (*order.tenders[:-1], replace(order.tenders[-1], amount=card, captured=card))
    order = replace(order, lines=tuple(less), tenders=tenders, total=paid_in_all)
    for cut in cuts:
        left = [line for line in order.lines if rules.unshipped(line)]
        if not left:
            break
        line = left[cut % len(left)]
        order = rules.cancelled(order, {line.ref: 1 + cut % rules.unshipped(line)}, "other")
        assert all(t.refunded <= t.captured for t in order.tenders)
        kept = sum(line.total.amount for line in order.lines if line.cancelled < line.quantity)
        assert sum((t.captured - t.refunded).amount for t in order.tenders) <= kept + fee + discount * 3
    if order.state is not OrderState.CANCELLED:
        order = rules.cancelled(order, rules.wanted(order, None), "other")
    assert order.state is OrderState.CANCELLED
    assert [t.refunded for t in order.tenders] == [t.captured for t in order.tenders]


def test_the_shipping_fee_comes_back_with_the_last_unit_only() -> None:
    order = placed(items={"LOTION-1": 2})
    assert order.shipping_fee == Money(550, "JPY")
    part = rules.cancelled(order, {"1": 1}, "other")
    assert refunds(order, part) == {"1": Money(2200, "JPY")}
    assert refunds(part, rules.cancelled(part, {"1": 1}, "other")) == {"1": Money(2750, "JPY")}


def test_the_shipping_fee_stays_when_something_was_shipped() -> None:
    order = placed(items={"LOTION-1": 1, "NOTEBOOK-1": 1})
    after = rules.cancelled(rules.sent(order, {"1": 1}, NOW), {"2": 1}, "other")
    assert refunds(order, after) == {"1": Money(990, "JPY")}
    assert after.state is OrderState.SHIPPED


@pytest.mark.parametrize("pay", [COD, KONBINI_UNPAID])
def test_what_was_not_paid_is_no_longer_asked_for(pay: Pay) -> None:
    order = placed((pay,))
    part = rules.cancelled(order, {"2": 1}, "other")
    assert refunds(order, part) == {}
    assert part.tenders[0].amount == Money(11880, "JPY")
    whole = rules.cancelled(part, {"1": 3}, "other")
    assert (whole.tenders[0].amount, whole.tenders[0].pay_by) == (Money(0, "JPY"), None)


def test_a_part_takes_what_was_paid_before_what_was_not() -> None:
    order = placed((Pay(TenderKind.POINTS, 1000), KONBINI_UNPAID))
    after = rules.cancelled(order, {"2": 1}, "other")
    assert refunds(order, after) == {"1": Money(1000, "JPY")}
    assert after.tenders[1].amount == order.tenders[1].amount - Money(1200, "JPY")


def test_points_come_back_even_when_the_rest_was_never_paid() -> None:
    order = placed((Pay(TenderKind.POINTS, 1000), KONBINI_UNPAID))
    after = rules.cancelled(order, rules.wanted(order, None), "other")
    assert refunds(order, after) == {"1": Money(1000, "JPY")}


@pytest.mark.parametrize(
    ("pay", "method"),
    [
        (CARD, None),
        (KONBINI, "gift_balance"),
        (Pay(TenderKind.GIFT_BALANCE), "gift_balance"),
        (Pay(TenderKind.POINTS), "points"),
    ],
)
def test_where_a_refund_goes(pay: Pay, method: str | None) -> None:
    assert money.credited_method(placed((pay,)).tenders[0]) == method


def test_time_passes() -> None:
    order = placed((COD,), {"LOTION-1": 1})
    plan = Plan(allocate_at=NOW + timedelta(hours=5), ships_at=NOW + timedelta(hours=9))
    states = [rules.progressed(order, plan, NOW + timedelta(hours=hours)).state for hours in (0, 5, 8, 9, 24 * 9)]
    assert states == [
        OrderState.PAID,
        OrderState.PREPARING,
        OrderState.PREPARING,
        OrderState.SHIPPED,
        OrderState.DELIVERED,
    ]
    at_the_end = rules.progressed(order, plan, NOW + timedelta(days=9))
    assert at_the_end.tenders[0].captured == at_the_end.total  # paid at the door
    assert at_the_end.shipments[0].delivered_at


def test_an_unpaid_order_ends_at_its_deadline() -> None:
    order = placed((Pay(TenderKind.POINTS, 500), KONBINI_UNPAID))
    deadline = order.tenders[1].pay_by
    assert deadline
    assert rules.progressed(order, Plan(), deadline - timedelta(seconds=1)) == order
    after = rules.progressed(order, Plan(), deadline)
    assert (after.state, after.cancel_reason) == (OrderState.CANCELLED, rules.PAYMENT_DEADLINE)
    assert refunds(order, after) == {"1": Money(500, "JPY")}


def test_a_parcel_past_its_day_gets_a_new_estimate_and_keeps_the_first() -> None:
    order = told(MISAKI, Story.LATE)
    parcel = order.shipments[0]
    assert parcel.first_promised_until
    assert parcel.promised_until
    assert parcel.first_promised_until < NOW < parcel.promised_until
    later = parcel.promised_until + timedelta(hours=1)
    again = rules.arrived(order, later).shipments[0]
    assert again.promised_until
    assert again.promised_until > later
    assert again.first_promised_until == parcel.first_promised_until


@pytest.mark.parametrize("hour", range(0, 24, 3))
def test_named_orders_stand_where_they_should_at_any_hour(hour: int) -> None:
    now = NOW + timedelta(hours=hour)
    states = {
        Story.LATE: OrderState.SHIPPED,
        Story.CANCELLABLE: OrderState.PAID,
        Story.PENDING_PAYMENT: OrderState.PENDING_PAYMENT,
        Story.EXPRESS: OrderState.PAID,
        Story.PREPARING: OrderState.PREPARING,
        Story.PREPARING_TOO_LATE: OrderState.PREPARING,
        Story.PARTLY_SHIPPED: OrderState.PARTLY_SHIPPED,
        Story.SHIPPED: OrderState.SHIPPED,
        Story.MISSED: OrderState.SHIPPED,
        Story.DELIVERED: OrderState.DELIVERED,
        Story.CANCELLED: OrderState.CANCELLED,
        Story.DIGITAL: OrderState.DELIVERED,
        Story.DIGITAL_OPENED: OrderState.DELIVERED,
        Story.CUSTOM_MADE: OrderState.PAID,
        Story.GIFT: OrderState.PAID,
        Story.GIVEN: OrderState.DELIVERED,
        Story.CORPORATE: OrderState.PAID,
    }
    orders = {p.order.ref: p.order for p in stories.contents(now).orders}
    for person in PEOPLE:
        for named in person.orders:
            order = orders[named.ref]
            assert order.state is states[named.story], named.ref
            assert order.placed_at < now
            assert sum(t.amount.amount for t in order.tenders) == order.total.amount
            if named.story is Story.LATE:
                events = order.shipments[0].events
                assert [e.at for e in events] == sorted({e.at for e in events})
                assert events[-1].at < now
                assert order.promised_until == order.shipments[0].first_promised_until
    assert orders[ICHIRO.order(Story.CANCELLABLE)].tenders[0].captured == Money(0, "JPY")
