"""The fields of an action as templates show them (components/fields.html), and as their forms post them."""

from collections.abc import Mapping, Sequence
from typing import Any

import msgspec

from madoguchi.core.access.rules import Actor
from madoguchi.core.actions import verbs as actions
from madoguchi.core.actions.addresses import prefectures
from madoguchi.core.actions.catalogue import Action
from madoguchi.core.actions.fields import Field, FieldKind, FieldOption, Subject, difference, explanation, label, words
from madoguchi.core.actions.reading import problems
from madoguchi.kit.db import Tx
from madoguchi.kit.errors import Refused
from madoguchi.kit.i18n import Reader
from madoguchi.kit.money import Money

_HOLDS_SEVERAL = {
    FieldKind.CHOICES,
    FieldKind.UNITS,
    FieldKind.SWAPS,
    FieldKind.ADDRESS,
    FieldKind.BANK,
    FieldKind.PHOTOS,
}
_LINES = ("line1", "line2")  # the inputs that make up the lines of an address


class OptionView(msgspec.Struct, frozen=True, kw_only=True):
    """What can be chosen, or a line: what it is worth in words, how many units of it can be and are chosen.

    `why_not` is why it cannot be chosen; `options` are the variants of a line.
    """

    value: str
    label: str
    note: str
    worth: str
    free: int
    wanted: int
    chosen: bool
    why_not: str
    options: Sequence["OptionView"] = ()


class FieldView(msgspec.Struct, frozen=True, kw_only=True):
    """A field as it stands in a form: one `value`, or `parts` by name, with what is wrong with each (`errors`).

    `id` is unique on the page, `name` is what is posted.
    """

    id: str
    name: str
    kind: str
    label: str
    help: str
    required: bool
    limit: int
    options: Sequence[OptionView]
    value: str
    parts: Mapping[str, str]
    regions: Sequence[tuple[str, str]]
    error: str
    errors: Mapping[str, str]


