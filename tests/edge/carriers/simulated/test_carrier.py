"""A carrier that misbehaves honestly: its books are always right, and asking by key or number always finds out."""

from datetime import datetime, timedelta

import psycopg
import pytest

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.carriers.port import Ability, Band, CarrierUnavailable, Consignment, Handing, Told
from madoguchi.core.shop.port import Failure, OperationState, TrackingState
from madoguchi.edge.carriers.simulated.brands import KOTORI
from madoguchi.edge.carriers.simulated.carrier import SimulatedCarrier
from madoguchi.edge.carriers.simulated.rules import DECIDES_WITHIN, Parcel, Temper
from madoguchi.kit import clock
from madoguchi.kit.db import Database
from madoguchi.kit.faults import Faults
from tests.edge.carriers.contract import ELSEWHERE, HOME, Parcels, fresh_key
from tests.edge.carriers.simulated.conftest import Make

BACK = Consignment(reference="R-1", sender=HOME, receiver="まどぐち商店", prepaid=True)


class Shop:
    """Hears what became of its parcels."""

    def __init__(self) -> None:
        self.heard: list[Parcel] = []

    async def __call__(self, _: str, parcel: Parcel) -> None:
        self.heard.append(parcel)


async def pass_time(carrier: SimulatedCarrier, until: datetime, step: timedelta = timedelta(hours=1)) -> list[Told]:
    """Let the clock run there, step by step; what was told on the way."""
    shop, cursor = Shop(), (await carrier.events_since("")).cursor
    at = clock.now()
    while at < until:
        at += step
        with clock.frozen(at):
            await carrier.tick(at, shop)
    return list((await carrier.events_since(cursor)).told)


async def test_a_lost_reply_had_its_effect(make: Make) -> None:
    key, good = fresh_key(), make()
    with pytest.raises(CarrierUnavailable):
        await make(Faults(lost=1.0)).announce_return(key, BACK)
    known = await good.get_operation(key)
    assert known
    assert known.created
    assert await good.announce_return(key, BACK) == known


async def test_a_call_that_timed_out_had_none(make: Make) -> None:
    key = fresh_key()
    with pytest.raises(CarrierUnavailable):
        await make(Faults(timed_out=1.0)).announce_return(key, BACK)
    assert await make().get_operation(key) is None


async def test_a_redelivered_parcel_comes_in_its_band(make: Make, parcels: Parcels, now: datetime) -> None:
    carrier = make()
    slot = next(one for one in await carrier.redelivery_options(parcels.missed) if one.band is Band.FROM_18)
    await carrier.redeliver(fresh_key(), parcels.missed, slot.day, slot.band)
    told = await pass_time(carrier, now + timedelta(days=2))
    assert [one.event.state for one in told] == [TrackingState.OUT_FOR_DELIVERY, TrackingState.DELIVERED]
    assert 18 <= told[-1].event.at.astimezone(now.tzinfo).hour < 20
    with clock.frozen(now + timedelta(days=2)):
        assert await carrier.redelivery_options(parcels.missed) == ()


async def test_a_parcel_can_be_picked_up_or_sent_on(make: Make, parcels: Parcels, now: datetime) -> None:
    carrier = make()
    await carrier.instruct(fresh_key(), parcels.missed, Handing.PICK_UP, "locker")
    assert [one.event.state for one in await pass_time(carrier, now + timedelta(days=2))] == [
        TrackingState.AVAILABLE_FOR_PICKUP,
        TrackingState.DELIVERED,
    ]
    await carrier.redirect(fresh_key(), parcels.coming, ELSEWHERE)
    told = await pass_time(carrier, now + timedelta(days=4))
    assert [(one.event.state, one.event.place) for one in told if one.number == parcels.coming][-1] == (
        TrackingState.DELIVERED,
        "渋谷営業所",
    )


async def test_the_shop_hears_of_what_was_agreed_once(make: Make, parcels: Parcels, now: datetime) -> None:
    carrier, shop = make(), Shop()
    await carrier.track(parcels.coming)
    await carrier.tick(now, shop)
    assert shop.heard == []
    await carrier.instruct(fresh_key(), parcels.coming, Handing.GARAGE, "")
    await carrier.tick(now, shop)
    await carrier.tick(now, shop)
    assert [parcel.number for parcel in shop.heard] == [parcels.coming]


async def test_what_changes_while_the_shop_is_told_is_told_again(make: Make, parcels: Parcels, now: datetime) -> None:
    carrier, heard = make(), []

    async def tell(_: str, parcel: Parcel) -> None:
        heard.append(parcel.agreed.instruction)
        if len(heard) == 1:
            await carrier.instruct(fresh_key(), parcels.coming, Handing.SHED, "")

    await carrier.instruct(fresh_key(), parcels.coming, Handing.GARAGE, "")
    for _ in range(3):
        await carrier.tick(now, tell)
    assert [one.handing for one in heard if one] == [Handing.GARAGE, Handing.SHED]


