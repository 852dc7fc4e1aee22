"""How classifiers are trained from vectors: two ways, each for what it is good at.

* :func:`fit_softmax_regression`: a softmax regression in its dual form, solved by FISTA on the Gram matrix
  of the sentences. Best where there are few of them, and takes milliseconds with nothing but numpy.
* :func:`fit_mlp`: a network with one hidden layer, trained by AdaGrad and Adam with heavy dropout: a step
  sees less than half of the features of its sentences, and of the hidden units.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from flowhook.nlu.vectorizer import SEVERAL, CsrMatrix, Floats, Ints

DENSE_LIMIT: Final = 300  #: up to so many sentences numpy does it all; loading scipy would take longer
MAX_ITERATIONS: Final = 100  #: of FISTA
L2: Final = 1e-4  #: the strength of the regularization of the softmax regression
L2_OF_SEVERAL: Final = 3e-6

VECTOR_WEIGHT: Final = 2.0  #: of an encoder's vectors beside words and parts of words
DENSE_ITERATIONS: Final = 80
DENSE_L2: Final = 1e-6

BATCH_SIZE: Final = 256  #: sentences in one step
HIDDEN_DROPOUT: Final = 0.6  #: share of the hidden units that a step does not use
LABEL_SMOOTHING: Final = 0.1  #: share of each label that is spread over all classes
ADAM_LEARNING_RATE: Final = 2e-3
ADAM_BETA1: Final = 0.9
ADAM_BETA2: Final = 0.999


@dataclass(frozen=True, slots=True)
class MlpOptions:
    """How a network is trained."""

    hidden: int  #: units of the hidden layer
    epochs: int
    dropout: float  #: share of the features that a step does not see
    learning_rate: float  #: of the first layer, at the first step; it falls to 0 in a line
    seed: int = 0


def softmax(logits: Floats) -> Floats:
    """Probabilities, row by row."""
    powers = np.exp(logits - logits.max(axis=-1, keepdims=True))
    result: Floats = powers / powers.sum(axis=-1, keepdims=True)
    return result


# --- softmax regression --------------------------------------------------------------------------------


def fit_softmax_regression(
    rows: CsrMatrix, labels: Ints, classes: int, vectors: Floats | None = None
) -> tuple[Floats, Floats | None]:
    """Weights ``(features, classes)`` that minimise the softmax loss with L2 regularization; with ``vectors``
    of an encoder, one for each sentence, their weights as well: one model of both.

    The weights are a sum of the sentences' vectors, so what is sought is each sentence's share in each
    class: a matrix ``(sentences, classes)``, smaller than the weights where sentences are few. FISTA (Beck
    and Teboulle 2009): steps of gradient descent from a point ahead of the last two, ``lookahead``.
    """
    l2 = L2_OF_SEVERAL if len(rows) >= SEVERAL else L2
    vector_weight = np.float32(VECTOR_WEIGHT)
    matrix: Any = rows.dense() if len(rows) <= DENSE_LIMIT else rows.sparse()
    product = matrix @ matrix.T
    gram: Floats = product if len(rows) <= DENSE_LIMIT else product.toarray()
    if vectors is not None:
        gram = (gram + vector_weight * (vectors @ vectors.T)).astype(np.float32)
    count = len(labels)
    targets = np.zeros((count, classes), np.float32)
    targets[np.arange(count), labels] = 1
    weights = _sentence_weights(targets)
    step = 1 / (0.5 * _largest_eigenvalue(gram) / count + l2)
    dual: Floats = np.zeros((count, classes), np.float32)
    lookahead: Floats = dual
    momentum = 1.0
    for _ in range(MAX_ITERATIONS):
        gradient: Any = weights * (softmax(gram @ lookahead) - targets) / count + l2 * lookahead
        descended = lookahead - step * gradient
        next_momentum = (1 + (1 + 4 * momentum * momentum) ** 0.5) / 2
        # all of this stays in float32, too
        lookahead = descended + np.float32((momentum - 1) / next_momentum) * (descended - dual)
        dual, momentum = descended.astype(np.float32), next_momentum
    primal: Floats = (matrix.T @ dual).astype(np.float32)
    if vectors is None:
        return primal, None
    return primal, (vector_weight * (vectors.T @ dual)).astype(np.float32)


def fit_dense_regression(vectors: Floats, labels: Ints, classes: int) -> Floats:
    """Weights ``(width, classes)`` of a softmax regression on dense vectors of length one: FISTA on the
    weights themselves, as there are more sentences than numbers in a vector. Steps are taken in the metric of
    the bound of the Hessian by Böhning (1992), the same for each class: vectors of an encoder are far from
    round, and plain gradient descent needs four times the iterations."""
    count = len(labels)
    targets = np.zeros((count, classes), np.float32)
    targets[np.arange(count), labels] = 1
    bound: Any = 0.5 * (vectors.T @ vectors) / count + DENSE_L2 * np.eye(vectors.shape[1])
    step: Floats = np.linalg.inv(bound.astype(np.float64)).astype(np.float32)
    weights: Floats = np.zeros((vectors.shape[1], classes), np.float32)
    lookahead: Floats = weights
    momentum = 1.0
    for _ in range(DENSE_ITERATIONS):
        error = softmax(vectors @ lookahead) - targets
        gradient: Any = vectors.T @ error / np.float32(count) + np.float32(DENSE_L2) * lookahead
        descended: Any = lookahead - step @ gradient
        next_momentum = (1 + (1 + 4 * momentum * momentum) ** 0.5) / 2
        extrapolation = np.float32((momentum - 1) / next_momentum) * (descended - weights)
        lookahead = (descended + extrapolation).astype(np.float32)
        weights, momentum = descended, next_momentum
    return weights


def _sentence_weights(targets: Floats) -> Floats:
    """Sentences of small classes weigh more, by the root of the size: classes then count for more than
    their number of sentences says, but not all the same."""
    sizes = targets.sum(axis=0)
    of_class = np.sqrt(sizes.mean() / np.maximum(sizes, 1))
    weights = targets @ of_class
    result: Floats = (weights / weights.mean())[:, None].astype(np.float32)
    return result


def _largest_eigenvalue(gram: Floats) -> float:
    """An upper bound of the largest eigenvalue: some rounds of the power method, and a margin."""
    vector = np.ones(len(gram), np.float32)
    length = 1.0
    for _ in range(10):
        vector = (gram @ vector).astype(np.float32)
        length = float(np.linalg.norm(vector))
        if length == 0:
            return 1.0
        vector /= length
    return length * 1.05


# --- a network -----------------------------------------------------------------------------------------


class MlpTrainer:
    """A network with one hidden layer (ReLU) in training.

    The first layer has a row for each feature. A step touches the rows of its batch only, by AdaGrad with
    one accumulated gradient for a row. The small rest (``upper``: hidden bias, output weights, output
    bias) is trained by Adam.
    """

    def __init__(self, features: int, classes: int, options: MlpOptions) -> None:
        self._options = options
        self._random = np.random.default_rng(options.seed)
        hidden = options.hidden
        normal = self._random.standard_normal
        self.first = normal((features, hidden), dtype=np.float32) * np.float32(1.5 / hidden**0.5)
        self._squared_gradients = np.full(features, 1e-8, np.float32)
        self.upper: list[Floats] = [
            np.zeros(hidden, np.float32),
            normal((hidden, classes), dtype=np.float32) / np.float32(hidden**0.5),
            np.zeros(classes, np.float32),
        ]
        self._first_moments = [np.zeros_like(layer) for layer in self.upper]
        self._second_moments = [np.zeros_like(layer) for layer in self.upper]
        self._steps = 0

    def fit(self, matrix: Any, labels: Ints, classes: int) -> None:
        """All epochs over all sentences."""
        count = len(labels)
        total = self._options.epochs * -(-count // BATCH_SIZE)
        for _ in range(self._options.epochs):
            order = self._random.permutation(count)
            shuffled, shuffled_labels = matrix[order], labels[order]
            for first in range(0, count, BATCH_SIZE):
                after = min(first + BATCH_SIZE, count)
                decay = 1 - self._steps / total
                self._steps += 1
                visible = self._with_dropout(shuffled, first, after)
                self._fit_batch(visible, shuffled_labels[first:after], classes, decay)

    def _fit_batch(self, visible: Any, labels: Ints, classes: int, decay: float) -> None:
        count = np.float32(len(labels))
        hidden = visible @ self.first + self.upper[0]
        mask = self._keep_mask(hidden.shape, HIDDEN_DROPOUT) * np.float32(1 / (1 - HIDDEN_DROPOUT))
        active = (hidden > 0) * mask
        hidden = hidden * active
        error = softmax(hidden @ self.upper[1] + self.upper[2])
        error -= np.float32(LABEL_SMOOTHING / classes)
        error[np.arange(len(labels)), labels] -= np.float32(1 - LABEL_SMOOTHING)
        error /= count
        hidden_error = (error @ self.upper[1].T) * active
        self._adagrad_step(visible, hidden_error, decay)
        self._adam_step([hidden_error.sum(axis=0), hidden.T @ error, error.sum(axis=0)], decay)

    def _with_dropout(self, matrix: Any, first: int, after: int) -> Any:
        """What is left of some rows of a matrix."""
        from scipy.sparse import csr_matrix

        bounds = matrix.indptr[first : after + 1]
        whole = slice(bounds[0], bounds[-1])
        dropout = self._options.dropout
        keep = self._keep_mask((int(bounds[-1] - bounds[0]),), dropout)
        indptr = np.concatenate([[0], np.cumsum(keep)])[bounds - bounds[0]]
        data = matrix.data[whole][keep] * np.float32(1 / (1 - dropout))
        return csr_matrix((data, matrix.indices[whole][keep], indptr), shape=(after - first, matrix.shape[1]))

    def _keep_mask(self, shape: tuple[int, ...], dropout: float) -> npt.NDArray[np.bool_]:
        kept: npt.NDArray[np.bool_] = self._random.random(shape, dtype=np.float32) >= dropout
        return kept

    def _adagrad_step(self, visible: Any, error: Floats, decay: float) -> None:
        """``visible`` is what the hidden units were given, ``error`` what is wrong with each of them."""
        from scipy.sparse import csr_matrix

        by_feature = visible.tocsc()
        columns = np.flatnonzero(np.diff(by_feature.indptr))
        bounds = np.append(by_feature.indptr[columns], by_feature.indptr[-1])
        # row by row, each in the processor's nearest cache while its sentences are added up
        rows = csr_matrix((by_feature.data, by_feature.indices, bounds), shape=(len(columns), len(error)))
        gradient = rows @ error
        squared = np.einsum("ij,ij->i", gradient, gradient) / np.float32(self._options.hidden)
        squared += self._squared_gradients[columns]
        self._squared_gradients[columns] = squared
        rate = np.float32(self._options.learning_rate * decay)
        gradient *= (rate / np.sqrt(squared))[:, None]
        self.first[columns] -= gradient

    def _adam_step(self, gradients: list[Floats], decay: float) -> None:
        for number, gradient in enumerate(gradients):
            mean, square = self._first_moments[number], self._second_moments[number]
            mean += np.float32(1 - ADAM_BETA1) * (gradient - mean)
            square += np.float32(1 - ADAM_BETA2) * (gradient * gradient - square)
            unbiased_mean = mean / np.float32(1 - ADAM_BETA1**self._steps)
            deviation = np.sqrt(square / np.float32(1 - ADAM_BETA2**self._steps)) + np.float32(1e-8)
            self.upper[number] -= np.float32(ADAM_LEARNING_RATE * decay) * unbiased_mean / deviation


def fit_mlp(matrix: Any, labels: Ints, classes: int, options: MlpOptions) -> MlpTrainer:
    """A trained network, from a matrix of scipy's; the same sentences give the same network."""
    trainer = MlpTrainer(matrix.shape[1], classes, options)
    trainer.fit(matrix, labels, classes)
    return trainer
