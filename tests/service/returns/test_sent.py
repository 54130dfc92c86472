"""Who sends goods back on their own way tells carrier and number: checked, followed, changed until it is here."""

from collections.abc import AsyncIterator
from datetime import timedelta

import pytest

from madoguchi.core.access.rules import SYSTEM
from madoguchi.core.actions import verbs as actions
from madoguchi.core.actions.fields import About, Subject
from madoguchi.core.carriers import numbers
from madoguchi.core.carriers.jobs import Follower
from madoguchi.core.people.events import CustomerNews
from madoguchi.core.shop.port import TrackingState
from madoguchi.core.shop.queries import access_order
from madoguchi.edge.carriers.simulated.brands import TSUBASA
from madoguchi.edge.carriers.simulated.carrier import SimulatedCarrier, carriers_database
from madoguchi.edge.carriers.simulated.rules import Parcel as Carried
from madoguchi.kit import clock
from madoguchi.kit.errors import Refused
from madoguchi.kit.jobs import Nothing
from madoguchi.service.returns import queries, reading, warehouse
from madoguchi.service.returns.parcels import verbs as parcels
from madoguchi.service.returns.queries import Parcel, Return
from madoguchi.service.returns.rules import REMIND_BEFORE, ReturnState
from tests.service.returns.conftest import Yard
from tests.service.returns.test_returns import BOWLS, DRINKS, state
from tests.service.returns.test_telling import due as due
from tests.service.returns.test_telling import told as told

NUMBER = numbers.twelve_digits(51234567890)
SECOND = numbers.twelve_digits(61234567890)
SLOW = "みさき便"  # a carrier of which we hear nothing
DAY = timedelta(days=1)


@pytest.fixture
async def carrier(database_url: str) -> AsyncIterator[SimulatedCarrier]:
    books = carriers_database(database_url)
    await books.open()

    async def counter(_: str, __: str) -> None:
        return None

    yield SimulatedCarrier(books, TSUBASA, counter)
    await books.close()


async def own(yard: Yard, ref: str = DRINKS, line: str = "2") -> Return:
    return await yard.send_back(ref, lines={line: 1}, reason="mistake", condition="unopened", method="own")


async def tell(
    yard: Yard, ref: str, of: Return, number: str = NUMBER, carrier: str = TSUBASA.name, name: str = ""
) -> None:
    actor, _ = await yard.actor(ref)
    await yard.acts(actor, "return.sent", return_id=str(of.id), carrier=carrier, name=name, number=number)


async def parcel(yard: Yard, of: Return) -> Parcel:
    (found,) = await yard.db.run(SYSTEM, lambda tx: queries.parcels_of(tx, of.id))
    return found


async def follow(yard: Yard, carrier: SimulatedCarrier) -> None:
    """Time passes for the carrier, and we hear of it."""

    async def tell_shop(_: str, __: Carried) -> None:
        """It carries nothing for a shop."""

    await carrier.tick(clock.now(), tell_shop)
    await Follower(yard.db, {carrier.name: carrier}, (parcels.tracked,)).follow(Nothing())
    await yard.work()


async def offered(yard: Yard, ref: str, of: Return) -> bool:
    actor, _ = await yard.actor(ref)
    subject = Subject(About.RETURN, of.id)
    found = await yard.db.run(actor, lambda tx: actions.offers(tx, yard.catalogue, actor, subject))
    return any(one.action == "return.sent" and one.refusal is None for one in found)


async def test_it_is_followed_like_ours_from_the_depot_to_the_warehouse(yard: Yard, carrier: SimulatedCarrier) -> None:
    of = await own(yard)
    await tell(yard, DRINKS, of, "５１２３-４５６７　８９０" + NUMBER[-1])
    order = await yard.db.run(SYSTEM, lambda tx: access_order(tx, SYSTEM, of.order_id))
    await follow(yard, carrier)
    assert await state(yard, of) is ReturnState.APPROVED
    with yard.later(timedelta(hours=1)):
        assert await carrier.bring_in(NUMBER, order.document.address)
        await follow(yard, carrier)
        assert await state(yard, of) is ReturnState.IN_TRANSIT
    with yard.later(4 * DAY):
        await follow(yard, carrier)
        assert (await parcel(yard, of)).handed_over
        worker = await yard.worker()
        found = await yard.db.run(worker, lambda tx: warehouse.scan(tx, worker, NUMBER))
        assert found.return_id == of.id
        await yard.arrives(of)
        assert not await offered(yard, DRINKS, of)
    await yard.in_order()


