"""Addresses and bank accounts as people write them, made regular. Pure.

Of Japan we know what an address and an account look like; elsewhere an address must only be complete.
"""

import re
import tomllib
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from functools import cache
from importlib.resources import files
from typing import Any

from madoguchi.core.actions.fields import ACCOUNT_KINDS
from madoguchi.core.shop.port import Address
from madoguchi.kit.errors import Refused
from madoguchi.kit.security import clean_text

_PART_LIMIT = 100  # characters of one part of an address
_LINES = 4
_HYPHENS = re.compile(r"[\u2010-\u2015\u2212\u30fc\uff0d\uff70]")  # also the long vowel mark, typed for a hyphen
_POSTAL_MARK = "\u3012"
_POSTAL_CODE = re.compile(r"([0-9]{3})-?([0-9]{4})")
_PHONE = re.compile(r"\+?[0-9][0-9-]{8,18}")
_COUNTRY = re.compile(r"[A-Z]{2}")
_KANA = re.compile(r"[\u30a1-\u30ff ]+")
_HOLDER = re.compile(r"[\u30a1-\u30ffA-Z0-9 ().,/-]+")
_ACCOUNT_NUMBER = re.compile(r"[0-9]{1,7}")
_TO_KATAKANA = {code: code + 0x60 for code in range(0x3041, 0x3097)}
_ADDRESS = {"name", "kana", "lines", "city", "region", "postal_code", "country", "phone"}
_KEPT = {"name", "kana", "phone", "country"}
_ACCOUNT = {"bank", "branch", "kind", "number", "holder"}


class Mistakes(Refused):
    """Several parts of a field are wrong: it is the first of them, and knows `all`."""

    def __init__(self, found: Sequence[Refused]) -> None:
        first = found[0]
        super().__init__(first.code, first.status, **first.parameters)
        self.all = tuple(found)


