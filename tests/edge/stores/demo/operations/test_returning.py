"""Goods that come back to the living shop and what goes out for them: units, stock, money, what waits for what."""

from datetime import datetime, timedelta

import pytest

from madoguchi.core.shop.port import (
    Failure,
    LineExchange,
    Operation,
    OperationState,
    OrderState,
    StoreCustomer,
    StoreOrder,
    TenderKind,
)
from madoguchi.edge.stores.demo import verbs
from madoguchi.edge.stores.demo.people import FANG, MISAKI, Story
from madoguchi.edge.stores.demo.shops import DEMO
from madoguchi.edge.stores.demo.store import ASKER, DemoStore
from madoguchi.kit.db import Database
from madoguchi.kit.money import Money
from tests.edge.stores.contract import everything, fresh_key
from tests.edge.stores.demo import books

CLOTHES = MISAKI.order(Story.DELIVERED)  # a sweater and two shirts, paid by card


def yen(amount: int) -> Money:
    return Money(amount, "JPY")


def swap(sku: str, line: str = "1", units: int = 1) -> LineExchange:
    return LineExchange(line_ref=line, sku=sku, units=units)


async def order_of(store: DemoStore, ref: str) -> StoreOrder:
    order = await store.get_order(ref)
    assert order
    return order


async def customer_of(store: DemoStore) -> StoreCustomer:
    customer = await store.get_customer(MISAKI.customer.ref)
    assert customer
    return customer


async def stock(store: DemoStore, sku: str) -> int:
    product = await store.get_product(sku.rsplit("-", 1)[0])
    assert product
    return next(variant.stock or 0 for variant in product.variants if variant.sku == sku)


def done(operation: Operation) -> Operation:
    assert (operation.state, operation.code) == (OperationState.SUCCEEDED, None)
    return operation


async def exchange(
    store: DemoStore, *edits: LineExchange, difference: int = 0, method: str = "card", hold: bool = True
) -> Operation:
    """Ask for other variants of the clothes."""
    order = await order_of(store, CLOTHES)
    return await store.create_exchange(fresh_key(), CLOTHES, order.version, edits, method, yen(difference), hold=hold)


async def exchanged(
    store: DemoStore, *edits: LineExchange, difference: int = 0, method: str = "card", hold: bool = True
) -> StoreOrder:
    """The order that goes out for them."""
    answer = done(await exchange(store, *edits, difference=difference, method=method, hold=hold))
    assert answer.order
    assert answer.created == answer.order.ref
    assert answer.others == (await order_of(store, CLOTHES),)
    return answer.order


async def check_books(database_url: str) -> None:
    assert await books.wrong(database_url) == []


async def test_what_comes_back_is_counted(careful: DemoStore) -> None:
    order = await order_of(careful, CLOTHES)
    shirts = await stock(careful, "TSHIRT-M")
    announced = done(await careful.create_return(fresh_key(), CLOTHES, order.version, {"2": 2}, None)).order
    assert announced
    assert announced.lines[1].announced == 2
    assert await stock(careful, "TSHIRT-M") == shirts
    back = done(await careful.restock(fresh_key(), CLOTHES, {"2": 1})).order
    assert back
    assert (back.lines[1].announced, back.lines[1].restocked) == (2, 1)
    assert await stock(careful, "TSHIRT-M") == shirts + 1
    assert back.tenders == order.tenders


@pytest.mark.parametrize("lines", [{}, {"2": 3}, {"2": 0}, {"2": -1}, {"9": 1}])
async def test_more_than_was_sent_does_not_come_back(careful: DemoStore, lines: dict[str, int]) -> None:
    world = await everything(careful)
    order = world[1][CLOTHES]
    assert (await careful.create_return(fresh_key(), CLOTHES, order.version, lines, None)).code is Failure.INVALID
    assert (await careful.restock(fresh_key(), CLOTHES, lines)).code is Failure.INVALID
    assert await everything(careful) == world


async def test_what_stands_in_the_shelf_comes_back_no_more(careful: DemoStore) -> None:
    done(await careful.restock(fresh_key(), CLOTHES, {"1": 1}))
    order = await order_of(careful, CLOTHES)
    again = await careful.create_return(fresh_key(), CLOTHES, order.version, {"1": 1}, None)
    assert again.code is Failure.INVALID
    assert (await exchange(careful, swap("SWEATER-L"))).code is Failure.INVALID
    assert (await careful.restock(fresh_key(), CLOTHES, {"1": 1})).code is Failure.INVALID


