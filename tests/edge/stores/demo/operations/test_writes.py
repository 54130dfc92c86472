"""What writes leave behind in the living shop: stock, balances, orders that ship, answers of the warehouse."""

from datetime import datetime, timedelta

import pytest

from madoguchi.core.shop.port import (
    Address,
    End,
    Failure,
    LineEdit,
    Operation,
    OperationState,
    OrderState,
    RefundTo,
    StoreCustomer,
    StoreOrder,
    SubscriptionChange,
)
from madoguchi.edge.stores.demo import rules, stories
from madoguchi.edge.stores.demo.people import EMMA, FANG, KENTA, MISAKI, YOKO, Person, Story
from madoguchi.edge.stores.demo.store import ASKER, DemoStore
from madoguchi.kit.db import Database
from madoguchi.kit.money import Money
from tests.edge.stores.contract import everything, fresh_key
from tests.edge.stores.demo import books

SAPPORO = Address(
    name="高橋 健太", lines=("中央1-1",), city="札幌市中央区", region="北海道", postal_code="060-0001", country="JP"
)


def yen(amount: int) -> Money:
    return Money(amount, "JPY")


async def order_of(demo: DemoStore, ref: str) -> StoreOrder:
    order = await demo.get_order(ref)
    assert order
    return order


async def customer_of(demo: DemoStore, person: Person) -> StoreCustomer:
    customer = await demo.get_customer(person.customer.ref)
    assert customer
    return customer


def held(customer: StoreCustomer, method_ref: str) -> int:
    """What a method holds, in yen."""
    return next(one.balance.amount for one in customer.methods if one.method_ref == method_ref and one.balance)


async def stock(demo: DemoStore, sku: str) -> int:
    product = await demo.get_product(sku.rsplit("-", 1)[0])
    assert product
    return next(variant.stock or 0 for variant in product.variants if variant.sku == sku)


def done(operation: Operation) -> Operation:
    assert (operation.state, operation.code) == (OperationState.SUCCEEDED, None)
    return operation


async def move(demo: DemoStore, ref: str, key: str) -> Operation:
    """Ask for the other address."""
    order = await order_of(demo, ref)
    return await demo.update_shipping_address(key, ref, order.version, SAPPORO)


# -- address


@pytest.mark.parametrize(
    ("story", "state", "code", "moved"),
    [
        (Story.PREPARING, OperationState.SUCCEEDED, None, True),
        (Story.PREPARING_TOO_LATE, OperationState.FAILED, Failure.TOO_LATE, False),
    ],
)
async def test_the_warehouse_is_asked_for_an_address(
    demo: DemoStore, now: datetime, story: Story, state: OperationState, code: Failure | None, moved: bool
) -> None:
    ref, key = KENTA.order(story), fresh_key()
    asked = await move(demo, ref, key)
    assert asked.state is OperationState.PENDING
    before = await order_of(demo, ref)
    assert asked.order == before
    await demo.tick(now + rules.WAREHOUSE_DECIDES_WITHIN)
    answer = await demo.get_operation(key)
    assert answer
    assert (answer.state, answer.code) == (state, code)
    after = await order_of(demo, ref)
    assert (after.address == SAPPORO) is moved
    assert after.state is (OrderState.PREPARING if moved else OrderState.SHIPPED)


async def test_the_parcel_goes_where_it_was_sent_last(demo: DemoStore, now: datetime) -> None:
    ref = KENTA.order(Story.PREPARING)
    await move(demo, ref, fresh_key())
    await demo.tick(now + rules.WAREHOUSE_DECIDES_WITHIN)
    order = await order_of(demo, ref)
    shipped = rules.sent(order, {line.ref: line.quantity for line in order.lines}, now)
    assert shipped.shipments[0].events[2].place == "北海道・北広島ベース"


# -- items, payment, coupon


