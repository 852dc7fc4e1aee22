"""Which class a text belongs to, and how sure that is.

What was measured, and why it is made like this, is in docs/understanding.md; ``benchmarks/nlu.py``
measures again. In short, by cross-validation on the training sentences of BANKING77 (77 intents): linear
support vectors on words and parts of words, the usual choice, are right in 90.6 %, two small networks
together in 91.5 %; adding the support vectors to them gave nothing, so that scikit-learn did not earn
its 50 MB. With 10 sentences per intent a softmax regression is ahead of both. It needs numpy only and
trains in milliseconds; the networks need scipy for their sparse matrices, in a process of their own: the
server never imports it for them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np
import numpy.typing as npt

from flowhook.nlu.models import Ensemble, Learner, SoftmaxRegression
from flowhook.nlu.training import softmax
from flowhook.nlu.vectorizer import CsrMatrix, Features, Floats, Ints, Vector, Vocabulary

#: How a score is made: a logistic regression on (log odds of the class, likeness to its nearest
#: sentence, share of known words), learned once from 50,000 texts among BANKING77's training sentences,
#: with 3 to 62 intents of 3 to 130 sentences, half of the texts of intents that were left out. The
#: constants are raised, by 0.6 and 0.9, because far fewer than half of the messages of a real bot are
#: out of scope, and those that are seldom come from the same bank.
SURE_OF_FEW: Final = (0.38, 3.45, 2.44, -4.3)
SURE_OF_MANY: Final = (0.69, 0.97, 2.7, -3.86)
SHARPEN_FEW: Final = 2.5  #: on logits, so that the probabilities are true ones
SHARPEN_MANY: Final = 0.8
SUREST: Final = 0.99  #: only a sentence that is known scores more
STRANGE: Final = 0.2  #: a text without a known word is rejected if it is less like any sentence


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a classifier makes of a text."""

    shares: Floats  #: the probability of each class, given that it is one of them
    score: float  #: from 0 to 1: how sure it is that the likeliest class is meant
    known: float  #: share of the words, by weight, that were seen in training
    nearest: float  #: the cosine to the nearest sentence of the likeliest class

    @property
    def strange(self) -> bool:
        """Whether the text has nothing to do with anything that was learned."""
        return not self.known and self.nearest < STRANGE

    @property
    def best(self) -> int:
        """The likeliest class."""
        return int(self.shares.argmax())


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The sentences that were learned, class by class, to see how near a text comes to one."""

    ids: Ints
    values: npt.NDArray[np.float16]
    starts: npt.NDArray[np.int64]  #: of sentences in ids and values
    classes: npt.NDArray[np.int64]  #: of classes among sentences
    width: int

    @classmethod
    def of(cls, rows: CsrMatrix, labels: Ints, classes: int) -> Neighbours:
        """``labels`` are in ascending order."""
        bounds = np.searchsorted(labels, np.arange(classes + 1))
        return cls(rows.ids, rows.values.astype(np.float16), rows.starts, bounds, rows.width)

    def nearest(self, vector: Vector, label: int) -> float:
        """The cosine to the nearest sentence of a class."""
        first, after = self.classes[label], self.classes[label + 1]
        if first == after or not len(vector.ids):
            return 0.0
        spread = np.zeros(self.width, np.float32)
        spread[vector.ids] = vector.values
        start, end = self.starts[first], self.starts[after]
        products = np.zeros(end - start + 1, np.float32)  # one more, so that an empty row may be last
        products[:-1] = spread[self.ids[start:end]] * self.values[start:end]
        begins = self.starts[first:after] - start
        sums = np.add.reduceat(products, begins)
        sums[self.starts[first + 1 : after + 1] - start == begins] = 0  # sentences without features
        return float(sums.max())

    @property
    def size(self) -> int:
        """Bytes it takes."""
        return self.ids.nbytes + self.values.nbytes + self.starts.nbytes


@dataclass(frozen=True, slots=True)
class Classifier:
    """Learned from sentences; immutable."""

    vocabulary: Vocabulary
    learner: Learner | None  #: None with one class: there is nothing to tell apart
    neighbours: Neighbours
    classes: int
    many: bool

    @classmethod
    def learn(
        cls, texts: Sequence[Features], labels: Sequence[int], classes: int, *, many: bool
    ) -> Classifier:
        """From texts with the number of their class, below ``classes``; at least one text. Those who ask
        it for a judgement make features for ``many`` sentences, too, if it was learned from many."""
        order = np.argsort(np.asarray(labels, np.int32), kind="stable")
        sorted_labels = np.asarray(labels, np.int32)[order]
        ordered = [texts[place] for place in order]
        vocabulary = Vocabulary(ordered, many=many)
        rows = vocabulary.rows(ordered)
        learner: Learner | None = None
        if classes > 1:
            learner = (
                Ensemble.learn(rows, sorted_labels, classes, vocabulary.parts)
                if many
                else SoftmaxRegression.learn(rows, sorted_labels, classes)
            )
        return cls(vocabulary, learner, Neighbours.of(rows, sorted_labels, classes), classes, many)

    def judge(self, features: Features) -> Prediction:
        """Every class's share, and the score of the best."""
        vector = self.vocabulary.vector(features)
        if self.learner is None:
            shares, odds = np.ones(1, np.float32), 0.0
        else:
            strength = SHARPEN_FEW if isinstance(self.learner, SoftmaxRegression) else SHARPEN_MANY
            shares = softmax(self.learner.logits(vector) * np.float32(strength))
            odds = log_odds(float(shares.max()))
        nearest = self.neighbours.nearest(vector, int(shares.argmax()))
        odds_weight, near_weight, known_weight, constant = SURE_OF_MANY if self.many else SURE_OF_FEW
        sure = odds_weight * odds + near_weight * nearest + known_weight * vector.known + constant
        score = min(SUREST, 1 / (1 + float(np.exp(-sure)))) if len(vector.ids) else 0.0
        return Prediction(shares, score, vector.known, nearest)

    @property
    def size(self) -> int:
        """Bytes it takes in memory, about."""
        learned = self.learner.size if self.learner is not None else 0
        return learned + self.neighbours.size + self.vocabulary.size


def log_odds(share: float) -> float:
    """Of a probability, kept away from certainty."""
    share = min(max(share, 1e-4), 1 - 1e-4)
    return float(np.log(share / (1 - share)))
