"""Opening hours of a queue. Pure."""

from datetime import date, datetime, timedelta
from typing import Annotated
from zoneinfo import ZoneInfo

import msgspec

Minute = Annotated[int, msgspec.Meta(ge=0, le=24 * 60)]  # of the local day


class Opening(msgspec.Struct, frozen=True):
    """Open on a day of the week (1 Monday … 7 Sunday) from a minute to another; a night is two of them."""

    day: Annotated[int, msgspec.Meta(ge=1, le=7)]
    opens: Minute
    closes: Minute


class Hours(msgspec.Struct, frozen=True):
    """A week in the queue's own time zone."""

    time_zone: str
    weekly: tuple[Opening, ...]


def is_open(hours: Hours | None, now: datetime) -> bool:
    """Whether somebody should be there now; always when there are no hours."""
    if hours is None:
        return True
    today = now.astimezone(ZoneInfo(hours.time_zone)).date()
    return any(opens <= now < closes for opens, closes in _on(hours, today))


def next_opening(hours: Hours, now: datetime) -> datetime | None:
    """When it opens next; None when it never does."""
    today = now.astimezone(ZoneInfo(hours.time_zone)).date()
    days = (today + timedelta(days=ahead) for ahead in range(8))
    return min((opens for day in days for opens, _ in _on(hours, day) if opens > now), default=None)


def _on(hours: Hours, day: date) -> list[tuple[datetime, datetime]]:
    midnight = datetime(day.year, day.month, day.day)  # noqa: DTZ001 - wall-clock time, the zone follows
    return [
        (_at(midnight, opening.opens, hours.time_zone), _at(midnight, opening.closes, hours.time_zone))
        for opening in hours.weekly
        if opening.day == day.isoweekday()
    ]


def _at(midnight: datetime, minute: int, zone: str) -> datetime:
    return (midnight + timedelta(minutes=minute)).replace(tzinfo=ZoneInfo(zone))
