"""Concepts: what an utterance speaks of (an order, a parcel, cancelling …), the same ids in every language.

They carry what is learnt in one language over to the other three, and what is learnt of one word to its synonyms.
"""

import tomllib
from functools import cache
from importlib.resources import files

from madoguchi.service.bot.normal import normal, words


class Lexicon:
    """The words of one language and the concepts they stand for."""

    def __init__(self, lang: str, entries: dict[str, list[str]]) -> None:
        self._lang = lang
        self._gap = _gap(lang)
        self._concepts: dict[str, set[str]] = {}
        for concept, stems in entries.items():
            for stem in stems:
                self._concepts.setdefault(self._key(stem), set()).add(concept)
        self._lengths = sorted({len(key) for key in self._concepts})

    def _key(self, stem: str) -> str:
        """English entries are whole words, so they end with a gap, unless a star makes them stems."""
        key = self._gap.join(words(normal(stem), self._lang))
        return key if stem.endswith("*") else key + self._gap

    def concepts(self, plain: str) -> set[str]:
        """The concepts in a normalised text.

        In ja, zh and ko a stem may begin inside a word, but only one that begins with a word may run over its end:
        "이제 안" does not contain "제안".
        """
        found: set[str] = set()
        parts = words(plain, self._lang)
        text = self._gap.join(parts) + self._gap
        begin = 0
        for part in parts:
            end = begin + len(part)
            found |= self._at(text, begin, len(text))
            if not self._gap:
                for inside in range(begin + 1, end):
                    found |= self._at(text, inside, end)
            begin = end + len(self._gap)
        return found

    def _at(self, text: str, begin: int, end: int) -> set[str]:
        found: set[str] = set()
        for length in self._lengths:
            if begin + length > end:
                break
            found |= self._concepts.get(text[begin : begin + length], set())
        return found


@cache
def lexicon(lang: str) -> Lexicon:
    """The lexicon of a language (ja, en, zh, ko)."""
    entries = tomllib.loads(files(__package__).joinpath("concepts.toml").read_text(encoding="utf-8"))
    return Lexicon(lang, {concept: by_language[lang] for concept, by_language in entries.items()})


def _gap(lang: str) -> str:
    return " " if lang == "en" else ""
