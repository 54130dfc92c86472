"""The demo world: the same for the same seed, size and moment; whole; quickly made."""

import time
from datetime import datetime, timedelta

import msgspec
import pytest
from msgspec.structs import replace

from madoguchi.core.shop.port import OrderState, StoreCustomer, StoreOrder, TenderKind, TrackingState
from madoguchi.edge.stores.demo import growth, stories, world
from madoguchi.edge.stores.demo.people import BY_REF, EMMA, FANG, MIDORI, MINJUN, MISAKI, PEOPLE, YOKO, Story
from madoguchi.edge.stores.demo.store import ASKER, DemoStore
from madoguchi.kit.db import Database, Tx
from tests.edge.stores.contract import everything


async def test_named_people_have_their_orders(demo: DemoStore) -> None:
    customers, orders, _ = await everything(demo)
    for person in PEOPLE:
        told = customers[person.customer.ref]
        assert replace(told, methods=(), subscriptions=(), coupons=()) == person.customer
        assert {one.method_ref for one in told.methods} == {"card", "gift_balance", "points"}
        assert [one.ref for one in told.subscriptions] == [named.ref for named in person.subscriptions]
        assert sorted(one.code for one in told.coupons) == [stories.THANKS, stories.LAST_YEARS]
    assert {(o.ref, o.customer_ref) for o in orders.values()} == {
        (ref, person.customer.ref) for person in PEOPLE for ref in person.order_refs
    }
    for person in (MISAKI, EMMA, FANG, MINJUN):
        for story in (Story.LATE, Story.CANCELLABLE, Story.PARTLY_SHIPPED):
            assert orders[person.order(story)]
    assert {person.customer.locale for person in PEOPLE} == {"ja", "en", "zh", "ko"}


async def test_subscriptions_and_what_paid_for_them(demo: DemoStore, now: datetime) -> None:
    customers, orders, _ = await everything(demo)
    held = [one for customer in customers.values() for one in customer.subscriptions]
    assert {one.kind for one in held} == {"membership", "regular_delivery"}
    for one in held:
        assert one.order_ref
        paid_by = orders[one.order_ref]
        assert (paid_by.subscription_ref, paid_by.customer_ref) == (one.ref, one.customer_ref)
        assert paid_by.total - paid_by.shipping_fee == one.price
        assert one.period_started_at
        assert one.renews_at
        assert one.period_started_at < now < one.renews_at
        assert (one.next_delivery_at is None) == (one.kind == "membership")
        assert one.plan_ref in {None, *(plan.ref for plan in one.plans)}
        assert one.plans or one.intervals


async def test_the_late_kettle(demo: DemoStore, now: datetime) -> None:
    order = await demo.get_order("MD-10234567")
    assert order
    assert order.lines[0].name.startswith("電気ケトル")
    parcel = order.shipments[0]
    assert parcel.first_promised_until
    assert parcel.promised_until
    assert (now.date() - parcel.first_promised_until.astimezone(now.tzinfo).date()).days == 2
    assert parcel.promised_until > now
    assert parcel.events[-1].state is TrackingState.EXCEPTION


async def test_special_orders(demo: DemoStore) -> None:
    gift = await demo.get_order(YOKO.order(Story.GIFT))
    corporate = await demo.get_order(MIDORI.order(Story.CORPORATE))
    bowls = await demo.get_order("MD-10233871")
    assert gift
    assert gift.is_gift
    assert gift.address.name != YOKO.customer.name
    assert corporate
    assert corporate.is_business
    assert bowls
    assert bowls.seller
    assert bowls.seller.name == "山田商店"
    misaki = await demo.get_customer(MISAKI.customer.ref)
    assert misaki
    assert [s.kind for s in misaki.subscriptions] == ["membership", "regular_delivery"]
    assert BY_REF[MISAKI.customer.ref] is MISAKI


def content_hash(world: tuple[dict[str, StoreCustomer], dict[str, StoreOrder], str]) -> bytes:
    customers, orders, cursor = world
    known = {ref: replace(order, gift_code=None) for ref, order in orders.items()}  # codes nobody can foretell
    return msgspec.json.encode((customers, known, cursor), order="sorted")


async def test_the_same_seed_and_moment_give_the_same_world(store_db: Database, now: datetime) -> None:
    store = DemoStore(store_db, "demo")
    await world.seed(store_db, now, size=30, seed=7)
    first = content_hash(await everything(store))
    await store_db.run(ASKER, _raze)
    await world.seed(store_db, now, size=30, seed=7)
    assert content_hash(await everything(store)) == first
    assert growth.contents(8, range(30), now) != growth.contents(7, range(30), now)


async def test_a_larger_world_begins_with_the_smaller_one(store_db: Database, now: datetime) -> None:
    store = DemoStore(store_db, "demo")
    assert await world.seed(store_db, now, size=20) == 20 + len(PEOPLE)
    small = await everything(store)
    assert await world.seed(store_db, now, size=20) == 0
    heard: list[tuple[int, int]] = []
    assert await world.seed(store_db, now, size=50, progress=lambda done, total: heard.append((done, total))) == 30
    large = await everything(store)
    assert small[0].items() <= large[0].items()
    assert small[1].items() <= large[1].items()
    assert heard == [(20 + len(PEOPLE), 50 + len(PEOPLE)), (50 + len(PEOPLE),) * 2]


def test_generated_orders_add_up(now: datetime) -> None:
    made = growth.contents(1, range(1500), now)
    orders = [placed.order for placed in made.orders]
    assert len({order.ref for order in orders}) == len(orders)
    assert all(len(order.ref) == len("MD-10234567") for order in orders)
    for placed in made.orders:
        order = placed.order
        assert sum(line.total.amount for line in order.lines) + order.shipping_fee.amount == order.total.amount
        voided = order.total.amount - sum(t.amount.amount for t in order.tenders)
        assert voided == 0 or order.state is OrderState.CANCELLED
        moved = sum(p.amount if p.kind == "payment" else -p.amount for p in placed.payments)
        assert moved == sum((t.captured - t.refunded).amount for t in order.tenders)
        assert all(line.cancelled + line.shipped <= line.quantity for line in order.lines)
    states = {order.state for order in orders}
    assert states == set(OrderState) - {OrderState.PARTLY_SHIPPED}
    kinds = {tender.kind for order in orders for tender in order.tenders}
    assert kinds == {
        TenderKind.CARD,
        TenderKind.COD,
        TenderKind.KONBINI,
        TenderKind.POINTS,
        TenderKind.GIFT_BALANCE,
    }
    late = [
        order
        for order in orders
        for parcel in order.shipments
        if parcel.first_promised_until and parcel.first_promised_until < now and not parcel.delivered_at
    ]
    assert late


async def test_it_is_made_quickly(store_db: Database, now: datetime) -> None:
    """Twenty seconds for ten thousand orders are asked for; a thousand here, in our own time: a machine may be busy."""
    began = time.process_time()
    await world.seed(store_db, now, size=290)
    assert time.process_time() - began < 2


@pytest.mark.parametrize("days", [1, 3, 30])
def test_named_orders_do_not_depend_on_the_day(now: datetime, days: int) -> None:
    here, later = stories.contents(now), stories.contents(now + timedelta(days=days))
    assert [p.order.state for p in here.orders] == [p.order.state for p in later.orders]


async def _raze(tx: Tx) -> None:
    for table in ("customers", "products", "shops"):
        await tx.execute(f"delete from {table}")
