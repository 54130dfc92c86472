"""Making an order a present: what it costs, what is printed, and what it means for later wishes."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.actions import verbs as actions
from madoguchi.core.actions.rules import OrderCard
from madoguchi.core.ledger import verbs as ledger
from madoguchi.core.requests.queries import Request, RequestState
from madoguchi.core.shop import mirror
from madoguchi.core.shop.port import GiftOptions
from madoguchi.kit import clock
from madoguchi.kit.errors import Refused
from madoguchi.kit.faults import Faults
from madoguchi.kit.money import Money
from tests.service.orders.changing import done, form, offered, order_of, quote
from tests.service.orders.shop import CATALOGUE, Shop

ACTION = "order.add_gift_options"
CARD, COD, UNPAID = "MD-10234606", "MD-10234611", "MD-10234571"
PREPARING, PREPARING_TOO_LATE, PARTLY, SHIPPED = "MD-10234520", "MD-10234511", "MD-10234480", "MD-10234371"
DIGITAL, CORPORATE, CANCELLED = "MD-10234421", "MD-10234587", "MD-10234102"
FEE = Money(330, "JPY")
PRESENT = {"wrapping": "wrapped", "noshi": "return_gift", "noshi_name": "王", "message": "心ばかりですが"}


async def wrapped(demo: Shop, ref: str, **more: Any) -> Request:
    return await done(demo, ref, ACTION, **{"wrapping": "wrapped", "method_ref": "card"} | more)


async def test_it_is_wrapped_with_all_that_was_wished(demo: Shop) -> None:
    before = await order_of(demo, CARD)
    slip = (await quote(demo, CARD, ACTION, **PRESENT)).draft.slip
    assert (slip.charged, slip.total) == (FEE, Money(0, "JPY"))
    assert [str(fact.words) for fact in slip.facts if isinstance(fact.words, str)] == ["内祝", "王", "心ばかりですが"]
    assert (await wrapped(demo, CARD, **PRESENT)).state is RequestState.DONE
    after = await order_of(demo, CARD)
    assert after.gift == GiftOptions(wrapping=True, noshi="内祝", noshi_name="王", message="心ばかりですが")
    assert (after.gift_fee, after.total, after.tenders[-1].captured) == (FEE, before.total + FEE, FEE)
    await demo.healthy()


async def test_the_order_shows_what_was_wished(demo: Shop) -> None:
    await wrapped(demo, CARD, **PRESENT)
    actor, order_id = await demo.actor(CARD)
    card = await demo.db.run(actor, lambda tx: actions.run(tx, CATALOGUE, actor, "order.show", {"order_id": order_id}))
    assert isinstance(card, OrderCard)
    told = {fact.label.key.rpartition(".")[2]: fact.words for fact in card.facts}
    assert told.keys() == {"wrapping", "prices", "noshi", "noshi_place", "noshi_name", "message"}
    assert (told["noshi"], told["noshi_name"]) == ("内祝", "王")


async def test_one_click_is_wrapping_without_prices(demo: Shop) -> None:
    await done(demo, CARD, ACTION)
    assert (await order_of(demo, CARD)).gift == GiftOptions(wrapping=True, hide_prices=True)


async def test_a_card_alone_costs_nothing(demo: Shop) -> None:
    slip = (await quote(demo, CARD, ACTION, wrapping="plain", message="ありがとう")).draft.slip
    assert (slip.charges, slip.money) == ((), ())
    assert (await done(demo, CARD, ACTION, wrapping="plain", message="ありがとう")).state is RequestState.DONE
    assert (await order_of(demo, CARD)).gift_fee is None
    await demo.healthy()


@pytest.mark.parametrize(("ref", "kind"), [(COD, "cod"), (UNPAID, "konbini")])
async def test_what_is_still_to_be_paid_becomes_more(demo: Shop, ref: str, kind: str) -> None:
    before = await order_of(demo, ref)
    methods = (await form(demo, ref, ACTION))["method_ref"]
    assert (methods.options[0].value, methods.default) == (kind, kind)
    slip = (await quote(demo, ref, ACTION)).draft.slip
    assert (slip.charges, slip.facts[-1].label.key) == ((), "orders.to_pay")
    await done(demo, ref, ACTION)
    after = await order_of(demo, ref)
    assert [t.amount for t in after.tenders] == [before.tenders[0].amount + FEE]
    await demo.healthy()


async def test_what_is_not_wrapped_any_more_gives_the_fee_back(demo: Shop) -> None:
    await wrapped(demo, CARD)
    await mirror.follow(demo.db, demo.store)
    slip = (await quote(demo, CARD, ACTION, wrapping="plain", prices="hidden", message="ありがとう")).draft.slip
    assert slip.total == FEE
    await done(demo, CARD, ACTION, wrapping="plain", message="ありがとう")
    after = await order_of(demo, CARD)
    assert (after.gift_fee, sum(t.refunded.amount for t in after.tenders)) == (None, FEE.amount)
    await demo.healthy()


async def test_a_present_goes_through_a_person_from_then_on(demo: Shop) -> None:
    slip = (await quote(demo, CARD, ACTION)).draft.slip
    assert [said.key for said in slip.irreversible] == ["orders.gift.irreversible"]
    await wrapped(demo, CARD)
    told = await offered(demo, CARD)
    refusal = told["order.cancel"]
    assert refusal
    assert refusal.code == "cancel_asks_person"
    assert told[ACTION] is None


async def test_the_warehouse_is_asked(demo: Shop, now: datetime) -> None:
    asked = {ref: await wrapped(demo, ref) for ref in (PREPARING, PREPARING_TOO_LATE)}
    assert {request.state for request in asked.values()} == {RequestState.ASKED}
    with clock.frozen(now + timedelta(minutes=1)):
        await demo.store.tick(clock.now())
        await demo.work()
        await demo.healthy()
    late = await demo.settled(asked[PREPARING_TOO_LATE])
    assert (late.state, late.outcome and late.outcome.code) == (RequestState.FAILED, "store_too_late")
    assert (await demo.settled(asked[PREPARING])).state is RequestState.DONE
    in_time, too_late = await order_of(demo, PREPARING), await order_of(demo, PREPARING_TOO_LATE)
    assert (in_time.gift_fee, in_time.tenders[-1].captured) == (FEE, FEE)
    assert (too_late.gift, too_late.state) == (None, "shipped")


@pytest.mark.parametrize(
    ("ref", "more", "why"),
    [
        (PARTLY, {}, "gift_options_too_late"),
        (SHIPPED, {}, "gift_options_too_late"),
        (DIGITAL, {}, "gift_options_too_late"),
        (CORPORATE, {"method_ref": "card"}, "change_asks_person"),
        (CANCELLED, {}, "order_cancelled"),
        (CARD, {"wrapping": "plain", "prices": "shown"}, "gift_nothing"),
        (CARD, {"noshi_name": "王"}, "noshi_missing"),
        (CARD, {"noshi": "御祝"}, "field_unknown"),
        (CARD, {"message": "あ" * 101}, "field_too_long"),
        (CARD, {"method_ref": "nobodys"}, "field_unknown"),
        (CARD, {"method_ref": "points"}, "balance_too_low"),
    ],
)
async def test_what_cannot_be_changes_nothing(demo: Shop, ref: str, more: dict[str, str], why: str) -> None:
    before = await order_of(demo, ref)
    with pytest.raises(Refused) as refused:
        await quote(demo, ref, ACTION, **more)
    assert refused.value.code == why
    await demo.work()
    assert await order_of(demo, ref) == before


async def test_the_same_again_is_no_change(demo: Shop) -> None:
    await wrapped(demo, CARD)
    await mirror.follow(demo.db, demo.store)
    with pytest.raises(Refused) as refused:
        await quote(demo, CARD, ACTION)
    assert refused.value.code == "gift_same"


@pytest.mark.parametrize("faults", [Faults(lost=1.0), Faults(timed_out=1.0), Faults(twice=1.0)], ids=str)
async def test_the_fee_is_taken_once_whatever_happens(demo: Shop, now: datetime, faults: Faults) -> None:
    actor, order_id = await demo.actor(CARD)
    before = await order_of(demo, CARD)
    request = await demo.confirm(actor, await demo.quote(actor, order_id, ACTION))
    await demo.work(faults)
    with clock.frozen(now + timedelta(minutes=2)):
        await demo.work()
        assert (await demo.settled(request)).state is RequestState.DONE
        await demo.healthy()
    held = await demo.db.run(SYSTEM, lambda tx: ledger.tenders(tx, order_id))
    assert sum(one.captured for one in held.values()) == (before.total + FEE).amount
