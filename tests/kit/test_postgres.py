"""The supervisor of the embedded server: starting, joining, and coming back after every kind of death."""

import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import pytest

from madoguchi.kit import postgres
from madoguchi.kit.postgres import EmbeddedPostgres, PostgresError
from tests.databases import memory

OWNER_PROGRAM = """
import sys, time
from pathlib import Path
from madoguchi.kit.postgres import EmbeddedPostgres
print(EmbeddedPostgres(Path(sys.argv[1])).start(), flush=True)
time.sleep(600)
"""


@pytest.fixture
def folder() -> Iterator[Path]:
    """A folder that the server's user can reach, as pytest's own is private to its user."""
    with tempfile.TemporaryDirectory(prefix="madoguchi-test-", dir=memory()) as made:
        Path(made).chmod(0o755)
        yield Path(made) / "postgres"


@pytest.fixture
def owner(folder: Path) -> Iterator[subprocess.Popen[str]]:
    """Another process that owns the server of the folder."""
    environment = os.environ | {"PYTHONPATH": os.pathsep.join(sys.path)}
    command = [sys.executable, "-c", OWNER_PROGRAM, str(folder)]
    with subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout
        assert process.stdout.readline().startswith("postgresql://")
        yield process
        process.kill()


def ask(url: str, query: str) -> object:
    with psycopg.connect(url) as conn:
        row = conn.execute(query).fetchone()
        assert row
        return row[0]


def eventually(holds: Callable[[], bool], within: float = 10) -> None:
    deadline = time.monotonic() + within
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.02)


def postmaster(folder: Path) -> int:
    return int((folder / "home" / "data" / "postmaster.pid").read_text().split("\n")[0])


def answers(url: str) -> bool:
    try:
        return ask(url, "select 1") == 1
    except psycopg.OperationalError:
        return False


def test_serves_our_database_durably_over_a_private_socket(folder: Path) -> None:
    with EmbeddedPostgres(folder) as url:
        assert ask(url, "select current_database()") == "madoguchi"
        assert ask(
            url, "select bool_and(setting = 'on') from pg_settings where name in ('fsync', 'synchronous_commit')"
        )
        assert ask(url, "show listen_addresses") == ""
        assert (folder / "home" / "run").stat().st_mode & 0o077 == 0
        assert ask(url, "select lower('ÄÖ日本')") == "äö日本"
    assert not answers(url)


def test_keeps_its_data_from_one_start_to_the_next(folder: Path) -> None:
    with EmbeddedPostgres(folder) as url, psycopg.connect(url) as conn:
        conn.execute("create table kettles (name text)")
    with EmbeddedPostgres(folder) as url:
        assert ask(url, "select count(*) from kettles") == 0


def test_a_second_process_joins_and_leaves_the_server_running(folder: Path, owner: subprocess.Popen[str]) -> None:
    with EmbeddedPostgres(folder) as url:
        assert ask(url, "select 1") == 1
    assert answers(url)


def test_the_server_ends_with_an_owner_that_was_killed_and_starts_again(
    folder: Path, owner: subprocess.Popen[str]
) -> None:
    with EmbeddedPostgres(folder) as url, psycopg.connect(url) as conn:
        conn.execute("create table kettles (name text)")
    owner.kill()
    owner.wait()
    with EmbeddedPostgres(folder) as url:
        assert ask(url, "select count(*) from kettles") == 0


def test_nothing_is_left_of_the_server_of_a_killed_owner(folder: Path, owner: subprocess.Popen[str]) -> None:
    server = postmaster(folder)
    owner.kill()
    owner.wait()
    eventually(lambda: not Path(f"/proc/{server}").exists())


def test_a_killed_server_is_started_again(folder: Path) -> None:
    with EmbeddedPostgres(folder) as url:
        with psycopg.connect(url) as conn:
            conn.execute("create table kettles (name text)")
        os.kill(postmaster(folder), signal.SIGKILL)
        eventually(lambda: answers(url))
        assert ask(url, "select count(*) from kettles") == 0


def test_owner_and_server_killed_together_recover(folder: Path, owner: subprocess.Popen[str]) -> None:
    server = postmaster(folder)
    owner.send_signal(signal.SIGSTOP)
    os.kill(server, signal.SIGKILL)
    owner.kill()
    owner.wait()
    with EmbeddedPostgres(folder) as url:
        assert ask(url, "select 1") == 1


def test_marks_of_an_earlier_boot_do_not_matter(folder: Path) -> None:
    with EmbeddedPostgres(folder):
        pass
    # the number of the dead server now belongs to somebody else: to us
    (folder / "home" / "data" / "postmaster.pid").write_text(f"{os.getpid()}\n")
    (folder / "home" / "run" / ".s.PGSQL.5432.lock").write_text(f"{os.getpid()}\n")
    with EmbeddedPostgres(folder) as url:
        assert ask(url, "select 1") == 1


def test_an_interrupted_creation_is_done_again(folder: Path) -> None:
    (folder / "home" / "data.new").mkdir(parents=True)
    (folder / "home" / "data.new" / "PG_VERSION").write_text("18\n")
    if os.geteuid() == 0:
        os.chown(folder / "home", *postgres._server_user())
    with EmbeddedPostgres(folder) as url:
        assert ask(url, "select 1") == 1


def test_a_folder_too_deep_for_a_socket(folder: Path) -> None:
    with EmbeddedPostgres(folder / ("deep" * 30)) as url:
        assert ask(url, "select 1") == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has a server of another user")
def test_root_keeps_what_a_private_folder_would_hide_from_the_server(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (folder / "private").mkdir(parents=True, mode=0o700)
    monkeypatch.setattr(postgres, "ROOTS_HOME", folder / "roots")
    with EmbeddedPostgres(folder / "private" / "postgres") as url:
        assert ask(url, "select 1") == 1
    assert len(list((folder / "roots").iterdir())) == 1


@pytest.mark.skipif(os.geteuid() != 0, reason="only root has a server of another user")
def test_root_copies_programs_that_the_server_cannot_execute(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    reaches = EmbeddedPostgres._reaches
    hidden = postgres.find_binaries() / "postgres"
    monkeypatch.setattr(EmbeddedPostgres, "_reaches", lambda self, path: path != hidden and reaches(self, path))
    with EmbeddedPostgres(folder) as url:
        running = Path(f"/proc/{postmaster(folder)}/exe").readlink()
        assert running.is_relative_to(folder / "home")
        assert ask(url, "select 1") == 1


def test_data_of_another_version_are_refused_in_one_sentence(folder: Path) -> None:
    with EmbeddedPostgres(folder):
        pass
    (folder / "home" / "data" / "PG_VERSION").write_text("15\n")
    with pytest.raises(PostgresError, match=r"are of Postgres 15, but Postgres \d+ is here"):
        EmbeddedPostgres(folder).start()


def test_a_server_that_cannot_start_says_why_at_once(folder: Path) -> None:
    with EmbeddedPostgres(folder):
        pass
    (folder / "home" / "data" / "postgresql.conf").write_text("no_such_setting = 1\n")
    started = time.monotonic()
    with pytest.raises(PostgresError, match=r"does not start: .*FATAL"):
        EmbeddedPostgres(folder).start()
    assert time.monotonic() - started < 5


def test_a_folder_that_cannot_be_made_is_named(folder: Path) -> None:
    folder.write_text("a file is here already")
    with pytest.raises(PostgresError, match=str(folder)):
        EmbeddedPostgres(folder).start()
