"""Letting a case go: to a colleague or a queue, aside until the customer speaks, or to its end with a record."""

from datetime import date, datetime, time
from typing import Any
from uuid import UUID

from litestar import Response

from madoguchi.core.access.rules import Actor
from madoguchi.front.desk.board import case_url, next_up
from madoguchi.front.desk.given import Record, Transfer
from madoguchi.front.desk.pages import explain
from madoguchi.front.ui.access import STAFF_ONLY, post
from madoguchi.front.ui.forms import Nothing, form
from madoguchi.front.ui.pace import slow_down
from madoguchi.front.ui.page import Asked
from madoguchi.front.ui.replies import done
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.service.routing import queries, verbs


@post("/desk/cases/{case_id:uuid}/transfer", access=STAFF_ONLY)
async def transfer(request: Asked, services: Services, visitor: Visitor, case_id: UUID) -> Response[Any]:
    """Give the case to somebody else."""
    actor = visitor.actor
    wanted = await form(request, Transfer)

    async def work(tx: Tx) -> str:
        if wanted.receiver is None:
            raise Refused("person_not_available", 409)
        await verbs.transfer(tx, actor, case_id, wanted.receiver, wanted.note)
        return await _next(tx, actor)

    try:
        slow_down(services.limits.write, visitor.counted_as)
        on = await services.db.run(actor, work)
    except Refused as refused:
        return await explain(request, services, visitor, case_id, refused, given=wanted)
    return done(request, on)


@post("/desk/cases/{case_id:uuid}/park", access=STAFF_ONLY)
async def park(request: Asked, services: Services, visitor: Visitor, case_id: UUID) -> Response[Any]:
    """Put the case aside until the customer speaks; it stays mine and leaves my hands free."""
    actor = visitor.actor
    await form(request, Nothing)

    async def work(tx: Tx) -> str:
        await verbs.set_aside(tx, actor, case_id)
        return await _next(tx, actor)

    try:
        slow_down(services.limits.write, visitor.counted_as)
        on = await services.db.run(actor, work)
    except Refused as refused:
        return await explain(request, services, visitor, case_id, refused)
    return done(request, on)


@post("/desk/cases/{case_id:uuid}/wrap-up", access=STAFF_ONLY)
async def wrap_up(request: Asked, services: Services, visitor: Visitor, case_id: UUID) -> Response[Any]:
    """Record and end the case; on with the next one."""
    actor = visitor.actor
    record = await form(request, Record)

    async def work(tx: Tx) -> str:
        await verbs.wrap_up(
            tx,
            actor,
            case_id,
            reason=record.reason,
            outcome=record.outcome,
            done=record.done,
            promise=record.promise,
            promise_due=_end_of(record.promise_due, visitor),
        )
        return await _next(tx, actor)

    try:
        slow_down(services.limits.write, visitor.counted_as)
        on = await services.db.run(actor, work)
    except Refused as refused:
        return await explain(request, services, visitor, case_id, refused, given=record)
    return done(request, on)


async def _next(tx: Tx, actor: Actor) -> str:
    """Where to go on: the one of mine who has been waiting longest, else the desk, where the next is offered."""
    following = next_up(await queries.my_cases(tx, actor))
    return case_url(following) if following else "/desk"


def _end_of(day: str, visitor: Visitor) -> datetime | None:
    """The last minute of a day as written in the form, in the reader's zone; None for no day."""
    if not day:
        return None
    try:
        return datetime.combine(date.fromisoformat(day), time(23, 59), visitor.reader.zone)
    except ValueError:
        raise Refused("invalid_form", detail="promise_due") from None
