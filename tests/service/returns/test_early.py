"""What was given before it was sure: asked back, redeemed or let be, and it never stops a parcel or a clock."""

from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from madoguchi.core.access.rules import SYSTEM, Role
from madoguchi.core.ledger.advances import verbs as advances
from madoguchi.core.ledger.advances.queries import advances_of_order
from madoguchi.core.ledger.advances.rules import Advance, AdvanceState
from madoguchi.core.shop.port import TrackingState
from madoguchi.kit import clock
from madoguchi.kit.errors import Refused
from madoguchi.service.returns import jobs, verbs
from madoguchi.service.returns.parcels import verbs as parcels
from madoguchi.service.returns.queries import Return
from madoguchi.service.returns.rules import Acceptance, ReturnState
from tests.service.returns.conftest import CARRIER, Yard
from tests.service.returns.test_returns import BOWLS, CLOTHES, VACUUM, paid

LABEL = timedelta(days=28)
SHIRT = 2990
PARCEL = "440000000015"
WORN: dict[str, Any] = {"disposition": "back_to_customer", "found": {"grade": "worn"}}


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
    await days_later(yard, CLOTHES, 36)
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


async def shirts(yard: Yard, **told: Any) -> Return:
    """Two shirts that somebody we know sends back."""
    return await yard.send_back(CLOTHES, lines={"2": 2}, reason="dislike", condition="unopened", **told)


async def agreed_to_pay(yard: Yard) -> None:
    """The wait is over before the parcel is here, and the customer agrees to be charged."""
    await days_later(yard, CLOTHES, 36)
    advance = await advance_of(yard, CLOTHES)
    await yard.db.run(SYSTEM, lambda tx: advances.agree(tx, advance.id, UUID(int=7)))


async def charged(yard: Yard, *, taken: bool) -> None:
    """The provider takes it, or does not, and the return hears of it."""
    advance = await advance_of(yard, CLOTHES)
    key = advance.charge_key
    assert key
    if taken:
        await yard.db.run(SYSTEM, lambda tx: advances.settle_charge(tx, advance.id, key, "C-1"))
    else:
        await yard.db.run(SYSTEM, lambda tx: advances.decline_charge(tx, advance.id, key, "declined"))
    for _ in range(2):  # reactions run at least once
        await yard.db.run(SYSTEM, lambda tx: verbs.advance_moved(tx, advance.id))
    await yard.work()


async def test_a_parcel_is_taken_in_though_its_price_was_due_meanwhile(yard: Yard) -> None:
    of = await yard.send_back(CLOTHES, lines={"2": 1}, reason="defective", wish="replacement")
    await days_later(yard, CLOTHES, 36)
    await yard.arrives(of)
    await days_later(yard, CLOTHES, 400)
    assert (await advance_of(yard, CLOTHES)).state is AdvanceState.UNDER_WAY
    await yard.looked_at(of)
    assert (await advance_of(yard, CLOTHES)).state is AdvanceState.RECOVERED
    await yard.in_order()


async def test_nothing_falls_due_while_the_carrier_has_it(yard: Yard) -> None:
    of = await yard.send_back(CLOTHES, lines={"2": 1}, reason="defective", wish="replacement")
    await days_later(yard, CLOTHES, 36)
    await yard.on_its_way(of)
    await days_later(yard, CLOTHES, 45)
    assert (await advance_of(yard, CLOTHES)).state is AdvanceState.UNDER_WAY


async def test_goods_are_looked_at_before_the_money_has_gone(yard: Yard) -> None:
    of = await shirts(yard)
    await yard.on_its_way(of)
    await yard.arrives(of)
    await yard.looked_at(of, **WORN)
    assert (await advance_of(yard, CLOTHES)).state is AdvanceState.PAID
    await yard.refund()
    await days_later(yard, CLOTHES, 8)
    assert (await advance_of(yard, CLOTHES)).state is AdvanceState.RECHARGE_DUE
    await yard.in_order()


@pytest.mark.parametrize(("taken", "given"), [(True, SHIRT), (False, 0)])
async def test_what_comes_while_its_price_is_charged_counts_once_that_is_over(
    yard: Yard, taken: bool, given: int
) -> None:
    of = await yard.send_back(CLOTHES, lines={"2": 1}, reason="defective", wish="replacement")
    await agreed_to_pay(yard)
    await yard.arrives(of)
    await yard.looked_at(of)
    await charged(yard, taken=taken)
    ended = AdvanceState.CHARGED if taken else AdvanceState.RECOVERED
    assert (await advance_of(yard, CLOTHES)).state is ended
    assert await paid(yard, CLOTHES) == given
    assert (await yard.back(of.id)).state is ReturnState.SETTLED
    await yard.in_order()


