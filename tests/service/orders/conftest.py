"""The demo shop, filled and mirrored."""

import pytest

from madoguchi.kit.db import Database
from tests.service.orders.shop import Shop


@pytest.fixture
def demo(shop_dbs: tuple[Database, Database]) -> Shop:
    return Shop(*shop_dbs)