def filled_in(fields: Sequence[Field], posted: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a posted form; what a browser does not post, such as a box without a tick, is empty.

    What is proposed is always posted where it was shown, and left out where it was not. Refused("invalid_form") for
    what is none of the fields.
    """
    unknown = posted.keys() - {field.name for field in fields}
    if unknown:
        raise Refused("invalid_form", detail=min(unknown))
    shown = (field for field in fields if field.name in posted or not field.proposed)
    return {field.name: _value(field, posted.get(field.name)) for field in shown}


def filled_in_again(fields: Sequence[Field], posted: Mapping[str, Any]) -> dict[str, Any]:
    """The same of a form that is shown again, with what it asks by then."""
    names = {field.name for field in fields}
    return filled_in(fields, {name: value for name, value in posted.items() if name in names})


async def told(tx: Tx, actor: Actor, action: Action, subject: Subject, posted: Mapping[str, Any]) -> dict[str, Any]:
    """The values of a posted form for those of an action's fields that matter then.

    Refused: as filled_in; field_choose where there is something to choose that could not be known before.
    """
    values = filled_in(await actions.fields(tx, actor, action, subject), posted)
    asked = await actions.fields(tx, actor, action, subject, values)
    for field in asked:
        if field.proposed and field.name not in values:
            raise Refused("field_choose", field=field.name)
    return {field.name: values[field.name] for field in asked}


def field_views(
    action: str,
    fields: Sequence[Field],
    reader: Reader,
    values: Mapping[str, Any] | None = None,
    within: str = "",
    refused: Refused | None = None,
    judged: bool = True,
) -> list[FieldView]:
    """The fields of a form: with their defaults, or with the values that were filled in and what is wrong with them.

    `within` sets the ids of one form apart from those of others on the same page; what was `refused` stands at its
    field. What was only kept to go on with is not `judged` yet.
    """
    wrong = {}
    if refused and "field" in refused.parameters:
        wrong[str(refused.parameters["field"])] = reader.t(refused.key, **refused.parameters)
    for refused in problems(fields, values) if values is not None and judged else ():
        wrong[str(refused.parameters["field"])] = reader.t(refused.key, **refused.parameters)
    return [_view(action, field, _stands(field, values), wrong, within, reader) for field in fields]


def mistakes(views: Sequence[FieldView], reader: Reader) -> list[tuple[str, str]]:
    """What is wrong in a form, for its summary: where, and the sentence with what the field is called."""
    found = []
    for view in views:
        if view.error:
            found.append((view.id, reader.t("ui.form.mistake", label=view.label, text=view.error)))
        found += [(f"{view.id}-{part}", text) for part, text in view.errors.items() if text]
    return found


def _stands(field: Field, values: Mapping[str, Any] | None) -> Any:
    """What is in a field: the default of a form that is new, or of what is asked in it for the first time."""
    if values is None or (field.proposed and field.name not in values):
        return field.default
    return values.get(field.name)


def _value(field: Field, posted: Any) -> Any:
    if posted is None:
        posted = {} if field.kind in _HOLDS_SEVERAL else ""
    if not isinstance(posted, dict):
        return posted
    match field.kind:
        case FieldKind.CHOICES | FieldKind.PHOTOS:
            return list(posted)
        case FieldKind.ADDRESS:
            parts = {part: value for part, value in posted.items() if part not in _LINES}
            return parts | {"lines": [posted.get(part, "") for part in _LINES]}
    return posted


def _view(action: str, field: Field, value: Any, wrong: Mapping[str, str], within: str, reader: Reader) -> FieldView:
    parts = _parts(field, value)
    return FieldView(
        id=f"{within}{field.name}",
        name=field.name,
        kind=field.kind,
        label=label(action, field, reader),
        help=explanation(action, field, reader),
        required=field.required,
        limit=field.limit,
        options=[_option(field, option, value, reader) for option in field.options],
        value=_text(value, reader),
        parts=parts,
        regions=_regions(parts, reader) if field.kind is FieldKind.ADDRESS else (),
        error=wrong.get(field.name, ""),
        errors={
            name.partition(".")[2].replace("lines", "line1"): text
            for name, text in wrong.items()
            if name.startswith(f"{field.name}.")
        },
    )


def _option(field: Field, option: FieldOption, value: Any, reader: Reader) -> OptionView:
    chosen = value.get(option.value) if isinstance(value, Mapping) else value
    several = chosen if isinstance(chosen, list) else [chosen]
    return OptionView(
        value=option.value,
        label=words(option.label, reader),
        note=words(option.note, reader),
        worth=_worth(option, reader),
        free=option.limit,
        wanted=_wanted(chosen, option.limit),
        chosen=option.value in several,
        why_not=reader.t(f"errors.{option.refusal.code}", **option.refusal.parameters) if option.refusal else "",
        options=[_variant(variant, chosen, reader) for variant in option.options],
    )


def _wanted(chosen: Any, limit: int) -> int:
    """How many units were chosen, as far as it can be shown."""
    digits = str(chosen)
    return min(int(digits), limit) if digits.isdecimal() and len(digits) <= len(str(limit)) else 0


def _variant(option: FieldOption, chosen: Any, reader: Reader) -> OptionView:
    return OptionView(
        value=option.value,
        label=words(option.label, reader),
        note=words(option.note, reader),
        worth=difference(option.amount, reader),
        free=0,
        wanted=0,
        chosen=option.value == chosen,
        why_not=reader.t(f"errors.{option.refusal.code}", **option.refusal.parameters) if option.refusal else "",
    )


def _worth(option: FieldOption, reader: Reader) -> str:
    return reader.money(option.amount) if option.amount is not None else ""


def _text(value: Any, reader: Reader) -> str:
    match value:
        case str():
            return value
        case {"amount": int(amount), "currency": str(currency)}:
            return reader.money(Money(amount, currency))
    return ""


def _parts(field: Field, value: Any) -> dict[str, str]:
    """The parts of an address or an account that are known, each as text."""
    if field.kind not in {FieldKind.ADDRESS, FieldKind.BANK}:
        return {}
    given = dict(value) if isinstance(value, Mapping) else {}
    lines = given.pop("lines", ())
    parts = {name: part for name, part in given.items() if isinstance(part, str)}
    if field.kind is FieldKind.ADDRESS:
        country = field.default.get("country", "JP") if isinstance(field.default, Mapping) else "JP"
        parts = {"country": country} | parts
        texts = [line for line in lines if isinstance(line, str)] if isinstance(lines, (list, tuple)) else []
        parts |= {"line1": "".join(texts[:1]), "line2": " ".join(texts[1:])}
    return parts


def _regions(parts: Mapping[str, str], reader: Reader) -> list[tuple[str, str]]:
    """The prefectures to choose from where the address is in Japan, as on the label and as the reader calls them."""
    if parts["country"] != "JP":
        return []
    named = [(region, names[reader.lang]) for region, names in prefectures().items()]
    return [(region, region if name == region else f"{region} {name}") for region, name in named]
