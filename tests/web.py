"""The whole program on a port of its own, over a small shop: for tests that come by HTTP or with a browser.

With `from tests.web import site as site, world_template as world_template` each test gets its own: a clone of the demo
world as it stands at NOW, the real App with its worker, a real socket. The clock stands still; `clock.frozen` moves it.
"""

import asyncio
import socket
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, nullcontext
from datetime import datetime
from io import StringIO
from pathlib import Path
from types import ModuleType

import httpx
import psycopg
import pytest
import uvicorn

from madoguchi.app import App
from madoguchi.core.people import tokens
from madoguchi.edge.stores.demo.people import Person
from madoguchi.edge.stores.demo.shops import DEMO
from madoguchi.front.demo import world
from madoguchi.front.ui import server
from madoguchi.front.ui.middleware import Door
from madoguchi.front.ui.services import Services
from madoguchi.kit import clock
from madoguchi.kit.jobs import Nothing
from madoguchi.kit.progress import Progress
from madoguchi.kit.settings import Settings
from tests import databases
from tests.conftest import NOW


class Site:
    """The running program and ways to come to it. `database_url` is its owner's: look there to see what changed."""

    def __init__(self, app: App, services: Services, database_url: str, stack: AsyncExitStack) -> None:
        self.app = app
        self.services = services
        self.url = services.settings.public_url
        self.database_url = database_url
        self._stack = stack

    async def client(self, token: str | None = None, lang: str = "ja") -> httpx.AsyncClient:
        """Somebody new with a cookie jar of their own, or with a bearer token; redirects are not followed."""
        headers = {"accept-language": lang} | ({"authorization": f"Bearer {token}"} if token else {})
        # no TLS here, whose certificates take 20 ms to load
        made = httpx.AsyncClient(base_url=self.url, headers=headers, timeout=10, trust_env=False, verify=False)
        return await self._stack.enter_async_context(made)

    def shop_token(self, person: Person) -> str:
        """The shop's word that this person is signed in there."""
        return tokens.issue(self.services.shop_secrets(DEMO.id), DEMO.id, person.customer.ref, clock.now())

    async def api(self, person: Person | None = None, locale: str = "ja") -> httpx.AsyncClient:
        """A program that speaks for this person, or for a guest, through the API."""
        body = {"locale": locale} | ({"token": self.shop_token(person)} if person else {})
        answer = await (await self.client(lang=locale)).post("/api/v1/sessions", json=body)
        assert answer.status_code == 201, answer.text
        return await self.client(answer.json()["token"], locale)

    async def quiet(self) -> None:
        """Wait until the bot has answered and no job is due."""
        await self.app.bot.rest()
        due = "select count(*) from jobs where key not like 'periodic:%%' and due_at <= %s"
        while self.value(due, clock.now()):  # noqa: ASYNC110 - the database tells nobody that a job is gone
            await asyncio.sleep(0.02)
        await self.app.bot.rest()

    async def caught_up(self) -> None:
        """Wait until the world has gone on to the present moment: what goes by the clock changes rows by itself."""
        due = "select count(*) from jobs where due_at <= %s"
        while self.value(due, clock.now()):  # noqa: ASYNC110 - as above
            await asyncio.sleep(0.02)

    def value(self, query: str, *parameters: object) -> object:
        """The first column of the first row, read as the owner, who sees everything."""
        with psycopg.connect(self.database_url, autocommit=True) as conn:
            row = conn.execute(query.encode(), parameters).fetchone()
            return row[0] if row else None

    def counts(self) -> dict[str, tuple[int, int]]:
        """Rows of every table that a refusal must leave alone, and a sum over what stands in them."""
        with psycopg.connect(self.database_url, autocommit=True) as conn:
            names = conn.execute(
                """select format('%I.%I', schemaname, relname) from pg_stat_user_tables
                   where relname not in ('jobs', 'sessions', 'migrations') order by 1"""
            ).fetchall()
            return {name: _count(conn, name) for (name,) in names}


@asynccontextmanager
async def serving(database_url: str, folder: Path, *, work: bool = True) -> AsyncIterator[Site]:
    """The program over a database, until the block ends; its files and its key are kept in `folder`."""
    async with AsyncExitStack() as stack:
        listening = stack.enter_context(server.listen(Settings(port=0)))
        settings = Settings(port=listening.getsockname()[1], data_dir=folder)
        app = App(settings, database_url, demo=True)
        await app.open()
        stack.push_async_callback(app.close)
        web, services = await app.web()
        if work:
            await stack.enter_async_context(app.working())
        await stack.enter_async_context(_running(web, services, listening))
        yield Site(app, services, database_url, stack)


@asynccontextmanager
async def _running(web: Door, services: Services, listening: socket.socket) -> AsyncIterator[None]:
    config = uvicorn.Config(
        web,  # type: ignore[arg-type]
        log_config=None,
        http="httptools",
        lifespan="off",
        proxy_headers=False,
        timeout_graceful_shutdown=2,
    )
    running = uvicorn.Server(config)
    running.capture_signals = nullcontext  # type: ignore[method-assign]  # Ctrl-C is pytest's
    task = asyncio.create_task(running.serve(sockets=[listening]))
    try:
        while not running.started:
            assert not task.done(), "the program did not start"
            await asyncio.sleep(0.005)
        yield
    finally:
        services.feeds.close_all()
        running.should_exit = True
        await task


def _hurried() -> ModuleType:
    """asyncio, but what looks every tenth of a second whether it is to end looks far more often: 0.2 s a test."""
    made = ModuleType("asyncio")
    made.__dict__.update(asyncio.__dict__, sleep=lambda _: asyncio.sleep(0.002))
    return made


uvicorn.server.asyncio = _hurried()  # type: ignore[attr-defined]


@pytest.fixture(scope="session")
async def world_template(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The name of a database that holds the demo world."""
    folder = tmp_path_factory.mktemp("world")
    return await databases.template(databases.WORLD, lambda database_url: _build(database_url, folder))


@pytest.fixture
async def site(world_template: str, now: datetime, tmp_path: Path) -> AsyncIterator[Site]:
    """The program over a world of this test's own, at NOW."""
    with databases.clone(world_template) as database_url:
        async with serving(database_url, tmp_path) as site:
            yield site


@pytest.fixture
async def app(world_template: str, now: datetime, tmp_path: Path) -> AsyncIterator[App]:
    """The program without its doors, over a world of this test's own, at NOW."""
    with databases.clone(world_template) as database_url:
        made = App(Settings(data_dir=tmp_path), database_url, demo=True)
        await made.open()
        yield made
        await made.close()


async def _build(database_url: str, folder: Path) -> None:
    with clock.frozen(NOW):
        app = App(Settings(data_dir=folder), database_url, demo=True)
        await app.open()
        await world.build(app.db, app.store_db, 0, Progress(StringIO()))
        await app.learn_shops()
        await app.follower.follow(Nothing())  # what the carriers say of the parcels that are on their way
        await app.close()


def _count(conn: psycopg.Connection, table: str) -> tuple[int, int]:
    row = conn.execute(f"select count(*), coalesce(sum(hashtext(t::text)), 0) from {table} t".encode()).fetchone()
    assert row
    return int(row[0]), int(row[1])
