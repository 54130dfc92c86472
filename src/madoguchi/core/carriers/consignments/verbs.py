"""Having a parcel announced. Never commits and never goes outside."""

from datetime import datetime
from uuid import UUID

import msgspec
from psycopg.types.json import Jsonb

from madoguchi.core.carriers.consignments.queries import DONE as DONE
from madoguchi.core.carriers.port import CarrierOperation, Consignment, Dispatch
from madoguchi.kit import jobs
from madoguchi.kit.db import Tx

ANNOUNCE = "carriers.announce"
WITHDRAW = "carriers.withdraw"


class Announce(msgspec.Struct, frozen=True):
    """Arguments of the jobs that announce a consignment, and take it back."""

    id: UUID


async def consign(
    tx: Tx,
    id: UUID,
    of: Consignment | Dispatch,
    *,
    customer_id: UUID,
    order_id: UUID,
    send_by: datetime | None = None,
) -> None:
    """A parcel will come back until a moment, or goes out; a carrier is asked soon. Again is as good as once."""
    await tx.execute(
        """insert into carrier_consignments (id, customer_id, order_id, document, send_by) values (%s, %s, %s, %s, %s)
           on conflict (id) do nothing""",
        [id, customer_id, order_id, Jsonb(msgspec.to_builtins(of)), send_by],
    )
    await jobs.enqueue(tx, ANNOUNCE, Announce(id), key=f"{ANNOUNCE}:{id}")


async def announced(tx: Tx, id: UUID, carrier: str, operation: CarrierOperation) -> bool:
    """A carrier has taken it on, under its own number; what was taken back meanwhile, it hears of next.

    Whether that is news.
    """
    gone = await tx.value(
        """update carrier_consignments set carrier = %s, number = %s, paperless = %s, announced_at = %s
           where id = %s and number is null returning withdrawn_at is not null""",
        [carrier, operation.created, operation.paperless, tx.now, id],
    )
    if gone:
        await _enqueue_withdrawal(tx, id)
    return gone is not None


async def withdraw(tx: Tx, id: UUID) -> None:
    """It will not be sent, if it was to be: its carrier is told soon. Again is as good as once."""
    known = await tx.execute(
        "update carrier_consignments set withdrawn_at = %s where id = %s and withdrawn_at is null", [tx.now, id]
    )
    if known:
        await _enqueue_withdrawal(tx, id)


async def withdrawn(tx: Tx, id: UUID, said: str) -> None:
    """What the carrier said to that."""
    await tx.execute("update carrier_consignments set withdrawal = %s where id = %s", [said, id])


async def _enqueue_withdrawal(tx: Tx, id: UUID) -> None:
    await jobs.enqueue(tx, WITHDRAW, Announce(id), key=f"{WITHDRAW}:{id}")


async def refused(tx: Tx, id: UUID, why: str) -> None:
    """No carrier takes it."""
    await tx.execute("update carrier_consignments set refused = %s where id = %s and number is null", [why, id])
