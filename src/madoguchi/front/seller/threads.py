"""Questions by deadline, one thread with its customer by alias, and answers."""

from typing import Annotated, Any
from uuid import UUID

import msgspec
from litestar import Response
from litestar.datastructures import UploadFile

from madoguchi.core.threads import queries, verbs
from madoguchi.front.seller import views
from madoguchi.front.seller.views import Row, ThreadView
from madoguchi.front.ui import photos
from madoguchi.front.ui.access import SELLERS, get, post
from madoguchi.front.ui.forms import form
from madoguchi.front.ui.pace import slow_down
from madoguchi.front.ui.page import Asked, page
from madoguchi.front.ui.replies import done, raise_unshown
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit import ids
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused

_ON_A_PAGE = 20


class Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """An answer, under an id of the sender's making."""

    client_id: str
    text: Annotated[str, msgspec.Meta(max_length=20_000)]


class Photo(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A photo, under an id of the sender's making."""

    client_id: str
    file: UploadFile


@get("/seller", access=SELLERS)
async def show_waiting(services: Services, visitor: Visitor) -> Response[Any]:
    """What waits for an answer, the most urgent first."""
    return await _waiting(services, visitor)


@get("/seller/panels/waiting", access=SELLERS, by_itself=True)
async def waiting_again(services: Services, visitor: Visitor) -> Response[Any]:
    """The same, read again when something is new."""
    return await _waiting(services, visitor)


async def _waiting(services: Services, visitor: Visitor) -> Response[Any]:
    async def work(tx: Tx) -> list[Row]:
        return [views.row(line, tx.now, visitor.reader) for line in await queries.waiting(tx, visitor.actor)]

    rows = await services.db.run(visitor.actor, work)
    return page(services, visitor, "seller/threads.html", "/seller", rows=rows, here="waiting", older="", newer="")


@get("/seller/answered", access=SELLERS)
async def show_answered(services: Services, visitor: Visitor, before: UUID | None = None) -> Response[Any]:
    """What was answered or has ended, the newest first, a page at a time."""

    async def work(tx: Tx) -> tuple[list[Row], UUID | None]:
        found = await queries.answered(tx, visitor.actor, before=before, limit=_ON_A_PAGE + 1)
        shown = found[:_ON_A_PAGE]
        more = shown[-1].case_id if len(found) > _ON_A_PAGE else None
        return [views.row(line, tx.now, visitor.reader) for line in shown], more

    rows, more = await services.db.run(visitor.actor, work)
    here = "/seller/answered"
    older, newer = f"{here}?before={more}" if more else "", here if before else ""
    return page(services, visitor, "seller/threads.html", here, rows=rows, here="answered", older=older, newer=newer)


@get("/seller/threads/{case_id:uuid}", access=SELLERS)
async def show_thread(services: Services, visitor: Visitor, case_id: UUID) -> Response[Any]:
    """One thread."""
    return await _page(services, visitor, case_id)


@get("/seller/panels/threads/{case_id:uuid}", access=SELLERS, by_itself=True)
async def thread_again(services: Services, visitor: Visitor, case_id: UUID) -> Response[Any]:
    """The same, read again when something is new."""
    return await _page(services, visitor, case_id)


@post("/seller/threads/{case_id:uuid}/entries", access=SELLERS)
async def answer(request: Asked, services: Services, visitor: Visitor, case_id: UUID) -> Response[Any]:
    """Answer the customer; contact details are left out of what the customer reads."""
    words = await form(request, Words)
    try:
        slow_down(services.limits.write, visitor.counted_as)
        written = await services.db.run(
            visitor.actor, lambda tx: verbs.write(tx, visitor.actor, case_id, words.text, client_id=words.client_id)
        )
    except Refused as refused:
        return await _explain(request, services, visitor, case_id, refused, draft=words.text)
    return done(request, views.thread_url(case_id), seq=written.seq, masked=written.masked)


@post("/seller/threads/{case_id:uuid}/attachments", access=SELLERS)
async def attach(request: Asked, services: Services, visitor: Visitor, case_id: UUID) -> Response[Any]:
    """Send a photo, decoded and encoded anew."""
    sent = await form(request, Photo)
    try:
        slow_down(services.limits.upload, visitor.counted_as)
        await services.db.run(visitor.actor, lambda tx: queries.access_thread(tx, visitor.actor, case_id))
        file = await photos.keep(services, sent.file)
        written = await services.db.run(
            visitor.actor, lambda tx: verbs.show(tx, visitor.actor, case_id, file, client_id=sent.client_id)
        )
    except Refused as refused:
        return await _explain(request, services, visitor, case_id, refused)
    return done(request, views.thread_url(case_id), seq=written.seq)


@get("/seller/threads/{case_id:uuid}/photos/{seq:int}", access=SELLERS)
async def photo(services: Services, visitor: Visitor, case_id: UUID, seq: int) -> Response[bytes]:
    """A photo of the thread."""
    held = await services.db.run(visitor.actor, lambda tx: queries.photo(tx, visitor.actor, case_id, seq))
    return await photos.send(services, held)


async def _explain(
    request: Asked, services: Services, visitor: Visitor, case_id: UUID, refused: Refused, draft: str = ""
) -> Response[Any]:
    """The thread again with what was refused and what was typed; nothing of a thread that is not theirs."""
    raise_unshown(request, refused)
    return await _page(services, visitor, case_id, refused=refused, draft=draft)


async def _page(
    services: Services, visitor: Visitor, case_id: UUID, *, refused: Refused | None = None, draft: str = ""
) -> Response[Any]:
    async def work(tx: Tx) -> ThreadView:
        thread = await queries.access_thread(tx, visitor.actor, case_id)
        question = await queries.last_question(tx, case_id)
        assert question, "a thread begins with one"
        return views.thread_view(
            thread,
            question,
            await queries.goods(tx, thread),
            await queries.said(tx, thread),
            tx.now,
            visitor.reader,
            closed=await queries.is_closed(tx, thread),
        )

    found = await services.db.run(visitor.actor, work)
    return page(
        services,
        visitor,
        "seller/thread.html",
        found.url,
        refused=refused,
        thread=found,
        draft=draft,
        client_id=str(ids.uuid7()),
        max_bytes=services.settings.upload_limit,
    )
