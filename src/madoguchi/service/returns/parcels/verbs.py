"""What becomes of a return by what is told of its parcels. Never commits."""

import logging
from datetime import datetime
from uuid import UUID

from psycopg import errors

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.carriers.consignments.queries import dispatch_numbered
from madoguchi.core.shop.port import TrackingState
from madoguchi.kit import ids
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.service.returns import clocks, queries, telling, verbs
from madoguchi.service.returns.queries import Parcel, Return
from madoguchi.service.returns.rules import Doubt, Reception

_MOVING = frozenset(
    {
        TrackingState.IN_TRANSIT,
        TrackingState.OUT_FOR_DELIVERY,
        TrackingState.ATTEMPT_FAILED,
        TrackingState.AVAILABLE_FOR_PICKUP,
        TrackingState.DELIVERED,
    }
)

log = logging.getLogger(__name__)


async def announced(tx: Tx, return_id: UUID, carrier: str, number: str) -> None:
    """A carrier knows of the parcel under a number; again is as good as once. Refused("parcel_number_taken")."""
    try:
        async with tx.savepoint():
            await tx.execute(
                """insert into return_parcels (id, return_id, carrier, number, state, told_at)
                   values (%s, %s, %s, %s, %s, %s)""",
                [ids.uuid7(), return_id, carrier, number, TrackingState.INFO_RECEIVED, tx.now],
            )
    except errors.UniqueViolation:
        if all(known.return_id != return_id for known in await queries.parcels_numbered(tx, carrier, number)):
            raise Refused("parcel_number_taken", 409) from None
    tx.wake(queries.subject_of(return_id))  # its page waits for the carrier's code


async def told(tx: Tx, of: Return, carrier: str, number: str) -> None:
    """Whoever sends a (locked) return told its parcel's number, in place of what they told before."""
    await tx.execute(
        """insert into return_parcels (id, return_id, carrier, number, state, told_at, told)
           values (%(id)s, %(of)s, %(carrier)s, %(number)s, %(state)s, %(since)s, true)
           on conflict (return_id) where told do update
           set carrier = excluded.carrier, number = excluded.number, state = excluded.state, scanned_at = null,
             told_at = excluded.told_at""",
        {
            "id": ids.uuid7(),
            "of": of.id,
            "carrier": carrier,
            "number": number,
            "state": TrackingState.PENDING,
            "since": of.agreed_at,
        },
    )
    units = await queries.units_of(tx, of.id, lock=True)
    await verbs.move(tx, [unit for unit in units if unit.reception is Reception.IN_TRANSIT], Reception.AWAITING)
    await verbs.refold(tx, of.id)


async def untold(tx: Tx, of: Return, until: datetime) -> None:
    """What whoever sends a (locked) return told of its parcel is wrong: the goods are waited for, at least so long."""
    await tx.execute("delete from return_parcels where return_id = %s and told", [of.id])
    await tx.execute("update returns set send_until = greatest(send_until, %s) where id = %s", [until, of.id])
    units = await queries.units_of(tx, of.id, lock=True)
    await verbs.move(tx, [unit for unit in units if unit.reception is Reception.IN_TRANSIT], Reception.AWAITING)
    await verbs.refold(tx, of.id)


async def tracked(tx: Tx, carrier: str, number: str, state: TrackingState, at: datetime) -> bool:
    """A carrier's news of a parcel, in any order and any number of times; False where it is none of ours."""
    known = await queries.parcels_numbered(tx, carrier, number)
    for parcel in known:
        await _moved(tx, parcel, state, at)
    return bool(known) or await _goes_on(tx, carrier, number)


async def _moved(tx: Tx, known: Parcel, state: TrackingState, at: datetime) -> None:
    of = await queries.access_return(tx, SYSTEM, known.return_id, lock=True)
    if of.agreed_at is None or (known.told and at < of.agreed_at):
        return  # what went before there was anything to send is something else
    scanned = at if state in _MOVING else None
    await tx.execute(
        """update return_parcels set scanned_at = least(scanned_at, %s), state = case when told_at <= %s then %s
             else state end, told_at = greatest(told_at, %s) where id = %s""",
        [scanned, at, state, at, known.id],
    )
    went_back = known.state == TrackingState.RETURNED_TO_SENDER and at <= known.told_at
    if not went_back:  # the newest step wins
        await _follow(tx, known, state, at)
        if scanned:
            await _sent_in_time(tx, known.return_id, scanned)
    await verbs.refold(tx, known.return_id)


async def _goes_on(tx: Tx, carrier: str, number: str) -> bool:
    """What goes back to a customer has moved: who follows it looks again; False where it is none of ours."""
    going = await dispatch_numbered(tx, carrier, number)
    if going is None:
        return False
    tx.wake(queries.subject_of(await queries.return_sent_back(tx, going)))
    return True


async def _follow(tx: Tx, parcel: Parcel, state: TrackingState, at: datetime) -> None:
    units = await queries.units_of(tx, parcel.return_id, lock=True)
    if state in _MOVING:
        await verbs.move(tx, [unit for unit in units if unit.reception is Reception.AWAITING], Reception.IN_TRANSIT)
    elif state is TrackingState.RETURNED_TO_SENDER and at >= parcel.told_at:
        await verbs.move(tx, [unit for unit in units if unit.reception is Reception.IN_TRANSIT], Reception.AWAITING)
        if parcel.state != state and any(unit.reception is Reception.LOST for unit in units):
            of = await queries.access_return(tx, SYSTEM, parcel.return_id)
            await verbs.doubt(tx, of, Doubt.WENT_BACK)
            await telling.tell(tx, of, "return_went_back")


async def _sent_in_time(tx: Tx, return_id: UUID, scanned: datetime) -> None:
    """What had expired was on its way before; it stays called off where something else was done with it."""
    of = await queries.access_return(tx, SYSTEM, return_id)
    expired = [one for one in await queries.units_of(tx, return_id, lock=True) if one.reception is Reception.EXPIRED]
    if not expired or scanned > await clocks.ends_at(tx, of):
        return
    try:
        await verbs.take_up_again(tx, of, expired)
        await verbs.move(tx, expired, Reception.IN_TRANSIT)
    except Refused as refused:
        log.info("return %s was sent in time and stays called off: %s", return_id, refused.code)
