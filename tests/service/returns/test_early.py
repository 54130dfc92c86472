"""What was given before it was sure: asked back, redeemed or let be, and it never stops a parcel or a clock."""

from datetime import timedelta

import pytest

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.ledger.advances import verbs as advances
from madoguchi.core.ledger.advances.queries import advances_of_order
from madoguchi.core.ledger.advances.rules import Advance, AdvanceState
from madoguchi.kit import clock
from madoguchi.service.returns import jobs
from madoguchi.service.returns.rules import ReturnState
from tests.service.returns.conftest import Yard
from tests.service.returns.test_returns import BOWLS, CLOTHES

LABEL = timedelta(days=28)


async def advance_of(yard: Yard, ref: str) -> Advance:
    """What was given early for an order."""
    _, order_id = await yard.actor(ref)
    (advance,) = await yard.db.run(SYSTEM, lambda tx: advances_of_order(tx, SYSTEM, order_id))
    return advance


async def days_later(yard: Yard, ref: str, days: int) -> None:
    """The wait for what was given early is looked at after some days."""
    with clock.frozen(clock.now() + timedelta(days=days)):
        advance = await advance_of(yard, ref)
        await yard.db.run(SYSTEM, lambda tx: advances.pass_time(tx, advance.id))


async def test_what_the_carrier_loses_is_not_owed_though_its_price_was_due(yard: Yard) -> None:
    of = await yard.send_back(CLOTHES, lines={"2": 1}, reason="defective", wish="replacement")
    await days_later(yard, CLOTHES, 31)
    assert (await advance_of(yard, CLOTHES)).state is AdvanceState.RECHARGE_DUE
    await yard.on_its_way(of)
    await yard.time_passes(timedelta(days=60))
    assert (await yard.back(of.id)).state is ReturnState.LOST
    assert (await advance_of(yard, CLOTHES)).state is AdvanceState.FINAL
    await yard.in_order()


async def test_one_return_that_fails_does_not_stop_the_clock_of_the_others(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    broken = await yard.send_back(CLOTHES, lines={"1": 1}, reason="size", condition="untagged")
    sound = await yard.send_back(BOWLS, lines={"1": 1}, reason="not_as_described")
    expire = jobs.verbs.expire

    async def fails(tx: object, return_id: object) -> None:
        if return_id == broken.id:
            raise ValueError("its books are in a muddle")
        await expire(tx, return_id)  # type: ignore[arg-type]

    monkeypatch.setattr(jobs.verbs, "expire", fails)
    await yard.time_passes(LABEL + timedelta(days=8))
    assert [(await yard.back(one.id)).state for one in (broken, sound)] == [ReturnState.APPROVED, ReturnState.EXPIRED]