@pytest.mark.parametrize(
    ("carrier", "number"),
    [
        (TSUBASA.name, NUMBER[:-1] + str((int(NUMBER[-1]) + 1) % 10)),
        (TSUBASA.name, "123"),
        (TSUBASA.name, "AB1234567"),
        ("another", "EE123456789JP"),  # the post's own check digit is wrong
        ("another", "?"),
        ("another", "ABCDEFGH"),
    ],
)
async def test_a_number_that_cannot_be_is_refused(yard: Yard, carrier: str, number: str) -> None:
    of = await own(yard)
    with pytest.raises(Refused, match="parcel_number_wrong"):
        await tell(yard, DRINKS, of, number, carrier, SLOW)
    assert await yard.db.run(SYSTEM, lambda tx: queries.parcels_of(tx, of.id)) == []


async def test_of_another_carrier_the_name_is_asked_and_shown_and_nothing_is_reminded_of(
    yard: Yard, told: list[CustomerNews]
) -> None:
    of = await own(yard)
    with pytest.raises(Refused, match="field_missing"):
        await tell(yard, DRINKS, of, "1234-5678", "another")
    await tell(yard, DRINKS, of, "1234-5678", "another", SLOW)
    said = await yard.db.run(SYSTEM, lambda tx: reading.sentences(tx, of))
    (line,) = [one for one in said if one.key == "returns.status.told"]
    assert (line.parameters["carrier"], line.parameters["number"]) == (SLOW, "12345678")
    await yard.time_passes(of.send_until - clock.now() - REMIND_BEFORE + timedelta(hours=1))
    assert told == []


async def test_until_it_is_here_the_number_can_be_corrected(yard: Yard, carrier: SimulatedCarrier) -> None:
    of, stranger = await own(yard), await own(yard, BOWLS, "1")
    await tell(yard, DRINKS, of)
    await yard.db.run(SYSTEM, lambda tx: parcels.tracked(tx, TSUBASA.name, NUMBER, TrackingState.IN_TRANSIT, tx.now))
    await tell(yard, DRINKS, of, SECOND)
    assert (await parcel(yard, of)).number == SECOND
    assert await state(yard, of) is ReturnState.APPROVED
    await tell(yard, BOWLS, stranger)  # which was never the first one's
    await yard.in_order()


async def test_one_number_is_of_one_customer_and_may_bring_several_returns_of_theirs(yard: Yard) -> None:
    of, more, stranger = await own(yard), await own(yard, DRINKS, "1"), await own(yard, BOWLS, "1")
    await tell(yard, DRINKS, of)
    with pytest.raises(Refused, match="parcel_number_taken"):
        await tell(yard, BOWLS, stranger)
    await yard.db.run(SYSTEM, lambda tx: parcels.tracked(tx, TSUBASA.name, NUMBER, TrackingState.IN_TRANSIT, tx.now))
    await tell(yard, DRINKS, more)
    await yard.db.run(SYSTEM, lambda tx: parcels.tracked(tx, TSUBASA.name, NUMBER, TrackingState.DELIVERED, tx.now))
    assert [await state(yard, one) for one in (of, more)] == [ReturnState.IN_TRANSIT] * 2
    worker = await yard.worker()
    for one in (of, more):
        found = await yard.db.run(worker, lambda tx: warehouse.scan(tx, worker, NUMBER))
        assert found.return_id == one.id
        await yard.arrives(one)
    await yard.in_order()


async def test_what_proves_nothing_is_not_taken_for_its_way(yard: Yard) -> None:
    """The number under which the goods came, what a parcel did before anything was to be sent, a label of ours."""
    of, label = await own(yard), await yard.send_back(BOWLS, lines={"1": 1}, reason="damaged")
    order = await yard.db.run(SYSTEM, lambda tx: access_order(tx, SYSTEM, of.order_id))
    with pytest.raises(Refused, match="parcel_number_taken"):
        await tell(yard, DRINKS, of, order.document.shipments[0].tracking_number, "another", SLOW)
    await tell(yard, DRINKS, of)
    before = clock.now() - DAY
    await yard.db.run(SYSTEM, lambda tx: parcels.tracked(tx, TSUBASA.name, NUMBER, TrackingState.DELIVERED, before))
    assert await state(yard, of) is ReturnState.APPROVED
    with pytest.raises(Refused, match="return_carried"):
        await tell(yard, BOWLS, label, SECOND)
    assert not await offered(yard, BOWLS, label)


async def test_what_had_expired_and_was_sent_in_time_is_taken_up_again(yard: Yard) -> None:
    of = await own(yard)
    sent = of.send_until - timedelta(hours=3)
    await yard.time_passes(24 * DAY)
    await yard.time_passes(36 * DAY)
    assert await state(yard, of) is ReturnState.EXPIRED
    with yard.later(37 * DAY):
        await tell(yard, DRINKS, of)
        await yard.db.run(SYSTEM, lambda tx: parcels.tracked(tx, TSUBASA.name, NUMBER, TrackingState.IN_TRANSIT, sent))
        assert await state(yard, of) is ReturnState.IN_TRANSIT
    await yard.in_order()
