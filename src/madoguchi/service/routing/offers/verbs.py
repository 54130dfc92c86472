"""Asking people, and hearing their answers. Never commits."""

from uuid import UUID

from madoguchi.kit import ids
from madoguchi.kit.db import Tx
from madoguchi.service.routing import rules
from madoguchi.service.routing.offers import queries
from madoguchi.service.routing.offers.queries import OpenOffer
from madoguchi.service.routing.presence.queries import people_online
from madoguchi.service.routing.rules import LIMITS, QUEUE, OfferOutcome, Person, person_topic


async def offer_next(tx: Tx) -> int:
    """Offer work to everybody who has a hand free, one piece each, first in line first; how many offers.

    What those were asked to take who are gone is taken back first: by whoever deals, since only here nobody else does.
    It must be the last thing of a transaction that locks anything: one deals at a time, and passes over items that
    others hold.
    """
    await tx.execute("select pg_advisory_xact_lock(hashtextextended('routing.offers', 0))")
    for offer in await queries.lock_stranded(tx):
        await _end(tx, offer, OfferOutcome.WITHDRAWN)
    people = [person for person in await people_online(tx) if person.free and not person.offered]
    offered, after = 0, queries.START
    while people and (page := await queries.waiting(tx, after)):
        for item in page:
            person = rules.choose(people, item.language, item.skills, item.refused_by)
            if person and await _offer(tx, item.id, person):
                people.remove(person)
                offered += 1
        after = page[-1].place
    return offered


async def decline(tx: Tx, item_id: UUID, staff: UUID) -> bool:
    """Somebody says no to a locked item; False when they were not being asked (any more)."""
    return await _end(tx, OpenOffer(item_id, staff), OfferOutcome.DECLINED)


async def expire(tx: Tx) -> None:
    """Close the offers whose time is over."""
    for offer in await queries.lock_expired(tx):
        await _end(tx, offer, OfferOutcome.TIMED_OUT)


async def close(tx: Tx, item_id: UUID, accepted_by: UUID | None = None) -> None:
    """Nobody needs to be asked any more to take this locked item."""
    asked = await tx.value(
        """update offers set outcome = case when staff_id = %s then 'accepted' else 'withdrawn' end, closed_at = %s
           where item_id = %s and outcome is null returning staff_id""",
        [accepted_by, tx.now, item_id],
    )
    if asked:
        tx.wake(person_topic(asked))


async def refuse(tx: Tx, item_id: UUID, staff: UUID) -> None:
    """Somebody gives away what they have: it is not offered to them again for a while."""
    await tx.execute(
        """insert into offers (id, item_id, staff_id, offered_at, expires_at, outcome, closed_at)
           values (%s, %s, %s, %s, %s, 'declined', %s)""",
        [ids.uuid7(), item_id, staff, tx.now, tx.now, tx.now],
    )


async def _offer(tx: Tx, item_id: UUID, person: Person) -> bool:
    """Ask one person; False when somebody else holds the item at this moment."""
    free = await tx.execute(
        """update work_items set state = 'offered' where id = (
             select id from work_items where id = %s and state = 'waiting' for update skip locked)""",
        [item_id],
    )
    if not free:
        return False
    await tx.execute(
        "insert into offers (id, item_id, staff_id, offered_at, expires_at) values (%s, %s, %s, %s, %s)",
        [ids.uuid7(), item_id, person.id, tx.now, tx.now + LIMITS.offer_life],
    )
    _tell(tx, person.id)
    return True


async def _end(tx: Tx, offer: OpenOffer, outcome: OfferOutcome) -> bool:
    """Close an open offer whose item is locked; the item waits again. False when it was not open."""
    closed = await tx.execute(
        "update offers set outcome = %s, closed_at = %s where item_id = %s and staff_id = %s and outcome is null",
        [outcome, tx.now, offer.item_id, offer.staff_id],
    )
    if closed:
        await tx.execute("update work_items set state = 'waiting' where id = %s", [offer.item_id])
        _tell(tx, offer.staff_id)
    return bool(closed)


def _tell(tx: Tx, staff: UUID) -> None:
    tx.wake(person_topic(staff))
    tx.wake(QUEUE)
