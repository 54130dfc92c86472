"""The store is another house: neither side can reach into the other's tables."""

import psycopg
import pytest

from madoguchi.edge.stores.demo.store import ASKER
from madoguchi.kit.db import Database


@pytest.mark.parametrize("table", ["shops", "orders", "customers", "operations"])
async def test_the_application_cannot_touch_the_store(db: Database, table: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        await db.run(ASKER, lambda tx: tx.execute(f"select from demo_store.{table}"))


@pytest.mark.parametrize("table", ["stores", "orders", "customers", "jobs"])
async def test_the_store_cannot_touch_the_application(store_db: Database, table: str) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        await store_db.run(ASKER, lambda tx: tx.execute(f"select from public.{table}"))
