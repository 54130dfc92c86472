"""Something comes back: opened, sent, received, looked at and paid, with everything that can go another way."""

from datetime import timedelta

import pytest
from msgspec.structs import replace

from madoguchi.core.access.rules import SYSTEM, Role
from madoguchi.core.actions.rules import Said, said
from madoguchi.core.carriers.consignments.queries import access_consignment
from madoguchi.core.ledger.advances.queries import advances_of_order
from madoguchi.core.ledger.advances.rules import Advance, AdvanceState
from madoguchi.core.policy.pack import RulePack
from madoguchi.core.policy.queries import rules_of
from madoguchi.core.shop.port import TrackingState
from madoguchi.kit import clock
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.money import Money
from madoguchi.service.returns import clocks, verbs
from madoguchi.service.returns import jobs as returns_jobs
from madoguchi.service.returns.parcels import verbs as parcels
from madoguchi.service.returns.rules import Acceptance, Reception, ReturnState
from tests.service.returns.conftest import CARRIER, Yard

CLOTHES = "MD-10233915"  # a sweater and two T-shirts, by card
COFFEE = "MD-10233790"  # two bags at 1,890 yen and 550 yen for sending
BOWLS = "MD-10233871"  # two at 2,420 yen and 550 yen for sending
VACUUM = "MD-10233650"  # 32,800 yen, paid at the door
DRINKS = "MD-10233702"  # ten cases of water, five tins of tea


def yen(amount: int) -> Money:
    return Money(amount, "JPY")


async def paid(yard: Yard, ref: str) -> int:
    """What is owed or given back for an order, in yen."""
    return sum(intent.amount.amount for intent in await yard.intents(ref))


async def advances(yard: Yard, ref: str) -> list[Advance]:
    _, order_id = await yard.actor(ref)
    return list(await yard.db.run(SYSTEM, lambda tx: advances_of_order(tx, SYSTEM, order_id)))


async def state(yard: Yard, of: object) -> ReturnState:
    return (await yard.back(of.id)).state  # type: ignore[attr-defined]


async def test_clothes_that_do_not_fit_come_back_free_and_are_paid_whole(yard: Yard) -> None:
    of = await yard.send_back(CLOTHES, lines={"1": 1}, reason="size", condition="untagged")
    assert of.state is ReturnState.APPROVED
    assert (await yard.held(CLOTHES))["1"].return_open == 1
    await yard.on_its_way(of)
    assert await state(yard, of) is ReturnState.IN_TRANSIT
    assert await paid(yard, CLOTHES) == 0
    await yard.arrives(of)
    assert await state(yard, of) is ReturnState.RECEIVED
    await yard.looked_at(of)
    assert await state(yard, of) is ReturnState.SETTLED
    assert await paid(yard, CLOTHES) == 9900
    held = (await yard.held(CLOTHES))["1"]
    assert (held.return_open, held.returned, held.refunded, held.free) == (0, 1, 1, 0)
    await yard.in_order()


async def test_what_was_opened_is_worth_half_and_gift_balance_comes_when_it_arrives(yard: Yard) -> None:
    told = {"lines": {"1": 1}, "reason": "no_longer_needed", "condition": "opened", "refund_to": "gift_balance"}
    of = await yard.send_back(VACUUM, **told)
    assert (of.refund_on, of.method) == ("received", "own")
    await yard.arrives(of)
    (intent,) = await yard.intents(VACUUM)
    assert (intent.amount, intent.destination) == (yen(16400), "gift_balance")
    await yard.looked_at(of)
    assert await state(yard, of) is ReturnState.SETTLED
    assert await paid(yard, VACUUM) == 16400
    await yard.in_order()


async def test_the_postage_is_taken_off_once(yard: Yard) -> None:
    told = {"lines": {"1": 2}, "reason": "mistake", "condition": "unopened", "method": "pickup"}
    of = await yard.send_back(COFFEE, **told)
    first, second = await yard.units(of.id)
    await yard.arrives(of, units={first.id: "received"})
    await yard.looked_at(of)
    assert await paid(yard, COFFEE) == 1890 - 880
    await yard.arrives(of, units={second.id: "received"})
    await yard.looked_at(of)
    assert await paid(yard, COFFEE) == 3780 - 880
    await yard.in_order()


