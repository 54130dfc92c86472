"""Load: readers who keep a live stream open and note when each entry came."""

import asyncio
import re
import signal
import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path

import msgspec

from bench import wire
from bench.load import Load, carry_out, say_ready
from bench.wire import Stream

QUIET = 3.0  # seconds after the last entry that came: there are no more
_AT_ONCE = 16  # streams being opened
_SEQ = re.compile(rb'"seq":(\d+)')
_CASE = re.compile(rb'"topic":"case:([0-9a-f-]{36})"')
_ENTRIES = (b"event: entry\n", b"event: append\n")


class Reader(msgspec.Struct, frozen=True):
    """One stream: what is asked for, and the one case it tells of, if it is one."""

    path: str
    headers: dict[str, str]
    case: str = ""


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Who listens, for how many seconds at most, and the file in which they note what came."""

    port: int
    readers: Sequence[Reader]
    seconds: float
    notes: str


class Came(msgspec.Struct, frozen=True, array_like=True):
    """An entry that came: to which reader (their place in the plan), what, and when (Unix time)."""

    reader: int
    case: str
    seq: int
    at: float


class Listened(msgspec.Struct, frozen=True):
    """How many entries came, how many streams had ended early, and the load's own share of a core."""

    entries: int
    cut: int
    processor: float


def begin(plan: Plan) -> Load[Listened]:
    """Open the streams in a process of its own."""
    return Load("bench.listeners", plan, Listened)


def notes(plan: Plan) -> list[Came]:
    """What was noted."""
    return msgspec.msgpack.decode(Path(plan.notes).read_bytes(), type=list[Came])


class _Ear:
    """What one reader hears; events may come in pieces."""

    def __init__(self, number: int, case: str, came: list[Came]) -> None:
        self._number, self._case, self._came = number, case, came
        self._rest = b""

    def hear(self, data: bytes) -> None:
        at = time.time()
        *events, self._rest = (self._rest + data).split(b"\n\n")
        for event in events:
            if any(name in event for name in _ENTRIES):
                seq = _SEQ.search(event)
                case = self._case or _CASE.search(event)[1].decode()  # type: ignore[index]
                assert seq
                self._came.append(Came(self._number, case, int(seq[1]), at))


async def _listen(plan: Plan) -> Listened:
    came: list[Came] = []
    streams: list[Stream] = []
    waiting = iter(enumerate(plan.readers))

    async def open_streams() -> None:
        for number, reader in waiting:
            request = wire.request("GET", reader.path, plan.port, {**reader.headers, "accept": "text/event-stream"})
            streams.append(await wire.listen(plan.port, request, _Ear(number, reader.case, came).hear))

    await asyncio.gather(*(open_streams() for _ in range(_AT_ONCE)))
    told_to_end = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, told_to_end.set)
    say_ready()
    processor, begun = time.process_time(), time.perf_counter()
    with suppress(TimeoutError):
        await asyncio.wait_for(told_to_end.wait(), plan.seconds)
    while time.time() - (came[-1].at if came else 0) < QUIET:  # noqa: ASYNC110 - nothing tells that it was the last
        await asyncio.sleep(QUIET / 4)
    share = (time.process_time() - processor) / (time.perf_counter() - begun)
    cut = sum(not stream.open for stream in streams)
    for stream in streams:
        stream.close()
    await asyncio.to_thread(Path(plan.notes).write_bytes, msgspec.msgpack.encode(came))
    return Listened(len(came), cut, round(share, 3))


if __name__ == "__main__":
    carry_out(Plan, _listen)
