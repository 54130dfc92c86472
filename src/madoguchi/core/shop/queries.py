"""Reading the mirror. `access_order` and `customer_facts` are the only ways from an id to a row, for an actor."""

from collections.abc import Iterable, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import Actor
from madoguchi.core.shop.port import Address, Balance, Coupon, Product, StoreOrder, Subscription, Terms
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import invisible


class Order(msgspec.Struct, frozen=True):
    """A mirrored order: whose it is, and the store's facts."""

    id: UUID
    store_id: str
    store_ref: str
    customer_id: UUID
    version: int
    placed_at: datetime
    document: StoreOrder


class CustomerFacts(msgspec.Struct, frozen=True, kw_only=True):
    """What the store knows of a customer beside names: where they live, what they pay with, what they subscribed to."""

    address: Address | None = None
    methods: tuple[Balance, ...] = ()
    subscriptions: tuple[Subscription, ...] = ()
    coupons: tuple[Coupon, ...] = ()


class _Document(msgspec.Struct, frozen=True):
    document: dict[str, Any]


_ORDER = "id, store_id, store_ref, customer_id, version, placed_at, document"


async def access_order(tx: Tx, actor: Actor, order_id: UUID, *, lock: bool = False) -> Order:
    """The order, if the actor may see it: the customer whose it is, staff, the system; else invisible."""
    if lock:
        # not for update: whatever refers to the order may still be written, and waits for nobody
        order = await tx.maybe(Order, f"select {_ORDER} from orders where id = %s for no key update", [order_id])
    else:
        order = await tx.maybe(Order, f"select {_ORDER} from orders where id = %s", [order_id])
    if order is None or not actor.may_see(order.customer_id):
        raise invisible()
    return order


async def order_by_ref(tx: Tx, actor: Actor, customer_id: UUID, store_ref: str) -> Order | None:
    """The customer's order with this number, if the actor may see it."""
    order = await tx.maybe(
        Order, f"select {_ORDER} from orders where customer_id = %s and store_ref = %s", [customer_id, store_ref]
    )
    return order if order and (actor.is_staff or actor.id == customer_id) else None


async def orders_of(
    tx: Tx, customer_id: UUID, *, before: tuple[datetime, UUID] | None = None, limit: int = 20
) -> Sequence[Order]:
    """A customer's orders, newest first; `before` is (placed_at, id) of the last one seen."""
    at, last = before or (None, None)
    return await tx.all(
        Order,
        f"""select {_ORDER} from orders
            where customer_id = %s and (%s::timestamptz is null or (placed_at, id) < (%s, %s))
            order by placed_at desc, id desc limit %s""",
        [customer_id, at, at, last, limit],
    )


async def order_id_of(tx: Tx, store_id: str, store_ref: str) -> UUID | None:
    """Our id of a store's order (for the system)."""
    found = await tx.value("select id from orders where store_id = %s and store_ref = %s", [store_id, store_ref])
    return UUID(str(found)) if found else None


async def order_with_code(tx: Tx, store_id: str, code: str) -> Order | None:
    """The present whose code this is, as codes are compared (for the system)."""
    query = f"select {_ORDER} from orders where store_id = %s and gift_code = %s order by placed_at desc limit 1"
    return await tx.maybe(Order, query, [store_id, code])


async def products(tx: Tx, store_id: str, refs: Iterable[str]) -> dict[str, Product]:
    """Products of the store by ref, with their variants, as the mirror last heard of them; unknown ones are missing."""
    rows = await tx.all(
        _Document, "select document from products where store_id = %s and store_ref = any(%s)", [store_id, list(refs)]
    )
    found = [msgspec.convert(row.document, Product) for row in rows]
    return {one.ref: one for one in found}


async def terms(tx: Tx, store_id: str) -> Terms | None:
    """What the store takes beside its goods; None when it has not told."""
    known = await tx.value("select terms from stores where id = %s", [store_id])
    return msgspec.convert(known, Terms) if known else None


async def customer_facts(tx: Tx, actor: Actor, customer_id: UUID) -> CustomerFacts:
    """What the store knows of a customer, for oneself, staff and the system; nothing is known of a guest."""
    if not actor.may_see(customer_id):
        raise invisible()
    row = await tx.maybe(_Document, "select document from customer_facts where customer_id = %s", [customer_id])
    return msgspec.convert(row.document, CustomerFacts) if row else CustomerFacts()


async def known_since(tx: Tx, customer_id: UUID) -> datetime:
    """Since when somebody is a customer: by what we, the shop's orders and its subscriptions know."""
    found: datetime = await tx.value(
        """select least(c.created_at,
             (select min(o.placed_at) from orders o where o.customer_id = c.id),
             (select min((s.one->>'started_at')::timestamptz)
              from customer_facts f, jsonb_array_elements(f.document->'subscriptions') s(one)
              where f.customer_id = c.id))
           from customers c where c.id = %s""",
        [customer_id],
    )
    return found
