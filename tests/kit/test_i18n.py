"""Money, dates and lists as each reader writes them; keys with typed parameters."""

from datetime import UTC, date, datetime

import msgspec
import pytest
from markupsafe import Markup

from madoguchi.core.actions.rules import said
from madoguchi.kit import clock, i18n
from madoguchi.kit.i18n import LANGUAGES, Reader, catalogue
from madoguchi.kit.money import Money

NOW = datetime(2026, 3, 3, 1, 0, tzinfo=UTC)


@pytest.mark.parametrize(
    ("lang", "yen", "dollars", "day"),
    [
        ("ja", "1,234円", "$12.30", "12月3日（木）"),
        ("en", "¥1,234", "$12.30", "Thu, Dec 3"),
        ("zh", "1,234日元", "US$12.30", "12月3日（周四）"),
        ("ko", "1,234엔", "US$12.30", "12월 3일(목)"),
    ],
)
def test_written_for_the_reader(lang: str, yen: str, dollars: str, day: str) -> None:
    reader = Reader(lang)
    with clock.frozen(NOW):
        assert reader.money(Money(1234, "JPY")) == yen
        assert reader.money(Money(1230, "USD")) == dollars
        assert reader.date(date(2026, 12, 3)) == day


@pytest.mark.parametrize(
    ("size", "ja", "ko"),
    [
        (10_000_000, "10 MB", "10MB"),
        (2_590_000, "2.5 MB", "2.5MB"),
        (999_999, "999.9 KB", "999.9kB"),
    ],
)
def test_a_size_is_rounded_down(size: int, ja: str, ko: str) -> None:
    assert (Reader("ja").size(size), Reader("ko").size(size)) == (ja, ko)


def test_another_year_is_named() -> None:
    with clock.frozen(NOW):
        assert Reader("ja").date(date(2027, 1, 4)) == "2027年1月4日（月）"


def test_days_are_those_of_the_readers_zone() -> None:
    late = datetime(2026, 3, 3, 15, 0, tzinfo=UTC)
    with clock.frozen(NOW):
        assert Reader("ja", "Asia/Tokyo").date(late) == "3月4日（水）"
        assert Reader("en", "America/New_York").datetime(late) == "Tue, Mar 3, 10:00 AM"


def test_parameters_survive_being_kept() -> None:
    given = {"money": Money(5, "JPY"), "at": NOW, "n": 3, "name": "佐藤"}
    assert i18n.unpack(i18n.pack(given)) == given


def test_a_sentence_within_a_sentence_is_in_the_readers_language() -> None:
    within = said("orders.item", name="ポット", options="青")
    kept = i18n.unpack(msgspec.json.decode(msgspec.json.encode(i18n.pack({"name": within, "n": 2}))))
    for lang in LANGUAGES:
        reader = Reader(lang)
        assert within.to(reader) in reader.t("orders.address.units", **kept)


def test_html_escapes_the_rest() -> None:
    text = Reader("en").t("errors.wrong_quantity", limit=Markup("<b>3</b>"))
    assert isinstance(text, Markup)
    assert "<b>3</b>" in text
    plain = Reader("en").t("errors.invalid_form", detail="<b>")
    assert not isinstance(plain, Markup)


def test_an_unknown_key_is_an_error() -> None:
    with pytest.raises(KeyError):
        Reader("ja").t("errors.no_such_thing")
    with pytest.raises(ValueError):
        Reader("fr")


def test_all_languages_have_the_same_keys() -> None:
    keys = {lang: set(catalogue(lang)) for lang in LANGUAGES}
    assert len(keys["ja"]) > 300
    for lang in LANGUAGES:
        assert keys[lang] == keys["ja"]
