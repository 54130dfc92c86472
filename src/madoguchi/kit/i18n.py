"""Texts in four languages by stable keys, and money, dates and numbers written for the reader.

Catalogues are gettext files, one per room and language (texts/<lang>/<room>.po); the key `returns.refused.late`
stands in returns.po. Parameters are typed values: Money, dates, numbers and lists are formatted here.
"""

import datetime as dt
import re
import unicodedata
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import msgspec
from babel import Locale
from babel.dates import format_date, format_skeleton, format_time
from babel.lists import format_list
from babel.messages.pofile import read_po
from babel.numbers import format_currency, format_decimal, get_currency_name, get_currency_symbol
from babel.units import format_unit
from markupsafe import Markup, escape

from madoguchi.kit import clock
from madoguchi.kit.money import Money

LANGUAGES = ("ja", "en", "zh", "ko")
NAMES = {"ja": "日本語", "en": "English", "zh": "简体中文", "ko": "한국어"}
TEXTS = Path(__file__).resolve().parent.parent / "texts"

_LOCALES = {
    "ja": Locale("ja", "JP"),
    "en": Locale("en", "US"),
    "zh": Locale("zh", "CN", script="Hans"),
    "ko": Locale("ko", "KR"),
}
_YEN = {"ja": "{}円", "en": "¥{}", "zh": "{}日元", "ko": "{}엔"}
_SHORT = {"USD": ("ドル",), "GBP": ("ポンド",), "KRW": ("ウォン",)}  # what people say beside the full names
_DAY = {"ja": "M月d日（EEE）", "en": "EEE, MMM d", "zh": "M月d日（EEE）", "ko": "M월 d일(EEE)"}
_DAY_AND_YEAR = {
    "ja": "y年M月d日（EEE）",
    "en": "EEE, MMM d, y",
    "zh": "y年M月d日（EEE）",
    "ko": "y년 M월 d일(EEE)",
}
_BETWEEN = {"ja": " ", "en": ", ", "zh": " ", "ko": " "}

# what is written by these, and numbers of pieces, where they stand in a text
WRITTEN = re.compile(
    r"(?:\d{4}[年년] ?)?\d{1,2}[月월] ?\d{1,2}[日일](?:[（(][^（()）]{1,2}[）)])?(?: \d{1,2}:\d\d)?"
    r"|-?\d[\d,]*(?:円|日元|엔)"
    r"|\d{1,2}:\d\d [AP]M|× \d+"
)

Text = str | tuple[str, ...]  # with plural forms in Babel's order for the language


