"""A sentence encoder as the classifier knows one: texts in, vectors out; and the examples as such vectors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from flowhook.nlu.training import fit_dense_regression, softmax
from flowhook.nlu.vectorizer import Floats, Ints

TYPICAL_OF_ONE: Final = 0.3  #: how near the sentence of a class with one may be thought to be to others
NEAREST: Final = 3  #: sentences whose mean similarity counts beside the nearest one's


class SentenceEncoder(Protocol):
    """Turns sentences of any language into vectors of length one: those that mean the same lie near."""

    def encode(self, texts: Sequence[str]) -> Floats:
        """Return one row for each text."""
        ...


@dataclass(frozen=True, slots=True)
class EncodedExamples:
    """The examples as vectors of a sentence encoder, class by class, and a regression on them."""

    vectors: npt.NDArray[np.float16]  #: (examples, width), ordered by class
    classes: npt.NDArray[np.int64]  #: bounds of the classes among them
    weights: Floats  #: (width, classes): what they add to the logits
    typical: Floats  #: of each class: how near an example is to the nearest other one, on an average

    @classmethod
    def of(cls, vectors: Floats, labels: Ints, classes: int, weights: Floats) -> EncodedExamples:
        """``labels`` are in ascending order."""
        bounds = np.searchsorted(labels, np.arange(classes + 1)).astype(np.int64)
        typical = typical_similarities(lambda first, after: vectors[first:after], bounds)
        return cls(vectors.astype(np.float16), bounds, weights.astype(np.float32), typical)

    @classmethod
    def fit(cls, vectors: Floats, labels: Ints, classes: int) -> EncodedExamples:
        """Train a regression on many vectors alone."""
        return cls.of(vectors, labels, classes, fit_dense_regression(vectors, labels, classes))

    def logits(self, vector: Floats) -> Floats:
        """What one vector adds to the logits of the classes."""
        result: Floats = vector @ self.weights
        return result

    def log_probabilities(self, vector: Floats) -> Floats:
        """The logarithm of the probability of each class, by these vectors alone."""
        result: Floats = np.log(softmax(self.logits(vector)) + np.float32(1e-9))
        return result

    def similarities(self, vector: Floats, label: int) -> tuple[float, float]:
        """The cosine to the nearest example of a class, and the mean of the three nearest."""
        rows = self.vectors[self.classes[label] : self.classes[label + 1]]
        if not len(rows):
            return 0.0, 0.0
        cosines: Any = np.sort(rows.astype(np.float32) @ vector)[::-1][:NEAREST]
        return float(cosines[0]), float(cosines.mean())

    @property
    def size(self) -> int:
        """Bytes it takes."""
        return self.vectors.nbytes + self.weights.nbytes


def typical_similarities(part: Callable[[int, int], Floats], bounds: npt.NDArray[np.int64]) -> Floats:
    """Of each class the mean cosine of its sentences to the nearest other one of it. ``part`` gives the
    vectors of some sentences, ``bounds`` are those of the classes among them."""
    typical = np.full(len(bounds) - 1, TYPICAL_OF_ONE, np.float32)
    for label, (first, after) in enumerate(pairwise(bounds.tolist())):
        if after - first > 1:
            vectors = part(first, after)
            cosines: Any = vectors @ vectors.T
            np.fill_diagonal(cosines, -1)
            typical[label] = cosines.max(axis=1).mean()
    return typical
