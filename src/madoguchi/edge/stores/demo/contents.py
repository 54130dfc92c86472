"""What a shop is filled with, and the rows that this makes. Pure."""

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import msgspec
from psycopg.types.json import Jsonb

from madoguchi.core.shop.port import Coupon, Product, Seller, StoreCustomer, StoreOrder, Subscription, TenderKind
from madoguchi.edge.stores.demo.catalogue import Offer
from madoguchi.edge.stores.demo.rules import Plan
from madoguchi.kit import ids

Row = tuple[Any, ...]


class Method(msgspec.Struct, frozen=True, kw_only=True):
    """A payment method on file; `balance` in minor units when it holds money; `details` such as brand, last_four."""

    customer_ref: str
    ref: str
    kind: TenderKind
    label: str
    balance: int | None = None
    details: dict[str, str] = {}


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """Money that moved: `kind` is payment or refund, `amount` in minor units."""

    tender_ref: str
    kind: str
    method_ref: str
    amount: int
    at: datetime


class Placed(msgspec.Struct, frozen=True, kw_only=True):
    """An order with what the warehouse will do and the money that moved; its parcels' events may lie ahead."""

    order: StoreOrder
    payments: tuple[Payment, ...]
    plan: Plan = Plan()


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A coupon that a customer has not used."""

    customer_ref: str
    coupon: Coupon


class Contents(msgspec.Struct, frozen=True, kw_only=True):
    """A part of a shop that is put in at once."""

    sellers: Sequence[Seller] = ()
    products: Sequence[Product] = ()
    customers: Sequence[StoreCustomer] = ()
    methods: Sequence[Method] = ()
    plans: Sequence[Offer] = ()
    subscriptions: Sequence[Subscription] = ()
    coupons: Sequence[Held] = ()
    orders: Sequence[Placed] = ()


def payments_of(order: StoreOrder) -> tuple[Payment, ...]:
    """The payments that an order's tenders show, all made when it was placed."""
    taken = [("payment", tender, tender.captured) for tender in order.tenders if tender.captured]
    given = [("refund", tender, tender.refunded) for tender in order.tenders if tender.refunded]
    return tuple(
        Payment(tender_ref=t.ref, kind=kind, method_ref=t.method_ref, amount=money.amount, at=order.placed_at)
        for kind, t, money in taken + given
    )


# tables in the order in which they can be filled
COLUMNS = {
    "sellers": "shop_id, ref, name, address",
    "products": "shop_id, ref, position, name, category, flags, seller_ref",
    "variants": "shop_id, sku, product_ref, position, options, price, available, stock",
    "customers": "shop_id, ref, name, kana, given_name, family_name, email, locale, phone, address, version",
    "payment_methods": "shop_id, customer_ref, ref, kind, label, balance, details",
    "plans": "shop_id, ref, kind, name, price, interval",
    "subscriptions": "shop_id, ref, customer_ref, name, kind, state, price, interval, started_at, renews_at, "
    "period_started_at, next_delivery_at, used, order_ref, plan_ref, intervals",
    "coupons": "shop_id, customer_ref, code, value, minimum, valid_until",
    "orders": "shop_id, ref, customer_ref, version, state, status_text, placed_at, shipping_fee, total, address, "
    "seller_ref, is_gift, is_business, subscription_ref, delivery_speed, cancel_until, promised_from, promised_until, "
    "cancel_reason, gift, gift_fee, coupon, replaces, exchanges, held, gift_code, pays_at, allocate_at, "
    "ships_at, may_stop",
    "order_lines": "shop_id, order_ref, ref, position, sku, product_ref, name, options, quantity, unit_price, total, "
    "tax, flags, cancelled, shipped, delivered, announced, restocked, parted, exchanges, carried",
    "tenders": "shop_id, order_ref, ref, position, kind, method_ref, label, amount, captured, refunded, pay_by, "
    "payment_number",
    "payments": "shop_id, order_ref, tender_ref, kind, method_ref, amount, at",
    "shipments": "shop_id, order_ref, ref, carrier, tracking_number, shipped_at, promised_from, promised_until, "
    "first_promised_until, delivered_at, left_at",
    "shipment_lines": "shop_id, order_ref, shipment_ref, line_ref, units",
    "tracking_events": "shop_id, order_ref, shipment_ref, at, state, place",
}


