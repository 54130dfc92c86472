"""The day and the part of it that were named, of those that are offered: 「明日の午前中に」, "on Saturday". Pure."""

import re
from collections.abc import Sequence
from datetime import date

from madoguchi.core.actions.fields import Field, FieldKind
from madoguchi.core.carriers.port import Band
from madoguchi.service.bot.asking import Form
from madoguchi.service.bot.normal import normal

_FROM_TODAY = (
    ("今日", "本日", "きょう", "today", "今天", "오늘"),
    ("明日", "あした", "tomorrow", "明天", "내일"),
    ("明後日", "あさって", "day after tomorrow", "后天", "後天", "모레"),
)
_WEEKDAYS = tuple(
    zip(
        ("月曜", "火曜", "水曜", "木曜", "金曜", "土曜", "日曜"),
        ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"),
        *(tuple(f"{week}{day}" for day in "一二三四五六日") for week in ("周", "星期")),
        ("월요일", "화요일", "수요일", "목요일", "금요일", "토요일", "일요일"),
        strict=True,
    )
)
_MORNING = ("午前", "morning", "上午", "오전")
_HOURS = re.compile(
    r"(?<![0-9])(1[4689])\s?(?:時|点|點|시|:00)?\s?(?:[-~〜–]|から|到|至|to|until|에서|부터)\s?(16|18|20|21)(?![0-9])"
)


def with_times(form: Form, text: str, today: date) -> Form:
    """The form with the day and the part of it that a text names, each where it names one that is offered."""
    plain = normal(text)
    for field in form.fields:
        if field.kind is FieldKind.CHOICE and field.name not in form.answers:
            found = _day(field, plain, today) or _band(field, plain)
            form = form.told(field.name, found) if found else form
    return form


def _day(field: Field, plain: str, today: date) -> str | None:
    without = plain.replace("day after tomorrow", _FROM_TODAY[2][0])  # the one name that holds another one
    meant = [day for day in _days(field) if _is_named(day, without, today)]
    return meant[0].isoformat() if len(meant) == 1 else None


def _days(field: Field) -> Sequence[date]:
    """The days that can be chosen, where it is days that can be."""
    try:
        return [date.fromisoformat(option.value) for option in field.options]
    except ValueError:
        return ()


def _is_named(day: date, plain: str, today: date) -> bool:
    """By its distance from today, by the day of the week, or by month and day."""
    ahead = (day - today).days
    relative = _FROM_TODAY[ahead] if 0 <= ahead < len(_FROM_TODAY) else ()
    if any(normal(name) in plain for name in (*relative, *_WEEKDAYS[day.weekday()])):
        return True
    return bool(re.search(rf"(?<![0-9/]){day.month}\s?[月월/]\s?{day.day}(?![0-9/])", plain))


def _band(field: Field, plain: str) -> str | None:
    offered = {option.value for option in field.options}
    if not offered <= set(Band):
        return None
    hours = _HOURS.search(plain)
    if hours is None:
        return Band.MORNING if Band.MORNING in offered and any(normal(name) in plain for name in _MORNING) else None
    band = f"{hours[1]}_{hours[2]}"
    return band if band in offered else None