def address(field: str, raw: Mapping[str, Any], known: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """An address as core.shop.port.Address takes it; Refused names the part, such as `address.postal_code`.

    Who lives there and in which country need not be said again where it is known.
    """
    kept = {part: value for part, value in (known or {}).items() if part in _KEPT and value is not None}
    parts = _Parts(field, kept | dict(raw), _ADDRESS)
    country = parts.text("country", _country, required=False) or "JP"
    japanese = country == "JP"
    found = {
        "name": parts.text("name"),
        "kana": parts.kana("kana", _KANA, required=False) if japanese else parts.text("kana", required=False),
        "postal_code": parts.text("postal_code", _postal_code if japanese else None),
        "region": parts.text("region", _prefecture if japanese else None),
        "city": parts.text("city"),
        "lines": parts.lines(),
        "country": country,
        "phone": parts.text("phone", _phone, required=False) or None,
    }
    parts.check()
    return found


def bank_account(field: str, raw: Mapping[str, Any]) -> dict[str, Any]:
    """An account as BankAccount takes it; Refused names the part, such as `bank.number`."""
    parts = _Parts(field, raw, _ACCOUNT)
    found = {
        "bank": parts.text("bank"),
        "branch": parts.text("branch"),
        "kind": parts.text("kind", _account_kind),
        "number": parts.text("number", _account_number),
        "holder": parts.kana("holder", _HOLDER),
    }
    parts.check()
    return found


@cache
def prefectures() -> Mapping[str, Mapping[str, str]]:
    """The regions of Japan as they stand in an address, each with its name in our languages."""
    rows: dict[str, dict[str, str]] = tomllib.loads(
        files(__package__).joinpath("prefectures.toml").read_text(encoding="utf-8")
    )
    return {names["ja"]: names for names in rows.values()}


class _Wrong(Exception):  # noqa: N818 - a part's own word, told as Refused
    """What is wrong with a part: a code."""


class _Parts:
    """The parts of a field that were filled in, made regular one by one; what is wrong is gathered until `check`."""

    def __init__(self, field: str, raw: Mapping[str, Any], known: set[str]) -> None:
        self._field = field
        self._raw = raw
        self._wrong: list[Refused] = []
        if raw.keys() - known:
            raise Refused("field_invalid", field=field)

    def text(self, part: str, regular: Callable[[str], str] | None = None, *, required: bool = True) -> str:
        """A part as one line; `regular` makes of it what is kept, or says what is wrong with it."""
        text = self._line(part, self._raw.get(part), required=required)
        try:
            return regular(text) if regular and text else text
        except _Wrong as wrong:
            return self._refuse(str(wrong), part)

    def kana(self, part: str, allowed: re.Pattern[str], *, required: bool = True) -> str:
        """Katakana, whatever kana was typed."""
        return self.text(part, lambda text: _kana(text, allowed), required=required)

    def lines(self) -> list[str]:
        """The lines of an address, of which the first is needed."""
        raw = self._raw.get("lines")
        if not isinstance(raw, (list, tuple)) or len(raw) > _LINES:
            self._refuse("field_missing" if not raw else "field_invalid", "lines")
            return []
        lines = [self._line("lines", line, required=at == 0) for at, line in enumerate(raw or [""])]
        return [line for line in lines if line]

    def check(self) -> None:
        """Refuse what was wrong, all of it."""
        if self._wrong:
            raise Mistakes(self._wrong)

    def _line(self, part: str, raw: Any, *, required: bool) -> str:
        if raw is not None and not isinstance(raw, str):
            return self._refuse("field_invalid", part)
        text = " ".join(clean_text(raw or "").split())
        if required and not text:
            return self._refuse("field_missing", part)
        if len(text) > _PART_LIMIT:
            return self._refuse("field_too_long", part, limit=_PART_LIMIT)
        return text

    def _refuse(self, code: str, part: str, **parameters: Any) -> str:
        self._wrong.append(Refused(code, field=f"{self._field}.{part}", **parameters))
        return ""


def _country(text: str) -> str:
    if not _COUNTRY.fullmatch(text.upper()):
        raise _Wrong("field_invalid")
    return text.upper()


def _postal_code(text: str) -> str:
    found = _POSTAL_CODE.fullmatch(_plain(text.removeprefix(_POSTAL_MARK)))
    if found is None:
        raise _Wrong("postal_code")
    return f"{found[1]}-{found[2]}"


def _prefecture(text: str) -> str:
    for region, names in prefectures().items():
        if text.casefold() in {name.casefold() for name in names.values()}:
            return region
    raise _Wrong("region_unknown")


def _phone(text: str) -> str:
    number = _plain(text).replace("(", "").replace(")", "-").strip("-")
    if not _PHONE.fullmatch(number):
        raise _Wrong("phone_number")
    return number


def _account_kind(text: str) -> str:
    if text not in ACCOUNT_KINDS:
        raise _Wrong("field_unknown")
    return text


def _account_number(text: str) -> str:
    number = _plain(text).replace("-", "")
    if not _ACCOUNT_NUMBER.fullmatch(number):
        raise _Wrong("account_number")
    return number.zfill(7)


def _kana(text: str, allowed: re.Pattern[str]) -> str:
    kana = unicodedata.normalize("NFKC", text).translate(_TO_KATAKANA).upper()
    if not allowed.fullmatch(kana):
        raise _Wrong("kana")
    return kana


def _plain(text: str) -> str:
    """Digits and hyphens as a keyboard without an input method types them."""
    return unicodedata.normalize("NFKC", _HYPHENS.sub("-", text)).replace(" ", "")


def written(address: Address) -> str:
    """An address on one line, as its country writes it."""
    parts: tuple[str, ...]
    if address.country in {"JP", "CN", "KR"}:
        parts = (address.postal_code, address.region + address.city + " ".join(address.lines), address.name)
    else:
        parts = (address.name, *address.lines, address.city, f"{address.region} {address.postal_code}")
    return ("\u3000" if address.country == "JP" else ", ").join(part for part in parts if part)
