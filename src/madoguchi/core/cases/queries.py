"""Reading cases and timelines. `access_case` is the only way from an id to a case, for an actor."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import Actor, Audience
from madoguchi.core.cases.rules import Author, Kind, State, may_become
from madoguchi.core.photos.queries import File
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import invisible


class Case(msgspec.Struct, frozen=True):
    """A case as it stands. `last_seq` counts all entries, whoever may read them."""

    id: UUID
    number: str
    store_id: str
    customer_id: UUID
    locale: str
    reason: str | None
    order_id: UUID | None
    state: State
    assigned_to: UUID | None
    resume_to: State | None
    seller_id: UUID | None
    last_seq: int
    customer_seq: int
    customer_session: UUID | None
    customer_level: int
    customer_read_seq: int
    staff_read_seq: int
    last_customer_at: datetime | None
    last_staff_at: datetime | None
    bot_due_seq: int | None
    dialogue: dict[str, Any]
    opened_at: datetime
    closed_at: datetime | None


class Entry(msgspec.Struct, frozen=True):
    """One line of a timeline. `body` depends on the kind (options, card, status, file)."""

    case_id: UUID
    seq: int
    kind: Kind
    author: Author
    author_id: UUID | None
    name: str
    audience: Audience
    text: str
    body: dict[str, Any] | None
    client_id: str | None
    at: datetime


class CaseLine(msgspec.Struct, frozen=True):
    """A case in a list, with its last readable message."""

    id: UUID
    number: str
    reason: str | None
    order_id: UUID | None
    state: State
    opened_at: datetime
    last_text: str | None
    last_at: datetime | None
    last_author: str | None
    unread: int


ENTRIES_AT_ONCE = 100  # of one case, when many are asked for

_CASE = """c.id, c.number, c.store_id, c.customer_id, c.locale, c.reason, c.order_id, c.state, c.assigned_to,
  c.resume_to, c.seller_id, c.last_seq, c.customer_seq, c.customer_session, c.customer_level, c.customer_read_seq,
  c.staff_read_seq, c.last_customer_at, c.last_staff_at, c.bot_due_seq, c.dialogue, c.opened_at, c.closed_at"""
_ENTRY = "e.case_id, e.seq, e.kind, e.author, e.author_id, e.name, e.audience, e.text, e.body, e.client_id, e.at"


async def access_case(tx: Tx, actor: Actor, case_id: UUID, *, lock: bool = False) -> Case:
    """The case, if the actor may see it: the customer whose it is, staff, the system; else invisible.

    With `lock` its row is locked until the end of the transaction, as everything that appends must.
    """
    if lock:
        case = await tx.maybe(Case, f"select {_CASE} from cases c where c.id = %s for update", [case_id])
    else:
        case = await tx.maybe(Case, f"select {_CASE} from cases c where c.id = %s", [case_id])
    if case is None or not actor.may_see(case.customer_id):
        raise invisible()
    return case


async def entries(
    tx: Tx, case_id: UUID, audience: Audience, *, after: int = 0, before: int | None = None, limit: int = 200
) -> Sequence[Entry]:
    """Entries the audience may read, oldest first: those after a number, or the last ones before one."""
    readable = list(audience.reads)
    if before is None:
        return await tx.all(
            Entry,
            f"""select {_ENTRY} from entries e
                where e.case_id = %s and e.seq > %s and e.audience = any(%s) order by e.seq limit %s""",
            [case_id, after, readable, limit],
        )
    rows = await tx.all(
        Entry,
        f"""select {_ENTRY} from entries e
            where e.case_id = %s and e.seq < %s and e.audience = any(%s) order by e.seq desc limit %s""",
        [case_id, before, readable, limit],
    )
    return rows[::-1]


async def entry(tx: Tx, case_id: UUID, seq: int) -> Entry | None:
    """One entry by its number."""
    return await tx.maybe(Entry, f"select {_ENTRY} from entries e where e.case_id = %s and e.seq = %s", [case_id, seq])


async def file_of(tx: Tx, case_id: UUID, audience: Audience, seq: int) -> File:
    """The file of an entry that the audience may read, of a case that the actor was found to see; else invisible."""
    found = await entries(tx, case_id, audience, after=seq - 1, limit=1)
    body = found[0].body or {} if found and found[0].seq == seq else {}
    if "file" not in body:
        raise invisible()
    return msgspec.convert(body["file"], File)


async def by_client_id(tx: Tx, case_id: UUID, author: Author, client_id: str) -> Entry | None:
    """The entry that its author sent under this client id."""
    return await tx.maybe(
        Entry,
        f"select {_ENTRY} from entries e where e.case_id = %s and e.author = %s and e.client_id = %s",
        [case_id, author, client_id],
    )


async def entries_since(tx: Tx, marks: Mapping[UUID, int]) -> Sequence[Entry]:
    """What many cases got after their numbers, in one question (for live readers; all audiences)."""
    return await tx.all(
        Entry,
        f"""select {_ENTRY} from unnest(%s::uuid[], %s::int[]) as m(case_id, after)
            join lateral (select * from entries e where e.case_id = m.case_id and e.seq > m.after
                          order by e.seq limit {ENTRIES_AT_ONCE}) e on true
            order by e.case_id, e.seq""",
        [list(marks), list(marks.values())],
    )


async def cases_of(
    tx: Tx, customer_id: UUID, *, before: UUID | None = None, open_only: bool = False, limit: int = 20
) -> Sequence[CaseLine]:
    """A customer's cases, newest first, with the last message the customer may read."""
    return await tx.all(
        CaseLine,
        """select c.id, c.number, c.reason, c.order_id, c.state, c.opened_at,
                  l.text as last_text, l.at as last_at, l.author as last_author,
                  (select count(*)::int from entries u
                   where u.case_id = c.id and u.seq > c.customer_read_seq and u.audience <> 'staff'
                     and u.author in ('bot', 'associate', 'seller')) as unread
           from cases c
           left join lateral (select e.text, e.at, e.author from entries e
                              where e.case_id = c.id and e.audience <> 'staff' and e.text <> ''
                              order by e.seq desc limit 1) l on true
           where c.customer_id = %s and (%s::uuid is null or c.id < %s) and (not %s or c.state <> 'closed')
           order by c.id desc limit %s""",
        [customer_id, before, before, open_only, limit],
    )


