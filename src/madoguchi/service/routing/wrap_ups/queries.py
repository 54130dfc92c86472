"""Reading wrap-ups."""

from collections.abc import Sequence
from datetime import datetime
from uuid import UUID

import msgspec

from madoguchi.core.access.rules import Actor, Audience
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import invisible
from madoguchi.service.routing.rules import Outcome


class WrapUp(msgspec.Struct, frozen=True):
    """What it was about, what came of it, what was done, and what is promised until when ("" and None: nothing)."""

    item_id: UUID
    case_id: UUID
    staff_id: UUID
    reason: str
    outcome: Outcome
    done: str
    promise: str
    promise_due: datetime | None
    at: datetime


class Promise(msgspec.Struct, frozen=True):
    """What somebody (`by`) promised a customer, and until when."""

    case_id: UUID
    number: str
    text: str
    due: datetime
    by: str


_WRAP_UP = "item_id, case_id, staff_id, reason, outcome, done, promise, promise_due, at"


async def wrap_up_of(tx: Tx, item_id: UUID) -> WrapUp | None:
    """How an item was wrapped up."""
    return await tx.maybe(WrapUp, f"select {_WRAP_UP} from wrap_ups where item_id = %s", [item_id])


async def wrap_ups(tx: Tx, case_id: UUID) -> Sequence[WrapUp]:
    """What was noted at the ends of a case that the actor has been found to see, oldest first."""
    return await tx.all(WrapUp, f"select {_WRAP_UP} from wrap_ups where case_id = %s order by id", [case_id])


async def promises_to(tx: Tx, actor: Actor, customer_id: UUID, limit: int = 10) -> Sequence[Promise]:
    """What the customer was promised, the newest case first; for the customer and for staff."""
    if actor.audience is not Audience.STAFF and actor.id != customer_id:
        raise invisible()
    return await tx.all(
        Promise,
        """select c.id as case_id, c.number, w.promise as text, w.promise_due as due, staff_name(w.staff_id) as by
           from cases c join wrap_ups w on w.case_id = c.id
           where c.customer_id = %s and w.promise_due is not null order by c.id desc, w.id desc limit %s""",
        [customer_id, limit],
    )
