"""Reading drafts."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any
from uuid import UUID

import msgspec

from madoguchi.kit.db import Tx


class Draft(msgspec.Struct, frozen=True):
    """What a customer filled in so far for an action on an order."""

    order_id: UUID
    action: str
    given: dict[str, Any]
    changed_at: datetime


_DRAFT = "select order_id, action, given, changed_at from drafts"


async def draft(tx: Tx, customer_id: UUID, order_id: UUID, action: str) -> Draft | None:
    """The draft, if there is one."""
    return await tx.maybe(
        Draft, f"{_DRAFT} where customer_id = %s and order_id = %s and action = %s", [customer_id, order_id, action]
    )


async def drafts_of(tx: Tx, customer_id: UUID, action: str) -> Sequence[Draft]:
    """All drafts of a customer for an action, newest first."""
    return await tx.all(
        Draft, f"{_DRAFT} where customer_id = %s and action = %s order by changed_at desc", [customer_id, action]
    )
