"""Refunds exactly once: lost replies, kills at each point of the work, webhooks twice and in any order.

`python -m bench.refunds --refunds 5000`. The worker with the store and the provider in it is killed over and over;
afterwards our ledger, the provider's books and the store's are compared to the yen. Exit code 1 on any mismatch.
"""

import argparse
import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta
from typing import Any
from uuid import UUID

import msgspec
import psycopg
import uvloop

from bench.common import conditions, postgres_version, progress, report
from bench.refund_worker import STORE, Works
from bench.site import ROOT, database
from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.ledger import queries as books
from madoguchi.core.ledger import verbs as ledger
from madoguchi.core.ledger.intents import queries as intents
from madoguchi.core.ledger.intents.verbs import intend
from madoguchi.core.ledger.rules import Destination, Part, destinations
from madoguchi.core.shop import mirror
from madoguchi.core.shop.port import Tender
from madoguchi.core.shop.verbs import add_store
from madoguchi.edge.stores.demo.shops import DEMO
from madoguchi.edge.stores.demo.store import DemoStore
from madoguchi.edge.stores.demo.world import seed as fill
from madoguchi.kit import clock, ids
from madoguchi.kit.db import Tx
from madoguchi.kit.money import Money, share
from madoguchi.service.refunds import queries as refunds
from madoguchi.service.refunds.jobs import Reconciler
from madoguchi.service.refunds.verbs import go_another_way

PARTS = 6  # refunds that a tender is given back in
QUIET_WITHIN = 900.0  # seconds
STRIKES_WITHIN = 20.0  # seconds after which a point that was not passed is given up for a plain kill
# at which passage of a point to die, for a life of about ten refunds; a longer life has as many times more
PASSAGES = {"before_commit": (30, 100), "after_commit": (30, 100), "after_provider": (3, 10), "after_store": (3, 10)}
# intents: not ended, or not noted by the store; and jobs that are still to be done
_LEFT = """
select (select count(*) from refund_intents
        where state not in ('succeeded', 'rerouted') or (state = 'succeeded' and booked_at is null))
     + (select count(*) from jobs where key like 'refunds.execute:%')
     + (select count(*) from demo_payments.webhooks)
     + (select count(*) from demo_payments.refunds where decides_at is not null or fails_at is not null)
"""
_WAITING = """
select i.number, i.rail, i.state, i.attempts, i.booked_at is not null, j.due_at, j.attempts, j.again, j.last_error
from jobs j left join refund_intents i on j.key = 'refunds.execute:' || i.id
"""
# what each side says went back by a tender; only where they differ
MISMATCHES = {
    "intents and ledger": """
        select i.order_id, i.tender_ref, sum(i.amount), t.refunded, t.reserved
        from refund_intents i join ledger_tenders t using (order_id, tender_ref)
        where i.state = 'succeeded' group by i.order_id, i.tender_ref, t.refunded, t.reserved
        having sum(i.amount) <> t.refunded or t.reserved <> 0""",
    "ledger and store": """
        select o.store_ref, t.tender_ref, t.refunded, s.refunded
        from ledger_tenders t join orders o on o.id = t.order_id
        join demo_store.tenders s on s.shop_id = o.store_id and s.order_ref = o.store_ref and s.ref = t.tender_ref
        where s.refunded <> t.refunded""",
    "store and its own payments": """
        select t.order_ref, t.ref, t.refunded, sum(p.amount)
        from demo_store.tenders t
        left join demo_store.payments p on p.shop_id = t.shop_id and p.order_ref = t.order_ref
          and p.tender_ref = t.ref and p.kind = 'refund'
        group by t.shop_id, t.order_ref, t.ref, t.refunded having t.refunded <> coalesce(sum(p.amount), 0)""",
    "intents and provider": """
        select coalesce(i.id::text, r.key), i.state, i.amount, r.state, r.amount
        from (select * from refund_intents where rail = 'provider') i
        full join demo_payments.refunds r on r.key = i.id::text
        where (coalesce(i.state, '') = 'succeeded') <> (coalesce(r.state, '') = 'succeeded')
           or i.amount <> r.amount""",
    "provider and its own payments": """
        select p.ref, p.refunded, sum(r.amount) from demo_payments.payments p
        left join demo_payments.refunds r on r.payment_ref = p.ref and r.state = 'succeeded'
        group by p.ref, p.refunded having p.refunded <> coalesce(sum(r.amount), 0)""",
    "money that has no living intent, or two": """
        select root, count(*) filter (where state = 'succeeded') from refund_intents
        group by root having count(*) filter (where state = 'succeeded') <> 1""",
}


class Figures(msgspec.Struct, frozen=True):
    """How fast it is on a good day, beside what the database alone does."""

    refunds_per_second: float
    raw_commits_per_second: float


