"""The schema goes forward, in one order, whole or not at all; anything else is one clear sentence."""

from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import psycopg
import pytest
from psycopg.conninfo import conninfo_to_dict, make_conninfo

import madoguchi
from madoguchi.kit import migrations
from madoguchi.kit.errors import StartupError
from madoguchi.kit.migrations import Migration
from tests import databases

ONE = Migration(1, "0001_one", "create table one (a int)")
TWO = Migration(2, "0002_two", "create table two (a int)")
BROKEN = Migration(2, "0002_two", "create table two (a int); select 1/0")


@pytest.fixture
def empty() -> Iterator[str]:
    server, name = databases.server(), f"empty_{uuid4().hex[:8]}"
    with psycopg.connect(server, autocommit=True) as conn:
        conn.execute(f"create database {name}")
        yield make_conninfo(server, dbname=name)
        conn.execute(f"drop database {name} with (force)")


def _tables(url: str) -> set[str]:
    with psycopg.connect(url) as conn:
        rows = conn.execute("select tablename from pg_tables where schemaname = 'public'").fetchall()
        return {name for (name,) in rows}


def test_each_is_applied_once(empty: str) -> None:
    assert migrations.migrate(empty, [ONE]) == 1
    assert migrations.migrate(empty, [ONE, TWO]) == 1
    assert migrations.migrate(empty, [ONE, TWO]) == 0
    assert _tables(empty) == {"migrations", "one", "two"}
    migrations.check(empty, [ONE, TWO])


def test_a_broken_one_is_undone_and_named(empty: str) -> None:
    with pytest.raises(StartupError, match=r"0002_two failed and was undone: division by zero"):
        migrations.migrate(empty, [ONE, BROKEN])
    assert _tables(empty) == {"migrations", "one"}
    migrations.migrate(empty, [ONE, TWO])


@pytest.mark.parametrize(
    ("ours", "sentence"),
    [
        ([ONE], "newer than this program: it has the migration 0002_two"),
        ([ONE, Migration(2, "0002_two", "create table other ()")], "0002_two was changed"),
        ([ONE, TWO, Migration(3, "0003_three", "select 1")], "lacks 1 migration"),
    ],
)
def test_what_does_not_fit_is_said(empty: str, ours: list[Migration], sentence: str) -> None:
    migrations.migrate(empty, [ONE, TWO])
    with pytest.raises(StartupError, match=sentence):
        migrations.check(empty, ours)


def test_an_empty_database_is_said(empty: str) -> None:
    with pytest.raises(StartupError, match="empty"):
        migrations.check(empty, [ONE])


def test_an_unreachable_server_is_said() -> None:
    with pytest.raises(StartupError, match="cannot be reached") as error:
        migrations.migrate("postgresql://nobody@127.0.0.1:1/nothing", [ONE])
    assert error.value.exit_code == 69


def test_an_old_server_is_said(empty: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(migrations, "OLDEST_SERVER", 990000)
    with pytest.raises(StartupError, match=r"needs 15 or newer"):
        migrations.migrate(empty, [ONE])


def test_our_own_are_in_one_order() -> None:
    found = migrations.discover(Path(madoguchi.__file__).parent)
    assert [m.number for m in found] == sorted({m.number for m in found})


def test_two_with_one_number(tmp_path: Path) -> None:
    for room in ("a", "b"):
        (tmp_path / room / "schema").mkdir(parents=True)
        (tmp_path / room / "schema" / "0001_x.sql").write_text("select 1")
    with pytest.raises(StartupError, match="two migrations have the number 1"):
        migrations.discover(tmp_path)


@pytest.fixture
def stranger(empty: str) -> Iterator[str]:
    """The address of an empty database of somebody who is no administrator."""
    name = f"stranger_{uuid4().hex[:8]}"
    with psycopg.connect(empty, autocommit=True) as conn:
        conn.execute(f"create role {name} login")
        conn.execute(f"grant create on schema public to {name}")
        yield make_conninfo(empty, user=name)
        conn.execute(f"drop owned by {name}")
        conn.execute(f"drop role {name}")


def test_who_may_not_become_our_roles_is_told_the_line_that_helps(empty: str, stranger: str) -> None:
    with psycopg.connect(empty, autocommit=True) as administrator:
        for role in migrations.ROLES:
            with pytest.raises(StartupError, match=f"as an administrator run `grant {role} to stranger") as refused:
                migrations.migrate(stranger, [ONE])
            administrator.execute(str(refused.value).split("`")[1].encode())
        assert migrations.migrate(stranger, [ONE]) == 1
        migrations.check(stranger, [ONE])
        administrator.execute(f"revoke {migrations.APP_ROLE} from {conninfo_to_dict(stranger)['user']}")
    with pytest.raises(StartupError, match="may not become"):
        migrations.check(stranger, [ONE])
