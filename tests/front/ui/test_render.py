"""What templates do to text."""

import datetime as dt

import pytest

from madoguchi.front.ui.render import whole
from madoguchi.kit.i18n import LANGUAGES, Reader
from madoguchi.kit.money import Money

AT = dt.datetime(2026, 3, 5, 1, 30, tzinfo=dt.UTC)


@pytest.mark.parametrize("lang", [lang for lang in LANGUAGES if lang != "en"])
@pytest.mark.usefixtures("now")
def test_days_times_and_amounts_are_kept_whole(lang: str) -> None:
    reader = Reader(lang)
    for value in (AT, AT.date(), AT.replace(year=2025).date(), Money(3790, "JPY")):
        assert whole(f"<{reader.value(value)}>") == f'&lt;<span class="whole">{reader.value(value)}</span>&gt;'


def test_other_words_break_as_they_may() -> None:
    assert whole("on Thu, Mar 5 & 3") == "on Thu, Mar 5 &amp; 3"
    assert whole("rice 5 kg × 2") == 'rice 5 kg <span class="whole">× 2</span>'
    assert whole("at 10:00 AM") == 'at <span class="whole">10:00 AM</span>'
