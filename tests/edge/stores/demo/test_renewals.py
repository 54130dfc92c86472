"""Subscriptions renew by the clock: charged, with an order of their own; unpaid, sold out, late and many at once."""

import asyncio
import time
from datetime import datetime, timedelta

import pytest

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.shop.port import End, OperationState, StoreOrder, Subscription, SubscriptionChange, TenderKind
from madoguchi.edge.stores.demo import baskets
from madoguchi.edge.stores.demo.people import MISAKI, YOKO, Person
from madoguchi.edge.stores.demo.store import DemoStore
from madoguchi.kit.db import Database, Tx
from madoguchi.kit.money import Money
from tests.edge.stores.contract import everything, fresh_key
from tests.edge.stores.demo import books

MEMBERSHIP, COFFEE, YEARLY = "SUB-1000", "SUB-1001", "SUB-1002"


async def subscription(demo: DemoStore, ref: str, of: Person = MISAKI) -> Subscription:
    customer = await demo.get_customer(of.customer.ref)
    assert customer
    return next(one for one in customer.subscriptions if one.ref == ref)


async def order_of(demo: DemoStore, one: Subscription) -> StoreOrder:
    order = await demo.get_order(one.order_ref or "")
    assert order
    return order


async def declines(db: Database, person: Person, *, yes: bool) -> None:
    value = "true" if yes else "false"
    query = "update payment_methods set details = details || %s::jsonb where customer_ref = %s and ref = 'card'"
    await db.run(SYSTEM, lambda tx: tx.execute(query, [f'{{"declines": {value}}}', person.customer.ref]))


async def test_a_membership_is_charged_for_its_next_period(demo: DemoStore, now: datetime, database_url: str) -> None:
    before = await subscription(demo, MEMBERSHIP)
    assert before.renews_at
    await demo.tick(before.renews_at - timedelta(seconds=1))
    assert await subscription(demo, MEMBERSHIP) == before
    await demo.tick(before.renews_at)
    after = await subscription(demo, MEMBERSHIP)
    assert (after.state, after.period_started_at, after.used) == ("active", before.renews_at, False)
    assert after.renews_at
    assert after.renews_at > before.renews_at + timedelta(days=27)
    paid = await order_of(demo, after)
    assert paid.ref != before.order_ref
    assert (paid.subscription_ref, paid.total, paid.placed_at) == (MEMBERSHIP, Money(500, "JPY"), before.renews_at)
    assert [(t.kind, t.captured) for t in paid.tenders] == [(TenderKind.CARD, Money(500, "JPY"))]
    assert await books.wrong(database_url) == []


async def test_a_regular_delivery_is_ordered_and_goes_its_way(demo: DemoStore, database_url: str) -> None:
    before = await subscription(demo, COFFEE)
    assert before.renews_at
    last = await order_of(demo, before)
    await demo.tick(before.renews_at)
    after = await subscription(demo, COFFEE)
    assert after.next_delivery_at == after.renews_at == before.renews_at + timedelta(weeks=4)
    sent = await order_of(demo, after)
    assert [(line.sku, line.quantity) for line in sent.lines] == [(line.sku, line.quantity) for line in last.lines]
    assert sent.state == "paid"
    await demo.tick(before.renews_at + timedelta(days=3))
    assert (await order_of(demo, after)).shipments
    assert await books.wrong(database_url) == []


async def test_another_plan_begins_with_the_renewal(demo: DemoStore) -> None:
    done = await demo.change_subscription(fresh_key(), MEMBERSHIP, SubscriptionChange(plan="MEMBER-YEAR"))
    assert done.state is OperationState.SUCCEEDED
    before = await subscription(demo, MEMBERSHIP)
    assert (before.plan_ref, before.price, before.next_plan_ref) == ("MEMBER-MONTH", Money(500, "JPY"), "MEMBER-YEAR")
    assert before.renews_at
    await demo.tick(before.renews_at)
    after = await subscription(demo, MEMBERSHIP)
    assert (after.plan_ref, after.price, after.interval) == ("MEMBER-YEAR", Money(5000, "JPY"), "year")
    assert after.renews_at == before.renews_at.replace(year=before.renews_at.year + 1)
    assert (await order_of(demo, after)).total == Money(5000, "JPY")


async def test_several_periods_at_once_are_charged_one_by_one(
    demo: DemoStore, now: datetime, database_url: str
) -> None:
    first = await subscription(demo, COFFEE)
    assert first.renews_at
    await demo.tick(first.renews_at + timedelta(weeks=9))
    after = await subscription(demo, COFFEE)
    assert after.renews_at == first.renews_at + timedelta(weeks=12)
    _, orders, _ = await everything(demo)
    mine = [order.placed_at for order in orders.values() if order.subscription_ref == COFFEE]
    assert sorted(mine)[-3:] == [first.renews_at + timedelta(weeks=4 * n) for n in range(3)]
    assert await books.wrong(database_url) == []


