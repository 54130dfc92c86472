"""The load generator's end of a line: HTTP/1.1 on a bare socket, so that asking costs far less than answering."""

import asyncio
from collections import deque
from collections.abc import Callable, Mapping
from typing import cast
from urllib.parse import quote

import msgspec

Headers = Mapping[str, str]
NO_HEADERS: Headers = {}


class Answer(msgspec.Struct, frozen=True):
    """What came back."""

    status: int
    headers: bytes
    body: bytes


class Hangup(Exception):  # noqa: N818 - an event of every line's life
    """The other side closed the line; whether what was asked was done is not known."""


class Line(asyncio.Protocol):
    """A kept-alive connection. Answers come in the order of the requests."""

    def __init__(self) -> None:
        self._transport: asyncio.WriteTransport | None = None
        self._buffer = b""
        self._waiting: deque[asyncio.Future[Answer]] = deque()
        self.open = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """The line stands."""
        self._transport, self.open = cast(asyncio.WriteTransport, transport), True

    def data_received(self, data: bytes) -> None:
        """Cut what came into answers."""
        self._buffer += data
        while (end := self._buffer.find(b"\r\n\r\n")) >= 0:
            head = self._buffer[:end]
            total = end + 4 + _length(head)
            if len(self._buffer) < total:
                return
            answer = Answer(int(head[9:12]), head, self._buffer[end + 4 : total])
            self._buffer = self._buffer[total:]
            waiting = self._waiting.popleft()
            if not waiting.done():
                waiting.set_result(answer)

    def connection_lost(self, exc: Exception | None) -> None:
        """Whoever waits will wait in vain."""
        self.open = False
        for waiting in self._waiting:
            if not waiting.done():
                waiting.set_exception(Hangup())
        self._waiting.clear()

    def ask(self, request: bytes) -> asyncio.Future[Answer]:
        """Send a whole request; its answer. Hangup when the line is cut."""
        if self._transport is None or not self.open:
            raise Hangup
        future = asyncio.get_running_loop().create_future()
        self._waiting.append(future)
        self._transport.write(request)
        return future

    def close(self) -> None:
        """Hang up."""
        if self._transport:
            self._transport.close()


class Stream(asyncio.Protocol):
    """An open event stream; `on_bytes` gets whatever comes in."""

    def __init__(self, request: bytes, on_bytes: Callable[[bytes], None]) -> None:
        self._request = request
        self._on_bytes = on_bytes
        self._transport: asyncio.WriteTransport | None = None
        self.opened: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self.open = False

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Ask for the stream."""
        self._transport, self.open = cast(asyncio.WriteTransport, transport), True
        self._transport.write(self._request)

    def data_received(self, data: bytes) -> None:
        """Pass it on; the first bytes are the answer's head."""
        if not self.opened.done():
            if data.startswith(b"HTTP/1.1 200"):
                self.opened.set_result(None)
            else:
                self.opened.set_exception(Hangup(data[:300]))
        self._on_bytes(data)

    def connection_lost(self, exc: Exception | None) -> None:
        """The stream is over."""
        self.open = False
        if not self.opened.done():
            self.opened.set_exception(Hangup())

    def close(self) -> None:
        """Hang up."""
        if self._transport:
            self._transport.close()


async def listen(port: int, request: bytes, on_bytes: Callable[[bytes], None]) -> Stream:
    """An open event stream; Hangup when it is refused."""
    loop = asyncio.get_running_loop()
    _, stream = await loop.create_connection(lambda: Stream(request, on_bytes), "127.0.0.1", port)
    await stream.opened
    return stream


async def dial(port: int) -> Line:
    """A new line to the program on this machine."""
    _, line = await asyncio.get_running_loop().create_connection(Line, "127.0.0.1", port)
    return line


def request(method: str, path: str, port: int, headers: Headers = NO_HEADERS, body: bytes = b"") -> bytes:
    """The bytes of a request."""
    lines = [f"{method} {path} HTTP/1.1", f"host: 127.0.0.1:{port}"]
    lines += [f"{name}: {value}" for name, value in headers.items()]
    if body or method == "POST":
        lines.append(f"content-length: {len(body)}")
    return ("\r\n".join(lines) + "\r\n\r\n").encode() + body


def json_request(path: str, port: int, value: object, headers: Headers = NO_HEADERS) -> bytes:
    """A post of JSON."""
    return request("POST", path, port, {**headers, "content-type": "application/json"}, msgspec.json.encode(value))


def form_request(path: str, port: int, headers: Headers, fields: Mapping[str, str]) -> bytes:
    """A post of a form."""
    body = "&".join(f"{name}={quote(value)}" for name, value in fields.items()).encode()
    return request("POST", path, port, {**headers, "content-type": "application/x-www-form-urlencoded"}, body)


def bearer(token: str) -> Headers:
    """The header by which a program is known."""
    return {"authorization": f"Bearer {token}"}


def _length(head: bytes) -> int:
    at = head.lower().find(b"\r\ncontent-length:")
    return int(head[at + 17 :].split(b"\r\n", 1)[0]) if at >= 0 else 0
