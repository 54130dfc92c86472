"""A stage for the browser's side alone: the look-book's pages, and a conversation that answers as the tests tell it to.

`from tests.front.ui.stage import stage as stage` gives a Stage on a port of its own; no database, no program behind it.
"""

import asyncio
import json
from collections.abc import AsyncIterator
from typing import Any

import pytest
import uvicorn
from litestar import Litestar, Request, Response, get, post
from litestar.params import FromPath
from litestar.response import Stream
from litestar.static_files import create_static_files_router

from madoguchi.front.ui import server
from madoguchi.front.ui.render import DIST, Pages
from madoguchi.front.ui.timeline import EntryView
from madoguchi.front.ui.visitor import Display, Visitor
from madoguchi.kit.i18n import Reader
from madoguchi.kit.money import Money
from madoguchi.kit.settings import Settings
from tests.conftest import NOW

LOOK = {"parts": "lookbook.html", "room": "look/room.html", "desk": "look/desk.html", "embed": "look/embed.html"}
POLICY = "default-src 'self'; img-src 'self' blob: data:; object-src 'none'; base-uri 'none'; form-action 'self'"
SAMPLES = 20  # what is said on the stage comes after the entries of the sample conversation


class Stage:
    """The conversation `look`: what was said, who listens, and how the server behaves just now."""

    def __init__(self, pages: Pages, url: str) -> None:
        self.pages = pages
        self.url = url
        self.said: list[tuple[int, bytes]] = []
        self.streams: list[asyncio.Queue[bytes | None]] = []
        self.told: list[tuple[str, dict[str, str]]] = []
        self.answers: list[Response[Any]] = []  # given to the next posts instead of storing them
        self.lost_answers = 0  # so many posts are stored, but their answer is lost
        self.refused = 0  # status with which streams are refused
        self._seqs: dict[str, int] = {}

    def say(self, text: str, author: str = "associate", client_id: str = "") -> int:
        """Something is said; everybody who listens hears it. The entry's number."""
        seq = SAMPLES + len(self.said) + 1
        view = EntryView(
            id=f"entry-{seq}",
            seq=seq,
            kind="message",
            author=author,
            author_name="",
            text=text,
            options=(),
            card=None,
            state="",
            time=NOW,
            attachments=(),
            client_id=client_id,
            internal=False,
            left_out=False,
        )
        html = self.pages.fragment("components/entry.html", "entry", Reader("ja"), view)
        frame = _frame("append", {"target": "timeline-look", "seq": seq, "id": view.id, "html": html}, seq)
        self.said.append((seq, frame))
        self._send(frame)
        return seq

    def tell(self, event: str, **data: Any) -> None:
        """Something of the moment."""
        self._send(_frame(event, data))

    def cut(self) -> None:
        """All lines break."""
        for queue in self.streams:
            queue.put_nowait(None)

    def store(self, client_id: str, text: str) -> int:
        """What a customer posts, once for each id."""
        if client_id not in self._seqs:
            self._seqs[client_id] = self.say(text, "customer", client_id)
        return self._seqs[client_id]

    async def listen(self, after: int) -> AsyncIterator[bytes]:
        """A stream from that entry on."""
        queue: asyncio.Queue[bytes | None] = asyncio.Queue()
        for seq, frame in self.said:
            if seq > after:
                queue.put_nowait(frame)
        self.streams.append(queue)
        try:
            yield b": hello\n\n"
            while (heard := await queue.get()) is not None:
                yield heard
        finally:
            self.streams.remove(queue)

    def _send(self, frame: bytes) -> None:
        for queue in self.streams:
            queue.put_nowait(frame)


def _frame(event: str, data: dict[str, Any], seq: int | None = None) -> bytes:
    number = f"id: case:look={seq}\n" if seq else ""
    return f"{number}event: {event}\ndata: {json.dumps({'topic': 'case:look'} | data)}\n\n".encode()


def _stage(request: Request[Any, Any, Any]) -> Stage:
    stage: Stage = request.app.state.stage
    return stage


