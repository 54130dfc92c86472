"""The understanding that needs nothing but Python: concepts shared by the languages, and character n-grams of each.

It learns at its first use from the utterances beside it, some hundred milliseconds for all four languages.
"""

import math
import tomllib
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from importlib.resources import files
from itertools import combinations, pairwise

from madoguchi.service.bot.answers import yes_or_no
from madoguchi.service.bot.concepts import lexicon
from madoguchi.service.bot.language import detect
from madoguchi.service.bot.normal import normal, words
from madoguchi.service.bot.person import asks_for_person, asks_if_human
from madoguchi.service.bot.slots import read_slots, without_slots
from madoguchi.service.bot.understanding import Meaning
from madoguchi.service.bot.vectors import Vocabulary, Weights, centroids, refined, scores

LANGUAGES = ("ja", "en", "zh", "ko")

Utterances = Mapping[str, Mapping[str, Sequence[str]]]
"""Language to reason to what customers write."""

CONCEPT_SHARE = 0.7
"""How much of a score the concepts make; the n-grams make the rest."""

SHARPNESS = 16.0
"""Turns scores into probabilities that are right as often as they say, measured on utterances held out."""

FLOOR = 0.15
"""The score below which a reason is no better than none: where out_of_scope stands at least."""

CERTAIN = 0.97
"""Probability of service.human where a person is asked for in so many words."""

GIST = 400
"""Characters in which the reason is looked for: it stands at the beginning, and a pasted mail must not take longer."""

LISTED = 5
"""How many reasons a meaning lists."""

HUMAN = "service.human"


class NgramUnderstanding:
    """Understanding by what is said and how it is spelt; the same answer for the same utterance, always."""

    def __init__(self, utterances: Utterances | None = None) -> None:
        """Learn from utterances; those of the project are learned once a process."""
        self._utterances = load_utterances() if utterances is None else utterances
        self._concepts, self._ngrams = _learned() if utterances is None else _learn(utterances)

    def understand(self, text: str, lang: str) -> Meaning:
        """The meaning of `text`, typed on a page in language `lang`."""
        plain = normal(text)
        language = detect(plain[:GIST], lang)
        fits = self._fits(without_slots(plain)[:GIST], language)
        resembles_wish = fits.pop(HUMAN)
        if asks_for_person(plain):
            ranked = [(HUMAN, CERTAIN), *((reason, p * (1 - CERTAIN)) for reason, p in _probabilities(fits))]
        else:  # what only resembles a wish for a person is worth a question back, never a hand-over
            ranked = _probabilities({**fits, HUMAN: min(resembles_wish, max(fits.values()))})
        return Meaning(tuple(ranked[:LISTED]), language, yes_or_no(plain), read_slots(text), asks_if_human(plain))

    def _fits(self, plain: str, lang: str) -> dict[str, float]:
        by_concepts = self._concepts.scores(concept_features(plain, lang))
        by_ngrams = self._ngrams[lang].scores(ngrams(plain, lang))
        fits = {
            reason: CONCEPT_SHARE * by_concepts.get(reason, 0.0) + (1 - CONCEPT_SHARE) * by_ngrams.get(reason, 0.0)
            for reason in self._utterances[lang]
        }
        fits["out_of_scope"] = max(fits["out_of_scope"], FLOOR)
        return fits


class _Model:
    """What documents of each label have in common."""

    def __init__(self, documents: Iterator[tuple[list[str], str]], rounds: int = 0) -> None:
        labelled = list(documents)
        self._vocabulary = Vocabulary([features for features, _ in labelled])
        samples = [(self._vocabulary.vector(features), label) for features, label in labelled]
        self._weights: Weights = refined(centroids(samples), samples, rounds) if rounds else centroids(samples)

    def scores(self, features: list[str]) -> dict[str, float]:
        return scores(self._weights, self._vocabulary.vector(features))


def concept_features(plain: str, lang: str) -> list[str]:
    """The concepts of a normalised text and each two of them together; "nothing" where there are none."""
    found = sorted(lexicon(lang).concepts(plain))
    return [*found, *map("+".join, combinations(found, 2))] or ["nothing"]


def ngrams(plain: str, lang: str) -> list[str]:
    """Character n-grams of 1 to 4; in English within words, with the words and each two neighbours."""
    parts = words(plain, lang)
    if lang != "en":
        return list(_grams(f"^{''.join(parts)}$", 1))
    edged = ["^", *parts, "$"]
    neighbours = [f"{first} {second}" for first, second in pairwise(edged)]
    return [*parts, *neighbours, *(gram for part in parts for gram in _grams(f"^{part}$", 2))]


def _grams(text: str, shortest: int) -> Iterator[str]:
    for size in range(shortest, 5):
        for begin in range(len(text) - size + 1):
            yield text[begin : begin + size]


def _learn(utterances: Utterances) -> "tuple[_Model, Mapping[str, _Model]]":
    """By what is meant, in all languages together, and by how it is spelt in each."""
    concepts = _Model(
        (
            (concept_features(normal(text), lang), reason)
            for lang in utterances
            for reason, text in _pairs(utterances[lang])
        ),
        rounds=3,
    )
    spelt = {
        lang: _Model((ngrams(normal(text), lang), reason) for reason, text in _pairs(utterances[lang]))
        for lang in utterances
    }
    return concepts, spelt


@cache
def _learned() -> "tuple[_Model, Mapping[str, _Model]]":
    return _learn(load_utterances())


@cache
def load_utterances() -> Utterances:
    """The utterances of the project in all languages."""
    folder = files(__package__).joinpath("utterances")
    return {lang: tomllib.loads(folder.joinpath(f"{lang}.toml").read_text(encoding="utf-8")) for lang in LANGUAGES}


def _pairs(by_reason: Mapping[str, Sequence[str]]) -> Iterator[tuple[str, str]]:
    return ((reason, text) for reason, texts in by_reason.items() for text in texts)


def _probabilities(fits: Mapping[str, float]) -> list[tuple[str, float]]:
    """Reasons with their probabilities, the likeliest first."""
    weights = {reason: math.exp(SHARPNESS * fit) for reason, fit in fits.items()}
    total = sum(weights.values())
    return sorted(((reason, weight / total) for reason, weight in weights.items()), key=lambda pair: -pair[1])