async def test_with_everything_that_was_wrong_also_what_sending_it_cost_is_given_back(yard: Yard) -> None:
    of = await yard.send_back(BOWLS, lines={"1": 2}, reason="defective")
    await yard.arrives(of)
    await yard.looked_at(of, disposition="discard", found={"grade": "broken", "works": False})
    assert await paid(yard, BOWLS) == 4840 + 550
    await yard.in_order()


async def test_what_is_worth_little_need_not_come_back(yard: Yard) -> None:
    of = await yard.send_back(DRINKS, lines={"1": 1}, reason="damaged")
    assert of.state is ReturnState.KEPT
    assert await paid(yard, DRINKS) == 1180
    held = (await yard.held(DRINKS))["1"]
    assert (held.kept, held.refunded, held.return_open) == (1, 1, 0)
    await yard.in_order()


async def test_a_replacement_goes_out_and_no_money(yard: Yard) -> None:
    before = await yard.orders(BOWLS)
    of = await yard.send_back(BOWLS, lines={"1": 1}, reason="damaged", wish="replacement")
    await yard.arrives(of)
    await yard.looked_at(of, disposition="discard")
    assert await state(yard, of) is ReturnState.SETTLED
    assert len(await yard.orders(BOWLS)) == len(before) + 1
    assert await paid(yard, BOWLS) == 0
    held = (await yard.held(BOWLS))["1"]
    assert (held.returned, held.refunded) == (1, 0)
    await yard.in_order()


async def test_a_replacement_in_advance_is_charged_when_nothing_comes_back(yard: Yard) -> None:
    """Sent at once to a customer we know; if the broken one never comes, its price is due."""
    of = await yard.send_back(CLOTHES, lines={"2": 1}, reason="defective", wish="replacement")
    assert of.refund_on == "now"
    (advance,) = await advances(yard, CLOTHES)
    assert (advance.goods, advance.amount, advance.coming_back) == (True, yen(2990), True)
    (unit,) = await yard.units(of.id)
    assert (unit.replaced, unit.paid) == (True, 0)
    await yard.arrives(of)
    await yard.looked_at(of)
    (advance,) = await advances(yard, CLOTHES)
    assert advance.state is AdvanceState.RECOVERED
    await yard.in_order()


async def test_a_customer_we_know_is_paid_when_the_carrier_has_it(yard: Yard) -> None:
    of = await yard.send_back(CLOTHES, lines={"2": 2}, reason="dislike", condition="unopened")
    assert of.refund_on == "first_scan"
    await yard.on_its_way(of)
    assert await paid(yard, CLOTHES) == 5980
    (advance,) = await advances(yard, CLOTHES)
    assert advance.state is AdvanceState.UNDER_WAY
    await yard.arrives(of)
    await yard.looked_at(of)
    assert await paid(yard, CLOTHES) == 5980
    (advance,) = await advances(yard, CLOTHES)
    assert advance.state is AdvanceState.RECOVERED
    await yard.in_order()


async def test_paid_early_and_lost_by_the_carrier_stays_paid(yard: Yard) -> None:
    of = await yard.send_back(CLOTHES, lines={"2": 2}, reason="defective")
    await yard.on_its_way(of)
    assert await paid(yard, CLOTHES) == 5980
    await yard.time_passes(timedelta(days=22))
    assert await state(yard, of) is ReturnState.LOST
    (advance,) = await advances(yard, CLOTHES)
    assert advance.state is AdvanceState.FINAL
    assert await paid(yard, CLOTHES) == 5980
    await yard.in_order()


async def test_what_the_carrier_loses_is_paid(yard: Yard) -> None:
    told = {"lines": {"1": 1}, "reason": "no_longer_needed", "condition": "unopened", "refund_to": "bank"}
    of = await yard.send_back(VACUUM, **told)
    await yard.on_its_way(of)
    await yard.time_passes(timedelta(days=20))
    assert await paid(yard, VACUUM) == 0
    await yard.time_passes(timedelta(days=22))
    assert await state(yard, of) is ReturnState.LOST
    assert await paid(yard, VACUUM) == 32800
    held = (await yard.held(VACUUM))["1"]
    assert (held.kept, held.refunded) == (1, 1)
    await yard.in_order()