async def test_one_good_unit_does_not_redeem_what_is_missing(yard: Yard) -> None:
    of = await shirts(yard)
    await yard.on_its_way(of)
    await yard.refund()
    here, missing = await yard.units(of.id)
    await yard.arrives(of, units={here.id: "received", missing.id: "short"})
    await yard.looked_at(of)
    advance = await advance_of(yard, CLOTHES)
    assert (advance.state, advance.amount_minor, advance.owed_minor) == (AdvanceState.RECHARGE_DUE, 2 * SHIRT, SHIRT)
    await yard.db.run(SYSTEM, lambda tx: advances.agree(tx, advance.id, UUID(int=7)))
    await charged(yard, taken=True)
    assert (await yard.held(CLOTHES))["2"].refunded == 1
    await yard.in_order()


async def test_of_what_is_given_less_for_the_rest_is_owed(yard: Yard) -> None:
    of = await shirts(yard)
    await yard.on_its_way(of)
    await yard.refund()
    await yard.arrives(of)
    first, second = await yard.units(of.id)
    await yard.do("return.inspect", return_id=of.id, unit_id=first.id, disposition="restock")
    assert (await advance_of(yard, CLOTHES)).owed_minor == SHIRT
    await yard.do("return.inspect", return_id=of.id, unit_id=second.id, acceptance="manual", disposition="resell")
    leader = await yard.worker(Role.LEADER)
    await yard.acts(leader, "return.review", return_id=of.id, answer="reduced", percent="60", note="角にきず")
    advance = await advance_of(yard, CLOTHES)
    assert (advance.state, advance.owed_minor) == (AdvanceState.RECHARGE_DUE, 1196)
    await yard.in_order()


async def test_what_is_paid_when_it_arrives_is_called_back_when_it_was_worn(yard: Yard) -> None:
    of = await shirts(yard)
    await yard.arrives(of)
    assert await paid(yard, CLOTHES) == 2 * SHIRT
    assert (await advance_of(yard, CLOTHES)).state is AdvanceState.UNDER_WAY
    await yard.refund()
    await yard.looked_at(of, **WORN)
    advance = await advance_of(yard, CLOTHES)
    assert (advance.state, advance.owed_minor) == (AdvanceState.RECHARGE_DUE, 2 * SHIRT)
    await yard.in_order()


async def test_what_was_given_for_good_stays_given_and_the_goods_stay_here(yard: Yard) -> None:
    """Gift balance cannot be charged again: who was paid when the parcel came does not get the goods as well."""
    told = {"lines": {"1": 1}, "reason": "no_longer_needed", "condition": "unopened", "refund_to": "gift_balance"}
    of = await yard.send_back(VACUUM, **told)
    agreed = (await yard.newest(VACUUM)).outcome
    assert agreed
    assert agreed.slip
    assert "returns.fact.early" not in [fact.label.key for fact in agreed.slip.facts]  # nothing is asked back
    await yard.arrives(of)
    for decided in (WORN, {"disposition": "discard", "acceptance": "rejected", "why": "used"}):
        with pytest.raises(Refused, match="return_given_for_good"):
            await yard.looked_at(of, **decided)
    await yard.looked_at(of, disposition="discard", found={"grade": "worn"})
    (unit,) = await yard.units(of.id)
    assert (unit.acceptance, unit.paid) == (Acceptance.ACCEPTED, 32800)
    await yard.in_order()


async def goes_back(yard: Yard, of: Return) -> None:
    """The parcel is on its way for a day, and after three the carrier has brought it back; one step is told late."""
    now, day = clock.now(), timedelta(days=1)
    await yard.on_its_way(of, at=now)
    for state, at in ((TrackingState.RETURNED_TO_SENDER, now + 3 * day), (TrackingState.OUT_FOR_DELIVERY, now + day)):
        await yard.db.run(SYSTEM, lambda tx, state=state, at=at: parcels.tracked(tx, CARRIER, PARCEL, state, at))


async def test_what_went_back_to_the_sender_is_not_lost(yard: Yard) -> None:
    told = {"lines": {"1": 1}, "reason": "no_longer_needed", "condition": "unopened", "refund_to": "bank"}
    of = await yard.send_back(VACUUM, **told)
    await goes_back(yard, of)
    assert (await yard.back(of.id)).state is ReturnState.APPROVED
    await yard.time_passes(timedelta(days=25))
    assert (await yard.back(of.id)).state is ReturnState.APPROVED
    assert await paid(yard, VACUUM) == 0
    await yard.in_order()


async def test_what_was_paid_at_the_scan_and_went_back_is_expected_again(yard: Yard) -> None:
    of = await shirts(yard)
    await goes_back(yard, of)
    await yard.refund()
    advance = await advance_of(yard, CLOTHES)
    assert (advance.state, advance.coming_back) == (AdvanceState.PAID, True)
    await yard.time_passes(timedelta(days=50))
    await days_later(yard, CLOTHES, 50)
    assert (await yard.back(of.id)).state is ReturnState.EXPIRED
    assert (await advance_of(yard, CLOTHES)).state is AdvanceState.RECHARGE_DUE
    await yard.in_order()
