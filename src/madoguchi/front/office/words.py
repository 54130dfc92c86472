"""A pack's values in the reader's words."""

from collections.abc import Iterable, Sequence
from datetime import date

import msgspec

from madoguchi.core.cases.reasons import REASONS
from madoguchi.core.policy.checks import Wrong
from madoguchi.core.policy.fields import Difference, Field, Kind
from madoguchi.core.policy.pack import ChangeWish, Row, RulePack, Then
from madoguchi.kit import i18n
from madoguchi.kit.i18n import Reader
from madoguchi.kit.money import Money

LEAP_YEAR = 2024  # has every day of every year
# whose options have the words for this value, and for the things that it is of
SAME_WORDS = {
    "returns.keep": "returns.never",
    "returns.incomplete": "returns.used",
    "returns.untagged": "returns.used",
    "returns.refund.gift_balance": "returns.refund.usual",
    "returns.refund.trusted": "returns.refund.usual",
    "returns.exchange.ship": "returns.refund.usual",
    "returns.exchange.ship_trusted": "returns.refund.usual",
    "returns.approval": "claims.approval",
    "guarantee.never": "returns.never",
    "guarantee.approval": "claims.approval",
}
NAMED_BY = {"returns.reasons": "returns.free_for", "returns.methods": "faults.postage"}
SECTIONS = (
    "changes",
    "returns",
    "refunds",
    "faults",
    "claims",
    "sellers",
    "guarantee",
    "goodwill",
    "subscriptions",
    "advance",
    "receipts",
)


class Told(msgspec.Struct, frozen=True):
    """A value with its name."""

    label: str
    value: str


class RowView(msgspec.Struct, frozen=True):
    """A row of the change matrix: when, what happens, what is possible instead."""

    when: str
    then: str
    instead: str


class Change(msgspec.Struct, frozen=True):
    """A value that is about to be, or was, another one."""

    section: str
    label: str
    before: str
    after: str


def label(field: Field, pack: RulePack, reader: Reader) -> str:
    """What a value is about; of a row of the matrix, the wish and when it applies."""
    if is_row(field):
        _, wish, row_id, _ = field.path.split("/")
        row = next(row for row in pack.changes.rows(ChangeWish(wish)) if row.id == row_id)
        return f"{reader.t(f'policy.wish.{wish}')}: {condition(row, reader)}"
    named = " / ".join(_name(field, name, reader) for name in field.of)
    return reader.t(f"policy.field.{field.key}", of=named)


def is_row(field: Field) -> bool:
    """Whether it is what a row of the change matrix says."""
    return field.key.startswith("changes.") and field.key.endswith(".then")


def value(field: Field, currency: str, reader: Reader) -> str:
    """A value with its unit."""
    match field.kind:
        case Kind.DAYS | Kind.WORKING_DAYS | Kind.HOURS:
            return reader.t(f"policy.value.{field.kind}", n=field.value)
        case Kind.COUNT | Kind.PERCENT:
            return reader.t(f"policy.value.{field.kind}", number=field.value)
        case Kind.AMOUNT:
            return reader.money(Money(field.value, currency))
        case Kind.MONTH_DAY:
            return reader.month_day(date.fromisoformat(f"{LEAP_YEAR}-{field.value}"))
        case Kind.YES_NO:
            return reader.t("policy.value.yes" if field.value else "policy.value.no")
        case Kind.CHOICE:
            return option(field, field.value, reader)
        case Kind.CHOICES:
            words = reader.list([option(field, str(one), reader) for one in field.value])
            return words or reader.t("policy.value.none")
        case Kind.TEXT:
            return field.value or reader.t("policy.value.none")


def option(field: Field, word: str, reader: Reader) -> str:
    """One of the words that can be chosen."""
    if is_row(field):
        return reader.t(f"policy.then.{word}")
    if field.key == "returns.status":
        return word  # the shop's own
    if field.key == "returns.reasons":
        return reader.t(f"policy.of.{word}")
    return reader.t(f"policy.option.{SAME_WORDS.get(field.key, field.key)}.{word}")


def told(fields: Iterable[Field], pack: RulePack, reader: Reader) -> list[Told]:
    """Values with their names."""
    return [Told(label(field, pack, reader), value(field, pack.currency, reader)) for field in fields]


def matrix(pack: RulePack, wish: ChangeWish, reader: Reader) -> list[RowView]:
    """All rows of a wish, in the order in which they are looked at."""
    return [
        RowView(condition(row, reader), reader.t(f"policy.then.{row.then}"), _instead(row, reader))
        for row in pack.changes.rows(wish)
    ]


def condition(row: Row, reader: Reader) -> str:
    """When a row applies."""
    when = row.when
    parts = [
        " / ".join(reader.t(f"policy.when.stage.{stage}") for stage in when.stage or ()),
        " / ".join(reader.t("policy.when.status", word=word) for word in when.status or ()),
        " / ".join(reader.t(f"policy.when.flag.{flag}") for flag in when.flag or ()),
        reader.t("policy.when.gift") if when.gift else "",
        reader.t("policy.when.business") if when.business else "",
        reader.t("policy.when.partly_shipped") if when.partly_shipped else "",
        reader.t("policy.when.after_cut_off") if when.after_cut_off else "",
    ]
    return reader.list([part for part in parts if part]) or reader.t("policy.when.always")


def changes(found: Sequence[Difference], before: RulePack, after: RulePack, reader: Reader) -> list[Change]:
    """Differences, value by value."""
    return [_change(one, before, after, reader) for one in found]


def wrong(of: Wrong, reader: Reader) -> str:
    """Why a value cannot be."""
    return reader.t(of.key, **i18n.unpack(of.parameters))


def _name(field: Field, name: str, reader: Reader) -> str:
    """A thing that a value is of."""
    if field.key in NAMED_BY:
        return reader.t(f"policy.option.{NAMED_BY[field.key]}.{name}")
    return reader.t(f"policy.of.{name}")


def _change(one: Difference, before: RulePack, after: RulePack, reader: Reader) -> Change:
    either = one.after or one.before
    assert either
    return Change(
        section=reader.t(f"policy.section.{either.section}"),
        label=label(either, after if one.after else before, reader),
        before=value(one.before, before.currency, reader) if one.before else reader.t("policy.value.none"),
        after=value(one.after, after.currency, reader) if one.after else reader.t("policy.value.none"),
    )


def _instead(row: Row, reader: Reader) -> str:
    if row.then is not Then.DENY:
        return ""
    return reader.list([REASONS[name].label[reader.lang] for name in row.instead if name in REASONS])
