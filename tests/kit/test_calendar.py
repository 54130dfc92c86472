"""A day as calendars read it: escaped, folded, with a reminder, the same each time."""

from datetime import UTC, date, datetime

from madoguchi.kit.calendar import Day, calendar

DAY = Day(
    uid="return-1@example.jp",
    day=date(2028, 2, 29),
    title="返品の発送期限; 「やかん, 赤」" + "長" * 60,
    text="一行目\n二行目\\",
    url="https://example.jp/returns/1",
    told_at=datetime(2028, 2, 1, 12, 0, tzinfo=UTC),
)


def test_a_day() -> None:
    made = calendar(DAY, "Madoguchi")
    assert made == calendar(DAY, "Madoguchi")
    lines = made.decode().split("\r\n")
    assert all(len(line.encode()) <= 75 for line in lines)
    whole = made.decode().replace("\r\n ", "").split("\r\n")
    assert "DTSTART;VALUE=DATE:20280229" in whole
    assert "DTEND;VALUE=DATE:20280301" in whole, "a leap day ends with the next"
    assert "SUMMARY:返品の発送期限\\; 「やかん\\, 赤」" + "長" * 60 in whole
    assert "DESCRIPTION:一行目\\n二行目\\\\" in whole
    assert "TRIGGER:-P2D" in whole
    assert (whole[0], whole[-2], whole[-1]) == ("BEGIN:VCALENDAR", "END:VCALENDAR", "")
