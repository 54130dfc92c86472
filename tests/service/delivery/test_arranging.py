"""Another time, another way, another address: what is offered, what the carrier answers, and that it happens once."""

import asyncio
from datetime import datetime, timedelta

import psycopg
import pytest

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.carriers import queries as carriers
from madoguchi.core.carriers.port import Band, Tracked
from madoguchi.core.carriers.rules import promised_until
from madoguchi.core.carriers.verbs import IN_A_WHILE
from madoguchi.core.requests.queries import RequestState
from madoguchi.core.shop.port import TrackingState
from madoguchi.core.shop.queries import order_id_of
from madoguchi.edge.carriers.simulated.rules import DECIDES_WITHIN, Temper
from madoguchi.kit import clock
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.faults import Faults
from tests.service.delivery.road import Road
from tests.service.orders.test_changes import NEW_ADDRESS

MISSED, COD, COMING = "MD-10234391", "MD-10234333", "MD-10234360"  # all with つばさ急便
WITH_KOTORI = "MD-10234371"  # which sends nothing on
STUCK, DELIVERED, UNSHIPPED = "MD-10234553", "MD-10233915", "MD-10234602"
ALL = {"delivery.options", "delivery.redeliver", "delivery.instruct", "delivery.redirect"}
KENTAS_NEW = NEW_ADDRESS | {"name": "高橋 健太"}


def codes(told: dict[str, object]) -> dict[str, str | None]:
    return {action: getattr(refusal, "code", None) for action, refusal in told.items()}


# -- what is offered


@pytest.mark.parametrize("ref", [MISSED, COMING])
async def test_a_parcel_on_its_way_can_be_arranged(road: Road, ref: str) -> None:
    assert codes(dict(await road.offered(ref))) == dict.fromkeys(ALL)


async def test_everything_that_can_be_arranged_is_told_at_once(road: Road) -> None:
    lines, ways = await road.options(COMING)
    assert ways == ("delivery.redeliver", "delivery.instruct", "delivery.redirect")
    assert any(line.startswith("3月") and "午前中" in line for line in lines)
    assert any("玄関前" in line and "駅前コンビニ" in line for line in lines)
    assert any("転送" in line for line in lines)
    _, ways = await road.options(WITH_KOTORI)
    assert ways == ("delivery.redeliver", "delivery.instruct")
    for none, code in ((DELIVERED, "parcel_delivered"), (STUCK, "delivery_held_up")):
        with pytest.raises(Refused, match=code):
            await road.options(none)


async def test_what_does_not_concern_a_parcel_is_not_offered(road: Road) -> None:
    assert await road.offered(DELIVERED) == {}


async def test_what_a_carrier_cannot_is_a_task_for_a_person(road: Road) -> None:
    told = await road.offered(WITH_KOTORI)
    assert codes(dict(told)) == dict.fromkeys(ALL) | {"delivery.redirect": "carrier_cannot"}
    refusal = told["delivery.redirect"]
    assert refusal
    assert refusal.alternatives == ("service.human",)


async def test_what_is_held_up_is_refused_with_a_way_out(road: Road) -> None:
    told = await road.offered(STUCK)
    assert codes(dict(told)) == dict.fromkeys(ALL, "delivery_held_up")
    assert all(refusal and refusal.alternatives == ("delivery.late", "service.human") for refusal in told.values())


async def test_what_is_on_the_van_is_refused(road: Road, now: datetime) -> None:
    order = await road.shop.store.handed_over("つばさ急便", await _number(road, COMING))
    assert order
    out = next(e.at for e in order.shipments[0].events if e.state is TrackingState.OUT_FOR_DELIVERY)
    with clock.frozen(out + timedelta(minutes=1)):
        assert codes(dict(await road.offered(COMING))) == dict.fromkeys(ALL, "carrier_too_late")
        await road.follow()
        assert codes(dict(await road.offered(COMING))) == dict.fromkeys(ALL, "delivery_on_van")
    assert out > now


