"""Quotes in small: what is counted was stored, and the reference commits copies of just these rows."""

import asyncio
from pathlib import Path

import msgspec
import pytest

from bench import quotes
from bench.site import Site as Measured
from bench.site import Web, program_environment
from madoguchi.kit.security import RateLimit
from tests.web import Site
from tests.web import site as site
from tests.web import world_template as world_template


@pytest.fixture
def measured(site: Site, tmp_path: Path) -> Measured:
    """The test's program as the measurements see theirs, at their pace."""
    msgspec.structs.force_setattr(site.services.limits, "write", RateLimit(10_000, 10_000))
    port = int(site.url.rpartition(":")[2])
    web = Web(tmp_path, port, program_environment(tmp_path, port, site.database_url), ())
    return Measured(site.database_url, tmp_path, web)


async def test_every_quote_that_is_counted_was_stored(site: Site, measured: Measured) -> None:
    those = await quotes.askers(measured)
    stored, written = site.value("select count(*) from quotes"), quotes.written(site.database_url)
    took = await quotes.ask(measured, those[:2], 0.3)
    assert isinstance(stored, int)
    assert site.value("select count(*) from quotes") == stored + len(took) > stored
    assert quotes.written(site.database_url) - written >= len(took)


async def test_the_reference_commits_the_same_rows(site: Site, measured: Measured) -> None:
    await quotes.askers(measured)
    raw = await asyncio.to_thread(
        quotes.raw_commits, site.database_url, measured.folder, quotes.QUOTED, clients=1, seconds=1
    )
    assert raw > 0
    same = "select count(*) from raw_quotes r where exists (select from quotes q where q.draft = r.draft)"
    count = site.value(same)
    assert count == site.value("select count(*) from raw_policy_decisions")
    assert isinstance(count, int)
    assert count > 0


def test_work_that_needs_more_commits_is_measured_by_them() -> None:
    assert quotes.figures(100, 5, 1000)["of_raw"] == 0.5
