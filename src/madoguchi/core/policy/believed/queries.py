"""Counting what a customer was believed."""

from datetime import timedelta
from uuid import UUID

from madoguchi.core.policy.pack import RulePack
from madoguchi.core.policy.questions import History
from madoguchi.kit.db import Tx


async def history(tx: Tx, pack: RulePack, customer_id: UUID) -> History:
    """What a customer was believed within the days of good faith, whichever room did."""
    return await tx.one(
        History,
        """select count(*)::int as claims, coalesce(sum(amount), 0)::bigint as amount from policy_believed
           where customer_id = %s and believed_at >= %s""",
        [customer_id, tx.now - timedelta(days=pack.claims.good_faith.days)],
    )
