"""Looking for credits that must never be."""

from collections.abc import Sequence

import msgspec

from madoguchi.kit.db import Tx


class _Breach(msgspec.Struct, frozen=True):
    said: str


async def unsettled(tx: Tx) -> Sequence[str]:
    """Credits that are not as their requests: set aside though it has ended, or given though it was not done."""
    rows = await tx.all(
        _Breach,
        """select r.number as said from ledger_credits c join requests r on r.id = c.request_id
           where (c.state = 'reserved' and r.settled_at is not null)
              or (c.state = 'given') <> (r.state = 'done')
           limit 20""",
    )
    return [row.said for row in rows]
