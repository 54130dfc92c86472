"""Delivery: `python -m bench.deliver`, from the commit of a message to its bytes at the other side's open stream.

The server stamps commits (track_commit_timestamp), readers note when the bytes are there, by the same clock. Two
streams on each case, the customer's by the API and the associate's by the desk, and a desk of 20 topics for each
associate. Beside it, in the same run, the round trip of a bare NOTIFY.
"""

import argparse
import asyncio
import time
from typing import Any
from uuid import UUID

import msgspec
import psycopg

from bench import listeners, people, senders
from bench.common import conditions, postgres_version, progress, report, spread
from bench.listeners import Came, Reader
from bench.people import Associate, Customer
from bench.senders import customer_sender, desk_sender
from bench.site import PACE, Site, site
from bench.wire import bearer

TOPICS = 20  # of a desk: the line, its own, and as many cases as fit
NOTIFIES = 20.0  # a second
TARGET_MS = 50.0


class Written(msgspec.Struct, frozen=True):
    """A stored message: whose it was, and when its transaction began and was committed (Unix time)."""

    author: str
    began: float
    committed: float


def main() -> None:
    """Measure as asked."""
    asked = _arguments()
    with site("--processes", str(asked.processes), *people.needed(asked.cases), commit_times=True) as here:
        customers = asyncio.run(people.customers(here, asked.cases))
        associates = asyncio.run(people.associates(here, [one.chat for one in customers], asked.desks))
        _measure(here, asked, customers, associates)


class Ran(msgspec.Struct, frozen=True):
    """A run as it was: what was sent and heard, round trips of the bare NOTIFY (seconds), and the cores it took."""

    begun: float
    sent: senders.Sent
    listened: listeners.Listened
    notify: list[float]
    spent: dict[str, float]


class Heard(msgspec.Struct, frozen=True):
    """When messages came, in seconds after their commit by who read them, and how many never came."""

    lags: dict[str, list[float]]
    missing: int


def _measure(here: Site, asked: argparse.Namespace, customers: list[Customer], associates: list[Associate]) -> None:
    desk_of = {chat: associate for associate in associates for chat in associate.chats}
    readers = _readers(customers, associates, desk_of)
    posts = _posts(here, asked, customers, desk_of)
    plan = listeners.Plan(
        port=here.web.port,
        readers=[reader for group in readers.values() for reader in group],
        seconds=2 * (posts.warm + posts.seconds) + 60,
        notes=str(here.folder / "came"),
    )
    ran = _run(here, posts, plan)
    heard = _heard(plan, ran.begun, posts.warm, _written(here.conninfo), readers)
    report(_found(here, asked, readers, ran, heard), _summary(asked, ran, heard))


def _posts(
    here: Site, asked: argparse.Namespace, customers: list[Customer], desk_of: dict[str, Associate]
) -> senders.Plan:
    """Both sides of each case write."""
    return senders.Plan(
        port=here.web.port,
        senders=[customer_sender(one.token, one.chat) for one in customers]
        + [desk_sender(desk_of[one.chat].headers, one.chat) for one in customers],
        seconds=asked.seconds,
        warm=3,
        rate=asked.rate,
        seed=asked.seed,
    )


def _run(here: Site, posts: senders.Plan, plan: listeners.Plan) -> Ran:
    """Open all streams, then post, with the bare NOTIFY beside it."""
    progress(f"opening {len(plan.readers)} streams")
    with listeners.begin(plan) as listening:
        listening.ready()
        progress(f"{posts.rate:g} messages a second for {posts.seconds:g} seconds")
        before, begun = here.processor(), time.time()
        with senders.begin(posts) as posting:
            notify = asyncio.run(_notify(here.conninfo, posts.warm + posts.seconds))
            sent = posting.result(posts.warm + posts.seconds + 60)
        spent = {part: round((now - before[part]) / (time.time() - begun), 2) for part, now in here.processor().items()}
        return Ran(begun, sent, listening.finish(60), notify, spent)


def _heard(
    plan: listeners.Plan,
    begun: float,
    warm: float,
    written: dict[tuple[str, int], Written],
    readers: dict[str, list[Reader]],
) -> Heard:
    notes = listeners.notes(plan)
    groups = [name for name, group in readers.items() for _ in group]
    lags = _lags([note for note in notes if note.at > begun + warm], written, groups)
    return Heard(lags, _missing(plan, notes, written, begun))


def _found(
    here: Site, asked: argparse.Namespace, readers: dict[str, list[Reader]], ran: Ran, heard: Heard
) -> dict[str, Any]:
    return {
        "conditions": conditions(
            postgres=postgres_version(here.conninfo),
            web_processes=asked.processes,
            seconds=asked.seconds,
            rate=asked.rate,
            cases=len(readers["customer"]),
            streams={name: len(group) for name, group in readers.items()},
            topics_of_a_desk=TOPICS,
            seed=asked.seed,
            limits=f"on, at {PACE} times the usual pace",
        ),
        "delivery": {name: spread(lags) for name, lags in heard.lags.items()},
        "notify_round_trip": spread(ran.notify),
        "messages": msgspec.to_builtins(ran.sent),
        "load_generator_cores": {"senders": ran.sent.processor, "listeners": ran.listened.processor},
        "cores": ran.spent,
        "entries_heard": ran.listened.entries,
        "streams_cut": ran.listened.cut,
        "never_came": heard.missing,
    }


