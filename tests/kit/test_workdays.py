"""Working days of banks, against the calendars that were published."""

from datetime import date

import pytest

from madoguchi.kit.workdays import after, working_day

PUBLISHED = {
    2025: "1-1 1-13 2-11 2-23 2-24 3-20 4-29 5-3 5-4 5-5 5-6 7-21 8-11 9-15 9-23 10-13 11-3 11-23 11-24",
    2026: "1-1 1-12 2-11 2-23 3-20 4-29 5-3 5-4 5-5 5-6 7-20 8-11 9-21 9-22 9-23 10-12 11-3 11-23",
    2027: "1-1 1-11 2-11 2-23 3-21 3-22 4-29 5-3 5-4 5-5 7-19 8-11 9-20 9-23 10-11 11-3 11-23",
}


@pytest.mark.parametrize("year", PUBLISHED)
def test_the_holidays_of_a_year(year: int) -> None:
    listed = {date(year, *map(int, day.split("-"))) for day in PUBLISHED[year].split()}
    days = [date.fromordinal(n) for n in range(date(year, 1, 4).toordinal(), date(year, 12, 31).toordinal())]
    closed = {day for day in days if day.weekday() < 5 and not working_day(day, "JP")}
    assert closed == {day for day in listed if day.weekday() < 5 and day > date(year, 1, 3)}


def test_counting_goes_around_weekends_and_holidays() -> None:
    assert after(date(2026, 3, 3), 0, "JP") == date(2026, 3, 3)
    assert after(date(2026, 3, 3), 5, "JP") == date(2026, 3, 10)
    assert after(date(2026, 5, 1), 1, "JP") == date(2026, 5, 7)
    assert after(date(2026, 5, 1), 1, "US") == date(2026, 5, 4)
    assert after(date(2025, 12, 30), 1, "JP") == date(2026, 1, 5)
