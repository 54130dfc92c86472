"""Keeping drafts; never commits."""

from collections.abc import Mapping
from datetime import timedelta
from typing import Any
from uuid import UUID

from psycopg.types.json import Jsonb

from madoguchi.kit.db import Tx

LIFE = timedelta(days=30)


async def keep(tx: Tx, customer_id: UUID, order_id: UUID, action: str, given: Mapping[str, Any]) -> None:
    """What is filled in now, instead of what was before."""
    await tx.execute(
        """insert into drafts (customer_id, order_id, action, given, changed_at) values (%s, %s, %s, %s, %s)
           on conflict (customer_id, order_id, action)
           do update set given = excluded.given, changed_at = excluded.changed_at""",
        [customer_id, order_id, action, Jsonb(dict(given)), tx.now],
    )


async def drop(tx: Tx, customer_id: UUID, order_id: UUID, action: str) -> None:
    """It is done, or not wanted any more."""
    await tx.execute(
        "delete from drafts where customer_id = %s and order_id = %s and action = %s", [customer_id, order_id, action]
    )


async def sweep(tx: Tx, limit: int = 1000) -> int:
    """Forget what nobody went on with; how many."""
    return await tx.execute(
        """delete from drafts where (customer_id, order_id, action) in
             (select customer_id, order_id, action from drafts where changed_at < %s limit %s)""",
        [tx.now - LIFE, limit],
    )
