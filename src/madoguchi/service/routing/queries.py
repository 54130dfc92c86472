"""What doors show: a customer's ticket, the line, an associate's offer and conversations."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import SYSTEM, Actor
from madoguchi.core.actions.rules import QueueTicket, Said
from madoguchi.core.cases.rules import State
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import invisible
from madoguchi.service.routing import hours, rules
from madoguchi.service.routing.items.queries import Item, Queue, last_item, open_item, queue, queues
from madoguchi.service.routing.offers.queries import START, Place
from madoguchi.service.routing.presence.queries import my_presence, people_online
from madoguchi.service.routing.rules import LIMITS, HandleTime, ItemState, Person, staff_id
from madoguchi.service.routing.wrap_ups.queries import Promise, WrapUp, promises_to, wrap_ups

__all__ = [
    "Counts",
    "Handover",
    "Item",
    "MyCase",
    "Offer",
    "Owed",
    "Place",
    "Promise",
    "Queue",
    "QueueRow",
    "Taken",
    "WrapUp",
    "counts",
    "handover_of",
    "last_item",
    "my_cases",
    "my_offer",
    "my_presence",
    "people_online",
    "place_and_wait",
    "promises_to",
    "queue_list",
    "queues",
    "records_owed",
    "taken_from_me",
    "wrap_ups",
]


class Handover(msgspec.Struct, frozen=True, kw_only=True):
    """What whoever takes a case reads first: three lines, what the bot tried, the facts, how sure we are of whom."""

    lines: tuple[Said, ...] = ()
    tried: tuple[Said, ...] = ()
    facts: dict[str, str] = {}
    reason: str | None = None
    level: int | None = None


class QueueRow(msgspec.Struct, frozen=True):
    """Somebody in line, as the inbox shows them."""

    item_id: UUID
    case_id: UUID
    number: str
    customer_name: str
    reason: str | None
    language: str
    queue_id: str
    priority: int
    state: ItemState
    enqueued_at: datetime
    offered_to: UUID | None
    offered_name: str | None
    last_text: str | None

    @property
    def place(self) -> Place:
        """Where the list goes on after this row."""
        return Place(self.priority, self.enqueued_at, self.item_id)


class MyCase(msgspec.Struct, frozen=True):
    """A conversation of the associate's own; `unread` are the customer's words they have not seen."""

    case_id: UUID
    number: str
    customer_name: str
    reason: str | None
    language: str
    state: State
    last_customer_at: datetime | None
    last_staff_at: datetime | None
    last_text: str | None
    unread: int


class Owed(msgspec.Struct, frozen=True):
    """A conversation that ended under an associate's hands, with no record yet."""

    case_id: UUID
    number: str
    customer_name: str
    reason: str | None
    language: str
    done_at: datetime


class Offer(msgspec.Struct, frozen=True):
    """What an associate is asked to take, and until when."""

    id: UUID
    item_id: UUID
    case_id: UUID
    number: str
    customer_name: str
    reason: str | None
    language: str
    enqueued_at: datetime
    offered_at: datetime
    expires_at: datetime
    handover: Handover | None


class Taken(msgspec.Struct, frozen=True):
    """What the associate was asked to take and `by` somebody else took first."""

    case_id: UUID
    customer_name: str
    by: str


class Counts(msgspec.Struct, frozen=True):
    """The line in figures, and the actor's own hands."""

    in_line: int
    longest_since: datetime | None
    people_online: int
    in_hand: int
    parked: int


_IN_LINE = "i.state in ('waiting', 'offered')"
_LAST_WORDS = """left join lateral (select e.text from entries e
                       where e.case_id = c.id and e.audience = 'customer' and e.author = 'customer'
                         and e.text <> '' order by e.seq desc limit 1) l on true"""
_HANDOVER = """(select e.body->'handover' from entries e
                where e.case_id = c.id and e.kind = 'note' and e.body ? 'handover' order by e.seq desc limit 1)"""
_HANDLED = 100  # conversations from which a wait is estimated,
_ENOUGH = 5  # and how many of them there must be
_LATELY = timedelta(seconds=20)  # in which it is still worth telling that somebody else was quicker
_OWED = timedelta(days=1)  # in which a record is still asked for


