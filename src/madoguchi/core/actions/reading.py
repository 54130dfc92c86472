"""What was filled in, against the fields that asked for it. Pure.

People type full-width digits, commas and units, and programs send anything: what can be understood is, the rest is
Refused with the field's name (`address.postal_code` for a part of one) and a sentence that says what is expected.
"""

import re
import unicodedata
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from decimal import Decimal
from typing import Any

from madoguchi.core.actions import addresses
from madoguchi.core.actions.fields import Field, FieldKind, FieldOption
from madoguchi.core.actions.rules import Refusal
from madoguchi.kit.errors import Refused
from madoguchi.kit.i18n import currency_names
from madoguchi.kit.money import from_major
from madoguchi.kit.security import clean_text, mask_cards

_DIGITS = re.compile(r"[0-9]{1,6}")
_MISSING = {FieldKind.UNITS: "no_lines", FieldKind.PHOTOS: "photo_missing"}
_AMOUNT = r"(?:[0-9]{1,12}|[0-9]{1,3}(?:,[0-9]{3}){1,3})(?:\.[0-9]{1,3})?"


def read(fields: Sequence[Field], given: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a form as an action takes them; what is optional and empty is left out.

    Refused: field_missing, field_unknown, field_invalid, field_too_long, field_amount, no_lines, unknown_line,
    wrong_quantity, postal_code, region_unknown, phone_number, kana, account_number, photo_missing, photo_unknown,
    too_many_photos, or why an option cannot be chosen.
    """
    found = {}
    for field in fields:
        value = read_field(field, given.get(field.name, field.fallback))
        if value is not None:
            found[field.name] = value
    return found


def counted(fields: Sequence[Field], given: Mapping[str, Any]) -> dict[str, Any]:
    """What counts so far: what can be understood of what was given, and the defaults of what was not."""
    found: dict[str, Any] = {}
    for field in fields:
        with suppress(Refused):
            found |= read([field], given)
    return found


def problems(fields: Sequence[Field], given: Mapping[str, Any]) -> list[Refused]:
    """Everything that `read` would refuse, field by field."""
    found: list[Refused] = []
    for field in fields:
        try:
            read([field], given)
        except addresses.Mistakes as several:
            found += several.all
        except Refused as refused:
            found.append(refused)
    return found


def read_field(field: Field, raw: Any) -> Any:
    """One value; None when it is empty and need not be there."""
    if isinstance(raw, str):
        raw = clean_text(raw)
    if raw is None or raw == "" or raw == [] or raw == {}:
        if field.required:
            raise Refused(_MISSING.get(field.kind, "field_missing"), field=field.name)
        return None
    return _READ[field.kind](field, raw)


def _choice(field: Field, raw: Any) -> str:
    return _chosen(field, field.options, raw).value


def _choices(field: Field, raw: Any) -> list[str]:
    if not isinstance(raw, list):
        raise Refused("field_invalid", field=field.name)
    return list(dict.fromkeys(_chosen(field, field.options, one).value for one in raw))


def _photos(field: Field, raw: Any) -> list[str]:
    chosen = _choices(field, raw)
    if len(chosen) > field.limit:
        raise Refused("too_many_photos", limit=field.limit, field=field.name)
    return chosen


def _units(field: Field, raw: Any) -> dict[str, int]:
    found = {ref: _count(field, _line(field, ref), count) for ref, count in _mapping(field, raw).items()}
    wanted = {ref: count for ref, count in found.items() if count}
    if not wanted:
        raise Refused("no_lines", field=field.name)
    return wanted


def _swaps(field: Field, raw: Any) -> dict[str, str]:
    wanted = {ref: value for ref, value in _mapping(field, raw).items() if value != ""}
    found = {ref: _chosen(field, _line(field, ref).options, value).value for ref, value in wanted.items()}
    if field.required and not found:
        raise Refused("field_missing", field=field.name)
    return found


def _text(field: Field, raw: Any) -> str:
    return " ".join(_note(field, raw).split())


def _note(field: Field, raw: Any) -> str:
    if not isinstance(raw, str):
        raise Refused("field_invalid", field=field.name)
    if len(raw) > field.limit:
        raise Refused("field_too_long", limit=field.limit, field=field.name)
    return mask_cards(raw)[0]


def _money(field: Field, raw: Any) -> dict[str, Any]:
    """An amount above zero and at most `most`, in the currency of `most`."""
    most = field.most
    if most is None:
        raise ValueError(f"the field {field.name} takes money and does not say how much at most")
    amount = _minor_units(most.currency, raw)
    if amount is None or not 0 < amount <= most.amount:
        raise Refused("field_amount", limit=most, field=field.name)
    return {"amount": amount, "currency": most.currency}


def _minor_units(currency: str, raw: Any) -> int | None:
    if isinstance(raw, Mapping):
        amount = raw.get("amount")
        exact = isinstance(amount, int) and not isinstance(amount, bool)
        return amount if exact and raw.keys() == {"amount", "currency"} and raw["currency"] == currency else None
    plain = _figures(currency, str(raw))
    if plain is None:
        return None
    money = from_major(plain, currency)
    return money.amount if money.decimal() == Decimal(plain) else None


def _figures(currency: str, text: str) -> str | None:
    """What stands alone or beside a name of this currency; None beside anything else: nobody's dollars become yen."""
    name = "|".join(re.escape(one) for one in currency_names(currency))
    found = re.fullmatch(rf"(?:{name})?\s*({_AMOUNT})\s*(?:{name})?", narrow(text).strip().upper())
    return found[1].replace(",", "") if found else None


def _chosen(field: Field, options: Sequence[FieldOption], raw: Any) -> FieldOption:
    option = next((option for option in options if option.value == raw), None) or _as_typed(options, raw)
    if option is None:
        _check_possible(field, field.left_out.get(raw) if isinstance(raw, str) else None)
        raise Refused(field.unknown, field=field.name)
    _check_possible(field, option.refusal)
    return option


def _as_typed(options: Sequence[FieldOption], raw: Any) -> FieldOption | None:
    """The one option that somebody meant who typed it full-width or in other capitals, such as a coupon's code."""
    if not isinstance(raw, str):
        return None
    fits = [option for option in options if _folded(option.value) == _folded(raw)]
    return fits[0] if len(fits) == 1 else None


def _folded(text: str) -> str:
    return unicodedata.normalize("NFKC", text).casefold()


def _line(field: Field, ref: str) -> FieldOption:
    option = next((option for option in field.options if option.value == ref), None)
    if option is None:
        raise Refused("unknown_line", field=field.name)
    return option


def _count(field: Field, line: FieldOption, raw: Any) -> int:
    """How many units; zero, which leaves the line alone, is possible for every line."""
    digits = _DIGITS.fullmatch(narrow(str(raw)).strip()) if isinstance(raw, (int, str)) else None
    count = int(digits[0]) if digits and not isinstance(raw, bool) else -1
    if count:
        _check_possible(field, line.refusal)
    if not 0 <= count <= line.limit:
        raise Refused("wrong_quantity", limit=line.limit, field=field.name)
    return count


def _check_possible(field: Field, why: Refusal | None) -> None:
    if why:
        raise Refused(why.code, 409, alternatives=why.alternatives, field=field.name, **why.parameters)


def _mapping(field: Field, raw: Any) -> Mapping[str, Any]:
    if not isinstance(raw, Mapping):
        raise Refused("field_invalid", field=field.name)
    return raw


def narrow(text: str) -> str:
    """Full-width digits and letters as plain ones."""
    return unicodedata.normalize("NFKC", text)


_READ: Mapping[FieldKind, Callable[[Field, Any], Any]] = {
    FieldKind.CHOICE: _choice,
    FieldKind.CHOICES: _choices,
    FieldKind.UNITS: _units,
    FieldKind.SWAPS: _swaps,
    FieldKind.ADDRESS: lambda field, raw: addresses.address(field.name, _mapping(field, raw), field.default),
    FieldKind.TEXT: _text,
    FieldKind.NOTE: _note,
    FieldKind.MONEY: _money,
    FieldKind.PHOTOS: _photos,
    FieldKind.BANK: lambda field, raw: addresses.bank_account(field.name, _mapping(field, raw)),
}
