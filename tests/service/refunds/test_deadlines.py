"""Refunds that should have been sent by now: by the rules of the shop, and by the law of the consumer's country."""

from datetime import UTC, datetime, timedelta

import pytest

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.ledger.rules import Destination
from madoguchi.core.policy.pack import shipped
from madoguchi.kit import clock
from madoguchi.service.refunds.deadlines import overdue, send_until
from madoguchi.service.refunds.queries import Unsent
from tests.service.refunds.conftest import House

OWED = datetime(2026, 3, 3, 1, tzinfo=UTC)


@pytest.mark.parametrize(("country", "days"), [("JP", 14), ("DE", 14), ("US", 7), ("KR", 3)])
def test_the_fewer_days_count(country: str, days: int) -> None:
    refund = Unsent("R-1", "demo", country, OWED)
    assert send_until(shipped("marketplace-jp"), refund) == OWED + timedelta(days=days)


async def test_what_waits_too_long_is_named(house: House, now: datetime) -> None:
    intent = await house.intent(await house.books.owe("1", 1000))
    with clock.frozen(now + timedelta(days=14)):
        assert await house.db.run(SYSTEM, overdue) == []
    with clock.frozen(now + timedelta(days=15)):
        (told,) = await house.db.run(SYSTEM, overdue)
        assert told.startswith(intent.number)
        await house.work()
        assert await house.db.run(SYSTEM, overdue) == []


async def test_who_has_to_name_an_account_is_waited_for(house: House, now: datetime) -> None:
    await house.books.owe("3", 500, Destination.BANK)
    with clock.frozen(now + timedelta(days=90)):
        assert await house.db.run(SYSTEM, overdue) == []
