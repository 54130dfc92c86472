"""What the database alone can do: `pgbench` running the very statements that a stored message takes, and one insert.

The statements are not written down here: they are recorded while the product's own verb stores a message, typed
parameters and all, once for each chat, so that every client of pgbench works in a chat of its own.
"""

import os
import re
import shutil
import subprocess
from collections.abc import Mapping, Sequence
from datetime import datetime
from functools import partial
from pathlib import Path
from typing import Any, Self
from uuid import UUID

import msgspec
import psycopg
from psycopg import AsyncCursor
from psycopg.types.json import Jsonb

from bench.people import Customer, actor_of
from bench.senders import TEXTS
from madoguchi.core.cases.talking.verbs import say
from madoguchi.kit import migrations
from madoguchi.kit.connection import Connection
from madoguchi.kit.db import Database
from madoguchi.kit.postgres import find_binaries

MARK = "recorded"  # stands where every post has a client id of its own
_PLACE = re.compile(r"%(?:\((\w+)\))?s")
_TPS = re.compile(r"^tps = ([\d.]+)", re.MULTILINE)
_LATENCY = re.compile(r"^latency average = ([\d.]+) ms", re.MULTILINE)

Statement = tuple[str, Any]


class Reference(msgspec.Struct, frozen=True):
    """What pgbench says of a script."""

    clients: int
    per_second: float
    latency_average_ms: float


async def record(conninfo: str, customers: Sequence[Customer]) -> list[list[Statement]]:
    """The statements of one message of each customer, in order; the messages are really stored."""
    database = Database(conninfo, role=migrations.APP_ROLE, size=2)
    await database.open()
    conn = await _Listening.connect(conninfo, autocommit=True)
    await database._configure(conn)
    found = []
    for customer in customers:
        actor = await actor_of(database, customer.token)
        heard: list[Statement] = []
        conn.listen(heard)
        message = partial(say, actor=actor, case_id=UUID(customer.chat), text=TEXTS[0], client_id=MARK)
        await database._once(conn, actor, message)
        found.append(heard)
    await conn.close()
    await database.close()
    return found


def script(recorded: Sequence[Sequence[Statement]]) -> str:
    """A pgbench script in which each client runs the statements of its own chat, with fresh client ids."""
    lines = ["\\set n random(1, 9000000000000000000)"]
    for number, statements in enumerate(recorded):
        lines.append(f"\\{'el' if number else ''}if :client_id = {number}")
        for query, params in statements:
            lines += _commands(query, params)
    return "\n".join([*lines, "\\endif", ""])


def insert_script(conninfo: str) -> str:
    """A script that inserts one row, into a table made for it."""
    with psycopg.connect(conninfo, autocommit=True) as conn:
        conn.execute("create table if not exists bench_rows (id bigint, at timestamptz, text text)")
        conn.execute(f"grant insert on bench_rows to {migrations.APP_ROLE}".encode())
    return f"insert into bench_rows values (:client_id, now(), '{TEXTS[0]}');\n"


def pgbench(conninfo: str, folder: Path, script: str, clients: int, seconds: float) -> Reference:
    """Run a script with prepared statements, in the role that the program has."""
    file = folder / "pgbench.sql"
    file.write_text(script)
    options = ["-n", "-M", "prepared", "-c", str(clients), "-j", str(min(clients, 2)), "-T", str(round(seconds))]
    done = subprocess.run(
        [_program(), *options, "-f", str(file), conninfo],
        env=dict(os.environ) | {"PGOPTIONS": f"-c role={migrations.APP_ROLE}"},
        capture_output=True,
        text=True,
        check=False,
    )
    tps, latency = _TPS.search(done.stdout), _LATENCY.search(done.stdout)
    if done.returncode or not tps or not latency:
        raise RuntimeError(f"pgbench failed: {done.stderr[-2000:]}")
    return Reference(clients, round(float(tps[1]), 1), float(latency[1]))


def per_client(recorded: Sequence[Statement]) -> list[str]:
    """The statements as they went over the wire, for the report."""
    return [" ".join(query.split()) for query, _ in recorded]


class _Listening(Connection):
    """A connection that notes what it is asked."""

    _heard_here: list[Statement]

    def listen(self, heard: list[Statement]) -> None:
        """Note it here from now on."""
        self._heard_here = heard

        class Listening(AsyncCursor[Any]):
            async def execute(self, query: Any, params: Any = None, **more: Any) -> Self:
                heard.append((query, params))
                return await super().execute(query, params, **more)

        self.cursor_factory = Listening

    async def command(self, statements: bytes) -> bytes:
        self._heard_here.append((statements.decode(), None))
        return await super().command(statements)


def _commands(query: str, params: Any) -> list[str]:
    """A statement for pgbench; several in one go stay one round trip."""
    plain = " ".join(_filled(query, params).split())
    parts = [part.strip() for part in plain.split(";")] if params is None else [plain]
    commands = [f"{part};" for part in parts]
    return ["\\startpipeline", *commands, "\\endpipeline"] if len(commands) > 1 else commands


def _filled(query: str, params: Any) -> str:
    if not params:
        return query
    places = iter(()) if isinstance(params, Mapping) else iter(params)
    return _PLACE.sub(lambda found: _literal(params[found[1]] if found[1] else next(places)), query)


def _literal(value: Any) -> str:
    match value:
        case None:
            return "null"
        case bool() | int() | float():
            return str(value)
        case datetime():
            return f"'{value.isoformat()}'::timestamptz"
        case UUID():
            return f"'{value}'::uuid"
        case Jsonb():
            return f"'{msgspec.json.encode(value.obj).decode()}'::jsonb"
        case str() if value == MARK:
            return ":n::text"
        case str():
            return "'" + value.replace("'", "''") + "'"
    raise TypeError(f"no literal for {value!r}")


def _program() -> str:
    """The server's own pgbench, else the machine's."""
    beside = find_binaries() / "pgbench"
    if beside.exists():
        return str(beside)
    if found := shutil.which("pgbench"):
        return found
    raise RuntimeError("pgbench is missing: sudo apt-get install postgresql-contrib")
