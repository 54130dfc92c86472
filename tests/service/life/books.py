"""What must hold at any moment of an order's life, and once all has come to rest: as queries over all three books.

Each finds what breaks the invariant after which it is named (see after-sales, I1–I13); the program's own
`doctor --invariants` is asked besides.
"""

from collections.abc import Mapping

from bench.refunds import MISMATCHES
from madoguchi.front.cli.doctor import INVARIANTS
from madoguchi.kit.db import Tx
from madoguchi.service.refunds.deadlines import overdue
from tests.service.life.village import Village

_DONE = "l.cancelled + l.kept + l.returned"  # units for which everything was done
_LINES = """ledger_lines l join orders o on o.id = l.order_id
  join demo_store.order_lines s on s.shop_id = o.store_id and s.order_ref = o.store_ref and s.ref = l.line_ref"""

ALWAYS: Mapping[str, str] = {
    "I1 a tender gives back what it took": """
        select order_id, tender_ref from ledger_tenders where reserved < 0 or reserved + refunded > captured""",
    "I2 a unit is paid back once something was done with it": f"""
        select l.order_id, l.line_ref from ledger_lines l
        where l.refunded > {_DONE} or l.cancelling + l.return_open + {_DONE} > l.ordered""",
    "I2 no unit is sent again and paid back": f"""
        select a.ref, a.sku from
          (select r.replaces as ref, l.sku, sum(l.quantity) as units from demo_store.orders r
           join demo_store.order_lines l on l.shop_id = r.shop_id and l.order_ref = r.ref
           where r.replaces is not null group by r.replaces, l.sku) a
        join (select o.store_ref as ref, s.sku, sum(l.refunded) as refunded, sum(l.ordered) as ordered
              from {_LINES} group by o.store_ref, s.sku) b on b.ref = a.ref and b.sku = a.sku
        where a.units + b.refunded > b.ordered""",
    "I4 goods give back what they cost, and what sending them cost": f"""
        select o.store_ref, i.owed, u.worth from
          (select i.order_id, sum(i.amount) as owed from refund_intents i join requests r on r.id = i.request_id
           where i.state <> 'rerouted' and r.action <> 'order.apply_coupon' group by i.order_id) i
        join (select l.order_id, sum((2 * s.total * ({_DONE}) + s.quantity) / (2 * s.quantity)) as worth
              from {_LINES} group by l.order_id) u on u.order_id = i.order_id
        join (select t.order_id, sum(t.recharged) as again from ledger_tenders t group by t.order_id) t
          on t.order_id = i.order_id
        join orders o on o.id = i.order_id
        join demo_store.orders so on so.shop_id = o.store_id and so.ref = o.store_ref
        where i.owed - t.again > u.worth + so.shipping_fee""",
    "I5 gift balance and points go back to their kind": """
        select p.order_ref, p.tender_ref, p.method_ref from demo_store.payments p
        join demo_store.tenders t on t.shop_id = p.shop_id and t.order_ref = p.order_ref and t.ref = p.tender_ref
        where p.kind = 'refund' and p.amount > 0 and t.kind in ('gift_balance', 'points', 'store_credit')
          and p.method_ref <> t.method_ref and p.customer_ref is null  -- a present is given to whoever got it""",
    "I6 what was agreed to is asked of that version of the order": """
        select r.number from requests r
        join quotes q on q.id = r.quote_id
        left join demo_store.operations p on p.shop_id = r.store_id and p.key = r.id::text
        where r.order_version is distinct from q.order_version
           or (p.arguments ? 'version' and (p.arguments->>'version')::int <> r.order_version)""",
    "I7 a line is changed by one wish at a time": """
        select l.order_id, l.line_ref from request_lines l join requests r on r.id = l.request_id
        where r.settled_at is null group by l.order_id, l.line_ref having count(*) > 1""",
    "I8 an owed amount has one living intent": """
        select root from refund_intents where state <> 'rerouted' group by root having count(*) > 1""",
    "I9 money goes for units that are not coming, or stay": """
        select i.number from refund_intents i join requests r on r.id = i.request_id
        where r.action <> 'order.apply_coupon' and not exists (
          select from ledger_entries e
          where e.request_id = i.request_id and e.line_ref is not null
            and e.step in ('settle', 'keep', 'settle_return', 'keep_return'))
          and not exists (  -- what was reduced, lost with its fee or paid again, and is given after all
            select from returns b where r.subject = 'return:' || b.id and (b.answered_at is not null
              or exists (select from return_units u where u.return_id = b.id and u.reception = 'lost')
              or exists (select from ledger_advances a where a.subject = r.subject and a.state = 'charged')))""",
    "I11 gift cards and opened digital goods are paid back by somebody's word": f"""
        select l.order_id, l.line_ref, r.number from {_LINES}
        join ledger_entries e on e.order_id = l.order_id and e.line_ref = l.line_ref
          and e.step in ('settle', 'keep', 'settle_return', 'keep_return')
        join requests r on r.id = e.request_id
        left join requests b on r.subject = 'return:' || b.id
        where s.flags && array['gift_card', 'digital_opened'] and l.refunded > 0
          and coalesce(r.decided_by, b.decided_by) is null""",
    "I12 what the rules decided is kept": """
        select q.id, q.action from quotes q
        where q.draft->>'decision' is not null
          and not exists (select from policy_decisions d where d.quote_id = q.id)""",
    "I13 nothing is asked of the store without a confirmed quote": """
        select p.key, p.kind from demo_store.operations p
        where p.key not like 'elsewhere-%'
          and not exists (select from requests r where r.id::text = p.key)
          and not exists (select from refund_intents i where i.id::text = p.key)
          and not exists (select from return_units u where u.id::text = p.key and u.inspected_by is not null)""",
    "no work fails": "select name, arguments, last_error from jobs where last_error is not null",
}

# A store may give a part of a difference back by itself, which no intent pays: of these the ledger keeps its own count.
AT_REST = {name: query for name, query in MISMATCHES.items() if name != "intents and ledger"} | {
    "advances and charges": """
        select coalesce(a.charge_ref, c.ref), a.state, a.asked, c.amount
        from (select *, coalesce(owed, amount) as asked from ledger_advances where state = 'charged') a
        full join (select * from demo_payments.charges where state = 'succeeded') c
          on c.ref = a.charge_ref and c.key = a.charge_key::text
        where a.asked is distinct from c.amount"""
}


def broken(village: Village, *, at_rest: bool = False) -> list[str]:
    """What does not hold now, in words."""
    found = village.read(_said_by_the_doctor)
    for name, query in (ALWAYS | AT_REST if at_rest else ALWAYS).items():
        if rows := village.rows(query):
            found.append(f"{name}: {rows[:5]}")
    return found


async def _said_by_the_doctor(tx: Tx) -> list[str]:
    checks = [(name, check) for name, check in INVARIANTS if check is not overdue]  # for weeks nobody may work here
    return [f"{name}: {found}" for name, check in checks if (found := await check(tx))]
