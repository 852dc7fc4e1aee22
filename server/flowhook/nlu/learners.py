"""What was learned from sentences: numbers that turn a vector into a logit for each class.

Two kinds of learners, both plain arrays once they are trained, so that a message needs numpy only:
:class:`Linear` for few sentences, :class:`Committee` for many.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final, Protocol

import numpy as np
import numpy.typing as npt

from flowhook.nlu.solvers import (
    HIDDEN,
    Layers,
    learn_by_layers,
    learn_by_likeness,
    learn_by_margin,
    softmax,
)
from flowhook.nlu.vectors import Floats, Ints, Rows, Vector

MARGIN: Final = 4.0  #: what a distance from the support vectors' border is worth as a logit


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
class Linear:
    """One weight for each feature and class."""

    weights: Floats
    biases: Floats

    @classmethod
    def learn(cls, rows: Rows, labels: Ints, classes: int) -> Linear:
        """From few sentences."""
        return cls(*learn_by_likeness(rows, labels, classes))

    def logits(self, vector: Vector) -> Floats:
        result: Floats = vector.values @ self.weights[vector.ids] + self.biases
        return result

    @property
    def size(self) -> int:
        return self.weights.nbytes + self.biases.nbytes


#: The second layer of a network: hidden biases, weights, biases.
Second = tuple[Floats, Floats, Floats]


@dataclass(frozen=True, slots=True)
class Committee:
    """Support vectors and three networks, whose opinions are multiplied: one network reads all
    features, one the parts of words, one the words and pairs of words."""

    table: npt.NDArray[np.float16]  #: (features, classes + 2 · HIDDEN): margin, all, parts or words
    biases: Floats  #: of the margin
    seconds: tuple[Second, Second, Second]  #: of the networks: all, parts, words
    parts: int  #: features with a lower number are parts of words

    @classmethod
    def learn(cls, rows: Rows, labels: Ints, classes: int, parts: int) -> Committee:
        """From many sentences of at least two classes. Takes seconds."""
        matrix = rows.sparse()
        weights, biases = learn_by_margin(matrix, labels, classes)
        everything = learn_by_layers(matrix, labels, classes, seed=1)
        shapes, shape_scale = _view(matrix, slice(0, parts))
        words, word_scale = _view(matrix, slice(parts, None))
        by_shapes = learn_by_layers(shapes, labels, classes, seed=2)
        by_words = learn_by_layers(words, labels, classes, seed=3)
        views = np.vstack([by_shapes.first * shape_scale, by_words.first * word_scale])
        table = np.hstack([weights, everything.first, views]).astype(np.float16)
        seconds = (_second(everything), _second(by_shapes), _second(by_words))
        return cls(table, biases, seconds, parts)

    def logits(self, vector: Vector) -> Floats:
        rows = self.table[vector.ids].astype(np.float32)
        classes = len(self.biases)
        joint = vector.values @ rows[:, : classes + HIDDEN]
        views = vector.values[:, None] * rows[:, classes + HIDDEN :]
        is_part = vector.ids < self.parts
        margin = MARGIN * (joint[:classes] + self.biases)
        result = _log_softmax(margin)
        hidden = (joint[classes:], views[is_part].sum(axis=0), views[~is_part].sum(axis=0))
        for inner, (before, weights, after) in zip(hidden, self.seconds, strict=True):
            result += _log_softmax(np.maximum(inner + before, 0) @ weights + after)
        return result

    @property
    def size(self) -> int:
        return self.table.nbytes + sum(array.nbytes for second in self.seconds for array in second)


def _view(matrix: Any, columns: slice) -> tuple[Any, np.float32]:
    """Some columns, scaled so that the rows have length one, about."""
    part = matrix[:, columns]
    lengths = np.sqrt(part.multiply(part).sum(axis=1))
    scale = np.float32(1 / max(float(lengths.mean()), 1e-6))
    return part * scale, scale


def _second(network: Layers) -> Second:
    before, weights, after = network.small
    return before, weights, after


def _log_softmax(logits: Floats) -> Floats:
    result: Floats = np.log(softmax(logits) + np.float32(1e-9))
    return result
