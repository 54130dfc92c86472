"""Wake-ups reach other processes, many at a time, and come again after a cut connection."""

import asyncio
import gc
from collections.abc import AsyncIterator

import psycopg
import pytest

from madoguchi.kit.db import Wake
from madoguchi.kit.live import Hub, Note, Whisper, _packets


@pytest.fixture
async def hubs(database_url: str) -> AsyncIterator[tuple[Hub, Hub]]:
    pair = Hub(database_url), Hub(database_url)
    for hub in pair:
        await hub.start()
    with psycopg.connect(database_url) as conn:
        for _ in range(200):
            row = conn.execute("select count(*) from pg_stat_activity where query = 'listen madoguchi'").fetchone()
            conn.rollback()
            if row == (2,):
                break
            await asyncio.sleep(0.01)
    yield pair
    for hub in pair:
        await hub.stop()


async def _until(heard: list[Note], count: int) -> None:
    async with asyncio.timeout(3):
        while len(heard) < count:  # noqa: ASYNC110 - listeners are plain functions
            await asyncio.sleep(0.005)


async def test_a_wake_reaches_both_and_the_sender_once(hubs: tuple[Hub, Hub]) -> None:
    here, there = hubs
    mine: list[Note] = []
    theirs: list[Note] = []
    here.subscribe("case:1", mine.append)
    there.subscribe("case:1", theirs.append)
    here.publish([Wake("case:1", 7), Wake("case:2", 1)])
    await _until(theirs, 1)
    await asyncio.sleep(0.05)
    assert mine == [Wake("case:1", 7)]
    assert theirs == [Wake("case:1", 7)]


async def test_what_was_published_before_the_end_still_arrives(hubs: tuple[Hub, Hub]) -> None:
    here, there = hubs
    theirs: list[Note] = []
    there.subscribe("session:1", theirs.append)
    here.publish([Wake("session:1")])
    await here.stop()
    await _until(theirs, 1)


async def test_a_hub_that_ends_while_it_begins_leaves_no_connection(database_url: str) -> None:
    for tenths in range(60):
        hub = Hub(database_url)
        await hub.start()
        await asyncio.sleep(tenths / 10_000)
        await hub.stop()
        hub.publish([Wake("case:1", 1)])  # too late for the others
    gc.collect()  # what was left open says so
    left = "select count(*) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()"
    with psycopg.connect(database_url, autocommit=True) as conn:
        async with asyncio.timeout(5):
            while conn.execute(left).fetchone() != (0,):  # noqa: ASYNC110 - the server tells nobody
                await asyncio.sleep(0.01)


async def test_many_wakes_of_a_moment_travel_together(hubs: tuple[Hub, Hub]) -> None:
    here, there = hubs
    theirs: list[Note] = []
    there.subscribe("case:1", theirs.append)
    for n in range(1, 100):
        here.publish([Wake("case:1", n)])
    await _until(theirs, 1)
    await asyncio.sleep(0.05)
    assert theirs[-1] == Wake("case:1", 99)
    assert len(theirs) <= 2


async def test_whispers_carry_their_payload(hubs: tuple[Hub, Hub]) -> None:
    here, there = hubs
    theirs: list[Note] = []
    there.subscribe("case:1", theirs.append)
    here.whisper("case:1", {"who": "customer"})
    await _until(theirs, 1)
    assert theirs == [Whisper("case:1", {"who": "customer"})]
    with pytest.raises(ValueError):
        here.whisper("case:1", {"x": "y" * 200})


async def test_after_a_cut_connection_every_reader_is_woken(hubs: tuple[Hub, Hub], database_url: str) -> None:
    _, there = hubs
    theirs: list[Note] = []
    there.subscribe("case:1", theirs.append)
    with psycopg.connect(database_url, autocommit=True) as conn:
        conn.execute("select pg_terminate_backend(pid) from pg_stat_activity where query = 'listen madoguchi'")
    await _until(theirs, 1)
    assert theirs == [Wake("case:1", 0)]


def test_packets_fit_into_notifications() -> None:
    wakes = [(f"case:{n:036}", n) for n in range(2000)]
    packets = _packets("origin", wakes, [])
    assert all(len(packet) <= 7000 for packet in packets)
    assert sum(packet.count("case:") for packet in packets) == 2000
