"""Cancelling in the living shop: what changes, once, and what does not."""

import asyncio
from datetime import datetime, timedelta

import pytest

from madoguchi.core.shop.port import Capability, OperationState, OrderState, StoreOrder
from madoguchi.edge.stores.demo import rules
from madoguchi.edge.stores.demo.people import ICHIRO, KENTA, MISAKI, YOKO, Person, Story
from madoguchi.edge.stores.demo.store import DemoStore
from madoguchi.kit.money import Money
from tests.edge.stores.contract import everything, fresh_key

REASON = "no longer needed"


def yen(amount: int) -> Money:
    return Money(amount, "JPY")


async def order_of(store: DemoStore, person: Person, story: Story) -> StoreOrder:
    order = await store.get_order(person.order(story))
    assert order is not None
    return order


async def balances(store: DemoStore, person: Person) -> dict[str, Money]:
    customer = await store.get_customer(person.customer.ref)
    assert customer
    return {one.method_ref: one.balance for one in customer.methods if one.balance is not None}


async def stock(store: DemoStore, product: str) -> dict[str, int | None]:
    found = await store.get_product(product)
    assert found is not None
    return {variant.sku: variant.stock for variant in found.variants}


async def test_stock_and_balances_return_once(demo: DemoStore) -> None:
    order = await order_of(demo, MISAKI, Story.CANCELLABLE)
    held, towels = await balances(demo, MISAKI), await stock(demo, "TOWEL")
    key = fresh_key()
    answers = await asyncio.gather(*(demo.cancel(key, order.ref, order.version, None, REASON) for _ in range(20)))
    assert answers == [answers[0]] * 20
    assert answers[0].refunds == {"1": yen(3000), "2": yen(850), "3": yen(15650)}
    assert await balances(demo, MISAKI) == {
        "gift_balance": held["gift_balance"] + yen(3000),
        "points": held["points"] + yen(850),
    }
    assert await stock(demo, "TOWEL") == {**towels, "TOWEL-BE": (towels["TOWEL-BE"] or 0) + 2}


async def test_only_the_order_and_its_customer_change(demo: DemoStore) -> None:
    order = await order_of(demo, MISAKI, Story.CANCELLABLE)
    customers, orders, cursor = await everything(demo)
    operation = await demo.cancel(fresh_key(), order.ref, order.version, None, REASON)
    assert operation.order
    assert operation.customer
    assert operation.customer.version == customers[order.customer_ref].version + 1
    after, told = await everything(demo), await demo.changes_since(cursor)
    assert after[0] == customers | {order.customer_ref: operation.customer}
    assert after[1] == orders | {order.ref: operation.order}
    assert sorted(product.ref for product in told.products) == ["LOTION", "PILLOW", "TOWEL"]


async def test_units_of_a_line(demo: DemoStore) -> None:
    order = await order_of(demo, MISAKI, Story.CANCELLABLE)
    operation = await demo.cancel(fresh_key(), order.ref, order.version, {"3": 2}, REASON)
    after = operation.order
    assert after
    assert after.state is OrderState.PAID
    assert [line.cancelled for line in after.lines] == [0, 0, 2]
    assert sum(money.amount for money in operation.refunds.values()) == 4400
    rest = await demo.cancel(fresh_key(), after.ref, after.version, None, REASON)
    assert rest.order
    assert rest.order.state is OrderState.CANCELLED
    assert [t.refunded for t in rest.order.tenders] == [t.captured for t in rest.order.tenders]


async def test_the_rest_of_a_partly_shipped_order(demo: DemoStore) -> None:
    order = await order_of(demo, MISAKI, Story.PARTLY_SHIPPED)
    operation = await demo.cancel(fresh_key(), order.ref, order.version, {"2": 1}, REASON)
    assert operation.order
    assert operation.order.state is OrderState.SHIPPED
    assert operation.refunds == {"1": yen(477), "2": yen(14923)}


async def test_paid_at_a_convenience_store_becomes_gift_balance(demo: DemoStore) -> None:
    order = await order_of(demo, KENTA, Story.CANCELLABLE)
    operation = await demo.cancel(fresh_key(), order.ref, order.version, None, REASON)
    assert operation.refunds == {"1": order.total}
    assert (await balances(demo, KENTA))["gift_balance"] == order.total


@pytest.mark.parametrize(("person", "story"), [(KENTA, Story.PENDING_PAYMENT), (ICHIRO, Story.CANCELLABLE)])
async def test_what_was_not_paid_is_voided(demo: DemoStore, person: Person, story: Story) -> None:
    order = await order_of(demo, person, story)
    operation = await demo.cancel(fresh_key(), order.ref, order.version, None, REASON)
    assert (operation.state, operation.refunds) == (OperationState.SUCCEEDED, {})
    assert operation.order
    assert operation.order.tenders[0].amount == yen(0)


