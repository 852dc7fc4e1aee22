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

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt

from flowhook.nlu.encoder import EncodedExamples, Similarities, Whitening, typical_similarities
from flowhook.nlu.models import Ensemble, Model, SoftmaxRegression
from flowhook.nlu.training import fit_softmax_regression, softmax
from flowhook.nlu.vectorizer import (
    SEVERAL,
    CsrMatrix,
    Features,
    Floats,
    Ints,
    Vector,
    Vocabulary,
    group_weights_of,
)

#: How a score is made: a logistic regression on (log odds of the class, similarity to its nearest
#: sentence, share of known words), trained once on 50,000 texts among BANKING77's training sentences,
#: with 3 to 62 intents of 3 to 130 sentences, half of the texts of intents that were left out. The
#: constants are raised, by 0.6 and 0.9, because far fewer than half of the messages of a real bot are
#: out of scope, and those that are seldom come from the same bank.
#: Where there are few sentences, more counts: see :class:`Evidence`. Fitted on drawn small flows
#: (benchmarks/small_flows.py) of 46 of BANKING77's intents and on made-up flows of other trades, looked at on
#: those of the 31 others, so that 0.4 balances what is understood and what is refused. Fitted without an
#: encoder, the two evidences with a weight of 0 brought 0.001, and let "my card" mean a lost one.
CALIBRATION_OF_FEW: Final = (0.25, -6.0, 0.0, 1.46, -1.13, 0.71, 8.97, 4.73, -1.36, 0.0, 0.0, -0.8)
CALIBRATION_OF_MANY: Final = (0.69, 0.97, 2.7, -3.86)
#: With a sentence encoder: after these, what it finds near.
CALIBRATION_OF_FEW_ENCODED: Final = (
    0.26, -5.83, 0.42, 0.21, -1.42, 0.15, 2.74, 4.98, -1.89, -1.6, 0.44, 2.87, 4.45, -1.5, 2.77, -0.86,
)  # fmt: skip
CALIBRATIONS: Final = {  #: by whether there are many sentences, and whether there is an encoder
    (False, False): CALIBRATION_OF_FEW,
    (True, False): CALIBRATION_OF_MANY,
    (False, True): CALIBRATION_OF_FEW_ENCODED,
    (True, True): CALIBRATION_OF_MANY,
}
ENCODED_WEIGHT: Final = 0.75  #: of the encoder's opinion beside the two networks'
SHARPNESS_OF_MANY_ENCODED: Final = 0.55
SHARPNESS_OF_FEW: Final = 2.5  #: factor on logits that makes the probabilities true ones
SHARPNESS_OF_SEVERAL: Final = 1.7
SHARPNESS_OF_MANY: Final = 0.8
ODDS_OF_ONE: Final = 2.5  #: where there is one class and nothing to compare it with: what is usual
FEWEST_EXAMPLES, MOST_EXAMPLES = 5, 20  #: of a class, that make a difference to its score
#: A text that says little which most classes do not say as well ("my card" among intents about cards) means
#: none of them. With few sentences the networks find a class for it all the same.
COMMON: Final = 2 / 3  #: of the classes hold what most hold, or more
LEAST_OWN_SHARE: Final = 0.15
NOTHING_OF_ITS_OWN: Final = -3.0  #: on the logit of the score
SAME: Final = 0.95  #: similarity of a sentence that is as good as one of the examples
MAX_SCORE: Final = 0.99  #: only a sentence that is known scores more
LEAST_NEARNESS: Final = 0.4  #: or less near, by the sentence encoder
LEAST_SIMILARITY: Final = 0.2  #: a text without a known word is rejected if it is less like any sentence


class Evidence(NamedTuple):
    """What speaks for it that the likeliest class is meant."""

    odds: float  #: the logarithm of those of the class against all others
    similarity: float  #: to its nearest sentence
    coverage: float  #: share of known words, by weight
    content: float  #: share of known words among those that say something; 0 where there is none
    small_talk: float  #: likeness to what people say to any bot
    known: float  #: ln(1 + known words that say something)
    near: float  #: the mean cosine of the three nearest sentences of the class
    typical: float  #: similarity less what is usual among the sentences of the class
    examples: float  #: ln(sentences of a class, on an average)
    mean: float  #: the mean cosine of all sentences of the class
    own: float  #: ln(1 + known words that say something and stand in sentences of the class)
    encoded_nearest: float = 0.0  #: by the sentence encoder: the cosine to the nearest example
    encoded_near: float = 0.0  #: and, whitened, the mean cosine of the three nearest
    encoded_typical: float = (
        0.0  #: and, whitened, the nearest less what is usual among the examples of the class
    )
    encoded_mean: float = 0.0  #: and, whitened, the mean cosine of all examples of the class


