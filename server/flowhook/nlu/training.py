"""How classifiers are learned from vectors: two ways, each for what it is good at.

* ``learn_by_likeness``: a softmax regression solved among the sentences themselves. Best where there
  are few of them, and trains in milliseconds with nothing but numpy.
* ``learn_by_layers``: a network with one hidden layer that never sees the whole of a sentence twice:
  at each pass most of its features, and half of the hidden units, are left out.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from flowhook.nlu.vectorizer import CsrMatrix, Floats, Ints

FEW: Final = 300  #: up to so many sentences numpy does it all; loading scipy would take longer
ROUNDS: Final = 100  #: of the softmax regression
DECAY: Final = 1e-4  #: how strongly it prefers small weights

BATCH: Final = 256  #: sentences in one step
HIDDEN_LEFT_OUT: Final = 0.6  #: share of hidden units
DOUBT: Final = 0.1  #: share of each label that is spread over all classes
STEP_OUTPUT: Final = 2e-3


@dataclass(frozen=True, slots=True)
class Training:
    """How a network is trained."""

    hidden: int  #: units of the hidden layer
    passes: int  #: over all sentences
    left_out: float  #: share of the features that a step does not see
    step: float  #: of the first layer
    seed: int = 0


def softmax(logits: Floats) -> Floats:
    """Row by row."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    result: Floats = powers / powers.sum(axis=-1, keepdims=True)
    return result


def learn_by_likeness(rows: CsrMatrix, labels: Ints, classes: int) -> Floats:
    """Weights ``(features, classes)``, by accelerated descent on the softmax loss."""
    matrix: Any = rows.dense() if len(rows) <= FEW else rows.sparse()
    product = matrix @ matrix.T
    likeness: Floats = product if len(rows) <= FEW else product.toarray()
    count = len(labels)
    wanted = np.zeros((count, classes), np.float32)
    wanted[np.arange(count), labels] = 1
    share = _shares(wanted)
    step = 1 / (0.5 * _largest(likeness) / count + DECAY)
    place: Floats = np.zeros((count, classes), np.float32)
    ahead: Floats = place
    pace = 1.0
    for _ in range(ROUNDS):
        slope: Any = share * (softmax(likeness @ ahead) - wanted) / count + DECAY * ahead  # of float32, too
        following = ahead - step * slope
        faster = (1 + (1 + 4 * pace * pace) ** 0.5) / 2
        ahead = following + np.float32((pace - 1) / faster) * (following - place)
        place, pace = following.astype(np.float32), faster
    weights: Floats = (matrix.T @ place).astype(np.float32)
    return weights


def _shares(wanted: Floats) -> Floats:
    """Classes with few sentences count for more than their number, those with many for less."""
    sizes = wanted.sum(axis=0)
    each = np.sqrt(sizes.mean() / np.maximum(sizes, 1))
    weights = wanted @ each
    result: Floats = (weights / weights.mean())[:, None].astype(np.float32)
    return result


def _largest(likeness: Floats) -> float:
    """The largest eigenvalue, from below by some rounds of the power method, with a margin."""
    vector = np.ones(len(likeness), np.float32)
    size = 1.0
    for _ in range(10):
        vector = (likeness @ vector).astype(np.float32)
        size = float(np.linalg.norm(vector))
        if size == 0:
            return 1.0
        vector /= size
    return size * 1.05


class Layers:
    """A network with one hidden layer, learned in steps.

    The first layer has a row for each feature; a step touches the rows of its batch only, each with
    a pace of its own that slows down with use (AdaGrad, one number for a row). The small second layer
    is learned with Adam.
    """

    def __init__(self, features: int, classes: int, training: Training) -> None:
        self._training = training
        self._random = np.random.default_rng(training.seed)
        hidden = training.hidden
        normal = self._random.standard_normal
        self.first = normal((features, hidden), dtype=np.float32) * np.float32(1.5 / hidden**0.5)
        self._use = np.full(features, 1e-8, np.float32)
        self.small: list[Floats] = [
            np.zeros(hidden, np.float32),
            normal((hidden, classes), dtype=np.float32) / np.float32(hidden**0.5),
            np.zeros(classes, np.float32),
        ]
        self._means = [np.zeros_like(each) for each in self.small]
        self._squares = [np.zeros_like(each) for each in self.small]
        self._steps = 0

    def learn(self, matrix: Any, labels: Ints, classes: int) -> None:
        """All passes over all sentences."""
        count = len(labels)
        total = self._training.passes * -(-count // BATCH)
        for _ in range(self._training.passes):
            order = self._random.permutation(count)
            for start in range(0, count, BATCH):
                chosen = order[start : start + BATCH]
                pace = 1 - self._steps / total
                self._steps += 1
                self._learn_batch(matrix[chosen], labels[chosen], classes, pace)

    def _learn_batch(self, batch: Any, labels: Ints, classes: int, pace: float) -> None:
        count = np.float32(len(labels))
        columns, seen = self._thinned(batch)
        hidden = seen @ self.first[columns] + self.small[0]
        kept = self._keep(hidden.shape, HIDDEN_LEFT_OUT) * np.float32(1 / (1 - HIDDEN_LEFT_OUT))
        open_ = (hidden > 0) * kept
        hidden = hidden * open_
        error = softmax(hidden @ self.small[1] + self.small[2])
        error -= np.float32(DOUBT / classes)
        error[np.arange(len(labels)), labels] -= np.float32(1 - DOUBT)
        error /= count
        back = (error @ self.small[1].T) * open_
        slope = seen.T @ back
        self._use[columns] += np.einsum("ij,ij->i", slope, slope) / np.float32(self._training.hidden)
        slope *= (np.float32(self._training.step * pace) / np.sqrt(self._use[columns]))[:, None]
        self.first[columns] -= slope
        self._step([back.sum(axis=0), hidden.T @ error, error.sum(axis=0)], pace)

    def _thinned(self, batch: Any) -> tuple[npt.NDArray[np.int64], Any]:
        """The batch with some features left out, and the columns that are left in it."""
        from scipy.sparse import csr_matrix

        left_out = self._training.left_out
        keep = self._keep(batch.data.shape, left_out)
        starts = np.concatenate([[0], np.cumsum(keep)])[batch.indptr]
        columns, places = np.unique(batch.indices[keep], return_inverse=True)
        values = batch.data[keep] * np.float32(1 / (1 - left_out))
        return columns, csr_matrix((values, places, starts), shape=(batch.shape[0], len(columns)))

    def _keep(self, shape: tuple[int, ...], left_out: float) -> npt.NDArray[np.bool_]:
        kept: npt.NDArray[np.bool_] = self._random.random(shape, dtype=np.float32) >= left_out
        return kept

    def _step(self, slopes: list[Floats], pace: float) -> None:
        for place, slope in enumerate(slopes):
            mean, square = self._means[place], self._squares[place]
            mean += np.float32(0.1) * (slope - mean)
            square += np.float32(0.001) * (slope * slope - square)
            sure = mean / np.float32(1 - 0.9**self._steps)
            size = np.sqrt(square / np.float32(1 - 0.999**self._steps)) + np.float32(1e-8)
            self.small[place] -= np.float32(STEP_OUTPUT * pace) * sure / size


def learn_by_layers(matrix: Any, labels: Ints, classes: int, training: Training) -> Layers:
    """A network, from a matrix of scipy's; the same sentences give the same network."""
    network = Layers(matrix.shape[1], classes, training)
    network.learn(matrix, labels, classes)
    return network
