"""What somebody may put into a form: mostly what makes sense, now and then nonsense."""

from collections.abc import Sequence
from random import Random
from typing import Any

from madoguchi.core.actions.fields import Field, FieldKind

NONSENSE = (None, "", "x", -1, 10**18, "１２", [], {}, {"1": -1}, {"9": 1}, {"1": 10**6}, "NaN")
WRONG_CODE = "15"
PLACES = (("150-0001", "渋谷区"), ("１０５−０００１", "港区"), ("1600022", "新宿区"), (WRONG_CODE, "渋谷区"))
ACCOUNT = {"bank": "0001", "branch": "001", "kind": "ordinary", "number": "1234567", "holder": "サトウ ミサキ"}


def filled(fields: Sequence[Field], dice: Random) -> dict[str, Any]:
    """A whole form; what is optional may be left out."""
    return {field.name: _value(field, dice) for field in fields if field.required or dice.random() < 0.5}


def _value(field: Field, dice: Random) -> Any:
    if dice.random() < 0.05:
        return dice.choice(NONSENSE)
    able = [option for option in field.options if option.refusal is None] or list(field.options)
    match field.kind:
        case FieldKind.CHOICE if able:
            return dice.choice(able).value
        case FieldKind.CHOICES:
            return [option.value for option in field.options if dice.random() < 0.95]
        case FieldKind.UNITS:
            return {option.value: dice.randint(0, option.limit) for option in able}
        case FieldKind.SWAPS:
            return _swap(field, dice)
        case FieldKind.ADDRESS:
            code, city = dice.choice(PLACES)
            return {"name": "佐藤 美咲", "postal_code": code, "region": "東京都", "city": city, "lines": ["1-2-3"]}
        case FieldKind.MONEY if field.most:
            return {"amount": dice.randint(1, field.most.amount), "currency": field.most.currency}
        case FieldKind.BANK:
            return ACCOUNT
    return dice.choice(["御礼", "x" * 300])


def _swap(field: Field, dice: Random) -> dict[str, str]:
    """One line that becomes another variant."""
    possible = [(line.value, option.value) for line in field.options for option in line.options if not option.refusal]
    return dict([dice.choice(possible)]) if possible else {}
