"""What is not paid for goes back to the customer: one parcel, one number, one letter, however often it is asked for."""

from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from madoguchi.core.access.rules import SYSTEM, Actor, Role
from madoguchi.core.carriers.consignments import verbs as consignments
from madoguchi.core.carriers.consignments.jobs import Announcer
from madoguchi.core.people.events import CustomerNews
from madoguchi.core.shop.queries import access_order
from madoguchi.edge.carriers.simulated.brands import TSUBASA
from madoguchi.edge.carriers.simulated.carrier import SimulatedCarrier, carriers_database
from madoguchi.kit import clock, ids, jobs
from madoguchi.kit.db import Database, Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.faults import Faults
from madoguchi.service.returns import reading, sending, verbs, warehouse
from madoguchi.service.returns.parcels import verbs as parcels
from madoguchi.service.returns.queries import Return
from madoguchi.service.returns.rules import Disposition
from madoguchi.service.returns.sending import SentBack
from tests.service.returns.conftest import Yard
from tests.service.returns.test_telling import due as due
from tests.service.returns.test_telling import told as told

DRINKS = "MD-10233702"
WORN = {"found": {"grade": "worn", "opened": True}}
AT_THE_DOOR = Actor(role=Role.WAREHOUSE, id=ids.uuid7(), session=ids.uuid7())


@pytest.fixture
async def books(database_url: str) -> AsyncIterator[Database]:
    """The carriers' own connections."""
    database = carriers_database(database_url)
    await database.open()
    yield database
    await database.close()


async def rejected(yard: Yard, units: int = 1) -> Return:
    """Something that was used came back."""
    of = await yard.send_back(DRINKS, lines={"2": units}, reason="mistake", condition="unopened", method="own")
    await yard.arrives(of)
    await yard.looked_at(of, **WORN)
    return of


async def asked(yard: Yard, books: Database, faults: Faults | None = None) -> None:
    """The carrier is asked for what is due."""

    async def counter(_: str, __: str) -> None:
        return None

    carrier = SimulatedCarrier(books, TSUBASA, counter, faults)
    announcer = Announcer(yard.db, {carrier.name: carrier}, parcels.announced, verbs.dispatched)
    duties = {consignments.ANNOUNCE: announcer.announce, consignments.WITHDRAW: announcer.withdraw}
    await jobs.run_due(yard.db, {name: jobs.Duty(work, consignments.Announce) for name, work in duties.items()})


async def going(yard: Yard, of: Return) -> list[SentBack]:
    """What goes back of a return."""
    units = await yard.units(of.id)
    return list(await yard.db.run(SYSTEM, lambda tx: sending.sent_back(tx, SYSTEM, units)))


async def count(yard: Yard, query: str) -> Any:
    """A figure, read by the system."""
    return await yard.db.run(SYSTEM, lambda tx: tx.value(query))  # type: ignore[arg-type]


async def test_what_lies_on_one_table_goes_back_in_one_parcel(
    yard: Yard, books: Database, told: list[CustomerNews]
) -> None:
    of = await rejected(yard, 2)
    (parcel,) = await going(yard, of)
    assert (len(parcel.goods), parcel.parcel) == (2, None)
    assert {unit.disposition for unit in await yard.units(of.id)} == {Disposition.BACK_TO_CUSTOMER}
    to = await count(yard, "select document from carrier_consignments")
    order = await yard.db.run(SYSTEM, lambda tx: access_order(tx, SYSTEM, of.order_id))
    assert (to["kind"], to["receiver"]["postal_code"]) == ("out", order.document.address.postal_code)
    await asked(yard, books, Faults(lost=1.0))
    with clock.frozen(clock.now() + timedelta(minutes=1)):
        await asked(yard, books)
        await asked(yard, books)
    (parcel,) = await going(yard, of)
    assert parcel.parcel
    assert parcel.parcel.number == await count(yard, "select number from carrier_consignments")
    assert [one.template for one in told].count("return_sent_back") == 1
    said = await yard.db.run(SYSTEM, lambda tx: reading.sentences(tx, of))
    assert "returns.back.parcel" in [line.key for line in said]
    await yard.in_order()


async def test_the_warehouse_hears_the_number_and_nothing_of_whom_it_is_for(yard: Yard, books: Database) -> None:
    of = await rejected(yard)
    (waiting,) = await yard.db.run(AT_THE_DOOR, lambda tx: warehouse.to_hand_over(tx, AT_THE_DOOR))
    assert (waiting.reference, waiting.number) == (of.number, None)
    await asked(yard, books)
    (waiting,) = await yard.db.run(AT_THE_DOOR, lambda tx: warehouse.to_hand_over(tx, AT_THE_DOOR))
    assert waiting.number
    customer, _ = await yard.actor(DRINKS)
    with pytest.raises(Refused, match="not_found"):
        await yard.db.run(customer, lambda tx: warehouse.to_hand_over(tx, customer))


async def test_something_else_goes_back_too_and_what_is_missing_does_not(yard: Yard) -> None:
    of = await yard.send_back(DRINKS, lines={"1": 2}, reason="mistake", condition="unopened", method="own")
    missing, other = await yard.units(of.id)
    await yard.arrives(of, units={missing.id: "short", other.id: "wrong_item"})
    (parcel,) = await going(yard, of)
    assert (parcel.goods, parcel.instead) == ((), True)
    found = {unit.id: unit for unit in await yard.units(of.id)}
    assert found[other.id].sent_back
    assert found[missing.id].sent_back is None
    assert found[missing.id].disposition is Disposition.MISSING
    await yard.in_order()


