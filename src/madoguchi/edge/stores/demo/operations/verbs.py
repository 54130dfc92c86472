"""The one path of every write: the key is looked up, the thing locked, the answer decided, written and kept."""

from collections.abc import Mapping

from msgspec.structs import replace
from psycopg.types.json import Jsonb

from madoguchi.core.shop.port import Failure, Operation, OperationState, StoreOrder, TenderKind
from madoguchi.edge.stores.demo import queries, rules, verbs
from madoguchi.edge.stores.demo.catalogue import CHOICES
from madoguchi.edge.stores.demo.contents import Placed
from madoguchi.edge.stores.demo.money import STORE_CREDIT, Movement, Way
from madoguchi.edge.stores.demo.operations import asked as writes
from madoguchi.edge.stores.demo.operations import creating, living, parting, returning, standing, subscribing
from madoguchi.edge.stores.demo.operations import queries as operations
from madoguchi.edge.stores.demo.operations.answers import Effect, Facts
from madoguchi.edge.stores.demo.operations.asked import (
    Asked,
    CancelSubscription,
    ChangeSubscription,
    CreateExchange,
    CreateOrder,
    CreateReplacement,
    EditLines,
    IssueCredit,
    OfOrder,
    OfSubscription,
    Refund,
    RefundGift,
    Release,
    Restock,
)
from madoguchi.edge.stores.demo.operations.queries import OperationRow
from madoguchi.edge.stores.demo.operations.returning import Released
from madoguchi.edge.stores.demo.shops import Conduct, Shop
from madoguchi.edge.stores.demo.verbs import Step
from madoguchi.kit.db import Tx
from madoguchi.kit.money import Money


async def perform(tx: Tx, shop: Shop, key: str, asked: Asked) -> Operation:
    """Do it, refuse it, or ask the warehouse; the same key gives the first answer, with another request `invalid`."""
    await tx.execute("select pg_advisory_xact_lock(hashtextextended(%s, 0))", [f"{shop.id}/{key}"])
    known = await operations.operation(tx, shop.id, key)
    if known is None:
        new = OperationRow(
            key=key, subject=asked.ref, arguments=writes.to_record(asked), state=OperationState.SUCCEEDED
        )
        known = await _decide(tx, shop, new, asked)
        await _record(tx, shop, known)
    elif known.asked != asked:
        return Operation(key=key, state=OperationState.FAILED, code=Failure.INVALID)
    return await told(tx, shop, known)


async def told(tx: Tx, shop: Shop, row: OperationRow) -> Operation:
    """What the asker hears of a write, with the order and the customer as they are now."""
    order = await queries.order(tx, shop.id, row.created or row.subject)
    holder = order.customer_ref if order else await queries.subscription_holder(tx, shop.id, row.subject)
    return Operation(
        key=row.key,
        state=row.state,
        code=row.code,
        refunds={ref: Money(amount, shop.currency) for ref, amount in row.refunds.items()},
        charges={ref: Money(amount, shop.currency) for ref, amount in row.charges.items()},
        created=row.created,
        order=order,
        customer=await queries.customer(tx, shop.id, holder or row.subject),
        others=await _others(tx, shop, row, order),
    )


async def _others(tx: Tx, shop: Shop, row: OperationRow, order: StoreOrder | None) -> tuple[StoreOrder, ...]:
    """Of an exchange the order whose goods come back, which changes with the one that goes out, and what is held on."""
    if order is None or order.exchanges is None or not isinstance(row.asked, CreateExchange | Release):
        return ()
    held = [row.subject] if row.created and isinstance(row.asked, Release) else []
    return tuple(await queries.orders(tx, shop.id, [order.exchanges, *held]))


def succeeded(row: OperationRow, movements: tuple[Movement, ...]) -> OperationRow:
    """The write as done, with the money that it moved."""
    refunds: dict[str, int] = {}
    charges: dict[str, int] = {}
    for one in movements:
        if one.way is Way.REFUND and one.amount:
            refunds[one.tender_ref] = refunds.get(one.tender_ref, 0) + one.amount
        elif one.amount:
            charges[one.method_ref] = charges.get(one.method_ref, 0) + one.amount
    return replace(row, state=OperationState.SUCCEEDED, refunds=refunds, charges=charges)


def failed(row: OperationRow, code: Failure) -> OperationRow:
    """The write as refused."""
    return replace(row, state=OperationState.FAILED, code=code)


async def _decide(tx: Tx, shop: Shop, row: OperationRow, asked: Asked) -> OperationRow:
    if writes.capability(asked) not in shop.can:
        return failed(row, Failure.NOT_SUPPORTED)
    match asked:
        case CreateOrder():
            return await _create_order(tx, shop, row, asked)
        case CreateReplacement():
            return await _create_replacement(tx, shop, row, asked)
        case CreateExchange() if shop.conduct is Conduct.LIVING:
            return await _create_exchange(tx, shop, row, asked)
        case Release():
            return await _release(tx, shop, row, asked)
        case RefundGift():
            return await _refund_gift(tx, shop, row, asked)
        case IssueCredit():
            return await _issue_credit(tx, shop, row, asked)
        case ChangeSubscription() | CancelSubscription():
            return await _change_subscription(tx, shop, row, asked)
        case _:
            return await _change_order(tx, shop, row, asked)


