"""Both shops of the demo store keep the port's contract."""

from pathlib import Path

import pytest

from madoguchi.edge.stores.demo.importing import import_shop
from madoguchi.edge.stores.demo.people import FANG, MISAKI, Story
from madoguchi.edge.stores.demo.store import DemoStore
from madoguchi.kit.db import Database
from tests.edge.stores.contract import Sample, StoreContract
from tests.edge.stores.demo import files


class TestLivingShop(StoreContract):
    @pytest.fixture
    def store(self, demo: DemoStore) -> DemoStore:
        return demo

    @pytest.fixture
    def sample(self) -> Sample:
        return Sample(
            customer=MISAKI.customer.ref,
            email=MISAKI.customer.email,
            cancellable=MISAKI.order(Story.CANCELLABLE),
            too_late=FANG.order(Story.SHIPPED),
            product="KETTLE",
            product_text="ケトル",
            reason="no longer needed",
        )


class TestRecordedShop(StoreContract):
    @pytest.fixture
    async def store(self, store_db: Database, tmp_path: Path) -> DemoStore:
        await import_shop(store_db, files.write(tmp_path, files.shop()))
        return DemoStore(store_db, "retail")

    @pytest.fixture
    def sample(self) -> Sample:
        return Sample(
            customer="ada",
            email="ada.marsh@example.com",
            cancellable="#A1",
            too_late="#B2",
            product="P1",
            product_text="mug",
            reason="no longer needed",
        )