async def test_the_warehouse_accepts(demo: DemoStore, now: datetime) -> None:
    order, cursor = await order_of(demo, KENTA, Story.PREPARING), (await everything(demo))[2]
    key = fresh_key()
    asked = await demo.cancel(key, order.ref, order.version, None, REASON)
    assert (asked.state, asked.code, asked.refunds, asked.order) == (OperationState.PENDING, None, {}, order)
    assert await demo.cancel(key, order.ref, order.version, None, REASON) == asked
    assert await demo.tick(now + timedelta(seconds=1)) == 0
    assert await demo.get_operation(key) == asked
    assert await demo.tick(now + rules.WAREHOUSE_DECIDES_WITHIN) == 1
    decided = await demo.get_operation(key)
    assert decided
    assert (decided.state, decided.code, decided.refunds) == (OperationState.SUCCEEDED, None, {"1": order.total})
    assert decided.order
    assert decided.order.state is OrderState.CANCELLED
    assert (await demo.changes_since(cursor)).orders == (decided.order,)
    assert await demo.cancel(key, order.ref, order.version, None, REASON) == decided


async def test_the_warehouse_is_too_late_and_sends_it(demo: DemoStore, now: datetime) -> None:
    order = await order_of(demo, KENTA, Story.PREPARING_TOO_LATE)
    key = fresh_key()
    assert (await demo.cancel(key, order.ref, order.version, None, REASON)).state is OperationState.PENDING
    await demo.tick(now + timedelta(minutes=1))
    decided = await demo.get_operation(key)
    assert decided
    assert (decided.state, decided.code, decided.refunds) == (OperationState.FAILED, "too_late", {})
    assert decided.order
    assert decided.order.state is OrderState.SHIPPED
    assert decided.order.shipments[0].shipped_at == now + timedelta(minutes=1)


async def test_of_two_questions_to_the_warehouse_one_is_granted(demo: DemoStore, now: datetime) -> None:
    order = await order_of(demo, KENTA, Story.PREPARING)
    keys = [fresh_key(), fresh_key()]
    for key in keys:
        assert (await demo.cancel(key, order.ref, order.version, None, REASON)).state is OperationState.PENDING
    await demo.tick(now + timedelta(minutes=1))
    decided = [await demo.get_operation(key) for key in keys]
    assert sorted((d.state.value, d.code) for d in decided if d) == [("failed", "invalid"), ("succeeded", None)]
    after = await order_of(demo, KENTA, Story.PREPARING)
    assert [t.refunded for t in after.tenders] == [order.total]


async def test_a_line_asked_for_twice_leaves_the_rest_in_the_warehouse(demo: DemoStore, now: datetime) -> None:
    order = await order_of(demo, KENTA, Story.PREPARING)
    for _ in range(2):
        await demo.cancel(fresh_key(), order.ref, order.version, {"1": 1}, REASON)
    await demo.tick(now + timedelta(minutes=1))
    after = await order_of(demo, KENTA, Story.PREPARING)
    assert (after.state, [line.cancelled for line in after.lines]) == (OrderState.PREPARING, [1, 0])


@pytest.mark.parametrize("lines", [{}, {"9": 1}, {"1": 0}, {"1": 3}, {"1": -2}, {"": 1}])
async def test_lines_that_are_not_there(demo: DemoStore, lines: dict[str, int]) -> None:
    order = await order_of(demo, MISAKI, Story.CANCELLABLE)
    key = fresh_key()
    operation = await demo.cancel(key, order.ref, order.version, lines, REASON)
    assert (operation.state, operation.code, operation.order) == (OperationState.FAILED, "invalid", order)
    assert await demo.cancel(key, order.ref, order.version, lines, REASON) == operation


async def test_opened_digital_goods_stay(demo: DemoStore) -> None:
    order = await order_of(demo, YOKO, Story.DIGITAL_OPENED)
    assert "digital_opened" in order.lines[0].flags
    operation = await demo.cancel(fresh_key(), order.ref, order.version, None, REASON)
    assert (operation.state, operation.code) == (OperationState.FAILED, "too_late")


async def test_capabilities(demo: DemoStore, careful: DemoStore) -> None:
    assert demo.capabilities() == set(Capability)
    assert careful.capabilities() == set(Capability) - {Capability.REFUNDS}