@dataclass(frozen=True, slots=True)
class Prediction:
    """What a classifier makes of a text."""

    probabilities: Floats  #: the probability of each class, given that it is one of them
    score: float  #: from 0 to 1: how sure it is that the likeliest class is meant
    coverage: float  #: share of the words, by weight, that were seen in training
    similarity: float  #: the cosine to the nearest sentence of the likeliest class
    evidence: Evidence

    @property
    def is_unfamiliar(self) -> bool:
        """Whether the text has nothing to do with any training sentence."""
        is_near = self.similarity >= LEAST_SIMILARITY or self.evidence.encoded_nearest >= LEAST_NEARNESS
        return not self.coverage and not is_near

    @property
    def best(self) -> int:
        """The likeliest class."""
        return int(self.probabilities.argmax())


@dataclass(frozen=True, slots=True)
class NearestNeighbours:
    """The training sentences, class by class, to see how near a text comes to one of them."""

    indices: Ints
    data: npt.NDArray[np.float16]
    indptr: npt.NDArray[np.int64]  #: of sentences in indices and data
    classes: npt.NDArray[np.int64]  #: of classes among sentences
    typical: Floats  #: of each class: how near a sentence is to the nearest other one, on an average
    width: int

    @classmethod
    def of(cls, rows: CsrMatrix, labels: Ints, classes: int, *, many: bool) -> NearestNeighbours:
        """``labels`` are in ascending order. Where there are ``many`` sentences nothing is typical."""
        bounds = np.searchsorted(labels, np.arange(classes + 1))
        if many:
            typical = np.zeros(classes, np.float32)
        else:
            typical = typical_similarities(lambda first, after: rows.part(first, after).dense(), bounds)
        return cls(rows.indices, rows.data.astype(np.float16), rows.indptr, bounds, typical, rows.width)

    def similarities(self, vector: Vector, label: int) -> Similarities:
        """How near a text is to the sentences of a class."""
        first, after = self.classes[label], self.classes[label + 1]
        if first == after or not len(vector.indices):
            return Similarities()
        dense = np.zeros(self.width, np.float32)
        dense[vector.indices] = vector.data
        start, end = self.indptr[first], self.indptr[after]
        products = np.zeros(end - start + 1, np.float32)  # one more, so that an empty row may be last
        products[:-1] = dense[self.indices[start:end]] * self.data[start:end]
        begins = self.indptr[first:after] - start
        sums = np.add.reduceat(products, begins)
        sums[self.indptr[first + 1 : after + 1] - start == begins] = 0  # sentences without features
        return Similarities.of(sums)

    def holders(self, width: int) -> npt.NDArray[np.bool_]:
        """Which class (row) holds which of the first ``width`` features (columns)."""
        held = np.zeros((len(self.classes) - 1, width), np.bool_)
        for label, (first, after) in enumerate(pairwise(self.classes.tolist())):
            features = self.indices[self.indptr[first] : self.indptr[after]]
            held[label, features[features < width]] = True
        return held

    @property
    def size(self) -> int:
        """Bytes it takes."""
        return self.indices.nbytes + self.data.nbytes + self.indptr.nbytes


