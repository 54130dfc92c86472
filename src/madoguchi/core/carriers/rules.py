"""What follows from what a carrier told. Pure."""

from datetime import datetime, time, timedelta
from zoneinfo import ZoneInfo

from madoguchi.core.carriers.port import Tracked
from madoguchi.core.shop.port import Shipment


def promised_until(parcel: Shipment, told: Tracked | None, time_zone: str) -> datetime | None:
    """By when a parcel should have come: as was promised first, or by the end of the day that the customer chose."""
    if told and told.agreed.slot:
        next_day = told.agreed.slot.day + timedelta(days=1)
        return datetime.combine(next_day, time(), ZoneInfo(time_zone)) - timedelta(seconds=1)
    return parcel.first_promised_until or parcel.promised_until
