"""What a gift is to whoever got it. Pure."""

from datetime import datetime, timedelta
from uuid import UUID

import msgspec

TRIES = 5  # codes that nobody knows, shown by one person
WITHIN = timedelta(hours=1)


class Gift(msgspec.Struct, frozen=True, kw_only=True):
    """A present and who got it; `number` is for people. Its order is whoever's who gave it."""

    id: UUID
    number: str
    store_id: str
    order_id: UUID
    customer_id: UUID
    redeemed_at: datetime
