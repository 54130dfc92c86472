from collections.abc import AsyncIterator, Callable
from datetime import datetime, timedelta

import pytest

from madoguchi.core.carriers.numbers import twelve_digits
from madoguchi.core.shop.port import TrackingEvent, TrackingState
from madoguchi.edge.carriers.simulated.brands import TSUBASA, Brand
from madoguchi.edge.carriers.simulated.carrier import SimulatedCarrier, carriers_database
from madoguchi.edge.carriers.simulated.rules import Temper, Waybill
from madoguchi.kit.db import Database
from madoguchi.kit.faults import Faults
from tests.edge.carriers.contract import HOME, Parcels

PARCELS = Parcels(
    **{name: twelve_digits(n) for n, name in enumerate(("missed", "coming", "cash", "delivered"), start=40_012_345_678)}
)
DEPOT = "世田谷営業所"
Make = Callable[..., SimulatedCarrier]


def waybills(now: datetime) -> dict[str, Waybill]:
    """What was handed over, by number."""

    def step(hours: float, state: TrackingState) -> TrackingEvent:
        return TrackingEvent(now + timedelta(hours=hours), state, DEPOT)

    left = (step(-30, TrackingState.INFO_RECEIVED), step(-28, TrackingState.IN_TRANSIT))
    tomorrow = (step(22, TrackingState.OUT_FOR_DELIVERY), step(26, TrackingState.DELIVERED))
    missed = (step(-6, TrackingState.OUT_FOR_DELIVERY), step(-2, TrackingState.ATTEMPT_FAILED))
    came = (step(-6, TrackingState.OUT_FOR_DELIVERY), step(-2, TrackingState.DELIVERED))
    ways = {
        PARCELS.missed: (*left, *missed),
        PARCELS.coming: (*left, *tomorrow),
        PARCELS.cash: (*left, *tomorrow),
        PARCELS.delivered: (*left, *came),
    }
    return {
        number: Waybill(number=number, address=HOME, way=way, cash=number == PARCELS.cash)
        for number, way in ways.items()
    }


@pytest.fixture
async def carriers_db(database_url: str) -> AsyncIterator[Database]:
    """The carriers' own connections to empty books."""
    database = carriers_database(database_url)
    await database.open()
    yield database
    await database.close()


@pytest.fixture
def make(carriers_db: Database, now: datetime) -> Make:
    """A carrier with these faults, this temper and this brand over the same books."""
    handed_over = waybills(now)

    async def counter(_: str, number: str) -> Waybill | None:
        return handed_over.get(number)

    def made(faults: Faults | None = None, temper: Temper | None = None, brand: Brand = TSUBASA) -> SimulatedCarrier:
        return SimulatedCarrier(carriers_db, brand, counter, faults, temper)

    return made


@pytest.fixture
def carrier(make: Make) -> SimulatedCarrier:
    """A carrier on a good day."""
    return make()


@pytest.fixture
def parcels() -> Parcels:
    """What is on its way."""
    return PARCELS