class Bench:
    """Orders to refund, a worker to kill, and books to compare."""

    def __init__(self, conninfo: str, seed: int, lost: float) -> None:
        self.conninfo = conninfo
        self.lost = lost
        self.works = Works(conninfo, seed, 0.0)
        self._looks = psycopg.connect(conninfo, autocommit=True)
        self._dice = random.Random(seed)
        self._process: subprocess.Popen[bytes] | None = None
        self.kills: Counter[str] = Counter()
        self._longer = 1

    async def prepare(self, refunds_wanted: int) -> None:
        """Fill the shop with orders enough."""
        await self.works.open()
        size = max(refunds_wanted // 10, 10)
        await fill(self.works.store_db, clock.now(), size=size)
        fields = (DEMO.id, DEMO.name, DEMO.currency, DEMO.time_zone, DEMO.country, DEMO.locale, DEMO.rule_pack)
        await self.works.db.run(SYSTEM, lambda tx: add_store(tx, *fields))
        await mirror.follow(self.works.db, DemoStore(self.works.store_db, STORE))

    async def close(self) -> None:
        """Hang up."""
        self._looks.close()
        await self.works.close()

    async def owe(self, count: int, parts: int = PARTS) -> int:
        """Owe so many refunds of what was paid, each tender in some parts; how many there were."""
        made = 0
        for order_id, order in await self._orders():
            for tender in order:
                if made >= count:
                    return made
                most = min(parts, count - made)
                made += await self.works.db.run(SYSTEM, lambda tx, o=order_id, t=tender, n=most: _owe(tx, o, t, n))  # type: ignore[misc]
        return made

    async def kill_over_and_over(self, times: int, refunds_a_life: int) -> None:
        """The worker ends at each point of its work in turn; then one works to the end."""
        self._longer = max(refunds_a_life // 10, 1)
        points = [*PASSAGES, "any moment"]
        for number in range(times):
            point = points[number % len(points)]
            await asyncio.to_thread(self._live_and_die, point, number)
            self.kills[point] += 1
            left = self._left()
            progress(f"{number + 1:3} {point}: {left} things left")
        self._start("", times)
        await self._quiet()
        self._end(signal.SIGTERM)

    async def on_a_good_day(self, count: int) -> Figures:
        """Refunds a second with one worker and no faults, and commits a second of as many connections."""
        owed = await self.owe(count, parts=1)
        return Figures(await self.carried_out(owed), round(await _raw_commits(self.conninfo, 3.0), 1))

    async def carried_out(self, owed: int) -> float:
        """How many of the refunds that are owed are carried out a second, by one worker."""
        worker = self.works.worker()
        begun = time.monotonic()
        running = asyncio.create_task(worker.run())
        while True:
            if not self._count("select count(*) from refund_intents where state <> 'succeeded' or booked_at is null"):
                break
            await asyncio.sleep(0.02)
        took = time.monotonic() - begun
        await self._quiet()
        worker.stop()
        await running
        return round(owed / took, 1)

    async def compare(self) -> dict[str, list[Any]]:
        """What contradicts itself; by kind, only what is wrong."""
        with psycopg.connect(self.conninfo, autocommit=True) as conn:
            found: dict[str, list[Any]] = {
                kind: conn.execute(query.encode()).fetchall() for kind, query in MISMATCHES.items()
            }
        reconciler = Reconciler(self.works.db, {STORE: self.works.provider})
        await reconciler.compare(STORE, clock.now() - timedelta(days=1))
        checks = (books.unbalanced, intents.uncovered, books.drifted, intents.stuck, refunds.unexplained)
        for check in checks:
            found[check.__name__] = list(await self.works.db.run(SYSTEM, check))
        return {kind: rows for kind, rows in found.items() if rows}

    async def _orders(self) -> list[tuple[UUID, Sequence[Tender]]]:
        with psycopg.connect(self.conninfo) as conn:
            rows = conn.execute(
                """select o.id, o.document->'tenders' from orders o
                   where not exists (select 1 from refund_intents i where i.order_id = o.id)
                   order by o.id"""
            ).fetchall()
        return [(row[0], msgspec.convert(row[1], list[Tender])) for row in rows]

    def _live_and_die(self, point: str, number: int) -> None:
        if point == "any moment":
            self._start("", number)
            time.sleep(1 + self._dice.uniform(0.01, 0.3) * self._longer)
        else:
            self._start(f"{point}:{self._dice.randint(*PASSAGES[point]) * self._longer}", number)
            assert self._process
            try:
                self._process.wait(STRIKES_WITHIN)
            except subprocess.TimeoutExpired:
                self.kills["points not passed"] += 1
        self._end(signal.SIGKILL)

    def _start(self, failpoint: str, number: int) -> None:
        environment = dict(os.environ) | {
            "DATABASE_URL": self.conninfo,
            "MADOGUCHI_FAILPOINT": failpoint,
            "PYTHONPATH": f"{ROOT / 'src'}:{ROOT}",
        }
        self._process = subprocess.Popen(
            [sys.executable, "-m", "bench.refund_worker", str(number), str(self.lost)],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
        )

    def _end(self, number: signal.Signals) -> None:
        assert self._process
        if self._process.poll() is None:
            self._process.send_signal(number)
        self._process.wait()
        with psycopg.connect(self.conninfo, autocommit=True) as conn:  # nobody waits half a minute for a dead worker
            conn.execute("update jobs set leased_until = null where leased_until is not null")

    async def _quiet(self) -> None:
        """Wait until nothing is left; what failed at the provider goes another way, as its customer would choose."""
        until = time.monotonic() + QUIET_WITHIN
        while self._left():
            await self._detours()
            self._hurry()
            if time.monotonic() > until:
                progress(f"it did not get quiet: {self._rows(_WAITING)}")
                return
            await asyncio.sleep(0.5)

    def _hurry(self) -> None:
        """Nobody here waits for the next try of what had no answer; what a worker is just taking is passed over."""
        idle = "select id from jobs where key like 'refunds.execute:%' and leased_until is null for update skip locked"
        with psycopg.connect(self.conninfo, autocommit=True) as conn:
            conn.execute(f"update jobs set due_at = now() where id in ({idle})")

    async def _detours(self) -> None:
        for row in self._rows("select id from refund_intents where state = 'failed'"):
            await self.works.db.run(
                SYSTEM,
                lambda tx, failed=row[0]: go_another_way(tx, SYSTEM, failed, Destination.GIFT_BALANCE),  # type: ignore[misc]
            )

    def _left(self) -> int:
        return self._count(_LEFT)

    def _count(self, query: str) -> int:
        return int(self._rows(query)[0][0])

    def _rows(self, query: str) -> list[tuple[Any, ...]]:
        return self._looks.execute(query.encode()).fetchall()


async def _owe(tx: Tx, order_id: UUID, tender: Tender, parts: int) -> int:
    """Owe all that can be given back of a tender, in parts, each for a wish of its own; how many."""
    held = (await ledger.tenders(tx, order_id))[tender.ref]
    amounts = [amount for amount in share(held.free.amount, [1] * parts) if amount]
    for amount in amounts:
        part = Part(
            tender_ref=tender.ref,
            tender_kind=tender.kind,
            tender_label=tender.label,
            amount=Money(amount, held.currency),
            destination=destinations(tender.kind)[0],
            days=(0, 0),
        )
        request_id = ids.uuid7()
        await ledger.reserve(tx, request_id, order_id, {}, {tender.ref: part.amount})
        await intend(tx, request_id, order_id, [part])
    return len(amounts)


async def _raw_commits(conninfo: str, seconds: float, connections: int = 8) -> float:
    """Commits a second of one small row each."""
    done = 0
    async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as conn:
        await conn.execute("create table raw_commits (id bigint generated always as identity, at timestamptz)")

    async def commit(until: float) -> None:
        nonlocal done
        async with await psycopg.AsyncConnection.connect(conninfo, autocommit=True) as conn:
            while time.monotonic() < until:
                await conn.execute("insert into raw_commits (at) values (now())")
                done += 1

    until = time.monotonic() + seconds
    await asyncio.gather(*(commit(until) for _ in range(connections)))
    return done / seconds


async def run(conninfo: str, count: int, kills: int, seed: int, lost: float) -> tuple[dict[str, Any], dict[str, Any]]:
    """Everything, and the report and its summary."""
    under = conditions(postgres=postgres_version(conninfo), refunds=count, kills=kills, seed=seed, lost=lost)
    bench = Bench(conninfo, seed, lost)
    good_day = min(count // 5, 500)
    await bench.prepare(count + good_day)
    figures = await bench.on_a_good_day(good_day)
    progress(f"a good day: {figures.refunds_per_second} refunds a second")
    owed = await bench.owe(count)
    begun = time.monotonic()
    await bench.kill_over_and_over(kills, count // kills)
    took = time.monotonic() - begun
    mismatches = await bench.compare()
    rails = dict(bench._rows("select rail || ' ' || state, count(*) from refund_intents group by 1 order by 1"))
    await bench.close()
    wrong = sum(map(len, mismatches.values()))
    found = {
        "conditions": under,
        "kills": dict(bench.kills),
        "intents": rails,
        "seconds_with_kills": round(took, 1),
        "figures": msgspec.to_builtins(figures),
        "mismatches": mismatches,
    }
    summary = {
        "refunds": owed + good_day,
        "kills": sum(count for point, count in bench.kills.items() if point != "points not passed"),
        "lost_replies": lost,
        "mismatches": wrong,
        **msgspec.to_builtins(figures),
        "met": wrong == 0 and owed == count,
    }
    return found, summary


def main() -> int:
    """Try it as asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--refunds", type=int, default=5000)
    parser.add_argument("--kills", type=int, default=40)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--lost", type=float, default=0.3)
    asked = parser.parse_args()
    with database() as conninfo:
        found, summary = uvloop.run(run(conninfo, asked.refunds, asked.kills, asked.seed, asked.lost))
    report(found, summary)
    return 0 if summary["met"] else 1


if __name__ == "__main__":
    sys.exit(main())
