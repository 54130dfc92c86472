"""The desk of the demo shop."""

import pytest

from madoguchi.app import catalogue
from madoguchi.kit.db import Database
from madoguchi.kit.security import Vault
from tests.service.goodwill.desk import Desk


@pytest.fixture
def desk(shop_dbs: tuple[Database, Database]) -> Desk:
    return Desk(*shop_dbs, catalogue(Vault(bytes(32))))
