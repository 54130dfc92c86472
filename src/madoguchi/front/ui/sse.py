"""Server-sent events: how a reader's events, and where it stands, look on the wire."""

import time
from collections.abc import AsyncGenerator, Awaitable, Callable, Mapping

from madoguchi.front.ui import feeds
from madoguchi.front.ui.feeds import Event, Reader

Frame = Callable[[Event, Mapping[str, int]], bytes]


async def event_stream(
    reader: Reader, check: Callable[[], Awaitable[bool]], frame: Frame
) -> AsyncGenerator[bytes, None]:
    """The bytes of a server-sent event stream, framed by `frame`.

    `check`, whether the reader may still listen, is asked at each silence, and as often while much is said.
    """
    checked = time.monotonic()
    yield b": open\n\n"
    async for event in reader.events():
        if event is None or time.monotonic() - checked > feeds.KEEP_ALIVE:
            if not await check():
                return
            checked = time.monotonic()
        if event is None:
            yield b": still here\n\n"
            continue
        if event.seq:
            reader.told[event.topic] = event.seq
        yield frame(event, reader.told)


def cursor_frame(event: Event, marks: Mapping[str, int]) -> bytes:
    """An event with the reader's cursor as its id."""
    mark = f"id: {cursor(marks)}\n".encode() if event.seq else b""
    return mark + b"event: " + event.name.encode() + b"\ndata: " + event.data + b"\n\n"


def cursor(marks: Mapping[str, int]) -> str:
    """Where a reader stands in its cases: `case:<id>=42;case:<id>=8`; other topics have nothing to go on from."""
    return ";".join(f"{topic}={seq}" for topic, seq in marks.items() if topic.startswith("case:"))


def read_cursor(text: str) -> dict[str, int]:
    """The marks in a cursor; what is no mark is left out."""
    marks: dict[str, int] = {}
    for part in text.split(";"):
        topic, _, seq = part.rpartition("=")
        if topic and seq.isascii() and seq.isdigit() and len(seq) < 10:
            marks[topic] = int(seq)
    return marks
