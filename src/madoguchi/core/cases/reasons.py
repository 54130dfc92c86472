"""Contact reasons: why people write to the shop. One flat list, the same ids in every room."""

import tomllib
from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType

import msgspec


class Reason(msgspec.Struct, frozen=True):
    """One reason as a customer sees it; `label` and `description` are keyed by language (ja, en, zh, ko).

    `conversation` marks what is said in a chat without being a reason to write: it stands in no finder and no report.
    """

    id: str
    label: dict[str, str]
    description: dict[str, str]
    conversation: bool = False


def _load() -> Mapping[str, Reason]:
    rows = tomllib.loads(files(__package__).joinpath("reasons.toml").read_text(encoding="utf-8"))["reason"]
    reasons = msgspec.convert(rows, list[Reason])
    return MappingProxyType({reason.id: reason for reason in reasons})


REASONS: Mapping[str, Reason] = _load()


def reason(id: str) -> Reason:
    """The reason with this id; KeyError when there is none."""
    return REASONS[id]


def finder_reasons() -> list[Reason]:
    """The reasons a customer can choose from, in the order of the finder."""
    return [reason for reason in REASONS.values() if not reason.conversation]