async def test_a_card_that_declines_is_visible_and_charged_again(
    demo: DemoStore, store_db: Database, database_url: str
) -> None:
    before = await subscription(demo, MEMBERSHIP)
    assert before.renews_at
    await declines(store_db, MISAKI, yes=True)
    await demo.tick(before.renews_at)
    waiting = await subscription(demo, MEMBERSHIP)
    assert (waiting.state, waiting.order_ref, waiting.renews_at) == ("past_due", before.order_ref, before.renews_at)
    _, _, cursor = await everything(demo)
    await demo.tick(before.renews_at + timedelta(hours=1))
    told = (await demo.changes_since(cursor)).customers
    assert MISAKI.customer.ref not in {customer.ref for customer in told}, "nothing new to tell"
    await declines(store_db, MISAKI, yes=False)
    await demo.tick(before.renews_at + timedelta(days=2))
    after = await subscription(demo, MEMBERSHIP)
    assert (after.state, after.period_started_at) == ("active", before.renews_at)
    assert (await order_of(demo, after)).placed_at == before.renews_at + timedelta(days=2)
    assert await books.wrong(database_url) == []


async def test_what_stays_unpaid_ends(demo: DemoStore, store_db: Database) -> None:
    before = await subscription(demo, MEMBERSHIP)
    assert before.renews_at
    await declines(store_db, MISAKI, yes=True)
    await demo.tick(before.renews_at)
    await demo.tick(before.renews_at + timedelta(days=7))
    after = await subscription(demo, MEMBERSHIP)
    assert (after.state, after.renews_at, after.order_ref) == ("ended", None, before.order_ref)


async def test_what_ends_is_not_charged(demo: DemoStore) -> None:
    await demo.cancel_subscription(fresh_key(), MEMBERSHIP, End.RENEWAL)
    before = await subscription(demo, MEMBERSHIP)
    assert before.renews_at
    await demo.tick(before.renews_at + timedelta(days=1))
    after = await subscription(demo, MEMBERSHIP)
    assert (after.state, after.order_ref) == ("ended", before.order_ref)


async def test_a_delivery_of_what_is_sold_out_waits_a_day(demo: DemoStore, store_db: Database) -> None:
    before = await subscription(demo, COFFEE)
    assert before.renews_at
    gone = "update variants set stock = %s, available = %s where product_ref = 'COFFEE'"
    await store_db.run(SYSTEM, lambda tx: tx.execute(gone, [0, False]))
    await demo.tick(before.renews_at)
    waiting = await subscription(demo, COFFEE)
    assert (waiting.state, waiting.next_delivery_at) == ("active", before.renews_at + timedelta(days=1))
    await store_db.run(SYSTEM, lambda tx: tx.execute(gone, [40, True]))
    await demo.tick(before.renews_at + timedelta(days=1))
    after = await subscription(demo, COFFEE)
    assert after.order_ref != before.order_ref


@pytest.mark.parametrize("person", [MISAKI, YOKO], ids=lambda person: person.customer.ref)
async def test_the_same_moment_again_charges_nothing(demo: DemoStore, person: Person, now: datetime) -> None:
    later = now + timedelta(days=400)
    await demo.tick(later)
    once = await everything(demo)
    await demo.tick(later)
    assert await everything(demo) == once


async def test_a_delivery_that_never_was_paid_waits_and_holds_nothing_up(demo: DemoStore, store_db: Database) -> None:
    member = await subscription(demo, MEMBERSHIP)
    coffee = await subscription(demo, COFFEE)
    assert member.renews_at
    assert coffee.renews_at
    query = "update subscriptions set order_ref = null, next_delivery_at = null where ref = %s"
    await store_db.run(SYSTEM, lambda tx: tx.execute(query, [COFFEE]))
    later = max(member.renews_at, coffee.renews_at)
    await demo.tick(later)
    waiting = await subscription(demo, COFFEE)
    assert (waiting.state, waiting.order_ref, waiting.next_delivery_at) == ("active", None, None)
    assert waiting.renews_at
    assert later < waiting.renews_at <= later + timedelta(days=1)
    assert (await subscription(demo, MEMBERSHIP)).order_ref != member.order_ref


async def test_one_that_fails_stays_alone(
    demo: DemoStore, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def fails(*_: object) -> StoreOrder:
        raise LookupError("no such plan")

    monkeypatch.setattr(baskets, "membership", fails)
    member = await subscription(demo, MEMBERSHIP)
    coffee = await subscription(demo, COFFEE)
    assert member.renews_at
    assert coffee.renews_at
    later = max(member.renews_at, coffee.renews_at) + timedelta(days=3)
    assert await demo.tick(later) > 0
    assert await subscription(demo, MEMBERSHIP) == member
    assert (await order_of(demo, await subscription(demo, COFFEE))).shipments
    assert f"subscription {MEMBERSHIP} could not be renewed" in caplog.text


async def test_goods_are_locked_before_the_customer_and_the_shop(demo: DemoStore, store_db: Database) -> None:
    """As where an order is made, so that neither waits for the other."""
    coffee = await subscription(demo, COFFEE)
    assert coffee.renews_at
    due = coffee.renews_at
    waiting = """select exists (select from pg_locks l join pg_stat_activity a using (pid)
                 where not l.granted and a.datname = current_database())"""

    async def order_meanwhile(tx: Tx) -> asyncio.Task[int]:
        await tx.execute("select from variants where product_ref = 'COFFEE' for update")
        renewing = asyncio.create_task(demo.tick(due))
        deadline = time.monotonic() + 10
        while not await tx.value(waiting):
            assert time.monotonic() < deadline
            await asyncio.sleep(0.01)
        await tx.execute("select from customers where ref = %s for update nowait", [coffee.customer_ref])
        await tx.execute("select from shops where id = 'demo' for update nowait")
        return renewing

    await (await store_db.run(SYSTEM, order_meanwhile))
    assert (await subscription(demo, COFFEE)).order_ref != coffee.order_ref
