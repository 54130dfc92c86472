"""The named people's orders, each brought to where its story stands at a moment. Pure."""

from collections.abc import Callable, Iterator, Mapping
from datetime import datetime, time, timedelta

import msgspec
from msgspec.structs import replace

from madoguchi.core.shop.port import (
    Address,
    Coupon,
    GiftOptions,
    OrderState,
    Shipment,
    StoreCustomer,
    StoreOrder,
    Subscription,
    TrackingEvent,
    TrackingState,
)
from madoguchi.edge.stores.demo import baskets, catalogue, parcels, rules
from madoguchi.edge.stores.demo.contents import Contents, Held, Placed, payments_of
from madoguchi.edge.stores.demo.people import NAOKI, PEOPLE, NamedOrder, NamedSubscription, Person, Story
from madoguchi.edge.stores.demo.rules import Plan

LATE_BY = timedelta(days=2)  # since the promised day, and again until the new estimate
GIFT_TO = Address(
    name="山本 さくら",
    lines=("今泉1-20-2",),
    city="福岡市中央区",
    region="福岡県",
    postal_code="810-0021",
    country="JP",
)
_ON_THE_ROAD = {TrackingState.INFO_RECEIVED, TrackingState.IN_TRANSIT}
MIND_CHANGED = "no longer needed"
CONGRATULATION = "新しいお住まいのお祝いに。また遊びに行かせてください。"
THANKS, LAST_YEARS = "ARIGATO500", "FUYU2025"  # coupon codes


def contents(now: datetime) -> Contents:
    """The shop with its sellers, its goods and the named people."""
    return Contents(
        sellers=tuple(catalogue.SELLERS.values()),
        products=catalogue.products(),
        customers=tuple(person.customer for person in PEOPLE),
        methods=tuple(
            method
            for person in PEOPLE
            for method in baskets.methods(person.customer, person.gift_balance, person.points)
        ),
        subscriptions=tuple(_subscription(person, one, now) for person in PEOPLE for one in person.subscriptions),
        plans=tuple(catalogue.OFFERS.values()),
        coupons=tuple(held for person in PEOPLE for held in coupons(person.customer, now)),
        orders=(
            *(tell(Telling(person, order, now)) for person in PEOPLE for order in person.orders),
            *(paid for person in PEOPLE for one in person.subscriptions for paid in _paid_period(person, one, now)),
        ),
    )


class Telling(msgspec.Struct, frozen=True):
    """One order's story, to be told at `now`."""

    person: Person
    named: NamedOrder
    now: datetime

    def placed(self, ago: timedelta) -> StoreOrder:
        """The order as it was when it was placed, that long ago and some minutes of its own."""
        at = self.now - ago - timedelta(minutes=baskets.luck(self.named.ref) % 50)
        order = baskets.place(self.named.ref, self.person.customer, at, self.named.items, self.named.pay)
        return replace(order, subscription_ref=self.named.subscription)

    @property
    def days_on_the_way(self) -> timedelta:
        """How long a parcel to this person travels."""
        assert self.person.customer.address
        return timedelta(days=parcels.hub_for(self.person.customer.address.postal_code).days)


def tell(telling: Telling) -> Placed:
    """The order where its story stands."""
    order = STORIES[telling.named.story](telling)
    may_stop = telling.named.story is not Story.PREPARING_TOO_LATE
    return Placed(order=order, payments=payments_of(order), plan=Plan(may_stop=may_stop))


def _new(telling: Telling) -> StoreOrder:
    return telling.placed(timedelta(hours=2))


def _express(telling: Telling) -> StoreOrder:
    return baskets.hurried(_new(telling))


def _late(telling: Telling) -> StoreOrder:
    order = telling.placed(telling.days_on_the_way + LATE_BY + timedelta(days=1))
    order = rules.sent(order, _everything(order), telling.now - telling.days_on_the_way - LATE_BY)
    return replace(order, shipments=tuple(_stuck(parcel, order, telling.now) for parcel in order.shipments))


def _stuck(parcel: Shipment, order: StoreOrder, now: datetime) -> Shipment:
    """The parcel got to the carrier's base, missed the van on the promised morning, and has not moved since."""
    hub = parcels.hub_for(order.address.postal_code).place
    reached = parcel.events[1].at + timedelta(hours=11)
    missed = datetime.combine((now - LATE_BY).astimezone(parcels.JAPAN).date(), time(9, 40), parcels.JAPAN)
    return replace(
        parcel,
        events=(
            *parcel.events[:2],
            TrackingEvent(reached, TrackingState.IN_TRANSIT, hub),
            TrackingEvent(max(missed, reached + timedelta(minutes=30)), TrackingState.EXCEPTION, hub),
        ),
        promised_until=parcels.day_end(now + LATE_BY),
    )


def _missed(telling: Telling) -> StoreOrder:
    """The van came yesterday morning and nobody was in; since then the parcel waits at the carrier's depot."""
    yesterday = telling.now.astimezone(parcels.JAPAN) - timedelta(days=1)
    left = yesterday.replace(hour=17, minute=5, second=0, microsecond=0) - telling.days_on_the_way
    order = telling.placed(telling.now - left + timedelta(hours=20))
    order = rules.sent(order, _everything(order), left)
    return replace(order, shipments=tuple(_at_depot(parcel, order, yesterday) for parcel in order.shipments))


