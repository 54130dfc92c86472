"""Changing the shops: writing what became of orders, and filling them. Each runs in the caller's transaction."""

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec
from psycopg import sql
from psycopg.types.json import Jsonb

from madoguchi.core.shop.port import OrderLine, StoreCustomer, StoreOrder, Subscription, TenderKind
from madoguchi.edge.stores.demo import baskets, contents, queries, rules
from madoguchi.edge.stores.demo.contents import Contents, Placed, Row
from madoguchi.edge.stores.demo.money import GIFT_BALANCE, HELD, STORE_CREDIT, Movement, Way
from madoguchi.edge.stores.demo.rules import Plan
from madoguchi.edge.stores.demo.shops import Shop
from madoguchi.kit.db import Tx

Change = tuple[str, str]  # a kind of thing, and its number


class Step(msgspec.Struct, frozen=True):
    """An order before and after, and the money that moved between."""

    before: StoreOrder
    after: StoreOrder
    movements: tuple[Movement, ...] = ()


# -- writing the difference of an order before and after


async def write(tx: Tx, shop: Shop, steps: Sequence[Step], at: datetime) -> None:
    """Each order gets its next version; stock, balances and payments follow from what changed in it."""
    await _write_orders(tx, shop, [step.after for step in steps])
    await _write_lines(tx, shop, steps)
    products = await _take_stock(tx, shop, [(step.before.lines, step.after.lines) for step in steps])
    await _write_tenders(tx, shop, steps)
    holders = await _move(tx, shop, [(step.after, step.movements) for step in steps], at)
    holders |= await _use_coupons(tx, shop, steps)
    await _write_shipments(tx, shop, steps)
    await _touch_customers(tx, shop, holders)
    await announce(
        tx,
        shop.id,
        [
            *_named("product", products),
            *_named("customer", sorted(holders)),
            *_named("order", [step.after.ref for step in steps]),
        ],
    )


async def put(tx: Tx, shop: Shop, placed: Placed) -> None:
    """Put a new order into the shop: its goods leave the stock, what it was paid with leaves the balance."""
    order = placed.order
    for table, rows in contents.rows(shop.id, Contents(orders=[msgspec.structs.replace(placed, payments=())])).items():
        await _copy(tx, table, rows)
    products = await _take_stock(tx, shop, [((), order.lines)])
    paid = tuple(
        Movement(tender_ref=one.tender_ref, way=Way(one.kind), method_ref=one.method_ref, amount=one.amount)
        for one in placed.payments
    )
    holders = await _move(tx, shop, [(order, paid)], order.placed_at)
    await _touch_customers(tx, shop, holders)
    await announce(
        tx, shop.id, [*_named("product", products), *_named("customer", sorted(holders)), ("order", order.ref)]
    )


async def plan(tx: Tx, shop: Shop, ref: str, of: Plan) -> None:
    """What the warehouse does with an order from now on."""
    await tx.execute(
        "update orders set allocate_at = %s, ships_at = %s, may_stop = %s where shop_id = %s and ref = %s",
        [of.allocate_at, of.ships_at, of.may_stop, shop.id, ref],
    )


async def next_number(tx: Tx, shop: Shop) -> int:
    """The number of the next thing that is made here; the shop's row stays locked to the end of the transaction."""
    query = "update shops set last_number = last_number + 1 where id = %s returning last_number"
    return int(await tx.value(query, [shop.id]))


async def open_balance(tx: Tx, shop: Shop, customer: StoreCustomer, kind: TenderKind) -> None:
    """Give the customer a place for money that the shop holds for them, unless there is one."""
    await tx.execute(
        """insert into payment_methods (shop_id, customer_ref, ref, kind, label, balance, details)
           values (%s, %s, %s, %s, %s, 0, '{}') on conflict (shop_id, customer_ref, ref) do nothing""",
        [shop.id, customer.ref, kind.value, kind, baskets.label(kind, customer)],
    )


async def add_to_balance(tx: Tx, shop: Shop, customer_ref: str, method_ref: str, amount: int) -> bool:
    """Add minor units to a balance, or take them; False when the method holds no money."""
    return bool(
        await tx.execute(
            """update payment_methods set balance = balance + %s
               where shop_id = %s and customer_ref = %s and ref = %s and balance is not null""",
            [amount, shop.id, customer_ref, method_ref],
        )
    )


