"""Reading our mirror of what carriers tell."""

from collections.abc import Collection, Sequence
from typing import LiteralString
from uuid import UUID

import msgspec

from madoguchi.core.carriers.port import Ability, Instruction, Slot, Tracked
from madoguchi.kit.db import Tx


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


async def to_ask_about(tx: Tx, carriers: Collection[str], limit: int = 200) -> Sequence[Sent]:
    """Parcels with these carriers that are to be asked about again, or that are on their way and not known yet."""
    return await tx.all(
        Sent,
        """(select carrier, number, customer_id, order_id from carrier_parcels
            where ask_at <= %(now)s and carrier = any(%(carriers)s) order by ask_at limit %(limit)s)
           union all
           (select s ->> 'carrier', s ->> 'tracking_number', o.customer_id, o.id
            from orders o cross join jsonb_array_elements(o.document -> 'shipments') s
            where o.state in ('partly_shipped', 'shipped') and s ->> 'delivered_at' is null
              and s ->> 'carrier' = any(%(carriers)s)
              and not exists (select from carrier_parcels p
                              where p.carrier = s ->> 'carrier' and p.number = s ->> 'tracking_number')
            order by o.id limit %(limit)s)""",
        {"carriers": list(carriers), "limit": limit, "now": tx.now},
    )


async def cursor(tx: Tx, carrier: str) -> str:
    """How far a carrier's news was read."""
    return str(await tx.value("select cursor from carrier_cursors where carrier = %s", [carrier]) or "")