async def test_what_was_not_sent_in_time_is_the_customers_again(yard: Yard) -> None:
    of = await yard.send_back(BOWLS, lines={"1": 1}, reason="not_as_described")
    await yard.time_passes(timedelta(days=24))
    assert (await yard.back(of.id)).reminded_at is not None
    await yard.time_passes(timedelta(days=34))
    assert await state(yard, of) is ReturnState.APPROVED, "a parcel may still come"
    await yard.time_passes(timedelta(days=36))
    assert await state(yard, of) is ReturnState.EXPIRED
    assert (await yard.held(BOWLS))["1"].free == 2
    assert await paid(yard, BOWLS) == 0
    await yard.in_order()


async def test_it_can_be_called_off_until_it_is_on_its_way(yard: Yard) -> None:
    actor, _ = await yard.actor(BOWLS)
    of = await yard.send_back(BOWLS, lines={"1": 1}, reason="not_as_described")
    await yard.agree(BOWLS, await yard.asks(actor, "return.cancel", return_id=str(of.id)))
    assert await state(yard, of) is ReturnState.CANCELLED
    assert (await yard.held(BOWLS))["1"].free == 2
    parcel = await yard.db.run(actor, lambda tx: access_consignment(tx, actor, of.id))
    assert parcel
    assert parcel.withdrawn_at, "the carrier hears of it"
    again = await yard.send_back(BOWLS, lines={"1": 1}, reason="not_as_described")
    await yard.on_its_way(again)
    with pytest.raises(Exception, match="return_on_its_way"):
        await yard.asks(actor, "return.cancel", return_id=str(again.id))
    await yard.in_order()


async def test_less_is_given_for_what_is_incomplete_and_it_says_why(yard: Yard) -> None:
    of = await yard.send_back(DRINKS, lines={"2": 2}, reason="mistake", condition="unopened")
    await yard.arrives(of)
    first, second = await yard.units(of.id)
    inspected = {"return_id": of.id, "disposition": "resell", "found": {"complete": False, "grade": "good"}}
    await yard.do("return.inspect", unit_id=first.id, acceptance="reduced", percent=60, why="incomplete", **inspected)
    await yard.do("return.inspect", return_id=of.id, unit_id=second.id, disposition="restock")
    assert await paid(yard, DRINKS) == 1296 + 2160
    request = await yard.newest(DRINKS)
    assert request.action == "return.settle"
    assert request.outcome
    assert request.outcome.slip
    why, less = [fact.words for fact in request.outcome.slip.facts[1:]]
    assert why == Said("returns.why.incomplete")
    assert less == said("returns.less", amount=Money(2160 - 1296, "JPY"))
    await yard.in_order()


async def test_what_was_used_goes_back_and_is_not_paid(yard: Yard) -> None:
    of = await yard.send_back(DRINKS, lines={"2": 1}, reason="mistake", condition="unopened")
    await yard.arrives(of)
    await yard.looked_at(of, disposition="back_to_customer", found={"grade": "worn", "opened": True})
    (unit,) = await yard.units(of.id)
    assert (unit.acceptance, unit.why) == (Acceptance.REJECTED, "used")
    assert await state(yard, of) is ReturnState.SETTLED
    assert await paid(yard, DRINKS) == 0
    assert (await yard.held(DRINKS))["2"].free == 5
    actor, order_id = await yard.actor(DRINKS)
    with pytest.raises(Exception, match="return_sent_again"):
        await yard.quote(actor, order_id, "order.return", lines={"2": 1}, reason="mistake", condition="unopened")
    await yard.in_order()


