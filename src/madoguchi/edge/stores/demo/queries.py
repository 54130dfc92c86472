"""Reading the shops, as the port's Structs. Everything is asked within one shop."""

from collections.abc import Sequence
from datetime import datetime
from typing import LiteralString

import msgspec

from madoguchi.core.shop.port import Product, StoreCustomer, StoreOrder, Subscription, TenderKind
from madoguchi.kit.db import Tx

# events that lie ahead of what the shop was told so far (or of the given moment) are not known to anyone
_ORDERS: LiteralString = """
select o.ref, o.version, o.customer_ref, o.state, o.status_text, o.placed_at, s.currency,
  (select jsonb_agg(jsonb_build_object(
     'ref', l.ref, 'sku', l.sku, 'product_ref', l.product_ref, 'name', l.name, 'options', l.options,
     'quantity', l.quantity, 'flags', l.flags, 'cancelled', l.cancelled, 'shipped', l.shipped,
     'delivered', l.delivered, 'announced', l.announced, 'restocked', l.restocked, 'parted', l.parted,
     'exchange', case when l.exchanges is not null then jsonb_build_object(
       'line_ref', l.exchanges, 'amount', amount_in(l.carried, s.currency)) end,
     'unit_price', amount_in(l.unit_price, s.currency),
     'total', amount_in(l.total, s.currency), 'tax', amount_in(l.tax, s.currency)) order by l.position)
   from order_lines l where l.shop_id = o.shop_id and l.order_ref = o.ref) as lines,
  (select coalesce(jsonb_agg(jsonb_build_object(
     'ref', t.ref, 'kind', t.kind, 'method_ref', t.method_ref, 'label', t.label,
     'amount', amount_in(t.amount, s.currency), 'captured', amount_in(t.captured, s.currency),
     'refunded', amount_in(t.refunded, s.currency), 'pay_by', t.pay_by, 'payment_number', t.payment_number)
     order by t.position), '[]')
   from tenders t where t.shop_id = o.shop_id and t.order_ref = o.ref) as tenders,
  (select coalesce(jsonb_agg(jsonb_build_object(
     'ref', p.ref, 'carrier', p.carrier, 'tracking_number', p.tracking_number, 'shipped_at', p.shipped_at,
     'promised_from', p.promised_from, 'promised_until', p.promised_until,
     'first_promised_until', p.first_promised_until, 'delivered_at', p.delivered_at,
     'left_at', case when p.delivered_at is not null then p.left_at end,
     'lines', (select jsonb_object_agg(i.line_ref, i.units) from shipment_lines i
               where i.shop_id = p.shop_id and i.order_ref = p.order_ref and i.shipment_ref = p.ref),
     'events', (select coalesce(jsonb_agg(jsonb_build_object(
                  'at', e.at, 'state', e.state, 'place', e.place) order by e.at), '[]')
                from tracking_events e
                where e.shop_id = p.shop_id and e.order_ref = p.order_ref and e.shipment_ref = p.ref
                  and e.at <= coalesce(%(until)s, s.told_until))) order by p.ref), '[]')
   from shipments p where p.shop_id = o.shop_id and p.order_ref = o.ref) as shipments,
  amount_in(o.shipping_fee, s.currency) as shipping_fee, amount_in(o.total, s.currency) as total, o.address,
  (select jsonb_build_object('ref', v.ref, 'name', v.name, 'address', v.address)
   from sellers v where v.shop_id = o.shop_id and v.ref = o.seller_ref) as seller,
  o.is_gift, o.is_business, o.subscription_ref, o.delivery_speed, o.cancel_until, o.promised_from, o.promised_until,
  o.cancel_reason, o.gift, case when o.gift_fee > 0 then amount_in(o.gift_fee, s.currency) end as gift_fee, o.coupon,
  o.replaces, o.exchanges, o.held, o.gift_code
from orders o join shops s on s.id = o.shop_id
"""


class ChangeRow(msgspec.Struct, frozen=True):
    """Something changed; `seq` grows in the order of commits."""

    kind: str
    ref: str
    seq: int


class ShopRow(msgspec.Struct, frozen=True):
    """A shop as it was loaded; `newest` is the highest version among its orders, `changed` its changed orders."""

    fingerprint: str | None
    newest: int
    changed: int


class MethodRow(msgspec.Struct, frozen=True):
    """A payment method on file."""

    customer_ref: str
    ref: str
    kind: TenderKind
    balance: int | None
    details: dict[str, str]


class PaymentRow(msgspec.Struct, frozen=True):
    """Money that moved for an order."""

    order_ref: str
    kind: str
    method_ref: str
    amount: int