async def write_subscription(tx: Tx, shop: Shop, after: Subscription) -> None:
    """A subscription as it is now; its customer is announced."""
    await tx.execute(
        """update subscriptions set state = %s, plan_ref = %s, next_plan_ref = %s, name = %s, price = %s, interval = %s,
             period_started_at = %s, renews_at = %s, next_delivery_at = %s, used = %s, order_ref = %s
           where shop_id = %s and ref = %s""",
        [
            after.state,
            after.plan_ref,
            after.next_plan_ref,
            after.name,
            after.price.amount,
            after.interval,
            after.period_started_at,
            after.renews_at,
            after.next_delivery_at,
            after.used,
            after.order_ref,
            shop.id,
            after.ref,
        ],
    )
    await tell_of_customers(tx, shop, [after.customer_ref])


async def tell_of_customers(tx: Tx, shop: Shop, refs: Sequence[str]) -> None:
    """These customers changed: they get their next version and are announced."""
    await _touch_customers(tx, shop, refs)
    await announce(tx, shop.id, _named("customer", refs))


async def _touch_customers(tx: Tx, shop: Shop, refs: Iterable[str]) -> None:
    await tx.execute(
        "update customers set version = version + 1 where shop_id = %s and ref = any(%s)", [shop.id, sorted(refs)]
    )


def _named(kind: str, refs: Iterable[str]) -> list[Change]:
    return [(kind, ref) for ref in refs]


async def _write_orders(tx: Tx, shop: Shop, orders: Sequence[StoreOrder]) -> None:
    await tx.many(
        """update orders set version = version + 1, state = %s, status_text = %s, cancel_reason = %s, address = %s,
             total = %s, promised_from = %s, promised_until = %s, is_gift = %s, gift = %s, gift_fee = %s,
             coupon = %s, held = %s, gift_code = %s
           where shop_id = %s and ref = %s""",
        [
            (
                o.state.value,
                o.status_text,
                o.cancel_reason,
                contents.record(o.address),
                o.total.amount,
                o.promised_from,
                o.promised_until,
                o.is_gift,
                contents.record(o.gift),
                o.gift_fee.amount if o.gift_fee else 0,
                o.coupon,
                o.held,
                contents.gift_code(o),
                shop.id,
                o.ref,
            )
            for o in orders
        ],
    )


async def _write_lines(tx: Tx, shop: Shop, steps: Sequence[Step]) -> None:
    await tx.many(
        """update order_lines set sku = %s, options = %s, unit_price = %s, total = %s, tax = %s,
             cancelled = %s, shipped = %s, delivered = %s, announced = %s, restocked = %s, parted = %s
           where shop_id = %s and order_ref = %s and ref = %s""",
        [
            (
                new.sku,
                Jsonb(new.options),
                new.unit_price.amount,
                new.total.amount,
                new.tax.amount,
                new.cancelled,
                new.shipped,
                new.delivered,
                new.announced,
                new.restocked,
                new.parted,
                shop.id,
                step.after.ref,
                new.ref,
            )
            for step in steps
            for old, new in zip(step.before.lines, step.after.lines, strict=True)
            if old != new
        ],
    )


async def _take_stock(
    tx: Tx, shop: Shop, lines: Sequence[tuple[Sequence[OrderLine], Sequence[OrderLine]]]
) -> list[str]:
    """Units that lines no longer hold go back into the stock, those they hold now leave it; the products concerned."""
    more: Counter[str] = Counter()
    for before, after in lines:
        for line in before:
            more[line.sku] += rules.out_of_stock(line)
        for line in after:
            more[line.sku] -= rules.out_of_stock(line)
    changed = sorted((sku, units) for sku, units in more.items() if units)
    if not changed:
        return []
    await tx.many(
        """update variants set stock = stock + %s, available = stock + %s > 0
           where shop_id = %s and sku = %s and stock is not null""",
        [(units, units, shop.id, sku) for sku, units in changed],
    )
    refs = await queries.counted_products(tx, shop.id, [sku for sku, _ in changed])
    await tx.execute("update products set version = version + 1 where shop_id = %s and ref = any(%s)", [shop.id, refs])
    return refs


async def _write_tenders(tx: Tx, shop: Shop, steps: Sequence[Step]) -> None:
    changed = [
        (step.after.ref, new)
        for step in steps
        for old, new in zip(step.before.tenders, step.after.tenders, strict=False)
        if old != new
    ]
    await tx.many(
        """update tenders set amount = %s, captured = %s, refunded = %s, pay_by = %s
           where shop_id = %s and order_ref = %s and ref = %s""",
        [
            (new.amount.amount, new.captured.amount, new.refunded.amount, new.pay_by, shop.id, ref, new.ref)
            for ref, new in changed
        ],
    )
    for step in steps:
        await _copy(tx, "tenders", list(contents.tender_rows(shop.id, step.after))[len(step.before.tenders) :])


