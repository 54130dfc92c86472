"""Jobs: put in by the transaction that needs them, leased by a worker, repeated until they succeed or are parked.

A handler may run twice or late, so it is idempotent. A worker that dies leaves a lease that runs out after LEASE.
"""

import asyncio
import logging
import random
from collections.abc import Awaitable, Callable, Iterable, Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any, TypeVar
from uuid import uuid4

import msgspec
import psycopg
from psycopg.types.json import Jsonb
from psycopg_pool import PoolTimeout

from madoguchi.kit.db import Database, Tx

LEASE = timedelta(seconds=30)
ATTEMPTS = 12
TOPIC = "jobs"

Handler = Callable[[Any], Awaitable[None]]
T = TypeVar("T")
log = logging.getLogger(__name__)


class _System:
    key = "system"


class Job(msgspec.Struct, frozen=True):
    """A leased job as the worker sees it."""

    id: int
    name: str
    arguments: dict[str, Any]
    attempts: int


class Duty(msgspec.Struct, frozen=True):
    """What a worker can do: a handler, the Struct of its arguments, and how often it runs by itself (None: never)."""

    handler: Handler
    arguments: type[msgspec.Struct]
    every: timedelta | None = None


class Nothing(msgspec.Struct, frozen=True):
    """The arguments of a job that needs none."""


async def enqueue(
    tx: Tx, name: str, arguments: msgspec.Struct, *, key: str | None = None, at: datetime | None = None
) -> None:
    """Put a job into the caller's transaction; while its key is waiting, that one job runs (earlier, or again)."""
    async with tx.acting(_System):  # who asks for work need not be able to read what others asked for
        await tx.execute(
            """insert into jobs (name, arguments, key, due_at) values (%s, %s, %s, %s)
               on conflict (key) do update
               set due_at = case when jobs.leased_until > %s and not jobs.again then excluded.due_at
                                 else least(jobs.due_at, excluded.due_at) end,
                   again = true, parked_at = null""",
            [name, Jsonb(msgspec.to_builtins(arguments)), key, at or tx.now, tx.now],
        )
    tx.wake(TOPIC)


