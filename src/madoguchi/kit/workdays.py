"""Days on which banks work: weekends everywhere, and the public holidays of Japan by its law."""

from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache

_FIXED = ((1, 1), (2, 11), (2, 23), (4, 29), (5, 3), (5, 4), (5, 5), (8, 11), (11, 3), (11, 23))
_MONDAYS = ((1, 2), (7, 3), (9, 3), (10, 2))  # month, which Monday
_BANKS_CLOSED = ((1, 2), (1, 3), (12, 31))


def working_day(day: date, country: str) -> bool:
    """Whether banks work that day; `country` is ISO 3166-1 alpha-2."""
    if day.weekday() >= 5:
        return False
    return country != "JP" or (day not in _holidays(day.year) and (day.month, day.day) not in _BANKS_CLOSED)


def after(day: date, count: int, country: str) -> date:
    """The day so many working days later; with 0 the day itself."""
    while count > 0:
        day += timedelta(days=1)
        count -= working_day(day, country)
    return day


@cache
def _holidays(year: int) -> frozenset[date]:
    """Holidays of Japan; one on a Sunday is made up for on the next free day, a day between two is one too."""
    days = set(_named(year))
    for day in sorted(days):
        if day.weekday() == 6:
            instead = day
            while instead in days:
                instead += timedelta(days=1)
            days.add(instead)
    between = {
        day + timedelta(days=1)
        for day in days
        if day + timedelta(days=2) in days and (day + timedelta(days=1)).weekday() != 6
    }
    return frozenset(days | between)


def _named(year: int) -> Iterator[date]:
    for month, day in _FIXED:
        yield date(year, month, day)
    for month, which in _MONDAYS:
        first = date(year, month, 1)
        yield first + timedelta(days=(7 - first.weekday()) % 7 + 7 * (which - 1))
    leaps = (year - 1980) // 4
    yield date(year, 3, int(20.8431 + 0.242194 * (year - 1980)) - leaps)  # the equinoxes, until 2099
    yield date(year, 9, int(23.2488 + 0.242194 * (year - 1980)) - leaps)
