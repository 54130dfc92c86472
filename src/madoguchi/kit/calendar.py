"""A day for somebody's own calendar, as a file that all of them read (iCalendar, RFC 5545). Pure."""

from datetime import UTC, date, datetime, timedelta

import msgspec

_LINE = 73  # bytes; longer lines are folded, and a fold begins with a space


class Day(msgspec.Struct, frozen=True, kw_only=True):
    """Something to be done by a day; `uid` is the same whenever it is told again, `remind` so many days before."""

    uid: str
    day: date
    title: str
    text: str
    url: str
    told_at: datetime
    remind: int = 2


def calendar(of: Day, product: str) -> bytes:
    """The day with its reminder."""
    stamp = of.told_at.astimezone(UTC).strftime("%Y%m%dT%H%M%SZ")
    lines = (
        "BEGIN:VCALENDAR",
        "VERSION:2.0",
        f"PRODID:-//{_escaped(product)}//EN",
        "BEGIN:VEVENT",
        f"UID:{of.uid}",
        f"DTSTAMP:{stamp}",
        f"DTSTART;VALUE=DATE:{of.day:%Y%m%d}",
        f"DTEND;VALUE=DATE:{of.day + timedelta(days=1):%Y%m%d}",
        f"SUMMARY:{_escaped(of.title)}",
        f"DESCRIPTION:{_escaped(of.text)}",
        f"URL:{of.url}",
        "TRANSP:TRANSPARENT",
        "BEGIN:VALARM",
        "ACTION:DISPLAY",
        f"DESCRIPTION:{_escaped(of.title)}",
        f"TRIGGER:-P{of.remind}D",
        "END:VALARM",
        "END:VEVENT",
        "END:VCALENDAR",
    )
    return "".join(f"{_folded(line)}\r\n" for line in lines).encode()


def _escaped(text: str) -> str:
    for sign in "\\;,":
        text = text.replace(sign, f"\\{sign}")
    return "\\n".join(text.splitlines())


def _folded(line: str) -> str:
    """No line is longer than it may be, and no character is cut."""
    found, room = "", _LINE
    for sign in line:
        size = len(sign.encode())
        if size > room:
            found, room = found + "\r\n ", _LINE - 1
        found, room = found + sign, room - size
    return found