async def _change_order(tx: Tx, shop: Shop, row: OperationRow, asked: OfOrder) -> OperationRow:
    facts = await _facts(tx, shop, asked)
    if isinstance(facts, Failure):
        return failed(row, facts)
    order = facts.order
    if shop.conduct is Conduct.RECORDED or isinstance(asked, CreateExchange):
        answer = standing.answer(facts, asked)
    else:
        answer = living.answer(facts, asked)
    if isinstance(answer, Failure):
        return failed(row, answer)
    if not isinstance(answer, Effect):
        return replace(row, state=OperationState.PENDING)
    if any(one.method_ref == STORE_CREDIT for one in answer.movements):
        await verbs.open_balance(tx, shop, facts.customer, TenderKind.STORE_CREDIT)
    await verbs.write(tx, shop, [Step(order, answer.order, answer.movements)], tx.now)
    return succeeded(row, answer.movements)


async def _facts(tx: Tx, shop: Shop, asked: OfOrder) -> Facts | Failure:
    """What is decided on, locked; a Failure when there is no such order, or no longer as it was."""
    order = await queries.locked_order(tx, shop.id, asked.ref)
    if order is None:
        return Failure.NOT_FOUND
    if not isinstance(asked, Refund | Restock) and asked.version != order.version:
        return Failure.VERSION_CHANGED
    refs = [line.product_ref for line in order.lines] if isinstance(asked, EditLines | CreateExchange) else []
    products = await queries.locked_products(tx, shop.id, refs)
    customer = await queries.locked_customer(tx, shop.id, order.customer_ref)
    assert customer
    return Facts(
        now=tx.now,
        order=order,
        customer=customer,
        products=products,
        refunds=shop.refunds,
        wrapping=shop.wrapping,
        pay_later=shop.pay_later,
    )


async def _create_order(tx: Tx, shop: Shop, row: OperationRow, asked: CreateOrder) -> OperationRow:
    refs = {CHOICES[sku].ware.ref for sku in asked.items if sku in CHOICES}
    products = await queries.locked_products(tx, shop.id, sorted(refs))
    customer = await queries.locked_customer(tx, shop.id, asked.ref)
    if customer is None:
        return failed(row, Failure.NOT_FOUND)
    number = creating.order_number(await verbs.next_number(tx, shop))
    placed = creating.new_order(number, customer, asked, products, tx.now)
    return await _put(tx, shop, row, placed)


async def _create_replacement(tx: Tx, shop: Shop, row: OperationRow, asked: CreateReplacement) -> OperationRow:
    order = await queries.locked_order(tx, shop.id, asked.ref)
    if order is None:
        return failed(row, Failure.NOT_FOUND)
    products = await queries.locked_products(tx, shop.id, [line.product_ref for line in order.lines])
    number = creating.order_number(await verbs.next_number(tx, shop))
    return await _put(tx, shop, row, creating.replacement(number, order, asked, products, tx.now))


async def _create_exchange(tx: Tx, shop: Shop, row: OperationRow, asked: CreateExchange) -> OperationRow:
    facts = await _facts(tx, shop, asked)
    if isinstance(facts, Failure):
        return failed(row, facts)
    number = creating.order_number(await verbs.next_number(tx, shop))
    exchange = returning.exchange(number, facts, asked)
    if isinstance(exchange, Failure):
        return failed(row, exchange)
    await verbs.write(tx, shop, [Step(facts.order, exchange.order)], tx.now)
    made = await _put(tx, shop, row, exchange.placed)
    if not asked.hold:
        out, back = await _both(tx, shop, number)
        if failure := await _let_go(tx, shop, out, back):
            raise RuntimeError(f"order {number} cannot go out: {failure}")
    return made


async def _release(tx: Tx, shop: Shop, row: OperationRow, asked: Release) -> OperationRow:
    """A held order goes out, or some of its units do in an order of their own."""
    if await queries.order(tx, shop.id, asked.ref) is None:
        return failed(row, Failure.NOT_FOUND)
    out, back = await _both(tx, shop, asked.ref)
    if asked.lines is not None and not (out.by_parts and parting.is_rest(out, asked.lines)):
        return await _release_some(tx, shop, row, out, back, asked.lines)
    failure = await _let_go(tx, shop, out, back)
    return failed(row, failure) if failure else row


