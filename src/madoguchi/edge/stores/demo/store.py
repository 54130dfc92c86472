"""The adapter: the demo store behind the store port."""

import logging
from collections.abc import Awaitable, Callable, Sequence
from datetime import datetime
from typing import TypeVar

import psycopg
from psycopg_pool import PoolTimeout

from madoguchi.core.shop.port import (
    Address,
    Capability,
    Changes,
    End,
    GiftOptions,
    LineEdit,
    LineExchange,
    Operation,
    Product,
    RefundTo,
    Shipment,
    StoreCustomer,
    StoreOrder,
    StoreUnavailable,
    SubscriptionChange,
)
from madoguchi.edge.stores.demo import queries
from madoguchi.edge.stores.demo.handing.queries import handed_over
from madoguchi.edge.stores.demo.handing.verbs import take_news
from madoguchi.edge.stores.demo.operations import asked
from madoguchi.edge.stores.demo.operations import queries as operations
from madoguchi.edge.stores.demo.operations.asked import Asked
from madoguchi.edge.stores.demo.operations.verbs import perform, told
from madoguchi.edge.stores.demo.shops import SHOPS, Conduct
from madoguchi.edge.stores.demo.warehouse.queries import due_subscriptions
from madoguchi.edge.stores.demo.warehouse.renewals import renew
from madoguchi.edge.stores.demo.warehouse.verbs import tick
from madoguchi.kit.db import Database, Tx, assert_outside
from madoguchi.kit.faults import Faults, Wire
from madoguchi.kit.migrations import STORE_ROLE
from madoguchi.kit.money import Money

