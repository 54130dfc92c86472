"""Live streams: what readers of a topic get, rendered once per audience and language and fanned out as bytes.

A reader asks for topics and says where it stands; it first catches up by number, then gets what comes. A slow reader
is dropped and resumes by its cursor. Topics: `case:<id>` (entries, read marks, typing), and `queue:all`,
`approvals`, `person:<id>`, `seller:<id>`, `order:<id>`, `return:<id>`, `request:<id>`, which only say "look again": not
more often than every second, and not to everybody at once, since each who hears it comes to look.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import AsyncIterator, Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from functools import partial
from uuid import UUID

import msgspec
import psycopg
from psycopg_pool import PoolTimeout

from madoguchi.core.access.rules import SYSTEM, Audience
from madoguchi.core.cases import queries
from madoguchi.core.cases.queries import Entry
from madoguchi.kit.db import Database, Tx, Wake
from madoguchi.kit.live import Hub, Note, Whisper

KEEP_ALIVE = 15.0  # seconds
TOPICS = 20
_BACKLOG = 256  # events a reader may be behind
_TICK = 0.002  # seconds in which wake-ups of many cases become one question
_PAUSE = 1.0  # seconds between two pings of a topic
_APART = 0.01  # seconds between two readers of one ping

log = logging.getLogger(__name__)


class Form(msgspec.Struct, frozen=True):
    """How a reader wants entries: for whom, in which language and zone, as `html` or `json`."""

    audience: Audience
    lang: str
    zone: str
    kind: str


class Event(msgspec.Struct, frozen=True):
    """One event on its way: its name, its data as JSON, and (topic, seq) when it moves the cursor."""

    name: str
    data: bytes
    topic: str = ""
    seq: int = 0


Render = Callable[[Entry, Form], bytes]


class Reader:
    """One open stream."""

    def __init__(self, form: Form, marks: Mapping[str, int]) -> None:
        self.form = form
        self.marks = dict(marks)  # what it was handed
        self.told = dict(marks)  # what it was sent
        self.alive = True
        self._queue: asyncio.Queue[Event | None] = asyncio.Queue(_BACKLOG)

    def push(self, event: Event) -> None:
        """Hand over an event; a reader that does not read is dropped."""
        if not self.alive or (event.seq and event.seq <= self.marks[event.topic]):
            return
        try:
            self._queue.put_nowait(event)
        except asyncio.QueueFull:
            self.alive = False  # what is there is still read; whoever reads on resumes from it
            return
        if event.seq:
            self.marks[event.topic] = event.seq

    def close(self) -> None:
        """No more events; the stream ends."""
        self.alive = False
        with suppress(asyncio.QueueFull):
            self._queue.put_nowait(None)

    async def events(self) -> AsyncIterator[Event | None]:
        """Events as they come; None each time KEEP_ALIVE seconds were silent. Ends when the reader was closed."""
        while self.alive or not self._queue.empty():
            try:
                event = await asyncio.wait_for(self._queue.get(), KEEP_ALIVE)
            except TimeoutError:
                yield None
                continue
            if event is None:
                return
            yield event

    def drain(self) -> list[Event]:
        """What is there now, without waiting."""
        found = []
        while not self._queue.empty():
            if (event := self._queue.get_nowait()) is not None:
                found.append(event)
        return found


class _CaseFeed:
    """A case that somebody in this process watches: how far it was read, and by whom."""

    def __init__(self, last: int) -> None:
        self.last = last
        self.readers: set[Reader] = set()


class Feeds:
    """All live readers of this process."""

    def __init__(self, database: Database, hub: Hub, render: Render) -> None:
        self._db = database
        self._hub = hub
        self._render = render
        self._cases: dict[UUID, _CaseFeed] = {}
        self._others: defaultdict[str, set[Reader]] = defaultdict(set)
        self._unsubscribe: dict[str, list[Callable[[], None]]] = {}
        self._pinged: dict[tuple[str, str], bool] = {}  # a moment ago; whether something came since
        self._dirty: set[UUID] = set()
        self._flushing: asyncio.Task[None] | None = None
        self._ending = False
        self.count = 0

    async def join(self, form: Form, marks: Mapping[str, int]) -> Reader:
        """Open a reader on topics the caller has authorised; it has caught up when this returns."""
        reader = Reader(form, marks)
        self.count += 1
        try:
            for topic, mark in marks.items():
                kind, _, rest = topic.partition(":")
                if kind == "case":
                    await self._join_case(UUID(rest), mark, reader)
                else:
                    self._join_other(topic, reader)
        except BaseException:
            self.leave(reader)
            raise
        if self._ending:  # whoever was hung up on comes back at once, maybe before the socket is closed
            reader.close()
        return reader

    def leave(self, reader: Reader) -> None:
        """Close a reader and forget it."""
        reader.close()
        self.count -= 1
        for topic in reader.marks:
            kind, _, rest = topic.partition(":")
            if kind == "case" and (feed := self._cases.get(UUID(rest))):
                feed.readers.discard(reader)
                if not feed.readers:
                    del self._cases[UUID(rest)]
                    self._hang_up(topic)
            elif kind != "case":
                self._others[topic].discard(reader)
                if not self._others[topic]:
                    del self._others[topic]
                    self._hang_up(topic)

    def close_all(self) -> None:
        """End every stream, and those that are opened from now on, for the program's own end."""
        self._ending = True
        for feed in list(self._cases.values()):
            for reader in list(feed.readers):
                reader.close()
        for readers in list(self._others.values()):
            for reader in list(readers):
                reader.close()

    async def _join_case(self, case_id: UUID, mark: int, reader: Reader) -> None:
        feed = self._cases.get(case_id)
        if feed is None:
            feed = self._cases[case_id] = _CaseFeed(mark)
            topic = f"case:{case_id}"
            self._unsubscribe[topic] = [
                self._hub.subscribe(topic, lambda note: self._on_case(case_id, note)),
                self._hub.subscribe(f"read:{case_id}", lambda note: self._on_read(case_id, note)),
            ]
        feed.readers.add(reader)
        feed.last = min(feed.last, mark)  # whoever is further on drops what they have
        self._touch(case_id)
        await self._flushed()

    def _join_other(self, topic: str, reader: Reader) -> None:
        if topic not in self._unsubscribe:
            kind, _, rest = topic.partition(":")
            heard = {topic: _PANELS[kind]} | ({f"words:{rest}": "words"} if kind == "person" else {})
            self._unsubscribe[topic] = [
                self._hub.subscribe(name, partial(self._on_other, topic, panel)) for name, panel in heard.items()
            ]
        self._others[topic].add(reader)

    def _hang_up(self, topic: str) -> None:
        for unsubscribe in self._unsubscribe.pop(topic, ()):
            unsubscribe()

    def _on_case(self, case_id: UUID, note: Note) -> None:
        if isinstance(note, Whisper):
            self._tell(case_id, Event("typing", msgspec.json.encode({"topic": note.topic} | note.payload)))
            return
        feed = self._cases.get(case_id)
        if feed and (note.seq == 0 or note.seq > feed.last):
            self._touch(case_id)

    def _on_read(self, case_id: UUID, note: Note) -> None:
        if isinstance(note, Whisper):
            data = {"topic": f"case:{case_id}"} | note.payload
            self._tell(case_id, Event("read", msgspec.json.encode(data)))

    def _on_other(self, topic: str, panel: str, note: Note) -> None:
        if not isinstance(note, Wake):
            return
        if (topic, panel) in self._pinged:
            self._pinged[topic, panel] = True
            return
        self._pinged[topic, panel] = False
        loop = asyncio.get_running_loop()
        loop.call_later(_PAUSE, self._ping_again, topic, panel, note)
        event = Event("ping", msgspec.json.encode({"topic": topic, "panel": panel}))
        for place, reader in enumerate(self._others.get(topic, ())):
            loop.call_later(place * _APART, reader.push, event)

    def _ping_again(self, topic: str, panel: str, note: Note) -> None:
        if self._pinged.pop((topic, panel)):
            self._on_other(topic, panel, note)

    def _tell(self, case_id: UUID, event: Event) -> None:
        feed = self._cases.get(case_id)
        for reader in tuple(feed.readers) if feed else ():
            reader.push(event)

    def _touch(self, case_id: UUID) -> None:
        self._dirty.add(case_id)
        if self._flushing is None or self._flushing.done():
            self._flushing = asyncio.create_task(self._flush())

    async def _flushed(self) -> None:
        while self._flushing and not self._flushing.done():
            await asyncio.shield(self._flushing)

    async def _flush(self) -> None:
        while self._dirty:
            await asyncio.sleep(_TICK)
            cases, self._dirty = self._dirty, set()
            marks = {case_id: self._cases[case_id].last for case_id in cases if case_id in self._cases}
            if not marks:
                continue
            watchers = {case_id: frozenset(self._cases[case_id].readers) for case_id in marks}
            try:
                entries = await self._db.run(SYSTEM, partial(_entries_since, marks))
            except (psycopg.OperationalError, PoolTimeout):
                log.warning("live readers wait for the database")
                self._dirty |= cases
                await asyncio.sleep(0.5)
                continue
            self._deliver(entries, watchers)

    def _deliver(self, entries: Sequence[Entry], watchers: Mapping[UUID, frozenset[Reader]]) -> None:
        """Hand entries to those who watched when they were asked for; who joined since, further back, comes next."""
        counts: defaultdict[UUID, int] = defaultdict(int)
        for entry in entries:
            counts[entry.case_id] += 1
            feed = self._cases.get(entry.case_id)
            if feed is None:
                continue
            asked = watchers[entry.case_id]
            if feed.readers <= asked:
                feed.last = max(feed.last, entry.seq)
            self._fan_out(feed.readers & asked, entry)
        for case_id, count in counts.items():
            if count >= queries.ENTRIES_AT_ONCE:
                self._touch(case_id)

    def _fan_out(self, readers: Iterable[Reader], entry: Entry) -> None:
        topic = f"case:{entry.case_id}"
        rendered: dict[Form, Event] = {}
        for reader in readers:
            form = reader.form
            if entry.audience is Audience.STAFF and form.audience is not Audience.STAFF:
                continue
            if entry.seq <= reader.marks[topic]:
                continue
            if form not in rendered:
                rendered[form] = Event("append", self._render(entry, form), topic, entry.seq)
            reader.push(rendered[form])


async def _entries_since(marks: Mapping[UUID, int], tx: Tx) -> Sequence[Entry]:
    return await queries.entries_since(tx, marks)


_PANELS = {
    "queue": "inbox",
    "approvals": "approvals",
    "person": "mine",
    "seller": "seller",
    "order": "order",
    "return": "return",
    "request": "request",
}