async def test_after_the_keeping_period_nothing_is_left(road: Road, now: datetime) -> None:
    with clock.frozen(now + timedelta(days=9)):
        assert codes(dict(await road.offered(MISSED))) == dict.fromkeys(ALL, "carrier_too_late")


async def test_a_carrier_that_nobody_follows_goes_to_a_person(road: Road) -> None:
    async def forget(tx: object) -> None:
        await tx.execute("update carrier_parcels set carrier = 'つばめ便'")  # type: ignore[attr-defined]

    await road.db.run(SYSTEM, forget)
    assert codes(dict(await road.offered(MISSED))) == dict.fromkeys(ALL, "carrier_cannot")


async def test_a_shipped_orders_address_leads_to_the_carrier(road: Road) -> None:
    actor, order_id = await road.shop.actor(COMING)
    with pytest.raises(Refused, match="asks_carrier") as refused:
        await road.shop.quote(actor, order_id, "order.change_address", address=NEW_ADDRESS)
    assert refused.value.parameters["alternatives"][0] == "delivery.redirect"


# -- another time


async def test_a_missed_parcel_comes_again_when_it_suits(road: Road, now: datetime) -> None:
    assert (await road.card(MISSED)).parcels[0].held_until
    form = await road.form(MISSED, "delivery.redeliver")
    day = form["day"].options[1].value
    made = await road.done(MISSED, "delivery.redeliver", day=day, band="18_20")
    assert made.state is RequestState.DONE
    assert made.outcome
    assert made.outcome.slip
    assert [str(fact.label.key) for fact in made.outcome.slip.facts] == ["delivery.fact.slot", "delivery.fact.parcel"]
    parcel = (await road.card(MISSED)).parcels[0]
    assert [fact.label.key for fact in parcel.agreed] == ["delivery.fact.slot"]
    assert not parcel.late
    await road.follow()
    promised = (await road.card(MISSED)).parcels[0].promised_until
    assert promised
    assert promised.astimezone(now.tzinfo).strftime("%Y-%m-%d %H:%M") == f"{day} 20:00"
    with clock.frozen(promised):
        await road.follow()
        arrived = (await road.card(MISSED)).parcels[0]
    assert arrived.delivered_at
    assert arrived.delivered_at.astimezone(now.tzinfo).hour in {18, 19}
    assert (arrived.agreed, arrived.late) == ((), False)


async def test_who_chooses_a_later_day_waits_for_it_and_no_longer(road: Road, now: datetime) -> None:
    day = (now + timedelta(days=5)).date()
    await road.done(MISSED, "delivery.redeliver", day=day.isoformat(), band="any")
    (told,) = (await road.db.run(SYSTEM, _told)).values()
    order = await road.shop.store.get_order(MISSED)
    assert order
    chosen = promised_until(order.shipments[0], told, "Asia/Tokyo")
    assert chosen
    assert chosen.astimezone(now.tzinfo).isoformat() == f"{day}T23:59:59+09:00"
    first = promised_until(order.shipments[0], None, "Asia/Tokyo")
    assert first
    assert first < chosen


async def _told(tx: Tx) -> dict[tuple[str, str], Tracked]:
    order_id = await order_id_of(tx, "demo", MISSED)
    assert order_id
    return await carriers.tracked_on(tx, [order_id])


async def test_only_what_the_carrier_offers(road: Road, now: datetime) -> None:
    form = await road.form(MISSED, "delivery.redeliver")
    today = form["day"].options[0].value
    assert today == now.date().isoformat()
    assert [option.value for option in form["band"].options] == [band.value for band in Band]
    for wrong in (
        {"day": today, "band": "morning"},  # the van has left
        {"day": (now - timedelta(days=1)).date().isoformat(), "band": "18_20"},
        {"day": (now + timedelta(days=30)).date().isoformat(), "band": "18_20"},
        {"day": "soon", "band": "18_20"},
        {"day": today, "band": "20_22"},
    ):
        with pytest.raises(Refused, match="slot_unavailable") as refused:
            await road.quote(MISSED, "delivery.redeliver", **wrong)
        assert refused.value.parameters["field"] in {"day", "band"}
    with pytest.raises(Refused, match="field_missing"):
        await road.quote(MISSED, "delivery.redeliver", day=today)


