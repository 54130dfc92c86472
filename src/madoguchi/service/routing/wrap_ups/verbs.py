"""Noting how a conversation ended. Never commits."""

import msgspec

from madoguchi.core.cases.reasons import REASONS
from madoguchi.kit import ids
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.service.routing.wrap_ups.queries import WrapUp


async def record(tx: Tx, wrapped: WrapUp) -> None:
    """Store a wrap-up. Refused: invalid_reason, promise_incomplete, promise_in_the_past."""
    _check(wrapped)
    await tx.execute(
        """insert into wrap_ups (id, item_id, case_id, staff_id, reason, outcome, done, promise, promise_due, at)
           values (%s, %s, %s, %s, %s, %s, %s, %s, %s, %s)""",
        [ids.uuid7(), *msgspec.structs.astuple(wrapped)],
    )


def _check(wrapped: WrapUp) -> None:
    known = REASONS.get(wrapped.reason)
    if known is None or known.conversation:
        raise Refused("invalid_reason")
    if bool(wrapped.promise) != (wrapped.promise_due is not None):
        raise Refused("promise_incomplete")
    if wrapped.promise_due and wrapped.promise_due <= wrapped.at:
        raise Refused("promise_in_the_past")
