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
from madoguchi.kit.db import Database
from madoguchi.kit.errors import Refused
from madoguchi.kit.faults import Faults
from madoguchi.service.returns import reading, sending, verbs, warehouse
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
    announcer = Announcer(yard.db, {carrier.name: carrier}, verbs.announced, verbs.dispatched)
    await jobs.run_due(yard.db, {consignments.ANNOUNCE: jobs.Duty(announcer.announce, consignments.Announce)})


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


async def test_an_objection_sends_nothing_twice(yard: Yard) -> None:
    of = await rejected(yard)
    actor, _ = await yard.actor(DRINKS)
    await yard.acts(actor, "return.appeal", return_id=of.id, note="届いたときからこの状態でした。")
    leader = await yard.worker(Role.LEADER)
    await yard.acts(leader, "return.review", return_id=of.id, answer="accepted", note="—")
    assert len(await going(yard, of)) == 1
    assert await count(yard, "select count(*) from carrier_consignments") == 1
    await yard.in_order()


async def test_where_no_carrier_can_it_waits_for_somebody(yard: Yard) -> None:
    await rejected(yard)
    announcer = Announcer(yard.db, {}, verbs.announced, verbs.dispatched)
    await jobs.run_due(yard.db, {consignments.ANNOUNCE: jobs.Duty(announcer.announce, consignments.Announce)})
    assert await count(yard, "select refused from carrier_consignments") == "not_supported"
    (waiting,) = await yard.db.run(AT_THE_DOOR, lambda tx: warehouse.to_hand_over(tx, AT_THE_DOOR))
    assert waiting.number is None
