"""What was learned from sentences: numbers that turn a vector into a logit for each class.

Two kinds of learners, both plain arrays once they are trained, so that a message needs numpy only:
:class:`Linear` for few sentences, :class:`Committee` for many.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from flowhook.nlu.training import Training, learn_by_layers, learn_by_likeness, softmax
from flowhook.nlu.vectorizer import CsrMatrix, Floats, Ints, Vector

#: How the networks of a committee are trained; found by cross-validation.
BY_PARTS: Final = Training(hidden=256, passes=30, left_out=0.6, step=0.2, seed=15)
BY_WORDS: Final = Training(hidden=192, passes=30, left_out=0.6, step=0.1, seed=12)


class Learner(Protocol):
    """Turns a vector into one logit for each class."""

    def logits(self, vector: Vector) -> Floats:
        """Higher means more likely; their softmax is a probability."""
        ...

    @property
    def size(self) -> int:
        """Bytes it takes."""
        ...


@dataclass(frozen=True, slots=True)
class SoftmaxRegression:
    """One weight for each feature and class."""

    weights: Floats

    @classmethod
    def learn(cls, rows: CsrMatrix, labels: Ints, classes: int) -> SoftmaxRegression:
        """From few sentences."""
        return cls(learn_by_likeness(rows, labels, classes))

    def logits(self, vector: Vector) -> Floats:
        result: Floats = vector.values @ self.weights[vector.ids]
        return result

    @property
    def size(self) -> int:
        return self.weights.nbytes


@dataclass(frozen=True, slots=True)
class Mlp:
    """One hidden layer over some of the features."""

    first: npt.NDArray[np.float16]  #: (features, hidden)
    before: Floats  #: (hidden,)
    second: Floats  #: (hidden, classes)
    after: Floats  #: (classes,)

    @classmethod
    def learn(cls, matrix: Any, labels: Ints, classes: int, training: Training) -> Mlp:
        """From a matrix of scipy's, ``(sentences, features)``, whose rows need not have length one."""
        lengths = np.sqrt(matrix.multiply(matrix).sum(axis=1))
        scale = np.float32(1 / max(float(lengths.mean()), 1e-6))
        layers = learn_by_layers(matrix * scale, labels, classes, training)
        return cls((layers.first * scale).astype(np.float16), *layers.small)

    def opinion(self, ids: Ints, values: Floats) -> Floats:
        """The logarithm of each class's probability."""
        inner = values @ self.first[ids].astype(np.float32) + self.before
        chances = softmax(np.maximum(inner, 0) @ self.second + self.after)
        result: Floats = np.log(chances + np.float32(1e-9))
        return result

    @property
    def size(self) -> int:
        """Bytes it takes."""
        return self.first.nbytes + self.second.nbytes + self.before.nbytes + self.after.nbytes


@dataclass(frozen=True, slots=True)
class Ensemble:
    """Two networks whose opinions are multiplied: one reads the parts of words, the other the words and
    pairs of words. They err in different places."""

    by_parts: Mlp
    by_words: Mlp
    parts: int  #: features with a lower number are parts of words

    @classmethod
    def learn(cls, rows: CsrMatrix, labels: Ints, classes: int, parts: int) -> Ensemble:
        """From many sentences of at least two classes. Takes seconds."""
        matrix = rows.sparse()
        return cls(
            Mlp.learn(matrix[:, :parts], labels, classes, BY_PARTS),
            Mlp.learn(matrix[:, parts:], labels, classes, BY_WORDS),
            parts,
        )

    def logits(self, vector: Vector) -> Floats:
        is_part = vector.ids < self.parts
        words = ~is_part
        opinion = self.by_parts.opinion(vector.ids[is_part], vector.values[is_part])
        opinion += self.by_words.opinion(vector.ids[words] - self.parts, vector.values[words])
        return opinion

    @property
    def size(self) -> int:
        return self.by_parts.size + self.by_words.size
