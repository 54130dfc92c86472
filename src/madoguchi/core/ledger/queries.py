"""Reading what was given back, and looking for what must never be: counters that are not their entries' sum, drift."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from madoguchi.kit.db import Tx


class Passed(msgspec.Struct, frozen=True):
    """What of an order went to whoever got it as a present: minor units by tender, and units by line."""

    money: Mapping[str, int]
    units: Mapping[str, int]


class _Count(msgspec.Struct, frozen=True):
    ref: str
    count: int


class GivenBack(msgspec.Struct, frozen=True):
    """Money of an order that was given back, in minor units; negative for what came back or was taken again."""

    at: datetime
    amount: int


async def given_back(tx: Tx, order_id: UUID) -> Sequence[GivenBack]:
    """What was given back of an order to whoever ordered it and when, oldest first."""
    return await tx.all(
        GivenBack,
        """select at, case when step in ('settle', 'store') then amount else -amount end as amount from ledger_entries
           where order_id = %s and tender_ref is not null and amount > 0
             and step in ('settle', 'store', 'reverse', 'recharge')
             and (intent_id is null
                  or exists (select from refund_intents i where i.id = intent_id and i.gift_id is null))
           order by at, id""",
        [order_id],
    )


async def passed_on(tx: Tx, order_id: UUID) -> Passed:
    """What the store counts as given back of an order, and whoever got it as a present was given (for the system)."""
    money = await tx.all(
        _Count,
        """select tender_ref as ref, sum(amount)::bigint as count from refund_intents
           where order_id = %s and gift_id is not null and booked_at is not null group by tender_ref""",
        [order_id],
    )
    units = await tx.all(
        _Count,
        """select e.line_ref as ref, sum(e.units)::bigint as count from ledger_entries e
           where e.order_id = %s and e.step in ('settle_return', 'keep_return', 'keep') and e.line_ref is not null
             and exists (select from refund_intents i where i.request_id = e.request_id and i.gift_id is not null)
           group by e.line_ref""",
        [order_id],
    )
    return Passed({one.ref: one.count for one in money}, {one.ref: one.count for one in units})


async def returns_opened_at(tx: Tx, order_id: UUID) -> datetime | None:
    """When whoever ordered was to send something back first, whatever became of it."""
    found: datetime | None = await tx.value(
        """select min(e.at) from ledger_entries e
           where e.order_id = %s and e.step = 'open_return'
             and exists (select from requests r where r.id = e.request_id and r.gift_id is null)""",
        [order_id],
    )
    return found


async def unbalanced(tx: Tx) -> Sequence[str]:
    """Tenders whose reserved and refunded money is not the sum of their entries."""
    return await tx.values(
        """select 'order ' || t.order_id || ' tender ' || t.tender_ref
           from ledger_tenders t
           left join lateral (
             select coalesce(sum(amount) filter (where step = 'reserve'), 0)
                    - coalesce(sum(amount) filter (where step in ('settle', 'release', 'drop')), 0)
                    + coalesce(sum(amount) filter (where step = 'reverse'), 0) as reserved,
                    coalesce(sum(amount) filter (where step in ('settle', 'store')), 0)
                    - coalesce(sum(amount) filter (where step in ('reverse', 'recharge')), 0) as refunded,
                    coalesce(sum(amount) filter (where step in ('recharge', 'drop')), 0) as recharged
             from ledger_entries e where e.order_id = t.order_id and e.tender_ref = t.tender_ref) e on true
           where (t.reserved, t.refunded, t.recharged) <> (e.reserved, e.refunded, e.recharged)
           union all
           select 'order ' || l.order_id || ' line ' || l.line_ref
           from ledger_lines l
           left join lateral (
             select coalesce(sum(units) filter (where step = 'reserve'), 0)
                    - coalesce(sum(units) filter (where step in ('settle', 'release', 'keep')), 0) as cancelling,
                    coalesce(sum(units) filter (where step in ('settle', 'store')), 0) as cancelled,
                    coalesce(sum(units) filter (where step in ('keep', 'keep_return')), 0)
                    - coalesce(sum(units) filter (where step in ('recharge', 'come_back')), 0) as kept,
                    coalesce(sum(units) filter (where step in ('settle_return', 'come_back')), 0) as returned,
                    coalesce(sum(units) filter (where step = 'open_return'), 0)
                    - coalesce(sum(units) filter (where step in ('settle_return', 'keep_return', 'drop_return')), 0)
                      as return_open
             from ledger_entries e where e.order_id = l.order_id and e.line_ref = l.line_ref) e on true
           where (l.cancelling, l.cancelled, l.kept, l.returned, l.return_open)
                 <> (e.cancelling, e.cancelled, e.kept, e.returned, e.return_open)
           limit 20""",
    )


async def drifted(tx: Tx) -> Sequence[str]:
    """Orders on which nothing is under way, and of which the store tells other money, units or states than we (I3)."""
    return await tx.values(
        """with quiet as (
             select o.id, o.store_ref, o.document from orders o
             where not exists (select 1 from requests r where r.order_id = o.id and r.settled_at is null)
               and not exists (select 1 from refund_intents i
                               where i.order_id = o.id and i.state = 'succeeded' and i.booked_at is null)
               -- as long as the store's facts wait to be taken (verbs.take_store_facts)
               and not exists (select 1 from ledger_tenders t where t.order_id = o.id and t.reserved > 0)),
           stood as (
             select l.order_id, bool_and(l.cancelled = l.ordered) as cancelled from ledger_lines l
             group by l.order_id having sum(l.cancelling) = 0)
           select o.store_ref || ' tender ' || t.tender_ref || ': ours ' || t.refunded + t.recharged
                  || ', the store''s ' || (s.tender->'refunded'->>'amount')
           from quiet o
           join ledger_tenders t on t.order_id = o.id
           join lateral jsonb_array_elements(o.document->'tenders') as s(tender) on s.tender->>'ref' = t.tender_ref
           where (s.tender->'refunded'->>'amount')::bigint <> t.refunded + t.recharged
           union all
           select o.store_ref || ' line ' || l.line_ref || ': ours ' || l.cancelled || ' cancelled, the store''s '
                  || coalesce(s.line->>'cancelled', '0')
           from quiet o
           join ledger_lines l on l.order_id = o.id
           join lateral jsonb_array_elements(o.document->'lines') as s(line) on s.line->>'ref' = l.line_ref
           where l.cancelling = 0 and coalesce((s.line->>'cancelled')::int, 0) <> l.cancelled
           union all
           select o.store_ref || ': ours ' || case when stood.cancelled then 'cancelled' else 'not cancelled' end
                  || ', the store''s ' || (o.document->>'state')
           from quiet o
           join stood on stood.order_id = o.id
           where stood.cancelled <> (o.document->>'state' = 'cancelled')
           limit 20""",
    )