async def _move(tx: Tx, shop: Shop, moved: Sequence[tuple[StoreOrder, Sequence[Movement]]], at: datetime) -> set[str]:
    """Book movements as payments, and on the balances they touch; the customers whose balances changed."""
    holders = set()
    for order, movements in moved:
        await tx.many(
            """insert into payments (shop_id, order_ref, tender_ref, kind, method_ref, customer_ref, amount, at)
               values (%s, %s, %s, %s, %s, %s, %s, %s)""",
            [
                (shop.id, order.ref, one.tender_ref, one.way.value, one.method_ref, one.customer_ref, one.amount, at)
                for one in movements
            ],
        )
        sums: dict[tuple[str, str], int] = defaultdict(int)
        for one in movements:
            whose = one.customer_ref or order.customer_ref
            sums[whose, one.method_ref] += one.amount if one.way is Way.REFUND else -one.amount
        held = {t.method_ref for t in order.tenders if t.kind in HELD} | {GIFT_BALANCE, STORE_CREDIT}
        for (whose, method_ref), amount in sorted(sums.items()):
            if await add_to_balance(tx, shop, whose, method_ref, amount):
                holders.add(whose)
            elif method_ref in held:
                raise LookupError(f"order {order.ref}: no balance {method_ref} to book {amount} on")
    return holders


async def _use_coupons(tx: Tx, shop: Shop, steps: Sequence[Step]) -> set[str]:
    used = [step.after for step in steps if step.after.coupon != step.before.coupon]
    await tx.many(
        "update coupons set order_ref = %s where shop_id = %s and customer_ref = %s and code = %s",
        [(order.ref, shop.id, order.customer_ref, order.coupon) for order in used],
    )
    return {order.customer_ref for order in used}


async def _write_shipments(tx: Tx, shop: Shop, steps: Sequence[Step]) -> None:
    rows: dict[str, list[Row]] = {"shipments": [], "shipment_lines": [], "tracking_events": []}
    moved: list[Row] = []
    for step in steps:
        before, after = step.before, step.after
        known = {shipment.ref: shipment for shipment in before.shipments}
        for table, row in contents.parcel_rows(shop.id, after, frozenset(known)):
            rows[table].append(row)
        moved += [
            (new.delivered_at, new.promised_until, shop.id, after.ref, new.ref)
            for new in after.shipments
            if new.ref in known and new != known[new.ref]
        ]
    await tx.many(
        """update shipments set delivered_at = %s, promised_until = %s
           where shop_id = %s and order_ref = %s and ref = %s""",
        moved,
    )
    for table, new_rows in rows.items():
        await _copy(tx, table, new_rows)


async def announce(tx: Tx, shop_id: str, changes: Sequence[Change]) -> None:
    """Note in the change log that these changed, in this order; it locks the log, so it comes last."""
    if not changes:
        return
    await tx.execute(
        """with log as (
             update shops set last_change = last_change + %s where id = %s returning last_change - %s as last)
           insert into changes (shop_id, kind, ref, seq)
           select %s, changed.kind, changed.ref, last + changed.n
           from log, unnest(%s::text[], %s::text[]) with ordinality as changed(kind, ref, n)
           on conflict (shop_id, kind, ref) do update set seq = excluded.seq""",
        [
            len(changes),
            shop_id,
            len(changes),
            shop_id,
            [kind for kind, _ in changes],
            [ref for _, ref in changes],
        ],
    )


# -- filling


async def open_shop(tx: Tx, shop: Shop, now: datetime) -> bool:
    """Make the shop; False when it is there already."""
    return bool(
        await tx.execute(
            "insert into shops (id, currency, told_until) values (%s, %s, %s) on conflict (id) do nothing",
            [shop.id, shop.currency, now],
        )
    )


async def empty(tx: Tx, shop: Shop, fingerprint: str) -> None:
    """Take everything out of the shop, to be filled from the files with this fingerprint; its change log goes on."""
    await tx.execute("delete from customers where shop_id = %s", [shop.id])
    await tx.execute("delete from products where shop_id = %s", [shop.id])
    await tx.execute("update shops set fingerprint = %s where id = %s", [fingerprint, shop.id])


async def fill(tx: Tx, shop: Shop, stuff: Contents) -> None:
    """Put contents into the shop and announce its products, customers and orders."""
    for table, rows in contents.rows(shop.id, stuff).items():
        await _copy(tx, table, rows)
    await announce(
        tx,
        shop.id,
        _named("product", [product.ref for product in stuff.products])
        + _named("customer", [customer.ref for customer in stuff.customers])
        + _named("order", [placed.order.ref for placed in stuff.orders]),
    )


async def _copy(tx: Tx, table: str, rows: Sequence[Row]) -> None:
    if not rows:
        return
    statement = sql.SQL("copy {} ({}) from stdin").format(sql.Identifier(table), sql.SQL(contents.COLUMNS[table]))
    async with tx.conn.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            await copy.write_row(row)
