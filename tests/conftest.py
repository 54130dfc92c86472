"""What tests stand on: one real Postgres a run, a fresh clone of a migrated database for each test that asks."""

import os
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import hypothesis
import psycopg
import pytest

import madoguchi
from madoguchi.kit import clock, migrations
from madoguchi.kit.db import Database
from madoguchi.kit.postgres import EmbeddedPostgres
from tests import databases
from tests.browser import browser as browser  # here, where all share it: one Chromium for a process

hypothesis.settings.register_profile("long", max_examples=3000)  # --hypothesis-profile=long, for minutes
NOW = datetime(2026, 3, 3, 10, 0, tzinfo=ZoneInfo("Asia/Tokyo"))


def pytest_addoption(parser: pytest.Parser) -> None:
    """The gate walks each journey in the one language that its test names, and shows each page once."""
    parser.addoption("--all-languages", action="store_true", help="walk each journey in every language")
    parser.addoption("--screens", metavar="DIR", help="show each page in every language and width; keep pictures here")


def pytest_configure(config: pytest.Config) -> None:
    """The run's first process starts the server and migrates the template; parallel workers find it by name."""
    if hasattr(config, "workerinput"):
        return
    folder = tempfile.TemporaryDirectory(prefix="mdg-test-", dir=databases.memory(), ignore_cleanup_errors=True)
    Path(folder.name).chmod(0o755)  # under root the server is another user's
    given = os.environ.get("MADOGUCHI_TEST_DATABASE_URL")
    server = None if given else EmbeddedPostgres(Path(folder.name))
    url = given or (server.start() if server else "")
    os.environ[databases.SERVER] = url
    with psycopg.connect(url, autocommit=True) as conn:
        if server:  # the run's own server may forget what a power cut would take
            for setting in ("fsync", "full_page_writes", "synchronous_commit"):
                conn.execute(f"alter system set {setting} = off")
            conn.execute("select pg_reload_conf()")
        for template in databases.TEMPLATES:  # of an earlier run, on a server that was given
            conn.execute(f"drop database if exists {template} with (force)".encode())
        conn.execute(f"create database {databases.EMPTY}")
    migrations.migrate(databases.address(databases.EMPTY), migrations.discover(Path(madoguchi.__file__).parent))

    def stop() -> None:
        if server:
            server.stop()
        folder.cleanup()

    config.add_cleanup(stop)


@pytest.fixture
def database_url() -> Iterator[str]:
    """The owner's address of a database of this test's own, migrated and empty."""
    with databases.clone(databases.EMPTY) as url:
        yield url


@pytest.fixture
async def db(database_url: str) -> AsyncIterator[Database]:
    """The test's own database as the application sees it."""
    database = Database(database_url, role=migrations.APP_ROLE)
    await database.open()
    yield database
    await database.close()


@pytest.fixture
def now() -> Iterator[datetime]:
    """The moment at which the small world of tests, seeds and docs stands still: 2026-03-03 10:00 in Tokyo."""
    with clock.frozen(NOW):
        yield NOW
