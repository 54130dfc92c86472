"""What was typed into the form, as values of a pack; what cannot be, as sentences."""

import re
import unicodedata
from collections.abc import Mapping
from decimal import Decimal, InvalidOperation
from typing import Any

from madoguchi.core.policy.checks import Wrong, conflicts
from madoguchi.core.policy.fields import Field, Kind, fields, with_values
from madoguchi.core.policy.pack import RulePack
from madoguchi.kit import i18n
from madoguchi.kit.money import Money, from_major

Typed = Mapping[str, str]

_MONTH_DAY = re.compile(r"(\d{1,2})\D+(\d{1,2})\D*")


def read(pack: RulePack, typed: Typed) -> tuple[RulePack, tuple[Wrong, ...]]:
    """The pack with what was typed (path → text), and what is wrong with it; where something is, the pack as it was."""
    values: dict[str, Any] = {}
    found: list[Wrong] = []
    for field in fields(pack):
        if field.path not in typed:
            continue
        value = _read(field, typed, pack.currency)
        if isinstance(value, Wrong):
            found.append(value)
        else:
            values[field.path] = value
    if found:
        return pack, tuple(found)
    made = with_values(pack, values)
    return made, conflicts(made)


def text(field: Field, currency: str) -> str:
    """A value as it stands in its box."""
    match field.kind:
        case Kind.AMOUNT:
            return str(Money(field.value, currency).decimal())
        case Kind.YES_NO:
            return "yes" if field.value else "no"
        case _:
            return "" if field.value is None else str(field.value)


def _read(field: Field, typed: Typed, currency: str) -> Any:
    given = unicodedata.normalize("NFKC", typed[field.path]).strip()
    match field.kind:
        case Kind.AMOUNT:
            return _amount(field, given, currency)
        case Kind.MONTH_DAY:
            return _month_day(field, given)
        case Kind.YES_NO:
            return given == "yes" if given in {"yes", "no"} else Wrong(field.path, "policy.wrong.choice")
        case Kind.CHOICE:
            return given if given in field.options else Wrong(field.path, "policy.wrong.choice")
        case Kind.CHOICES:
            return _choices(field, typed)
        case Kind.TEXT:
            return _text(field, typed[field.path].strip())
        case _:
            return _number(field, given)


def _number(field: Field, given: str) -> int | Wrong:
    digits = given.replace(",", "")
    if digits.isascii() and digits.isdigit() and len(digits) < 12 and field.least <= int(digits) <= field.most:
        return int(digits)
    return Wrong(field.path, "policy.wrong.number", {"least": field.least, "most": field.most})


def _amount(field: Field, given: str, currency: str) -> int | Wrong:
    wrong = Wrong(
        field.path,
        "policy.wrong.amount",
        i18n.pack({"least": Money(field.least, currency), "most": Money(field.most, currency)}),
    )
    try:
        major = Decimal(given.replace(",", ""))
    except InvalidOperation:
        return wrong
    if not major.is_finite() or abs(major) > field.most:
        return wrong
    money = from_major(major, currency)
    return money.amount if money.decimal() == major and field.least <= money.amount <= field.most else wrong


def _month_day(field: Field, given: str) -> str | Wrong:
    parts = _MONTH_DAY.fullmatch(given)
    day = f"{int(parts[1]):02}-{int(parts[2]):02}" if parts else given
    return day if re.fullmatch(field.pattern or "", day) else Wrong(field.path, "policy.wrong.month_day")


def _choices(field: Field, typed: Typed) -> tuple[Any, ...]:
    """Each ticked box comes under a name of its own."""
    numbers = bool(field.value) and isinstance(field.value[0], int)
    ticked = (word for word in field.options if f"{field.path}/{word}" in typed)
    return tuple(int(word) if numbers else word for word in ticked)


def _text(field: Field, given: str) -> str | Wrong | None:
    if field.optional and not given:
        return None
    if not given or (field.most and len(given) > field.most):
        return Wrong(field.path, "policy.wrong.text", {"most": field.most})
    if field.pattern and not re.fullmatch(field.pattern, given):
        return Wrong(field.path, "policy.wrong.pattern")
    return given
