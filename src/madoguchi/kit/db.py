"""Postgres: one pool, short transactions, rows as Structs.

A verb gets a `Tx`, never commits, and leaves notes on it (wake-ups, reactions) that take effect with the commit.
Nothing is acknowledged before `Database.run` returns. Work outside (stores, mail) may not happen inside a
transaction: `assert_outside` guards the adapters.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from contextvars import ContextVar
from datetime import datetime
from enum import Enum
from functools import lru_cache
from typing import Any, LiteralString, Protocol, TypeVar

import msgspec
import psycopg
from psycopg import AsyncCursor, errors, sql
from psycopg.pq import TransactionStatus
from psycopg.types.json import set_json_dumps, set_json_loads
from psycopg_pool import AsyncConnectionPool

from madoguchi.kit import clock
from madoguchi.kit.connection import Connection
from madoguchi.kit.errors import Refused
from madoguchi.kit.failpoints import failpoint

Params = Sequence[Any] | Mapping[str, Any]
S = TypeVar("S", bound=msgspec.Struct)
T = TypeVar("T")

set_json_dumps(msgspec.json.encode)
set_json_loads(msgspec.json.decode)

_TRIED_AGAIN = (errors.SerializationFailure, errors.DeadlockDetected)
_ACTOR = re.compile(r"^[a-z]+(:[0-9a-f-]{36})?$")
_in_transaction: ContextVar[bool] = ContextVar("in_transaction", default=False)


class Principal(Protocol):
    """Whoever acts; `key` is what row-level security sees, such as `customer:<uuid>` or `system`."""

    @property
    def key(self) -> str: ...


class Wake(msgspec.Struct, frozen=True):
    """A note that something numbered `seq` is there to read under `topic`; it may be lost."""

    topic: str
    seq: int = 0


class AfterCommit(Protocol):
    """Who is told after the commit (kit.live.Hub)."""

    def publish(self, wakes: Sequence[Wake]) -> None: ...


class Tx:
    """One open transaction: typed reading and writing, and notes for after the commit."""

    def __init__(self, conn: Connection, principal: Principal) -> None:
        self.conn = conn
        self.principal = principal
        self._cursor = conn.cursor()  # one for all statements: each new one costs as much as a third of a statement
        self.now: datetime = clock.now()
        self.wakes: list[Wake] = []
        self.afterwards: list[Callable[[], None]] = []
        self.kept: list[Callable[[Tx], Awaitable[object]]] = []

    async def begin(self) -> None:
        """Open it, and say who acts, in one round trip. For `Database` only, as is `commit`."""
        await self.conn.command(b"begin; " + _set_actor(self.principal))

    async def commit(self) -> None:
        """Store it for good; RuntimeError when a failed statement was passed over: Postgres then rolls back."""
        if await self.conn.command(b"commit") != b"COMMIT":
            raise RuntimeError("an error of a statement was passed over, so nothing was stored")

    async def execute(self, query: LiteralString, params: Params = ()) -> int:
        """Run a statement; the number of rows it touched."""
        return (await self._cursor.execute(query, params)).rowcount

    async def many(self, query: LiteralString, rows: Sequence[Sequence[Any]]) -> None:
        """Run a statement for each of the rows, in one go."""
        await self._cursor.executemany(query, rows)

    async def value(self, query: LiteralString, params: Params = ()) -> Any:
        """First column of the first row; None when there is no row."""
        row = await (await self._cursor.execute(query, params)).fetchone()
        return row[0] if row else None

    async def values(self, query: LiteralString, params: Params = ()) -> list[Any]:
        """First column of all rows."""
        return [row[0] for row in await (await self._cursor.execute(query, params)).fetchall()]

    async def maybe(self, kind: type[S], query: LiteralString, params: Params = ()) -> S | None:
        """The one row as a Struct (columns named as its fields), or None."""
        row = await (await self._cursor.execute(query, params)).fetchone()
        return None if row is None else _maker(kind, _columns(self._cursor))(row)

    async def one(self, kind: type[S], query: LiteralString, params: Params = ()) -> S:
        """The one row as a Struct; LookupError when there is none."""
        row = await self.maybe(kind, query, params)
        if row is None:
            raise LookupError(kind.__name__)
        return row

    async def all(self, kind: type[S], query: LiteralString, params: Params = ()) -> list[S]:
        """All rows as Structs."""
        rows = await (await self._cursor.execute(query, params)).fetchall()
        make = _maker(kind, _columns(self._cursor))
        return [make(row) for row in rows]

    @asynccontextmanager
    async def savepoint(self) -> AsyncIterator[None]:
        """What is raised within undoes what was written within, wake-ups and all; the transaction goes on."""
        wakes, afterwards = len(self.wakes), len(self.afterwards)
        await self._cursor.execute("savepoint inner_part")
        try:
            yield
        except BaseException:
            await self._cursor.execute("rollback to savepoint inner_part")
            del self.wakes[wakes:], self.afterwards[afterwards:]
            raise
        await self._cursor.execute("release savepoint inner_part")

    @asynccontextmanager
    async def acting(self, principal: Principal) -> AsyncIterator[None]:
        """Within it rows are seen as another principal sees them.

        For the few things that do not work on an actor's own rows alone, such as a place in line; to be entered once
        the actor has been found to be allowed, and to be left soon.
        """
        before = self.principal
        if principal.key == before.key:
            yield
            return
        await self._become(principal)
        try:
            yield
        finally:
            if self.conn.info.transaction_status is TransactionStatus.INTRANS:
                await self._become(before)
            else:
                self.principal = before  # a rollback, also one to a savepoint, undoes what was set

    async def _become(self, principal: Principal) -> None:
        await self._cursor.execute(_set_actor(principal))
        self.principal = principal

    def wake(self, topic: str, seq: int = 0) -> None:
        """After the commit, tell readers of `topic`."""
        self.wakes.append(Wake(topic, seq))

    def keep(self, work: Callable[["Tx"], Awaitable[object]]) -> None:
        """Write this with the transaction, and also when it ends in a refusal: then in one of its own."""
        self.kept.append(work)

    def after_commit(self, act: Callable[[], None]) -> None:
        """Call `act` once, in this process, after the commit; it must be cheap and may be lost with the process."""
        self.afterwards.append(act)


class Database:
    """The pool, and the edge at which transactions begin, commit and are tried again."""

    def __init__(self, conninfo: str, *, role: str | None = None, search_path: str = "public", size: int = 10) -> None:
        self.conninfo = conninfo
        self.after_commit: AfterCommit | None = None
        self._role = role
        self._search_path = search_path
        self._pool: AsyncConnectionPool[Connection] = AsyncConnectionPool(
            conninfo,
            connection_class=Connection,
            min_size=2,
            max_size=size,
            open=False,
            timeout=5,
            reconnect_timeout=1,  # then whoever asks next has it tried anew: no longer and longer pauses
            kwargs={"autocommit": True, "application_name": "madoguchi"},
            configure=self._configure,
        )

    async def open(self) -> None:
        """Fill the pool; psycopg_pool.PoolTimeout when the server cannot be reached in 10 s."""
        await self._pool.open(wait=True, timeout=10)

    async def close(self) -> None:
        """Close all connections."""
        await self._pool.close(timeout=2)

    async def run(self, principal: Principal, work: Callable[[Tx], Awaitable[T]]) -> T:
        """Run `work` in a transaction as `principal`; committed when it returns.

        Serialization failures and deadlocks are tried again three times; anything `work` raises rolls back.
        """
        for attempt in range(4):
            try:
                conn = await self._pool.getconn()
                try:
                    return await self._once(conn, principal, work)
                finally:
                    await self._pool.putconn(conn)
            except _TRIED_AGAIN:
                if attempt == 3:
                    raise
                await asyncio.sleep(0.01 * 2**attempt)
        raise AssertionError("unreachable")

    async def _once(self, conn: Connection, principal: Principal, work: Callable[[Tx], Awaitable[T]]) -> T:
        tx = Tx(conn, principal)
        await tx.begin()
        mark = _in_transaction.set(True)
        try:
            result = await work(tx)
            await _write_kept(tx, tx.kept)
        except BaseException as error:
            if not conn.closed:
                await asyncio.shield(_rollback(conn))
                if isinstance(error, Refused) and tx.kept:
                    await self._once(conn, principal, lambda again: _write_kept(again, tx.kept))
            raise
        finally:
            _in_transaction.reset(mark)
        failpoint("before_commit")
        await tx.commit()
        failpoint("after_commit")
        if tx.wakes and self.after_commit:
            self.after_commit.publish(tx.wakes)
        for act in tx.afterwards:
            act()
        return result

    async def _configure(self, conn: Connection) -> None:
        await conn.execute(sql.SQL("set search_path = {}").format(sql.Identifier(self._search_path)))
        if self._role:
            await conn.execute(sql.SQL("set role {}").format(sql.Identifier(self._role)))


def assert_outside() -> None:
    """Fail when a transaction is open here: no network, model or store call may wait inside one."""
    if _in_transaction.get():
        raise RuntimeError("a call outside was made while a transaction was open")


def _set_actor(principal: Principal) -> bytes:
    """Tell row-level security who acts; where this stands no parameter is possible, so the key is checked."""
    if not _ACTOR.match(principal.key):
        raise ValueError(f"no principal: {principal.key!r}")
    return f"set local madoguchi.actor = '{principal.key}'".encode()


async def _write_kept(tx: Tx, kept: Sequence[Callable[[Tx], Awaitable[object]]]) -> None:
    for work in kept:
        await work(tx)


async def _rollback(conn: Connection) -> None:
    try:
        await conn.command(b"rollback")
    except psycopg.Error:
        await conn.close()  # the pool replaces it


def _columns(cursor: AsyncCursor[Any]) -> tuple[bytes, ...]:
    """The names of the result's columns, without the descriptions that psycopg makes of them."""
    result = cursor.pgresult
    assert result
    return tuple([result.fname(i) or b"" for i in range(result.nfields)])


@lru_cache(maxsize=1024)
def _maker(kind: type[S], columns: tuple[bytes, ...]) -> Callable[[Sequence[Any]], S]:
    names = [column.decode() for column in columns]
    fields = {field.name: field.type for field in msgspec.structs.fields(kind)}
    if unknown := [name for name in names if name not in fields]:
        raise TypeError(f"{kind.__name__} has no field {unknown}")
    nested = [(i, fields[name]) for i, name in enumerate(names) if _is_nested(fields[name])]

    def make(values: Sequence[Any]) -> S:
        row = list(values)
        for i, wanted in nested:
            row[i] = msgspec.convert(row[i], wanted)
        return kind(**dict(zip(names, row, strict=True)))

    return make


def _is_nested(kind: Any) -> bool:
    """Whether a column must be turned into a Struct, an enum, or a tuple of such, for this field."""
    if isinstance(kind, type):
        return issubclass(kind, msgspec.Struct | Enum)
    return any(_is_nested(part) or part is Ellipsis for part in getattr(kind, "__args__", ()))
