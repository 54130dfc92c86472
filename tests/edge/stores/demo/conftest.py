from collections.abc import AsyncIterator
from datetime import datetime

import pytest

from madoguchi.edge.stores.demo import world
from madoguchi.edge.stores.demo.store import DemoStore, store_database
from madoguchi.kit.db import Database


@pytest.fixture
async def store_db(database_url: str) -> AsyncIterator[Database]:
    """The store's own connections to an empty store."""
    database = store_database(database_url)
    await database.open()
    yield database
    await database.close()


@pytest.fixture
async def demo(store_db: Database, now: datetime) -> DemoStore:
    """The demo shop with its named people at `now`."""
    await world.seed(store_db, now)
    return DemoStore(store_db, "demo")
