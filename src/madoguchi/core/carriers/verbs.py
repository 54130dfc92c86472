"""Bringing our mirror of parcels up to date. Never commits and never goes outside."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from madoguchi.core.carriers import queries
from madoguchi.core.carriers.port import Tracked
from madoguchi.core.carriers.queries import Mirrored, Sent
from madoguchi.core.shop.port import TrackingEvent, TrackingState
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused

IN_A_WHILE = timedelta(minutes=10)
SELDOM = timedelta(hours=6)  # at least so often, however long nothing was heard
GIVEN_UP_AFTER = timedelta(days=60)  # of hearing nothing


async def take_in(
    tx: Tx, carrier: str, parcel: Mirrored, *, customer_id: UUID, order_id: UUID | None = None
) -> Sequence[TrackingEvent]:
    """Know a parcel from now on; where it was known, the steps that are new, in the order of time."""
    return await _write(tx, carrier, parcel, customer_id, order_id)


async def unheard_of(tx: Tx, sent: Sent) -> None:
    """The carrier has not got the parcel yet; it is asked again in a while, the seldomer the longer that takes."""
    since = await _expect(tx, sent.carrier, sent.number, sent.customer_id, sent.order_id)
    waited = tx.now - since
    again = tx.now + min(max(waited / 4, IN_A_WHILE), SELDOM)
    await _ask_at(tx, sent.carrier, sent.number, again if waited < GIVEN_UP_AFTER else None)


async def follow(tx: Tx, carrier: str, number: str, *, customer_id: UUID) -> None:
    """A customer sends a parcel on their own way: its carrier, where it is one of ours, is asked about it soon.

    Again is as good as once. Refused("parcel_number_taken") where it is another customer's, or an order's.
    """
    await _expect(tx, carrier, number, customer_id, None)
    known = await queries.parcel(tx, carrier, number)
    if known is None or known.customer_id != customer_id or known.order_id is not None:
        raise Refused("parcel_number_taken", 409, field="number")
    if not known.document.tracked.events:
        await _ask_at(tx, carrier, number, tx.now)


async def forget(tx: Tx, carrier: str, number: str) -> None:
    """Nobody sends a parcel under this number after all."""
    await tx.execute("delete from carrier_parcels where carrier = %s and number = %s", [carrier, number])


async def mirror(tx: Tx, carrier: str, parcel: Mirrored) -> Sequence[TrackingEvent]:
    """Take over what a carrier tells of a parcel that we know; the steps that are new, in the order of time."""
    known = await queries.parcel(tx, carrier, parcel.tracked.number)
    return await _write(tx, carrier, parcel, known.customer_id, known.order_id) if known else ()


async def arranged(tx: Tx, carrier: str, number: str, tracked: Tracked | None) -> None:
    """Take over what a carrier answered about a parcel; what can be asked of it now, the carrier is asked soon."""
    known = await queries.parcel(tx, carrier, number, lock=True)
    if known and tracked:
        await mirror(tx, carrier, msgspec.structs.replace(known.document, tracked=tracked))
    await _ask_at(tx, carrier, number, tx.now)


async def read_until(tx: Tx, carrier: str, cursor: str) -> None:
    """The carrier's news were read until there."""
    await tx.execute(
        """insert into carrier_cursors (carrier, cursor) values (%s, %s)
           on conflict (carrier) do update set cursor = excluded.cursor""",
        [carrier, cursor],
    )


async def _expect(tx: Tx, carrier: str, number: str, customer_id: UUID, order_id: UUID | None) -> datetime:
    """Know of a parcel of which its carrier has not told yet, where it is not known; since when it is."""
    nowhere = Mirrored(tracked=Tracked(number=number, state=TrackingState.PENDING, events=()))
    since = await tx.value(
        """insert into carrier_parcels (carrier, number, customer_id, order_id, document, synced_at)
           values (%s, %s, %s, %s, %s, %s)
           on conflict (carrier, number) do update set number = excluded.number returning synced_at""",
        [carrier, number, customer_id, order_id, Jsonb(msgspec.to_builtins(nowhere)), tx.now],
    )
    assert isinstance(since, datetime)
    return since


async def _ask_at(tx: Tx, carrier: str, number: str, at: datetime | None) -> None:
    await tx.execute("update carrier_parcels set ask_at = %s where carrier = %s and number = %s", [at, carrier, number])


async def _write(
    tx: Tx, carrier: str, parcel: Mirrored, customer_id: UUID, order_id: UUID | None
) -> Sequence[TrackingEvent]:
    number = parcel.tracked.number
    before = await queries.parcel(tx, carrier, number, lock=True)
    known = set(before.document.tracked.events) if before else set()
    if before and len(known) > len(parcel.tracked.events):
        return ()  # it was asked before what we know already
    await tx.execute(
        """insert into carrier_parcels (carrier, number, customer_id, order_id, document, synced_at)
           values (%s, %s, %s, %s, %s, %s)
           on conflict (carrier, number) do update
           set document = excluded.document, synced_at = excluded.synced_at, ask_at = null""",
        [carrier, number, customer_id, order_id, Jsonb(msgspec.to_builtins(parcel)), tx.now],
    )
    if order_id:
        tx.wake(f"order:{order_id}")
    return [event for event in parcel.tracked.events if event not in known] if before else ()