@dataclass(frozen=True, slots=True)
class Classifier:
    """Trained on sentences; immutable."""

    vocabulary: Vocabulary
    model: Model | None  #: None with one class: there is nothing to tell apart
    neighbours: NearestNeighbours
    classes: int
    many: bool
    encoded: EncodedExamples | None = None  #: with a sentence encoder
    #: with few sentences: which class (row) holds which feature (column)
    _holders: npt.NDArray[np.bool_] = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        width = 0 if self.many else self.neighbours.width
        object.__setattr__(self, "_holders", self.neighbours.holders(width))

    @classmethod
    def fit(
        cls,
        features: Sequence[Features],
        labels: Sequence[int],
        classes: int,
        *,
        many: bool,
        vectors: Floats | None = None,
    ) -> Classifier:
        """Train on the features of texts, with the number of the class of each, below ``classes``; at least
        one text. What it is asked to predict must have features for ``many`` sentences, too, if it was
        trained on many, and a vector of the sentence encoder, if it was given ``vectors``, one row for each
        text."""
        order = np.argsort(np.asarray(labels, np.int32), kind="stable")
        sorted_labels = np.asarray(labels, np.int32)[order]
        ordered = [features[index] for index in order]
        weights = group_weights_of(len(ordered), many=many)
        vocabulary = Vocabulary(ordered, many=many, group_weights=weights)
        rows = vocabulary.rows(ordered)
        neighbours = NearestNeighbours.of(rows, sorted_labels, classes, many=many)
        if vectors is not None:
            vectors = vectors[order]
        model, encoded = _fit(rows, sorted_labels, classes, vocabulary, many=many, vectors=vectors)
        return cls(vocabulary, model, neighbours, classes, many, encoded)

    def predict(
        self,
        features: Features,
        content: Sequence[str] = (),
        small_talk: float = 0.0,
        sentence: Floats | None = None,
    ) -> Prediction:
        """Return the probability of each class, and the score of the likeliest. ``content`` are the words of
        the text that say something, ``small_talk`` is its likeness to what no intent means, ``sentence`` its
        vector by the sentence encoder."""
        vector = self.vocabulary.vector(features)
        if self.model is None:
            probabilities, odds = np.ones(1, np.float32), ODDS_OF_ONE
        else:
            probabilities = softmax(self._logits(self.model, vector, sentence))
            odds = log_odds(float(probabilities.max()))
        best = int(probabilities.argmax())
        similarities = self.neighbours.similarities(vector, best)
        similarity = similarities.nearest
        known = sum(word in self.vocabulary for word in content)
        evidence = Evidence(
            odds,
            similarity,
            vector.coverage,
            known / len(content) if content else 0.0,
            small_talk,
            math.log1p(known),
            similarities.near,
            similarity - float(self.neighbours.typical[best]),
            self._examples,
            similarities.mean,
            self._own(content, best),
        )
        if self.encoded is not None and sentence is not None:
            whitened = self.encoded.whitened_similarities(sentence, best)
            evidence = evidence._replace(
                encoded_nearest=self.encoded.similarity(sentence, best),
                encoded_near=whitened.near,
                encoded_typical=whitened.nearest - float(self.encoded.typical[best]),
                encoded_mean=whitened.mean,
            )
        score = 0.0
        if len(vector.indices) or evidence.encoded_nearest:
            score = self._score(evidence, is_common=similarity < SAME and self._is_common(vector, best))
        return Prediction(probabilities, score, vector.coverage, similarity, evidence)

    @property
    def _examples(self) -> float:
        """ln of the sentences of a class, within the bounds that the calibration has seen."""
        mean = (len(self.neighbours.indptr) - 1) / self.classes
        return math.log(min(max(mean, FEWEST_EXAMPLES), MOST_EXAMPLES))

    def _own(self, content: Sequence[str], best: int) -> float:
        """ln(1 + words of ``content`` that stand in sentences of a class); 0 with many sentences."""
        if self.many:
            return 0.0
        columns = [column for word in content if (column := self.vocabulary.column(word)) is not None]
        return math.log1p(int(self._holders[best, columns].sum()))

    @property
    def _sharpness_of_few(self) -> float:
        return SHARPNESS_OF_SEVERAL if len(self.neighbours.indptr) > SEVERAL else SHARPNESS_OF_FEW

    def _logits(self, model: Model, vector: Vector, sentence: Floats | None) -> Floats:
        logits = model.logits(vector)
        sharpness = SHARPNESS_OF_MANY if self.many else self._sharpness_of_few
        if self.encoded is not None and sentence is not None:
            if self.many:
                logits = logits + np.float32(ENCODED_WEIGHT) * self.encoded.log_probabilities(sentence)
                sharpness = SHARPNESS_OF_MANY_ENCODED
            else:
                logits = logits + self.encoded.logits(sentence)
        return logits * np.float32(sharpness)

    def _is_common(self, vector: Vector, best: int) -> bool:
        """Whether a text holds little of a class that most classes do not hold as well."""
        if self.many or self.model is None or not len(vector.indices):
            return False
        held = self._holders[:, vector.indices]
        own = held[best] & (held.sum(axis=0) <= COMMON * self.classes)
        weights = vector.data * vector.data
        return bool(weights[own].sum() < LEAST_OWN_SHARE * weights.sum())

    def _score(self, evidence: Evidence, *, is_common: bool) -> float:
        *weights, bias = CALIBRATIONS[self.many, self.encoded is not None]
        logit = bias + sum(weight * value for weight, value in zip(weights, evidence, strict=False))
        if is_common:
            logit += NOTHING_OF_ITS_OWN
        return min(MAX_SCORE, 1 / (1 + math.exp(-logit)))

    @property
    def size(self) -> int:
        """Bytes it takes in memory, about."""
        model_size = self.model.size if self.model is not None else 0
        encoded = self.encoded.size if self.encoded is not None else 0
        return model_size + self.neighbours.size + self.vocabulary.size + encoded


def _fit(
    rows: CsrMatrix,
    labels: Ints,
    classes: int,
    vocabulary: Vocabulary,
    *,
    many: bool,
    vectors: Floats | None,
) -> tuple[Model | None, EncodedExamples | None]:
    if classes == 1:
        if vectors is None:
            return None, None
        none = np.zeros((vectors.shape[1], 1), np.float32)
        return None, EncodedExamples.of(vectors, labels, 1, none, Whitening.of(vectors, labels, 1))
    if many:
        model = Ensemble.fit(rows, labels, classes, vocabulary.part_columns)
        return model, EncodedExamples.fit(vectors, labels, classes) if vectors is not None else None
    whitening = Whitening.of(vectors, labels, classes) if vectors is not None else None
    whitened = whitening(vectors) if vectors is not None and whitening is not None else None
    weights, dense = fit_softmax_regression(rows, labels, classes, whitened)
    if vectors is None or dense is None:
        return SoftmaxRegression(weights), None
    return SoftmaxRegression(weights), EncodedExamples.of(vectors, labels, classes, dense, whitening)


def log_odds(probability: float) -> float:
    """Of a probability, kept away from certainty."""
    probability = min(max(probability, 1e-4), 1 - 1e-4)
    return float(np.log(probability / (1 - probability)))