class Worker:
    """Runs the duties of this process, at most `slots` at once, until `stop`."""

    def __init__(self, database: Database, duties: Mapping[str, Duty], slots: int = 8) -> None:
        self._db = database
        self._duties = duties
        self._slots = slots
        self._running: dict[int, asyncio.Task[None]] = {}
        self._lease = uuid4()
        self._nudged = asyncio.Event()
        self._stopping = False

    def nudge(self) -> None:
        """There may be work; called by the hub."""
        self._nudged.set()

    async def run(self) -> None:
        """Work until `stop`; survives a database that goes away for a while."""
        renewing = asyncio.create_task(self._renew())
        try:
            await self._until_it_works(self._arm_periodic)
            while not self._stopping:
                self._nudged.clear()
                claimed = await self._until_it_works(self._claim) if len(self._running) < self._slots else []
                for job in claimed:
                    self._running[job.id] = asyncio.create_task(self._work(job))
                if not claimed:
                    with suppress(TimeoutError):
                        await asyncio.wait_for(self._nudged.wait(), 0.5 + random.random() / 2)
        finally:
            renewing.cancel()
            if self._running:
                await asyncio.wait(self._running.values(), timeout=3)

    def stop(self) -> None:
        """Take no more jobs; `run` returns when the current ones are done or 3 s have gone."""
        self._stopping = True
        self._nudged.set()

    async def _until_it_works(self, act: Callable[[], Awaitable[Any]]) -> Any:
        while not self._stopping:
            try:
                return await act()
            except (psycopg.OperationalError, PoolTimeout):
                log.warning("the worker waits for the database")
                await asyncio.sleep(1)
        return []

    async def _arm_periodic(self) -> None:
        async def work(tx: Tx) -> None:
            for name, duty in self._duties.items():
                if duty.every:
                    await enqueue(tx, name, Nothing(), key=f"periodic:{name}")

        await self._db.run(_System, work)

    async def _claim(self) -> list[Job]:
        busy = list(self._running)  # a lease runs out when the clock leaps, although its worker lives: it is ours

        async def work(tx: Tx) -> list[Job]:
            return await tx.all(
                Job,
                """update jobs set lease = %s, leased_until = %s, attempts = attempts + 1, again = false
                   where id in (
                     select id from jobs
                     where parked_at is null and due_at <= %s and (leased_until is null or leased_until < %s)
                       and name = any(%s) and id <> all(%s)
                     order by due_at limit %s for update skip locked)
                   returning id, name, arguments, attempts""",
                [self._lease, tx.now + LEASE, tx.now, tx.now, list(self._duties), busy, self._slots - len(busy)],
            )

        jobs: list[Job] = await self._db.run(_System, work)
        return jobs

    async def _work(self, job: Job) -> None:
        duty = self._duties[job.name]
        try:
            await duty.handler(msgspec.convert(job.arguments, duty.arguments, strict=False))
        except Exception as error:
            log.exception("job %s failed, attempt %s", job.name, job.attempts)
            reason = repr(error)[:500]
            await self._until_it_works(lambda: self._failed(job, duty, reason))
        else:
            await self._until_it_works(lambda: self._done(job, duty))
        finally:
            self._running.pop(job.id, None)
            self._nudged.set()

    async def _done(self, job: Job, duty: Duty) -> None:
        async def work(tx: Tx) -> None:
            if duty.every:
                await tx.execute(
                    "update jobs set leased_until = null, attempts = 0, last_error = null, due_at = %s where id = %s",
                    [tx.now + duty.every, job.id],
                )
                return
            gone = await tx.execute(
                "delete from jobs where id = %s and lease = %s and not again", [job.id, self._lease]
            )
            if not gone:
                await tx.execute(
                    "update jobs set leased_until = null, attempts = 0 where id = %s and lease = %s",
                    [job.id, self._lease],
                )

        await self._db.run(_System, work)

    async def _failed(self, job: Job, duty: Duty, reason: str) -> None:
        async def work(tx: Tx) -> None:
            wait = timedelta(seconds=min(2**job.attempts, 600) * (0.5 + random.random()))
            given_up = job.attempts >= ATTEMPTS and not duty.every
            await tx.execute(
                """update jobs set leased_until = null, due_at = %s, last_error = %s, parked_at = %s
                   where id = %s and lease = %s""",
                [tx.now + wait, reason, tx.now if given_up else None, job.id, self._lease],
            )

        await self._db.run(_System, work)

    async def _renew(self) -> None:
        while True:
            await asyncio.sleep(LEASE.total_seconds() / 3)
            if self._running:
                await self._until_it_works(self._extend)

    async def _extend(self) -> None:
        async def work(tx: Tx) -> None:
            await tx.execute(
                "update jobs set leased_until = %s where lease = %s and id = any(%s)",
                [tx.now + LEASE, self._lease, list(self._running)],
            )

        await self._db.run(_System, work)


async def run_due(database: Database, duties: Mapping[str, Duty], limit: int = 1000) -> int:
    """Run in this task every job that is due now, and those they bring; how many ran. For tests and commands."""
    worker = Worker(database, duties, slots=1)
    count = 0
    while count < limit and (jobs := await worker._claim()):
        for job in jobs:
            await worker._work(job)
            count += 1
    return count


async def each(found: Iterable[T], act: Callable[[T], Awaitable[object]]) -> None:
    """Act on each by itself, for sweeps: one that fails is logged, holds up no other, and is found again next time."""
    for one in found:
        try:
            await act(one)
        except Exception:
            log.exception("a sweep failed for %s", one)


async def parked(tx: Tx) -> list[str]:
    """Jobs that were given up and wait for a person."""
    rows = await tx.all(_Parked, "select name, last_error from jobs where parked_at is not null order by id limit 20")
    return [f"{row.name}: {row.last_error}" for row in rows]


async def abandoned(tx: Tx) -> list[str]:
    """Jobs of workers that are gone, which no other worker took over: none runs."""
    rows = await tx.all(
        _Abandoned,
        """select name, leased_until from jobs where parked_at is null and leased_until < %s
           order by leased_until limit 20""",
        [tx.now - LEASE],
    )
    return [f"{row.name} (its worker was last seen before {row.leased_until:%Y-%m-%d %H:%M})" for row in rows]


class _Parked(msgspec.Struct, frozen=True):
    name: str
    last_error: str | None


class _Abandoned(msgspec.Struct, frozen=True):
    name: str
    leased_until: datetime