def _at_depot(parcel: Shipment, order: StoreOrder, day: datetime) -> Shipment:
    depot, came = parcels.depot_of(order.address.city), day.replace(hour=8, minute=25, second=0, microsecond=0)
    way = [event for event in parcel.events if event.at < came and event.state in _ON_THE_ROAD]
    missed = (
        TrackingEvent(came, TrackingState.OUT_FOR_DELIVERY, depot),
        TrackingEvent(came + timedelta(hours=3), TrackingState.ATTEMPT_FAILED, depot),
    )
    return replace(parcel, events=(*way, *missed), promised_until=parcels.day_end(day + timedelta(days=2)))


def _preparing(telling: Telling) -> StoreOrder:
    order = telling.placed(timedelta(hours=20))
    return replace(order, state=OrderState.PREPARING, status_text=OrderState.PREPARING.value)


def _partly_shipped(telling: Telling) -> StoreOrder:
    """The first line is on its way, the others wait for stock."""
    order = telling.placed(timedelta(days=1, hours=4))
    first = order.lines[0]
    return rules.arrived(rules.sent(order, {first.ref: first.quantity}, telling.now - timedelta(hours=5)), telling.now)


def _shipped(telling: Telling) -> StoreOrder:
    order = telling.placed(timedelta(days=1, hours=2))
    return rules.arrived(rules.sent(order, _everything(order), telling.now - timedelta(hours=5)), telling.now)


def _delivered(telling: Telling) -> StoreOrder:
    order = telling.placed(timedelta(days=9))
    return rules.arrived(rules.sent(order, _everything(order), telling.now - timedelta(days=8)), telling.now)


def _cancelled(telling: Telling) -> StoreOrder:
    order = telling.placed(timedelta(days=12))
    return rules.cancelled(order, _everything(order), MIND_CHANGED)


def _digital(telling: Telling) -> StoreOrder:
    return baskets.handed_over(telling.placed(timedelta(days=3)), opened=False)


def _digital_opened(telling: Telling) -> StoreOrder:
    return baskets.handed_over(telling.placed(timedelta(days=3)), opened=True)


def _gift(telling: Telling) -> StoreOrder:
    order = telling.placed(timedelta(hours=3))
    return replace(order, is_gift=True, address=GIFT_TO)


def _given(telling: Telling) -> StoreOrder:
    order = telling.placed(timedelta(days=9))
    assert NAOKI.customer.address
    order = replace(order, is_gift=True, gift=GiftOptions(message=CONGRATULATION), address=NAOKI.customer.address)
    return rules.arrived(rules.sent(order, _everything(order), telling.now - timedelta(days=8)), telling.now)


def _corporate(telling: Telling) -> StoreOrder:
    return replace(telling.placed(timedelta(hours=4)), is_business=True)


STORIES: Mapping[Story, Callable[[Telling], StoreOrder]] = {
    Story.LATE: _late,
    Story.MISSED: _missed,
    Story.CANCELLABLE: _new,
    Story.PENDING_PAYMENT: _new,
    Story.EXPRESS: _express,
    Story.PREPARING: _preparing,
    Story.PREPARING_TOO_LATE: _preparing,
    Story.PARTLY_SHIPPED: _partly_shipped,
    Story.SHIPPED: _shipped,
    Story.DELIVERED: _delivered,
    Story.CANCELLED: _cancelled,
    Story.DIGITAL: _digital,
    Story.DIGITAL_OPENED: _digital_opened,
    Story.CUSTOM_MADE: _new,
    Story.GIFT: _gift,
    Story.GIVEN: _given,
    Story.CORPORATE: _corporate,
}


def _everything(order: StoreOrder) -> dict[str, int]:
    return rules.wanted(order, None)


def _paid_period(person: Person, one: NamedSubscription, now: datetime) -> Iterator[Placed]:
    """The order by which a membership's present period was paid; a regular delivery's is among the named orders."""
    if one.plan:
        at = now - timedelta(days=one.period_days_ago)
        order = baskets.membership(one.order, person.customer, at, catalogue.OFFERS[one.plan])
        order = replace(order, subscription_ref=one.ref)
        yield Placed(order=order, payments=payments_of(order))


def _subscription(person: Person, one: NamedSubscription, now: datetime) -> Subscription:
    plan = catalogue.OFFERS[one.plan] if one.plan else None
    renews_at = now + timedelta(days=one.renews_in_days)
    return Subscription(
        ref=one.ref,
        customer_ref=person.customer.ref,
        name=plan.name if plan else one.name,
        kind=plan.kind if plan else "regular_delivery",
        state="active",
        price=baskets.yen(plan.price if plan else one.price),
        interval=plan.interval if plan else one.interval,
        started_at=now - timedelta(days=one.started_days_ago),
        renews_at=renews_at,
        period_started_at=now - timedelta(days=one.period_days_ago),
        next_delivery_at=None if plan else renews_at,
        used=one.used,
        order_ref=one.order,
        plan_ref=one.plan,
        intervals=() if plan else catalogue.DELIVERY_INTERVALS,
    )


def coupons(customer: StoreCustomer, now: datetime) -> Iterator[Held]:
    """One that is good, and one that was."""
    for code, value, minimum, days in ((THANKS, 500, 3000, 30), (LAST_YEARS, 300, 0, -60)):
        yield Held(
            customer_ref=customer.ref,
            coupon=Coupon(
                code=code,
                value=baskets.yen(value),
                minimum=baskets.yen(minimum),
                valid_until=now + timedelta(days=days),
            ),
        )
