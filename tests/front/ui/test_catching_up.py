"""Live readers: nothing skipped, nothing twice, whoever joins whenever."""

import asyncio
from uuid import UUID, uuid4

from madoguchi.core.access.rules import Audience
from madoguchi.core.cases.queries import Entry
from madoguchi.core.cases.rules import Author, Kind
from madoguchi.front.ui import feeds, sse
from madoguchi.front.ui.feeds import Event, Form, Reader, _CaseFeed
from madoguchi.kit import clock

FORM = Form(Audience.CUSTOMER, "ja", "Asia/Tokyo", "html")


def _entry(case_id: UUID, seq: int) -> Entry:
    said = (case_id, seq, Kind.MESSAGE, Author.BOT, None, "", Audience.CUSTOMER, str(seq), None, None, clock.now())
    return Entry(*said)


def _feeds() -> feeds.Feeds:
    return feeds.Feeds(None, None, lambda entry, form: str(entry.seq).encode())  # type: ignore[arg-type]


async def _frames(reader: Reader) -> list[str]:
    stream = sse.event_stream(reader, lambda: asyncio.sleep(0, True), sse.cursor_frame)
    return [frame.decode() async for frame in stream][1:]


async def test_who_joins_further_back_during_a_flush_gets_everything() -> None:
    case_id = uuid4()
    topic = f"case:{case_id}"
    ahead, behind = Reader(FORM, {topic: 17}), Reader(FORM, {topic: 5})
    book = _feeds()
    feed = book._cases[case_id] = _CaseFeed(17)
    feed.readers = {ahead}
    watchers = {case_id: frozenset(feed.readers)}  # the question is on its way …
    feed.readers.add(behind)
    feed.last = 5
    book._deliver([_entry(case_id, 18)], watchers)  # … and answered
    assert feed.last == 5
    book._deliver([_entry(case_id, seq) for seq in range(6, 19)], {case_id: frozenset(feed.readers)})
    assert [event.seq for event in behind.drain()] == list(range(6, 19))
    assert [event.seq for event in ahead.drain()] == [18]


async def test_a_long_backlog_is_read_in_pieces() -> None:
    topic = f"case:{uuid4()}"
    seen = 0
    for _ in range(3):
        reader = Reader(FORM, {topic: seen})
        for seq in range(1, 601):
            reader.push(Event("append", b"{}", topic, seq))
        reader.close()
        frames = await _frames(reader)
        assert frames
        seen = int(frames[-1].split("=", 1)[1].split("\n", 1)[0])
    assert seen == 600


async def test_a_cursor_never_runs_ahead_of_what_was_sent() -> None:
    topic = f"case:{uuid4()}"
    reader = Reader(FORM, {topic: 0})
    for seq in (1, 2, 3):
        reader.push(Event("append", b"{}", topic, seq))
    reader.close()
    ids = [frame.split("\n", 1)[0] for frame in await _frames(reader)]
    assert ids == [f"id: {topic}={seq}" for seq in (1, 2, 3)]
