"""A month in small: some stories of each kind, and every book balanced and every state legal, then and in the end."""

import json
from datetime import timedelta

import pytest

from bench import month_world
from bench.month import play


async def test_a_small_month_ends_with_all_books_balanced(database_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(month_world, "BEAT", timedelta(hours=12))
    found = await play(database_url, acts=40, customers=20, seed=5)
    assert found.met, json.dumps(found.broken, ensure_ascii=False)
    for action in ("order.return", "order.exchange", "return.receive", "return.inspect"):
        assert found.said[f"{action}: done"], found.said
