"""A connection's own way to wait: every kind of conversation ends as the driver's would, also when it is cut short."""

import asyncio
import inspect
import time
from collections.abc import AsyncIterator

import pytest
from psycopg import errors
from psycopg.abc import PQGen
from psycopg.pq import TransactionStatus
from psycopg.waiting import WAIT_R, WAIT_RW, Wait

from madoguchi.kit.connection import Connection


@pytest.fixture
async def conn(database_url: str) -> AsyncIterator[Connection]:
    connection = await Connection.connect(database_url, autocommit=True)
    yield connection
    await connection.close()


@pytest.fixture
async def other(database_url: str) -> AsyncIterator[Connection]:
    connection = await Connection.connect(database_url, autocommit=True)
    yield connection
    await connection.close()


async def one(conn: Connection, query: str, *params: object) -> object:
    row = await (await conn.execute(query.encode(), params)).fetchone()
    return row and row[0]


async def test_statements_follow_each_other(conn: Connection) -> None:
    assert [await one(conn, "select %s::int", n) for n in range(20)] == list(range(20))


async def test_what_is_more_than_the_socket_takes_goes_through(conn: Connection) -> None:
    text = "窓口" * 4_000_000
    assert await one(conn, "select length(%s)", text) == len(text)
    assert await one(conn, "select repeat('x', 20000000)") == "x" * 20_000_000
    assert await one(conn, "select 1") == 1


async def test_many_rows_in_one_go(conn: Connection) -> None:
    await conn.execute("create temporary table numbers (n int)")
    await conn.cursor().executemany("insert into numbers values (%s)", [(n,) for n in range(5000)])
    assert await one(conn, "select sum(n) from numbers") == 12_497_500


async def test_a_command_says_how_it_ended(conn: Connection) -> None:
    assert await conn.command(b"begin; set local work_mem = '8MB'") == b"SET"
    assert await one(conn, "show work_mem") == "8MB"
    assert await conn.command(b"commit") == b"COMMIT"


async def test_a_command_that_fails_says_why(conn: Connection) -> None:
    with pytest.raises(errors.UndefinedTable):
        await conn.command(b"begin; select 1 from nowhere")
    assert await conn.command(b"commit") == b"ROLLBACK"


async def test_what_is_called_off_is_stopped_at_the_server(conn: Connection, other: Connection) -> None:
    pid = conn.info.backend_pid
    begun = time.monotonic()
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await conn.execute("select pg_sleep(30)")
    assert time.monotonic() - begun < 5
    assert await one(other, "select state from pg_stat_activity where pid = %s", pid) == "idle"
    assert await one(conn, "select 1") == 1


async def test_what_is_called_off_within_a_transaction_leaves_it_failed(conn: Connection) -> None:
    await conn.command(b"begin")
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.1):
            await conn.execute("select pg_sleep(30)")
    assert conn.info.transaction_status is TransactionStatus.INERROR
    assert await conn.command(b"rollback") == b"ROLLBACK"


async def test_a_server_that_hangs_up_is_noticed(conn: Connection, other: Connection) -> None:
    waiting = asyncio.create_task(one(conn, "select pg_sleep(30)"))
    for _ in range(500):
        if await one(other, "select state from pg_stat_activity where pid = %s", conn.info.backend_pid) == "active":
            break
        await asyncio.sleep(0.01)
    await one(other, "select pg_terminate_backend(%s)", conn.info.backend_pid)
    with pytest.raises(errors.AdminShutdown):
        await waiting
    assert conn.closed


async def test_what_nobody_waits_for_keeps_the_loop_no_longer_busy(conn: Connection, other: Connection) -> None:
    """A hang-up while nothing is asked: the socket stays readable, and would be reported again for ever."""
    assert await one(conn, "select 1") == 1
    await one(other, "select pg_terminate_backend(%s)", conn.info.backend_pid)
    await asyncio.sleep(0.2)
    begun = time.process_time()
    await asyncio.sleep(0.2)
    assert time.process_time() - begun < 0.1
    with pytest.raises(errors.OperationalError):
        await one(conn, "select 1")


@pytest.mark.parametrize("wanted", [WAIT_R, WAIT_RW])
async def test_what_breaks_off_has_no_last_words(conn: Connection, wanted: Wait) -> None:
    def talk() -> PQGen[None]:
        try:
            yield wanted
        finally:
            raise errors.OperationalError("no connection to the server")

    talking = talk()
    await conn.close()
    with pytest.raises(errors.OperationalError):
        await conn.wait(talking)
    assert inspect.getgeneratorstate(talking) == inspect.GEN_CLOSED  # else it speaks when it is collected