def rows(shop_id: str, contents: Contents) -> dict[str, list[Row]]:
    """The rows by table, columns as in COLUMNS."""
    made: dict[str, list[Row]] = {table: [] for table in COLUMNS}
    made["sellers"] = [(shop_id, s.ref, s.name, s.address) for s in contents.sellers]
    for position, product in enumerate(contents.products):
        made["products"].append(_product(shop_id, position, product))
        made["variants"] += _variants(shop_id, product)
    made["customers"] = [_customer(shop_id, customer) for customer in contents.customers]
    made["payment_methods"] = [
        (shop_id, m.customer_ref, m.ref, m.kind.value, m.label, m.balance, Jsonb(m.details)) for m in contents.methods
    ]
    made["plans"] = [(shop_id, p.ref, p.kind, p.name, p.price, p.interval) for p in contents.plans]
    made["subscriptions"] = [_subscription(shop_id, subscription) for subscription in contents.subscriptions]
    made["coupons"] = [
        (shop_id, h.customer_ref, h.coupon.code, h.coupon.value.amount, h.coupon.minimum.amount, h.coupon.valid_until)
        for h in contents.coupons
    ]
    for placed in contents.orders:
        made["orders"].append(_order(shop_id, placed))
        made["order_lines"] += _lines(shop_id, placed.order)
        made["tenders"] += tender_rows(shop_id, placed.order)
        made["payments"] += [
            (shop_id, placed.order.ref, p.tender_ref, p.kind, p.method_ref, p.amount, p.at) for p in placed.payments
        ]
        for table, row in parcel_rows(shop_id, placed.order, known=frozenset()):
            made[table].append(row)
    return made


def parcel_rows(shop_id: str, order: StoreOrder, known: frozenset[str]) -> Iterator[tuple[str, Row]]:
    """The rows of an order's shipments, each with its table, apart from the shipments already known."""
    for s in order.shipments:
        if s.ref in known:
            continue
        key = (shop_id, order.ref, s.ref)
        promise = (s.promised_from, s.promised_until, s.first_promised_until)
        yield "shipments", (*key, s.carrier, s.tracking_number, s.shipped_at, *promise, s.delivered_at, s.left_at)
        for line_ref, units in s.lines.items():
            yield "shipment_lines", (*key, line_ref, units)
        for event in s.events:
            yield "tracking_events", (*key, event.at, event.state.value, event.place)


def _product(shop_id: str, position: int, product: Product) -> Row:
    return (
        shop_id,
        product.ref,
        position,
        product.name,
        product.category,
        list(product.flags),
        product.seller_ref,
    )


def _variants(shop_id: str, product: Product) -> Iterator[Row]:
    for position, v in enumerate(product.variants):
        yield shop_id, v.sku, product.ref, position, Jsonb(v.options), v.price.amount, v.available, v.stock


def _customer(shop_id: str, c: StoreCustomer) -> Row:
    names = (c.name, c.kana, c.given_name, c.family_name)
    return (shop_id, c.ref, *names, c.email, c.locale, c.phone, record(c.address), c.version)


def _subscription(shop_id: str, s: Subscription) -> Row:
    return (
        shop_id,
        s.ref,
        s.customer_ref,
        s.name,
        s.kind,
        s.state,
        s.price.amount,
        s.interval,
        s.started_at,
        s.renews_at,
        s.period_started_at,
        s.next_delivery_at,
        s.used,
        s.order_ref,
        s.plan_ref,
        list(s.intervals),
    )


def record(part: msgspec.Struct | None) -> Jsonb | None:
    """A part of a thing as its column holds it."""
    return Jsonb(msgspec.to_builtins(part)) if part else None


def _order(shop_id: str, placed: Placed) -> Row:
    o, plan = placed.order, placed.plan
    return (
        shop_id,
        o.ref,
        o.customer_ref,
        o.version,
        o.state.value,
        o.status_text,
        o.placed_at,
        o.shipping_fee.amount,
        o.total.amount,
        record(o.address),
        o.seller and o.seller.ref,
        o.is_gift,
        o.is_business,
        o.subscription_ref,
        o.delivery_speed,
        o.cancel_until,
        o.promised_from,
        o.promised_until,
        o.cancel_reason,
        record(o.gift),
        o.gift_fee.amount if o.gift_fee else 0,
        o.coupon,
        o.replaces,
        o.exchanges,
        o.held,
        gift_code(o),
        plan.pays_at,
        plan.allocate_at,
        plan.ships_at,
        plan.may_stop,
    )


def gift_code(order: StoreOrder) -> str | None:
    """What is printed on the slip in the parcel of a present; the first time it is made up."""
    return order.gift_code or (ids.code() if order.is_gift else None)


def _lines(shop_id: str, order: StoreOrder) -> Iterator[Row]:
    for position, line in enumerate(order.lines):
        yield (
            shop_id,
            order.ref,
            line.ref,
            position,
            line.sku,
            line.product_ref,
            line.name,
            Jsonb(line.options),
            line.quantity,
            line.unit_price.amount,
            line.total.amount,
            line.tax.amount,
            list(line.flags),
            line.cancelled,
            line.shipped,
            line.delivered,
            line.announced,
            line.restocked,
            line.parted,
            line.exchange and line.exchange.line_ref,
            line.exchange and line.exchange.amount.amount,
        )


def tender_rows(shop_id: str, order: StoreOrder) -> Iterator[Row]:
    """The rows of an order's tenders, in their order."""
    for position, t in enumerate(order.tenders):
        money = (t.amount.amount, t.captured.amount, t.refunded.amount)
        yield (
            shop_id,
            order.ref,
            t.ref,
            position,
            t.kind.value,
            t.method_ref,
            t.label,
            *money,
            t.pay_by,
            t.payment_number,
        )
