"""Setting credits aside, and booking what became of them. Never commits."""

from uuid import UUID

from madoguchi.core.ledger.credits.rules import CreditState
from madoguchi.kit.db import Tx
from madoguchi.kit.money import Money


async def reserve(tx: Tx, request_id: UUID, customer_id: UUID, amount: Money) -> None:
    """Set a credit aside for a request, once."""
    await tx.execute(
        """insert into ledger_credits (request_id, customer_id, amount, currency, state, reserved_at)
           values (%s, %s, %s, %s, %s, %s)""",
        [request_id, customer_id, amount.amount, amount.currency, CreditState.RESERVED, tx.now],
    )


async def settle(tx: Tx, request_id: UUID, outside_ref: str | None) -> None:
    """The store has issued it, under its own number."""
    await _end(tx, request_id, CreditState.GIVEN, outside_ref)


async def release(tx: Tx, request_id: UUID) -> None:
    """It will not be given; nothing is to release where nothing was set aside."""
    await _end(tx, request_id, CreditState.RELEASED, None)


async def _end(tx: Tx, request_id: UUID, state: CreditState, outside_ref: str | None) -> None:
    await tx.execute(
        """update ledger_credits set state = %s, outside_ref = %s, settled_at = %s
           where request_id = %s and state = 'reserved'""",
        [state, outside_ref, tx.now, request_id],
    )
