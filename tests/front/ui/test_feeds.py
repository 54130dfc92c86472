"""What live readers hear, and how often."""

import asyncio
from collections.abc import AsyncIterator
from uuid import uuid4

import pytest

from madoguchi.core.access.rules import Audience
from madoguchi.front.ui import feeds
from madoguchi.front.ui.feeds import Feeds, Form, Reader
from madoguchi.kit.db import Database, Wake
from madoguchi.kit.live import Hub

STAFF = Form(Audience.STAFF, "ja", "Asia/Tokyo", "html")


@pytest.fixture
async def hub(database_url: str) -> AsyncIterator[Hub]:
    """It tells this process; nobody else is there to be heard."""
    hub = Hub(database_url)
    yield hub
    await hub.stop()


async def heard(reader: Reader) -> list[bytes]:
    """What came within a quarter of a second."""
    await asyncio.sleep(0.25)
    return [event.data for event in reader.drain()]


async def test_what_happens_often_is_told_at_once_and_then_once_a_pause(
    db: Database, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    pause = 0.3
    monkeypatch.setattr(feeds, "_PAUSE", pause)
    reader = await Feeds(db, hub, lambda entry, form: b"").join(STAFF, {"queue:all": 0})
    loop = asyncio.get_running_loop()
    began = loop.time()
    for _ in range(20):
        hub.publish([Wake("queue:all")])
    heard_at: list[float] = []
    while len(heard_at) < 2 or loop.time() < heard_at[1] + 3 * pause:
        assert loop.time() < began + 10
        await asyncio.sleep(0.005)
        heard_at += [loop.time() for _ in reader.drain()]
    assert len(heard_at) == 2  # at once, and for all that came since
    assert heard_at[1] - began >= pause


async def test_a_customers_words_concern_their_list_only(db: Database, hub: Hub) -> None:
    me = uuid4()
    reader = await Feeds(db, hub, lambda entry, form: b"").join(STAFF, {f"person:{me}": 0})
    hub.publish([Wake(f"words:{me}"), Wake(f"words:{uuid4()}")])
    assert await heard(reader) == [b'{"topic":"person:%s","panel":"words"}' % str(me).encode()]


async def test_those_who_hear_the_same_do_not_come_at_once(
    db: Database, hub: Hub, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(feeds, "_APART", 0.1)
    room = Feeds(db, hub, lambda entry, form: b"")
    readers = [await room.join(STAFF, {"queue:all": 0}) for _ in range(20)]
    hub.publish([Wake("queue:all")])
    told = 0
    async with asyncio.timeout(20):
        while told < len(readers):
            await asyncio.sleep(0.005)
            now = sum(bool(reader.drain()) for reader in readers)
            assert now < len(readers)  # never all together
            told += now


async def test_who_comes_back_while_the_program_ends_is_not_kept(db: Database, hub: Hub) -> None:
    room = Feeds(db, hub, lambda entry, form: b"")
    first = await room.join(STAFF, {"queue:all": 0})
    room.close_all()
    again = await room.join(STAFF, {"queue:all": 0})
    async with asyncio.timeout(1):
        assert [event for reader in (first, again) async for event in reader.events()] == []
