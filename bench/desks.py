"""Load: associates at their desks. Each has a page with a case open and its live stream, gets the panels again that the
server pings, keeps its heartbeat, and opens another of its cases every few seconds, all as the page's own script does.
"""

import asyncio
import random
import re
import time
from collections import Counter
from collections.abc import Sequence
from html import unescape

import msgspec

from bench import wire
from bench.common import spread
from bench.load import Load, carry_out, say_ready
from bench.wire import Line, Stream

HEARTBEAT = 15.0  # seconds
_PANEL = re.compile(rb'data-refetch="([^"]+)" data-src="([^"]+)"')
_TOPICS = re.compile(rb'data-topics="([^"]*)"')
_PING = re.compile(rb'event: ping\ndata: [^\n]*"panel":"([^"]+)"')


class Desk(msgspec.Struct, frozen=True):
    """One desk: what its browser sends, and its cases."""

    headers: dict[str, str]
    cases: tuple[str, ...]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Who sits there, for how many seconds, and after how many seconds each turns to another case."""

    port: int
    desks: Sequence[Desk]
    seconds: float
    turn: float = 10.0
    seed: int = 1


class Worked(msgspec.Struct, frozen=True):
    """Pages opened, panels got again, entries heard, refusals; the processor share of the load itself."""

    pages: dict[str, float]
    panels: dict[str, float]
    entries: int
    pings: int
    refused: dict[str, int]
    processor: float


def begin(plan: Plan) -> Load[Worked]:
    """Seat them in a process of its own."""
    return Load("bench.desks", plan, Worked)


class _Room:
    """What all desks note down."""

    def __init__(self) -> None:
        self.pages: list[float] = []
        self.panels: list[float] = []
        self.refused: Counter[str] = Counter()
        self.entries = self.pings = 0


class _Sitting:
    """One associate at work."""

    def __init__(self, plan: Plan, desk: Desk, room: _Room, dice: random.Random) -> None:
        self._plan, self._desk, self._room, self._dice = plan, desk, room, dice
        self._line: Line | None = None
        self._stream: Stream | None = None
        self._panels: list[tuple[frozenset[str], str]] = []
        self._wanted: dict[str, asyncio.Task[None] | None] = {}

    async def sit(self, until: float) -> None:
        await asyncio.sleep(self._dice.random() * self._plan.turn)
        beat = time.perf_counter()
        while (now := time.perf_counter()) < until:
            if now >= beat:
                beat = now + HEARTBEAT
                await self._ask("POST", "/desk/heartbeat")
            await self.open()
            await asyncio.sleep(max(min(self._plan.turn, until - time.perf_counter()), 0))

    async def open(self) -> None:
        """Turn to one of the cases: read its page, listen to its topics."""
        answer, took = await self._ask("GET", f"/desk/cases/{self._dice.choice(self._desk.cases)}")
        if answer.status != 200:
            return
        self._room.pages.append(took)
        self._panels = [(frozenset(names.decode().split()), _text(src)) for names, src in _PANEL.findall(answer.body)]
        found = _TOPICS.search(answer.body)
        if self._stream:
            self._stream.close()
        if found:
            headers = {**self._desk.headers, "accept": "text/event-stream"}
            path = f"/live?topics={_text(found[1])}"
            request = wire.request("GET", path, self._plan.port, headers)
            self._stream = await wire.listen(self._plan.port, request, self._hear)

    def close(self) -> None:
        for wire_end in (self._line, self._stream):
            if wire_end:
                wire_end.close()

    def _hear(self, data: bytes) -> None:
        self._room.entries += data.count(b"event: append\n")
        for ping in _PING.findall(data):
            self._room.pings += 1
            for names, src in self._panels:
                if ping.decode() in names:
                    self._renew(src)

    def _renew(self, src: str) -> None:
        """Get a panel again; while it is being got, once more after that."""
        if src in self._wanted:
            self._wanted[src] = None
        else:
            self._wanted[src] = asyncio.create_task(self._fetch(src))

    async def _fetch(self, src: str) -> None:
        again = True
        while again:
            task = self._wanted[src] = asyncio.current_task()
            answer, took = await self._ask("GET", src)
            if answer.status == 200:
                self._room.panels.append(took)
            again = self._wanted[src] is not task
        del self._wanted[src]

    async def _ask(self, method: str, path: str) -> tuple[wire.Answer, float]:
        begun = time.perf_counter()
        if self._line is None or not self._line.open:
            self._line = await wire.dial(self._plan.port)
        if method == "POST":
            request = wire.form_request(path, self._plan.port, self._desk.headers, {})
        else:
            request = wire.request("GET", path, self._plan.port, {**self._desk.headers, "accept": "text/html"})
        try:
            answer = await self._line.ask(request)
        except wire.Hangup:
            answer = wire.Answer(0, b"", b"")
        if answer.status != 200:
            self._room.refused[str(answer.status)] += 1
        return answer, time.perf_counter() - begun


async def _work(plan: Plan) -> Worked:
    room = _Room()
    dice = random.Random(plan.seed)
    desks = [_Sitting(plan, desk, room, random.Random(dice.random())) for desk in plan.desks]
    for desk in desks:
        await desk.open()
    say_ready()
    processor, begun = time.process_time(), time.perf_counter()
    await asyncio.gather(*(desk.sit(begun + plan.seconds) for desk in desks))
    share = (time.process_time() - processor) / (time.perf_counter() - begun)
    for desk in desks:
        desk.close()
    return Worked(
        spread(room.pages), spread(room.panels), room.entries, room.pings, dict(room.refused), round(share, 3)
    )


def _text(attribute: bytes) -> str:
    return unescape(attribute.decode())


if __name__ == "__main__":
    carry_out(Plan, _work)
