"""Who is there, and how much each carries; counted from the work itself, so that it cannot drift."""

from collections.abc import Sequence
from uuid import UUID

from madoguchi.core.access.rules import Actor
from madoguchi.kit.db import Tx
from madoguchi.service.routing.rules import LIMITS, Person, staff_id

_PERSON = """select p.staff_id as id, s.name, s.languages, s.skills || s.role as skills, p.state, p.seen_at, p.capacity,
    (select count(*)::int from work_items i where i.assigned_to = p.staff_id and i.state = 'assigned') as load,
    exists (select from offers o where o.staff_id = p.staff_id and o.outcome is null) as offered,
    greatest(p.since, (select max(o.closed_at) from offers o where o.staff_id = p.staff_id),
             (select max(i.done_at) from work_items i
              where i.assigned_to = p.staff_id and i.done_at is not null)) as idle_since
  from presence p join staff s on s.id = p.staff_id and s.active"""


async def person(tx: Tx, staff: UUID) -> Person | None:
    """One associate; None when they have never been present, or may no longer sign in."""
    return await tx.maybe(Person, f"{_PERSON} where p.staff_id = %s", [staff])


async def lock_person(tx: Tx, staff: UUID) -> Person | None:
    """The same; nothing else can come into their hands until this transaction ends."""
    await tx.execute("select 1 from presence where staff_id = %s for update", [staff])
    return await person(tx, staff)


async def my_presence(tx: Tx, actor: Actor) -> Person | None:
    """How present the actor is."""
    return await person(tx, staff_id(actor))


async def people_online(tx: Tx) -> list[Person]:
    """Everybody who takes work now."""
    return await tx.all(Person, f"{_PERSON} where p.state = 'available' and p.seen_at >= %s", [tx.now - LIMITS.fresh])


async def gone(tx: Tx) -> Sequence[UUID]:
    """Those not offline whose desks have been quiet for too long, or who may no longer sign in."""
    return await tx.values(
        """select p.staff_id as id from presence p join staff s on s.id = p.staff_id
           where p.state <> 'offline' and (p.seen_at < %s or not s.active) order by p.staff_id""",
        [tx.now - LIMITS.gone],
    )