def _summary(asked: argparse.Namespace, ran: Ran, heard: Heard) -> dict[str, Any]:
    other, notify = spread(heard.lags["other side"]), spread(ran.notify)
    in_pace = ran.sent.per_second >= 0.99 * asked.rate
    return {
        "messages_per_second": ran.sent.per_second,
        "deliveries": other["count"],
        "p50_ms": other["p50_ms"],
        "p99_ms": other["p99_ms"],
        "from_transaction_begin_p99_ms": spread(heard.lags["other side, from its transaction's begin"])["p99_ms"],
        "notify_p50_ms": notify["p50_ms"],
        "notify_p99_ms": notify["p99_ms"],
        "never_came": heard.missing,
        "target_p99_ms": TARGET_MS,
        "met": other["p99_ms"] < TARGET_MS and not heard.missing and in_pace,
    }


def _readers(
    customers: list[Customer], associates: list[Associate], desk_of: dict[str, Associate]
) -> dict[str, list[Reader]]:
    """All streams by kind: two of each case, and the desks that hear of many."""
    chats = [customer.chat for customer in customers]
    return {
        "customer": [
            Reader(f"/api/v1/chats/{one.chat}/events", dict(bearer(one.token)), one.chat) for one in customers
        ],
        "associate": [Reader(f"/live?topics=case:{chat}", desk_of[chat].headers, chat) for chat in chats],
        "desk": [
            Reader("/live?topics=" + ",".join(["queue:all", "person", *_near(one, chats)]), one.headers)
            for one in associates
        ],
    }


def _near(associate: Associate, chats: list[str]) -> list[str]:
    """Topics of the associate's own cases and, up to what a stream may have, of others."""
    own = list(associate.chats)
    others = [chat for chat in chats if chat not in associate.chats]
    return [f"case:{chat}" for chat in (own + others)[: TOPICS - 2]]


def _lags(came: list[Came], written: dict[tuple[str, int], Written], groups: list[str]) -> dict[str, list[float]]:
    """Seconds from the commit to the bytes, by who read; the other side is whoever did not write."""
    found: dict[str, list[float]] = {
        name: [] for name in ("other side", "other side, from its transaction's begin", *dict.fromkeys(groups))
    }
    for note in came:
        message = written.get((note.case, note.seq))
        if message is None:
            continue
        group = groups[note.reader]
        found[group].append(note.at - message.committed)
        if message.author != group:
            found["other side"].append(note.at - message.committed)
            found["other side, from its transaction's begin"].append(note.at - message.began)
    return found


def _missing(plan: listeners.Plan, came: list[Came], written: dict[tuple[str, int], Written], begun: float) -> int:
    """How often a message was not heard on a stream that was open on its case alone."""
    heard = {(note.reader, note.seq) for note in came}
    by_case: dict[str, list[int]] = {}
    for (case, seq), message in written.items():
        if message.committed > begun:
            by_case.setdefault(case, []).append(seq)
    return sum(
        (number, seq) not in heard for number, reader in enumerate(plan.readers) for seq in by_case.get(reader.case, ())
    )


def _written(conninfo: str) -> dict[tuple[str, int], Written]:
    with psycopg.connect(conninfo) as conn:
        rows: list[tuple[UUID, Any, Any, Any, Any]] = conn.execute(
            """select case_id, seq, author, extract(epoch from at)::float8,
                      extract(epoch from pg_xact_commit_timestamp(xmin))::float8
               from entries where kind = 'message' and author in ('customer', 'associate')"""
        ).fetchall()
    return {(str(case), seq): Written(author, began, committed) for case, seq, author, began, committed in rows}


async def _notify(conninfo: str, seconds: float) -> list[float]:
    """Round trips of bare notifications, one after another."""
    hearing = await psycopg.AsyncConnection.connect(conninfo, autocommit=True)
    telling = await psycopg.AsyncConnection.connect(conninfo, autocommit=True)
    await hearing.execute("listen bench")
    heard = aiter(hearing.notifies())
    taken, until = [], time.perf_counter() + seconds
    while time.perf_counter() < until:
        begun = time.perf_counter()
        await telling.execute("notify bench")
        await anext(heard)
        taken.append(time.perf_counter() - begun)
        await asyncio.sleep(1 / NOTIFIES)
    await hearing.close()
    await telling.close()
    return taken


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--processes", type=int, default=2, help="web processes (2)")
    parser.add_argument("--seconds", type=float, default=60, help="of posting (60)")
    parser.add_argument("--rate", type=float, default=360, help="messages a second (360)")
    parser.add_argument("--cases", type=int, default=500, help="with two streams each (500)")
    parser.add_argument("--desks", type=int, default=50, help=f"of {TOPICS} topics each (50)")
    parser.add_argument("--seed", type=int, default=1)
    return parser.parse_args()


if __name__ == "__main__":
    main()
