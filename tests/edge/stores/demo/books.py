"""The store's own books, read as its owner: what must add up, whatever was asked of it."""

from psycopg import AsyncConnection

_WRONG = """
select 'tender ' || t.order_ref || '/' || t.ref from demo_store.tenders t
left join demo_store.payments p on p.shop_id = t.shop_id and p.order_ref = t.order_ref and p.tender_ref = t.ref
group by t.shop_id, t.order_ref, t.ref
having t.captured <> coalesce(sum(p.amount) filter (where p.kind = 'payment'), 0)
    or t.refunded <> coalesce(sum(p.amount) filter (where p.kind = 'refund'), 0)
union all
select 'total ' || o.ref from demo_store.orders o
join demo_store.order_lines l on l.shop_id = o.shop_id and l.order_ref = o.ref
group by o.shop_id, o.ref having o.total <> sum(l.total) + o.shipping_fee + o.gift_fee
union all
select 'stock ' || v.sku from demo_store.variants v where v.stock < 0 or (v.available and v.stock = 0)
union all
select 'coupon ' || k.code from demo_store.coupons k
join demo_store.orders o on o.shop_id = k.shop_id and o.ref = k.order_ref where o.coupon is distinct from k.code
"""
_OPENING = """
select m.customer_ref, m.ref,
  m.balance
  - coalesce((select sum(case p.kind when 'refund' then p.amount else -p.amount end)
              from demo_store.payments p join demo_store.orders o on o.shop_id = p.shop_id and o.ref = p.order_ref
              where o.shop_id = m.shop_id and coalesce(p.customer_ref, o.customer_ref) = m.customer_ref
                and p.method_ref = m.ref), 0)
  - coalesce((select sum(c.amount) from demo_store.credits c
              where c.shop_id = m.shop_id and c.customer_ref = m.customer_ref and c.method_ref = m.ref), 0)
from demo_store.payment_methods m where m.balance is not null
"""


async def wrong(database_url: str) -> list[str]:
    """What does not add up: tenders with their payments, totals with their lines, stock, coupons."""
    async with await AsyncConnection.connect(database_url) as conn:
        return [row[0] for row in await (await conn.execute(_WRONG)).fetchall()]


async def opening(database_url: str) -> dict[tuple[str, str], int]:
    """Every balance without what was paid from it, given back to it or credited: no write may change that."""
    async with await AsyncConnection.connect(database_url) as conn:
        rows = await (await conn.execute(_OPENING)).fetchall()
        return {(customer, method): int(amount) for customer, method, amount in rows if amount}
