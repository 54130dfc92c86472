"""Changing the shops: cancellations, the clock, and filling them. Each runs in the caller's transaction."""

import hashlib
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime

import msgspec
from msgspec.structs import replace
from psycopg import sql
from psycopg.types.json import Jsonb

from madoguchi.core.shop.port import Operation, OperationState, StoreOrder
from madoguchi.edge.stores.demo import contents, queries, rules
from madoguchi.edge.stores.demo.contents import Contents, Row
from madoguchi.edge.stores.demo.queries import DueOrder, OperationRow
from madoguchi.edge.stores.demo.rules import Answer
from madoguchi.edge.stores.demo.shops import Shop
from madoguchi.kit.db import Tx
from madoguchi.kit.money import Money

Step = tuple[StoreOrder, StoreOrder]  # an order before and after


# -- cancelling


async def cancel(
    tx: Tx, shop: Shop, key: str, ref: str, version: int, lines: dict[str, int] | None, reason: str
) -> Operation:
    """Cancel, refuse, or ask the warehouse; the same key gives the first answer, with another request `invalid`."""
    await tx.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{shop.id}/{key}"])
    request = hashlib.sha256(msgspec.json.encode((ref, version, lines, reason), order="sorted")).hexdigest()
    known = await queries.operation(tx, shop.id, key)
    if known is None:
        known = await _decide(tx, shop, OperationRow(key, request, ref, lines, reason, "failed", None, {}), version)
    elif known.request != request:
        return Operation(key=key, state=OperationState.FAILED, code=Answer.INVALID)
    return await told(tx, shop, known)


async def told(tx: Tx, shop: Shop, row: OperationRow) -> Operation:
    """What the asker hears of a write, with the order as it is now."""
    return Operation(
        key=row.key,
        state=OperationState(row.state),
        code=row.code,
        refunds={ref: Money(amount, shop.currency) for ref, amount in row.refunds.items()},
        order=await queries.order(tx, shop.id, row.order_ref),
    )


async def _decide(tx: Tx, shop: Shop, asked: OperationRow, version: int) -> OperationRow:
    order = await queries.locked_order(tx, shop.id, asked.order_ref)
    if order is None:
        return await _record(tx, shop, replace(asked, code="not_found"))
    answer = rules.answer(shop.conduct, order, version, asked.lines, asked.reason)
    if answer is Answer.ASK_WAREHOUSE:
        return await _record(tx, shop, replace(asked, state="pending"))
    if answer is not Answer.NOW:
        return await _record(tx, shop, replace(asked, code=answer.value))
    after = rules.cancelled(order, rules.wanted(order, asked.lines), asked.reason)
    await _write(tx, shop, [(order, after)], tx.now)
    return await _record(tx, shop, _succeeded(asked, order, after))


