"""What every carrier adapter must do, whatever carrier stands behind it: subclass CarrierContract, give fixtures."""

import asyncio
from datetime import datetime, timedelta
from uuid import uuid4

import msgspec
import pytest

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.carriers import numbers
from madoguchi.core.carriers.port import Ability, Band, CarrierPort, Consignment, Dispatch, Handing
from madoguchi.core.shop.port import Address, Failure, OperationState, TrackingState
from madoguchi.kit.db import Database


class Parcels(msgspec.Struct, frozen=True, kw_only=True):
    """Numbers of parcels behind the adapter: nobody was met; on its way; paid at the door, on its way; delivered."""

    missed: str
    coming: str
    cash: str
    delivered: str


HOME = Address(
    name="佐藤 美咲",
    lines=("太子堂2-15-4",),
    city="世田谷区",
    region="東京都",
    postal_code="154-0004",
    country="JP",
)
ELSEWHERE = msgspec.structs.replace(HOME, city="渋谷区", lines=("神宮前1-2-3",), postal_code="150-0001")


def fresh_key() -> str:
    """A key as our executor makes them."""
    return str(uuid4())


class CarrierContract:
    """Needs the fixtures `carrier` (CarrierPort with every ability), `parcels`, `now`, and `db` (any Database)."""

    async def test_a_parcel_is_told_as_it_is(self, carrier: CarrierPort, parcels: Parcels, now: datetime) -> None:
        missed = await carrier.track(parcels.missed)
        assert missed
        assert (missed.number, missed.state) == (parcels.missed, TrackingState.ATTEMPT_FAILED)
        assert missed.events[-1].state is missed.state
        assert all(event.at <= now for event in missed.events)
        assert missed.held_until
        assert missed.held_until > now
        assert await carrier.track("000000000000") is None

    async def test_a_missed_parcel_comes_again_when_it_is_asked_to(
        self, carrier: CarrierPort, parcels: Parcels, now: datetime
    ) -> None:
        offered = await carrier.redelivery_options(parcels.missed)
        assert {slot.band for slot in offered} == set(Band)
        assert all(slot.ask_by > now for slot in offered)
        slot = offered[-1]
        done = await carrier.redeliver(fresh_key(), parcels.missed, slot.day, slot.band)
        assert (done.state, done.code) == (OperationState.SUCCEEDED, None)
        after = await carrier.track(parcels.missed)
        assert after
        assert done.tracked == after
        assert after.agreed.slot
        assert (after.agreed.slot.day, after.agreed.slot.band) == (slot.day, slot.band)

    async def test_what_is_not_offered_is_refused_and_changes_nothing(
        self, carrier: CarrierPort, parcels: Parcels, now: datetime
    ) -> None:
        before = await carrier.track(parcels.missed)
        yesterday = now.date() - timedelta(days=1)
        asked = (
            (Failure.UNAVAILABLE, carrier.redeliver(fresh_key(), parcels.missed, yesterday, Band.MORNING)),
            (Failure.UNAVAILABLE, carrier.instruct(fresh_key(), parcels.missed, Handing.PICK_UP, "nowhere")),
            (Failure.INVALID, carrier.redirect(fresh_key(), parcels.missed, _abroad())),
            (Failure.TOO_LATE, carrier.redeliver(fresh_key(), parcels.delivered, now.date(), Band.ANY)),
            (Failure.TOO_LATE, carrier.instruct(fresh_key(), parcels.delivered, Handing.FRONT_DOOR, "")),
            (Failure.TOO_LATE, carrier.redirect(fresh_key(), parcels.delivered, ELSEWHERE)),
            (Failure.NOT_FOUND, carrier.redirect(fresh_key(), "000000000000", ELSEWHERE)),
        )
        for code, call in asked:
            answer = await call
            assert (answer.state, answer.code) == (OperationState.FAILED, code)
        assert await carrier.track(parcels.missed) == before
        assert await carrier.redelivery_options(parcels.delivered) == ()
        assert await carrier.instructions(parcels.delivered) == ()

    async def test_what_was_agreed_is_told(self, carrier: CarrierPort, parcels: Parcels) -> None:
        offered = await carrier.instructions(parcels.coming)
        assert {Handing.FRONT_DOOR, Handing.DELIVERY_BOX, Handing.PICK_UP} <= {one.handing for one in offered}
        assert all((one.point is not None) == (one.handing is Handing.PICK_UP) for one in offered)
        await carrier.instruct(fresh_key(), parcels.coming, Handing.FRONT_DOOR, "")
        at_the_door = await carrier.track(parcels.coming)
        assert at_the_door
        assert at_the_door.agreed.instruction
        assert at_the_door.agreed.instruction.handing is Handing.FRONT_DOOR
        await carrier.redirect(fresh_key(), parcels.coming, ELSEWHERE)
        elsewhere = await carrier.track(parcels.coming)
        assert elsewhere
        assert elsewhere.agreed.address == ELSEWHERE

    async def test_what_is_paid_at_the_door_is_left_nowhere(self, carrier: CarrierPort, parcels: Parcels) -> None:
        offered = {one.handing for one in await carrier.instructions(parcels.cash)}
        assert offered == {Handing.IN_PERSON, Handing.PICK_UP}
        left = await carrier.instruct(fresh_key(), parcels.cash, Handing.FRONT_DOOR, "")
        assert left.code is Failure.UNAVAILABLE

    async def test_the_same_key_is_one_wish(self, carrier: CarrierPort, parcels: Parcels) -> None:
        key = fresh_key()
        assert await carrier.get_operation(key) is None
        slot = (await carrier.redelivery_options(parcels.missed))[-1]
        done = await asyncio.gather(*(carrier.redeliver(key, parcels.missed, slot.day, slot.band) for _ in range(10)))
        assert done == [done[0]] * 10
        assert await carrier.get_operation(key) == done[0]
        other = await carrier.instruct(key, parcels.missed, Handing.IN_PERSON, "")
        assert (other.state, other.code) == (OperationState.FAILED, Failure.INVALID)

    async def test_a_return_gets_a_number_that_checks(self, carrier: CarrierPort, parcels: Parcels) -> None:
        key, going_back = fresh_key(), Consignment(reference="R-1", sender=HOME, receiver="まどぐち商店", prepaid=False)
        made = await asyncio.gather(*(carrier.announce_return(key, going_back) for _ in range(5)))
        assert made == [made[0]] * 5
        assert made[0].created
        assert made[0].paperless
        assert numbers.is_valid(made[0].created)
        other = await carrier.announce_return(fresh_key(), going_back)
        assert other.created not in {None, made[0].created}
        waiting = await carrier.track(made[0].created)
        assert waiting
        assert (waiting.state, waiting.events, waiting.redirect_by) == (TrackingState.PENDING, (), None)

    async def test_a_return_is_collected_at_the_door(self, carrier: CarrierPort, now: datetime) -> None:
        going_back = Consignment(reference="R-1", sender=HOME, receiver="まどぐち商店", prepaid=True)
        number = (await carrier.announce_return(fresh_key(), going_back)).created or ""
        offered = await carrier.pickup_slots(number)
        assert offered
        assert all(slot.ask_by > now for slot in offered)
        booked = await carrier.book_pickup(fresh_key(), number, offered[0].day, offered[0].band)
        assert booked.state is OperationState.SUCCEEDED
        again = await carrier.book_pickup(fresh_key(), number, offered[-1].day, offered[-1].band)
        assert again.tracked
        assert again.tracked.agreed.slot == offered[-1]
        never = await carrier.book_pickup(fresh_key(), number, now.date() - timedelta(days=3), Band.MORNING)
        assert never.code is Failure.UNAVAILABLE

    async def test_a_return_is_taken_back_before_it_was_sent(self, carrier: CarrierPort, parcels: Parcels) -> None:
        going_back = Consignment(reference="R-1", sender=HOME, receiver="まどぐち商店", prepaid=False)
        number, key = (await carrier.announce_return(fresh_key(), going_back)).created or "", fresh_key()
        done = [await carrier.withdraw_return(one, number) for one in (key, key, fresh_key())]
        assert {one.state for one in done} == {OperationState.SUCCEEDED}
        assert await carrier.get_operation(key) == done[0]
        assert await carrier.pickup_slots(number) == ()
        for none, code in (("000000000000", Failure.NOT_FOUND), (parcels.coming, Failure.INVALID)):
            assert (await carrier.withdraw_return(fresh_key(), none)).code is code
        assert (await carrier.withdraw_return(key, parcels.coming)).code is Failure.INVALID

    async def test_what_goes_out_is_fetched_once(self, carrier: CarrierPort, now: datetime) -> None:
        key, going_out = fresh_key(), Dispatch(reference="R-1", sender="まどぐち商店", receiver=HOME)
        made = await asyncio.gather(*(carrier.dispatch(key, going_out) for _ in range(5)))
        assert made == [made[0]] * 5
        number = made[0].created or ""
        assert numbers.is_valid(number)
        assert made[0].paperless is None
        assert await carrier.get_operation(key) == made[0]
        waiting = await carrier.track(number)
        assert waiting
        assert waiting.state is TrackingState.INFO_RECEIVED
        assert await carrier.redelivery_options(number)
        assert await carrier.pickup_slots(number) == ()
        again = await carrier.dispatch(key, msgspec.structs.replace(going_out, reference="R-2"))
        assert (again.state, again.code) == (OperationState.FAILED, Failure.INVALID)

    async def test_every_ability_can_be_asked_for(self, carrier: CarrierPort) -> None:
        assert carrier.abilities() == frozenset(Ability)

    async def test_no_call_inside_a_transaction_of_ours(self, carrier: CarrierPort, db: Database) -> None:
        with pytest.raises(RuntimeError):
            await db.run(SYSTEM, lambda tx: carrier.track("1"))


def _abroad() -> Address:
    return msgspec.structs.replace(HOME, country="KR")
