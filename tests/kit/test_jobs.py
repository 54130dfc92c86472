"""Jobs run once put in, again when they fail, elsewhere when their worker dies, and never without their transaction."""

import asyncio
from datetime import timedelta

import msgspec
import pytest

from madoguchi.core.access.rules import SYSTEM
from madoguchi.kit import clock, jobs
from madoguchi.kit.db import Database, Tx
from madoguchi.kit.jobs import Duty, Nothing, Worker


class Say(msgspec.Struct, frozen=True):
    word: str


async def _put(db: Database, word: str, key: str | None = None) -> None:
    await db.run(SYSTEM, lambda tx: jobs.enqueue(tx, "say", Say(word), key=key))


async def _count(db: Database) -> int:
    return int(await db.run(SYSTEM, lambda tx: tx.value("select count(*) from jobs")))


async def test_a_job_runs_once(db: Database) -> None:
    said: list[str] = []

    async def say(what: Say) -> None:
        said.append(what.word)

    await _put(db, "a")
    await jobs.run_due(db, {"say": Duty(say, Say)})
    assert said == ["a"]
    assert await _count(db) == 0


async def test_a_rolled_back_transaction_leaves_no_job(db: Database) -> None:
    async def fail(tx: Tx) -> None:
        await jobs.enqueue(tx, "say", Say("never"))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await db.run(SYSTEM, fail)
    assert await _count(db) == 0


async def test_a_key_stands_for_one_job(db: Database) -> None:
    for _ in range(3):
        await _put(db, "a", key="k")
    assert await _count(db) == 1


async def test_asked_again_while_running_runs_again(db: Database) -> None:
    said: list[str] = []

    async def say(what: Say) -> None:
        said.append(what.word)
        if len(said) == 1:
            await _put(db, "a", key="k")

    await _put(db, "a", key="k")
    await jobs.run_due(db, {"say": Duty(say, Say)})
    assert said == ["a", "a"]
    assert await _count(db) == 0


async def test_a_failing_job_waits_longer_each_time_and_is_parked_in_the_end(
    db: Database, caplog: pytest.LogCaptureFixture
) -> None:
    async def fail(_: Say) -> None:
        raise ZeroDivisionError

    await _put(db, "a")
    start = clock.now()
    for _ in range(jobs.ATTEMPTS):
        start += timedelta(hours=1)
        with clock.frozen(start):
            await jobs.run_due(db, {"say": Duty(fail, Say)}, limit=1)
    parked = await db.run(SYSTEM, jobs.parked)
    assert parked == ["say: ZeroDivisionError()"]


async def test_a_job_that_still_runs_is_not_begun_again_by_its_own_worker(db: Database) -> None:
    begun, may_end = asyncio.Semaphore(0), asyncio.Event()
    said: list[str] = []

    async def say(what: Say) -> None:
        said.append(what.word)
        begun.release()
        await may_end.wait()

    worker = Worker(db, {"say": Duty(say, Say)})
    running = asyncio.create_task(worker.run())
    await _put(db, "slow")
    worker.nudge()
    await asyncio.wait_for(begun.acquire(), 5)
    with clock.frozen(clock.now() + 2 * jobs.LEASE):  # the clock leaps
        await _put(db, "next")
        worker.nudge()
        await asyncio.wait_for(begun.acquire(), 5)
    may_end.set()
    worker.stop()
    await running
    assert said == ["slow", "next"]


async def test_a_dead_workers_job_is_taken_over_when_its_lease_has_run_out(db: Database) -> None:
    said: list[str] = []

    async def say(what: Say) -> None:
        said.append(what.word)

    await _put(db, "a")
    dead = Worker(db, {"say": Duty(say, Say)})
    assert len(await dead._claim()) == 1
    await jobs.run_due(db, {"say": Duty(say, Say)})
    assert said == []
    with clock.frozen(clock.now() + jobs.LEASE + timedelta(seconds=1)):
        await jobs.run_due(db, {"say": Duty(say, Say)})
    assert said == ["a"]


async def test_two_workers_never_share_a_job(db: Database) -> None:
    said: list[str] = []

    async def say(what: Say) -> None:
        said.append(what.word)
        await asyncio.sleep(0)

    for n in range(40):
        await _put(db, str(n))
    duties = {"say": Duty(say, Say)}
    await asyncio.gather(*(jobs.run_due(db, duties) for _ in range(4)))
    assert sorted(said, key=int) == [str(n) for n in range(40)]


async def test_a_duty_that_repeats_comes_again_by_itself(db: Database) -> None:
    times = 0

    async def tick(_: Nothing) -> None:
        nonlocal times
        times += 1

    worker = Worker(db, {"tick": Duty(tick, Nothing, timedelta(milliseconds=1))})
    running = asyncio.create_task(worker.run())
    while times < 3:
        await asyncio.sleep(0.01)
        worker.nudge()
    worker.stop()
    await asyncio.wait_for(running, 2)
    assert await _count(db) == 1


async def test_what_fails_in_a_sweep_holds_up_no_other(caplog: pytest.LogCaptureFixture) -> None:
    done: list[int] = []

    async def act(one: int) -> None:
        if one == 2:
            raise ZeroDivisionError
        done.append(one)

    await jobs.each([1, 2, 3], act)
    assert done == [1, 3]
    assert [record.getMessage() for record in caplog.records] == ["a sweep failed for 2"]
