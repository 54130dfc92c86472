"""Things by what they are called: a kettle is a やかん, a 水壶, and what the shop's own page calls it. Pure."""

import re
import tomllib
from collections.abc import Sequence
from functools import cache
from importlib.resources import files

import msgspec

from madoguchi.service.bot.language import detect
from madoguchi.service.bot.normal import hiragana, normal, simplified

_RUN = re.compile(r"[ァ-ヺー]{3,}|[一-鿿々]{2,}|[가-힣]{2,}|[a-z][a-z-]{2,}")
_LATIN = re.compile(r"[a-z][a-z-]{2,}")
_MEASURES = frozenset(
    ["セット", "対応", "枚組", "個組", "冊組", "個入", "枚入", "年分", "円分", "set", "with", "and", "for", "pack"]
)


class Named(msgspec.Struct, frozen=True):
    """What a text calls things: `kinds` of goods, `colours`, and `words` as shops write them in names."""

    kinds: frozenset[str] = frozenset()
    colours: frozenset[str] = frozenset()
    words: frozenset[str] = frozenset()


class _Kind(msgspec.Struct, frozen=True):
    ja: tuple[str, ...]
    en: tuple[str, ...]
    zh: tuple[str, ...]
    ko: tuple[str, ...]
    colour: bool = False


def named(name: str) -> Named:
    """What a thing is, told by its name in the shop."""
    plain = normal(name)
    found = _found(plain, "en" if plain.isascii() else detect(plain, "ja"))
    words = (_spelt(run, "ja") for run in _RUN.findall(plain) if run not in _MEASURES)
    return Named(found.kinds, found.colours, frozenset(words))


def fitting(text: str, lang: str, things: Sequence[Named]) -> list[int]:
    """Places of the things that a text names best; none when it names none of them.

    What a thing is counts before what else stands in its name; a colour decides between things that are named.
    """
    plain = normal(text)
    said, latin, spelt = _found(plain, lang), frozenset(_LATIN.findall(plain)), _spelt(plain, "ja")
    points = [
        (
            len(said.kinds & thing.kinds),
            sum(len(word) for word in thing.words if (word in latin if word.isascii() else word in spelt)),
            len(said.colours & thing.colours),
        )
        for thing in things
    ]
    best = max(points, default=(0, 0, 0))
    if not any(best[:2]):
        return []
    return [place for place, one in enumerate(points) if one == best]


def _found(plain: str, lang: str) -> Named:
    words, pattern = _lexicon(lang)
    found = {words[match] for match in pattern.findall(_spelt(plain, lang))}
    colours = _colours()
    return Named(frozenset(found - colours), frozenset(found & colours))


@cache
def _kinds() -> dict[str, _Kind]:
    rows = tomllib.loads(files(__package__).joinpath("goods.toml").read_text(encoding="utf-8"))
    return msgspec.convert(rows, dict[str, _Kind])


@cache
def _colours() -> frozenset[str]:
    return frozenset(kind for kind, one in _kinds().items() if one.colour)


@cache
def _lexicon(lang: str) -> tuple[dict[str, str], re.Pattern[str]]:
    """Word to kind, and the pattern that finds the longest word at each place."""
    words = {_spelt(normal(word), lang): kind for kind, one in _kinds().items() for word in getattr(one, lang)}
    longest_first = "|".join(map(re.escape, sorted(words, key=len, reverse=True)))
    return words, re.compile(rf"\b({longest_first})(?:e?s)?\b" if lang == "en" else f"({longest_first})")


def _spelt(plain: str, lang: str) -> str:
    match lang:
        case "ja":
            return hiragana(plain).replace(" ", "")
        case "zh":
            return simplified(plain).replace(" ", "")
        case "ko":
            return plain.replace(" ", "")
        case _:
            return plain