async def test_an_exchange_is_held_until_it_is_released(careful: DemoStore, now: datetime, database_url: str) -> None:
    large, before = await stock(careful, "SWEATER-L"), await order_of(careful, CLOTHES)
    new = await exchanged(careful, swap("SWEATER-L"))
    assert (new.state, new.held, new.exchanges, new.total) == (OrderState.PAID, True, CLOTHES, yen(9900))
    assert [(t.kind, t.amount, t.captured) for t in new.tenders] == [(TenderKind.CARD, yen(9900), yen(0))]
    assert await stock(careful, "SWEATER-L") == large - 1
    await careful.tick(now + timedelta(days=9))
    assert (await order_of(careful, new.ref)).state is OrderState.PAID
    released = done(await careful.release(fresh_key(), new.ref))
    assert released.order
    assert (released.order.held, released.order.tenders[0].captured) == (False, yen(9900))
    assert released.order.promised_until
    (back,) = released.others
    assert back == await order_of(careful, CLOTHES)
    assert back.tenders[0].refunded == before.tenders[0].refunded + yen(9900)
    await check_books(database_url)
    await careful.tick(now + timedelta(days=30))
    assert (await order_of(careful, new.ref)).state is OrderState.DELIVERED
    await check_books(database_url)


async def test_an_exchange_without_a_hold_goes_out_at_once(careful: DemoStore, database_url: str) -> None:
    new = await exchanged(careful, swap("SWEATER-L"), hold=False)
    assert (new.held, new.tenders[0].captured) == (False, yen(9900))
    assert (await order_of(careful, CLOTHES)).tenders[0].refunded == yen(9900)
    assert (await careful.release(fresh_key(), new.ref)).code is Failure.INVALID
    await check_books(database_url)


async def test_dearer_goods_are_charged_at_once(careful: DemoStore, database_url: str) -> None:
    answer = done(await exchange(careful, swap("SWEATER-XL"), difference=600, method="gift_balance"))
    assert answer.charges == {"gift_balance": yen(600)}
    assert answer.order
    assert [(t.method_ref, t.captured) for t in answer.order.tenders] == [("card", yen(0)), ("gift_balance", yen(600))]
    assert answer.order.total == yen(10500)
    held = next(one for one in (await customer_of(careful)).methods if one.method_ref == "gift_balance")
    assert held.balance == yen(MISAKI.gift_balance - 600)
    done(await careful.release(fresh_key(), answer.order.ref))
    await check_books(database_url)


async def test_a_cancelled_exchange_leaves_the_first_payment_where_it_was(
    careful: DemoStore, database_url: str
) -> None:
    new = await exchanged(careful, swap("SWEATER-XL"), difference=600)
    gone = done(await careful.cancel(fresh_key(), new.ref, new.version, None, "no longer needed")).order
    assert gone
    assert gone.state is OrderState.CANCELLED
    assert gone.tenders[0].amount == yen(0)
    assert (await careful.release(fresh_key(), new.ref)).code is Failure.INVALID
    assert (await order_of(careful, CLOTHES)).tenders[0].refunded == yen(0)
    await check_books(database_url)


async def test_nothing_else_is_changed_of_what_is_held(careful: DemoStore) -> None:
    new = await exchanged(careful, swap("SWEATER-L"))
    asked = (
        careful.change_payment(fresh_key(), new.ref, new.version, "gift_balance"),
        careful.apply_coupon(fresh_key(), new.ref, new.version, "ARIGATO500"),
    )
    assert [(await answer).code for answer in asked] == [Failure.INVALID] * 2
    assert await order_of(careful, new.ref) == new


async def paid_later(careful: DemoStore, store_db: Database, *, pays_at: datetime | None) -> StoreOrder:
    """An exchange whose difference is to be paid at a convenience store, by a customer who does so then, or never."""
    new = await exchanged(careful, swap("SWEATER-XL"), difference=600, method="konbini")
    query = "update orders set pays_at = %s where ref = %s"
    await store_db.run(ASKER, lambda tx: tx.execute(query, [pays_at, new.ref]))
    return new


async def test_dearer_goods_wait_for_their_payment(
    careful: DemoStore, store_db: Database, now: datetime, database_url: str
) -> None:
    new = await paid_later(careful, store_db, pays_at=now + timedelta(hours=3))
    assert (new.state, new.tenders[1].amount) == (OrderState.PENDING_PAYMENT, yen(600))
    assert new.tenders[1].payment_number
    assert new.tenders[1].pay_by
    done(await careful.release(fresh_key(), new.ref))
    await careful.tick(now + timedelta(hours=2))
    assert (await order_of(careful, new.ref)).state is OrderState.PENDING_PAYMENT
    await careful.tick(now + timedelta(hours=4))
    paid = await order_of(careful, new.ref)
    assert paid.state is OrderState.PAID
    assert [t.captured for t in paid.tenders] == [yen(9900), yen(600)]
    await careful.tick(now + timedelta(days=30))
    assert (await order_of(careful, new.ref)).state is OrderState.DELIVERED
    await check_books(database_url)


