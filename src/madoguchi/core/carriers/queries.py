"""Reading our mirror of what carriers tell."""

from collections.abc import Collection, Sequence
from datetime import datetime
from typing import LiteralString
from uuid import UUID

import msgspec

from madoguchi.core.carriers.port import Ability, Instruction, Slot, Tracked
from madoguchi.kit.db import Tx

LIMIT = 200


class Mirrored(msgspec.Struct, frozen=True, kw_only=True):
    """A parcel as its carrier told it last, with what the carrier can be asked, and what of that was possible then."""

    tracked: Tracked
    abilities: frozenset[Ability] = frozenset()
    slots: tuple[Slot, ...] = ()
    pickups: tuple[Slot, ...] = ()
    instructions: tuple[Instruction, ...] = ()


class CarrierParcel(msgspec.Struct, frozen=True):
    """A mirrored parcel, and whose it is."""

    carrier: str
    number: str
    customer_id: UUID
    order_id: UUID | None
    document: Mirrored


class Sent(msgspec.Struct, frozen=True):
    """A parcel that its carrier is to be asked about."""

    carrier: str
    number: str
    customer_id: UUID
    order_id: UUID | None


_PARCEL: LiteralString = "select carrier, number, customer_id, order_id, document from carrier_parcels"


async def parcel(tx: Tx, carrier: str, number: str, *, lock: bool = False) -> CarrierParcel | None:
    """A parcel as its carrier told it last; for whoever may see the order or the return that it belongs to."""
    where: LiteralString = " where carrier = %s and number = %s"
    return await tx.maybe(CarrierParcel, _PARCEL + where + (" for update" if lock else ""), [carrier, number])


async def tracked_on(tx: Tx, order_ids: Sequence[UUID]) -> dict[tuple[str, str], Tracked]:
    """The parcels of these orders as their carriers told them last, by carrier and number."""
    rows = await tx.all(CarrierParcel, _PARCEL + " where order_id = any(%s)", [list(order_ids)])
    return {(row.carrier, row.number): row.document.tracked for row in rows}


async def to_ask_again(tx: Tx, carriers: Collection[str], limit: int = LIMIT) -> Sequence[Sent]:
    """Parcels with these carriers that are to be asked about again, the longest waiting first."""
    return await tx.all(
        Sent,
        """select carrier, number, customer_id, order_id from carrier_parcels
           where ask_at <= %s and carrier = any(%s) order by ask_at limit %s""",
        [tx.now, list(carriers), limit],
    )


async def unknown(tx: Tx, carriers: Collection[str], since: datetime, limit: int = LIMIT) -> Sequence[Sent]:
    """Parcels on their way with these carriers that are not known yet, of orders that we heard of since a moment."""
    return await tx.all(
        Sent,
        """select s ->> 'carrier' as carrier, s ->> 'tracking_number' as number, o.customer_id, o.id as order_id
           from orders o cross join jsonb_array_elements(o.document -> 'shipments') s
           where o.state in ('partly_shipped', 'shipped') and o.synced_at >= %s and s ->> 'delivered_at' is null
             and s ->> 'carrier' = any(%s)
             and (select p.number from carrier_parcels p   -- row by row, where a join would compare all with all
                  where p.carrier = s ->> 'carrier' and p.number = s ->> 'tracking_number') is null
           order by o.synced_at limit %s""",
        [since, list(carriers), limit],
    )


async def cursor(tx: Tx, carrier: str) -> str:
    """How far a carrier's news was read."""
    return str(await tx.value("select cursor from carrier_cursors where carrier = %s", [carrier]) or "")
