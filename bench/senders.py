"""Load: senders who post messages into their chats.

Without a rate each sender posts again as soon as the answer is there. With a rate all together post that often, each
at moments fixed beforehand, and what is measured begins at that moment, so that a slow answer cannot thin the load.
"""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Iterator, Sequence

import msgspec

from bench import wire
from bench.common import percentile, spread
from bench.load import Load, carry_out
from madoguchi.front.desk.checks import Check

WINDOW = 10.0  # seconds over which a passing jam is looked for
TEXTS = (
    "注文した電気ケトルがまだ届きません。いつ頃になりますか?",
    "ありがとうございます。では金曜日の午前中でお願いします。",
    "Hello, the parcel says delivered but there is nothing at my door.",
    "我的订单号是 MD-24001,想确认一下退款什么时候到账。",
    "배송지를 변경할 수 있을까요? 이번 주에 이사를 합니다.",
    "はい",
    "Yes, please. That would be great, thank you very much for your quick help!",
)


class Sender(msgspec.Struct, frozen=True):
    """Where somebody posts: path, the headers that say who it is, the body's form."""

    path: str
    headers: dict[str, str]
    form: bool = False


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """Who posts, for how many seconds, after how many that do not count, and how often all together."""

    port: int
    senders: Sequence[Sender]
    seconds: float
    warm: float = 1.0
    rate: float | None = None
    seed: int = 1


class Sent(msgspec.Struct, frozen=True):
    """What came of it; `all` with the warming up, `processor` is the load generator's own share of a core."""

    stored: int
    all: int
    seconds: float
    refused: dict[str, int]
    latency: dict[str, float]
    worst_window_p99_ms: float
    processor: float

    @property
    def per_second(self) -> float:
        """Messages told stored, a second."""
        return round(self.stored / self.seconds, 1)


def customer_sender(token: str, chat: str) -> Sender:
    """A customer in their chat, by the API."""
    return Sender(f"/api/v1/chats/{chat}/entries", dict(wire.bearer(token)))


def desk_sender(headers: dict[str, str], chat: str) -> Sender:
    """An associate in a chat they have, as the desk's page posts it after they have looked again."""
    return Sender(f"/desk/cases/{chat}/entries", headers, form=True)


def begin(plan: Plan) -> Load[Sent]:
    """Start posting in a process of its own."""
    return Load("bench.senders", plan, Sent)


def run(plan: Plan) -> Sent:
    """Carry out the plan, and wait for it."""
    with begin(plan) as load:
        return load.result(plan.warm + plan.seconds + 60)


class _Posting:
    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._begun = self._until = 0.0
        self._taken: list[tuple[float, float]] = []  # when it was due, and how long it took
        self._refused: Counter[str] = Counter()
        self._all = 0

    async def carry_out(self) -> Sent:
        lines = [await wire.dial(self._plan.port) for _ in self._plan.senders]
        start = time.perf_counter() + 0.1
        self._begun = start + self._plan.warm
        self._until = self._begun + self._plan.seconds
        processor = time.process_time()
        await asyncio.gather(
            *(
                self._sender(number, sender, line, start)
                for number, (sender, line) in enumerate(zip(self._plan.senders, lines, strict=True))
            )
        )
        elapsed = max(time.perf_counter() - self._begun, self._plan.seconds)
        share = (time.process_time() - processor) / (elapsed + self._plan.warm)
        for line in lines:
            line.close()
        return Sent(
            len(self._taken),
            self._all,
            elapsed,
            dict(self._refused),
            spread(took for _, took in self._taken),
            _worst_window(self._taken),
            round(share, 3),
        )

    async def _sender(self, number: int, sender: Sender, line: wire.Line, start: float) -> None:
        dice = random.Random(self._plan.seed * 1_000_003 + number)
        for due in self._moments(dice, start):
            if due >= self._until:
                return
            if (pause := due - time.perf_counter()) > 0:
                await asyncio.sleep(pause)
            try:
                answer = await line.ask(_post(sender, self._plan.port, dice))
            except wire.Hangup:
                self._refused["hung up"] += 1
                await asyncio.sleep(0.05)
                line = await wire.dial(self._plan.port)
                continue
            took = time.perf_counter() - due
            if answer.status not in {200, 201}:
                self._refused[str(answer.status)] += 1
                continue
            self._all += 1
            if due >= self._begun:
                self._taken.append((due, took))

    def _moments(self, dice: random.Random, start: float) -> Iterator[float]:
        """When the next post is due: at once, or at even steps from a moment of one's own."""
        if self._plan.rate is None:
            while True:
                yield time.perf_counter()
        step = len(self._plan.senders) / self._plan.rate
        due = start + dice.random() * step
        while True:
            yield due
            due += step


def _post(sender: Sender, port: int, dice: random.Random) -> bytes:
    said = {
        "client_id": f"b{dice.getrandbits(80):020x}",
        "text": f"{dice.choice(TEXTS)} {dice.randrange(1_000_000):06d}",
    }
    if sender.form:
        return wire.form_request(sender.path, port, sender.headers, said | {"checked": " ".join(Check)})
    return wire.json_request(sender.path, port, said, sender.headers)


def _worst_window(taken: Sequence[tuple[float, float]]) -> float:
    windows: dict[int, list[float]] = {}
    for due, took in taken:
        windows.setdefault(int(due / WINDOW), []).append(took)
    worst = max((percentile(sorted(window), 0.99) for window in windows.values()), default=0.0)
    return round(worst * 1000, 2)


if __name__ == "__main__":
    carry_out(Plan, lambda plan: _Posting(plan).carry_out())
