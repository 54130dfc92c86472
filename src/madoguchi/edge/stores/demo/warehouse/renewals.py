"""Renewing what is subscribed to: each period is paid by an order of its own. Runs in the caller's transaction."""

from datetime import datetime

from msgspec.structs import replace

from madoguchi.core.shop.port import StoreCustomer, Subscription
from madoguchi.edge.stores.demo import baskets, queries, verbs
from madoguchi.edge.stores.demo.catalogue import OFFERS
from madoguchi.edge.stores.demo.contents import Placed, payments_of
from madoguchi.edge.stores.demo.operations import creating, subscribing
from madoguchi.edge.stores.demo.people import CARD
from madoguchi.edge.stores.demo.shops import Shop
from madoguchi.kit.db import Tx


async def renew(tx: Tx, shop: Shop, ref: str, now: datetime) -> None:
    """Begin every period of a subscription that is due until now, one after the other; the card on file pays."""
    before = await queries.locked_subscription(tx, shop.id, ref)
    if before is None or before.state not in subscribing.RENEWING:
        return
    after = await _up_to(tx, shop, before, now)
    if after != before:
        await verbs.write_subscription(tx, shop, after)


async def _up_to(tx: Tx, shop: Shop, one: Subscription, now: datetime) -> Subscription:
    last = await queries.order(tx, shop.id, one.order_ref or "")
    # the goods before the customer and the shop, as wherever an order is made
    await queries.locked_products(tx, shop.id, sorted({line.product_ref for line in last.lines}) if last else [])
    customer = await queries.locked_customer(tx, shop.id, one.customer_ref)
    assert customer
    while one.renews_at and one.renews_at <= now:
        if not await queries.chargeable(tx, shop.id, customer.ref, CARD.kind):
            return subscribing.unpaid(one, now)
        one = await _next_period(tx, shop, one, customer, now)
    return one


async def _next_period(tx: Tx, shop: Shop, one: Subscription, customer: StoreCustomer, now: datetime) -> Subscription:
    """The next period with its order; a delivery of goods that are sold out, or unknown, waits."""
    one = subscribing.renewing(one)
    number = creating.order_number(await verbs.next_number(tx, shop))
    placed = await _placed(tx, shop, number, one, customer, now)
    if placed is None:
        return subscribing.postponed(one)
    await verbs.put(tx, shop, placed)
    return subscribing.renewed(one, number)


async def _placed(
    tx: Tx, shop: Shop, number: str, one: Subscription, customer: StoreCustomer, now: datetime
) -> Placed | None:
    """The order of a period, or of a delivery: the goods of the last one; None: sold out, or there was no last one."""
    assert one.renews_at
    at = one.renews_at if one.state == subscribing.ACTIVE else now
    if one.plan_ref:
        paid = replace(baskets.membership(number, customer, at, OFFERS[one.plan_ref]), subscription_ref=one.ref)
        return Placed(order=paid, payments=payments_of(paid))
    last = await queries.order(tx, shop.id, one.order_ref or "")
    if last is None:
        return None
    items = {line.sku: line.quantity for line in last.lines}
    order = replace(baskets.place(number, customer, at, items, (CARD,)), subscription_ref=one.ref)
    products = await queries.locked_products(tx, shop.id, sorted({line.product_ref for line in order.lines}))
    if not creating.in_stock(order, products):
        return None
    return Placed(order=order, payments=payments_of(order), plan=baskets.usual(order))
