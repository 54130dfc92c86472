from collections.abc import AsyncIterator
from datetime import datetime

import pytest
from msgspec.structs import replace

from madoguchi.core.shop.port import Capability
from madoguchi.edge.stores.demo import store, world
from madoguchi.edge.stores.demo.shops import DEMO, SHOPS
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
async def demo(store_db: Database, now: datetime, monkeypatch: pytest.MonkeyPatch) -> DemoStore:
    """The demo shop with its named people at `now`; it gives captured money back by itself."""
    await world.seed(store_db, now)
    giving = replace(DEMO, can=DEMO.can | {Capability.REFUNDS})
    monkeypatch.setattr(store, "SHOPS", {**SHOPS, DEMO.id: giving})
    return DemoStore(store_db, DEMO.id)


@pytest.fixture
async def careful(demo: DemoStore, store_db: Database, monkeypatch: pytest.MonkeyPatch) -> DemoStore:
    """The same shop, which leaves refunds to us."""
    leaving = replace(DEMO, can=DEMO.can - {Capability.REFUNDS})
    monkeypatch.setattr(store, "SHOPS", {**SHOPS, DEMO.id: leaving})
    return DemoStore(store_db, DEMO.id)
