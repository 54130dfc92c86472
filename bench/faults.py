"""Kills: the program and its Postgres end without warning while customers and associates write and cancel.

`python -m bench.faults --kills 50 --seed 1`. Nobody gives up; afterwards bench.history looks whether the program stands
by everything it told. Exit code 1 when it does not; `in_time` in the summary also holds the restarts to their targets.
"""

import argparse
import asyncio
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Sequence
from contextlib import suppress
from enum import StrEnum
from typing import Any

import msgspec
import psycopg

from bench import history, people
from bench.common import conditions, postgres_version, progress, report
from bench.crowd import Crowd, cancellable
from bench.site import Site, site

CANCELLERS = 3
CUSTOMERS_A_KILL = 8  # generated, so that there are enough orders to cancel
RECOVERS_WITHIN = 60.0  # seconds; the targets are below
STRIKES_WITHIN = 10.0  # seconds after which a failpoint that was not passed is given up for a plain kill
QUIET_WITHIN = 180.0  # seconds
HEARD_WITHIN = 30.0  # seconds; a stream notices only after 20 that it was cut in silence
TARGETS = {"web": 3.0, "postgres": 15.0}  # seconds until a message is accepted, on a machine with nothing else to do
PASSAGES = {"before_commit": (60, 500), "after_commit": (60, 500), "after_store": (1, 2)}  # the program's start is ~50


class Kind(StrEnum):
    """What is killed: Postgres, the program at any moment, or the program at a point of its own work."""

    WEB = "web"
    POSTGRES = "postgres"
    BEFORE_COMMIT = "before_commit"
    AFTER_COMMIT = "after_commit"
    AFTER_STORE = "after_store"


SHARES = {Kind.WEB: 3, Kind.POSTGRES: 4, Kind.BEFORE_COMMIT: 3, Kind.AFTER_COMMIT: 3, Kind.AFTER_STORE: 2}


class Kill(msgspec.Struct, frozen=True):
    """What comes next: after how many seconds, or at which passage of the point."""

    kind: Kind
    after: float
    passage: int

    @property
    def failpoint(self) -> str:
        """As the program is told it; empty for a kill from outside."""
        return f"{self.kind}:{self.passage}" if self.kind in PASSAGES else ""


def plan(kills: int, seed: int) -> list[Kill]:
    """The same for the same seed."""
    dice = random.Random(seed)
    kinds = dice.choices(list(SHARES), list(SHARES.values()), k=kills)
    return [Kill(kind, dice.uniform(0.3, 1.5), dice.randint(*PASSAGES.get(kind, (0, 0)))) for kind in kinds]


class Cast(msgspec.Struct, frozen=True):
    """How many take part: chats that associates have in hand (both sides write there), chats with the bot, orders."""

    taken: int = 8
    with_bot: int = 4
    orders_a_kill: int = 2


