"""GET /live and its like: which topics a visitor may hear, and the stream of them."""

import asyncio
import logging
from collections.abc import AsyncGenerator, Mapping
from contextlib import ExitStack
from typing import Any
from uuid import UUID

import msgspec
from litestar import Litestar, Request, Response
from litestar.response import Stream
from litestar.response.streaming import ASGIStreamingResponse
from litestar.types import Message, Receive, Send

from madoguchi.core.access.rules import Actor, Audience, Role
from madoguchi.core.cases.queries import Entry, access_case
from madoguchi.core.people.queries import session_lives
from madoguchi.core.requests.queries import access_request
from madoguchi.core.shop.queries import access_order
from madoguchi.front.ui import feeds, sse, told
from madoguchi.front.ui.feeds import Form
from madoguchi.front.ui.pace import slow_down
from madoguchi.front.ui.render import Pages
from madoguchi.front.ui.services import Services
from madoguchi.front.ui.timeline import entry_view
from madoguchi.front.ui.visitor import Visitor
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused, invisible
from madoguchi.kit.i18n import Reader
from madoguchi.service.returns.queries import access_return

STREAMS = 2_500  # open ones in this process
SEAT_WAIT = 30.0  # seconds until somebody with too many of them may try again
PATIENCE = 20.0  # seconds in which a reader takes what it is sent

log = logging.getLogger(__name__)


def renderer(pages: Pages) -> feeds.Render:
    """Entries as `append` data for pages (where they go and their markup) or as the API tells them."""

    def render(entry: Entry, form: Form) -> bytes:
        reader = Reader(form.lang, form.zone)
        if form.kind == "json":
            return msgspec.json.encode(told.entry(entry, reader))
        view = entry_view(entry, reader)
        viewer = "associate" if form.audience is Audience.STAFF else "customer"
        return msgspec.json.encode(
            {
                "topic": f"case:{entry.case_id}",
                "target": f"timeline-{entry.case_id}",
                "seq": entry.seq,
                "id": view.id,
                "html": pages.fragment("components/entry.html", "entry", reader, view, viewer),
            }
        )

    return render


async def live(request: Request[Any, Any, Any], services: Services, visitor: Visitor) -> Response[Any]:
    """The stream of the topics asked for, from where the reader stands; as JSON for those who cannot stream."""
    wanted = [topic for topic in request.query_params.get("topics", "").split(",") if topic]
    if not 0 < len(wanted) <= feeds.TOPICS:
        raise Refused("invalid_topics")
    stands = sse.read_cursor(request.headers.get("last-event-id", "") or request.query_params.get("cursor", ""))
    marks = await authorised(services, visitor.actor, wanted, stands)
    check_room(services)
    form = Form(visitor.actor.audience, visitor.lang, str(visitor.reader.zone), "html")
    if "text/event-stream" in request.headers.get("accept", ""):
        return await stream(services, visitor, form, marks)
    slow_down(services.limits.visit, visitor.counted_as)
    reader = await services.feeds.join(form, marks)
    events = [{"event": event.name, "data": msgspec.Raw(event.data)} for event in reader.drain()]
    services.feeds.leave(reader)
    body = msgspec.json.encode({"id": sse.cursor(reader.marks), "events": events})
    return Response(body, media_type="application/json")


def check_room(services: Services) -> None:
    """Refuse another stream when there are enough of them."""
    if services.feeds.count >= STREAMS:
        raise Refused("too_busy", 503, retry_after=5)


async def stream(
    services: Services, visitor: Visitor, form: Form, marks: Mapping[str, int], frame: sse.Frame = sse.cursor_frame
) -> Stream:
    """An open stream; it ends when the session does."""
    session_id = visitor.actor.session
    assert session_id, "topics are somebody's"
    with ExitStack() as taken:
        _take_seat(services, visitor, taken)
        reader = await services.feeds.join(form, marks)
        taken.callback(services.feeds.leave, reader)
        taken.callback(services.hub.subscribe(f"session:{session_id}", lambda _: reader.close()))
        closing = taken.pop_all()

    async def still_in() -> bool:
        return await services.db.run(visitor.actor, lambda tx: session_lives(tx, session_id))

    return _Events(sse.event_stream(reader, still_in, frame), closing)


def _take_seat(services: Services, visitor: Visitor, taken: ExitStack) -> None:
    """Some streams for each session, and for each address; the staff of one office may be many at one address."""
    keys = {f"session:{visitor.actor.session}"} | (set() if visitor.actor.is_staff else {visitor.address})
    if not services.limits.streams.take(keys):
        raise Refused("too_many_streams", 429, retry_after=SEAT_WAIT)
    taken.callback(services.limits.streams.leave, keys)


class _Events(Stream):
    """Server-sent events; what they hold is given back with `closing`."""

    def __init__(self, frames: AsyncGenerator[bytes, None], closing: ExitStack) -> None:
        super().__init__(frames)
        self._frames = frames
        self._closing = closing

    def to_asgi_response(
        self, app: Litestar | None, request: Request[Any, Any, Any], **_: Any
    ) -> ASGIStreamingResponse:
        """The response, with nothing of the layers around it."""
        response = _Timely(
            iterator=self._frames, media_type="text/event-stream", headers={"x-accel-buffering": "no"}, status_code=200
        )
        response.closing = self._closing
        return response


class _Timely(ASGIStreamingResponse):
    """Hangs up on a reader who does not read, so that nobody's share of memory grows."""

    iterator: AsyncGenerator[bytes, None]
    closing: ExitStack

    async def send_body(self, send: Send, receive: Receive) -> None:
        async def timely(message: Message) -> None:
            async with asyncio.timeout(PATIENCE):
                await send(message)

        try:
            await super().send_body(timely, receive)
        except* TimeoutError:
            log.info("a reader did not read")
        finally:
            await self.iterator.aclose()
            self.closing.close()  # not by the frames themselves: who leaves at once has not begun them


async def authorised(services: Services, actor: Actor, wanted: list[str], stands: Mapping[str, int]) -> dict[str, int]:
    """The topics with where the reader stands; invisible as soon as one of them is not the actor's."""

    async def work(tx: Tx) -> dict[str, int]:
        marks: dict[str, int] = {}
        for topic in wanted:
            name = await _own(tx, actor, topic)
            marks[name] = stands.get(name, stands.get(topic, 0))
        return marks

    return await services.db.run(actor, work)


async def _own(tx: Tx, actor: Actor, topic: str) -> str:
    kind, _, rest = topic.partition(":")
    match kind:
        case "case":
            case = await access_case(tx, actor, _uuid(rest))
            return f"case:{case.id}"
        case "order":
            order = await access_order(tx, actor, _uuid(rest))
            return f"order:{order.id}"
        case "return":
            back = await access_return(tx, actor, _uuid(rest))
            return back.subject
        case "request":
            request = await access_request(tx, actor, _uuid(rest))
            return f"request:{request.id}"
        case "queue" if actor.is_staff and rest == "all":
            return topic
        case "approvals" if actor.is_staff and not rest:
            return topic
        case "seller" if not rest and actor.role is Role.SELLER:
            return f"seller:{actor.seller_id}"
        case "person" if not rest and actor.id:
            return f"person:{actor.id}"
    raise invisible()


def _uuid(text: str) -> UUID:
    try:
        return UUID(text)
    except ValueError:
        raise invisible() from None
