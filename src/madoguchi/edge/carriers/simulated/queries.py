"""Reading the carriers' books. Everything is asked within one carrier."""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from madoguchi.core.carriers.port import Told
from madoguchi.core.shop.port import TrackingEvent, TrackingState
from madoguchi.edge.carriers.simulated.asked import Asked
from madoguchi.edge.carriers.simulated.rules import Parcel
from madoguchi.kit.db import Tx


class ParcelRow(msgspec.Struct, frozen=True):
    """A parcel, and how many of its steps are in the news."""

    document: Parcel
    told: int


class OperationRow(msgspec.Struct, frozen=True):
    """What was asked for and what became of it."""

    key: str
    arguments: Asked
    number: str
    state: str
    code: str | None


class NewsRow(msgspec.Struct, frozen=True):
    """A step that was told."""

    seq: int
    number: str
    at: datetime
    state: TrackingState
    place: str

    @property
    def told(self) -> Told:
        """As it is told."""
        return Told(self.number, TrackingEvent(self.at, self.state, self.place))


async def parcel(tx: Tx, carrier: str, number: str, *, lock: bool = False) -> ParcelRow | None:
    """A parcel; locked, nobody else can change it until the end of the transaction."""
    query = "select document, told from parcels where carrier = %s and number = %s"
    if lock:
        return await tx.maybe(ParcelRow, query + " for update", [carrier, number])
    return await tx.maybe(ParcelRow, query, [carrier, number])


async def due_parcels(tx: Tx, carrier: str, until: datetime, limit: int) -> Sequence[ParcelRow]:
    """Parcels that have a step to tell, locked."""
    return await tx.all(
        ParcelRow,
        """select document, told from parcels where carrier = %s and tell_at <= %s
           order by tell_at, number limit %s for update""",
        [carrier, until, limit],
    )


async def news(tx: Tx, carrier: str, after: int, limit: int) -> Sequence[NewsRow]:
    """What was told after a number."""
    return await tx.all(
        NewsRow,
        "select seq, number, at, state, place from news where carrier = %s and seq > %s order by seq limit %s",
        [carrier, after, limit],
    )


async def operation(tx: Tx, carrier: str, key: str) -> OperationRow | None:
    """What was asked for under a key."""
    return await tx.maybe(
        OperationRow,
        "select key, arguments, number, state, code from operations where carrier = %s and key = %s",
        [carrier, key],
    )


async def undecided(tx: Tx, carrier: str, now: datetime) -> Sequence[OperationRow]:
    """What is to be decided now, locked, in the order in which it was asked."""
    return await tx.all(
        OperationRow,
        """select key, arguments, number, state, code from operations
           where carrier = %s and state = 'pending' and decide_at <= %s order by made_at, key for update""",
        [carrier, now],
    )


async def changed(tx: Tx, carrier: str, limit: int) -> Sequence[Parcel]:
    """Parcels whose shops have to hear what became of them."""
    rows = await tx.all(
        ParcelRow,
        """select p.document, p.told from changed c join parcels p using (carrier, number)
           where c.carrier = %s order by c.number limit %s""",
        [carrier, limit],
    )
    return [row.document for row in rows]
