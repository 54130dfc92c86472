"""The message centre: a copy of everything the shop told the customer."""

from datetime import datetime
from uuid import UUID

from litestar import Response

from madoguchi.front.api import paging
from madoguchi.front.api.routes import KNOWN, Asked, Operation, answer, get, post, query
from madoguchi.front.api.structs import Message, MessageLine, Page, Paging
from madoguchi.front.ui import told
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit.db import Tx
from madoguchi.kit.i18n import Reader
from madoguchi.service.notices import queries, verbs

_TAG = "Messages"


@get("/messages", Operation(tag=_TAG, query=Paging, gives=Page[MessageLine]), KNOWN)
async def show_all(request: Asked, services: Services, visitor: Visitor) -> Response[bytes]:
    """The customer's messages, newest first."""
    wish = query(request, Paging)
    actor = visitor.actor
    before = paging.read(wish.after, tuple[datetime, UUID])

    async def work(tx: Tx) -> Page[MessageLine]:
        assert actor.id
        rows = await queries.messages_of(tx, actor.id, before=before, limit=wish.limit + 1)
        return paging.page(rows, wish.limit, _line, lambda row: (row.created_at, row.id))

    return answer(await services.db.run(actor, work))


@get("/messages/{message_id:uuid}", Operation(tag=_TAG, gives=Message, refuses=("not_found",)), KNOWN)
async def show(services: Services, visitor: Visitor, message_id: UUID) -> Response[bytes]:
    """One message. Looking at it does not mark it as read."""
    actor = visitor.actor
    message = await services.db.run(actor, lambda tx: queries.access_message(tx, actor, message_id))
    return answer(_message(message, visitor.reader))


@post("/messages/{message_id:uuid}/read", Operation(tag=_TAG, status=204, refuses=("not_found",)), KNOWN)
async def read(services: Services, visitor: Visitor, message_id: UUID) -> Response[None]:
    """The customer has read it."""
    actor = visitor.actor
    await services.db.run(actor, lambda tx: verbs.mark_read(tx, actor, message_id))
    return Response(None, status_code=204)


def _line(of: queries.MessageLine) -> MessageLine:
    return MessageLine(
        id=of.id,
        subject=of.subject,
        order=of.order_id,
        chat=of.case_id,
        created_at=of.created_at,
        read_at=of.read_at,
    )


def _message(of: queries.Message, reader: Reader) -> Message:
    return Message(
        id=of.id,
        subject=of.subject,
        text=of.body,
        locale=of.locale,
        slip=told.slip(of.slip, reader) if of.slip else None,
        check_code=of.check_code,
        order=of.order_id,
        chat=of.case_id,
        created_at=of.created_at,
        read_at=of.read_at,
    )


ROUTES = [show_all, show, read]
