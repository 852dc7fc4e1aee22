"""A sentence encoder as the classifier knows one: texts in, vectors out; and the examples as such vectors."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any, Final, NamedTuple, Protocol

import numpy as np
import numpy.typing as npt

from flowhook.nlu.training import fit_dense_regression, softmax
from flowhook.nlu.vectorizer import Floats, Ints

TYPICAL_OF_ONE: Final = 0.3  #: how near the sentence of a class with one may be thought to be to others
NEAREST: Final = 3  #: sentences whose mean similarity counts beside the nearest one's
MEAN_SHARE: Final = 0.7  #: of the mean of the examples that whitening takes from a vector
RANK: Final = 32  #: directions in which examples of a class differ most, that whitening takes back
SHRINKAGE: Final = 0.7  #: of the covariance within classes towards a round one


class SentenceEncoder(Protocol):
    """Turns sentences of any language into vectors of length one: those that mean the same lie near."""

    def encode(self, texts: Sequence[str]) -> Floats:
        """Return one row for each text."""
        ...


class Similarities(NamedTuple):
    """How near a text is to the sentences of one class, as cosines."""

    nearest: float = 0.0
    near: float = 0.0  #: the mean of the three nearest
    mean: float = 0.0  #: the mean of all

    @classmethod
    def of(cls, cosines: Floats) -> Similarities:
        """Of the cosines to all sentences of the class, at least one."""
        nearest = np.sort(cosines)[::-1][:NEAREST]
        return cls(float(nearest[0]), float(nearest.mean()), float(cosines.mean()))


@dataclass(frozen=True, slots=True)
class Whitening:
    """Makes vectors tell apart what this flow is about.

    All sentences to one bank are near each other: most of the mean of the examples is taken from them.
    Examples of one class differ in what does not matter (who asks, how politely): in these directions vectors
    are made short, by the inverse root of the covariance within classes, shrunk towards a round one, as few
    examples say little of it. It is the metric of linear discriminant analysis, and of Mahalanobis' distance.
    """

    mean: Floats  #: (width,): what is taken from each vector
    directions: Floats  #: (width, rank), each of length one
    gains: Floats  #: (rank,): what is added in each direction; negative

    @classmethod
    def of(cls, vectors: Floats, labels: Ints, classes: int) -> Whitening:
        """``labels`` are in ascending order. With one class there is nothing to tell apart."""
        width = vectors.shape[1]
        if classes < 2:
            return cls(np.zeros(width, np.float32), np.zeros((width, 0), np.float32), np.zeros(0, np.float32))
        sizes = np.bincount(labels, minlength=classes)[:, None]
        sums = np.zeros((classes, width), np.float32)
        np.add.at(sums, labels, vectors)
        centroids = sums / np.maximum(sizes, 1)
        within: Any = (vectors - centroids[labels]) / np.float32(len(vectors) ** 0.5)
        _, lengths, rows = np.linalg.svd(within, full_matrices=False)
        variances = lengths[:RANK] ** 2
        round_variance = max(SHRINKAGE * float((lengths**2).sum()) / width, 1e-9)
        shrunk = (1 - SHRINKAGE) * variances + round_variance
        gains = np.sqrt(round_variance / shrunk) - 1
        return cls(
            (np.float32(MEAN_SHARE) * vectors.mean(axis=0)).astype(np.float32),
            np.ascontiguousarray(rows[:RANK].T, np.float32),
            gains.astype(np.float32),
        )

    def __call__(self, vectors: Floats) -> Floats:
        """One vector, or one a row, in the space of this flow, of length one."""
        centred: Any = vectors - self.mean
        centred = centred + (centred @ self.directions * self.gains) @ self.directions.T
        length = np.linalg.norm(centred, axis=-1, keepdims=True)
        result: Floats = (centred / np.maximum(length, 1e-6)).astype(np.float32)
        return result


@dataclass(frozen=True, slots=True)
class EncodedExamples:
    """The examples as vectors of a sentence encoder, class by class, and a regression on them."""

    vectors: npt.NDArray[np.float16]  #: (examples, width), ordered by class
    whitened: npt.NDArray[np.float16]  #: the same, whitened; empty where there are many
    whitening: Whitening | None  #: None where there are many
    classes: npt.NDArray[np.int64]  #: bounds of the classes among them
    weights: Floats  #: (width, classes): what they add to the logits
    typical: Floats  #: of each class: how near an example is to the nearest other one, on an average

    @classmethod
    def of(
        cls, vectors: Floats, labels: Ints, classes: int, weights: Floats, whitening: Whitening | None = None
    ) -> EncodedExamples:
        """``labels`` are in ascending order; ``weights`` are those of whitened vectors, if there is a
        ``whitening``."""
        bounds = np.searchsorted(labels, np.arange(classes + 1)).astype(np.int64)
        whitened = whitening(vectors) if whitening is not None else vectors[:0]
        spread = whitened if whitening is not None else vectors
        typical = typical_similarities(lambda first, after: spread[first:after], bounds)
        return cls(
            vectors.astype(np.float16),
            whitened.astype(np.float16),
            whitening,
            bounds,
            weights.astype(np.float32),
            typical,
        )

    @classmethod
    def fit(cls, vectors: Floats, labels: Ints, classes: int) -> EncodedExamples:
        """Train a regression on many vectors alone."""
        return cls.of(vectors, labels, classes, fit_dense_regression(vectors, labels, classes))

    def logits(self, vector: Floats) -> Floats:
        """What one vector adds to the logits of the classes."""
        if self.whitening is not None:
            vector = self.whitening(vector)
        result: Floats = vector @ self.weights
        return result

    def log_probabilities(self, vector: Floats) -> Floats:
        """The logarithm of the probability of each class, by these vectors alone."""
        result: Floats = np.log(softmax(self.logits(vector)) + np.float32(1e-9))
        return result

    def similarity(self, vector: Floats, label: int) -> float:
        """The cosine to the nearest example of a class."""
        rows = self.vectors[self.classes[label] : self.classes[label + 1]]
        return float((rows.astype(np.float32) @ vector).max()) if len(rows) else 0.0

    def whitened_similarities(self, vector: Floats, label: int) -> Similarities:
        """How near a vector is to the examples of a class in the space of the flow."""
        rows = self.whitened[self.classes[label] : self.classes[label + 1]]
        if not len(rows) or self.whitening is None:
            return Similarities()
        return Similarities.of(rows.astype(np.float32) @ self.whitening(vector))

    @property
    def size(self) -> int:
        """Bytes it takes."""
        return self.vectors.nbytes + self.whitened.nbytes + self.weights.nbytes


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