async def test_short_and_wrong_items_are_not_paid_and_the_rest_is(yard: Yard) -> None:
    of = await yard.send_back(DRINKS, lines={"1": 3}, reason="mistake", condition="unopened")
    here, missing, other = await yard.units(of.id)
    await yard.arrives(of, units={here.id: "received", missing.id: "short", other.id: "wrong_item"})
    await yard.looked_at(of)
    assert [unit.reception for unit in await yard.units(of.id)].count(Reception.RECEIVED) == 1
    assert await paid(yard, DRINKS) == 1180
    held = (await yard.held(DRINKS))["1"]
    assert (held.returned, held.return_open, held.free) == (1, 0, 9)
    assert await state(yard, of) is ReturnState.SETTLED
    await yard.in_order()


async def test_less_than_the_rules_leave_to_the_warehouse_waits_for_a_leader(yard: Yard) -> None:
    of = await yard.send_back(DRINKS, lines={"2": 1}, reason="mistake", condition="unopened")
    await yard.arrives(of)
    await yard.looked_at(of, acceptance="reduced", percent=10, why="damaged")
    assert await state(yard, of) is ReturnState.RECEIVED
    leader = await yard.worker("leader")  # type: ignore[arg-type]
    await yard.acts(leader, "return.review", return_id=of.id, answer="reduced", percent="70", note="動作は正常")
    assert await paid(yard, DRINKS) == 1512
    await yard.in_order()


async def test_an_appeal_is_granted_and_the_rest_is_paid(yard: Yard) -> None:
    of = await yard.send_back(DRINKS, lines={"2": 2}, reason="mistake", condition="unopened")
    await yard.arrives(of)
    first, second = await yard.units(of.id)
    await yard.do(
        "return.inspect",
        return_id=of.id,
        unit_id=first.id,
        disposition="resell",
        found={"complete": False},
        acceptance="reduced",
        percent=50,
        why="incomplete",
    )
    worn = {"found": {"grade": "worn"}, "disposition": "back_to_customer"}
    await yard.do("return.inspect", return_id=of.id, unit_id=second.id, **worn)
    assert await paid(yard, DRINKS) == 1080
    actor, _ = await yard.actor(DRINKS)
    await yard.acts(actor, "return.appeal", return_id=of.id, note="箱から出していません")
    with pytest.raises(Exception, match="return_appealed"):
        await yard.acts(actor, "return.appeal", return_id=of.id, note="もう一度")
    leader = await yard.worker("leader")  # type: ignore[arg-type]
    await yard.acts(leader, "return.review", return_id=of.id, answer="accepted", note="写真を確認")
    assert await paid(yard, DRINKS) == 4320
    held = (await yard.held(DRINKS))["2"]
    assert (held.returned, held.kept, held.return_open) == (2, 0, 0), "what was to go back stays here"
    await yard.in_order()


async def test_no_carrier_comes_for_what_is_here_already(yard: Yard) -> None:
    told = {"lines": {"1": 2}, "reason": "mistake", "condition": "unopened", "method": "pickup"}
    of = await yard.send_back(COFFEE, **told)
    await yard.arrives(of)
    carried = await yard.db.run(SYSTEM, lambda tx: access_consignment(tx, SYSTEM, of.id))
    assert carried
    assert carried.withdrawn_at


async def test_carriers_may_tell_in_any_order_and_twice(yard: Yard) -> None:
    of = await yard.send_back(DRINKS, lines={"2": 1}, reason="mistake", condition="unopened")
    await yard.db.run(SYSTEM, lambda tx: parcels.announced(tx, of.id, CARRIER, "440000000015"))
    now = clock.now()
    news = [
        (TrackingState.DELIVERED, now + timedelta(days=2)),
        (TrackingState.IN_TRANSIT, now + timedelta(days=1)),
        (TrackingState.RETURNED_TO_SENDER, now),
        (TrackingState.DELIVERED, now + timedelta(days=2)),
        (TrackingState.INFO_RECEIVED, now),
    ]
    for one, at in news:
        assert await yard.db.run(
            SYSTEM, lambda tx, one=one, at=at: parcels.tracked(tx, CARRIER, "440000000015", one, at)
        )
    assert await state(yard, of) is ReturnState.IN_TRANSIT
    assert not await yard.db.run(SYSTEM, lambda tx: parcels.tracked(tx, CARRIER, "99", TrackingState.DELIVERED, now))
    await yard.in_order()


