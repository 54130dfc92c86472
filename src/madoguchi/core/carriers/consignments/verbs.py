"""Having a parcel announced. Never commits and never goes outside."""

from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from madoguchi.core.carriers.port import CarrierOperation, Consignment
from madoguchi.kit import jobs
from madoguchi.kit.db import Tx

ANNOUNCE = "carriers.announce"


class Announce(msgspec.Struct, frozen=True):
    """Arguments of the job that announces a consignment."""

    id: UUID


async def consign(tx: Tx, id: UUID, of: Consignment, *, customer_id: UUID, order_id: UUID) -> None:
    """A parcel will come back; a carrier is told soon. Again is as good as once."""
    await tx.execute(
        """insert into carrier_consignments (id, customer_id, order_id, document) values (%s, %s, %s, %s)
           on conflict (id) do nothing""",
        [id, customer_id, order_id, Jsonb(msgspec.to_builtins(of))],
    )
    await jobs.enqueue(tx, ANNOUNCE, Announce(id), key=f"{ANNOUNCE}:{id}")


async def announced(tx: Tx, id: UUID, carrier: str, operation: CarrierOperation) -> None:
    """A carrier has taken it, under its own number."""
    await tx.execute(
        """update carrier_consignments set carrier = %s, number = %s, paperless = %s, announced_at = %s
           where id = %s and number is null""",
        [carrier, operation.created, operation.paperless, tx.now, id],
    )


async def refused(tx: Tx, id: UUID, why: str) -> None:
    """No carrier takes it."""
    await tx.execute("update carrier_consignments set refused = %s where id = %s and number is null", [why, id])
