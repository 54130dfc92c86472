"""The carriers' side: numbers that check, depots that lie on the way, events in order."""

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from madoguchi.core.shop.port import TrackingState
from madoguchi.edge.stores.demo import baskets, growth, parcels
from madoguchi.edge.stores.demo.people import CARD, MISAKI

NOW = datetime(2026, 3, 3, 1, tzinfo=UTC)


def test_numbers_have_twelve_digits_and_a_check_digit() -> None:
    for luck in (0, 6, 7, 12_345_678_901, 10**40):
        number = parcels.tracking_number(luck)
        assert len(number) == 12
        assert int(number[:11]) % 7 == int(number[11])


@pytest.mark.parametrize(
    ("city", "depot"), [("世田谷区", "世田谷営業所"), ("那覇市", "那覇営業所"), ("恵比寿", "恵比寿営業所")]
)
def test_depots(city: str, depot: str) -> None:
    assert parcels.depot_of(city) == depot


def test_every_place_has_its_hub() -> None:
    for postal_code, *_ in growth.PLACES:
        assert parcels.hub_for(postal_code).days >= 1
    assert parcels.hub_for("900-0015").place == "沖縄・糸満ベース"
    assert parcels.hub_for("980-0021").place == "宮城・仙台ベース"


def test_all_ways_lead_to_the_door() -> None:
    fates = set()
    for n in range(400):
        order = baskets.place(f"MD-{n}", MISAKI.customer, NOW, {"KETTLE-WH": 1}, (CARD,))
        parcel = parcels.send(order, {"1": 1}, NOW.replace(hour=n % 24))
        states = [event.state for event in parcel.events]
        assert states[0] is TrackingState.INFO_RECEIVED
        assert states[-2:] == [TrackingState.OUT_FOR_DELIVERY, TrackingState.DELIVERED]
        times = [event.at for event in parcel.events]
        assert times == sorted(set(times))
        fates |= {*states}
        late = TrackingState.EXCEPTION in states or TrackingState.ATTEMPT_FAILED in states
        assert parcel.promised_until
        assert (times[-1] > parcel.promised_until) == late
    assert {TrackingState.EXCEPTION, TrackingState.ATTEMPT_FAILED} < fates


def test_a_second_parcel_has_its_own_number() -> None:
    order = baskets.place("MD-1", MISAKI.customer, NOW, {"KETTLE-WH": 2}, (CARD,))
    first = parcels.send(order, {"1": 1}, NOW)
    second = parcels.send(replace(order, shipments=(first,)), {"1": 1}, NOW)
    assert (first.ref, second.ref) == ("S1", "S2")
    assert first.tracking_number != second.tracking_number
