"""Until when money must have been sent: by the shop's rules, and by the law of the consumer's country."""

from collections.abc import Sequence
from datetime import datetime, timedelta

from madoguchi.core.policy.floors import lawful
from madoguchi.core.policy.pack import RulePack
from madoguchi.core.policy.queries import rules_of
from madoguchi.kit.db import Tx
from madoguchi.service.refunds.queries import Unsent, unsent


async def overdue(tx: Tx) -> Sequence[str]:
    """Refunds that should have gone by now, the oldest first. Those that wait for a customer's account are not ours."""
    waiting = await unsent(tx)
    packs = {store_id: await rules_of(tx, store_id) for store_id in {one.store_id for one in waiting}}
    late = [one for one in waiting if send_until(packs[one.store_id], one) < tx.now]
    return [f"{one.number}, owed since {one.owed_at:%Y-%m-%d}" for one in late]


def send_until(pack: RulePack, refund: Unsent) -> datetime:
    """When it must have been sent: the rules' days, or the law's where they are fewer."""
    bettered, _ = lawful(pack, refund.country, refund.owed_at.date())
    return refund.owed_at + timedelta(days=bettered.refunds.within_days)