async def test_an_edit_moves_stock_and_money(demo: DemoStore) -> None:
    order = await order_of(demo, MISAKI.order(Story.CANCELLABLE))
    beige, blue = await stock(demo, "TOWEL-BE"), await stock(demo, "TOWEL-BL")
    edits = (LineEdit(line_ref="1", sku="TOWEL-BL"),)
    answer = done(await demo.edit_lines(fresh_key(), order.ref, order.version, edits, "gift_balance", yen(880)))
    assert (answer.charges, answer.refunds) == ({"gift_balance": yen(880)}, {})
    assert answer.order
    assert answer.order.tenders[3].captured == yen(880)
    assert held(await customer_of(demo, MISAKI), "gift_balance") == MISAKI.gift_balance - 880
    assert (await stock(demo, "TOWEL-BE"), await stock(demo, "TOWEL-BL")) == (beige + 2, blue - 2)
    whole = done(await demo.cancel(fresh_key(), order.ref, answer.order.version, None, "other"))
    assert whole.refunds["4"] == yen(880)
    assert held(await customer_of(demo, MISAKI), "gift_balance") == MISAKI.gift_balance + 3000
    assert (await stock(demo, "TOWEL-BE"), await stock(demo, "TOWEL-BL")) == (beige + 2, blue)


async def test_the_last_piece_is_gone_for_the_next(demo: DemoStore, store_db: Database) -> None:
    order = await order_of(demo, MISAKI.order(Story.CANCELLABLE))
    await store_db.run(ASKER, lambda tx: tx.execute("update variants set stock = 2 where sku = 'TOWEL-BL'"))
    edits = (LineEdit(line_ref="1", sku="TOWEL-BL"),)
    done(await demo.edit_lines(fresh_key(), order.ref, order.version, edits, "card", yen(880)))
    towels = await demo.get_product("TOWEL")
    assert towels
    assert [(v.stock, v.available) for v in towels.variants if v.sku == "TOWEL-BL"] == [(0, False)]
    items = {"TOWEL-BL": 1}
    cost = yen(4400 + 550)
    answer = await demo.create_order(fresh_key(), MISAKI.customer.ref, items, SAPPORO, "card", cost)
    assert (answer.state, answer.code, answer.created) == (OperationState.FAILED, Failure.UNAVAILABLE, None)


async def test_a_coupon_is_used_once(demo: DemoStore) -> None:
    emma = await customer_of(demo, EMMA)
    order = await order_of(demo, EMMA.order(Story.CANCELLABLE))
    answer = done(await demo.apply_coupon(fresh_key(), order.ref, order.version, stories.THANKS))
    assert sum(money.amount for money in answer.refunds.values()) == 500
    assert [one.used for one in emma.coupons] == [False, False]
    assert [one.code for one in (await customer_of(demo, EMMA)).coupons if one.used] == [stories.THANKS]
    old = await demo.apply_coupon(fresh_key(), order.ref, order.version + 1, stories.LAST_YEARS)
    assert (old.state, old.code) == (OperationState.FAILED, Failure.COUPON_INVALID)


async def test_a_method_that_is_not_on_file(demo: DemoStore) -> None:
    answer = await demo.change_payment(fresh_key(), YOKO.order(Story.GIFT), 1, "paypal_1")
    assert (answer.state, answer.code) == (OperationState.FAILED, Failure.METHOD_UNKNOWN)


# -- new orders


async def test_a_replacement_costs_nothing_and_ships(demo: DemoStore, now: datetime) -> None:
    before, shirts = await everything(demo), await stock(demo, "TSHIRT-S")
    answer = done(await demo.create_replacement(fresh_key(), FANG.order(Story.SHIPPED), {"1": 2}, None))
    made = answer.order
    assert made
    assert answer.created == made.ref not in before[1]
    assert (made.replaces, made.total, made.tenders, made.state) == (
        FANG.order(Story.SHIPPED),
        yen(0),
        (),
        OrderState.PAID,
    )
    assert [(line.sku, line.quantity) for line in made.lines] == [("TSHIRT-S", 2)]
    assert await stock(demo, "TSHIRT-S") == shirts - 2
    for days in range(12):
        await demo.tick(now + timedelta(days=days))
    assert (await order_of(demo, made.ref)).state is OrderState.DELIVERED


