"""Nobody was in, or it lies ready: the customer hears of it once, with the way on."""

from datetime import datetime, timedelta

import pytest

from madoguchi.app import App
from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.carriers.port import Handing
from madoguchi.core.carriers.queries import tracked_on
from madoguchi.core.shop.port import TrackingState
from madoguchi.core.shop.queries import order_id_of
from madoguchi.edge.stores.demo.people import KENTA, Story
from madoguchi.kit import clock, jobs
from madoguchi.kit.db import Tx
from madoguchi.kit.jobs import Nothing
from madoguchi.service.delivery.telling import FRESH, stepped
from tests.web import app as app
from tests.web import world_template as world_template

MISSED = KENTA.order(Story.MISSED)


async def _parcel(app: App) -> tuple[str, str]:
    """Carrier and number of what lies at the depot."""

    async def read(tx: Tx) -> tuple[str, str]:
        order_id = await order_id_of(tx, "demo", MISSED)
        assert order_id
        (found,) = await tracked_on(tx, [order_id])
        return found

    return await app.db.run(SYSTEM, read)


async def _letters(app: App) -> list[str]:
    """What the shop wrote, after everything was done that is due."""
    await jobs.run_due(app.db, app.duties(None))
    rows = await app.db.run(SYSTEM, lambda tx: tx.value("select coalesce(array_agg(template), '{}') from messages"))
    return list(rows)


async def test_who_was_not_in_hears_of_it(app: App, now: datetime) -> None:
    carrier, number = await _parcel(app)
    await app.db.run(SYSTEM, lambda tx: stepped(tx, carrier, number, TrackingState.ATTEMPT_FAILED, now))
    assert await _letters(app) == ["parcel_missed"]


@pytest.mark.parametrize(
    ("state", "ago"),
    [(TrackingState.IN_TRANSIT, timedelta(0)), (TrackingState.ATTEMPT_FAILED, FRESH + timedelta(minutes=1))],
)
async def test_what_helps_nobody_is_not_told(app: App, now: datetime, state: TrackingState, ago: timedelta) -> None:
    carrier, number = await _parcel(app)
    await app.db.run(SYSTEM, lambda tx: stepped(tx, carrier, number, state, now - ago))
    await app.db.run(SYSTEM, lambda tx: stepped(tx, carrier, "000000000000", TrackingState.ATTEMPT_FAILED, now))
    assert await _letters(app) == []


async def test_what_lies_ready_is_told_by_the_carriers_news(app: App, now: datetime) -> None:
    carrier, number = await _parcel(app)
    await app.carriers[carrier].instruct("key", number, Handing.PICK_UP, "locker")
    for hours in (4, 5):
        with clock.frozen(now + timedelta(hours=hours)):
            await app.carriers[carrier].tick(clock.now(), app.shippers.tell)
            await app.follower.follow(Nothing())
            told = await _letters(app)
    assert told == ["parcel_ready"]
