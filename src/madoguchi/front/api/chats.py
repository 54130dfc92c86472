"""Chats: opening them, saying something, reading and hearing what is said."""

from uuid import UUID

import msgspec
from litestar import Response
from litestar.datastructures import UploadFile

from madoguchi.core.access.rules import Actor
from madoguchi.core.actions import verbs as actions
from madoguchi.core.cases import queries, verbs
from madoguchi.core.cases.queries import Case
from madoguchi.core.cases.rules import Channel
from madoguchi.core.shop.queries import access_order, order_by_ref
from madoguchi.front.api.routes import Asked, Operation, answer, body, get, post, query
from madoguchi.front.api.structs import Catching, Chat, NewChat, NewEntry, Page, ReadUpTo, Stored, Upload
from madoguchi.front.ui import photos, talking, told
from madoguchi.front.ui.forms import form
from madoguchi.front.ui.pace import open_slowly, slow_down
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused

_TAG = "Chats"
_SAYING = ("not_found", "case_closed", "thread_closed", "client_id_reused", "too_fast")


class _Photo(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    client_id: str
    file: UploadFile


@post(
    "/chats",
    Operation(
        tag=_TAG,
        takes=NewChat,
        gives=Chat,
        status=201,
        refuses=("unknown_order", "client_id_reused", "too_many_chats", "too_fast"),
    ),
)
async def begin(request: Asked, services: Services, visitor: Visitor) -> Response[bytes]:
    """Open a chat; the bot answers first.

    The same `client_id` gives the same chat. With `order`, the bot begins with that order.
    """
    wish = await body(request, NewChat)
    open_slowly(services.limits, visitor)
    actor = await visitor.known(services.db)
    case = await services.db.run(actor, lambda tx: _opened(tx, actor, wish))
    services.bot_due(case.id)
    return answer(chat(case), 201)


@get("/chats/{chat_id:uuid}", Operation(tag=_TAG, gives=Chat, refuses=("not_found",)))
async def show(services: Services, visitor: Visitor, chat_id: UUID) -> Response[bytes]:
    """How a chat stands."""
    actor = visitor.actor
    return answer(chat(await services.db.run(actor, lambda tx: queries.access_case(tx, actor, chat_id))))


@post(
    "/chats/{chat_id:uuid}/entries",
    Operation(
        tag=_TAG,
        takes=NewEntry,
        gives=Stored,
        status=201,
        refuses=(*_SAYING, "empty_message", "text_or_choice", "message_too_long", "unknown_choice"),
    ),
)
async def say(request: Asked, services: Services, visitor: Visitor, chat_id: UUID) -> Response[bytes]:
    """Say something, or pick an option.

    The answer comes after it is stored for good. The same `client_id` with the same body gives the first answer;
    with another body it is refused.
    """
    said = await body(request, NewEntry)
    slow_down(services.limits.write, visitor.counted_as)
    actor = visitor.actor
    written = await services.db.run(
        actor,
        lambda tx: talking.say(tx, actor, chat_id, text=said.text, choice=said.choice, client_id=said.client_id),
    )
    if written.bot_owes:
        services.bot_due(chat_id)
    return answer(Stored(written.seq, written.masked), 201)


@get(
    "/chats/{chat_id:uuid}/entries",
    Operation(tag=_TAG, query=Catching, gives=Page[told.Entry], refuses=("not_found",)),
)
async def entries(request: Asked, services: Services, visitor: Visitor, chat_id: UUID) -> Response[bytes]:
    """What was said after a number, oldest first.

    Catching up is asking with `after` = the last number seen; numbers may have holes.
    """
    wish = query(request, Catching)
    actor, reader = visitor.actor, visitor.reader

    async def work(tx: Tx) -> Page[told.Entry]:
        await queries.access_case(tx, actor, chat_id)
        found = await queries.entries(tx, chat_id, actor.audience, after=wish.after, limit=wish.limit + 1)
        shown = found[: wish.limit]
        return Page(
            [told.entry(entry, reader) for entry in shown], str(shown[-1].seq) if len(found) > wish.limit else None
        )

    return answer(await services.db.run(actor, work))


@post(
    "/chats/{chat_id:uuid}/attachments",
    Operation(tag=_TAG, takes=Upload, gives=Stored, status=201, refuses=(*_SAYING, "not_a_photo", "too_large")),
    upload=True,
)
async def attach(request: Asked, services: Services, visitor: Visitor, chat_id: UUID) -> Response[bytes]:
    """Send a photo (multipart/form-data).

    It is decoded and encoded anew, so nothing hides in it, and where it was taken is forgotten.
    """
    sent = await form(request, _Photo)
    slow_down(services.limits.upload, visitor.counted_as)
    actor = visitor.actor
    await services.db.run(actor, lambda tx: queries.access_case(tx, actor, chat_id))
    file = await photos.keep(services, sent.file)
    written = await services.db.run(
        actor, lambda tx: talking.attach(tx, actor, chat_id, file, client_id=sent.client_id)
    )
    if written.bot_owes:
        services.bot_due(chat_id)
    return answer(Stored(written.seq, written.masked), 201)


@get(
    "/chats/{chat_id:uuid}/entries/{seq:int}/file",
    Operation(tag=_TAG, gives=bytes, media="image/jpeg", refuses=("not_found",)),
)
async def file(services: Services, visitor: Visitor, chat_id: UUID, seq: int) -> Response[bytes]:
    """The photo of an entry."""
    return await photos.show_entry(services, visitor.actor, chat_id, seq)


@post("/chats/{chat_id:uuid}/typing", Operation(tag=_TAG, status=204, refuses=("not_found",)))
async def typing(services: Services, visitor: Visitor, chat_id: UUID) -> Response[None]:
    """Tell the other side that something is being written.

    It is worth repeating every few seconds while it lasts.
    """
    slow_down(services.limits.write, visitor.counted_as)
    actor = visitor.actor
    await services.db.run(actor, lambda tx: queries.access_case(tx, actor, chat_id))
    services.hub.whisper(verbs.topic(chat_id), {"who": "customer", "name": actor.name[:40]})
    return Response(None, status_code=204)


@post("/chats/{chat_id:uuid}/read", Operation(tag=_TAG, takes=ReadUpTo, status=204, refuses=("not_found",)))
async def read(request: Asked, services: Services, visitor: Visitor, chat_id: UUID) -> Response[None]:
    """Remember how far the customer has read, and tell the other side."""
    mark = await body(request, ReadUpTo)
    slow_down(services.limits.write, visitor.counted_as)
    actor = visitor.actor
    await services.db.run(actor, lambda tx: verbs.mark_read(tx, actor, chat_id, mark.seq))
    services.hub.whisper(f"read:{chat_id}", {"who": "customer", "seq": mark.seq})
    return Response(None, status_code=204)


@get("/chats/{chat_id:uuid}/ticket", Operation(tag=_TAG, gives=told.Ticket, refuses=("not_found",)))
async def ticket(services: Services, visitor: Visitor, chat_id: UUID) -> Response[bytes]:
    """The place in line for a person, and the wait."""
    actor = visitor.actor
    card = await services.db.run(
        actor, lambda tx: actions.run(tx, services.catalogue, actor, "service.wait", {"case_id": str(chat_id)})
    )
    return answer(told.card(card, visitor.reader))


def chat(case: Case) -> Chat:
    """A case as a chat."""
    return Chat(
        id=case.id,
        number=case.number,
        state=case.state,
        reason=case.reason,
        order=case.order_id,
        last_seq=case.last_seq,
        customer_read_seq=case.customer_read_seq,
        staff_read_seq=case.staff_read_seq,
        opened_at=case.opened_at,
        closed_at=case.closed_at,
    )


async def _opened(tx: Tx, actor: Actor, wish: NewChat) -> Case:
    order_id = await _order(tx, actor, wish.order) if wish.order else None
    assert actor.id
    assert actor.store_id
    case_id = await verbs.open_case(
        tx,
        actor,
        store_id=actor.store_id,
        customer_id=actor.id,
        channel=Channel.API,
        client_id=wish.client_id,
        order_id=order_id,
    )
    case = await queries.access_case(tx, actor, case_id)
    if order_id and case.order_id != order_id:
        raise Refused("client_id_reused")
    return case


async def _order(tx: Tx, actor: Actor, wish: str) -> UUID:
    """The customer's own order by its id or number; what belongs to others is as unknown as what does not exist."""
    assert actor.id
    try:
        return (await access_order(tx, actor, UUID(wish))).id
    except ValueError:
        if order := await order_by_ref(tx, actor, actor.id, wish):
            return order.id
    except Refused as refused:
        raise Refused("unknown_order") from refused
    raise Refused("unknown_order")


ROUTES = [begin, show, say, entries, attach, file, typing, read, ticket]
