"""The moves of a work item that the caller has locked. Never commits."""

from collections.abc import Sequence
from uuid import UUID

from madoguchi.core.cases.queries import Case, running_contact
from madoguchi.kit import ids
from madoguchi.kit.db import Tx
from madoguchi.service.routing.items.queries import Item, Queue
from madoguchi.service.routing.rules import QUEUE, Priority, person_topic


async def enqueue(tx: Tx, case: Case, queue: Queue, priority: Priority, skills: Sequence[str]) -> None:
    """A new item for a case that has none open, last in line of its priority."""
    await tx.execute(
        """insert into work_items
             (id, case_id, contact_id, queue_id, priority, language, skills, state, enqueued_at)
           values (%s, %s, %s, %s, %s, %s, %s, 'waiting', %s)""",
        [
            ids.uuid7(),
            case.id,
            await running_contact(tx, case.id),
            queue.id,
            priority,
            case.locale if case.locale in queue.languages else queue.languages[0],
            sorted({*skills, *queue.skills}),
            tx.now,
        ],
    )
    tx.wake(QUEUE)


async def assign(tx: Tx, item: Item, staff: UUID) -> None:
    """Into somebody's hands."""
    await tx.execute(
        "update work_items set state = 'assigned', assigned_to = %s, assigned_at = %s, done_at = null where id = %s",
        [staff, tx.now, item.id],
    )
    _tell(tx, item, staff)


async def return_to_line(tx: Tx, item: Item, queue: Queue | None = None) -> None:
    """Back to where it once stood, among those who had somebody and come before those who had nobody."""
    await tx.execute(
        """update work_items set state = 'waiting', assigned_to = null, assigned_at = null, done_at = null,
             priority = least(priority, %s), queue_id = coalesce(%s, queue_id), skills = coalesce(%s, skills)
           where id = %s""",
        [Priority.RETURNING, queue and queue.id, queue and queue.skills, item.id],
    )
    _tell(tx, item)


async def park(tx: Tx, item: Item) -> None:
    """Aside: it keeps its holder, whose hand is free."""
    await tx.execute("update work_items set state = 'parked', done_at = %s where id = %s", [tx.now, item.id])
    _tell(tx, item)


async def settle(tx: Tx, item: Item) -> None:
    """Over: done if somebody had it, else the customer left."""
    await tx.execute(
        """update work_items set state = case when assigned_to is null then 'left' else 'done' end,
             done_at = coalesce(done_at, %s) where id = %s""",
        [tx.now, item.id],
    )
    _tell(tx, item)


def _tell(tx: Tx, item: Item, staff: UUID | None = None) -> None:
    tx.wake(QUEUE)
    for person in (item.assigned_to, staff):
        if person:
            tx.wake(person_topic(person))