@get("/look/{name:str}")
async def look(name: FromPath[str], request: Request[Any, Any, Any]) -> Response[str]:
    """A page of the look-book; the query chooses language, display and whether it is live."""
    query, stage = request.query_params, _stage(request)
    display = Display(query.get("theme", "auto"), query.get("contrast", "auto"), query.get("text", "1"))
    visitor = Visitor(None, "demo", query.get("lang", "ja"), "Asia/Tokyo", "seed", display)
    html = stage.pages.html(
        LOOK[name],
        visitor,
        "csrf",
        request.url.path,
        now=NOW,
        money=lambda amount: Money(amount, "JPY"),
        topics="case:look" if "live" in query else "",
    )
    return Response(html, media_type="text/html", headers={"content-security-policy": POLICY})


@get("/live")
async def live(request: Request[Any, Any, Any]) -> Response[Any]:
    """The stream."""
    stage = _stage(request)
    if stage.refused:
        return Response(None, status_code=stage.refused)
    after = int(request.headers["last-event-id"].rpartition("=")[2])
    return Stream(stage.listen(after), media_type="text/event-stream")


@post("/chat/look/{what:str}")
async def chat(what: FromPath[str], request: Request[Any, Any, Any]) -> Response[Any]:
    """What the page posts."""
    stage = _stage(request)
    fields = {name: str(value) for name, value in (await request.form()).items()}
    if what in {"typing", "read"}:
        stage.told.append((what, fields))
        return Response(None, status_code=204)
    if stage.answers:
        return stage.answers.pop(0)
    seq = stage.store(fields["client_id"], fields.get("text") or fields.get("choice") or "photo")
    if stage.lost_answers:
        stage.lost_answers -= 1
        return Response(None, status_code=503)
    return Response({"seq": seq})


@post("/settings/display")
async def settings_display() -> Response[None]:
    """Remembered."""
    return Response(None, status_code=204)


@get("/shop", sync_to_thread=False)
def shop() -> Response[str]:
    """A shop's page under a policy as strict as a shop may have, in an old encoding."""
    html = '<!doctype html><html lang="ja"><title>Shop</title><h1>Shop</h1><script src="/widget.js" async></script>'
    policy = "default-src 'none'; script-src 'self'; frame-src 'self'; require-trusted-types-for 'script'"
    return Response(html, media_type="text/html; charset=shift_jis", headers={"content-security-policy": policy})


@get("/widget.js", sync_to_thread=False)
def loader(request: Request[Any, Any, Any]) -> Response[bytes]:
    """The widget's loader."""
    path = DIST / _stage(request).pages.asset("widget.js").rpartition("/")[2]
    return Response(path.read_bytes(), media_type="text/javascript")


@get("/widget")
async def widget(request: Request[Any, Any, Any]) -> Response[str]:
    """The frame that the loader opens."""
    stage = _stage(request)
    visitor = Visitor(None, "demo", "ja", "Asia/Tokyo", "seed", Display())
    more = {"now": NOW, "money": lambda amount: Money(amount, "JPY"), "shop_origin": stage.url}
    return Response(stage.pages.html(LOOK["embed"], visitor, "csrf", "/widget", **more), media_type="text/html")


@pytest.fixture
async def stage() -> AsyncIterator[Stage]:
    """The stage, until the test ends."""
    static = create_static_files_router(path="/static", directories=[DIST])
    web = Litestar([look, live, chat, settings_display, shop, loader, widget, static])
    listening = server.listen(Settings(port=0))
    web.state.stage = stage = Stage(Pages(), f"http://127.0.0.1:{listening.getsockname()[1]}")
    running = uvicorn.Server(uvicorn.Config(web, log_config=None, timeout_graceful_shutdown=1))
    task = asyncio.create_task(running._serve(sockets=[listening]))  # without its signal handlers: Ctrl-C is pytest's
    yield stage
    stage.cut()
    running.should_exit = True
    await task
