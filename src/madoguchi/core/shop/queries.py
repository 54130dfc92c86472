"""Reading the mirror. `access_order` is the only way from an id to an order, for an actor."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import Actor, Role
from madoguchi.core.shop.port import StoreOrder
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


_ORDER = "id, store_id, store_ref, customer_id, version, placed_at, document"


async def access_order(tx: Tx, actor: Actor, order_id: UUID, *, lock: bool = False) -> Order:
    """The order, if the actor may see it: the customer whose it is, staff, the system; else invisible."""
    if lock:
        order = await tx.maybe(Order, f"select {_ORDER} from orders where id = %s for update", [order_id])
    else:
        order = await tx.maybe(Order, f"select {_ORDER} from orders where id = %s", [order_id])
    if order is None or not (actor.is_staff or actor.role is Role.SYSTEM or actor.id == order.customer_id):
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
