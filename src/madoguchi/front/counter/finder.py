"""The contact finder: what people most likely want, and all reasons in groups."""

from collections.abc import Sequence
from itertools import groupby

import msgspec

from madoguchi.core.cases.reasons import REASONS, Reason, finder_reasons
from madoguchi.kit.i18n import Reader

LIKELIEST = ("order.status", "delivery.late", "order.cancel", "return.start", "refund.status", "payment.problem")
_JOINED = {"refund": "return", "guarantee": "seller", "notice": "service", "privacy": "account", "security": "account"}


class Choice(msgspec.Struct, frozen=True):
    """A reason to write, in the reader's words."""

    id: str
    label: str
    description: str


class Group(msgspec.Struct, frozen=True):
    """Reasons of one kind under their title."""

    title: str
    choices: tuple[Choice, ...]


def choice(reason: Reason, reader: Reader) -> Choice:
    """The reason for a reader."""
    return Choice(reason.id, reason.label[reader.lang], reason.description[reader.lang])


def likeliest(reader: Reader) -> Sequence[Choice]:
    """What most people come for."""
    return [choice(REASONS[id], reader) for id in LIKELIEST]


def groups(reader: Reader) -> Sequence[Group]:
    """All reasons a customer can choose, by kind."""
    kinds = list(dict.fromkeys(_kind(reason) for reason in finder_reasons()))
    by_kind = sorted(finder_reasons(), key=lambda reason: kinds.index(_kind(reason)))
    return [
        Group(reader.t(f"counter.help.group.{kind}"), tuple(choice(reason, reader) for reason in reasons))
        for kind, reasons in groupby(by_kind, key=_kind)
    ]


def label(id: str, reader: Reader) -> str:
    """The words for a reason."""
    return REASONS[id].label[reader.lang]


def _kind(reason: Reason) -> str:
    kind = reason.id.partition(".")[0]
    return _JOINED.get(kind, kind)
