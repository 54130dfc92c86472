"""What comes late, or was told late: it is taken in, and nobody loses goods by a clock."""

from datetime import datetime, timedelta

import pytest

from madoguchi.core.access.rules import SYSTEM, Role
from madoguchi.core.shop.port import TrackingState
from madoguchi.kit import clock
from madoguchi.kit.errors import Refused
from madoguchi.service.returns import clocks, warehouse
from madoguchi.service.returns.parcels import verbs as parcels
from madoguchi.service.returns.queries import Return
from madoguchi.service.returns.rules import Acceptance, ReturnState, Stray
from madoguchi.service.returns.warehouse import Scanned
from tests.service.returns.conftest import CARRIER, Yard
from tests.service.returns.test_returns import BOWLS, CLOTHES, DRINKS, VACUUM, advances, paid, state

NUMBER = "440000000015"
DAY = timedelta(days=1)
SENT = {"lines": {"2": 1}, "reason": "mistake", "condition": "unopened"}


async def expired(yard: Yard, method: str = "code") -> Return:
    """A return whose time is over."""
    of = await yard.send_back(DRINKS, **SENT, method=method)
    await yard.time_passes(24 * DAY)
    await yard.time_passes(36 * DAY)
    assert await state(yard, of) is ReturnState.EXPIRED
    return of


async def told(yard: Yard, of: Return, state: TrackingState, at: datetime) -> None:
    """The carrier tells of a step now that was at another time."""
    await yard.db.run(SYSTEM, lambda tx: parcels.announced(tx, of.id, CARRIER, NUMBER))
    await yard.db.run(SYSTEM, lambda tx: parcels.tracked(tx, CARRIER, NUMBER, state, at))
    await yard.work()


async def scanned(yard: Yard, of: Return) -> Scanned:
    worker = await yard.worker()
    return await yard.db.run(worker, lambda tx: warehouse.scan(tx, worker, of.number or ""))


async def test_a_parcel_without_tracking_that_comes_some_days_after_the_label_is_taken_as_ever(yard: Yard) -> None:
    of = await yard.send_back(DRINKS, **SENT, method="own")
    await yard.time_passes(24 * DAY)
    await yard.time_passes(29 * DAY)
    with yard.later(29 * DAY):
        await yard.arrives(of)
        await yard.looked_at(of)
    assert await paid(yard, DRINKS) == 2160
    await yard.in_order()


async def test_what_comes_after_that_is_taken_in_and_a_leader_decides(yard: Yard) -> None:
    of = await expired(yard, "own")
    with yard.later(37 * DAY):
        assert await scanned(yard, of) == Scanned(of.id)
        await yard.arrives(of)
        assert await state(yard, of) is ReturnState.RECEIVED
        await yard.looked_at(of)
        (unit,) = await yard.units(of.id)
        assert (unit.acceptance, await paid(yard, DRINKS)) == (Acceptance.MANUAL, 0)
        await yard.acts(await yard.worker(Role.LEADER), "return.review", return_id=of.id, answer="accepted", note="ok")
    assert await paid(yard, DRINKS) == 2160
    await yard.in_order()


async def test_what_was_called_off_and_sent_all_the_same_is_taken_in_too(yard: Yard) -> None:
    of = await yard.send_back(BOWLS, lines={"1": 1}, reason="not_as_described")
    actor, _ = await yard.actor(BOWLS)
    await yard.agree(BOWLS, await yard.asks(actor, "return.cancel", return_id=str(of.id)))
    await yard.arrives(of)
    await yard.looked_at(of)
    (unit,) = await yard.units(of.id)
    assert unit.acceptance is Acceptance.MANUAL
    await yard.in_order()


async def test_a_late_parcel_with_goods_that_were_returned_otherwise_is_put_aside(yard: Yard) -> None:
    of = await expired(yard)
    again = await yard.send_back(DRINKS, lines={"2": (await yard.held(DRINKS))["2"].free}, **_OTHERWISE)
    assert again.state is ReturnState.APPROVED
    assert await scanned(yard, of) == Scanned(of.id, Stray.ENDED)
    with pytest.raises(Refused, match="units_taken"):
        await yard.arrives(of)
    await yard.in_order()


_OTHERWISE = {"reason": "defective", "condition": "unopened"}


async def test_a_scan_in_time_counts_whenever_it_is_told(yard: Yard) -> None:
    of = await expired(yard)
    with yard.later(37 * DAY):
        await told(yard, of, TrackingState.IN_TRANSIT, of.send_until - timedelta(hours=5))
        assert await state(yard, of) is ReturnState.IN_TRANSIT
        await yard.arrives(of)
        await yard.looked_at(of)
    assert await paid(yard, DRINKS) == 2160 - 880
    await yard.in_order()


async def test_a_scan_after_the_last_day_changes_nothing_by_itself(yard: Yard) -> None:
    of = await expired(yard)
    with yard.later(37 * DAY):
        await told(yard, of, TrackingState.IN_TRANSIT, clock.now())
    assert await state(yard, of) is ReturnState.EXPIRED


async def test_it_may_expire_twice(yard: Yard) -> None:
    """Sent in time as it turns out, and brought back to the customer, who does not send it again."""
    of = await expired(yard)
    with yard.later(37 * DAY):
        await told(yard, of, TrackingState.IN_TRANSIT, of.send_until - DAY)
        await told(yard, of, TrackingState.RETURNED_TO_SENDER, clock.now())
    await yard.time_passes(38 * DAY)
    assert await state(yard, of) is ReturnState.EXPIRED
    await yard.in_order()


async def test_nothing_is_asked_back_while_a_parcel_may_still_come(yard: Yard) -> None:
    of = await yard.send_back(CLOTHES, lines={"2": 1}, reason="defective", wish="replacement")
    (advance,) = await advances(yard, CLOTHES)
    assert advance.due_at == await yard.db.run(SYSTEM, lambda tx: clocks.ends_at(tx, of))


async def test_what_the_carrier_handed_over_is_not_lost_but_looked_for(yard: Yard) -> None:
    of = await yard.send_back(VACUUM, lines={"1": 1}, reason="no_longer_needed", condition="unopened", refund_to="bank")
    await yard.on_its_way(of, NUMBER)
    await told(yard, of, TrackingState.DELIVERED, clock.now() + 2 * DAY)
    other = await yard.send_back(BOWLS, lines={"1": 1}, reason="defective")
    await yard.on_its_way(other, "440000000026")
    await yard.time_passes(20 * DAY)
    worker = await yard.worker()
    first, second = await yard.db.run(worker, lambda tx: warehouse.expected(tx, worker))
    assert (first.id, first.handed_over_at, second.handed_over_at) == (of.id, clock.now() + 2 * DAY, None)
    await yard.time_passes(30 * DAY)
    assert (await state(yard, of), await paid(yard, VACUUM)) == (ReturnState.IN_TRANSIT, 0)
    await yard.arrives(of)
    await yard.looked_at(of)
    assert await paid(yard, VACUUM) == 32800
    await yard.in_order()
