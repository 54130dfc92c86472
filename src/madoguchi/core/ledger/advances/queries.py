"""Reading advances."""

from collections.abc import Mapping, Sequence
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import Actor
from madoguchi.core.ledger.advances.rules import REMINDED_AT_MOST, Advance
from madoguchi.core.ledger.intents.rules import IntentState
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused, invisible

_ADVANCE = """select a.id, a.number, a.store_id, a.customer_id, a.order_id, o.store_ref as order_ref, a.subject,
  a.tender_ref, a.tender_label, a.amount as amount_minor, coalesce(a.owed, a.amount) as owed_minor, a.owed_units,
  a.currency, a.state, a.coming_back, a.goods, a.due_at, a.reminded, a.charge_key, a.attempts, a.charge_ref, a.code,
  a.paid_at, a.settled_at
from ledger_advances a join orders o on o.id = a.order_id"""


class _Refund(msgspec.Struct, frozen=True):
    id: UUID
    state: IntentState


_NOT_SENT = frozenset({IntentState.FAILED, IntentState.PLANNED})


class _Units(msgspec.Struct, frozen=True):
    line_ref: str
    units: int


async def access_advance(tx: Tx, actor: Actor, advance_id: UUID, *, lock: bool = False) -> Advance:
    """The advance, for the customer whose it is, for staff and the system; else invisible."""
    if lock:
        found = await tx.maybe(Advance, f"{_ADVANCE} where a.id = %s for update of a", [advance_id])
    else:
        found = await tx.maybe(Advance, f"{_ADVANCE} where a.id = %s", [advance_id])
    if found is None or not actor.may_see(found.customer_id):
        raise invisible()
    return found


async def advances_of_order(tx: Tx, actor: Actor, order_id: UUID) -> Sequence[Advance]:
    """What was paid in advance for an order, oldest first."""
    rows = await tx.all(Advance, f"{_ADVANCE} where a.order_id = %s order by a.id", [order_id])
    return [row for row in rows if actor.may_see(row.customer_id)]


async def advances_of(tx: Tx, actor: Actor, customer_id: UUID, limit: int = 20) -> Sequence[Advance]:
    """What was paid in advance to a customer, newest first."""
    if not actor.may_see(customer_id):
        raise invisible()
    return await tx.all(
        Advance, f"{_ADVANCE} where a.customer_id = %s order by a.id desc limit %s", [customer_id, limit]
    )


async def open_advance(tx: Tx, order_id: UUID, subject: str) -> Advance | None:
    """The open advance on something of an order that the actor was found to see."""
    return await tx.maybe(
        Advance, f"{_ADVANCE} where a.order_id = %s and a.subject = %s and a.settled_at is null", [order_id, subject]
    )


async def check_gone(tx: Tx, advance: Advance) -> None:
    """Nothing is taken again that was never given; Refused("advance_not_gone") until its refund has gone."""
    if advance.goods:
        return
    query = """select coalesce(sum(amount), 0) from refund_intents
               where request_id = %s and tender_ref = %s and state = 'succeeded'"""
    if await tx.value(query, [advance.id, advance.tender_ref]) != advance.amount_minor:
        raise Refused("advance_not_gone", 409)


async def never_gone(tx: Tx, advance: Advance) -> Sequence[UUID]:
    """The refunds of an advance when none of them went or is under way, and none will without the customer's word.

    Nothing where a part of it is redeemed: that must reach the customer all the same.
    """
    if advance.goods or not advance.is_whole:
        return ()
    rows = await tx.all(
        _Refund,
        "select id, state from refund_intents where request_id = %s and tender_ref = %s and state <> 'rerouted'",
        [advance.id, advance.tender_ref],
    )
    return [row.id for row in rows] if all(row.state in _NOT_SENT for row in rows) else ()


async def units_of(tx: Tx, advance: Advance, step: str) -> Mapping[str, int]:
    """Units by line for which an advance was paid: those that stayed with the customer (keep), or were to come back."""
    rows = await tx.all(
        _Units,
        """select line_ref, units from ledger_entries
           where request_id = %s and step = %s and line_ref is not null order by line_ref""",
        [advance.id, step],
    )
    return {row.line_ref: row.units for row in rows}


async def open_advances_of(tx: Tx, customer_id: UUID) -> int:
    """How many advances of a customer are open, or were never paid back but forgiven."""
    query = """select count(*) from ledger_advances
               where customer_id = %s and (settled_at is null or state = 'forgiven')"""
    return int(await tx.value(query, [customer_id]))


async def due(tx: Tx, limit: int = 100) -> Sequence[UUID]:
    """Advances whose moment has come, or that came to nothing, and that nobody is being charged for, oldest first."""
    return await tx.values(
        """select id from ledger_advances
           where settled_at is null and charge_key is null
             and (due_at <= %s and (state = 'paid' or reminded < %s)
                  or state = 'recharge_due' and not goods and coalesce(owed, amount) = amount and not exists (
                    select from refund_intents i
                    where i.request_id = ledger_advances.id and i.tender_ref = ledger_advances.tender_ref
                      and i.state not in ('failed', 'planned', 'rerouted')))
           order by due_at limit %s""",
        [tx.now, REMINDED_AT_MOST, limit],
    )


async def unfounded(tx: Tx) -> Sequence[str]:
    """Advances that no money stands behind, and agreed charges that nothing will take up."""
    return await tx.values(
        """select a.number from ledger_advances a
           where (not a.goods and a.amount <> (select coalesce(sum(i.amount), 0) from refund_intents i
                              where i.request_id = a.id and i.tender_ref = a.tender_ref and i.state <> 'rerouted'))
              or (a.state = 'recharge_due' and a.charge_key is not null
                  and not exists (select from jobs j where j.key = 'refunds.charge:' || a.id and j.parked_at is null))
           limit 20""",
    )
