"""Reading work items and the queues in which they wait."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused, invisible
from madoguchi.service.routing.hours import Hours
from madoguchi.service.routing.rules import ItemState


class Queue(msgspec.Struct, frozen=True):
    """A queue: which languages it serves, what it asks of people, when somebody is there (None: always)."""

    id: str
    name_key: str
    languages: list[str]
    skills: list[str]
    hours: Hours | None


class Item(msgspec.Struct, frozen=True):
    """A case's stay with people. `done_at` is when it stopped taking a place in line or in somebody's hands."""

    id: UUID
    case_id: UUID
    contact_id: UUID
    queue_id: str
    priority: int
    language: str
    skills: list[str]
    state: ItemState
    enqueued_at: datetime
    assigned_to: UUID | None
    assigned_at: datetime | None
    done_at: datetime | None


_QUEUE = "id, name_key, languages, skills, hours"
_ITEM = """id, case_id, contact_id, queue_id, priority, language, skills, state, enqueued_at, assigned_to, assigned_at,
  done_at"""
_OPEN = "state in ('waiting', 'offered', 'assigned', 'parked')"


async def queue(tx: Tx, queue_id: str) -> Queue:
    """One queue; Refused("unknown_queue") when there is none."""
    found = await tx.maybe(Queue, f"select {_QUEUE} from queues where id = %s", [queue_id])
    if found is None:
        raise Refused("unknown_queue")
    return found


async def queues(tx: Tx) -> Sequence[Queue]:
    """All queues."""
    return await tx.all(Queue, f"select {_QUEUE} from queues order by id")


async def lock_item(tx: Tx, item_id: UUID) -> Item:
    """One item, locked; invisible when there is none."""
    found = await tx.maybe(Item, f"select {_ITEM} from work_items where id = %s for update", [item_id])
    if found is None:
        raise invisible()
    return found


async def open_item(tx: Tx, case_id: UUID) -> Item | None:
    """The item of a case that is in line, in somebody's hands, or parked."""
    return await tx.maybe(Item, f"select {_ITEM} from work_items where case_id = %s and {_OPEN}", [case_id])


async def lock_open_item(tx: Tx, case_id: UUID) -> Item | None:
    """The same, locked."""
    return await tx.maybe(Item, f"select {_ITEM} from work_items where case_id = %s and {_OPEN} for update", [case_id])


async def last_item(tx: Tx, case_id: UUID) -> Item | None:
    """The newest item of a case, open or over."""
    return await tx.maybe(
        Item, f"select {_ITEM} from work_items where case_id = %s order by id desc limit 1", [case_id]
    )


async def lock_last_item(tx: Tx, case_id: UUID) -> Item | None:
    """The same, locked."""
    return await tx.maybe(
        Item, f"select {_ITEM} from work_items where case_id = %s order by id desc limit 1 for update", [case_id]
    )


async def lock_in_hand(tx: Tx, staff: UUID) -> Sequence[Item]:
    """What somebody has in their hands, locked."""
    return await tx.all(
        Item,
        f"select {_ITEM} from work_items where assigned_to = %s and state = 'assigned' order by id for update",
        [staff],
    )
