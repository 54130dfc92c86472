"""Reading intents, and looking for those that nothing covers or nothing will take up."""

from collections.abc import Sequence
from uuid import UUID

from madoguchi.core.access.rules import Actor
from madoguchi.core.ledger.intents import rules
from madoguchi.core.ledger.intents.rules import Intent, IntentState, Rail
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import invisible

_INTENT = """select i.id, i.number, i.store_id, i.customer_id, i.order_id, coalesce(o.store_ref, '') as order_ref,
  i.request_id, i.tender_ref, i.tender_kind, i.tender_label, i.amount as amount_minor, i.currency, i.destination,
  i.rail, i.state, i.min_days, i.max_days, i.attempts, i.outside_ref, i.code, i.root, i.replaces, i.made_at, i.sent_at,
  i.settled_at, i.booked_at, i.gift_id
from refund_intents i left join orders o on o.id = i.order_id"""


async def access_intent(tx: Tx, actor: Actor, intent_id: UUID, *, lock: bool = False) -> Intent:
    """The intent, for the customer whose money it is, for staff and the system; else invisible.

    Whoever got a present hears of all that it brought as one, and not by how many tenders it was paid.
    """
    if lock:
        intent = await tx.maybe(Intent, f"{_INTENT} where i.id = %s for update of i", [intent_id])
    else:
        intent = await tx.maybe(Intent, f"{_INTENT} where i.id = %s", [intent_id])
    if intent is None or not actor.may_see(intent.customer_id):
        raise invisible()
    if intent.gift_id and actor.id == intent.customer_id:
        beside = f"{_INTENT} where i.request_id = %s and i.state <> 'rerouted' order by i.id"
        return rules.as_one(await tx.all(Intent, beside, [intent.request_id]))
    return intent


async def intents_of_order(tx: Tx, actor: Actor, order_id: UUID) -> Sequence[Intent]:
    """What is owed for an order and where it is, oldest first; what went another way is told by what replaced it.

    What is owed to whoever got it as a present is theirs alone.
    """
    rows = await tx.all(
        Intent,
        f"{_INTENT} where i.order_id = %s and i.state <> 'rerouted' and i.gift_id is null order by i.id",
        [order_id],
    )
    return [row for row in rows if actor.may_see(row.customer_id)]


async def intents_of(tx: Tx, actor: Actor, customer_id: UUID, limit: int = 20) -> Sequence[Intent]:
    """A customer's refunds, newest first."""
    if not actor.may_see(customer_id):
        raise invisible()
    rows = await tx.all(
        Intent,
        f"{_INTENT} where i.customer_id = %s and i.state <> 'rerouted' order by i.id desc limit %s",
        [customer_id, limit],
    )
    return rules.told(rows)


async def intents_in(tx: Tx, states: Sequence[IntentState], rail: Rail, limit: int = 500) -> Sequence[Intent]:
    """Intents of a rail in these states, oldest first (for the system and lists of work)."""
    return await tx.all(
        Intent,
        f"{_INTENT} where i.state = any(%s) and i.rail = %s order by i.id limit %s",
        [list(states), rail, limit],
    )


async def uncovered(tx: Tx) -> Sequence[str]:
    """Tenders that do not hold the money of their intents: reserved while it is owed, refunded once it went."""
    return await tx.values(
        """select 'order ' || t.order_id || ' tender ' || t.tender_ref
           from ledger_tenders t
           join lateral (
             select coalesce(sum(amount) filter (where state not in ('succeeded', 'rerouted', 'dropped')), 0) as owed,
                    coalesce(sum(amount) filter (where state = 'succeeded'), 0) as gone
             from refund_intents i where i.order_id = t.order_id and i.tender_ref = t.tender_ref) i on true
           where i.owed > t.reserved or i.gone > t.refunded + t.recharged
           limit 20""",
    )


async def stuck(tx: Tx) -> Sequence[str]:
    """Intents that should go on and that nothing will take up."""
    return await tx.values(
        """select i.number from refund_intents i
           where (i.state in ('reserved', 'sent', 'pending', 'unknown')
                  or (i.state = 'succeeded' and i.booked_at is null))
             and not (i.rail = 'bank' and i.state in ('reserved', 'sent'))
             and not exists (select 1 from jobs j where j.key = 'refunds.execute:' || i.id and j.parked_at is null)
           limit 20""",
    )