async def place_and_wait(tx: Tx, case_id: UUID) -> QueueTicket:
    """The ticket of a case that the actor has been found to see, as it stands now."""
    if not await tx.value("select exists (select 1 from cases where id = %s)", [case_id]):
        raise invisible()
    async with tx.acting(SYSTEM):
        return await _ticket(tx, case_id)


async def _ticket(tx: Tx, case_id: UUID) -> QueueTicket:
    item = await open_item(tx, case_id)
    if item is None:
        return QueueTicket(case_id=case_id, state="left", place=0, wait_minutes=None, people_online=0)
    able = [person for person in await people_online(tx) if person.can_serve(item.language, item.skills)]
    if item.assigned_to:
        name = await tx.value("select name from staff where id = %s", [item.assigned_to])
        return QueueTicket(
            case_id=case_id, state="assigned", place=0, wait_minutes=None, people_online=len(able), associate=name
        )
    return await _place_in_line(tx, item, able)


async def queue_list(tx: Tx, actor: Actor, *, after: Place = START, limit: int = 50) -> Sequence[QueueRow]:
    """Everybody in line, in the order they will be served; `after` is the place of the last row seen."""
    staff_id(actor)
    return await tx.all(
        QueueRow,
        f"""select i.id as item_id, i.case_id, c.number, u.name as customer_name, c.reason, i.language, i.queue_id,
                   i.priority, i.state, i.enqueued_at, o.staff_id as offered_to, s.name as offered_name,
                   l.text as last_text
            from work_items i
            join cases c on c.id = i.case_id
            join customers u on u.id = c.customer_id
            left join offers o on o.item_id = i.id and o.outcome is null
            left join staff s on s.id = o.staff_id
            {_LAST_WORDS}
            where {_IN_LINE} and (i.priority, i.enqueued_at, i.id) > (%s, %s, %s)
            order by i.priority, i.enqueued_at, i.id limit %s""",
        [after.priority, after.enqueued_at, after.id, limit],
    )


async def my_cases(tx: Tx, actor: Actor, *, before: UUID | None = None, limit: int = 50) -> Sequence[MyCase]:
    """The actor's own open conversations, parked ones among them, the newest case first."""
    return await tx.all(
        MyCase,
        f"""select c.id as case_id, c.number, u.name as customer_name, c.reason, c.locale as language, c.state,
                   c.last_customer_at, c.last_staff_at, l.text as last_text,
                   (select count(*)::int from entries e where e.case_id = c.id and e.seq > c.staff_read_seq
                      and e.author = 'customer') as unread
            from cases c join customers u on u.id = c.customer_id {_LAST_WORDS}
            where c.assigned_to = %s and c.state <> 'closed' and (%s::uuid is null or c.id < %s)
            order by c.id desc limit %s""",
        [staff_id(actor), before, before, limit],
    )


async def records_owed(tx: Tx, actor: Actor, limit: int = 10) -> Sequence[Owed]:
    """What the actor has not recorded because the customer ended it, the latest first."""
    return await tx.all(
        Owed,
        """select i.case_id, c.number, u.name as customer_name, c.reason, c.locale as language, i.done_at
           from work_items i join cases c on c.id = i.case_id join customers u on u.id = c.customer_id
           where i.assigned_to = %s and i.state = 'done' and i.done_at > %s
             and not exists (select from wrap_ups w where w.item_id = i.id)
           order by i.done_at desc limit %s""",
        [staff_id(actor), tx.now - _OWED, limit],
    )


async def my_offer(tx: Tx, actor: Actor) -> Offer | None:
    """What the actor is asked to take now."""
    return await tx.maybe(
        Offer,
        f"""select o.id, o.item_id, i.case_id, c.number, u.name as customer_name, c.reason, i.language, i.enqueued_at,
                   o.offered_at, o.expires_at, {_HANDOVER} as handover
            from offers o join work_items i on i.id = o.item_id join cases c on c.id = i.case_id
            join customers u on u.id = c.customer_id
            where o.staff_id = %s and o.outcome is null and o.expires_at > %s""",
        [staff_id(actor), tx.now],
    )