class Killer:
    """Carries out the plan, one kill after the other has healed."""

    def __init__(self, here: Site, crowd: Crowd, orders: list[list[tuple[people.Customer, str]]]) -> None:
        self._here = here
        self._crowd = crowd
        self._orders = orders
        self._armed = ""
        self.kills: Counter[str] = Counter()
        self.not_passed = 0
        self.healed: defaultdict[str, list[float]] = defaultdict(list)

    async def carry_out(self, kills: Sequence[Kill]) -> None:
        """All of them; the program runs unarmed afterwards."""
        await asyncio.to_thread(self._start, kills[0].failpoint)
        for number, (kill, following) in enumerate(zip(kills, [*kills[1:], None], strict=True), 1):
            for order in self._orders[number - 1]:
                self._crowd.orders.put_nowait(order)
            at = await self._strike(kill)
            self.kills[kill.kind] += 1
            then = following.failpoint if following else ""
            if kill.kind is not Kind.POSTGRES:
                await asyncio.to_thread(self._start, then)
            took = await self._healed(at)
            self.healed[Kind.POSTGRES if kill.kind is Kind.POSTGRES else Kind.WEB].append(took)
            progress(f"{number:3} {kill.kind}: {took:.2f} s until a message was accepted")
            if then != self._armed:
                await asyncio.to_thread(self._here.web.stop)
                await asyncio.to_thread(self._start, then)

    def _start(self, failpoint: str) -> None:
        web = self._here.web
        if web.process and web.process.poll() is None:
            web.stop()
        web.environment = {**web.environment, "MADOGUCHI_FAILPOINT": failpoint}
        self._armed = failpoint
        web.start()

    async def _strike(self, kill: Kill) -> float:
        """When it happened (monotonic seconds)."""
        process = self._here.web.process
        assert process
        if kill.kind is Kind.POSTGRES:
            await asyncio.sleep(kill.after)
            at = time.monotonic()
            for pid in self._here.postgres_pids:
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            return at
        if kill.kind is Kind.WEB:
            await asyncio.sleep(kill.after)
        else:
            with suppress(subprocess.TimeoutExpired):
                await asyncio.to_thread(process.wait, STRIKES_WITHIN)
            self.not_passed += process.poll() is None
        at = time.monotonic()
        self._here.web.kill()
        return at

    async def _healed(self, since: float) -> float:
        """Seconds until a message posted after the kill was accepted."""
        while self._crowd.accepted[0] <= since:
            self._crowd.check()
            if time.monotonic() - since > RECOVERS_WITHIN:
                raise RuntimeError(
                    f"nothing was accepted for {RECOVERS_WITHIN:g} s:\n{self._here.web.log.read_text()[-3000:]}"
                )
            await asyncio.sleep(0.005)
        return self._crowd.accepted[1] - since


async def quiet(here: Site) -> float:
    """Wait until no work is left that could be done now; the seconds that took."""
    begun = time.monotonic()
    async with await psycopg.AsyncConnection.connect(here.conninfo, autocommit=True) as conn:
        while True:
            row = await (
                await conn.execute(
                    """select (select count(*) from jobs where key is null or key not like 'periodic:%')
                            + (select count(*) from requests where settled_at is null)
                            + (select count(*) from cases where bot_due_at is not null)"""
                )
            ).fetchone()
            if row == (0,):
                return time.monotonic() - begun
            if time.monotonic() - begun > QUIET_WITHIN:
                return QUIET_WITHIN
            await asyncio.sleep(0.2)


class Ran(msgspec.Struct, frozen=True):
    """A run as it was: what was told and is there now, and what the doctor says."""

    crowd: Crowd
    killer: Killer
    messages: history.Messages
    mismatches: dict[str, list[Any]]
    quiet_after: float
    doctor: subprocess.CompletedProcess[str]

    @property
    def restarts(self) -> dict[str, dict[str, Any]]:
        """Seconds until a message was accepted again, by what was killed, with the target."""
        return {part: _seconds(taken) | {"target": TARGETS[part]} for part, taken in self.killer.healed.items()}

    @property
    def kept(self) -> bool:
        """Whether nothing was lost, doubled, mixed up or denied."""
        told = self.crowd.history
        broken = (*msgspec.structs.astuple(self.messages), told.changed_its_mind, told.wrong, self.mismatches)
        return not any(broken) and self.doctor.returncode == 0


async def run(here: Site, kills: int, seed: int, cast: Cast) -> tuple[dict[str, Any], dict[str, Any]]:
    """Everything, and the report and its summary."""
    under = conditions(postgres=postgres_version(here.conninfo), kills=kills, seed=seed)
    ran = await _carried_out(here, kills, seed, cast)
    return {"conditions": under} | _found(here, ran), {"kills": kills, "seed": seed} | _summary(ran)


async def _carried_out(here: Site, kills: int, seed: int, cast: Cast) -> Ran:
    """Let everybody write and cancel while the kills come; then wait until all is quiet, and read what is there."""
    writers = await people.customers(here, cast.taken + cast.with_bot)
    associates = await people.associates(here, [customer.chat for customer in writers[: cast.taken]])
    crowd = Crowd(here.web.url, seed)
    orders = await _orders(here, crowd, cast.orders_a_kill * kills)
    progress(f"{len(writers)} chats, {len(associates)} associates, {len(orders)} orders to cancel")
    killer = Killer(here, crowd, [orders[number::kills] for number in range(kills)])
    crowd.begin(writers, associates, CANCELLERS)
    await killer.carry_out(plan(kills, seed))
    await crowd.rest()
    took = await quiet(here)
    await _all_heard(crowd, await history.read(crowd.web, writers))
    chats = await history.read(crowd.web, writers)
    await crowd.leave()
    return Ran(
        crowd,
        killer,
        history.check(crowd.history, chats),
        history.check_database(here.conninfo, crowd.history.wished),
        took,
        here.command("doctor", "--invariants"),
    )


