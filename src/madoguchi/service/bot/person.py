"""Asking for a person, and asking whether a person is answering: in any language, at any point. Pure.

The way to a person must not hang on a probability, so what people say in so many words is written down in person.toml.
"""

import re
import tomllib
from functools import cache
from importlib.resources import files

import msgspec

from madoguchi.service.bot.normal import hiragana, simplified

_LONGEST_CALL = 40
"""Characters in which nothing but a call for a person may be said ("オペレーターお願いします")."""


def asks_for_person(plain: str) -> bool:
    """Whether a normalised text asks to be connected to a person, in whatever language."""
    return any(language.asks_for_person(plain) for language in _languages())


def asks_if_human(plain: str) -> bool:
    """Whether a normalised text asks if a person or a machine is answering."""
    return any(language.asks_if_human(plain) for language in _languages())


class _Sayings(msgspec.Struct, frozen=True):
    """What is said in one language, as person.toml explains."""

    reach: int
    persons: list[str]
    after: list[str]
    phrases: list[str]
    polite: list[str]
    never: list[str]
    declined: list[str]
    question: list[str]
    before: list[str] = []


class _Language:
    def __init__(self, lang: str, sayings: _Sayings) -> None:
        self._lang = lang
        edge = r"\b" if lang == "en" else ""
        pause = r"[\s、。,.!~]*"
        reach = rf"{edge}[^、。,.!?]{{0,{sayings.reach}}}?{edge}"
        person, polite = _any(sayings.persons), _any(sayings.polite)
        wishes = [f"{person}{reach}{_any(sayings.after)}", *sayings.phrases]
        if sayings.before:
            wishes.append(f"{_any(sayings.before)}{reach}{person}")
        self._wish = re.compile(f"{edge}{_any(wishes)}{edge}")
        around = f"(?:{polite}{edge}{pause})*"
        self._call = re.compile(f"{around}(?:{person}{edge}{pause}{around})+")
        self._never = re.compile(f"{edge}{_any(sayings.never)}{edge}")
        self._declined = re.compile(f"{edge}{_any(sayings.declined)}{edge}")
        self._question = re.compile(f"{edge}{_any(sayings.question)}{edge}")

    def asks_for_person(self, plain: str) -> bool:
        text = self._never.sub("…", self._question.sub("…", self._spelt(plain)))
        if self._declined.search(text):
            return False
        return bool(self._wish.search(text) or (len(text) <= _LONGEST_CALL and self._call.fullmatch(text)))

    def asks_if_human(self, plain: str) -> bool:
        return bool(self._question.search(self._spelt(plain)))

    def _spelt(self, plain: str) -> str:
        match self._lang:
            case "ja":
                return hiragana(plain).replace(" ", "")
            case "zh":
                return simplified(plain).replace(" ", "")
            case "ko":
                return plain.replace(" ", "")
            case _:
                return plain.replace("’", "'")


@cache
def _languages() -> list[_Language]:
    rows = tomllib.loads(files(__package__).joinpath("person.toml").read_text(encoding="utf-8"))
    return [_Language(lang, sayings) for lang, sayings in msgspec.convert(rows, dict[str, _Sayings]).items()]


def _any(expressions: list[str]) -> str:
    return f"(?:{'|'.join(expressions)})"
