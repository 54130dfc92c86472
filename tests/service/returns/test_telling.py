"""What a customer is written to about a return: before its last day, when it is here, when it is over."""

from datetime import timedelta
from typing import Any

import msgspec
import pytest

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.people.events import CustomerNews
from madoguchi.kit import events, ids
from madoguchi.kit.events import Happened
from madoguchi.kit.mail import plain
from madoguchi.service.notices.letters import Links
from madoguchi.service.notices.occasions import Notice, customer_news
from madoguchi.service.returns.rules import REMIND_BEFORE
from tests.service.returns.conftest import Yard

SHIRTS: dict[str, Any] = {"lines": {"2": 1}, "reason": "size", "condition": "unopened"}
CLOTHES = "MD-10233915"


@pytest.fixture
def told(monkeypatch: pytest.MonkeyPatch) -> list[CustomerNews]:
    """What was recorded."""
    found: list[CustomerNews] = []
    record = events.record

    async def keep(tx: Any, event: events.Event) -> None:
        if isinstance(event, CustomerNews):
            found.append(event)
        await record(tx, event)

    monkeypatch.setattr(events, "record", keep)
    return found


async def letter(yard: Yard, news: CustomerNews, now: Any) -> Notice:
    happened = Happened(ids.uuid7(), news.name, 1, now, msgspec.to_builtins(news))
    made = await yard.db.run(SYSTEM, lambda tx: customer_news(tx, happened, Links("https://help.example")))
    assert made
    return made


async def test_before_the_last_day_and_after_it(yard: Yard, told: list[CustomerNews], now: Any) -> None:
    back = await yard.send_back(CLOTHES, **SHIRTS)
    left = back.send_until - now
    await yard.time_passes(left - REMIND_BEFORE - timedelta(hours=1))
    assert told == []
    for _ in range(2):
        await yard.time_passes(left - REMIND_BEFORE + timedelta(hours=1))
    assert [one.template for one in told] == ["return_due"], "once"
    made = await letter(yard, told[0], now)
    text = plain((*made.letter.blocks, *made.letter.ways), "ja")
    assert CLOTHES in text
    assert f"https://help.example/returns/{back.id}/calendar" in text
    await yard.time_passes(left + timedelta(days=2))
    assert [one.template for one in told] == ["return_due", "return_expired"]


async def test_when_it_is_here(yard: Yard, told: list[CustomerNews]) -> None:
    back = await yard.send_back(CLOTHES, **SHIRTS)
    await yard.on_its_way(back)
    await yard.arrives(back)
    assert [one.template for one in told] == ["return_received"]
