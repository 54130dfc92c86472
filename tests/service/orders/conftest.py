"""The demo shop, filled and mirrored."""

from collections.abc import AsyncIterator
from datetime import datetime

import pytest

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.shop import mirror
from madoguchi.core.shop.verbs import add_store
from madoguchi.edge.stores.demo.shops import DEMO
from madoguchi.edge.stores.demo.store import store_database
from madoguchi.edge.stores.demo.world import seed
from madoguchi.kit.db import Database
from tests.service.orders.shop import Shop


@pytest.fixture
async def demo(db: Database, database_url: str, now: datetime) -> AsyncIterator[Shop]:
    store_db = store_database(database_url, size=4)
    await store_db.open()
    await seed(store_db, now)
    fields = (DEMO.id, DEMO.name, DEMO.currency, DEMO.time_zone, DEMO.country, DEMO.locale, DEMO.rule_pack)
    await db.run(SYSTEM, lambda tx: add_store(tx, *fields))
    made = Shop(db, store_db)
    await mirror.follow(db, made.store)
    yield made
    await store_db.close()