def _found(here: Site, ran: Ran) -> dict[str, Any]:
    crowd, told = ran.crowd, ran.crowd.history
    return {
        "kills": dict(ran.killer.kills) | {"points_not_passed": ran.killer.not_passed},
        "acknowledged": len(told.said),
        "messages": msgspec.to_builtins(ran.messages),
        "changed_answers": told.changed_its_mind,
        "wrong_answers": told.wrong,
        "answers": dict(crowd.statuses),
        "cancellations": {
            "settled": dict(Counter(wish.state for wish in told.wished)),
            "refused": dict(crowd.refused),
            "seconds_to_be_taken_up": _seconds(crowd.taken_up_in),
            "seconds_to_settle": _seconds(crowd.settled_in),
        },
        "mismatches": ran.mismatches,
        "restart_seconds": ran.restarts,
        "load_after": [round(load, 2) for load in os.getloadavg()],  # of everything on this machine
        "quiet_after_seconds": round(ran.quiet_after, 2),
        "logged": history.logged(here.web.log.read_text()),
        "doctor": ran.doctor.stdout.splitlines(),
    }


def _summary(ran: Ran) -> dict[str, Any]:
    told, restarts = ran.crowd.history, ran.restarts
    in_time = all(figures["max"] <= figures["target"] for figures in restarts.values())
    return {
        "acknowledged": len(told.said),
        "lost": len(ran.messages.lost),
        "doubled": len(ran.messages.doubled),
        "out_of_order": len(ran.messages.out_of_order),
        "cancellations": len(told.wished),
        "mismatches": sum(map(len, ran.mismatches.values())),
        "wrong_answers": len(told.wrong),
        "web_restart_max_s": restarts.get("web", {}).get("max"),
        "postgres_restart_max_s": restarts.get("postgres", {}).get("max"),
        "invariants": ran.doctor.returncode == 0,
        "sound": ran.kept,
        "in_time": in_time,
        "met": ran.kept and in_time,
    }


async def _orders(here: Site, crowd: Crowd, count: int) -> list[tuple[people.Customer, str]]:
    """At most so many orders that can be cancelled, with their customers."""
    if not count:
        return []
    with psycopg.connect(here.conninfo) as conn:
        refs = conn.execute(
            """select distinct c.store_ref, c.locale from customers c join orders o on o.customer_id = c.id
               where c.store_id = %s and o.document->>'state' in ('paid', 'preparing') order by 1""",
            [people.STORE],
        ).fetchall()
    return await cancellable(crowd.web, await people.customers(here, len(refs), refs), count)


async def _all_heard(crowd: Crowd, chats: dict[str, list[history.Entry]]) -> None:
    """Give the streams a moment to bring the last entries."""
    until = time.monotonic() + HEARD_WITHIN
    while time.monotonic() < until:
        if all(heard.seqs[-1:] == [chats[heard.chat][-1].seq] for heard in crowd.history.heard):
            return
        await asyncio.sleep(0.1)


def _seconds(taken: Sequence[float]) -> dict[str, float]:
    ordered = sorted(taken)
    if not ordered:
        return {"count": 0, "p50": 0.0, "max": 0.0}
    return {"count": len(ordered), "p50": round(ordered[len(ordered) // 2], 2), "max": round(ordered[-1], 2)}


def main() -> int:
    """Try it as asked."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--kills", type=int, default=50)
    parser.add_argument("--seed", type=int, default=1)
    asked = parser.parse_args()
    with site("--size", str(CUSTOMERS_A_KILL * asked.kills)) as here:
        found, summary = asyncio.run(run(here, asked.kills, asked.seed, Cast()))
    report(found, summary)
    return 0 if summary["sound"] else 1


if __name__ == "__main__":
    sys.exit(main())
