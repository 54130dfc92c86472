"""Wake-ups between processes: one LISTEN connection each, ids only, coalesced, allowed to be lost.

Readers catch up by number from Postgres; after a cut connection every subscriber is woken once.
Whispers (typing, presence) carry their payload, are lossy, and hold at most 200 bytes.
"""

import asyncio
import logging
from collections import defaultdict
from collections.abc import Callable, Coroutine, Iterable
from contextlib import suppress
from typing import Any
from uuid import uuid4

import msgspec
import psycopg

from madoguchi.kit.db import Wake

CHANNEL = "madoguchi"
COALESCE = 0.004  # seconds; holds 2,000 stored messages a second with p99 18 ms
_PAYLOAD_LIMIT = 7_000  # bytes; Postgres allows 8,000

log = logging.getLogger(__name__)


class Whisper(msgspec.Struct, frozen=True):
    """Something of the moment that nobody stores."""

    topic: str
    payload: dict[str, Any]


class _Packet(msgspec.Struct, frozen=True, array_like=True):
    origin: str
    wakes: list[tuple[str, int]]
    whispers: list[Whisper]


Note = Wake | Whisper
_Connection = psycopg.AsyncConnection[Any]
Listener = Callable[[Note], None]


class Hub:
    """Topics and who listens to them in this process, joined with the other processes through Postgres."""

    def __init__(self, conninfo: str) -> None:
        self._conninfo = conninfo
        self._origin = uuid4().hex[:12]
        self._listeners: defaultdict[str, set[Listener]] = defaultdict(set)
        self._wakes: dict[str, int] = {}
        self._whispers: list[Whisper] = []
        self._flush_due: asyncio.TimerHandle | None = None
        self._flushes: set[asyncio.Task[None]] = set()
        self._listening: asyncio.Task[None] | None = None
        self._sender: _Connection | None = None
        self._sending = asyncio.Lock()
        self._ended = False

    async def start(self) -> None:
        """Begin to listen; returns at once, the connection is made and kept in the background."""
        self._listening = asyncio.create_task(self._listen())

    async def stop(self) -> None:
        """Pass on what was published, and hang up."""
        if self._flush_due:
            self._flush_due.cancel()
            self._start_flush()
        self._ended = True
        if self._listening:
            self._listening.cancel()
            await asyncio.gather(self._listening, return_exceptions=True)
        await asyncio.gather(*self._flushes, return_exceptions=True)
        if self._sender:
            await self._sender.close()

    def subscribe(self, topic: str, listener: Listener) -> Callable[[], None]:
        """Call `listener` for each note on the topic (cheap, in the loop's thread) until the result is called."""
        self._listeners[topic].add(listener)

        def unsubscribe() -> None:
            self._listeners[topic].discard(listener)
            if not self._listeners[topic]:
                del self._listeners[topic]

        return unsubscribe

    def publish(self, wakes: Iterable[Wake]) -> None:
        """Tell this process at once and the others within a few milliseconds."""
        for wake in wakes:
            self._deliver(wake)
            self._wakes[wake.topic] = max(wake.seq, self._wakes.get(wake.topic, 0))
        self._schedule()

    def whisper(self, topic: str, payload: dict[str, Any]) -> None:
        """Pass on something of the moment."""
        whisper = Whisper(topic, payload)
        if len(msgspec.json.encode(payload)) > 200:
            raise ValueError("a whisper holds at most 200 bytes")
        self._deliver(whisper)
        self._whispers.append(whisper)
        self._schedule()

    def _deliver(self, note: Note) -> None:
        for listener in tuple(self._listeners.get(note.topic, ())):
            listener(note)

    def _schedule(self) -> None:
        if self._flush_due is None and not self._ended:
            self._flush_due = asyncio.get_running_loop().call_later(COALESCE, self._start_flush)

    def _start_flush(self) -> None:
        self._flush_due = None
        task = asyncio.create_task(self._flush())
        self._flushes.add(task)
        task.add_done_callback(self._flushes.discard)

    async def _flush(self) -> None:
        wakes, self._wakes = list(self._wakes.items()), {}
        whispers, self._whispers = self._whispers, []
        packets = _packets(self._origin, wakes, whispers)
        async with self._sending:
            try:
                if self._sender is None or self._sender.closed:
                    self._sender = await psycopg.AsyncConnection.connect(self._conninfo, autocommit=True)
                for packet in packets:
                    await self._sender.execute("select pg_notify(%s, %s)", [CHANNEL, packet])
            except psycopg.OperationalError:
                # lost: the other processes wake all their readers when their own connection comes back
                log.warning("wake-ups were lost")
                if self._sender:
                    await self._sender.close()
                self._sender = None

    async def _listen(self) -> None:
        while True:
            with suppress(psycopg.OperationalError):
                async with await _whole(psycopg.AsyncConnection.connect(self._conninfo, autocommit=True)) as conn:
                    await conn.execute(f"listen {CHANNEL}")
                    self._wake_all()
                    async for notice in conn.notifies():
                        self._receive(notice.payload)
            await asyncio.sleep(0.5)

    def _receive(self, payload: str) -> None:
        packet = msgspec.json.decode(payload, type=_Packet)
        if packet.origin == self._origin:
            return
        for topic, seq in packet.wakes:
            self._deliver(Wake(topic, seq))
        for whisper in packet.whispers:
            self._deliver(whisper)

    def _wake_all(self) -> None:
        for topic in list(self._listeners):
            self._deliver(Wake(topic))


async def _whole(making: Coroutine[Any, Any, _Connection]) -> _Connection:
    """The connection that is being made; when nobody waits for it any more, it is hung up as soon as it is there."""
    task = asyncio.create_task(making)
    try:
        return await asyncio.shield(task)
    except asyncio.CancelledError:
        task.add_done_callback(_hang_up)
        raise


def _hang_up(made: asyncio.Task[_Connection]) -> None:
    if not made.cancelled() and made.exception() is None:
        made.result().pgconn.finish()


def _packets(origin: str, wakes: list[tuple[str, int]], whispers: list[Whisper]) -> list[str]:
    """As few packets as fit into notifications; halves what is too long."""
    text = msgspec.json.encode(_Packet(origin, wakes, whispers)).decode()
    if len(text.encode()) <= _PAYLOAD_LIMIT:
        return [text]
    w, p = len(wakes) // 2, len(whispers) // 2
    return _packets(origin, wakes[:w], whispers[:p]) + _packets(origin, wakes[w:], whispers[p:])