_SUBSCRIPTION: LiteralString = """jsonb_build_object(
     'ref', b.ref, 'customer_ref', b.customer_ref, 'name', b.name, 'kind', b.kind, 'state', b.state,
     'price', amount_in(b.price, s.currency), 'interval', b.interval, 'started_at', b.started_at,
     'renews_at', b.renews_at, 'period_started_at', b.period_started_at, 'next_delivery_at', b.next_delivery_at,
     'used', b.used, 'order_ref', b.order_ref, 'plan_ref', b.plan_ref, 'intervals', b.intervals,
     'next_plan_ref', b.next_plan_ref,
     'plans', (select coalesce(jsonb_agg(jsonb_build_object('ref', p.ref, 'name', p.name, 'interval', p.interval,
                 'price', amount_in(p.price, s.currency)) order by p.ref), '[]')
               from plans p where p.shop_id = b.shop_id and p.kind = b.kind))"""
_CUSTOMERS: LiteralString = (
    """
select c.ref, c.name, c.email, c.locale, c.kana, c.given_name, c.family_name, c.phone, c.address, c.version,
  (select coalesce(jsonb_agg(jsonb_build_object('method_ref', m.ref, 'kind', m.kind, 'label', m.label,
     'balance', case when m.balance is not null then amount_in(m.balance, s.currency) end) order by m.ref), '[]')
   from payment_methods m where m.shop_id = c.shop_id and m.customer_ref = c.ref) as methods,
  (select coalesce(jsonb_agg("""
    + _SUBSCRIPTION
    + """ order by b.started_at, b.ref), '[]')
   from subscriptions b where b.shop_id = c.shop_id and b.customer_ref = c.ref) as subscriptions,
  (select coalesce(jsonb_agg(jsonb_build_object('code', k.code, 'value', amount_in(k.value, s.currency),
     'minimum', amount_in(k.minimum, s.currency), 'valid_until', k.valid_until, 'used', k.order_ref is not null)
     order by k.code), '[]')
   from coupons k where k.shop_id = c.shop_id and k.customer_ref = c.ref) as coupons
from customers c join shops s on s.id = c.shop_id
"""
)


async def orders(tx: Tx, shop_id: str, refs: Sequence[str], until: datetime | None = None) -> list[StoreOrder]:
    """Orders by their numbers, with what is known at `until` (None: as the shop knows it)."""
    return await tx.all(
        StoreOrder,
        _ORDERS + "where o.shop_id = %(shop)s and o.ref = any(%(refs)s) order by o.ref",
        {"shop": shop_id, "refs": list(refs), "until": until},
    )


async def order(tx: Tx, shop_id: str, ref: str) -> StoreOrder | None:
    """One order."""
    return next(iter(await orders(tx, shop_id, [ref])), None)


async def locked_order(tx: Tx, shop_id: str, ref: str) -> StoreOrder | None:
    """One order, which nobody else can change until the end of the transaction."""
    await tx.execute("select from orders where shop_id = %s and ref = %s for update", [shop_id, ref])
    return await order(tx, shop_id, ref)


async def customers(tx: Tx, shop_id: str, refs: Sequence[str]) -> list[StoreCustomer]:
    """Customers by their numbers, with what they hold."""
    return await tx.all(
        StoreCustomer,
        _CUSTOMERS + "where c.shop_id = %s and c.ref = any(%s) order by c.ref",
        [shop_id, list(refs)],
    )


async def customer(tx: Tx, shop_id: str, ref: str) -> StoreCustomer | None:
    """One customer."""
    return next(iter(await customers(tx, shop_id, [ref])), None)


async def locked_customer(tx: Tx, shop_id: str, ref: str) -> StoreCustomer | None:
    """One customer, whose money nobody else can move until the end of the transaction."""
    await tx.execute("select from customers where shop_id = %s and ref = %s for update", [shop_id, ref])
    return await customer(tx, shop_id, ref)


async def number_of_customers(tx: Tx, shop_id: str) -> int:
    """How many customers the shop has."""
    return int(await tx.value("select count(*) from customers where shop_id = %s", [shop_id]))


async def customers_by_email(tx: Tx, shop_id: str, email: str) -> list[StoreCustomer]:
    """Customers with this mail address, whatever its case."""
    return await tx.all(
        StoreCustomer,
        _CUSTOMERS + "where c.shop_id = %s and lower(c.email) = lower(%s) order by c.ref",
        [shop_id, email],
    )


