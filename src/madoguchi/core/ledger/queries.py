"""Looking for what must never be: counters that are not the sum of their entries, drift from the store."""

from collections.abc import Sequence

import msgspec

from madoguchi.kit.db import Tx


class _Breach(msgspec.Struct, frozen=True):
    said: str


async def unbalanced(tx: Tx) -> Sequence[str]:
    """Tenders whose reserved and refunded money is not the sum of their entries."""
    rows = await tx.all(
        _Breach,
        """select 'order ' || t.order_id || ' tender ' || t.tender_ref as said
           from ledger_tenders t
           left join lateral (
             select coalesce(sum(amount) filter (where step = 'reserve'), 0)
                    - coalesce(sum(amount) filter (where step in ('settle', 'release')), 0) as reserved,
                    coalesce(sum(amount) filter (where step in ('settle', 'store')), 0) as refunded
             from ledger_entries e where e.order_id = t.order_id and e.tender_ref = t.tender_ref) e on true
           where t.reserved <> e.reserved or t.refunded <> e.refunded
           union all
           select 'order ' || l.order_id || ' line ' || l.line_ref
           from ledger_lines l
           left join lateral (
             select coalesce(sum(units) filter (where step = 'reserve'), 0)
                    - coalesce(sum(units) filter (where step in ('settle', 'release')), 0) as cancelling,
                    coalesce(sum(units) filter (where step in ('settle', 'store')), 0) as cancelled
             from ledger_entries e where e.order_id = l.order_id and e.line_ref = l.line_ref) e on true
           where l.cancelling <> e.cancelling or l.cancelled <> e.cancelled
           limit 20""",
    )
    return [row.said for row in rows]


async def drifted(tx: Tx) -> Sequence[str]:
    """Orders on which nothing is under way and the store's own figures are not ours (I3)."""
    rows = await tx.all(
        _Breach,
        """select o.store_ref || ' tender ' || t.tender_ref || ': ours ' || t.refunded || ', the store''s '
                  || (s.tender->'refunded'->>'amount') as said
           from ledger_tenders t
           join orders o on o.id = t.order_id
           join lateral jsonb_array_elements(o.document->'tenders') as s(tender) on s.tender->>'ref' = t.tender_ref
           where t.reserved = 0 and (s.tender->'refunded'->>'amount')::bigint <> t.refunded
             and not exists (select 1 from requests r where r.order_id = o.id and r.settled_at is null)
           limit 20""",
    )
    return [row.said for row in rows]
