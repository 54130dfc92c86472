"""Reading what was granted."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import Actor
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import invisible
from madoguchi.kit.money import Money
from madoguchi.service.goodwill.rules import Given


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """Something that was granted, by whom; `minor` in minor units."""

    minor: int
    currency: str
    reason: str
    given_by: str
    granted_at: datetime

    @property
    def amount(self) -> Money:
        """How much."""
        return Money(self.minor, self.currency)


_COUNTS = "g.state in ('granted', 'given')"


async def given(
    tx: Tx, *, customer_id: UUID, case_id: UUID, giver_id: UUID | None, currency: str, year: datetime, day: datetime
) -> Given:
    """What counts against limits: in the case, to the customer since `year`, by the giver since `day`."""
    return await tx.one(
        Given,
        f"""select coalesce(sum(g.amount) filter (where g.case_id = %(case)s), 0)::bigint as case,
                   coalesce(sum(g.amount) filter (where g.customer_id = %(customer)s and g.granted_at > %(year)s), 0)
                     ::bigint as year,
                   coalesce(sum(g.amount) filter (where g.given_by = %(giver)s and g.granted_at >= %(day)s), 0)
                     ::bigint as today
            from goodwill_grants g
            where {_COUNTS} and g.currency = %(currency)s
              and (g.customer_id = %(customer)s or (g.given_by = %(giver)s and g.granted_at >= %(day)s))""",
        {
            "customer": customer_id,
            "case": case_id,
            "giver": giver_id,
            "currency": currency,
            "year": year,
            "day": day,
        },
    )


async def grants_to(tx: Tx, actor: Actor, customer_id: UUID, currency: str, since: datetime) -> Sequence[Grant]:
    """What a customer was granted in a currency since a moment, the last first; for staff, else invisible."""
    if not actor.is_staff:
        raise invisible()
    return await tx.all(
        Grant,
        f"""select g.amount as minor, g.currency, g.reason, s.name as given_by, g.granted_at
            from goodwill_grants g join staff s on s.id = g.given_by
            where {_COUNTS} and g.customer_id = %s and g.currency = %s and g.granted_at > %s
            order by g.granted_at desc""",
        [customer_id, currency, since],
    )
