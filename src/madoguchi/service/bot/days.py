"""Days as people name them: yesterday, last week, three days ago, the third of March, in four languages. Pure."""

import re
from collections.abc import Callable
from datetime import date, timedelta

import msgspec


class Days(msgspec.Struct, frozen=True):
    """From a day to a day, both counted."""

    first: date
    last: date


def read_days(plain: str, today: date) -> Days | None:
    """The past days that a normalised text names; None when it names none."""
    for pattern, days in _NAMES:
        if pattern.search(plain):
            return days(today)
    return _counted(plain, today) or _dated(plain, today)


def _back(most: int, least: int | None = None) -> Callable[[date], Days]:
    least = most if least is None else least
    return lambda today: Days(today - timedelta(days=most), today - timedelta(days=least))


def _week(ago: int) -> Callable[[date], Days]:
    """A week from Monday to Sunday."""

    def days(today: date) -> Days:
        monday = today - timedelta(days=today.weekday() + 7 * ago)
        return Days(monday, monday + timedelta(days=6))

    return days


def _this_month(today: date) -> Days:
    return Days(today.replace(day=1), today)


def _last_month(today: date) -> Days:
    last = today.replace(day=1) - timedelta(days=1)
    return Days(last.replace(day=1), last)


# The first that is found counts: "一昨日" and "day before yesterday" hold the word for yesterday.
_NAMES: list[tuple[re.Pattern[str], Callable[[date], Days]]] = [
    (re.compile(words), days)
    for words, days in (
        (r"一昨日|おととい|おとつい|day before yesterday|前天|그저께|그제|엊그제", _back(2)),
        (r"昨日|きのう|昨夜|ゆうべ|昨晩|\byesterday\b|\blast night\b|昨天|昨晚|어제|어젯밤", _back(1)),
        (r"今日|本日|きょう|今朝|\btoday\b|\bthis morning\b|今天|今早|今晚|오늘", _back(0)),
        (r"先週|\blast week\b|上周|上星期|上个?礼拜|지난 ?주", _week(1)),
        (r"今週|\bthis week\b|这周|本周|这星期|이번 ?주", _week(0)),
        (r"先月|\blast month\b|上个?月|지난 ?달", _last_month),
        (r"今月|\bthis month\b|这个?月|本月|이번 ?달", _this_month),
    )
]
_DAYS_AGO = re.compile(r"([1-9][0-9]?)\s?(?:日前|天前|일 ?전|days? ago)")
_WEEKS_AGO = re.compile(r"([1-9])\s?(?:週間前|周前|个?星期前|주 ?전|weeks? ago)")
_MONTHS = "jan|feb|mar|apr|may|jun|jul|aug|sep|oct|nov|dec"
_DATES = [
    re.compile(pattern)
    for pattern in (
        r"(?<![0-9])(?P<month>1[0-2]|0?[1-9])\s?[月월]\s?(?P<day>3[01]|[12][0-9]|0?[1-9])\s?[日号號일]",
        r"(?<![0-9/])(?P<month>1[0-2]|0?[1-9])/(?P<day>3[01]|[12][0-9]|0?[1-9])(?![0-9/])",
        rf"\b(?P<name>{_MONTHS})[a-z]*\.? (?P<day>3[01]|[12][0-9]|0?[1-9])(?:st|nd|rd|th)?\b",
        rf"\b(?P<day>3[01]|[12][0-9]|0?[1-9])(?:st|nd|rd|th)? (?:of )?(?P<name>{_MONTHS})[a-z]*\b",
    )
]


def _counted(plain: str, today: date) -> Days | None:
    if found := _DAYS_AGO.search(plain):
        return _back(int(found[1]))(today)
    if found := _WEEKS_AGO.search(plain):
        return _back(7 * int(found[1]) + 3, 7 * int(found[1]) - 3)(today)
    return None


def _dated(plain: str, today: date) -> Days | None:
    for pattern in _DATES:
        if found := pattern.search(plain):
            names = found.groupdict()
            month = _MONTHS.split("|").index(names["name"]) + 1 if names.get("name") else int(names["month"])
            return _latest(month, int(names["day"]), today)
    return None


def _latest(month: int, day: int, today: date) -> Days | None:
    """The last such day up to today; None for one that does not exist."""
    for year in (today.year, today.year - 1):
        try:
            found = date(year, month, day)
        except ValueError:
            continue
        if found <= today:
            return Days(found, found)
    return None
