"""The stream of one chat: its ids are the entries' numbers, so a reader resumes where it stood."""

from collections.abc import Mapping
from typing import Any
from uuid import UUID

from litestar import Response

from madoguchi.core.cases import queries
from madoguchi.front.api.routes import Asked, Operation, get, query
from madoguchi.front.api.structs import Catching
from madoguchi.front.ui import stream, told
from madoguchi.front.ui.feeds import Event, Form
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit.errors import Refused

_NAMES = {"append": b"entry"}


@get(
    "/chats/{chat_id:uuid}/events",
    Operation(
        tag="Chats",
        query=Catching,
        gives=told.Entry,
        media="text/event-stream",
        refuses=("not_found", "too_busy", "too_many_streams"),
    ),
)
async def listen(request: Asked, services: Services, visitor: Visitor, chat_id: UUID) -> Response[Any]:
    """Hear what is said, as server-sent events.

    Each `event: entry` has the entry's number as its id and the entry as its data. It begins after `Last-Event-ID`,
    else after `after`, else with the first entry. Of the moment and without an id: `typing` (who, name) and `read`
    (who, seq). A comment every 15 seconds keeps the line open; who does not read is hung up on and resumes.
    """
    actor, after = visitor.actor, _after(request)
    await services.db.run(actor, lambda tx: queries.access_case(tx, actor, chat_id))
    stream.check_room(services)
    form = Form(actor.audience, visitor.lang, str(visitor.reader.zone), "json")
    return await stream.stream(services, visitor, form, {f"case:{chat_id}": after}, _frame)


def _after(request: Asked) -> int:
    last = request.headers.get("last-event-id", "")
    if not last:
        return query(request, Catching).after
    if not (last.isascii() and last.isdigit() and len(last) < 10):
        raise Refused("invalid_query", detail="Last-Event-ID")
    return int(last)


def _frame(event: Event, _: Mapping[str, int]) -> bytes:
    mark = b"id: %d\n" % event.seq if event.seq else b""
    return mark + b"event: " + _NAMES.get(event.name, event.name.encode()) + b"\ndata: " + event.data + b"\n\n"


ROUTES = [listen]
