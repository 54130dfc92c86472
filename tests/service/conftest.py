"""What the rooms of service are tested with."""

from datetime import datetime

import pytest

from madoguchi.core.access.rules import SYSTEM
from madoguchi.kit.db import Database, Tx
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