async def test_what_is_pending_is_decided_later(make: Make, parcels: Parcels, now: datetime) -> None:
    carrier, key = make(temper=Temper(pending=1.0)), fresh_key()
    asked = await carrier.instruct(key, parcels.coming, Handing.FRONT_DOOR, "")
    assert (asked.state, asked.code) == (OperationState.PENDING, None)
    await carrier.tick(now, Shop())
    pending = await carrier.get_operation(key)
    assert pending
    assert pending.state is OperationState.PENDING
    await carrier.tick(now + DECIDES_WITHIN, Shop())
    decided = await carrier.get_operation(key)
    assert decided
    assert decided.state is OperationState.SUCCEEDED
    assert decided.tracked
    assert decided.tracked.agreed.instruction


async def test_news_come_late_twice_and_shuffled(make: Make, parcels: Parcels, now: datetime) -> None:
    carrier = make(temper=Temper(seed=3, doubled=1.0, shuffled=True, late=timedelta(hours=3)))
    for number in (parcels.coming, parcels.cash):
        await carrier.track(number)
    with clock.frozen(now + timedelta(hours=24)):
        assert (await carrier.track(parcels.coming) or pytest.fail("gone")).state is TrackingState.OUT_FOR_DELIVERY
        await carrier.tick(clock.now(), Shop())
        assert (await carrier.events_since("")).told == ()
    told = await pass_time(carrier, now + timedelta(hours=30))
    assert len(told) == 8
    assert [one.event.at for one in told] != sorted(one.event.at for one in told)
    assert len(set(told)) == 4
    page = await carrier.events_since("", limit=3)
    assert page.more
    rest = await carrier.events_since(page.cursor, limit=3)
    assert not rest.more
    assert {*page.told, *rest.told} == set(told)


async def test_what_a_carrier_cannot_it_says(make: Make, parcels: Parcels) -> None:
    kotori = make(brand=KOTORI)
    assert Ability.REDIRECT not in kotori.abilities()
    answer = await kotori.redirect(fresh_key(), parcels.coming, ELSEWHERE)
    assert (answer.state, answer.code) == (OperationState.FAILED, Failure.NOT_SUPPORTED)
    parcel = await kotori.track(parcels.coming)
    assert parcel
    assert parcel.redirect_by is None


@pytest.mark.parametrize(("lost", "last"), [(0.0, TrackingState.DELIVERED), (1.0, TrackingState.IN_TRANSIT)])
async def test_what_is_handed_in_comes_back_unless_it_is_lost(
    make: Make, now: datetime, lost: float, last: TrackingState
) -> None:
    carrier = make(temper=Temper(lost=lost))
    number = (await carrier.announce_return(fresh_key(), BACK)).created or ""
    assert await pass_time(carrier, now + timedelta(days=1)) == []
    assert await carrier.hand_in(number)
    assert not await carrier.hand_in(number)
    assert await carrier.pickup_slots(number) == ()
    told = await pass_time(carrier, now + timedelta(days=10), timedelta(hours=6))
    assert told[0].event.state is TrackingState.IN_TRANSIT
    assert told[-1].event.state is last


async def test_customers_bring_their_parcels_by_themselves(make: Make, now: datetime) -> None:
    carrier = make(temper=Temper(hands_in=timedelta(hours=2)))
    await carrier.announce_return(fresh_key(), BACK)
    told = await pass_time(carrier, now + timedelta(hours=3))
    assert [one.event.state for one in told] == [TrackingState.IN_TRANSIT]


async def test_what_was_taken_back_is_not_handed_in(make: Make, now: datetime) -> None:
    carrier = make(temper=Temper(hands_in=timedelta(hours=2)))
    kept, sent = [(await carrier.announce_return(fresh_key(), BACK)).created or "" for _ in range(2)]
    await carrier.withdraw_return(fresh_key(), kept)
    assert not await carrier.hand_in(kept)
    told = await pass_time(carrier, now + timedelta(days=10), timedelta(hours=6))
    assert {one.number for one in told} == {sent}
    with clock.frozen(now + timedelta(days=1)):
        late = await carrier.withdraw_return(fresh_key(), sent)
    assert (late.state, late.code) == (OperationState.FAILED, Failure.TOO_LATE)


async def test_neither_side_reaches_into_the_others_tables(db: Database, carriers_db: Database) -> None:
    with pytest.raises(psycopg.errors.InsufficientPrivilege):
        await db.run(SYSTEM, lambda tx: tx.execute("select from demo_carriers.parcels"))
    for table in ("public.orders", "demo_store.orders", "demo_payments.refunds"):
        with pytest.raises(psycopg.errors.InsufficientPrivilege):
            await carriers_db.run(SYSTEM, lambda tx, name=table: tx.execute(f"select from {name}"))  # type: ignore[misc]
