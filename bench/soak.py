"""A worst hour's rate for minutes, beside desks at work, searches and customers who look at their orders."""

import argparse
import asyncio
import random
import time
from typing import Any

import msgspec
import psycopg

from bench import desks, people, senders, wire
from bench.common import conditions, postgres_version, progress, report, spread
from bench.desks import Desk
from bench.load import Load, carry_out
from bench.people import Associate, Customer
from bench.senders import customer_sender, desk_sender
from bench.site import PACE, Site

DESKS = 50
CHATS_EACH = 10
FROM_DESKS = 0.5  # of the messages are the associates'
SEARCHES = 20.0  # a second
ORDER_LISTS = 5.0  # a second
TARGET_MS = 100.0
NOTE = (
    "There is no search page yet: a Postgres full-text query for words of the messages stands in for it, over an index"
    " made for this run, whose upkeep the messages pay. The desks open cases with customer panel and orders."
)


class Looking(msgspec.Struct, frozen=True):
    """Who looks at their orders, and what is searched."""

    port: int
    conninfo: str
    tokens: tuple[str, ...]
    seconds: float
    seed: int


class Looked(msgspec.Struct, frozen=True):
    """How long that took."""

    searches: dict[str, float]
    order_lists: dict[str, float]


class Ran(msgspec.Struct, frozen=True):
    """A run as it was: what was sent, seen at the desks and looked for, and the cores it took."""

    sent: senders.Sent
    desks: desks.Worked
    looked: Looked
    cores: dict[str, float]


def run(here: Site, asked: argparse.Namespace) -> None:
    """Everything at once, and the report."""
    customers = asyncio.run(people.customers(here, DESKS * CHATS_EACH))
    associates = asyncio.run(people.associates(here, [customer.chat for customer in customers], DESKS))
    _index(here.conninfo)
    ran = _all_at_once(here, asked, customers, associates)
    doctor = here.command("doctor", "--invariants")
    found = _found(here, asked, len(customers), ran) | {"doctor": doctor.stdout.splitlines()}
    report(found, _summary(asked, ran, sound=doctor.returncode == 0))


def _all_at_once(here: Site, asked: argparse.Namespace, customers: list[Customer], associates: list[Associate]) -> Ran:
    plan = _posts(here, asked, customers, associates)
    sitting = desks.Plan(
        port=here.web.port,
        desks=[Desk(associate.headers, associate.chats) for associate in associates],
        seconds=plan.warm + plan.seconds + 2,
        seed=asked.seed,
    )
    looking = Looking(
        here.web.port, here.conninfo, tuple(customer.token for customer in customers), sitting.seconds, asked.seed
    )
    with desks.begin(sitting) as sat, Load("bench.soak", looking, Looked) as looked:
        sat.ready()
        before = here.processor()
        with senders.begin(plan) as posting:
            progress(f"{asked.rate:g} messages a second for {asked.soak:g} seconds")
            sent = posting.result(plan.warm + plan.seconds + 60)
        cores = {
            part: round((spent - before[part]) / (plan.warm + sent.seconds), 2)
            for part, spent in here.processor().items()
        }
        return Ran(sent, sat.result(60), looked.result(60), cores)


def _found(here: Site, asked: argparse.Namespace, chats: int, ran: Ran) -> dict[str, Any]:
    return {
        "conditions": conditions(
            postgres=postgres_version(here.conninfo),
            web_processes=asked.processes,
            seconds=asked.soak,
            rate=asked.rate,
            desks=DESKS,
            chats=chats,
            from_desks=FROM_DESKS,
            seed=asked.seed,
            limits=f"on, at {PACE} times the usual pace",
            note=NOTE,
        ),
        "messages": msgspec.to_builtins(ran.sent),
        "desks": msgspec.to_builtins(ran.desks),
        "looking": msgspec.to_builtins(ran.looked),
        "cores": ran.cores,
    }


def _summary(asked: argparse.Namespace, ran: Ran, *, sound: bool) -> dict[str, Any]:
    p99 = ran.sent.latency["p99_ms"]
    return {
        "asked_per_second": asked.rate,
        "stored_per_second": ran.sent.per_second,
        "seconds": asked.soak,
        "p50_ms": ran.sent.latency["p50_ms"],
        "p99_ms": p99,
        "worst_10s_p99_ms": ran.sent.worst_window_p99_ms,
        "refused": sum(ran.sent.refused.values()),
        "desk_page_p99_ms": ran.desks.pages["p99_ms"],
        "search_p99_ms": ran.looked.searches["p99_ms"],
        "invariants": sound,
        "target_p99_ms": TARGET_MS,
        "met": p99 < TARGET_MS and ran.sent.per_second >= 0.99 * asked.rate and sound,
    }


def _posts(
    here: Site, asked: argparse.Namespace, customers: list[Customer], associates: list[Associate]
) -> senders.Plan:
    """Who posts: every customer, and in as many of the chats as makes up their share, the associates."""
    own = {chat: associate for associate in associates for chat in associate.chats}
    writers = [customer_sender(customer.token, customer.chat) for customer in customers]
    answering = customers[: round(len(customers) * FROM_DESKS / (1 - FROM_DESKS))]
    writers += [desk_sender(own[customer.chat].headers, customer.chat) for customer in answering]
    return senders.Plan(
        port=here.web.port, senders=writers, seconds=asked.soak, warm=5, rate=asked.rate, seed=asked.seed
    )


def _index(conninfo: str) -> None:
    with psycopg.connect(conninfo, autocommit=True) as conn:
        conn.execute("create index bench_words on entries using gin (to_tsvector('simple', text))")


class _Watch:
    """Searches and lists at a steady pace, one after another each."""

    def __init__(self, plan: Looking) -> None:
        self._plan = plan
        self._dice = random.Random(plan.seed)
        self._until = time.perf_counter() + plan.seconds

    async def look(self) -> Looked:
        searches, lists = await asyncio.gather(self._search(), self._list())
        return Looked(spread(searches), spread(lists))

    async def _search(self) -> list[float]:
        async with await psycopg.AsyncConnection.connect(self._plan.conninfo, autocommit=True) as conn:
            taken = []
            while await self._pause(SEARCHES):
                begun = time.perf_counter()
                found = await conn.execute(
                    """select case_id, seq, text from entries
                       where to_tsvector('simple', text) @@ plainto_tsquery('simple', %s) limit 50""",
                    [f"{self._dice.randrange(1_000_000):06d}"],
                )
                await found.fetchall()
                taken.append(time.perf_counter() - begun)
            return taken

    async def _list(self) -> list[float]:
        line = await wire.dial(self._plan.port)
        taken = []
        while await self._pause(ORDER_LISTS):
            begun = time.perf_counter()
            headers = wire.bearer(self._dice.choice(self._plan.tokens))
            answer = await line.ask(wire.request("GET", "/api/v1/orders", self._plan.port, headers))
            if answer.status != 200:
                raise RuntimeError(f"{answer.status}: {answer.body[:300]!r}")
            taken.append(time.perf_counter() - begun)
        line.close()
        return taken

    async def _pause(self, per_second: float) -> bool:
        await asyncio.sleep(self._dice.expovariate(per_second))
        return time.perf_counter() < self._until


async def _look(plan: Looking) -> Looked:
    return await _Watch(plan).look()


if __name__ == "__main__":
    carry_out(Looking, _look)
