"""A pack as single values that somebody can read and change, each under a path. Pure.

A path names the parts from the pack down: `returns/days`, `goodwill/limits/leader/case`,
`changes/cancel/cancel.paid/then`. Parts of a list go by their id, so that paths mean the same in every version.
"""

from collections.abc import Iterator, Mapping
from enum import StrEnum
from functools import cache
from typing import Any

import msgspec
from msgspec import inspect

from madoguchi.core.policy.pack import OUTCOMES, ChangeWish, Row, RulePack, Stage, Then, WayBack, shipped, shipped_names


class Kind(StrEnum):
    """How a value is written and read."""

    DAYS = "days"
    WORKING_DAYS = "working_days"
    HOURS = "hours"
    COUNT = "count"
    AMOUNT = "amount"
    PERCENT = "percent"
    MONTH_DAY = "month_day"
    YES_NO = "yes_no"
    CHOICE = "choice"
    CHOICES = "choices"
    TEXT = "text"


class Field(msgspec.Struct, frozen=True, kw_only=True):
    """One value of a pack. `key` is the path without the names of things, which stand in `of`.

    `least` and `most` bound a number, `pattern` a text; `options` are all that can be chosen.
    """

    path: str
    key: str
    of: tuple[str, ...]
    kind: Kind
    value: Any
    least: int = 0
    most: int = 0
    pattern: str | None = None
    options: tuple[str, ...] = ()
    optional: bool = False

    @property
    def section(self) -> str:
        """The matter it belongs to."""
        return self.path.partition("/")[0]


class Difference(msgspec.Struct, frozen=True):
    """A value of two packs; None where one of them does not have it."""

    before: Field | None
    after: Field | None

    @property
    def path(self) -> str:
        """Where it stands."""
        either = self.after or self.before
        assert either
        return either.path


class _Place(msgspec.Struct, frozen=True):
    path: tuple[str, ...] = ()
    key: tuple[str, ...] = ()
    of: tuple[str, ...] = ()

    def part(self, name: str) -> "_Place":
        return _Place((*self.path, name), (*self.key, name), self.of)

    def thing(self, name: str) -> "_Place":
        return _Place((*self.path, name), self.key, (*self.of, name))


_NOT_CHANGED = {RulePack: {"name", "version", "edition", "currency"}, WayBack: {"way"}}
_UNDERWAY = frozenset({Stage.SHIPPED, Stage.DELIVERED, Stage.CANCELLED})


def fields(pack: RulePack) -> tuple[Field, ...]:
    """Everything that can be changed, in the order of the pack."""
    return tuple(_walk(pack, inspect.type_info(RulePack), _Place()))


def differences(before: RulePack, after: RulePack) -> tuple[Difference, ...]:
    """The values in which two packs differ."""
    ours, theirs = ({field.path: field for field in fields(pack)} for pack in (before, after))
    paths = dict.fromkeys([*theirs, *ours])
    found = (Difference(ours.get(path), theirs.get(path)) for path in paths)
    return tuple(one for one in found if _value(one.before) != _value(one.after))


def with_values(pack: RulePack, values: Mapping[str, Any]) -> RulePack:
    """The pack with other values at some paths; msgspec.ValidationError for a value that cannot stand there."""
    document = msgspec.json.decode(msgspec.json.encode(pack))
    for path, value in values.items():
        *parts, last = path.split("/")
        part = document
        for name in parts:
            part = _part(part, name)
        part[last] = msgspec.to_builtins(value)
    return msgspec.convert(document, RulePack)


def _value(field: Field | None) -> Any:
    return field.value if field else None


def _part(part: Any, name: str) -> Any:
    if isinstance(part, list):
        return next(one for one in part if name in (one.get("id"), one.get("way")))
    return part[name]


def _walk(value: Any, kind: inspect.Type, at: _Place) -> Iterator[Field]:
    extra: Mapping[str, Any] = {}
    optional = False
    if isinstance(kind, inspect.UnionType):
        (kind,) = (one for one in kind.types if not isinstance(one, inspect.NoneType))
        optional = True
    if isinstance(kind, inspect.Metadata):
        extra, kind = kind.extra or {}, kind.type
    match kind:
        case inspect.StructType() if value is not None:
            yield from _struct(value, kind, at)
        case inspect.DictType(key_type=inspect.EnumType(cls=names)):
            for name in names:  # a document that was stored has forgotten their order
                if name in value:
                    yield from _walk(value[name], kind.value_type, at.thing(str(name.value)))
        case inspect.VarTupleType(item_type=inspect.StructType() as item):
            for one in value:
                yield from _walk(one, item, at.thing(one.id if isinstance(one, Row) else one.way))
        case inspect.StructType():
            pass
        case _:
            yield _leaf(value, kind, at, extra.get("unit", ""), optional)


def _struct(value: msgspec.Struct, kind: inspect.StructType, at: _Place) -> Iterator[Field]:
    if isinstance(value, Row):
        if options := _outcomes(value, ChangeWish(at.key[-1])):
            yield _field(at.part("then"), Kind.CHOICE, value.then, options=options)
        return
    for field in kind.fields:
        if field.name not in _NOT_CHANGED.get(type(value), ()):
            yield from _walk(getattr(value, field.name), field.type, at.part(field.name))


def _leaf(value: Any, kind: inspect.Type, at: _Place, unit: str, optional: bool) -> Field:
    match kind:
        case inspect.IntType(ge=least, le=most):
            return _field(at, Kind(unit), value, least=least or 0, most=most or 0, optional=optional)
        case inspect.StrType(pattern=pattern, max_length=most):
            return _field(at, Kind(unit or Kind.TEXT), value, most=most or 0, pattern=pattern, optional=optional)
        case inspect.BoolType():
            return _field(at, Kind.YES_NO, value)
        case inspect.EnumType():
            return _field(at, Kind.CHOICE, value, options=_words(kind))
        case inspect.VarTupleType(item_type=item):
            known = _words(item) if isinstance(item, inspect.EnumType) else _known(at.path)
            return _field(at, Kind.CHOICES, tuple(value), options=tuple(dict.fromkeys([*known, *map(str, value)])))
        case _:
            raise TypeError(f"nobody can edit {kind} at {at.path}")


def _field(at: _Place, kind: Kind, value: Any, **more: Any) -> Field:
    return Field(path="/".join(at.path), key=".".join(at.key), of=at.of, kind=kind, value=value, **more)


def _outcomes(row: Row, wish: ChangeWish) -> tuple[str, ...]:
    """What a shop may say instead: what it has in its own hands, or whether it asks the carrier."""
    if row.when.stage == (Stage.SHIPPED,) and row.code is None:
        return (Then.CARRIER, Then.DENY)
    if not row.when.stage or not _UNDERWAY.isdisjoint(row.when.stage):
        return ()
    return tuple(then for then in OUTCOMES[wish] if then is not Then.CARRIER)


def _words(kind: inspect.EnumType) -> tuple[str, ...]:
    return tuple(str(word.value) for word in kind.cls)


@cache
def _known(path: tuple[str, ...]) -> tuple[str, ...]:
    """The words that stand in this place of any pack that is shipped."""
    found: dict[str, None] = {}
    for name in shipped_names():
        part: Any = shipped(name)
        for step in path:
            part = getattr(part, step)
        found |= dict.fromkeys(map(str, part))
    return tuple(found)