_PRODUCTS: LiteralString = """
select p.ref, p.name, p.category, p.flags, p.seller_ref, p.version,
  (select coalesce(jsonb_agg(jsonb_build_object('sku', v.sku, 'options', v.options, 'available', v.available,
     'stock', v.stock, 'price', amount_in(v.price, s.currency)) order by v.position), '[]')
   from variants v where v.shop_id = p.shop_id and v.product_ref = p.ref) as variants
from products p join shops s on s.id = p.shop_id
"""


async def products(tx: Tx, shop_id: str, text: str = "", limit: int | None = None) -> list[Product]:
    """Products whose name has this text in it, in the shop's order; limit None: all."""
    return await tx.all(
        Product,
        _PRODUCTS + "where p.shop_id = %s and position(lower(%s) in lower(p.name)) > 0 order by p.position limit %s",
        [shop_id, text.strip(), limit],
    )


async def products_by_ref(tx: Tx, shop_id: str, refs: Sequence[str]) -> list[Product]:
    """Products by their numbers."""
    return await tx.all(
        Product, _PRODUCTS + "where p.shop_id = %s and p.ref = any(%s) order by p.ref", [shop_id, list(refs)]
    )


async def locked_products(tx: Tx, shop_id: str, refs: Sequence[str]) -> dict[str, Product]:
    """Products by their numbers, of whose stock nobody else can take until the end of the transaction."""
    await tx.execute(
        "select from variants where shop_id = %s and product_ref = any(%s) order by sku for update",
        [shop_id, list(refs)],
    )
    return {one.ref: one for one in await products_by_ref(tx, shop_id, refs)}


async def counted_products(tx: Tx, shop_id: str, skus: Sequence[str]) -> list[str]:
    """The products of which these are variants, where the shop counts their stock."""
    query = """select coalesce(array_agg(distinct product_ref order by product_ref), '{}') from variants
               where shop_id = %s and sku = any(%s) and stock is not null"""
    return list(await tx.value(query, [shop_id, list(skus)]))


async def locked_subscription(tx: Tx, shop_id: str, ref: str) -> Subscription | None:
    """One subscription, which nobody else can change until the end of the transaction."""
    query = "select customer_ref from subscriptions where shop_id = %s and ref = %s for update"
    customer_ref = await tx.value(query, [shop_id, ref])
    found = await customer(tx, shop_id, customer_ref) if customer_ref else None
    return next((one for one in found.subscriptions if one.ref == ref), None) if found else None


async def subscription_holder(tx: Tx, shop_id: str, ref: str) -> str | None:
    """The customer whose subscription it is."""
    found: str | None = await tx.value(
        "select customer_ref from subscriptions where shop_id = %s and ref = %s", [shop_id, ref]
    )
    return found


async def chargeable(tx: Tx, shop_id: str, customer_ref: str, method_ref: str) -> bool:
    """Whether the customer has this method and it takes charges: cards are declined where their details say so."""
    return bool(
        await tx.value(
            """select exists (select from payment_methods
                 where shop_id = %s and customer_ref = %s and ref = %s
                   and not coalesce((details ->> 'declines')::bool, false))""",
            [shop_id, customer_ref, method_ref],
        )
    )


async def changes(tx: Tx, shop_id: str, after: int, limit: int) -> list[ChangeRow]:
    """What changed after a number, in the order of change."""
    return await tx.all(
        ChangeRow,
        "select kind, ref, seq from changes where shop_id = %s and seq > %s order by seq limit %s",
        [shop_id, after, limit],
    )


async def locked_shop(tx: Tx, shop_id: str) -> ShopRow:
    """The shop, into which nobody else can load until the end of the transaction."""
    return await tx.one(
        ShopRow,
        """select s.fingerprint,
             (select coalesce(max(o.version), 0) from orders o where o.shop_id = s.id) as newest,
             (select count(distinct p.subject) from operations p
              where p.shop_id = s.id and p.state = 'succeeded') as changed
           from shops s where s.id = %s for update of s""",
        [shop_id],
    )


async def refs(tx: Tx, shop_id: str, kind: str) -> list[str]:
    """The numbers of all customers or all orders."""
    query = "select coalesce(array_agg(ref order by ref), '{}') from changes where shop_id = %s and kind = %s"
    return list(await tx.value(query, [shop_id, kind]))


async def methods(tx: Tx, shop_id: str) -> list[MethodRow]:
    """All payment methods on file."""
    return await tx.all(
        MethodRow,
        "select customer_ref, ref, kind, balance, details from payment_methods where shop_id = %s",
        [shop_id],
    )


async def payments(tx: Tx, shop_id: str) -> list[PaymentRow]:
    """All payments and refunds, as they were made."""
    return await tx.all(
        PaymentRow,
        "select order_ref, kind, method_ref, amount from payments where shop_id = %s order by id",
        [shop_id],
    )