async def test_one_is_sent_again_of_what_came_back_in_part(demo: DemoStore) -> None:
    ref, lines = MISAKI.order(Story.DELIVERED), {"2": 2}
    done(await demo.create_return(fresh_key(), ref, (await order_of(demo, ref)).version, lines, None))
    done(await demo.restock(fresh_key(), ref, lines))
    made = done(await demo.create_replacement(fresh_key(), ref, {"2": 1}, None)).order
    assert made
    assert [(line.quantity, line.announced, line.restocked) for line in made.lines] == [(1, 0, 0)]


@pytest.mark.parametrize("lines", [{}, {"1": 4}, {"1": 0}, {"1": -1}, {"2": 1}])
async def test_no_more_is_replaced_than_was_sent(demo: DemoStore, lines: dict[str, int]) -> None:
    answer = await demo.create_replacement(fresh_key(), FANG.order(Story.SHIPPED), lines, None)
    assert (answer.state, answer.code) == (OperationState.FAILED, Failure.INVALID)


async def test_an_order_is_placed_again(demo: DemoStore, now: datetime) -> None:
    lotion = await stock(demo, "LOTION-1")
    items, cost = {"LOTION-1": 2, "PILLOW-1": 1}, yen(9380)
    answer = done(await demo.create_order(fresh_key(), MISAKI.customer.ref, items, SAPPORO, "card", cost))
    made = answer.order
    assert made
    assert (answer.created, answer.charges, made.address) == (made.ref, {"card": cost}, SAPPORO)
    assert await stock(demo, "LOTION-1") == lotion - 2
    for days in range(12):
        await demo.tick(now + timedelta(days=days))
    assert (await order_of(demo, made.ref)).state is OrderState.DELIVERED


async def test_what_needs_no_parcel_is_there_at_once(demo: DemoStore) -> None:
    answer = done(await demo.create_order(fresh_key(), MISAKI.customer.ref, {"EBOOK-1": 1}, SAPPORO, "card", yen(1540)))
    assert answer.order
    assert (answer.order.state, answer.order.shipping_fee) == (OrderState.DELIVERED, yen(0))


@pytest.mark.parametrize(
    ("items", "method", "cost", "code"),
    [
        ({}, "card", 0, Failure.INVALID),
        ({"LOTION-1": 0}, "card", 550, Failure.INVALID),
        ({"LOTION-1": 1, "RICEBOWL-BL": 1}, "card", 5170, Failure.INVALID),  # of two sellers
        ({"LOTION-1": 1, "EBOOK-1": 1}, "card", 4290, Failure.INVALID),  # one has nothing to send
        ({"NO-SUCH": 1}, "card", 550, Failure.UNAVAILABLE),
        ({"LOTION-1": 1}, "card", 2200, Failure.PRICE_CHANGED),  # shipping
        ({"LOTION-1": 1}, "konbini", 2750, Failure.METHOD_UNKNOWN),
        ({"LOTION-1": 1}, "gift_balance", 2750, Failure.INSUFFICIENT),
        ({"LOTION-1": 10**6}, "card", 2200 * 10**6, Failure.UNAVAILABLE),
    ],
)
async def test_orders_that_are_not_placed(
    demo: DemoStore, items: dict[str, int], method: str, cost: int, code: Failure
) -> None:
    before = await everything(demo)
    answer = await demo.create_order(fresh_key(), MISAKI.customer.ref, items, SAPPORO, method, yen(cost))
    assert (answer.state, answer.code, answer.created) == (OperationState.FAILED, code, None)
    assert await everything(demo) == before


async def test_nobody_unknown_orders(demo: DemoStore) -> None:
    answer = await demo.create_order(fresh_key(), "nobody", {"LOTION-1": 1}, SAPPORO, "card", yen(2750))
    assert (answer.state, answer.code) == (OperationState.FAILED, Failure.NOT_FOUND)


# -- credit and subscriptions


