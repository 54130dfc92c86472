"""The measurement of documents: every language set, and the figures on the last line."""

import asyncio
import json
import random

import pytest

from bench.documents import _measure


def test_documents_are_measured_in_every_language(capsys: pytest.CaptureFixture[str]) -> None:
    asyncio.run(_measure(2, 3, random.Random(1), 1))
    told = capsys.readouterr().out
    summary = json.loads(told.splitlines()[-1])
    assert 0 < summary["p50_ms"] <= summary["p95_ms"]
    assert 10 < summary["kilobytes"] < 150
    found = json.loads(told[: told.rindex("\n{")])
    assert {lang: one["latency"]["count"] for lang, one in found["languages"].items()} == dict.fromkeys(
        ("ja", "en", "zh", "ko"), 2
    )
