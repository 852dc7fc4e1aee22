"""Trained models: numbers that turn a vector into a logit for each class.

Two kinds, both plain arrays once they are trained, so that a message needs numpy only:
:class:`SoftmaxRegression` for few sentences, :class:`Ensemble` for many.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from flowhook.nlu.training import MlpOptions, fit_mlp, softmax
from flowhook.nlu.vectorizer import CsrMatrix, Floats, Ints, Vector

#: How the networks of an ensemble are trained; found by cross-validation.
BY_PARTS: Final = MlpOptions(hidden=256, epochs=30, dropout=0.6, learning_rate=0.2, seed=15)
BY_WORDS: Final = MlpOptions(hidden=192, epochs=30, dropout=0.6, learning_rate=0.1, seed=12)


class Model(Protocol):
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

    def logits(self, vector: Vector) -> Floats:
        result: Floats = vector.data @ self.weights[vector.indices]
        return result

    @property
    def size(self) -> int:
        return self.weights.nbytes


@dataclass(frozen=True, slots=True)
class Mlp:
    """One hidden layer over some of the features."""

    first: npt.NDArray[np.float16]  #: (features, hidden)
    hidden_bias: Floats  #: (hidden,)
    output: Floats  #: (hidden, classes)
    output_bias: Floats  #: (classes,)

    @classmethod
    def fit(cls, matrix: Any, labels: Ints, classes: int, options: MlpOptions) -> Mlp:
        """Train on a matrix of scipy's, ``(sentences, features)``, whose rows need not have length one."""
        lengths = np.sqrt(matrix.multiply(matrix).sum(axis=1))
        scale = np.float32(1 / max(float(lengths.mean()), 1e-6))
        trainer = fit_mlp(matrix * scale, labels, classes, options)
        return cls((trainer.first * scale).astype(np.float16), *trainer.upper)

    def log_probabilities(self, indices: Ints, data: Floats) -> Floats:
        """The logarithm of the probability of each class."""
        hidden = data @ self.first[indices].astype(np.float32) + self.hidden_bias
        probabilities = softmax(np.maximum(hidden, 0) @ self.output + self.output_bias)
        result: Floats = np.log(probabilities + np.float32(1e-9))
        return result

    @property
    def size(self) -> int:
        """Bytes it takes."""
        return self.first.nbytes + self.output.nbytes + self.hidden_bias.nbytes + self.output_bias.nbytes


@dataclass(frozen=True, slots=True)
class Ensemble:
    """Two networks whose probabilities are multiplied: one reads the parts of words, the other the words
    and pairs of words. They err in different places."""

    by_parts: Mlp
    by_words: Mlp
    part_columns: int  #: features in a column below are parts of words

    @classmethod
    def fit(cls, rows: CsrMatrix, labels: Ints, classes: int, part_columns: int) -> Ensemble:
        """Train on many sentences of at least two classes. Takes seconds."""
        matrix = rows.sparse()
        return cls(
            Mlp.fit(matrix[:, :part_columns], labels, classes, BY_PARTS),
            Mlp.fit(matrix[:, part_columns:], labels, classes, BY_WORDS),
            part_columns,
        )

    def logits(self, vector: Vector) -> Floats:
        is_part = vector.indices < self.part_columns
        words = ~is_part
        result = self.by_parts.log_probabilities(vector.indices[is_part], vector.data[is_part])
        result += self.by_words.log_probabilities(
            vector.indices[words] - self.part_columns, vector.data[words]
        )
        return result

    @property
    def size(self) -> int:
        return self.by_parts.size + self.by_words.size
