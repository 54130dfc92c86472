"""What was told to those who took part, and whether the program still stands by it.

The checker knows nothing of how the history came about: it reads every chat over HTTP as a fresh reader does, and
looks into the database only for what no reader is shown (money, and the numbers of hidden entries).
"""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from typing import Any

import httpx
import msgspec
import psycopg

from bench.people import Customer

PAGE = 200  # entries asked for at once
_ERROR = re.compile(r"^(\w+(?:\.\w+)+|\w+Error): ", re.MULTILINE)  # the last line of a traceback


class Said(msgspec.Struct, frozen=True):
    """A message whose number its sender was told; `nth` counts the sender's own messages in this chat."""

    chat: str
    sender: str
    nth: int
    text: str
    seq: int


class Wished(msgspec.Struct, frozen=True):
    """A cancellation whose confirmation was answered; the state last told to the customer."""

    order: str
    request: str
    state: str


class Heard(msgspec.Struct):
    """What one reader's stream brought, over all its reconnections."""

    chat: str
    seqs: list[int] = []


class History(msgspec.Struct):
    """Everything that was told."""

    said: list[Said] = []
    wished: list[Wished] = []
    heard: list[Heard] = []
    changed_its_mind: list[str] = []  # answers that differ from an earlier answer to the same post
    wrong: list[str] = []  # answers that nobody should get, such as 500


class Entry(msgspec.Struct, frozen=True):
    """An entry as a fresh reader of the chat sees it."""

    seq: int
    text: str


class Messages(msgspec.Struct, frozen=True):
    """What is wrong with the messages; all should be empty."""

    lost: list[str]
    doubled: list[str]
    out_of_order: list[str]
    not_heard: list[str]
    heard_wrongly: list[str]


async def read(web: httpx.AsyncClient, customers: Iterable[Customer]) -> dict[str, list[Entry]]:
    """Every customer's chat, read from its beginning."""
    return {customer.chat: await _read(web, customer) for customer in customers}


async def _read(web: httpx.AsyncClient, customer: Customer) -> list[Entry]:
    found: list[Entry] = []
    after: str | None = "0"
    while after is not None:
        answer = await web.get(
            f"/api/v1/chats/{customer.chat}/entries?after={after}&limit={PAGE}",
            headers={"authorization": f"Bearer {customer.token}"},
        )
        page = answer.raise_for_status().json()
        found += msgspec.convert(page["items"], list[Entry])
        after = page["next"]
    return found


def check(history: History, chats: dict[str, list[Entry]]) -> Messages:
    """Compare what was told with what stands there."""
    texts = {chat: {entry.seq: entry.text for entry in entries} for chat, entries in chats.items()}
    times = {chat: Counter(entry.text for entry in entries) for chat, entries in chats.items()}
    return Messages(
        lost=[_name(said) for said in history.said if texts[said.chat].get(said.seq) != said.text],
        doubled=[_name(said) for said in history.said if times[said.chat][said.text] > 1],
        out_of_order=_out_of_order(history.said),
        not_heard=[
            f"{heard.chat} {sorted(missed)}"
            for heard in history.heard
            if (missed := texts[heard.chat].keys() - set(heard.seqs))
        ],
        heard_wrongly=[
            f"{heard.chat} {heard.seqs}"
            for heard in history.heard
            if heard.seqs != sorted(set(heard.seqs)) or set(heard.seqs) - texts[heard.chat].keys()
        ],
    )


def _out_of_order(said: Sequence[Said]) -> list[str]:
    """Messages with a lower number than the one their sender wrote before, in the same chat."""
    last: dict[tuple[str, str], int] = {}
    found = []
    for one in sorted(said, key=lambda one: one.nth):
        if one.seq <= last.get((one.chat, one.sender), 0):
            found.append(_name(one))
        last[one.chat, one.sender] = one.seq
    return found


def _name(said: Said) -> str:
    return f"{said.chat}#{said.seq} {said.text}"


