from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta

import pytest

from madoguchi.edge.payments.fake.provider import FakeProvider, payments_database
from madoguchi.edge.payments.fake.rules import OLDEST, Payment, Temper
from madoguchi.kit.db import Database
from madoguchi.kit.faults import Faults
from madoguchi.kit.security import Signer
from tests.edge.payments.contract import CAPTURED, Paid, yen

PAID = Paid(card="order-1/card", not_refundable="order-1/konbini", too_old="order-2/card")
Make = Callable[[Faults, Temper], FakeProvider]


@pytest.fixture
async def payments_db(database_url: str) -> AsyncIterator[Database]:
    """The provider's own connections to empty books."""
    database = payments_database(database_url)
    await database.open()
    yield database
    await database.close()


@pytest.fixture
def make(payments_db: Database, now: datetime) -> Make:
    """A provider with these faults and this temper over the same books."""

    async def till(ref: str) -> Payment | None:
        kinds = {PAID.card: "card", PAID.not_refundable: "konbini", PAID.too_old: "card"}
        if ref not in kinds:
            return None
        age = OLDEST + timedelta(days=1) if ref == PAID.too_old else timedelta(days=2)
        return Payment(ref=ref, kind=kinds[ref], captured=yen(CAPTURED), taken_at=now - age)

    return lambda faults, temper: FakeProvider(payments_db, till, Signer(bytes(32)), faults, temper)


@pytest.fixture
def provider(make: Make) -> FakeProvider:
    """A provider on a good day."""
    return make(Faults(), Temper())


@pytest.fixture
def paid() -> Paid:
    """What was paid."""
    return PAID