# -- another way


async def test_it_is_left_at_the_door(road: Road, now: datetime) -> None:
    form = await road.form(COMING, "delivery.instruct")
    values = [option.value for option in form["handing"].options]
    assert {"front_door", "delivery_box", "in_person", "pick_up:locker"} <= set(values)
    assert (await road.done(COMING, "delivery.instruct", handing="front_door")).state is RequestState.DONE
    await road.follow()
    with clock.frozen(now + timedelta(days=3)):
        await road.follow()
        order = await road.shop.store.get_order(COMING)
    assert order
    assert order.shipments[0].left_at == "玄関前"


async def test_what_is_paid_at_the_door_is_not_left(road: Road) -> None:
    form = await road.form(COD, "delivery.instruct")
    assert [option.value for option in form["handing"].options] == ["in_person", "pick_up:depot"]
    with pytest.raises(Refused, match="instruction_unavailable"):
        await road.quote(COD, "delivery.instruct", handing="front_door")


async def test_it_waits_at_a_locker(road: Road, now: datetime) -> None:
    made = await road.done(MISSED, "delivery.instruct", handing="pick_up:locker")
    assert made.state is RequestState.DONE
    await road.follow()
    with clock.frozen(now + timedelta(hours=4)):
        await road.follow()
        parcel = (await road.card(MISSED)).parcels[0]
    assert parcel.state is TrackingState.AVAILABLE_FOR_PICKUP
    assert parcel.held_until


# -- another address


async def test_it_is_sent_on(road: Road) -> None:
    made = await road.done(MISSED, "delivery.redirect", address=KENTAS_NEW)
    assert made.state is RequestState.DONE
    agreed = (await road.card(MISSED)).parcels[0].agreed
    assert [fact.label.key for fact in agreed] == ["delivery.fact.address"]
    assert "神宮前" in str(agreed[0].words)
    with pytest.raises(Refused, match="address_same"):
        await road.quote(MISSED, "delivery.redirect", address=KENTAS_NEW)


async def test_not_to_another_country(road: Road) -> None:
    with pytest.raises(Refused, match="address_country"):
        await road.quote(MISSED, "delivery.redirect", address=KENTAS_NEW | {"country": "KR", "postal_code": "04524"})


# -- who may, and how often


async def test_a_strangers_parcel_is_invisible(road: Road) -> None:
    stranger, _ = await road.shop.actor("MD-10234567")
    with pytest.raises(Refused, match="not_found"):
        await road.quote(MISSED, "delivery.instruct", whose=stranger, handing="front_door")
    assert (await road.card(MISSED)).parcels[0].agreed == ()


async def test_a_program_that_asks_all_the_same_is_told_why(road: Road) -> None:
    for action, more in (
        ("delivery.redeliver", {"day": "2026-03-05", "band": "any"}),
        ("delivery.instruct", {"handing": "front_door"}),
        ("delivery.redirect", {"address": NEW_ADDRESS}),
    ):
        with pytest.raises(Refused, match="delivery_held_up"):
            await road.quote(STUCK, action, **more)


async def test_one_wish_at_a_time(road: Road) -> None:
    actor, _ = await road.shop.actor(MISSED)
    quotes = [await road.quote(MISSED, "delivery.instruct", handing=how) for how in ("front_door", "garage")]
    ends = await asyncio.gather(*(road.shop.confirm(actor, quote) for quote in quotes), return_exceptions=True)
    assert sorted(type(end).__name__ for end in ends) == ["Refused", "Request"]
    with pytest.raises(Refused, match="subject_open"):
        await road.quote(MISSED, "delivery.redeliver", day="2026-03-05", band="18_20")


