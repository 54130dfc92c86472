"""Noting what a customer is believed. Never commits."""

from uuid import UUID

from madoguchi.kit.db import Tx


async def believe(tx: Tx, about: UUID, customer_id: UUID, amount: int) -> None:
    """A customer is believed in a claim or a return (its id) of this worth, in minor units."""
    await tx.execute(
        "insert into policy_believed (about, customer_id, amount, believed_at) values (%s, %s, %s, %s)",
        [about, customer_id, amount, tx.now],
    )


async def forget(tx: Tx, about: UUID) -> None:
    """It came to nothing, and counts no more; nothing is to forget where it never counted."""
    await tx.execute("delete from policy_believed where about = %s", [about])