async def taken_from_me(tx: Tx, actor: Actor) -> Taken | None:
    """What the actor was asked to take a moment ago and somebody else took."""
    return await tx.maybe(
        Taken,
        """select i.case_id, u.name as customer_name, s.name as by
           from offers o join work_items i on i.id = o.item_id join staff s on s.id = i.assigned_to
           join cases c on c.id = i.case_id join customers u on u.id = c.customer_id
           where o.staff_id = %s and o.outcome = 'withdrawn' and o.closed_at > %s and i.assigned_to <> o.staff_id
           order by o.closed_at desc limit 1""",
        [staff_id(actor), tx.now - _LATELY],
    )


async def handover_of(tx: Tx, actor: Actor, case_id: UUID) -> Handover | None:
    """What was handed over with the case, the last time."""
    staff_id(actor)
    found = await tx.maybe(_Told, f"select {_HANDOVER} as handover from cases c where c.id = %s", [case_id])
    return found.handover if found else None


async def counts(tx: Tx, actor: Actor) -> Counts:
    """The line in figures, and the actor's own hands."""
    me = staff_id(actor)
    return await tx.one(
        Counts,
        f"""select count(*)::int as in_line, min(i.enqueued_at) as longest_since,
                   (select count(*)::int from presence p join staff s on s.id = p.staff_id and s.active
                    where p.state = 'available' and p.seen_at >= %s) as people_online,
                   (select count(*)::int from work_items w
                    where w.assigned_to = %s and w.state = 'assigned') as in_hand,
                   (select count(*)::int from cases c where c.assigned_to = %s and c.state = 'parked') as parked
            from work_items i where {_IN_LINE}""",
        [tx.now - LIMITS.fresh, me, me],
    )


async def unattended(tx: Tx) -> Sequence[str]:
    """Cases that wait for a person and stand in no line, or are in the hands of somebody who does not know."""
    return await tx.values(
        """select c.number from cases c
           where c.state = 'queued' and not exists (select from work_items i where i.case_id = c.id
                                                      and i.state in ('waiting', 'offered'))
              or c.state = 'active' and not exists (select from work_items i where i.case_id = c.id
                                                      and i.state = 'assigned' and i.assigned_to = c.assigned_to)
           limit 20""",
    )


async def _place_in_line(tx: Tx, item: Item, able: Sequence[Person]) -> QueueTicket:
    """Everybody before counts for the place; for the wait only those who want the same people."""
    spoken = {language for person in able for language in person.languages}
    line = await tx.one(
        _Line,
        f"""select count(*)::int as before, (count(*) filter (where i.language = any(%s)))::int as rivals
            from work_items i
            where {_IN_LINE} and i.queue_id = %s and (i.priority, i.enqueued_at, i.id) < (%s, %s, %s)""",
        [list(spoken), item.queue_id, item.priority, item.enqueued_at, item.id],
    )
    week = (await queue(tx, item.queue_id)).hours
    if week and not hours.is_open(week, tx.now):
        wait, opens_at = None, hours.next_opening(week, tx.now)
    else:
        wait, opens_at = rules.wait_minutes(line.rivals + 1, able, await _handle_time(tx, item.queue_id)), None
    return QueueTicket(
        case_id=item.case_id,
        state=item.state,
        place=line.before + 1,
        wait_minutes=wait,
        people_online=len(able),
        opens_at=opens_at,
    )


async def _handle_time(tx: Tx, queue_id: str) -> HandleTime | None:
    found = await tx.one(
        _Handled,
        """select count(*)::int as conversations, percentile_cont(0.25) within group (order by took) as short,
                  percentile_cont(0.75) within group (order by took) as long
           from (select extract(epoch from done_at - assigned_at)::float8 as took from work_items
                 where queue_id = %s and state = 'done' order by done_at desc limit %s) as lately""",
        [queue_id, _HANDLED],
    )
    if found.short is None or found.long is None or found.conversations < _ENOUGH:
        return None
    return HandleTime(found.short, found.long)


class _Line(msgspec.Struct, frozen=True):
    before: int
    rivals: int


class _Handled(msgspec.Struct, frozen=True):
    conversations: int
    short: float | None
    long: float | None


class _Told(msgspec.Struct, frozen=True):
    handover: Handover | None
