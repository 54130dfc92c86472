"""The clock moves parcels and orders; what lies ahead is not told."""

import asyncio
from datetime import datetime, timedelta

from madoguchi.core.shop.port import OrderState, TrackingState
from madoguchi.edge.stores.demo import rules, world
from madoguchi.edge.stores.demo.people import ICHIRO, KENTA, MISAKI, Story
from madoguchi.edge.stores.demo.store import DemoStore
from madoguchi.kit.db import Database
from tests.edge.stores.contract import everything, fresh_key


async def test_a_parcel_comes_step_by_step(demo: DemoStore, now: datetime) -> None:
    ref = KENTA.order(Story.SHIPPED)
    versions: list[int] = []
    states: list[TrackingState] = []
    for hours in range(48):
        await demo.tick(now + timedelta(hours=hours))
        order = await demo.get_order(ref)
        assert order
        events = order.shipments[0].events
        assert all(event.at <= now + timedelta(hours=hours) for event in events)
        if not states or events[-1].state is not states[-1]:
            states.append(events[-1].state)
            versions.append(order.version)
    assert order
    assert states == [TrackingState.IN_TRANSIT, TrackingState.OUT_FOR_DELIVERY, TrackingState.DELIVERED]
    assert versions == sorted(set(versions))
    assert order.state is OrderState.DELIVERED
    assert order.tenders[0].captured == order.total  # cash on delivery
    assert [line.delivered for line in order.lines] == [line.quantity for line in order.lines]


async def test_nothing_happens_twice(demo: DemoStore, now: datetime) -> None:
    later = now + timedelta(days=2)
    assert await demo.tick(later) > 0
    world_then = await everything(demo)
    assert await demo.tick(later) == 0
    assert await demo.tick(now) == 0
    assert await everything(demo) == world_then


async def test_two_clocks_at_once_are_one(demo: DemoStore, now: datetime) -> None:
    later = now + timedelta(days=1)
    counts = await asyncio.gather(*(demo.tick(later) for _ in range(4)))
    assert sorted(counts)[:3] == [0, 0, 0]


async def test_each_change_is_told_with_a_new_version(demo: DemoStore, now: datetime) -> None:
    _, before, cursor = await everything(demo)
    changed = await demo.tick(now + timedelta(days=1))
    told = (await demo.changes_since(cursor)).orders
    assert len(told) == changed
    assert all(order.version == before[order.ref].version + 1 for order in told)
    _, after, _ = await everything(demo)
    untouched = set(after) - {order.ref for order in told}
    assert all(after[ref] == before[ref] for ref in untouched)


async def test_unpaid_orders_end(demo: DemoStore, now: datetime) -> None:
    order = await demo.get_order(KENTA.order(Story.PENDING_PAYMENT))
    assert order
    product = await demo.get_product("HUMIDIFIER")
    await demo.tick(now + timedelta(days=4))
    after = await demo.get_order(order.ref)
    assert after
    assert (after.state, after.cancel_reason) == (OrderState.CANCELLED, rules.PAYMENT_DEADLINE)
    returned = await demo.get_product("HUMIDIFIER")
    assert product
    assert returned
    assert (returned.variants[0].stock or 0) - (product.variants[0].stock or 0) == 1


async def test_orders_of_named_people_wait_for_them(demo: DemoStore, now: datetime) -> None:
    await demo.tick(now + timedelta(days=20))
    late = await demo.get_order(MISAKI.order(Story.LATE))
    paid = await demo.get_order(ICHIRO.order(Story.CANCELLABLE))
    assert late
    assert paid
    assert late.state is OrderState.SHIPPED
    assert late.shipments[0].promised_until
    assert late.shipments[0].promised_until > now + timedelta(days=20)
    assert paid.state is OrderState.PAID


async def test_generated_orders_go_their_way(store_db: Database, now: datetime) -> None:
    await world.seed(store_db, now, size=60)
    store = DemoStore(store_db, "demo")
    for hours in range(0, 24 * 12, 6):
        await store.tick(now + timedelta(hours=hours))
    _, orders, _ = await everything(store)
    generated = [order for order in orders.values() if order.ref >= "MD-2"]
    assert {order.state for order in generated} == {OrderState.DELIVERED, OrderState.CANCELLED}
    for order in generated:
        assert all(t.captured == t.amount for t in order.tenders)
        assert all(parcel.delivered_at for parcel in order.shipments)


async def test_cancelling_while_the_clock_runs(demo: DemoStore, now: datetime) -> None:
    _, orders, _ = await everything(demo)
    asked = [order for order in orders.values() if order.state in (OrderState.PAID, OrderState.PREPARING)]
    calls = [demo.cancel(fresh_key(), order.ref, order.version, None, "other") for order in asked]
    ticks = [demo.tick(now + timedelta(minutes=10 * n)) for n in range(8)]
    await asyncio.gather(*calls, *ticks)
    await demo.tick(now + timedelta(hours=3))
    _, after, _ = await everything(demo)
    for order in asked:
        new = after[order.ref]
        assert new.state in (OrderState.CANCELLED, OrderState.SHIPPED)
        given_back = sum(t.refunded.amount for t in new.tenders)
        assert given_back == (sum(t.captured.amount for t in new.tenders) if new.state is OrderState.CANCELLED else 0)
