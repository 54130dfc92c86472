"""Writing in a case: words to the customer, notes among staff, photos, and the marks of typing and reading."""

from typing import Any
from uuid import UUID

import msgspec
from litestar import Response
from litestar.datastructures import UploadFile

from madoguchi.core.access.rules import Actor, Audience
from madoguchi.core.cases import queries as cases
from madoguchi.core.cases.queries import Case, access_case
from madoguchi.core.cases.rules import Author, Kind
from madoguchi.core.cases.talking.verbs import Written, say
from madoguchi.core.cases.talking.verbs import attach as store_file
from madoguchi.core.cases.verbs import mark_read
from madoguchi.core.shop.queries import access_order
from madoguchi.front.desk.board import case_url
from madoguchi.front.desk.checks import About, Check, checks
from madoguchi.front.desk.given import Seq, Words
from madoguchi.front.desk.pages import explain, show
from madoguchi.front.ui import photos
from madoguchi.front.ui.access import STAFF_ONLY, post
from madoguchi.front.ui.forms import Nothing, form
from madoguchi.front.ui.pace import slow_down
from madoguchi.front.ui.page import Asked
from madoguchi.front.ui.problems import problem
from madoguchi.front.ui.replies import done, wants_json
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.service.routing.rules import person_topic, staff_id


class Photo(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A photo, under an id of the sender's making."""

    client_id: str
    file: UploadFile


class Read(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """How far the conversation was seen."""

    seq: Seq


class Doubtful(Exception):  # noqa: N818 - a question, not a failure
    """The message was not sent: the writer should look again first."""

    def __init__(self, found: tuple[Check, ...]) -> None:
        super().__init__(*found)
        self.found = found


@post("/desk/cases/{case_id:uuid}/entries", access=STAFF_ONLY)
async def write(request: Asked, services: Services, visitor: Visitor, case_id: UUID) -> Response[Any]:
    """Store what was written, unless it is worth a second look; then the page (or the script) asks."""
    actor = visitor.actor
    words = await form(request, Words)
    try:
        slow_down(services.limits.write, visitor.counted_as)
        written = await services.db.run(actor, lambda tx: _write(tx, actor, case_id, words))
    except Doubtful as doubtful:
        if wants_json(request):
            return _ask(doubtful, visitor, request.url.path)
        return await show(services, visitor, case_id, given=words, doubts=doubtful.found)
    except Refused as refused:
        return await explain(request, services, visitor, case_id, refused, given=words)
    return done(request, case_url(case_id), seq=written.seq, masked=written.masked)


@post("/desk/cases/{case_id:uuid}/attachments", access=STAFF_ONLY)
async def attach(request: Asked, services: Services, visitor: Visitor, case_id: UUID) -> Response[Any]:
    """Send a photo, decoded and encoded anew."""
    actor = visitor.actor
    sent = await form(request, Photo)
    try:
        slow_down(services.limits.upload, visitor.counted_as)
        await services.db.run(actor, lambda tx: access_case(tx, actor, case_id))
        file = await photos.keep(services, sent.file)
        written = await services.db.run(
            actor, lambda tx: store_file(tx, actor, case_id, file, client_id=sent.client_id)
        )
    except Refused as refused:
        return await explain(request, services, visitor, case_id, refused)
    return done(request, case_url(case_id), seq=written.seq)


@post("/desk/cases/{case_id:uuid}/typing", access=STAFF_ONLY)
async def typing(request: Asked, services: Services, visitor: Visitor, case_id: UUID) -> Response[Any]:
    """Tell the customer that somebody is writing; only whoever has the case is told of."""
    await form(request, Nothing)
    actor = visitor.actor
    case = await services.db.run(actor, lambda tx: access_case(tx, actor, case_id))
    if case.assigned_to == actor.id:
        services.hub.whisper(f"case:{case_id}", {"who": "associate", "name": actor.name[:30]})
    return done(request, case_url(case_id))


@post("/desk/cases/{case_id:uuid}/read", access=STAFF_ONLY, by_itself=True)
async def read(request: Asked, services: Services, visitor: Visitor, case_id: UUID) -> Response[Any]:
    """Whoever has the case has seen it so far."""
    actor = visitor.actor
    mark = await form(request, Read)

    async def work(tx: Tx) -> Case:
        await mark_read(tx, actor, case_id, mark.seq)
        tx.wake(person_topic(staff_id(actor)))  # the count beside the row
        return await access_case(tx, actor, case_id)

    case = await services.db.run(actor, work)
    if case.assigned_to == actor.id:
        services.hub.whisper(f"read:{case_id}", {"who": "associate", "seq": case.staff_read_seq})
    return done(request, case_url(case_id))


async def _write(tx: Tx, actor: Actor, case_id: UUID, words: Words) -> Written:
    case = await access_case(tx, actor, case_id)
    found = () if words.note else await _doubts(tx, actor, case, words)
    written = await say(tx, actor, case_id, text=words.text, client_id=words.client_id, note=words.note)
    open_ones = tuple(check for check in found if check not in words.checked.split())
    if open_ones and not written.repeated:
        raise Doubtful(open_ones)  # and nothing was written
    await mark_read(tx, actor, case_id, words.seen)
    return written


async def _doubts(tx: Tx, actor: Actor, case: Case, words: Words) -> tuple[Check, ...]:
    order = await access_order(tx, actor, case.order_id) if case.order_id else None
    since = await cases.entries(tx, case.id, Audience.CUSTOMER, after=case.customer_seq)
    about = About(
        order_ref=order.store_ref if order else None,
        customer_seq=case.customer_seq,
        seen=max(words.seen, case.staff_read_seq),
        attached=any(entry.kind is Kind.FILE and entry.author is Author.ASSOCIATE for entry in since),
    )
    return checks(words.text, about)


def _ask(doubtful: Doubtful, visitor: Visitor, path: str) -> Response[Any]:
    """A problem whose `again` is what the same post must carry to be sent all the same."""
    answer = problem(Refused("look_again", 409), visitor, path)
    answer.content |= {
        "detail": " ".join(visitor.reader.t(f"desk.check.{check}") for check in doubtful.found),
        "again": {"checked": " ".join(doubtful.found)},
    }
    return answer
