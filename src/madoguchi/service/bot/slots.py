"""Facts inside an utterance: order numbers, a choice from a list, a mail address, a six-digit code. Pure."""

import re

import msgspec

from madoguchi.service.bot.answers import choice
from madoguchi.service.bot.normal import normal


class Slots(msgspec.Struct, frozen=True):
    """What was found.

    `order_numbers` are written as the store prints them, `MD-12345678`, or `#W1234567` for an imported shop;
    `choice` counts from 1, `answers.LAST` stands for the last of a list; `code` is six digits.
    """

    order_numbers: tuple[str, ...] = ()
    choice: int | None = None
    email: str | None = None
    code: str | None = None


def read_slots(text: str) -> Slots:
    """The facts of one utterance, typed in any of the four languages and in any width."""
    plain = normal(text)
    return Slots(_order_numbers(plain), choice(plain), _email(plain), _code(plain))


def without_slots(plain: str) -> str:
    """Normalised text without order numbers, addresses and codes: what is left says the wish."""
    for pattern in (_EMAIL, _ORDER, _CODE):
        plain = pattern.sub(" ", plain)
    return " ".join(plain.split())


# ー is what a Japanese keyboard gives for a hyphen. The edges keep out pieces of phone numbers, dates and amounts.
_START = r"(?<![0-9a-z@+])(?<![0-9][-ー.,])"
_END = r"(?![0-9a-z@]|[-ー.,][0-9])"
_ORDER = re.compile(
    rf"{_START}(?:md[-ー\s]?(?P<prefixed>[0-9]{{4}}[-ー\s]?[0-9]{{4}})"
    rf"|(?P<bare>[0-9]{{4}}[-ー]?[0-9]{{4}})"
    rf"|(?:#\s?w?|w)[-ー]?(?P<imported>[0-9]{{7}})){_END}"
)
_EMAIL = re.compile(r"[a-z0-9][a-z0-9._%+-]{0,63}@[a-z0-9-]{1,63}(?:\.[a-z0-9-]{1,63}){0,4}\.[a-z]{2,24}")
_CODE = re.compile(rf"{_START}[0-9]{{3}}[-\s]?[0-9]{{3}}{_END}")


def _order_numbers(plain: str) -> tuple[str, ...]:
    found = []
    for match in _ORDER.finditer(_EMAIL.sub(" ", plain)):
        demo, imported = match["prefixed"] or match["bare"], match["imported"]
        found.append(f"MD-{_digits(demo)}" if demo else f"#W{imported}")
    return tuple(dict.fromkeys(found))


def _email(plain: str) -> str | None:
    match = _EMAIL.search(plain)
    return match and match[0]


def _code(plain: str) -> str | None:
    match = _CODE.search(_ORDER.sub(" ", plain))
    return match and _digits(match[0])


def _digits(text: str) -> str:
    return re.sub(r"\D", "", text)
