"""What the rooms of service are tested with."""

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime

import pytest

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.shop import mirror
from madoguchi.core.shop.verbs import add_store
from madoguchi.edge.stores.demo.shops import DEMO
from madoguchi.edge.stores.demo.store import DemoStore, store_database
from madoguchi.edge.stores.demo.world import seed
from madoguchi.kit import clock, migrations
from madoguchi.kit.db import Database, Tx
from tests import databases
from tests.conftest import NOW
from tests.service.shift import Shift


@pytest.fixture
async def shift(db: Database, now: datetime) -> Shift:
    """A shop with nobody in it yet."""

    async def work(tx: Tx) -> None:
        await tx.execute(
            """insert into stores (id, name, currency, time_zone, country, locale, rule_pack)
               values ('demo', '窓口商店', 'JPY', 'Asia/Tokyo', 'JP', 'ja', 'marketplace-jp')"""
        )

    await db.run(SYSTEM, work)
    return Shift(db)


@pytest.fixture(scope="session")
async def shop_template() -> str:
    """The name of a database that holds the demo shop at NOW."""
    return await databases.template(databases.SHOP, _open_shop)


@pytest.fixture
async def shop_dbs(shop_template: str, now: datetime) -> AsyncIterator[tuple[Database, Database]]:
    """The demo shop, filled and mirrored: our database, and the store's own connections to the same."""
    with databases.clone(shop_template) as database_url:
        async with _connected(database_url) as both:
            yield both


async def _open_shop(database_url: str) -> None:
    fields = (DEMO.id, DEMO.name, DEMO.currency, DEMO.time_zone, DEMO.country, DEMO.locale, DEMO.rule_pack)
    with clock.frozen(NOW):
        async with _connected(database_url) as (db, store_db):
            await seed(store_db, NOW)
            await db.run(SYSTEM, lambda tx: add_store(tx, *fields))
            await mirror.follow(db, DemoStore(store_db, DEMO.id))


@asynccontextmanager
async def _connected(database_url: str) -> AsyncIterator[tuple[Database, Database]]:
    db, store_db = Database(database_url, role=migrations.APP_ROLE), store_database(database_url, size=4)
    await db.open()
    await store_db.open()
    yield db, store_db
    await store_db.close()
    await db.close()
