"""Loading the recorded shop from its files into the store, once and for all; and writing it out in their shape.

The same files change nothing. Other files replace the shop, every order getting its next version, as long as nothing
was changed here since: then they are refused, since they would undo what was promised to customers. Files that lack
an order or a customer are refused as well, since nobody is told of what is gone.
"""

from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import psycopg

from madoguchi.edge.stores.demo import queries, recorded, verbs
from madoguchi.edge.stores.demo.contents import Contents
from madoguchi.edge.stores.demo.operations import queries as operations
from madoguchi.edge.stores.demo.queries import MethodRow, PaymentRow
from madoguchi.edge.stores.demo.shopfiles import ImportRefused, ShopFiles, read_shop
from madoguchi.edge.stores.demo.shops import RETAIL
from madoguchi.edge.stores.demo.store import ASKER
from madoguchi.kit.db import Database, Tx

BATCH = 100  # orders between two words of progress
Progress = Callable[[int, int], None]


class Imported(msgspec.Struct, frozen=True, kw_only=True):
    """What the shop holds now; `changed` is false when it held the same before."""

    orders: int
    products: int
    users: int
    changed: bool


async def import_shop(database: Database, directory: Path, progress: Progress = lambda done, total: None) -> Imported:
    """Check the files whole, then load them in one transaction; ImportRefused leaves everything as it was.

    `database` is the store's own (store.store_database); `progress` hears (orders done, orders in all).
    """
    files = read_shop(directory)
    try:
        changed = await database.run(ASKER, lambda tx: _load(tx, files, progress))
    except (psycopg.DataError, UnicodeEncodeError) as error:
        raise ImportRefused(
            f"{directory}: a text or a number cannot be stored ({str(error).splitlines()[0]})."
        ) from error
    return Imported(orders=len(files.orders), products=len(files.products), users=len(files.users), changed=changed)


async def export_shop(database: Database) -> dict[str, dict[str, Any]]:
    """The shop as it is now, in the shape of its files: orders, products and users by id."""
    return await database.run(ASKER, _export)


async def _load(tx: Tx, files: ShopFiles, progress: Progress) -> bool:
    await verbs.open_shop(tx, RETAIL, tx.now)
    shop = await queries.locked_shop(tx, RETAIL.id)
    if shop.fingerprint == files.fingerprint:
        return False
    if shop.changed:
        raise ImportRefused(
            f"{shop.changed} order(s) of the shop {RETAIL.id} were changed here since they were imported; "
            "other files would undo that."
        )
    await _check_nothing_is_lost(tx, files)
    await verbs.empty(tx, RETAIL, files.fingerprint)
    version = shop.newest + 1
    await verbs.fill(tx, RETAIL, recorded.without_orders(files, version))
    orders = recorded.orders(files, version)
    for first in range(0, len(orders), BATCH):
        progress(first, len(orders))
        await verbs.fill(tx, RETAIL, Contents(orders=orders[first : first + BATCH]))
    progress(len(orders), len(orders))
    return True


async def _check_nothing_is_lost(tx: Tx, files: ShopFiles) -> None:
    for kind, there in (("order", files.orders), ("customer", files.users)):
        if gone := set(await queries.refs(tx, RETAIL.id, kind)) - set(there):
            raise ImportRefused(f"The {kind} {min(gone)} of the shop {RETAIL.id} is not in the files any more.")


async def _export(tx: Tx) -> dict[str, dict[str, Any]]:
    orders = await queries.orders(tx, RETAIL.id, await queries.refs(tx, RETAIL.id, "order"))
    customers = await queries.customers(tx, RETAIL.id, await queries.refs(tx, RETAIL.id, "customer"))
    payments: dict[str, list[PaymentRow]] = defaultdict(list)
    for payment in await queries.payments(tx, RETAIL.id):
        payments[payment.order_ref].append(payment)
    methods: dict[str, list[MethodRow]] = defaultdict(list)
    for method in await queries.methods(tx, RETAIL.id):
        methods[method.customer_ref].append(method)
    back = await operations.coming_back(tx, RETAIL.id)
    placed: dict[str, list[str]] = defaultdict(list)
    for order in sorted(orders, key=lambda order: order.placed_at):
        placed[order.customer_ref].append(order.ref)
    return {
        "orders": {
            order.ref: recorded.order_record(order, payments[order.ref], back.get(order.ref)) for order in orders
        },
        "products": {one.ref: recorded.product_record(one) for one in await queries.products(tx, RETAIL.id)},
        "users": {one.ref: recorded.user_record(one, methods[one.ref], placed[one.ref]) for one in customers},
    }