async def test_what_is_never_paid_lapses(
    careful: DemoStore, store_db: Database, now: datetime, database_url: str
) -> None:
    large = await stock(careful, "SWEATER-XL")
    new = await paid_later(careful, store_db, pays_at=None)
    await careful.tick(now + timedelta(days=9))
    assert (await order_of(careful, new.ref)).state is OrderState.CANCELLED
    assert await stock(careful, "SWEATER-XL") == large
    assert (await careful.release(fresh_key(), new.ref)).code is Failure.INVALID
    await check_books(database_url)


@pytest.mark.parametrize(
    ("edits", "difference", "method", "code"),
    [
        ((swap("SWEATER-L"),), 1, "card", Failure.PRICE_CHANGED),
        ((swap("TSHIRT-L"),), -6910, "card", Failure.INVALID),  # another product
        ((swap("SWEATER-L", units=2),), 0, "card", Failure.INVALID),
        ((swap("TSHIRT-S", "2"), swap("TSHIRT-L", "2", 2)), 0, "card", Failure.INVALID),
        ((swap("SWEATER-L", units=0),), 0, "card", Failure.INVALID),
        ((swap("SWEATER-L", "7"),), 0, "card", Failure.INVALID),
        ((), 0, "card", Failure.INVALID),
        ((swap("SWEATER-XL"),), 600, "bank", Failure.METHOD_UNKNOWN),
        ((swap("SWEATER-XL"),), 600, "store_credit", Failure.METHOD_UNKNOWN),  # she has none
    ],
)
async def test_exchanges_that_are_refused(
    careful: DemoStore, edits: tuple[LineExchange, ...], difference: int, method: str, code: Failure
) -> None:
    world = await everything(careful)
    answer = await exchange(careful, *edits, difference=difference, method=method)
    assert (answer.state, answer.code) == (OperationState.FAILED, code)
    assert await everything(careful) == world


async def test_units_of_one_line_become_several_variants(careful: DemoStore, database_url: str) -> None:
    new = await exchanged(careful, swap("TSHIRT-S", "2"), swap("TSHIRT-L", "2"))
    assert [(line.sku, line.total) for line in new.lines] == [("TSHIRT-S", yen(2990)), ("TSHIRT-L", yen(2990))]
    assert (await order_of(careful, CLOTHES)).lines[1].announced == 2
    await check_books(database_url)


async def test_what_is_out_of_stock_is_not_promised(careful: DemoStore, store_db: Database) -> None:
    query = "update variants set stock = 1 where shop_id = %s and sku = 'TSHIRT-S'"
    await store_db.run(ASKER, lambda tx: tx.execute(query, [DEMO.id]))
    assert (await exchange(careful, swap("TSHIRT-S", "2", 2))).code is Failure.UNAVAILABLE
    twice = (swap("TSHIRT-S", "2"), swap("TSHIRT-S", "2"))
    assert (await exchange(careful, *twice)).code is Failure.UNAVAILABLE


async def test_what_is_under_way_is_not_exchanged(careful: DemoStore) -> None:
    order = await order_of(careful, FANG.order(Story.SHIPPED))
    line = order.lines[0]
    edit = LineExchange(line_ref=line.ref, sku=line.sku, units=1)
    answer = await careful.create_exchange(fresh_key(), order.ref, order.version, (edit,), "card", yen(0), hold=True)
    assert answer.code is Failure.INVALID
    done(await careful.create_return(fresh_key(), order.ref, order.version, {line.ref: 1}, None))


async def test_only_what_is_held_is_released(careful: DemoStore) -> None:
    assert (await careful.release(fresh_key(), CLOTHES)).code is Failure.INVALID
    assert (await careful.release(fresh_key(), "no such order")).code is Failure.NOT_FOUND


async def test_goods_that_were_paid_back_pay_for_nothing(careful: DemoStore, store_db: Database) -> None:
    """The store's own guard: what was given back of an order cannot be carried over to another one."""
    new = await exchanged(careful, swap("SWEATER-L"))
    order = await order_of(careful, CLOTHES)
    query = "update tenders set refunded = captured where order_ref = %s"
    await store_db.run(ASKER, lambda tx: tx.execute(query, [CLOTHES]))
    await store_db.run(ASKER, lambda tx: verbs.announce(tx, DEMO.id, [("order", CLOTHES)]))
    assert (await careful.release(fresh_key(), new.ref)).code is Failure.INVALID
    assert (await exchange(careful, swap("SWEATER-L"))).code is Failure.INVALID
    assert (await order_of(careful, CLOTHES)).version == order.version


SHIRTS = swap("TSHIRT-L", "2", 2)


async def dearer(store_db: Database, sku: str = "TSHIRT-L", by: int = 301) -> None:
    """A variant costs more from now on."""
    query = "update variants set price = price + %s where shop_id = %s and sku = %s"
    await store_db.run(ASKER, lambda tx: tx.execute(query, [by, DEMO.id, sku]))