class Reader:
    """Somebody who reads: a language and the time zone in which days are named."""

    def __init__(self, lang: str, zone: str = "Asia/Tokyo") -> None:
        if lang not in _LOCALES:
            raise ValueError(f"no language {lang!r}")
        self.lang = lang
        self.locale = _LOCALES[lang]
        self.zone = ZoneInfo(zone)

    def t(self, key: str, **parameters: Any) -> str:
        """The text of a key with its parameters; KeyError when there is none. HTML parameters make it HTML."""
        text = catalogue(self.lang)[key]
        if isinstance(text, tuple):
            text = text[self._plural(parameters["n"])]
        values = {name: self.value(value) for name, value in parameters.items()}
        if any(isinstance(value, Markup) for value in values.values()):
            return Markup(escape(text)).format(**values)  # noqa: S704 - the text is escaped
        return text.format(**values) if values else text.replace("{{", "{").replace("}}", "}")

    def has(self, key: str) -> bool:
        """Whether there is such a text."""
        return key in catalogue(self.lang)

    def value(self, value: Any) -> str:
        """A typed value as this reader writes it; of a name in all languages (a dict by language) the reader's.

        A sentence within a sentence is its key and parameters, as `pack` leaves it.
        """
        match value:
            case Money():
                return self.money(value)
            case dt.datetime():
                return self.datetime(value)
            case dt.date():
                return self.date(value)
            case bool() | str():
                return value if isinstance(value, str) else str(value)
            case int():
                return self.number(value)
            case {"key": str(key), "parameters": dict(parameters)}:
                return self.t(key, **unpack(parameters))
            case dict():
                return str(value[self.lang])
            case list() | tuple():
                return self.list([self.value(part) for part in value])
            case _:
                return str(value)

    def money(self, money: Money) -> str:
        """1,234円, $12.30."""
        if money.currency == "JPY":
            sign, amount = ("-", -money.amount) if money.amount < 0 else ("", money.amount)
            return sign + _YEN[self.lang].format(self.number(amount))
        return str(format_currency(money.decimal(), money.currency, locale=self.locale))

    def size(self, size: int) -> str:
        """10 MB, 500 kB; rounded down, so that it may be promised."""
        unit, per = ("megabyte", 1_000_000) if size >= 1_000_000 else ("kilobyte", 1_000)
        return str(format_unit(size * 10 // per / 10, f"digital-{unit}", "short", locale=self.locale))

    def number(self, number: int) -> str:
        """1,234."""
        return str(format_decimal(number, locale=self.locale))

    def date(self, day: dt.date) -> str:
        """12月3日（水）; with the year when it is another year."""
        day = self.local_day(day)
        form = _DAY if day.year == clock.now().astimezone(self.zone).year else _DAY_AND_YEAR
        return str(format_date(day, form[self.lang], locale=self.locale))

    def full_date(self, day: dt.date) -> str:
        """2026年12月3日: with its year in every year, as documents name days."""
        return str(format_date(self.local_day(day), "long", locale=self.locale))

    def time(self, moment: dt.datetime) -> str:
        """14:05."""
        form = "h:mm a" if self.lang == "en" else "H:mm"
        return str(format_time(moment.astimezone(self.zone), form, locale=self.locale))

    def datetime(self, moment: dt.datetime) -> str:
        """12月3日（水） 14:05."""
        return f"{self.date(moment)}{_BETWEEN[self.lang]}{self.time(moment)}"

    def decimal(self, number: float) -> str:
        """4.3."""
        return str(format_decimal(number, format="0.0", locale=self.locale))

    def month_day(self, day: dt.date) -> str:
        """11月1日, of every year."""
        return str(format_skeleton("MMMd", day, locale=self.locale))

    def month(self, day: dt.date) -> str:
        """2026年3月."""
        return str(format_skeleton("yMMM", self.local_day(day), locale=self.locale))

    def territory(self, code: str) -> str:
        """日本: a country or region by its ISO 3166-1 code, or EU."""
        return str(self.locale.territories[code])

    def list(self, parts: Sequence[str]) -> str:
        """A, B and C."""
        return str(format_list(parts, locale=self.locale))

    def local_day(self, day: dt.date) -> dt.date:
        """The day in the reader's zone."""
        return day.astimezone(self.zone).date() if isinstance(day, dt.datetime) else day

    def _plural(self, n: int) -> int:
        return 0 if self.locale.plural_form(n) == "one" or self.lang != "en" else 1


@cache
def currency_names(currency: str) -> frozenset[str]:
    """What may stand beside an amount of this currency in any of our languages, as NFKC capitals: JPY, ¥, 円, YEN."""
    names = {currency, *_SHORT.get(currency, ())} | {get_currency_symbol(currency, one) for one in _LOCALES.values()}
    for locale in _LOCALES.values():
        for count in (1, 2):
            name = get_currency_name(currency, count, locale)
            names |= {name, name.split()[-1]}
    if currency == "JPY":
        names |= {form.format("") for form in _YEN.values()}
    return frozenset(unicodedata.normalize("NFKC", name).upper() for name in names)


def pack(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Typed parameters as JSON can hold them, to be kept beside a key."""
    return {name: _packed(value) for name, value in parameters.items()}


def unpack(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """What `pack` made, typed again."""
    return {name: _unpacked(value) for name, value in parameters.items()}


def _packed(value: Any) -> Any:
    match value:
        case Money():
            return {"amount": value.amount, "currency": value.currency}
        case dt.datetime():
            return {"at": value.isoformat()}
        case dt.date():
            return {"day": value.isoformat()}
        case msgspec.Struct():
            return msgspec.to_builtins(value)
        case list() | tuple():
            return [_packed(part) for part in value]
        case _:
            return value


def _unpacked(value: Any) -> Any:
    match value:
        case {"amount": int(amount), "currency": str(currency)}:
            return Money(amount, currency)
        case {"at": str(at)}:
            return dt.datetime.fromisoformat(at)
        case {"day": str(day)}:
            return dt.date.fromisoformat(day)
        case list():
            return [_unpacked(part) for part in value]
        case _:
            return value


@cache
def catalogue(lang: str) -> Mapping[str, Text]:
    """All texts of a language. ValueError for a key in two files or outside its room's file."""
    found: dict[str, Text] = {}
    for path in sorted((TEXTS / lang).glob("*.po")):
        with path.open("rb") as file:
            for message in read_po(file, locale=lang):
                if not message.id:
                    continue
                key = str(message.id if isinstance(message.id, str) else message.id[0])
                if key in found or key.split(".")[0] != path.stem:
                    raise ValueError(f"{path.name} ({lang}): {key} is there twice or in the wrong file")
                if message.fuzzy or not message.string:
                    raise ValueError(f"{path.name} ({lang}): {key} is not translated")
                found[key] = tuple(message.string) if isinstance(message.string, (tuple, list)) else message.string
    return found
