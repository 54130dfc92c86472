"""Simulated carriers: a parcel's number, its depots, and the whole of its way, planned when it leaves. Pure."""

import hashlib
from collections.abc import Mapping
from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

import msgspec

from madoguchi.core.shop.port import Shipment, StoreOrder, TrackingEvent, TrackingState

JAPAN = ZoneInfo("Asia/Tokyo")
CARRIERS = ("つばさ急便", "ことり運輸", "ひばり郵便")
WAREHOUSE = "千葉・市川物流センター"
SELLERS_BASES = {"yamada": "佐賀・鳥栖ベース", "nagisa": "岡山・早島ベース", "minabe": "大阪・茨木ベース"}
LEFT_AT = (None, None, "玄関前", "宅配ボックス")


class Hub(msgspec.Struct, frozen=True):
    """A carrier's regional base, and the days from the warehouse to a door behind it."""

    place: str
    days: int


# by the beginning of the postal code; the longest one counts
HUBS: Mapping[str, Hub] = {
    "0": Hub("北海道・北広島ベース", 3),
    "01": Hub("宮城・仙台ベース", 2),
    "02": Hub("宮城・仙台ベース", 2),
    "03": Hub("宮城・仙台ベース", 2),
    "1": Hub("東京・新木場ベース", 1),
    "2": Hub("神奈川・厚木ベース", 1),
    "3": Hub("埼玉・岩槻ベース", 1),
    "4": Hub("愛知・小牧ベース", 1),
    "5": Hub("大阪・茨木ベース", 2),
    "50": Hub("愛知・小牧ベース", 1),
    "51": Hub("愛知・小牧ベース", 1),
    "6": Hub("大阪・茨木ベース", 2),
    "68": Hub("岡山・早島ベース", 2),
    "69": Hub("岡山・早島ベース", 2),
    "7": Hub("岡山・早島ベース", 2),
    "8": Hub("佐賀・鳥栖ベース", 2),
    "9": Hub("宮城・仙台ベース", 2),
    "90": Hub("沖縄・糸満ベース", 4),
    "91": Hub("石川・金沢ベース", 2),
    "92": Hub("石川・金沢ベース", 2),
    "93": Hub("石川・金沢ベース", 2),
}


def send(order: StoreOrder, units: Mapping[str, int], at: datetime) -> Shipment:
    """A parcel of the order that leaves the warehouse or the seller at `at`, with all that will be reported of it."""
    ref = f"S{len(order.shipments) + 1}"
    luck = int.from_bytes(hashlib.sha256(f"{order.ref}/{ref}".encode()).digest())
    hub = hub_for(order.address.postal_code)
    origin = SELLERS_BASES.get(order.seller.ref, WAREHOUSE) if order.seller else WAREHOUSE
    due = at.astimezone(JAPAN) + timedelta(days=hub.days)
    return Shipment(
        ref=ref,
        lines=dict(units),
        carrier=CARRIERS[luck % len(CARRIERS)],
        tracking_number=tracking_number(luck),
        shipped_at=at,
        promised_from=due.replace(hour=8, minute=0, second=0, microsecond=0),
        promised_until=day_end(due),
        first_promised_until=day_end(due),
        events=_way(at, origin, hub, depot_of(order.address.city), luck >> 64),
        left_at=LEFT_AT[luck % len(LEFT_AT)],
    )


def tracking_number(luck: int) -> str:
    """Twelve digits, the last of which is the first eleven modulo 7."""
    body = luck % 10**11
    return f"{body:011d}{body % 7}"


def hub_for(postal_code: str) -> Hub:
    """The base through which parcels to this postal code go."""
    return HUBS.get(postal_code[:2]) or HUBS[postal_code[0]]


def depot_of(city: str) -> str:
    """The carrier's last depot before the door: 世田谷区 -> 世田谷営業所."""
    return f"{city[:-1] if city[-1] in '市区町村' else city}営業所"


def day_end(at: datetime) -> datetime:
    """The last second of that day in Japan."""
    return at.astimezone(JAPAN).replace(hour=23, minute=59, second=59, microsecond=0)


def _way(at: datetime, origin: str, hub: Hub, depot: str, luck: int) -> tuple[TrackingEvent, ...]:
    """From its origin to the door. Of a hundred parcels four lie three days at the hub, four find nobody at home."""
    fate = luck % 100
    morning = _at(at, hub.days, 8, luck % 30)
    at_hub = at + timedelta(hours=13, minutes=luck % 240)
    way = [
        TrackingEvent(at, TrackingState.INFO_RECEIVED, origin),
        TrackingEvent(at + timedelta(hours=2, minutes=luck % 60), TrackingState.IN_TRANSIT, origin),
    ]
    if at_hub < morning:
        way.append(TrackingEvent(at_hub, TrackingState.IN_TRANSIT, hub.place))
    if fate < 4:
        way.append(TrackingEvent(morning, TrackingState.EXCEPTION, hub.place))
        morning += timedelta(days=3)
    elif fate < 8:
        way.append(TrackingEvent(morning, TrackingState.OUT_FOR_DELIVERY, depot))
        way.append(TrackingEvent(morning + timedelta(hours=4), TrackingState.ATTEMPT_FAILED, depot))
        morning += timedelta(days=1)
    way.append(TrackingEvent(morning, TrackingState.OUT_FOR_DELIVERY, depot))
    way.append(TrackingEvent(morning + timedelta(hours=2, minutes=luck % 480), TrackingState.DELIVERED, depot))
    return tuple(way)


def _at(day: datetime, days: int, hour: int, minute: int) -> datetime:
    return datetime.combine(day.astimezone(JAPAN).date() + timedelta(days=days), time(hour, minute), JAPAN)
