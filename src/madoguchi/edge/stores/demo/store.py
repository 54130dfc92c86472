"""The adapter: the demo store behind the store port."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TypeVar

import psycopg
from psycopg_pool import PoolTimeout

from madoguchi.core.shop.port import (
    Balance,
    Capability,
    Changes,
    Operation,
    Product,
    StoreCustomer,
    StoreOrder,
    StoreUnavailable,
    Subscription,
)
from madoguchi.edge.stores.demo import queries, verbs
from madoguchi.edge.stores.demo.shops import SHOPS, Conduct
from madoguchi.kit.db import Database, Tx, assert_outside
from madoguchi.kit.faults import Faults, Wire
from madoguchi.kit.migrations import STORE_ROLE

SCHEMA = "demo_store"
T = TypeVar("T")


class _Asker:
    """Whoever calls the store; it keeps no accounts of that."""

    key = "system"


ASKER = _Asker()


def store_database(conninfo: str, size: int = 8) -> Database:
    """The store's own connections, which can touch nothing but the store."""
    return Database(conninfo, role=STORE_ROLE, search_path=SCHEMA, size=size)


class DemoStore:
    """One shop of the demo store, as StorePort. `database` is the store's own (store_database), opened."""

    def __init__(self, database: Database, store_id: str, faults: Faults | None = None) -> None:
        self.store_id = store_id
        self._shop = SHOPS[store_id]
        self._db = database
        self._wire = Wire(faults or Faults(), StoreUnavailable)

    def capabilities(self) -> frozenset[Capability]:
        """A recorded shop cancels whole orders only."""
        if self._shop.conduct is Conduct.RECORDED:
            return frozenset({Capability.CANCEL})
        return frozenset({Capability.CANCEL, Capability.CANCEL_LINES})

    async def changes_since(self, cursor: str, limit: int = 200) -> Changes:
        """Customers and orders changed after the cursor; each stands once, with its latest change."""
        after = int(cursor or "0")

        async def read(tx: Tx) -> Changes:
            rows = await queries.changes(tx, self.store_id, after, limit)
            refs: dict[str, list[str]] = {"customer": [], "order": []}
            for row in rows:
                refs[row.kind].append(row.ref)
            return Changes(
                cursor=str(rows[-1].seq) if rows else cursor,
                more=len(rows) == limit,
                customers=tuple(await queries.customers(tx, self.store_id, refs["customer"])),
                orders=tuple(await queries.orders(tx, self.store_id, refs["order"])),
            )

        return await self._ask(read)

    async def get_order(self, ref: str) -> StoreOrder | None:
        """One order as it is now."""
        return await self._ask(lambda tx: queries.order(tx, self.store_id, ref))

    async def get_customer(self, ref: str) -> StoreCustomer | None:
        """One customer."""
        return next(iter(await self._ask(lambda tx: queries.customers(tx, self.store_id, [ref]))), None)

    async def find_customers(self, email: str) -> Sequence[StoreCustomer]:
        """Customers with this mail address (case does not count)."""
        return await self._ask(lambda tx: queries.customers_by_email(tx, self.store_id, email))

    async def search_products(self, text: str, limit: int = 20) -> Sequence[Product]:
        """Products by a part of their name."""
        return await self._ask(lambda tx: queries.products(tx, self.store_id, text, limit))

    async def get_product(self, ref: str) -> Product | None:
        """One product with its variants and stock."""
        return await self._ask(lambda tx: queries.product(tx, self.store_id, ref))

    async def subscriptions(self, customer_ref: str) -> Sequence[Subscription]:
        """A customer's memberships and regular deliveries."""
        return await self._ask(lambda tx: queries.subscriptions(tx, self.store_id, customer_ref))

    async def balances(self, customer_ref: str) -> Sequence[Balance]:
        """A customer's payment methods on file, with balances where they hold money."""
        return await self._ask(lambda tx: queries.balances(tx, self.store_id, customer_ref))

    async def cancel(self, key: str, ref: str, version: int, lines: dict[str, int] | None, reason: str) -> Operation:
        """Cancel at once, or ask the warehouse where the order is being prepared; idempotent by key."""
        return await self._ask(lambda tx: verbs.cancel(tx, self._shop, key, ref, version, lines, reason))

    async def get_operation(self, key: str) -> Operation | None:
        """What became of a write, by its key; None when the store never saw it."""

        async def read(tx: Tx) -> Operation | None:
            row = await queries.operation(tx, self.store_id, key)
            return await verbs.told(tx, self._shop, row) if row else None

        return await self._ask(read)

    async def tick(self, now: datetime) -> int:
        """Let time pass until `now` for a living shop; how many orders changed. Not part of the port."""
        if self._shop.conduct is Conduct.RECORDED:
            return 0
        return await self._db.run(ASKER, lambda tx: verbs.tick(tx, self._shop, now))

    async def _ask(self, call: Callable[[Tx], Awaitable[T]]) -> T:
        """One call over the wire, in a transaction of the store's own."""
        assert_outside()
        try:
            return await self._wire.carry(lambda: self._db.run(ASKER, call))
        except (psycopg.OperationalError, PoolTimeout) as error:
            raise StoreUnavailable("the store's database does not answer") from error