async def test_a_lost_reply_is_asked_for_again(road: Road, now: datetime) -> None:
    made = await road.confirmed(MISSED, "delivery.instruct", handing="garage")
    await road.work(Faults(lost=1.0))
    assert (await road.shop.settled(made)).settled_at is None
    with clock.frozen(now + timedelta(minutes=2)):
        await road.work()
    assert (await road.shop.settled(made)).state is RequestState.DONE


async def test_a_carrier_may_take_its_time(road: Road, now: datetime) -> None:
    made = await road.confirmed(MISSED, "delivery.instruct", handing="garage")
    await road.work(temper=Temper(pending=1.0))
    assert (await road.shop.settled(made)).state is RequestState.ASKED
    with clock.frozen(now + DECIDES_WITHIN * 2):
        await road.follow()
        await road.work()
    assert (await road.shop.settled(made)).state is RequestState.DONE


async def test_too_late_after_all_is_told_and_changes_nothing(road: Road, now: datetime) -> None:
    made = await road.confirmed(COMING, "delivery.redirect", address=NEW_ADDRESS)
    with clock.frozen(now + timedelta(days=4)):
        await road.work()
        failed = await road.shop.settled(made)
        assert (failed.state, failed.outcome and failed.outcome.code) == (RequestState.FAILED, "carrier_too_late")
        await road.follow()
    assert (await road.card(COMING)).parcels[0].agreed == ()


# -- news


async def test_news_are_told_once_and_in_order_however_they_come(road: Road, now: datetime) -> None:
    road.carriers = road.made(temper=Temper(seed=2, doubled=1.0, shuffled=True, late=timedelta(hours=1)))
    number, road.told = await _number(road, COMING), []
    for hours in range(0, 72, 6):
        with clock.frozen(now + timedelta(hours=hours)):
            await road.follow()
            await road.follow()
    assert [state for told, state in road.told if told == number] == ["in_transit", "out_for_delivery", "delivered"]


async def test_a_silent_carrier_holds_up_nobody(road: Road, now: datetime) -> None:
    road.carriers |= {"ことり運輸": road.made(Faults(timed_out=1.0))["ことり運輸"]}
    road.told = []
    with clock.frozen(now + timedelta(days=3)):
        await road.follow()
    number = await _number(road, COMING)
    assert (number, "delivered") in road.told
    told = await road.db.run(SYSTEM, lambda tx: carriers.parcel(tx, "つばさ急便", number))
    assert told
    assert told.document.tracked.state is TrackingState.DELIVERED


async def test_a_parcel_that_its_carrier_has_not_got_is_asked_about_later(road: Road, now: datetime) -> None:
    with psycopg.connect(road.db.conninfo, autocommit=True) as owner:
        owner.execute("delete from carrier_parcels")
        owner.execute("delete from demo_carriers.news")
        owner.execute("delete from demo_carriers.parcels")
    known, road.carriers = road.carriers, road.made()
    for carrier in road.carriers.values():
        carrier._counter = _nothing_here  # the shop hands it over in the evening
    await road.follow()
    assert codes(dict(await road.offered(MISSED))) == dict.fromkeys(ALL, "carrier_cannot")
    road.carriers = known
    await road.follow()
    assert codes(dict(await road.offered(MISSED))) == dict.fromkeys(ALL, "carrier_cannot")
    with clock.frozen(now + IN_A_WHILE):
        await road.follow()
        assert codes(dict(await road.offered(MISSED))) == dict.fromkeys(ALL)


async def _nothing_here(_: str, __: str) -> None:
    return None


async def _number(road: Road, ref: str) -> str:
    order = await road.shop.store.get_order(ref)
    assert order
    return order.shipments[0].tracking_number
