"""Putting aside, and finding out. Never commits."""

from uuid import UUID

from madoguchi.kit import ids
from madoguchi.kit.db import Tx
from madoguchi.service.returns.rules import Stray


async def put_aside(
    tx: Tx, scanned: str, what: Stray, return_id: UUID | None, *, note: str, place: str, by: UUID | None
) -> None:
    """Keep a parcel for somebody to find out about."""
    await tx.execute(
        """insert into stray_parcels (id, scanned, what, return_id, note, place, found_by, found_at)
           values (%s, %s, %s, %s, %s, %s, %s, %s)""",
        [ids.uuid7(), scanned, what, return_id, note, place, by, tx.now],
    )


async def find_out(tx: Tx, stray_id: UUID, answer: str, by: UUID | None) -> None:
    """Somebody knows what it was. Twice is as good as once."""
    await tx.execute(
        "update stray_parcels set done_by = %s, done_at = %s, answer = %s where id = %s and done_at is null",
        [by, tx.now, answer, stray_id],
    )
