"""The run's Postgres and its databases: templates, each made once for all workers, and clones of them.

A clone is a folder of 800 files, so the server stands in memory where there is room: on a disk each costs ten times as
much.
"""

import os
import time
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from uuid import uuid4

import psycopg
from psycopg.conninfo import make_conninfo

SERVER = "MADOGUCHI_TEST_SERVER"  # the variable in which the run's first process tells others where the server is
EMPTY = "madoguchi_template"  # migrated, with nothing in it
SHOP = "madoguchi_shop"  # the demo shop, mirrored
WORLD = "madoguchi_world"  # the demo world, with people and what they are about
TEMPLATES = (EMPTY, SHOP, WORLD)
_ROOM = 1 << 31  # bytes of memory that a run's servers may take
_MAKING = 0x54454D50  # "TEMP": the advisory lock under which a template is made
_HUNG_UP_WITHIN = 1.0  # seconds


def memory() -> Path | None:
    """The folder whose files are kept in memory; None where there is little room, or no program can run from it."""
    folder = Path("/dev/shm")
    if not os.access(folder, os.W_OK):
        return None
    found = os.statvfs(folder)
    # where the server's user cannot reach our programs, they are copied there
    programs_run = not found.f_flag & os.ST_NOEXEC
    return folder if programs_run and found.f_bavail * found.f_frsize > _ROOM else None


def server() -> str:
    """The address of the run's server, as its superuser."""
    return os.environ[SERVER]


def address(database: str) -> str:
    """The owner's address of a database of the run's server."""
    return make_conninfo(server(), dbname=database)


async def template(name: str, build: Callable[[str], Awaitable[None]]) -> str:
    """The database of this name, which whoever comes first makes: `build` is given a migrated one, and leaves it."""
    with psycopg.connect(server(), autocommit=True) as conn:
        conn.execute("select pg_advisory_lock(%s)", [_MAKING])
        if conn.execute("select 1 from pg_database where datname = %s", [name]).fetchone() is None:
            draft = f"{name}_draft"
            conn.execute(f"drop database if exists {draft} with (force)".encode())
            _copy(conn, EMPTY, draft)
            await build(address(draft))
            _see_off(conn, draft)
            conn.execute(f"alter database {draft} rename to {name}".encode())
    return name


@contextmanager
def clone(of: str) -> Iterator[str]:
    """The owner's address of a copy of a template, until the block ends."""
    name = f"test_{uuid4().hex[:12]}"
    with psycopg.connect(server(), autocommit=True) as conn:
        _copy(conn, of, name)
        yield address(name)
        _see_off(conn, name)
        conn.execute(f"drop database {name} with (force)".encode())


def _copy(conn: psycopg.Connection, template: str, name: str) -> None:
    conn.execute(f"create database {name} template {template} strategy file_copy".encode())


def _see_off(conn: psycopg.Connection, database: str) -> None:
    """Wait for the server's side of connections, which ends a moment after ours; itself it would wait for 0.1 s."""
    deadline = time.monotonic() + _HUNG_UP_WITHIN
    while conn.execute("select 1 from pg_stat_activity where datname = %s", [database]).fetchone():
        if time.monotonic() > deadline:
            break  # somebody stays: whoever drops the database does so by force
        time.sleep(0.001)
