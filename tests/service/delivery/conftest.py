"""The demo shop with its carriers, filled and mirrored."""

from collections.abc import AsyncIterator

import pytest

from madoguchi.edge.carriers.simulated.carrier import carriers_database
from tests.service.delivery.road import Road
from tests.service.orders.conftest import demo as shop
from tests.service.orders.shop import Shop

__all__ = ["shop"]


@pytest.fixture
async def road(shop: Shop) -> AsyncIterator[Road]:
    carriers_db = carriers_database(shop.db.conninfo)
    await carriers_db.open()
    made = Road(shop, carriers_db)
    await made.follow()
    yield made
    await carriers_db.close()
