"""Looking for credits that must never be."""

from collections.abc import Sequence

from madoguchi.kit.db import Tx


async def unsettled(tx: Tx) -> Sequence[str]:
    """Credits that are not as their requests: set aside though it has ended, or given though it was not done."""
    return await tx.values(
        """select r.number from ledger_credits c join requests r on r.id = c.request_id
           where (c.state = 'reserved' and r.settled_at is not null)
              or (c.state = 'given') <> (r.state = 'done')
           limit 20""",
    )
