"""Addresses and bank accounts as people write them, made regular. Pure.

Of Japan we know what an address and an account look like; elsewhere an address must only be complete.
"""

import re
import tomllib
import unicodedata
from collections.abc import Mapping
from functools import cache
from importlib.resources import files
from typing import Any

from madoguchi.core.actions.fields import ACCOUNT_KINDS
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


def address(field: str, raw: Mapping[str, Any], known: Mapping[str, Any] | None = None) -> dict[str, Any]:
    """An address as core.shop.port.Address takes it; Refused names the part, such as `address.postal_code`.

    Who lives there and in which country need not be said again where it is known.
    """
    kept = {part: value for part, value in (known or {}).items() if part in _KEPT and value is not None}
    parts = _Parts(field, kept | dict(raw), _ADDRESS)
    country = (parts.text("country", required=False) or "JP").upper()
    if not _COUNTRY.fullmatch(country):
        raise parts.refused("field_invalid", "country")
    japanese = country == "JP"
    return {
        "name": parts.text("name"),
        "kana": _kana(parts, "kana", _KANA)
        if japanese and parts.text("kana", required=False)
        else parts.text("kana", required=False),
        "postal_code": _postal_code(parts) if japanese else parts.text("postal_code"),
        "region": _prefecture(parts) if japanese else parts.text("region"),
        "city": parts.text("city"),
        "lines": parts.lines(),
        "country": country,
        "phone": _phone(parts),
    }


def bank_account(field: str, raw: Mapping[str, Any]) -> dict[str, Any]:
    """An account as BankAccount takes it; Refused names the part, such as `bank.number`."""
    parts = _Parts(field, raw, _ACCOUNT)
    kind = parts.text("kind")
    if kind not in ACCOUNT_KINDS:
        raise parts.refused("field_unknown", "kind")
    number = _plain(parts.text("number")).replace("-", "")
    if not _ACCOUNT_NUMBER.fullmatch(number):
        raise parts.refused("account_number", "number")
    return {
        "bank": parts.text("bank"),
        "branch": parts.text("branch"),
        "kind": kind,
        "number": number.zfill(7),
        "holder": _kana(parts, "holder", _HOLDER),
    }


@cache
def prefectures() -> Mapping[str, Mapping[str, str]]:
    """The regions of Japan as they stand in an address, each with its name in our languages."""
    rows: dict[str, dict[str, str]] = tomllib.loads(
        files(__package__).joinpath("prefectures.toml").read_text(encoding="utf-8")
    )
    return {names["ja"]: names for names in rows.values()}


class _Parts:
    """The parts of a field that were filled in, one by one."""

    def __init__(self, field: str, raw: Mapping[str, Any], known: set[str]) -> None:
        self._field = field
        self._raw = raw
        if raw.keys() - known:
            raise Refused("field_invalid", field=field)

    def refused(self, code: str, part: str, **parameters: Any) -> Refused:
        return Refused(code, field=f"{self._field}.{part}", **parameters)

    def text(self, part: str, *, required: bool = True) -> str:
        return self._line(part, self._raw.get(part), required)

    def lines(self) -> list[str]:
        raw = self._raw.get("lines")
        if not isinstance(raw, (list, tuple)) or len(raw) > _LINES:
            raise self.refused("field_missing" if not raw else "field_invalid", "lines")
        lines = [self._line("lines", line, required=False) for line in raw]
        if not lines or not lines[0]:
            raise self.refused("field_missing", "lines")
        return [line for line in lines if line]

    def _line(self, part: str, raw: Any, required: bool) -> str:
        if raw is not None and not isinstance(raw, str):
            raise self.refused("field_invalid", part)
        text = " ".join(clean_text(raw or "").split())
        if required and not text:
            raise self.refused("field_missing", part)
        if len(text) > _PART_LIMIT:
            raise self.refused("field_too_long", part, limit=_PART_LIMIT)
        return text


def _postal_code(parts: _Parts) -> str:
    found = _POSTAL_CODE.fullmatch(_plain(parts.text("postal_code").removeprefix(_POSTAL_MARK)))
    if found is None:
        raise parts.refused("postal_code", "postal_code")
    return f"{found[1]}-{found[2]}"


def _prefecture(parts: _Parts) -> str:
    text = parts.text("region")
    for region, names in prefectures().items():
        if text.casefold() in {name.casefold() for name in names.values()}:
            return region
    raise parts.refused("region_unknown", "region")


def _phone(parts: _Parts) -> str | None:
    number = _plain(parts.text("phone", required=False)).replace("(", "").replace(")", "-").strip("-")
    if number and not _PHONE.fullmatch(number):
        raise parts.refused("phone_number", "phone")
    return number or None


def _kana(parts: _Parts, part: str, allowed: re.Pattern[str]) -> str:
    """Katakana, whatever kana was typed."""
    text = unicodedata.normalize("NFKC", parts.text(part)).translate(_TO_KATAKANA).upper()
    if not allowed.fullmatch(text):
        raise parts.refused("kana", part)
    return text


def _plain(text: str) -> str:
    """Digits and hyphens as a keyboard without an input method types them."""
    return unicodedata.normalize("NFKC", _HYPHENS.sub("-", text)).replace(" ", "")