async def notes_on(tx: Tx, actor: Actor, customer_id: UUID, limit: int = 5) -> Sequence[Entry]:
    """What staff noted among themselves about a customer, over all cases, newest first."""
    if actor.audience is not Audience.STAFF:
        raise invisible()
    return await tx.all(
        Entry,
        f"""select {_ENTRY} from entries e join cases c on c.id = e.case_id
            where c.customer_id = %s and e.kind = 'note' and e.author = 'associate' order by e.at desc limit %s""",
        [customer_id, limit],
    )


async def latest_open_chat(tx: Tx, customer_id: UUID) -> Case | None:
    """The chat that could be continued: the customer's newest case that is not closed."""
    return await tx.maybe(
        Case,
        f"""select {_CASE} from cases c where c.customer_id = %s and c.state not in ('seller', 'closed')
            and c.customer_seq > 0 order by c.id desc limit 1""",
        [customer_id],
    )


async def open_cases(tx: Tx, customer_id: UUID) -> int:
    """How many cases of the customer are with us and not closed."""
    query = "select count(*) from cases where customer_id = %s and state not in ('seller', 'closed')"
    return int(await tx.value(query, [customer_id]))


async def open_with_sellers(tx: Tx, customer_id: UUID) -> int:
    """How many cases of the customer are with sellers."""
    query = "select count(*) from cases where customer_id = %s and state = 'seller'"
    return int(await tx.value(query, [customer_id]))


async def originals(tx: Tx, actor: Actor, case_id: UUID) -> Mapping[int, str]:
    """What was really written where it is read masked, by the entry's number; for staff, else invisible."""
    if not actor.is_staff:
        raise invisible()
    rows = await tx.all(_Original, "select seq, text from originals where case_id = %s", [case_id])
    return {row.seq: row.text for row in rows}


class _Original(msgspec.Struct, frozen=True):
    seq: int
    text: str


async def chat_by_client_id(tx: Tx, author: str, client_id: str) -> UUID | None:
    """The case that this client id opened before."""
    found = await tx.value("select case_id from contacts where author = %s and client_id = %s", [author, client_id])
    return UUID(str(found)) if found else None


async def running_contact(tx: Tx, case_id: UUID) -> UUID | None:
    """The contact that is going on in a case."""
    found = await tx.value("select id from contacts where case_id = %s and ended_at is null", [case_id])
    return UUID(str(found)) if found else None


async def bots_case(tx: Tx, case_id: UUID, *, wait: bool = False) -> Case | None:
    """The case, locked, if the bot owes it an answer; None too when somebody is at it, unless they are waited for."""
    locked = "for update" if wait else "for update skip locked"
    return await tx.maybe(
        Case, f"select {_CASE} from cases c where c.id = %s and c.bot_due_seq is not null {locked}", [case_id]
    )


