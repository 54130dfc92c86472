"""Coming, lapsing and going. Never commits."""

from collections.abc import Sequence
from uuid import UUID

from madoguchi.kit.db import Tx
from madoguchi.service.routing.rules import LIMITS, QUEUE, Presence, person_topic


async def be(tx: Tx, staff: UUID, state: Presence, capacity: int | None = None) -> None:
    """Note that the associate is available, away or offline as from now; no capacity leaves it as it is."""
    await tx.execute(
        """insert into presence (staff_id, state, capacity, since, seen_at)
           values (%(staff)s, %(state)s, coalesce(%(capacity)s, %(usual)s), %(now)s, %(now)s)
           on conflict (staff_id) do update
           set since = case when presence.state = excluded.state then presence.since else excluded.since end,
               state = excluded.state, lapsed = false, seen_at = excluded.seen_at,
               capacity = coalesce(%(capacity)s, presence.capacity)""",
        {"staff": staff, "state": state, "capacity": capacity, "usual": LIMITS.capacity, "now": tx.now},
    )
    _tell(tx, staff)


async def leave(tx: Tx, staff: UUID) -> None:
    """Note that the associate is gone; locks their presence."""
    await tx.execute(
        "update presence set state = 'offline', lapsed = false, since = %s where staff_id = %s", [tx.now, staff]
    )
    _tell(tx, staff)


async def see(tx: Tx, staff: UUID) -> bool:
    """Note a heartbeat; whether it brings back somebody who had only lapsed."""
    back = await tx.value(
        """with before as (select lapsed from presence where staff_id = %(staff)s for update)
           update presence set seen_at = %(now)s, lapsed = false,
             state = case when before.lapsed then 'available' else state end,
             since = case when before.lapsed then %(now)s else since end
           from before where staff_id = %(staff)s returning before.lapsed""",
        {"staff": staff, "now": tx.now},
    )
    if back:
        _tell(tx, staff)
    return bool(back)


async def lapse(tx: Tx) -> Sequence[UUID]:
    """Put those away whose desks have been quiet; who."""
    quiet = await tx.values(
        """update presence set state = 'away', lapsed = true, since = %s where staff_id in (
             select staff_id from presence where state = 'available' and seen_at < %s
             order by staff_id for update skip locked)
           returning staff_id""",
        [tx.now, tx.now - LIMITS.fresh],
    )
    for staff in quiet:
        _tell(tx, staff)
    return quiet


def _tell(tx: Tx, staff: UUID) -> None:
    tx.wake(person_topic(staff))
    tx.wake(QUEUE)
