"""What is due."""

from datetime import datetime

import msgspec

from madoguchi.edge.stores.demo.rules import Plan
from madoguchi.kit.db import Tx


class DueOrder(msgspec.Struct, frozen=True):
    """An order for which the clock does something now, locked."""

    ref: str
    pays_at: datetime | None
    allocate_at: datetime | None
    ships_at: datetime | None
    may_stop: bool

    @property
    def plan(self) -> Plan:
        return Plan(pays_at=self.pays_at, allocate_at=self.allocate_at, ships_at=self.ships_at, may_stop=self.may_stop)


async def due_subscriptions(tx: Tx, shop_id: str, now: datetime) -> list[str]:
    """Subscriptions that renew until now, or were not paid at their renewal."""
    query = """select coalesce(array_agg(ref order by ref), '{}') from subscriptions
               where shop_id = %s and state in ('active', 'past_due') and renews_at <= %s"""
    return list(await tx.value(query, [shop_id, now]))


async def due_orders(tx: Tx, shop_id: str, now: datetime) -> list[DueOrder]:
    """Orders for which something happens between the last tick and now, locked in the order of their numbers."""
    return await tx.all(
        DueOrder,
        """select ref, pays_at, allocate_at, ships_at, may_stop from orders
           where shop_id = %(shop)s and ref in (
             select t.order_ref from tenders t join orders o on o.shop_id = t.shop_id and o.ref = t.order_ref
             where t.shop_id = %(shop)s and t.pay_by <= %(now)s and o.state = 'pending_payment'
             union
             select ref from orders where shop_id = %(shop)s and state = 'pending_payment' and pays_at <= %(now)s
             union
             select ref from orders where shop_id = %(shop)s and state = 'paid' and allocate_at <= %(now)s
             union
             select ref from orders o where shop_id = %(shop)s and state = 'preparing' and ships_at <= %(now)s
               and not exists (select from operations p
                               where p.shop_id = o.shop_id and p.subject = o.ref and p.state = 'pending')
             union
             select subject from operations
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
