"""Reading the shops, as the port's Structs. Everything is asked within one shop."""

from collections.abc import Sequence
from datetime import datetime
from typing import LiteralString

import msgspec

from madoguchi.core.shop.port import Balance, Product, StoreCustomer, StoreOrder, Subscription, TenderKind
from madoguchi.edge.stores.demo.rules import Plan
from madoguchi.kit.db import Tx

# events that lie ahead of what the shop was told so far (or of the given moment) are not known to anyone
_ORDERS: LiteralString = """
select o.ref, o.version, o.customer_ref, o.state, o.status_text, o.placed_at, s.currency,
  (select jsonb_agg(jsonb_build_object(
     'ref', l.ref, 'sku', l.sku, 'product_ref', l.product_ref, 'name', l.name, 'options', l.options,
     'quantity', l.quantity, 'flags', l.flags, 'cancelled', l.cancelled, 'shipped', l.shipped,
     'delivered', l.delivered, 'unit_price', amount_in(l.unit_price, s.currency),
     'total', amount_in(l.total, s.currency), 'tax', amount_in(l.tax, s.currency)) order by l.position)
   from order_lines l where l.shop_id = o.shop_id and l.order_ref = o.ref) as lines,
  (select jsonb_agg(jsonb_build_object(
     'ref', t.ref, 'kind', t.kind, 'method_ref', t.method_ref, 'label', t.label,
     'amount', amount_in(t.amount, s.currency), 'captured', amount_in(t.captured, s.currency),
     'refunded', amount_in(t.refunded, s.currency), 'pay_by', t.pay_by, 'payment_number', t.payment_number)
     order by t.position)
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
  o.cancel_reason
from orders o join shops s on s.id = o.shop_id
"""


class OperationRow(msgspec.Struct, frozen=True):
    """A write as it was asked for and answered."""

    key: str
    request: str
    order_ref: str
    lines: dict[str, int] | None
    reason: str
    state: str
    code: str | None
    refunds: dict[str, int]


class ChangeRow(msgspec.Struct, frozen=True):
    """Something changed; `seq` grows in the order of commits."""

    kind: str
    ref: str
    seq: int


class DueOrder(msgspec.Struct, frozen=True):
    """An order for which the clock does something now, locked."""

    ref: str
    allocate_at: datetime | None
    ships_at: datetime | None
    may_stop: bool

    @property
    def plan(self) -> Plan:
        return Plan(allocate_at=self.allocate_at, ships_at=self.ships_at, may_stop=self.may_stop)


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


_CUSTOMER: LiteralString = "ref, name, email, locale, kana, given_name, family_name, phone, address, version"
_OPERATION: LiteralString = "select key, request, order_ref, lines, reason, state, code, refunds from operations"


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
    """Customers by their numbers."""
    return await tx.all(
        StoreCustomer,
        f"select {_CUSTOMER} from customers where shop_id = %s and ref = any(%s) order by ref",
        [shop_id, list(refs)],
    )


async def number_of_customers(tx: Tx, shop_id: str) -> int:
    """How many customers the shop has."""
    return int(await tx.value("select count(*) from customers where shop_id = %s", [shop_id]))


async def customers_by_email(tx: Tx, shop_id: str, email: str) -> list[StoreCustomer]:
    """Customers with this mail address, whatever its case."""
    return await tx.all(
        StoreCustomer,
        f"select {_CUSTOMER} from customers where shop_id = %s and lower(email) = lower(%s) order by ref",
        [shop_id, email],
    )


_PRODUCTS: LiteralString = """
select p.ref, p.name, p.category, p.flags, p.seller_ref,
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


async def product(tx: Tx, shop_id: str, ref: str) -> Product | None:
    """One product."""
    return await tx.maybe(Product, _PRODUCTS + "where p.shop_id = %s and p.ref = %s", [shop_id, ref])


async def subscriptions(tx: Tx, shop_id: str, customer_ref: str) -> list[Subscription]:
    """A customer's memberships and regular deliveries, oldest first."""
    return await tx.all(
        Subscription,
        """select b.ref, b.customer_ref, b.name, b.kind, b.state, amount_in(b.price, s.currency) as price, b.interval,
             b.started_at, b.renews_at
           from subscriptions b join shops s on s.id = b.shop_id
           where b.shop_id = %s and b.customer_ref = %s order by b.started_at, b.ref""",
        [shop_id, customer_ref],
    )


async def balances(tx: Tx, shop_id: str, customer_ref: str) -> list[Balance]:
    """A customer's payment methods on file."""
    return await tx.all(
        Balance,
        """select m.ref as method_ref, m.kind, m.label,
             case when m.balance is not null then amount_in(m.balance, s.currency) end as balance
           from payment_methods m join shops s on s.id = m.shop_id
           where m.shop_id = %s and m.customer_ref = %s order by m.ref""",
        [shop_id, customer_ref],
    )


async def changes(tx: Tx, shop_id: str, after: int, limit: int) -> list[ChangeRow]:
    """What changed after a number, in the order of change."""
    return await tx.all(
        ChangeRow,
        "select kind, ref, seq from changes where shop_id = %s and seq > %s order by seq limit %s",
        [shop_id, after, limit],
    )


async def operation(tx: Tx, shop_id: str, key: str) -> OperationRow | None:
    """A write by its key."""
    return await tx.maybe(OperationRow, _OPERATION + " where shop_id = %s and key = %s", [shop_id, key])


async def undecided(tx: Tx, shop_id: str, order_refs: Sequence[str]) -> list[OperationRow]:
    """Cancellations of these orders that wait for the warehouse, in the order in which they were asked for."""
    return await tx.all(
        OperationRow,
        _OPERATION + " where shop_id = %s and order_ref = any(%s) and state = 'pending' order by made_at, key",
        [shop_id, list(order_refs)],
    )


async def due_orders(tx: Tx, shop_id: str, now: datetime) -> list[DueOrder]:
    """Orders for which something happens between the last tick and now, locked in the order of their numbers."""
    return await tx.all(
        DueOrder,
        """select ref, allocate_at, ships_at, may_stop from orders
           where shop_id = %(shop)s and ref in (
             select t.order_ref from tenders t join orders o on o.shop_id = t.shop_id and o.ref = t.order_ref
             where t.shop_id = %(shop)s and t.pay_by <= %(now)s and o.state = 'pending_payment'
             union
             select ref from orders where shop_id = %(shop)s and state = 'paid' and allocate_at <= %(now)s
             union
             select ref from orders o where shop_id = %(shop)s and state = 'preparing' and ships_at <= %(now)s
               and not exists (select from operations p
                               where p.shop_id = o.shop_id and p.order_ref = o.ref and p.state = 'pending')
             union
             select order_ref from operations
             where shop_id = %(shop)s and state = 'pending' and decide_at <= %(now)s
             union
             select order_ref from tracking_events
             where shop_id = %(shop)s and at > (select told_until from shops where id = %(shop)s) and at <= %(now)s
             union
             select order_ref from shipments
             where shop_id = %(shop)s and delivered_at is null and promised_until < %(now)s
           ) order by ref for update""",
        {"shop": shop_id, "now": now},
    )


async def locked_shop(tx: Tx, shop_id: str) -> ShopRow:
    """The shop, into which nobody else can load until the end of the transaction."""
    return await tx.one(
        ShopRow,
        """select s.fingerprint,
             (select coalesce(max(o.version), 0) from orders o where o.shop_id = s.id) as newest,
             (select count(distinct p.order_ref) from operations p
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
