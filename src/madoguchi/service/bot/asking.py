"""Asking for the fields of an action one by one: what can be pressed, and what an answer makes of what is known. Pure.

An answer is a path: the value of an option, or for units and variants the line, and then `line=how many` or
`line=variant`. Both sides are quoted, so that nothing in a store's references can be taken for the sign.
"""

from collections.abc import Mapping, Sequence
from typing import Any
from urllib.parse import quote, unquote

import msgspec

from madoguchi.core.actions.fields import Field, FieldKind, FieldOption
from madoguchi.core.actions.rules import Said
from madoguchi.kit.money import Money
from madoguchi.service.bot.answers import nth
from madoguchi.service.bot.normal import normal

_ON_A_PAGE = {FieldKind.ADDRESS, FieldKind.BANK}
_WRITTEN = {FieldKind.TEXT, FieldKind.NOTE, FieldKind.MONEY}
_LINES = {FieldKind.UNITS, FieldKind.SWAPS}
_MOST_BUTTONS = 10
_LATEST = 3  # photos of earlier that can be picked


class Pick(msgspec.Struct, frozen=True):
    """Something that can be answered by a button."""

    path: str
    label: str | Said
    note: str | Said = ""
    amount: Money | None = None


class Known(msgspec.Struct, frozen=True):
    """What is known of a field after an answer. `line` is the line of which more must be asked; `whole`: nothing."""

    value: Any
    line: str | None = None
    whole: bool = False


class Form(msgspec.Struct, frozen=True):
    """The fields of an action in a conversation: what was answered, and which field is being asked (of which line)."""

    fields: Sequence[Field]
    answers: Mapping[str, Any]
    asking: str | None = None
    line: str | None = None

    @property
    def open(self) -> Field | None:
        """The field to ask for; None when the action can be quoted."""
        missing = (field for field in self.fields if field.asked and field.name not in self.answers)
        return self.field(self.asking) or next(missing, None)

    def field(self, name: str | None) -> Field | None:
        """A field by its name."""
        return next((field for field in self.fields if field.name == name), None)

    def picked(self, name: str, path: str) -> "Form":
        """With an answer by a button; unchanged when it can no longer be picked."""
        field = self.field(name)
        known = answered(field, self.answers.get(name), path) if field else None
        if known is None:
            return self
        value = {} if known.value is None else {name: known.value}
        return Form(self.fields, {**self.answers, **value}, None if known.whole else name, known.line)

    def told(self, name: str, value: Any) -> "Form":
        """With a whole answer."""
        return Form(self.fields, {**self.answers, name: value})

    def knowing(self, name: str, value: Any) -> "Form":
        """With a whole answer that was told before it was asked for; what is being asked stays so."""
        return Form(self.fields, {**self.answers, name: value}, self.asking, self.line)

    def ended(self, name: str) -> "Form":
        """With no more for a field than what is picked, if that will do."""
        field = self.field(name)
        if field is None or not can_end(field, self.answers.get(name)):
            return self
        return Form(self.fields, self.answers)

    def showing(self, photos: Sequence[str]) -> "Form | None":
        """With these photos beside those that were shown before; None when nothing here takes photos."""
        field = next((field for field in self.fields if field.kind is FieldKind.PHOTOS), None)
        return self.told(field.name, [*self.answers.get(field.name, ()), *photos]) if field else None

    def again(self, name: str) -> "Form":
        """Asking for a field anew."""
        return Form(self.fields, {field: value for field, value in self.answers.items() if field != name}, name)


def is_on_page(field: Field) -> bool:
    """Whether it is better filled in on a page."""
    return field.kind in _ON_A_PAGE


def is_written(field: Field) -> bool:
    """Whether any words may be its answer."""
    return field.kind in _WRITTEN


def can_end(field: Field, value: Any) -> bool:
    """Whether the customer may say that this is all."""
    return bool(value) or not field.required


def picks(field: Field, value: Any, line: str | None) -> list[Pick]:
    """What can be pressed: options, lines that were not picked yet, or what there is of one line."""
    if line is not None:
        return _of_line(field, _option(field.options, line))
    left = [option for option in field.options if option.refusal is None and not _is_picked(option.value, value)]
    if field.kind is FieldKind.PHOTOS:
        left = left[:_LATEST]
    if field.kind in _LINES:
        left = [option for option in left if _of_line(field, option)]
    return [Pick(_quoted(option.value), option.label, option.note, option.amount) for option in left]


def answered(field: Field, value: Any, path: str) -> Known | None:
    """What is known after an answer; None when it names nothing that can be picked."""
    first, sign, second = path.partition("=")
    option = _option(field.options, unquote(first))
    if option is None or option.refusal:
        return None
    if field.kind is FieldKind.CHOICE:
        return Known(option.value, whole=True)
    if field.kind is FieldKind.CHOICES:
        return _ended(field, [*(value or ()), option.value])
    if field.kind is FieldKind.PHOTOS:
        return Known([*(value or ()), option.value], whole=True)
    if field.kind not in _LINES:
        return None
    if sign:
        found: Any = int(second) if field.kind is FieldKind.UNITS and second.isdecimal() else unquote(second)
        return _ended(field, dict(value or {}) | {option.value: found})
    if field.kind is FieldKind.UNITS and option.limit == 1:
        return _ended(field, dict(value or {}) | {option.value: 1})
    return Known(value, line=option.value)


def everything(field: Field) -> dict[str, int]:
    """All units that can be chosen."""
    return {option.value: option.limit for option in field.options if option.limit and option.refusal is None}


def typed(text: str, labels: Mapping[str, str], place: int | None) -> str | None:
    """The path that typed words mean: a label, or its place in the list; None when they mean none or several."""
    plain = normal(text)
    known = {path: normal(label) for path, label in labels.items()}
    same = [path for path, label in known.items() if label == plain]
    found = same or [path for path, label in known.items() if label in plain or (len(plain) > 1 and plain in label)]
    return found[0] if len(found) == 1 else nth(list(labels), place)


def _ended(field: Field, value: Any) -> Known:
    """It is whole when there is nothing left to pick."""
    return Known(value, whole=not picks(field, value, None))


def _of_line(field: Field, line: FieldOption | None) -> list[Pick]:
    if line is None:
        return []
    if field.kind is FieldKind.UNITS:
        return [Pick(f"{_quoted(line.value)}={n}", str(n)) for n in range(1, min(line.limit, _MOST_BUTTONS) + 1)]
    return [
        Pick(f"{_quoted(line.value)}={_quoted(variant.value)}", variant.label, variant.note, variant.amount)
        for variant in line.options
        if variant.refusal is None
    ]


def _option(options: Sequence[FieldOption], value: str) -> FieldOption | None:
    return next((option for option in options if option.value == value), None)


def _is_picked(option: str, value: Any) -> bool:
    return isinstance(value, (dict, list)) and option in value


def _quoted(value: str) -> str:
    return quote(value, safe="")