async def back_with_bot(tx: Tx, case_id: UUID) -> int:
    """Up to which entry people had the case, when they gave it back to the bot; 0 when they never had it."""
    found = await tx.value(
        """select max(seq) from entries
           where case_id = %s and kind = 'status' and body->>'to' in ('queued', 'active', 'closed')""",
        [case_id],
    )
    return int(found or 0)


async def bot_overdue(tx: Tx, before: datetime, limit: int = 50) -> Sequence[UUID]:
    """Cases to which the bot has owed an answer since before a moment."""
    return await tx.values("select id from cases where bot_due_at < %s order by bot_due_at limit %s", [before, limit])


async def silent_since(tx: Tx, states: Sequence[State], before: datetime, limit: int = 100) -> Sequence[UUID]:
    """Cases with a running contact, in one of the states, in which we spoke last, and that before a moment."""
    return await tx.values(
        """select c.id from contacts k join cases c on c.id = k.case_id
           where k.ended_at is null and c.state = any(%s)
             and coalesce(c.last_staff_at, c.opened_at) < %s
             and coalesce(c.last_customer_at, c.opened_at) <= coalesce(c.last_staff_at, c.opened_at)
           order by c.id limit %s""",
        [list(states), before, limit],
    )


async def misnumbered(tx: Tx) -> Sequence[str]:
    """Cases whose entries are not numbered 1…last_seq without gaps."""
    return await tx.values(
        """select c.number from cases c
           left join (select case_id, count(*) as n, max(seq) as last from entries group by case_id) e
             on e.case_id = c.id
           where coalesce(e.n, 0) <> c.last_seq or coalesce(e.last, 0) <> c.last_seq limit 20""",
    )


async def misfolded(tx: Tx) -> Sequence[str]:
    """Cases whose state or holder is not what folding their status entries gives."""
    return await tx.values(
        """select c.number from cases c
           left join lateral (select e.body from entries e where e.case_id = c.id and e.kind = 'status'
                              order by e.seq desc limit 1) s on true
           where c.state <> coalesce(s.body->>'to', 'bot')
              or c.assigned_to::text is distinct from s.body->>'assigned_to' limit 20""",
    )


async def jumped(tx: Tx) -> Sequence[str]:
    """Moves from one state to another that no case may make."""
    moves = await tx.all(
        _Move,
        """select min(c.number) as number, m.before, m.after
           from (select e.case_id, e.body->>'to' as after,
                        coalesce(lag(e.body->>'to') over (partition by e.case_id order by e.seq), 'bot') as before
                 from entries e where e.kind = 'status') m
           join cases c on c.id = m.case_id group by m.before, m.after""",
    )
    return [f"{move.number}: {move.before} → {move.after}" for move in moves if not may_become(move.before, move.after)]


async def mismarked(tx: Tx) -> Sequence[str]:
    """Cases that count something as read, spoken or due that is not there, from which unread counts are made."""
    return await tx.values(
        """select c.number from cases c
           where greatest(c.customer_read_seq, c.staff_read_seq, c.bot_due_seq) > c.last_seq
              or c.customer_seq <> coalesce((select max(e.seq) from entries e where e.case_id = c.id
                                               and e.author = 'customer' and e.audience <> 'staff'), 0) limit 20""",
    )


async def leaked(tx: Tx) -> Sequence[str]:
    """Cases in which the customer can read a note, or that hold words for a seller who takes no part."""
    return await tx.values(
        """select distinct c.number from entries e join cases c on c.id = e.case_id
           where e.kind = 'note' and e.audience <> 'staff' or e.audience = 'seller' and c.seller_id is null limit 20""",
    )


async def forgotten(tx: Tx) -> Sequence[str]:
    """Cases to which the bot has owed an answer for a minute."""
    return await tx.values("select number from cases where bot_due_at < %s - interval '1 minute' limit 20", [tx.now])


class _Move(msgspec.Struct, frozen=True):
    number: str
    before: State
    after: State


class _Sent(msgspec.Struct, frozen=True):
    file: File


async def files_of(tx: Tx, case_id: UUID, author: Author) -> Sequence[File]:
    """The files that one side sent in a case, the first one first."""
    rows = await tx.all(
        _Sent,
        "select body->'file' as file from entries where case_id = %s and author = %s and kind = 'file' order by seq",
        [case_id, author],
    )
    return [row.file for row in rows]
