"""The composition root: the only place that knows every room.

Routes, jobs, adapters, and the table of reactions (event → what is done about it): tables, never logic.
"""

import asyncio
import logging
from collections.abc import AsyncIterator, Mapping
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path

import psycopg_pool
from litestar import Litestar

import madoguchi
from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.actions.catalogue import Catalogue
from madoguchi.core.people import queries as people
from madoguchi.core.people.tokens import shared_secret
from madoguchi.core.requests import jobs as request_jobs
from madoguchi.core.requests import verbs as requests
from madoguchi.core.shop import jobs as shop_jobs
from madoguchi.edge.stores.demo.store import DemoStore, store_database
from madoguchi.front import counter
from madoguchi.front.ui import stream
from madoguchi.front.ui.feeds import Feeds
from madoguchi.front.ui.middleware import Door
from madoguchi.front.ui.render import Pages
from madoguchi.front.ui.services import Limits, Services
from madoguchi.front.ui.sessions import SessionBook
from madoguchi.front.ui.web import create_web
from madoguchi.kit import clock, events, jobs, migrations
from madoguchi.kit.db import Database
from madoguchi.kit.errors import StartupError
from madoguchi.kit.files import LocalFiles
from madoguchi.kit.jobs import Duty, Worker
from madoguchi.kit.live import Hub
from madoguchi.kit.security import RateLimit, Signer
from madoguchi.kit.settings import Settings, secret_key
from madoguchi.service.orders.actions import ACTIONS as ORDER_ACTIONS

PACKAGE = Path(madoguchi.__file__).parent
DOORS = (counter,)
REACTIONS: events.Reactions = {}

log = logging.getLogger(__name__)


def catalogue() -> Catalogue:
    """Everything that can be done."""
    return Catalogue([*ORDER_ACTIONS])


class App:
    """The running program: one database, the hub, the adapters, the duties, the pages."""

    def __init__(self, settings: Settings, conninfo: str, *, demo: bool) -> None:
        self.settings = settings
        self.demo = demo
        self.conninfo = conninfo
        key = secret_key(settings)
        self.signer = Signer(key)
        self.db = Database(conninfo, role=migrations.APP_ROLE)
        self.store_db = store_database(conninfo)
        self.hub = Hub(conninfo)
        self.db.after_commit = self.hub
        self.catalogue = catalogue()
        self.stores: dict[str, DemoStore] = {}
        self.executor = request_jobs.Executor(self.db, self.catalogue, self.stores)
        self.key = key
        self.worker: Worker | None = None

    async def open(self) -> None:
        """Connect, and learn which shops there are."""
        events.wire(REACTIONS)
        try:
            await self.db.open()
            await self.store_db.open()
        except psycopg_pool.PoolTimeout as error:
            raise StartupError("The database does not answer.", 69) from error
        await self.hub.start()
        await self.learn_shops()

    async def learn_shops(self) -> None:
        """Make an adapter for each shop there is."""
        for store in await self.db.run(SYSTEM, people.stores):
            if store.id not in self.stores:
                self.stores[store.id] = DemoStore(self.store_db, store.id)

    async def close(self) -> None:
        """Hang up everywhere."""
        await self.hub.stop()
        await self.store_db.close()
        await self.db.close()

    def duties(self) -> Mapping[str, Duty]:
        """What a worker does, by the name of the job."""
        return {
            requests.EXECUTE: Duty(self.executor.execute, requests.Execute),
            "shop.follow": Duty(self._follow, jobs.Nothing, every=timedelta(seconds=5)),
        }

    async def _follow(self, _: jobs.Nothing) -> None:
        await self.learn_shops()
        for store in self.stores.values():
            await store.tick(clock.now())
            await shop_jobs.follow(self.db, store)

    @asynccontextmanager
    async def working(self) -> AsyncIterator[None]:
        """Within it, this process also does the duties."""
        self.worker = Worker(self.db, self.duties())
        unsubscribe = self.hub.subscribe(jobs.TOPIC, lambda _: self.worker.nudge() if self.worker else None)
        running = asyncio.create_task(self.worker.run())
        try:
            yield
        finally:
            unsubscribe()
            self.worker.stop()
            await running

    async def web(self, *, work: bool) -> tuple[Door, Services]:
        """The web application, with `work` also the worker's loop; guests come to the first shop."""
        shops = await self.db.run(SYSTEM, people.stores)
        if not shops:
            raise StartupError("There is no shop yet: run `./madoguchi seed` or `./madoguchi import-shop DIR` first.")
        store = shops[0]
        pages = Pages([PACKAGE / "front" / door.__name__.rsplit(".", 1)[-1] / "templates" for door in DOORS])
        services = Services(
            settings=self.settings,
            db=self.db,
            hub=self.hub,
            signer=self.signer,
            catalogue=self.catalogue,
            stores=self.stores,
            sessions=SessionBook(self.db),
            pages=pages,
            feeds=Feeds(self.db, self.hub, stream.renderer(pages)),
            files=LocalFiles(self.settings.data_dir / "files"),
            limits=Limits(
                write=RateLimit(5, 30), open=RateLimit(0.2, 10), sign_in=RateLimit(0.2, 8), upload=RateLimit(0.5, 10)
            ),
            shop_secrets={name: shared_secret(self.key, name) for name in self.stores},
            shop_keys={},
            bot_due=lambda _: None,
            demo=self.demo,
        )

        @asynccontextmanager
        async def lifespan(_: Litestar) -> AsyncIterator[None]:
            if work:
                async with self.working():
                    yield
            else:
                yield

        routes = [route for door in DOORS for route in door.ROUTES]
        return (
            create_web(services, routes, store_id=store.id, zone=store.time_zone, lifespan=[lifespan]),
            services,
        )
