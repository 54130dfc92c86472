"""Reading what is to be offered, and what is."""

from collections.abc import Sequence
from datetime import UTC, datetime
from uuid import UUID

import msgspec

from madoguchi.kit.db import Tx
from madoguchi.service.routing.rules import LIMITS


class Place(msgspec.Struct, frozen=True):
    """Where somebody stands in line; lists go on after one."""

    priority: int
    enqueued_at: datetime
    id: UUID


PAGE = 50  # pieces of work looked at together
START = Place(-1, datetime(1, 1, 1, tzinfo=UTC), UUID(int=0))


class Waiting(msgspec.Struct, frozen=True):
    """Work that nobody is being asked to take, and who has just refused it."""

    id: UUID
    priority: int
    enqueued_at: datetime
    language: str
    skills: list[str]
    refused_by: list[UUID]

    @property
    def place(self) -> Place:
        """Where it stands in line."""
        return Place(self.priority, self.enqueued_at, self.id)


class OpenOffer(msgspec.Struct, frozen=True):
    """Who is being asked to take what."""

    item_id: UUID
    staff_id: UUID


async def waiting(tx: Tx, after: Place = START) -> Sequence[Waiting]:
    """The next page of work to be offered, first in line first."""
    return await tx.all(
        Waiting,
        """select i.id, i.priority, i.enqueued_at, i.language, i.skills,
                  array(select o.staff_id from offers o where o.item_id = i.id and o.closed_at > %s
                          and o.outcome in ('declined', 'timed_out')) as refused_by
           from work_items i where i.state = 'waiting' and (i.priority, i.enqueued_at, i.id) > (%s, %s, %s)
           order by i.priority, i.enqueued_at, i.id limit %s""",
        [tx.now - LIMITS.offer_again, after.priority, after.enqueued_at, after.id, PAGE],
    )


async def lock_expired(tx: Tx) -> Sequence[OpenOffer]:
    """Offers whose time is over; their items are locked."""
    return await tx.all(
        OpenOffer,
        """select o.item_id, o.staff_id from offers o join work_items i on i.id = o.item_id
           where o.outcome is null and o.expires_at <= %s order by o.item_id for update of i skip locked""",
        [tx.now],
    )


async def lock_stranded(tx: Tx) -> Sequence[OpenOffer]:
    """What people are being asked to take who take nothing now; the items are locked."""
    return await tx.all(
        OpenOffer,
        """select o.item_id, o.staff_id from offers o join work_items i on i.id = o.item_id
           join presence p on p.staff_id = o.staff_id
           where o.outcome is null and p.state <> 'available' order by o.item_id for update of i skip locked""",
    )