log = logging.getLogger(__name__)

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
        """What this shop does when asked."""
        return self._shop.can

    async def changes_since(self, cursor: str, limit: int = 200) -> Changes:
        """Products, customers and orders changed after the cursor; each stands once, with its latest change."""
        after = int(cursor or "0")

        async def read(tx: Tx) -> Changes:
            rows = await queries.changes(tx, self.store_id, after, limit)
            refs: dict[str, list[str]] = {"product": [], "customer": [], "order": []}
            for row in rows:
                refs[row.kind].append(row.ref)
            return Changes(
                cursor=str(rows[-1].seq) if rows else cursor,
                more=len(rows) == limit,
                customers=tuple(await queries.customers(tx, self.store_id, refs["customer"])),
                orders=tuple(await queries.orders(tx, self.store_id, refs["order"])),
                products=tuple(await queries.products_by_ref(tx, self.store_id, refs["product"])),
                terms=self._shop.terms,
            )

        return await self._ask(read)

    async def get_order(self, ref: str) -> StoreOrder | None:
        """One order as it is now."""
        return await self._ask(lambda tx: queries.order(tx, self.store_id, ref))

    async def get_customer(self, ref: str) -> StoreCustomer | None:
        """One customer, with payment methods, subscriptions and coupons."""
        return await self._ask(lambda tx: queries.customer(tx, self.store_id, ref))

    async def find_customers(self, email: str) -> Sequence[StoreCustomer]:
        """Customers with this mail address (case does not count)."""
        return await self._ask(lambda tx: queries.customers_by_email(tx, self.store_id, email))

    async def search_products(self, text: str, limit: int = 20) -> Sequence[Product]:
        """Products by a part of their name."""
        return await self._ask(lambda tx: queries.products(tx, self.store_id, text, limit))

    async def get_product(self, ref: str) -> Product | None:
        """One product with its variants and stock."""
        found = await self._ask(lambda tx: queries.products_by_ref(tx, self.store_id, [ref]))
        return found[0] if found else None

    async def cancel(self, key: str, ref: str, version: int, lines: dict[str, int] | None, reason: str) -> Operation:
        """Cancel at once, or ask the warehouse where the order is being prepared."""
        return await self._write(key, asked.Cancel(ref, version, lines, reason))

    async def update_shipping_address(self, key: str, ref: str, version: int, address: Address) -> Operation:
        """Send to another address, or ask the warehouse where the order is being prepared."""
        return await self._write(key, asked.UpdateShippingAddress(ref, version, address))

    async def edit_lines(
        self, key: str, ref: str, version: int, edits: tuple[LineEdit, ...], method_ref: str, expected: Money
    ) -> Operation:
        """Make other variants of lines and settle the difference at once."""
        return await self._write(key, asked.EditLines(ref, version, edits, method_ref, expected))

    async def change_payment(self, key: str, ref: str, version: int, method_ref: str) -> Operation:
        """Pay by another method on file."""
        return await self._write(key, asked.ChangePayment(ref, version, method_ref))

    async def add_gift_options(
        self, key: str, ref: str, version: int, options: GiftOptions, method_ref: str, expected: Money
    ) -> Operation:
        """Make the order a present, or ask the warehouse where the order is being prepared."""
        return await self._write(key, asked.AddGiftOptions(ref, version, options, method_ref, expected))

    async def apply_coupon(self, key: str, ref: str, version: int, code: str) -> Operation:
        """Take a coupon of the customer's off the order."""
        return await self._write(key, asked.ApplyCoupon(ref, version, code))

    async def refund(self, key: str, ref: str, tender_ref: str, amount: Money, to: RefundTo) -> Operation:
        """Book a refund, and credit what the shop holds itself."""
        return await self._write(key, asked.Refund(ref, tender_ref, amount, to))

    async def refund_gift(self, key: str, ref: str, tender_ref: str, amount: Money, customer_ref: str) -> Operation:
        """Book a refund, and credit it to the balance of whoever got the present."""
        return await self._write(key, asked.RefundGift(ref, tender_ref, amount, customer_ref))

    async def issue_credit(self, key: str, customer_ref: str, amount: Money, note: str) -> Operation:
        """Give store credit."""
        return await self._write(key, asked.IssueCredit(customer_ref, amount, note))

    async def create_replacement(self, key: str, ref: str, lines: dict[str, int], address: Address | None) -> Operation:
        """Send units of lines again at no price."""
        return await self._write(key, asked.CreateReplacement(ref, lines, address))

    async def create_return(
        self, key: str, ref: str, version: int, lines: dict[str, int], method_ref: str | None
    ) -> Operation:
        """Note what will come back."""
        return await self._write(key, asked.CreateReturn(ref, version, lines, method_ref))

    async def create_exchange(
        self,
        key: str,
        ref: str,
        version: int,
        edits: tuple[LineExchange, ...],
        method_ref: str,
        expected: Money,
        hold: bool,
    ) -> Operation:
        """Put other variants aside, or note what is wanted where the shop does the rest by itself."""
        return await self._write(key, asked.CreateExchange(ref, version, edits, method_ref, expected, hold))

    async def release(self, key: str, ref: str, lines: dict[str, int] | None = None) -> Operation:
        """Let an exchange go out, or units of it in an order of their own."""
        return await self._write(key, asked.Release(ref, lines))

    async def restock(self, key: str, ref: str, lines: dict[str, int]) -> Operation:
        """Put what came back into the stock."""
        return await self._write(key, asked.Restock(ref, lines))

    async def create_order(
        self, key: str, customer_ref: str, items: dict[str, int], address: Address, method_ref: str, expected: Money
    ) -> Operation:
        """Order goods of one seller, paid at once."""
        return await self._write(key, asked.CreateOrder(customer_ref, items, address, method_ref, expected))

    async def change_subscription(self, key: str, ref: str, change: SubscriptionChange) -> Operation:
        """Skip the next delivery, or change the interval or the plan."""
        return await self._write(key, asked.ChangeSubscription(ref, change))

    async def cancel_subscription(self, key: str, ref: str, when: End) -> Operation:
        """End a subscription now or at its renewal."""
        return await self._write(key, asked.CancelSubscription(ref, when))

    async def get_operation(self, key: str) -> Operation | None:
        """What became of a write, by its key; None when the store never saw it."""

        async def read(tx: Tx) -> Operation | None:
            row = await operations.operation(tx, self.store_id, key)
            return await told(tx, self._shop, row) if row else None

        return await self._ask(read)

    async def tick(self, now: datetime) -> int:
        """Let time pass until `now` for a living shop; how many orders changed. Not part of the port."""
        if self._shop.conduct is Conduct.RECORDED:
            return 0
        for ref in await self._db.run(ASKER, lambda tx: due_subscriptions(tx, self.store_id, now)):
            await self._renew(ref, now)
        return await self._db.run(ASKER, lambda tx: tick(tx, self._shop, now))

    async def handed_over(self, carrier: str, number: str) -> StoreOrder | None:
        """The order of a parcel, for its carrier: with all steps that are planned. Not part of the port."""
        return await self._ask(lambda tx: handed_over(tx, self.store_id, carrier, number, tx.now))

    async def take_news(self, order_ref: str, parcel: Shipment) -> None:
        """Hear from a carrier that a parcel goes on otherwise than was planned. Not part of the port."""
        await self._ask(lambda tx: take_news(tx, self._shop, order_ref, parcel))

    async def _renew(self, ref: str, now: datetime) -> None:
        """One subscription in a transaction of its own: should it fail, the others and the orders go on."""
        try:
            await self._db.run(ASKER, lambda tx: renew(tx, self._shop, ref, now))
        except Exception:
            log.exception("subscription %s could not be renewed", ref)

    async def _write(self, key: str, write: Asked) -> Operation:
        """One write, which happens once however often it arrives."""
        return await self._ask(lambda tx: perform(tx, self._shop, key, write))

    async def _ask(self, call: Callable[[Tx], Awaitable[T]]) -> T:
        """One call over the wire, in a transaction of the store's own."""
        assert_outside()
        try:
            return await self._wire.carry(lambda: self._db.run(ASKER, call))
        except (psycopg.OperationalError, PoolTimeout) as error:
            raise StoreUnavailable("the store's database does not answer") from error
