"""Days of a shop. Pure."""

from datetime import date, datetime, time
from zoneinfo import ZoneInfo


def end_of_day(day: date, zone: ZoneInfo) -> datetime:
    """The last second of a day."""
    return datetime.combine(day, time.max, zone).replace(microsecond=0)
