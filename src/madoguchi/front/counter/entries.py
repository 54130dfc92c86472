"""What a customer says in a chat: words, choices, photos; and of the moment: typing, reading."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response
from litestar.datastructures import UploadFile

from madoguchi.core.cases import queries, verbs
from madoguchi.core.cases.talking.verbs import Written
from madoguchi.front.counter.chats import room_page
from madoguchi.front.counter.page import answered, both, place_of, see_other
from madoguchi.front.ui import photos, talking
from madoguchi.front.ui.access import CUSTOMERS, EVERYONE, get, post
from madoguchi.front.ui.forms import form
from madoguchi.front.ui.pace import slow_down
from madoguchi.front.ui.page import Asked
from madoguchi.front.ui.replies import raise_unshown, wants_json
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused


class Said(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Words or a choice, under an id of the sender's making."""

    client_id: str
    text: str = ""
    choice: str | None = None


class Sent(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A photo, under an id of the sender's making."""

    client_id: str
    file: UploadFile


class Read(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """Up to which entry."""

    seq: int


@post(both("/chat/{case_id:uuid}/entries"), access=CUSTOMERS)
async def say(request: Asked, services: Services, visitor: Visitor, case_id: UUID) -> Response[Any]:
    """Store it, then let the bot have its turn."""
    said = await form(request, Said)
    slow_down(services.limits.write, visitor.counted_as)
    return await _stored(
        request,
        services,
        visitor,
        case_id,
        lambda tx: talking.say(
            tx, visitor.actor, case_id, text=said.text, choice=said.choice, client_id=said.client_id
        ),
        draft=said.text,
    )


@post(both("/chat/{case_id:uuid}/attachments"), access=CUSTOMERS)
async def attach(request: Asked, services: Services, visitor: Visitor, case_id: UUID) -> Response[Any]:
    """Store a photo, decoded and encoded anew."""
    sent = await form(request, Sent)
    slow_down(services.limits.upload, visitor.counted_as)
    await services.db.run(visitor.actor, lambda tx: queries.access_case(tx, visitor.actor, case_id))
    try:
        file = await photos.keep(services, sent.file)
    except Refused as refused:
        return await _refused(request, services, visitor, case_id, refused)
    return await _stored(
        request,
        services,
        visitor,
        case_id,
        lambda tx: talking.attach(tx, visitor.actor, case_id, file, client_id=sent.client_id),
    )


@post(both("/chat/{case_id:uuid}/typing"), access=CUSTOMERS, status_code=204)
async def typing(request: Asked, services: Services, visitor: Visitor, case_id: UUID) -> None:
    """Tell the other side that something is being written."""
    slow_down(services.limits.write, f"typing:{visitor.counted_as}")
    await services.db.run(visitor.actor, lambda tx: queries.access_case(tx, visitor.actor, case_id))
    services.hub.whisper(verbs.topic(case_id), {"who": "customer", "name": visitor.actor.name[:40]})


@post(both("/chat/{case_id:uuid}/read"), access=CUSTOMERS, status_code=204)
async def read(request: Asked, services: Services, visitor: Visitor, case_id: UUID) -> None:
    """Remember how far the customer has read, and tell the other side."""
    mark = await form(request, Read)
    slow_down(services.limits.write, f"read:{visitor.counted_as}")

    async def work(tx: Tx) -> int:
        await verbs.mark_read(tx, visitor.actor, case_id, mark.seq)
        return (await queries.access_case(tx, visitor.actor, case_id)).customer_read_seq

    seq = await services.db.run(visitor.actor, work)
    services.hub.whisper(f"read:{case_id}", {"who": "customer", "seq": seq})


@get("/files/{case_id:uuid}/{seq:int}", access=EVERYONE)
async def file(services: Services, visitor: Visitor, case_id: UUID, seq: int) -> Response[bytes]:
    """A photo of a conversation, for those who may read its entry."""
    return await photos.show_entry(services, visitor.actor, case_id, seq)


@get("/photos/{photo_id:uuid}", access=EVERYONE)
async def photo(services: Services, visitor: Visitor, photo_id: UUID) -> Response[bytes]:
    """A photo that goes with a wish, for whoever showed it and for staff."""
    return await photos.show(services, visitor.actor, photo_id)


async def _stored(
    request: Asked, services: Services, visitor: Visitor, case_id: UUID, work: Any, draft: str = ""
) -> Response[Any]:
    """The answer to something said: its number for scripts, the conversation for everybody else."""
    try:
        written: Written = await services.db.run(visitor.actor, work)
    except Refused as refused:
        return await _refused(request, services, visitor, case_id, refused, draft)
    turn = services.bot_due(case_id) if written.bot_owes else None
    if wants_json(request):
        return Response({"seq": written.seq, "masked": written.masked}, status_code=200)
    if turn:
        await answered(turn)
    notice = "?masked=true" if written.masked else ""
    return see_other(place_of(request).url(f"/chat/{case_id}{notice}"))


async def _refused(
    request: Asked, services: Services, visitor: Visitor, case_id: UUID, refused: Refused, draft: str = ""
) -> Response[Any]:
    """The conversation again, with what was written and why it was not taken."""
    raise_unshown(request, refused)
    return await room_page(request, services, visitor, case_id, draft=draft, refused=refused)