async def _release_some(
    tx: Tx, shop: Shop, row: OperationRow, out: StoreOrder, back: StoreOrder, units: Mapping[str, int]
) -> OperationRow:
    number = creating.order_number(await verbs.next_number(tx, shop))
    parted = parting.parted(number, out, units, tx.now)
    if isinstance(parted, Failure):
        return failed(row, parted)
    part = parted.part.order
    released = returning.released(part, back, tx.now)
    if isinstance(released, Failure):
        return failed(row, released)
    await verbs.write(tx, shop, [Step(out, parted.rest, parted.movements)], tx.now)
    await verbs.put(tx, shop, parted.part)
    await _write_released(tx, shop, part, back, released)
    return replace(row, created=number)


async def _both(tx: Tx, shop: Shop, ref: str) -> tuple[StoreOrder, StoreOrder]:
    """An order that goes out in an exchange and the one whose goods come back, locked; else the order twice."""
    order = await queries.order(tx, shop.id, ref)
    assert order
    locked = {one: await queries.locked_order(tx, shop.id, one) for one in sorted({ref, order.exchanges or ref})}
    out, back = locked[ref], locked[order.exchanges or ref]
    assert out
    assert back
    return out, back


async def _let_go(tx: Tx, shop: Shop, out: StoreOrder, back: StoreOrder) -> Failure | None:
    """Let a held order go out, paid for by the other; why not."""
    released = returning.released(out, back, tx.now)
    if isinstance(released, Failure):
        return released
    await _write_released(tx, shop, out, back, released)
    return None


async def _write_released(tx: Tx, shop: Shop, out: StoreOrder, back: StoreOrder, released: Released) -> None:
    steps = [Step(out, released.out.order, released.out.movements)]
    steps.append(Step(back, released.back.order, released.back.movements))
    await verbs.write(tx, shop, steps, tx.now)
    await verbs.plan(tx, shop, out.ref, released.plan)


async def _put(tx: Tx, shop: Shop, row: OperationRow, placed: Placed | Failure) -> OperationRow:
    if isinstance(placed, Failure):
        return failed(row, placed)
    await verbs.put(tx, shop, placed)
    charges = {one.method_ref: one.amount for one in placed.payments}
    return replace(row, charges=charges, created=placed.order.ref)


async def _refund_gift(tx: Tx, shop: Shop, row: OperationRow, asked: RefundGift) -> OperationRow:
    order = await queries.locked_order(tx, shop.id, asked.ref)
    recipient = await queries.locked_customer(tx, shop.id, asked.customer_ref)
    if order is None or recipient is None:
        return failed(row, Failure.NOT_FOUND)
    answer = living.given_to_recipient(order, asked)
    if isinstance(answer, Failure):
        return failed(row, answer)
    await verbs.open_balance(tx, shop, recipient, TenderKind.GIFT_BALANCE)
    await verbs.write(tx, shop, [Step(order, answer.order, answer.movements)], tx.now)
    return succeeded(row, answer.movements)


async def _issue_credit(tx: Tx, shop: Shop, row: OperationRow, asked: IssueCredit) -> OperationRow:
    customer = await queries.locked_customer(tx, shop.id, asked.ref)
    if customer is None:
        return failed(row, Failure.NOT_FOUND)
    if asked.amount.amount <= 0 or asked.amount.currency != shop.currency:
        return failed(row, Failure.INVALID)
    ref = creating.credit_number(await verbs.next_number(tx, shop))
    await verbs.open_balance(tx, shop, customer, TenderKind.STORE_CREDIT)
    await verbs.add_to_balance(tx, shop, customer.ref, STORE_CREDIT, asked.amount.amount)
    await tx.execute(
        """insert into credits (shop_id, ref, customer_ref, method_ref, amount, note, at)
           values (%s, %s, %s, %s, %s, %s, %s)""",
        [shop.id, ref, customer.ref, STORE_CREDIT, asked.amount.amount, asked.note, tx.now],
    )
    await verbs.tell_of_customers(tx, shop, [customer.ref])
    return replace(row, created=ref)


async def _change_subscription(tx: Tx, shop: Shop, row: OperationRow, asked: OfSubscription) -> OperationRow:
    one = await queries.locked_subscription(tx, shop.id, asked.ref)
    if one is None:
        return failed(row, Failure.NOT_FOUND)
    if isinstance(asked, ChangeSubscription):
        after = subscribing.changed(one, asked.change)
    else:
        after = subscribing.ended(one, asked.when)
    if isinstance(after, Failure):
        return failed(row, after)
    await verbs.write_subscription(tx, shop, after)
    return row


async def _record(tx: Tx, shop: Shop, row: OperationRow) -> None:
    await tx.execute(
        """insert into operations
             (shop_id, key, subject, arguments, state, code, refunds, charges, created, made_at, decide_at)
           values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
        [
            shop.id,
            row.key,
            row.subject,
            Jsonb(row.arguments),
            row.state,
            row.code,
            Jsonb(row.refunds),
            Jsonb(row.charges),
            row.created,
            tx.now,
            tx.now + rules.WAREHOUSE_DECIDES_WITHIN if row.state is OperationState.PENDING else None,
        ],
    )
