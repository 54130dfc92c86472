"""Bringing the mirror up to date with the store. Never goes back to an older version; never commits."""

from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.ledger import verbs as ledger
from madoguchi.core.ledger.rules import LineFacts, OrderFacts, TenderFacts
from madoguchi.core.people import rules as people_rules
from madoguchi.core.people import verbs as people
from madoguchi.core.people.sellers.verbs import remember_seller
from madoguchi.core.shop.port import Changes, Product, StoreCustomer, StoreOrder
from madoguchi.core.shop.queries import CustomerFacts, access_order, order_id_of
from madoguchi.kit import ids
from madoguchi.kit.db import Tx


async def add_store(
    tx: Tx, store_id: str, name: str, currency: str, time_zone: str, country: str, locale: str, rule_pack: str
) -> None:
    """Make a shop of ours known, or bring its settings up to date."""
    await tx.execute(
        """insert into stores (id, name, currency, time_zone, country, locale, rule_pack)
           values (%s, %s, %s, %s, %s, %s, %s)
           on conflict (id) do update set name = excluded.name, currency = excluded.currency,
             time_zone = excluded.time_zone, country = excluded.country, locale = excluded.locale,
             rule_pack = excluded.rule_pack""",
        [store_id, name, currency, time_zone, country, locale, rule_pack],
    )


async def cursor(tx: Tx, store_id: str) -> str:
    """How far the mirror has read the store's changes."""
    return str(await tx.value("select sync_cursor from stores where id = %s", [store_id]) or "")


async def apply_changes(tx: Tx, store_id: str, changes: Changes) -> None:
    """Take over one page of the store's changes and remember the cursor."""
    for product in sorted(changes.products, key=lambda product: product.ref):
        await _mirror_product(tx, store_id, product)
    for customer in sorted(changes.customers, key=lambda customer: customer.ref):
        await mirror_customer(tx, store_id, customer)
    for order in sorted(changes.orders, key=lambda order: order.ref):
        await mirror_order(tx, store_id, order)
    terms = Jsonb(msgspec.to_builtins(changes.terms)) if changes.terms else None
    await tx.execute("update stores set sync_cursor = %s, terms = %s where id = %s", [changes.cursor, terms, store_id])


async def mirror_customer(tx: Tx, store_id: str, customer: StoreCustomer) -> UUID:
    """Insert or update a customer and what they hold from the store's facts; an older version changes nothing."""
    customer_id = await people.remember_customer(tx, store_id, _who(customer))
    facts = CustomerFacts(
        address=customer.address,
        methods=customer.methods,
        subscriptions=customer.subscriptions,
        coupons=customer.coupons,
    )
    await tx.execute(
        """insert into customer_facts (customer_id, version, document, synced_at) values (%s, %s, %s, %s)
           on conflict (customer_id) do update
           set version = excluded.version, document = excluded.document, synced_at = excluded.synced_at
           where customer_facts.version <= excluded.version""",
        [customer_id, customer.version, Jsonb(msgspec.to_builtins(facts)), tx.now],
    )
    return customer_id


async def _mirror_product(tx: Tx, store_id: str, product: Product) -> None:
    await tx.execute(
        """insert into products (store_id, store_ref, version, document, synced_at) values (%s, %s, %s, %s, %s)
           on conflict (store_id, store_ref) do update
           set version = excluded.version, document = excluded.document, synced_at = excluded.synced_at
           where products.version <= excluded.version""",
        [store_id, product.ref, product.version, Jsonb(msgspec.to_builtins(product)), tx.now],
    )


async def mirror_order(tx: Tx, store_id: str, order: StoreOrder) -> UUID:
    """Insert or update an order from the store's facts, and tell the ledger; an older version changes nothing."""
    customer = await tx.value(
        "select id from customers where store_id = %s and store_ref = %s", [store_id, order.customer_ref]
    )
    if customer is None:
        raise LookupError(f"order {order.ref} belongs to the unknown customer {order.customer_ref}")
    if order.seller:
        await remember_seller(tx, store_id, order.seller.ref, order.seller.name, order.seller.address)
    order_id = await tx.value(
        """insert into orders (id, store_id, store_ref, customer_id, version, state, placed_at, gift_code, document,
             synced_at)
           values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)
           on conflict (store_id, store_ref) do update
           set version = excluded.version, state = excluded.state, gift_code = excluded.gift_code,
               document = excluded.document, synced_at = excluded.synced_at
           where orders.version < excluded.version
           returning id""",
        [
            ids.uuid7(),
            store_id,
            order.ref,
            customer,
            order.version,
            order.state,
            order.placed_at,
            ids.plain_code(order.gift_code) if order.gift_code else None,
            Jsonb(msgspec.to_builtins(order)),
            tx.now,
        ],
    )
    if order_id is not None:
        await ledger.take_store_facts(tx, order_id, _ledger_facts(order))
        tx.wake(f"order:{order_id}", order.version)
        return UUID(str(order_id))
    known = await order_id_of(tx, store_id, order.ref)
    assert known is not None
    return known


async def take_facts_again(tx: Tx, order_id: UUID) -> None:
    """Tell the ledger what the mirror holds: it left aside what the store did while a request of ours was open."""
    order = await access_order(tx, SYSTEM, order_id)
    await ledger.take_store_facts(tx, order_id, _ledger_facts(order.document))


def _ledger_facts(order: StoreOrder) -> OrderFacts:
    return OrderFacts(
        order.currency,
        tuple(LineFacts(line.ref, line.quantity, line.cancelled) for line in order.lines),
        tuple(TenderFacts(t.ref, t.captured.amount, t.refunded.amount) for t in order.tenders),
    )


def _who(customer: StoreCustomer) -> people_rules.CustomerFacts:
    return people_rules.CustomerFacts(
        ref=customer.ref,
        name=customer.name,
        kana=customer.kana,
        given_name=customer.given_name,
        family_name=customer.family_name,
        email=customer.email,
        phone=customer.phone,
        locale=customer.locale,
        version=customer.version,
    )
