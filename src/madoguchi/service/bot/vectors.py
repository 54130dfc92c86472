"""Sparse vectors and a small linear classifier over them."""

import math
import random
from collections import Counter
from collections.abc import Iterable, Sequence

Vector = dict[str, float]
"""Feature to weight."""

Sample = tuple[Vector, str]
"""A vector and its label."""

Weights = dict[str, dict[str, float]]
"""Feature to label to weight: a feature touches only the labels it was seen with."""


class Vocabulary:
    """How telling each feature is: the rarer among the documents, the more (inverse document frequency)."""

    def __init__(self, documents: Sequence[Iterable[str]]) -> None:
        counts = Counter(feature for document in documents for feature in set(document))
        self._idf = {feature: math.log(1 + len(documents) / count) for feature, count in counts.items()}

    def vector(self, document: Iterable[str]) -> Vector:
        """The document as a vector of length 1; what was never seen says nothing and is left out."""
        idf = self._idf
        counts = Counter(feature for feature in document if feature in idf)
        weights = {feature: (1 + math.log(n)) * idf[feature] for feature, n in counts.items()}
        length = math.sqrt(sum(weight * weight for weight in weights.values())) or 1.0
        return {feature: weight / length for feature, weight in weights.items()}


def scores(weights: Weights, vector: Vector) -> dict[str, float]:
    """How well each label fits; a label that shares no feature is left out."""
    found: dict[str, float] = {}
    for feature, value in vector.items():
        for label, weight in weights.get(feature, {}).items():
            found[label] = found.get(label, 0.0) + value * weight
    return found


def centroids(samples: Sequence[Sample]) -> Weights:
    """Weights that score by the cosine to the mean of each label."""
    sums: dict[str, Vector] = {}
    for vector, label in samples:
        mean = sums.setdefault(label, {})
        for feature, value in vector.items():
            mean[feature] = mean.get(feature, 0.0) + value
    weights: Weights = {}
    for label, mean in sums.items():
        length = math.sqrt(sum(value * value for value in mean.values())) or 1.0
        for feature, value in mean.items():
            weights.setdefault(feature, {})[label] = value / length
    return weights


def refined(weights: Weights, samples: Sequence[Sample], rounds: int = 3) -> Weights:
    """The weights after so many rounds of passive-aggressive learning, averaged over all its steps.

    A sample whose label does not win by the margin moves its label up and the best other one down. The order of the
    samples is shuffled with a fixed seed: the same utterances give the same weights.
    """
    margin, largest_step = 0.5, 0.1
    learnt = {feature: dict(labels) for feature, labels in weights.items()}
    drift: Weights = {feature: {} for feature in weights}  # changes times the step at which they came
    order = random.Random(0)
    samples = list(samples)
    step = 0
    for _ in range(rounds):
        order.shuffle(samples)
        for vector, label in samples:
            step += 1
            fits = scores(learnt, vector)
            own = fits.pop(label, 0.0)
            if not fits:
                continue
            rival = max(fits, key=fits.__getitem__)
            change = min(largest_step, (margin - own + fits[rival]) / 2)
            if change <= 0:
                continue
            for feature, value in vector.items():
                for moved, by in ((label, change * value), (rival, -change * value)):
                    learnt[feature][moved] = learnt[feature].get(moved, 0.0) + by
                    drift[feature][moved] = drift[feature].get(moved, 0.0) + by * step
    return {
        feature: {label: weight - drift[feature].get(label, 0.0) / (step + 1) for label, weight in labels.items()}
        for feature, labels in learnt.items()
    }