async def _record(tx: Tx, shop: Shop, row: OperationRow) -> OperationRow:
    await tx.execute(
        """insert into operations
             (shop_id, key, request, order_ref, lines, reason, state, code, refunds, made_at, decide_at)
           values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
        [
            shop.id,
            row.key,
            row.request,
            row.order_ref,
            None if row.lines is None else Jsonb(row.lines),
            row.reason,
            row.state,
            row.code,
            Jsonb(row.refunds),
            tx.now,
            tx.now + rules.WAREHOUSE_DECIDES_WITHIN if row.state == "pending" else None,
        ],
    )
    return row


def _succeeded(asked: OperationRow, before: StoreOrder, after: StoreOrder) -> OperationRow:
    refunds = {ref: money.amount for ref, money in rules.refunds(before, after).items()}
    return replace(asked, state="succeeded", refunds=refunds)


# -- the clock


async def tick(tx: Tx, shop: Shop, now: datetime) -> int:
    """Let warehouse and carriers do what was planned until `now`; how many orders changed. One at a time per shop."""
    await tx.execute("select pg_advisory_xact_lock(hashtextextended(%s, 1))", [shop.id])
    due = {row.ref: row for row in await queries.due_orders(tx, shop.id, now)}
    asked: dict[str, list[OperationRow]] = {ref: [] for ref in due}
    for row in await queries.undecided(tx, shop.id, list(due)):
        asked[row.order_ref].append(row)
    steps = []
    for order in await queries.orders(tx, shop.id, list(due), until=now):
        after, decided = _moved(order, due[order.ref], asked[order.ref], now)
        steps.append((order, after))
        await _answer(tx, shop, decided)
    await _write(tx, shop, steps, now)
    await tx.execute("update shops set told_until = greatest(told_until, %s) where id = %s", [now, shop.id])
    return len(steps)


def _moved(
    order: StoreOrder, due: DueOrder, asked: Sequence[OperationRow], now: datetime
) -> tuple[StoreOrder, list[OperationRow]]:
    """The order at `now`; the warehouse decides what it was asked, and sends at once what it can no longer stop."""
    plan, decided = due.plan, []
    for row in asked:
        units = rules.wanted(order, row.lines)
        answer = rules.answer_of_warehouse(order, plan, units)
        if answer is Answer.NOW:
            after = rules.cancelled(order, units, row.reason)
            decided.append(_succeeded(row, order, after))
            order = after
        else:
            decided.append(replace(row, state="failed", code=answer.value))
        if answer is Answer.TOO_LATE:
            plan = replace(plan, ships_at=now)
    return rules.progressed(order, plan, now), decided


async def _answer(tx: Tx, shop: Shop, decided: Iterable[OperationRow]) -> None:
    await tx.many(
        """update operations set state = %s, code = %s, refunds = %s, decide_at = null
           where shop_id = %s and key = %s""",
        [(row.state, row.code, Jsonb(row.refunds), shop.id, row.key) for row in decided],
    )


# -- writing the difference of an order before and after


async def _write(tx: Tx, shop: Shop, steps: Sequence[Step], at: datetime) -> None:
    """Each order gets its next version; stock, balances and payments follow from what changed in it."""
    await _write_orders(tx, shop, [after for _, after in steps])
    await _write_lines(tx, shop, steps)
    await _write_tenders(tx, shop, steps, at)
    await _write_shipments(tx, shop, steps)
    await announce(tx, shop.id, "order", [after.ref for _, after in steps])


async def _write_orders(tx: Tx, shop: Shop, orders: Sequence[StoreOrder]) -> None:
    await tx.many(
        """update orders set version = version + 1, state = %s, status_text = %s, cancel_reason = %s
           where shop_id = %s and ref = %s""",
        [(o.state.value, o.status_text, o.cancel_reason, shop.id, o.ref) for o in orders],
    )


async def _write_lines(tx: Tx, shop: Shop, steps: Sequence[Step]) -> None:
    changed = [
        (after.ref, old, new)
        for before, after in steps
        for old, new in zip(before.lines, after.lines, strict=True)
        if old != new
    ]
    await tx.many(
        """update order_lines set cancelled = %s, shipped = %s, delivered = %s
           where shop_id = %s and order_ref = %s and ref = %s""",
        [(new.cancelled, new.shipped, new.delivered, shop.id, ref, new.ref) for ref, _, new in changed],
    )
    returned: Counter[str] = Counter()
    for _, old, new in changed:
        returned[new.sku] += new.cancelled - old.cancelled
    await tx.many(
        "update variants set stock = stock + %s where shop_id = %s and sku = %s",
        [(units, shop.id, sku) for sku, units in sorted(returned.items()) if units],
    )


async def _write_tenders(tx: Tx, shop: Shop, steps: Sequence[Step], at: datetime) -> None:
    changed = [
        (after, old, new)
        for before, after in steps
        for old, new in zip(before.tenders, after.tenders, strict=True)
        if old != new
    ]
    await tx.many(
        """update tenders set amount = %s, captured = %s, refunded = %s, pay_by = %s
           where shop_id = %s and order_ref = %s and ref = %s""",
        [
            (new.amount.amount, new.captured.amount, new.refunded.amount, new.pay_by, shop.id, order.ref, new.ref)
            for order, _, new in changed
        ],
    )
    payments: list[Row] = []
    for order, old, new in changed:
        method = rules.credited_method(new) or new.method_ref
        if taken := (new.captured - old.captured).amount:
            payments.append((shop.id, order.ref, new.ref, "payment", new.method_ref, taken, at))
        if given := (new.refunded - old.refunded).amount:
            payments.append((shop.id, order.ref, new.ref, "refund", method, given, at))
            await _credit(tx, shop, order, rules.credited_method(new), given)
    await tx.many(
        """insert into payments (shop_id, order_ref, tender_ref, kind, method_ref, amount, at)
           values (%s, %s, %s, %s, %s, %s, %s)""",
        payments,
    )


async def _credit(tx: Tx, shop: Shop, order: StoreOrder, method_ref: str | None, amount: int) -> None:
    if method_ref is None:
        return
    found = await tx.execute(
        """update payment_methods set balance = balance + %s
           where shop_id = %s and customer_ref = %s and ref = %s and balance is not null""",
        [amount, shop.id, order.customer_ref, method_ref],
    )
    if not found:
        raise LookupError(f"order {order.ref}: no balance {method_ref} to give money back to")


async def _write_shipments(tx: Tx, shop: Shop, steps: Sequence[Step]) -> None:
    rows: dict[str, list[Row]] = {"shipments": [], "shipment_lines": [], "tracking_events": []}
    moved: list[Row] = []
    for before, after in steps:
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


async def announce(tx: Tx, shop_id: str, kind: str, refs: Sequence[str]) -> None:
    """Note in the change log that these changed; it locks the log, so it comes last."""
    await tx.execute(
        """with log as (
             update shops set last_change = last_change + %s where id = %s returning last_change - %s as last)
           insert into changes (shop_id, kind, ref, seq)
           select %s, %s, changed.ref, last + changed.n from log, unnest(%s::text[]) with ordinality as changed(ref, n)
           on conflict (shop_id, kind, ref) do update set seq = excluded.seq""",
        [len(refs), shop_id, len(refs), shop_id, kind, list(refs)],
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
    """Put contents into the shop and announce its customers and orders."""
    for table, rows in contents.rows(shop.id, stuff).items():
        await _copy(tx, table, rows)
    await announce(tx, shop.id, "customer", [customer.ref for customer in stuff.customers])
    await announce(tx, shop.id, "order", [placed.order.ref for placed in stuff.orders])


async def _copy(tx: Tx, table: str, rows: Sequence[Row]) -> None:
    if not rows:
        return
    statement = sql.SQL("copy {} ({}) from stdin").format(sql.Identifier(table), sql.SQL(contents.COLUMNS[table]))
    async with tx.conn.cursor() as cursor, cursor.copy(statement) as copy:
        for row in rows:
            await copy.write_row(row)