async def test_some_units_go_out_with_their_part_of_the_money(
    careful: DemoStore, store_db: Database, now: datetime, database_url: str
) -> None:
    await dearer(store_db)
    before = await stock(careful, "TSHIRT-L")
    held = await exchanged(careful, SHIRTS, difference=602)
    assert held.by_parts
    gone = done(await careful.release(fresh_key(), held.ref, {"1": 1})).order
    assert gone
    assert (gone.total, [(t.kind, t.captured) for t in gone.tenders]) == (
        yen(3291),
        [(TenderKind.CARD, yen(2990)), (TenderKind.CARD, yen(301))],
    )
    rest = await order_of(careful, held.ref)
    carried, charged = rest.tenders
    assert (rest.held, rest.state, carried.amount) == (True, OrderState.PAID, yen(2990))
    assert (charged.captured, charged.refunded) == (yen(602), yen(301))
    assert (await order_of(careful, CLOTHES)).tenders[0].refunded == yen(2990)
    assert await stock(careful, "TSHIRT-L") == before - 2
    await careful.tick(now + timedelta(days=30))
    assert (await order_of(careful, gone.ref)).state is OrderState.DELIVERED
    assert (await order_of(careful, held.ref)).state is OrderState.PAID
    await check_books(database_url)


async def test_what_is_called_off_takes_its_own_money_along(
    demo: DemoStore, store_db: Database, database_url: str
) -> None:
    """What it cost more is given back; what the goods that come back pay for the others stays."""
    await dearer(store_db)
    held = await exchanged(demo, SHIRTS, swap("SWEATER-L"), difference=602)
    answer = done(await demo.cancel(fresh_key(), held.ref, held.version, {"1": 1}, "no longer needed"))
    assert answer.refunds == {"2": yen(301)}
    rest = answer.order
    assert rest
    assert [t.amount - t.refunded for t in rest.tenders] == [yen(2990 + 9900), yen(301)]
    gone = done(await demo.release(fresh_key(), held.ref, {"1": 1, "2": 1}))
    assert (gone.created, gone.order and gone.order.tenders[0].captured) == (None, yen(2990 + 9900))
    assert (await order_of(demo, CLOTHES)).tenders[0].refunded == yen(2990 + 9900)
    await check_books(database_url)


async def test_shares_of_a_price_that_does_not_divide_add_up(
    careful: DemoStore, store_db: Database, database_url: str
) -> None:
    query = "update order_lines set total = total - 1 where shop_id = %s and order_ref = %s and ref = '2'"
    await store_db.run(ASKER, lambda tx: tx.execute(query, [DEMO.id, CLOTHES]))
    less = "update orders set total = total - 1 where shop_id = %s and ref = %s"
    await store_db.run(ASKER, lambda tx: tx.execute(less, [DEMO.id, CLOTHES]))
    held = await exchanged(careful, SHIRTS)
    assert held.total == yen(5979)
    gone = done(await careful.release(fresh_key(), held.ref, {"1": 1})).order
    rest = done(await careful.release(fresh_key(), held.ref, {"1": 1})).order
    assert gone
    assert rest
    assert (gone.total, rest.tenders[0].captured) == (yen(2990), yen(2989))
    assert (await order_of(careful, CLOTHES)).tenders[0].refunded == yen(5979)
    await check_books(database_url)


async def test_where_one_pays_for_another_all_go_together(careful: DemoStore, store_db: Database) -> None:
    """One costs more and another less, or something is still to be paid: no unit has money of its own."""
    await dearer(store_db, by=-200)
    mixed = await exchanged(careful, SHIRTS, swap("SWEATER-XL"), difference=200)
    assert not mixed.by_parts
    world = await everything(careful)
    assert (await careful.release(fresh_key(), mixed.ref, {"1": 1})).code is Failure.INVALID
    some = await careful.cancel(fresh_key(), mixed.ref, mixed.version, {"1": 1}, "no longer needed")
    assert some.code is Failure.INVALID
    assert await everything(careful) == world


async def test_no_unit_goes_out_before_all_is_paid(careful: DemoStore, store_db: Database) -> None:
    assert not (await paid_later(careful, store_db, pays_at=None)).by_parts


@pytest.mark.parametrize("lines", [{}, {"1": 3}, {"1": 0}, {"1": -1}, {"9": 1}])
async def test_units_that_are_not_held_do_not_go_out(careful: DemoStore, lines: dict[str, int]) -> None:
    held = await exchanged(careful, SHIRTS)
    world = await everything(careful)
    assert (await careful.release(fresh_key(), held.ref, lines)).code is Failure.INVALID
    assert (await careful.release(fresh_key(), CLOTHES, {"1": 1})).code is Failure.INVALID
    assert await everything(careful) == world
