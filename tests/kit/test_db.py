"""Transactions: all or nothing, tried again when Postgres says so, closed to calls outside."""

import asyncio
from contextlib import suppress
from datetime import timedelta
from uuid import uuid4

import msgspec
import psycopg
import pytest

from madoguchi.core.access.rules import SYSTEM, Actor, Role
from madoguchi.kit import clock
from madoguchi.kit.db import Database, Tx, Wake, assert_outside
from madoguchi.kit.money import Money


class Row(msgspec.Struct, frozen=True):
    a: int
    money: Money | None = None
    parts: tuple[Money, ...] = ()


class _Told:
    def __init__(self) -> None:
        self.wakes: list[Wake] = []

    def publish(self, wakes: object) -> None:
        self.wakes += wakes  # type: ignore[operator]


async def test_what_fails_leaves_nothing_and_tells_nobody(db: Database) -> None:
    db.after_commit = told = _Told()

    async def fail(tx: Tx) -> None:
        await tx.execute("insert into jobs (name, arguments, due_at) values ('x', '{}', now())")
        tx.wake("jobs")
        tx.after_commit(lambda: told.wakes.append(Wake("after")))
        raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await db.run(SYSTEM, fail)
    assert await db.run(SYSTEM, lambda tx: tx.value("select count(*) from jobs")) == 0
    assert told.wakes == []


async def test_a_commit_is_told_afterwards(db: Database) -> None:
    db.after_commit = told = _Told()

    async def work(tx: Tx) -> None:
        tx.wake("case:1", 3)
        assert told.wakes == []

    await db.run(SYSTEM, work)
    assert told.wakes == [Wake("case:1", 3)]


async def test_an_error_passed_over_is_not_taken_for_a_commit(db: Database) -> None:
    db.after_commit = told = _Told()

    async def work(tx: Tx) -> None:
        tx.wake("case:1", 3)
        with suppress(psycopg.errors.DivisionByZero):
            await tx.execute("select 1 / 0")

    with pytest.raises(RuntimeError, match="nothing was stored"):
        await db.run(SYSTEM, work)
    assert told.wakes == []
    assert await db.run(SYSTEM, lambda tx: tx.value("select 1")) == 1


async def test_deadlocks_are_tried_again(db: Database) -> None:
    await db.run(
        SYSTEM,
        lambda tx: tx.execute(
            "insert into jobs (name, arguments, due_at) select 'x', '{}', now() from generate_series(1, 2)"
        ),
    )
    ids = await db.run(SYSTEM, lambda tx: tx.all(Row, "select id::int as a from jobs order by id"))
    tries = 0

    async def lock(tx: Tx, first: int, second: int) -> None:
        nonlocal tries
        tries += 1
        await tx.execute("update jobs set attempts = attempts + 1 where id = %s", [first])
        await asyncio.sleep(0.1)
        await tx.execute("update jobs set attempts = attempts + 1 where id = %s", [second])

    a, b = (row.a for row in ids)
    await asyncio.gather(db.run(SYSTEM, lambda tx: lock(tx, a, b)), db.run(SYSTEM, lambda tx: lock(tx, b, a)))
    assert tries > 2
    total = await db.run(SYSTEM, lambda tx: tx.value("select sum(attempts) from jobs"))
    assert total == 4


async def test_rows_become_structs(db: Database) -> None:
    row = await db.run(
        SYSTEM,
        lambda tx: tx.one(
            Row,
            """select 1 as a, '{"amount": 5, "currency": "JPY"}'::jsonb as money,
                      '[{"amount": 1, "currency": "USD"}]'::jsonb as parts""",
        ),
    )
    assert row == Row(1, Money(5, "JPY"), (Money(1, "USD"),))
    with pytest.raises(TypeError, match="no field"):
        await db.run(SYSTEM, lambda tx: tx.one(Row, "select 1 as a, 2 as b"))
    with pytest.raises(LookupError):
        await db.run(SYSTEM, lambda tx: tx.one(Row, "select 1 as a where false"))


async def test_nothing_goes_outside_while_a_transaction_is_open(db: Database) -> None:
    async def call(_: Tx) -> None:
        assert_outside()

    with pytest.raises(RuntimeError, match="outside"):
        await db.run(SYSTEM, call)
    assert_outside()


async def test_the_moment_of_a_transaction_is_one(db: Database) -> None:
    async def twice(tx: Tx) -> bool:
        first = tx.now
        with clock.frozen(clock.now() + timedelta(hours=1)):
            return tx.now == first

    assert await db.run(SYSTEM, twice)


async def test_a_cancelled_caller_rolls_back(db: Database) -> None:
    async def slow(tx: Tx) -> None:
        await tx.execute("insert into jobs (name, arguments, due_at) values ('x', '{}', now())")
        await asyncio.sleep(10)

    task = asyncio.create_task(db.run(SYSTEM, slow))
    await asyncio.sleep(0.1)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await db.run(SYSTEM, lambda tx: tx.value("select count(*) from jobs")) == 0


async def test_nobody_is_not_a_principal(db: Database) -> None:
    class Evil:
        key = "system'; drop table jobs; --"

    with pytest.raises(ValueError, match="principal"):
        await db.run(Evil, lambda tx: tx.value("select 1"))


async def test_the_application_owns_nothing(db: Database) -> None:
    for statement in ("drop table jobs", "alter table cases disable row level security", "truncate entries"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await db.run(SYSTEM, lambda tx, s=statement: tx.execute(s))
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        await db.run(SYSTEM, lambda tx: tx.execute("select * from demo_store.customers"))


async def test_acting_for_another_ends_with_its_block(db: Database) -> None:
    customer = Actor(role=Role.CUSTOMER, id=uuid4())

    async def actor(tx: Tx) -> object:
        return await tx.value("select current_setting('madoguchi.actor')")

    async def work(tx: Tx) -> list[object]:
        seen = [await actor(tx)]
        async with tx.acting(SYSTEM):
            seen.append(await actor(tx))
        with suppress(ZeroDivisionError):
            async with tx.acting(SYSTEM):
                raise ZeroDivisionError
        seen.append(await actor(tx))
        with suppress(psycopg.errors.DivisionByZero):
            async with tx.savepoint(), tx.acting(SYSTEM):
                await tx.execute("select 1 / 0")
        return [*seen, await actor(tx), tx.principal.key]

    key = customer.key
    assert await db.run(customer, work) == [key, "system", key, key, key]
