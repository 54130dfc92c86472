"""The desk of the demo shop."""

from collections.abc import AsyncIterator
from datetime import datetime

import pytest

from madoguchi.app import catalogue
from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.shop import mirror
from madoguchi.core.shop.verbs import add_store
from madoguchi.edge.stores.demo.shops import DEMO
from madoguchi.edge.stores.demo.store import store_database
from madoguchi.edge.stores.demo.world import seed
from madoguchi.kit.db import Database
from madoguchi.kit.security import Vault
from tests.service.goodwill.desk import Desk


@pytest.fixture
async def desk(db: Database, database_url: str, now: datetime) -> AsyncIterator[Desk]:
    store_db = store_database(database_url, size=4)
    await store_db.open()
    await seed(store_db, now)
    fields = (DEMO.id, DEMO.name, DEMO.currency, DEMO.time_zone, DEMO.country, DEMO.locale, DEMO.rule_pack)
    await db.run(SYSTEM, lambda tx: add_store(tx, *fields))
    made = Desk(db, store_db, catalogue(Vault(bytes(32))))
    await mirror.follow(db, made.store)
    yield made
    await store_db.close()
