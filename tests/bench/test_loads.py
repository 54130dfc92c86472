"""The loads at work for a second on a real program: what they tell is what was stored and heard."""

import asyncio
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import pytest

from bench import desks, listeners, people, reference, senders
from bench.site import Site as Measured
from bench.site import Web, program_environment
from bench.wire import bearer
from tests.web import Site

T = TypeVar("T")


@pytest.fixture
async def measured(site: Site, tmp_path: Path) -> Measured:
    """The test's program as the measurements see theirs."""
    port = int(site.url.rpartition(":")[2])
    web = Web(tmp_path, port, program_environment(tmp_path, port, site.database_url), ())
    return Measured(site.database_url, tmp_path, web)


async def aside(work: Callable[[], T]) -> T:
    """Wait for another process without holding up the program, which runs in this one."""
    return await asyncio.to_thread(work)


async def test_what_is_sent_is_stored_and_comes_to_both_sides(measured: Measured, site: Site) -> None:
    customers = await people.customers(measured, 2)
    (associate,) = await people.associates(measured, [customer.chat for customer in customers])
    before = site.value("select count(*) from entries")
    assert isinstance(before, int)
    hearing = listeners.Plan(
        port=measured.web.port,
        readers=[
            listeners.Reader(f"/api/v1/chats/{one.chat}/events?after=50", dict(bearer(one.token)), one.chat)
            for one in customers
        ]
        + [listeners.Reader(f"/live?topics=case:{one.chat}", associate.headers) for one in customers],
        seconds=30,
        notes=str(measured.folder / "notes"),
    )
    posts = senders.Plan(
        port=measured.web.port,
        senders=[senders.customer_sender(one.token, one.chat) for one in customers]
        + [senders.desk_sender(associate.headers, one.chat) for one in customers],
        seconds=1,
        warm=0,
        rate=16,
    )
    with listeners.begin(hearing) as listening:
        await aside(listening.ready)
        sent = await aside(lambda: senders.run(posts))
        await asyncio.sleep(0.2)
        listened = await aside(lambda: listening.finish(10))
    assert sent.refused == {}
    assert sent.stored == sent.all == 16
    assert site.value("select count(*) from entries") == before + 16
    assert listened.cut == 0
    at_the_desk = {(note.case, note.seq) for note in listeners.notes(hearing) if note.reader >= 2}
    assert len({case for case, _ in at_the_desk}) == 2
    assert len(at_the_desk) >= 16


async def test_a_desk_hears_that_a_customer_wrote_and_looks_again(measured: Measured) -> None:
    (customer,) = await people.customers(measured, 1)
    (associate,) = await people.associates(measured, [customer.chat])
    sitting = desks.Plan(
        port=measured.web.port, desks=[desks.Desk(associate.headers, associate.chats)], seconds=3, turn=1
    )
    posts = senders.Plan(
        port=measured.web.port,
        senders=[senders.customer_sender(customer.token, customer.chat)],
        seconds=1,
        warm=0,
        rate=8,
    )
    with desks.begin(sitting) as seated:
        await aside(seated.ready)
        await aside(lambda: senders.run(posts))
        worked = await aside(lambda: seated.result(10))
    assert worked.refused == {}
    assert worked.pages["count"] > 0
    assert worked.entries > 0
    assert worked.pings > 0
    assert worked.panels["count"] > 0


async def test_pgbench_runs_the_statements_of_the_verb(measured: Measured, site: Site) -> None:
    customers = await people.customers(measured, 2)
    await people.associates(measured, [customer.chat for customer in customers])
    recorded = await reference.record(measured.conninfo, customers)
    assert [query.split()[0] for query, _ in recorded[0]] == ["begin;", "select", "select", "with", "commit"]
    before = site.value("select count(*) from entries")
    assert isinstance(before, int)
    script = reference.script(recorded)
    found = await aside(lambda: reference.pgbench(measured.conninfo, measured.folder, script, 2, 1))
    assert found.per_second > 0
    assert site.value("select count(*) from entries") != before