async def test_what_is_paid_for_stays(yard: Yard) -> None:
    of = await yard.send_back(DRINKS, lines={"2": 1}, reason="mistake", condition="unopened", method="own")
    await yard.arrives(of)
    with pytest.raises(Refused, match="return_disposition"):
        await yard.looked_at(of, disposition="back_to_customer")
    (unit,) = await yard.units(of.id)
    assert (unit.inspected_at, unit.disposition) == (None, None)
    await yard.looked_at(of, disposition="back_to_customer", acceptance="manual")
    leader = await yard.worker(Role.LEADER)
    await yard.acts(leader, "return.review", return_id=of.id, answer="accepted", note="—")
    (unit,) = await yard.units(of.id)
    assert (unit.disposition, unit.sent_back) == (None, None)
    assert await going(yard, of) == []
    await yard.in_order()


async def test_what_nobody_was_asked_to_carry_yet_stays_at_once(yard: Yard) -> None:
    of = await rejected(yard)
    actor, _ = await yard.actor(DRINKS)
    await yard.acts(actor, "return.appeal", return_id=of.id, note="届いたときからこの状態でした。")
    leader = await yard.worker(Role.LEADER)
    await yard.acts(leader, "return.review", return_id=of.id, answer="accepted", note="—")
    assert await going(yard, of) == []
    assert await to_hand_over(yard) == []
    await yard.in_order()


async def test_where_no_carrier_can_it_waits_for_somebody(yard: Yard) -> None:
    await rejected(yard)
    announcer = Announcer(yard.db, {}, parcels.announced, verbs.dispatched)
    duties = {consignments.ANNOUNCE: announcer.announce, consignments.WITHDRAW: announcer.withdraw}
    await jobs.run_due(yard.db, {name: jobs.Duty(work, consignments.Announce) for name, work in duties.items()})
    assert await count(yard, "select refused from carrier_consignments") == "not_supported"
    (waiting,) = await yard.db.run(AT_THE_DOOR, lambda tx: warehouse.to_hand_over(tx, AT_THE_DOOR))
    assert waiting.number is None


async def objected_to(yard: Yard, of: Return) -> None:
    """The customer objects; a leader will look at it again."""
    actor, _ = await yard.actor(DRINKS)
    await yard.acts(actor, "return.appeal", return_id=of.id, note="使っていません")


async def to_hand_over(yard: Yard) -> list[str]:
    """Numbers of returns of which the warehouse hands something over."""
    return [one.reference for one in await yard.db.run(AT_THE_DOOR, lambda tx: warehouse.to_hand_over(tx, AT_THE_DOOR))]


async def test_what_is_objected_to_stays_here_and_is_not_sent_back_beside_its_price(
    yard: Yard, books: Database
) -> None:
    of = await rejected(yard)
    await asked(yard, books)
    assert await to_hand_over(yard) == [of.number]
    await objected_to(yard, of)
    assert await to_hand_over(yard) == []
    leader = await yard.worker(Role.LEADER)
    grant = {"return_id": of.id, "answer": "accepted", "note": "記録を確認"}
    with pytest.raises(Refused, match="return_being_stopped"):
        await yard.acts(leader, "return.review", **grant)
    await asked(yard, books)
    (parcel,) = await going(yard, of)
    assert (parcel.held, parcel.parcel) == (True, None)
    await yard.acts(leader, "return.review", **grant)
    (unit,) = await yard.units(of.id)
    assert (unit.sent_back, unit.disposition, unit.booked, unit.why) == (None, None, "returned", None)
    assert await to_hand_over(yard) == []
    await yard.in_order()


async def test_what_is_refused_again_goes_back_in_a_parcel_of_its_own(yard: Yard, books: Database) -> None:
    of = await rejected(yard)
    await asked(yard, books)
    (first,) = [unit.sent_back for unit in await yard.units(of.id)]
    await objected_to(yard, of)
    await asked(yard, books)
    leader = await yard.worker(Role.LEADER)
    await yard.acts(leader, "return.review", return_id=of.id, answer="rejected", note="記録を確認")
    (unit,) = await yard.units(of.id)
    assert unit.sent_back not in {None, first}
    assert await to_hand_over(yard) == [of.number]
    await yard.in_order()


async def test_what_has_left_is_given_beside_its_price_only_by_a_word(
    yard: Yard, books: Database, told: list[CustomerNews]
) -> None:
    of = await rejected(yard)
    await asked(yard, books)
    carrier, number = await count(yard, "select array[carrier, number] from carrier_consignments")
    await yard.db.run(SYSTEM, lambda tx: on_its_way(tx, carrier, number))
    await objected_to(yard, of)
    leader = await yard.worker(Role.LEADER)
    grant = {"return_id": of.id, "answer": "accepted", "note": "記録を確認"}
    with pytest.raises(Refused, match="return_goods_sent"):
        await yard.acts(leader, "return.review", **grant)
    await yard.acts(leader, "return.review", **grant, goods="kept")
    (unit,) = await yard.units(of.id)
    assert (unit.booked, unit.disposition) == ("kept", Disposition.BACK_TO_CUSTOMER)
    (answer,) = [one for one in told if one.template == "return_answered"]
    assert "returns.answered.goods" in str(answer.parameters)
    await yard.in_order()


async def on_its_way(tx: Tx, carrier: str, number: str) -> None:
    """The carrier has fetched it."""
    await tx.execute(
        """update carrier_parcels set document = jsonb_set(document, '{tracked,state}', '"in_transit"')
           where (carrier, number) = (%s, %s)""",
        [carrier, number],
    )
