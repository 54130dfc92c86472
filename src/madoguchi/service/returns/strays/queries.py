"""Reading what was put aside."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from madoguchi.kit.db import Tx
from madoguchi.service.returns.rules import Stray


class StrayParcel(msgspec.Struct, frozen=True, kw_only=True):
    """A parcel that was put aside."""

    id: UUID
    scanned: str
    what: Stray
    return_id: UUID | None
    note: str
    place: str
    found_at: datetime


async def open_ones(tx: Tx, limit: int = 50) -> Sequence[StrayParcel]:
    """Those of which nobody knows yet what they are, the longest waiting first."""
    return await tx.all(
        StrayParcel,
        """select id, scanned, what, return_id, note, place, found_at from stray_parcels
           where done_at is null order by found_at limit %s""",
        [limit],
    )