# what must give no rows; every cancellation in the database is looked at, whether its confirmation was answered or not,
# and none of the other requests and writes that the demo world begins with
_MONEY = {
    "executed otherwise than told": """
        select r.number, r.state, o.state from requests r left join demo_store.operations o on o.key = r.id::text
        where r.action = 'order.cancel'
          and (case r.state when 'done' then 'succeeded' when 'failed' then 'failed' else 'pending' end)
              is distinct from coalesce(o.state, 'failed')""",
    "not settled": "select number, state from requests where action = 'order.cancel' and settled_at is null",
    "executed without a request": """
        select o.key from demo_store.operations o
        where o.kind in ('cancel', 'refund')
          and not exists (select 1 from requests r where r.id::text = o.key)
          and not exists (select 1 from refund_intents i where i.id::text = o.key)""",
    "orders cancelled twice": """
        select order_ref, count(*) from requests where action = 'order.cancel' and state = 'done'
        group by order_ref having count(*) > 1""",
    "booked otherwise than refunded": """
        select r.number, o.refunds, b.booked
        from requests r join demo_store.operations o on o.key = r.id::text
        left join lateral (
          select jsonb_object_agg(e.tender_ref, e.amount) as booked from ledger_entries e
          where e.request_id = r.id and e.intent_id is null and e.step = 'settle'
            and e.tender_ref is not null and e.amount > 0) b on true
        where r.action = 'order.cancel' and (jsonb_path_query_array(o.refunds, '$.keyvalue() ? (@.value > 0).key')
              is distinct from jsonb_path_query_array(coalesce(b.booked, '{}'), '$.keyvalue().key')
           or (select coalesce(sum(value::bigint), 0) from jsonb_each_text(o.refunds))
              <> (select coalesce(sum(value::bigint), 0) from jsonb_each_text(coalesce(b.booked, '{}'))))""",
    "refunded otherwise than the tenders say": """
        select t.order_ref, t.ref, t.refunded, p.paid_back
        from demo_store.tenders t
        join requests r on r.order_ref = t.order_ref and r.store_id = t.shop_id and r.action = 'order.cancel'
        left join lateral (
          select coalesce(sum(amount), 0) as paid_back from demo_store.payments p
          where (p.shop_id, p.order_ref, p.tender_ref) = (t.shop_id, t.order_ref, t.ref)
            and p.kind = 'refund') p on true
        where t.refunded <> p.paid_back""",
    "our ledger is not the store's": """
        select t.order_ref, t.ref, t.refunded, l.refunded
        from demo_store.tenders t
        join orders o on o.store_ref = t.order_ref and o.store_id = t.shop_id
        join ledger_tenders l on l.order_id = o.id and l.tender_ref = t.ref
        where l.reserved = 0 and l.refunded <> t.refunded""",
    "entries not numbered 1…n": """
        select c.id, c.last_seq, count(e.seq) from cases c left join entries e on e.case_id = c.id
        group by c.id having c.last_seq <> count(e.seq) or coalesce(max(e.seq), 0) <> count(e.seq)""",
    "client ids stored twice": """
        select case_id, author, client_id from entries where client_id is not null
        group by 1, 2, 3 having count(*) > 1""",
}


def check_database(conninfo: str, wished: Sequence[Wished]) -> dict[str, list[Any]]:
    """What contradicts itself there, or what was told of a cancellation; by kind, only what is wrong."""
    with psycopg.connect(conninfo, autocommit=True) as conn:
        found = {kind: conn.execute(query.encode()).fetchall() for kind, query in _MONEY.items()}
        states: dict[str, str] = dict(conn.execute("select id::text, state from requests").fetchall())
    found["told otherwise than it is"] = [
        (wish.order, wish.state, states.get(wish.request)) for wish in wished if states.get(wish.request) != wish.state
    ]
    return {kind: rows for kind, rows in found.items() if rows}


def logged(log: str) -> dict[str, int]:
    """Which errors the program wrote down with their tracebacks, and how often."""
    return dict(Counter(_ERROR.findall(log)))
