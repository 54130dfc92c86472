"""Schema changes: numbered SQL files of all rooms, applied in one order, forward only, each in its own transaction."""

import hashlib
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import msgspec
import psycopg

from madoguchi.kit.errors import StartupError

APP_ROLE = "madoguchi_app"
STORE_ROLE = "madoguchi_store"
PAYMENTS_ROLE = "madoguchi_payments"
CARRIERS_ROLE = "madoguchi_carriers"
ROLES = (APP_ROLE, STORE_ROLE, PAYMENTS_ROLE, CARRIERS_ROLE)
OLDEST_SERVER = 150000
_LOCK = 0x4D41444F  # "MADO"

_GROUND = """
create table if not exists migrations (
  number     int primary key,
  name       text not null,
  sha256     text not null,
  applied_at timestamptz not null default clock_timestamp()
)
"""


class Migration(msgspec.Struct, frozen=True):
    """One file: its number in the global order, its name, its text."""

    number: int
    name: str
    sql: str

    @property
    def sha256(self) -> str:
        return hashlib.sha256(self.sql.encode()).hexdigest()


def discover(package: Path) -> list[Migration]:
    """All `schema/NNNN_*.sql` under the package, by number; two with one number are a defect."""
    found: dict[int, Migration] = {}
    for path in package.rglob("schema/[0-9][0-9][0-9][0-9]_*.sql"):
        number = int(path.name[:4])
        if number in found:
            raise StartupError(f"two migrations have the number {number}: {found[number].name} and {path.stem}", 70)
        found[number] = Migration(number, path.stem, path.read_text())
    return [found[n] for n in sorted(found)]


def migrate(conninfo: str, migrations: list[Migration], progress: Callable[[str], None] = lambda _: None) -> int:
    """Bring the database up to date as its owner; how many files were applied.

    Raises StartupError when the server is too old or the recorded files differ from ours.
    """
    with _connect(conninfo) as conn:
        conn.execute("select pg_advisory_lock(%s)", [_LOCK])
        _prepare(conn)
        todo = _pending(conn, migrations)
        for migration in todo:
            progress(migration.name)
            _apply(conn, migration)
        return len(todo)


def check(conninfo: str, migrations: list[Migration]) -> None:
    """Raise StartupError unless the database is exactly at our last migration."""
    with _connect(conninfo) as conn:
        if conn.execute("select to_regclass('migrations')").fetchone() == (None,):
            raise StartupError("The database is empty: run `./madoguchi migrate` first.")
        if todo := _pending(conn, migrations):
            raise StartupError(
                f"The database lacks {len(todo)} migration(s), the first is {todo[0].name}: run `./madoguchi migrate`."
            )
        for role in ROLES:
            if not _is_ours(conn, role):
                raise _not_ours(conn, role)


def server(conninfo: str) -> str:
    """Which server it is, such as `PostgreSQL 18`; StartupError when it cannot carry us.

    A pooler that does not keep sessions cannot carry LISTEN, and what is acknowledged must be durable.
    """
    with _connect(conninfo) as conn:
        conn.execute("listen madoguchi_probe")
        if conn.execute("select pg_listening_channels()").fetchone() != ("madoguchi_probe",):
            raise StartupError("The connection is pooled by transaction: connect directly or by session.")
        if conn.execute("show synchronous_commit").fetchone() != ("on",):
            raise StartupError("synchronous_commit is off: what was acknowledged could be lost.")
        return f"PostgreSQL {conn.info.server_version // 10000}"


def _connect(conninfo: str) -> psycopg.Connection:
    try:
        conn = psycopg.connect(conninfo, autocommit=True, connect_timeout=5)
    except psycopg.OperationalError as error:
        reasons = [line for line in str(error).splitlines() if line.strip() and not line.startswith("\t")]
        reason = reasons[-1] if reasons else "no answer"
        raise StartupError(f"The database cannot be reached: {reason}", 69) from error
    if conn.info.server_version < OLDEST_SERVER:
        version = conn.info.server_version // 10000
        conn.close()
        raise StartupError(f"The database server is PostgreSQL {version}; Madoguchi needs 15 or newer.", 69)
    return conn


def _prepare(conn: psycopg.Connection) -> None:
    for role in ROLES:
        try:
            _provide(conn, role)
        except psycopg.errors.InsufficientPrivilege as error:
            raise _not_ours(conn, role) from error
    conn.execute(_GROUND)


def _provide(conn: psycopg.Connection, role: str) -> None:
    """Make the role, unless it is there, and let the present user become it."""
    ours, name = _is_ours(conn, role), psycopg.sql.Identifier(role)
    if ours is None:
        with suppress(psycopg.errors.UniqueViolation):  # another database of this server was migrated at this moment
            conn.execute(psycopg.sql.SQL("create role {} nologin").format(name))
    if not ours:
        conn.execute(psycopg.sql.SQL("grant {} to current_user").format(name))


def _is_ours(conn: psycopg.Connection, role: str) -> bool | None:
    """Whether the present user may become the role; None when there is no such role."""
    row = conn.execute("select pg_has_role(oid, 'member') from pg_roles where rolname = %s", [role]).fetchone()
    return bool(row[0]) if row else None


def _not_ours(conn: psycopg.Connection, role: str) -> StartupError:
    made = "" if _is_ours(conn, role) is not None else f"create role {role} nologin; "
    return StartupError(
        f"The database user may not become {role}: as an administrator run `{made}grant {role} to {conn.info.user};`"
    )


def _pending(conn: psycopg.Connection, migrations: list[Migration]) -> list[Migration]:
    ours = {m.number: m for m in migrations}
    done = {number: (name, sha) for number, name, sha in conn.execute("select number, name, sha256 from migrations")}
    for number, (name, sha) in sorted(done.items()):
        if number not in ours:
            raise StartupError(f"The database is newer than this program: it has the migration {name}.")
        if ours[number].sha256 != sha:
            raise StartupError(f"The migration {name} was changed after it had been applied to this database.")
    return [m for m in migrations if m.number not in done]


def _apply(conn: psycopg.Connection, migration: Migration) -> None:
    try:
        with conn.transaction():
            conn.execute("set local lock_timeout = '2s'")
            conn.execute(migration.sql.encode())
            conn.execute(
                "insert into migrations (number, name, sha256) values (%s, %s, %s)",
                [migration.number, migration.name, migration.sha256],
            )
    except psycopg.Error as error:
        reason = str(error).strip().splitlines()[0]
        raise StartupError(f"The migration {migration.name} failed and was undone: {reason}", 70) from error