async def test_a_lost_parcel_that_turns_up_empty_stays_lost(yard: Yard) -> None:
    of = await yard.send_back(CLOTHES, lines={"2": 2}, reason="size", condition="untagged")
    await yard.on_its_way(of)
    await yard.time_passes(timedelta(days=22))
    assert await state(yard, of) is ReturnState.LOST
    lost = await paid(yard, CLOTHES)
    there, missing = await yard.units(of.id)
    await yard.arrives(of, units={there.id: "received", missing.id: "short"})
    assert sorted(unit.reception for unit in await yard.units(of.id)) == [Reception.LOST, Reception.RECEIVED]
    assert await paid(yard, CLOTHES) == lost == 5980
    await yard.in_order()


async def test_what_is_as_new_stands_in_the_shelf_again_and_the_rest_does_not(yard: Yard) -> None:
    of = await yard.send_back(DRINKS, lines={"2": 3}, reason="mistake", condition="unopened")
    await yard.arrives(of)
    first, second, third = await yard.units(of.id)
    for unit, disposition in ((first, "restock"), (second, "restock"), (third, "discard")):
        await yard.do("return.inspect", return_id=of.id, unit_id=unit.id, disposition=disposition)
    order = await yard.store.get_order(DRINKS)
    assert order
    assert {line.ref: line.restocked for line in order.lines} == {"1": 0, "2": 2}
    assert await paid(yard, DRINKS) == 6480
    await yard.in_order()


async def test_what_was_replaced_in_advance_and_is_rejected_by_a_leader_is_called_back(yard: Yard) -> None:
    of = await yard.send_back(CLOTHES, lines={"2": 1}, reason="defective", wish="replacement")
    await yard.arrives(of)
    await yard.looked_at(of, acceptance="manual", disposition="back_to_customer")
    leader = await yard.worker(Role.LEADER)
    await yard.acts(leader, "return.review", return_id=of.id, answer="rejected", note="使用の跡があります。")
    (unit,) = await yard.units(of.id)
    assert (unit.acceptance, unit.booked, unit.paid) == (Acceptance.REJECTED, "returned", 0)
    (advance,) = await advances(yard, CLOTHES)
    assert advance.state is AdvanceState.RECHARGE_DUE
    await yard.in_order()


async def test_a_store_that_sees_to_returns_by_itself_is_left_alone_with_them(
    yard: Yard, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def by_itself(tx: Tx, store_id: str) -> RulePack:
        pack = await rules_of(tx, store_id)
        return replace(pack, returns=replace(pack.returns, named_method=True))

    monkeypatch.setattr(clocks, "rules_of", by_itself)
    of = await yard.send_back(CLOTHES, lines={"1": 1}, reason="size", condition="untagged")
    assert of.look_at is None
    await yard.time_passes(timedelta(days=40))
    assert await state(yard, of) is ReturnState.APPROVED
    await yard.in_order()


@pytest.mark.parametrize(
    ("code", "left"), [("return_nothing_due", None), ("change_open", ""), ("cancel_shipped", "cancel_shipped")]
)
async def test_what_cannot_be_settled_is_no_secret(
    yard: Yard, monkeypatch: pytest.MonkeyPatch, code: str, left: str | None
) -> None:
    """Nothing is due: that is all. Something is under way: later. Anything else somebody is to find out."""

    async def refuse(*_: object, **__: object) -> None:
        raise Refused(code, 409)

    of = await yard.send_back(BOWLS, lines={"1": 1}, reason="mistake", condition="unopened", method="own")
    monkeypatch.setattr(returns_jobs, "carry_out", refuse)
    await yard.arrives(of)
    await yard.looked_at(of)
    await yard.work()
    job = "select coalesce(last_error, '') from jobs where key = %s"
    found = await yard.db.run(SYSTEM, lambda tx: tx.value(job, [f"{verbs.SETTLE}:{of.id}"]))
    assert found is None if left is None else (left in found if left else found == "")