async def test_credit_adds_up_and_pays(demo: DemoStore, database_url: str) -> None:
    ref = MISAKI.customer.ref
    for amount in (2000, 1000):
        answer = done(await demo.issue_credit(fresh_key(), ref, yen(amount), "お詫び"))
        assert answer.created
        assert answer.customer
    assert answer.customer
    assert held(answer.customer, "store_credit") == 3000
    items, cost = {"LOTION-1": 1}, yen(2750)
    bought = done(await demo.create_order(fresh_key(), ref, items, SAPPORO, "store_credit", cost))
    assert bought.customer
    assert held(bought.customer, "store_credit") == 250
    assert await books.wrong(database_url) == []
    refused = await demo.issue_credit(fresh_key(), ref, yen(-1), "")
    assert (refused.state, refused.code) == (OperationState.FAILED, Failure.INVALID)


async def test_a_subscription_changes_and_ends(demo: DemoStore, now: datetime) -> None:
    first = (await customer_of(demo, MISAKI)).subscriptions
    skipped = done(await demo.change_subscription(fresh_key(), "SUB-1001", SubscriptionChange(skip=True)))
    ends = done(await demo.cancel_subscription(fresh_key(), "SUB-1000", End.RENEWAL))
    assert ends.customer
    assert skipped.customer
    assert ends.customer.version == skipped.customer.version + 1
    membership, coffee = ends.customer.subscriptions
    assert first[1].next_delivery_at
    assert coffee.next_delivery_at == first[1].next_delivery_at + timedelta(weeks=4)
    assert membership.state == "ends_at_renewal"
    assert membership.renews_at == first[0].renews_at
    await demo.tick(now + timedelta(days=13))
    after = (await customer_of(demo, MISAKI)).subscriptions[0]
    assert (after.state, after.renews_at) == ("ended", None)


async def test_a_yearly_plan_becomes_a_monthly_one(demo: DemoStore) -> None:
    answer = done(await demo.change_subscription(fresh_key(), "SUB-1002", SubscriptionChange(plan="MEMBER-MONTH")))
    assert answer.customer
    after = answer.customer.subscriptions[0]
    assert (after.price, after.interval, after.next_plan_ref) == (yen(5000), "year", "MEMBER-MONTH")
    assert [plan.ref for plan in after.plans] == ["MEMBER-MONTH", "MEMBER-YEAR"]
    nothing = await demo.cancel_subscription(fresh_key(), "SUB-none", End.NOW)
    assert (nothing.state, nothing.code, nothing.customer) == (OperationState.FAILED, Failure.NOT_FOUND, None)


# -- a shop that leaves refunds to us


async def test_without_refunds_the_money_waits_for_ours(careful: DemoStore, database_url: str) -> None:
    order = await order_of(careful, MISAKI.order(Story.CANCELLABLE))
    gone = done(await careful.cancel(fresh_key(), order.ref, order.version, None, "other"))
    assert gone.refunds == {}
    assert gone.order
    assert gone.order.state is OrderState.CANCELLED
    assert gone.order.tenders == order.tenders
    for tender in order.tenders:
        back = done(await careful.refund(fresh_key(), order.ref, tender.ref, tender.captured, RefundTo.ORIGINAL))
        assert back.refunds == {tender.ref: tender.captured}
    misaki = await customer_of(careful, MISAKI)
    assert (held(misaki, "gift_balance"), held(misaki, "points")) == (MISAKI.gift_balance + 3000, MISAKI.points + 850)
    again = await careful.refund(fresh_key(), order.ref, "1", yen(1), RefundTo.ORIGINAL)
    assert (again.state, again.code) == (OperationState.FAILED, Failure.INVALID)
    assert await books.wrong(database_url) == []


async def test_the_warehouse_too_leaves_refunds_to_us(careful: DemoStore, now: datetime) -> None:
    key = fresh_key()
    order = await order_of(careful, KENTA.order(Story.PREPARING))
    await careful.cancel(key, order.ref, order.version, None, "other")
    await careful.tick(now + rules.WAREHOUSE_DECIDES_WITHIN)
    answer = await careful.get_operation(key)
    assert answer
    assert (answer.state, answer.refunds) == (OperationState.SUCCEEDED, {})
    assert answer.order
    assert answer.order.state is OrderState.CANCELLED
    assert answer.order.tenders == order.tenders
