"""Features as numbers: tf-idf, group by group, and every text has length one."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from flowhook.nlu.features import common_words

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]
Features = Sequence[Counter[str]]  #: one counter for each group, as features.features_of gives them

#: Of the groups of features: words, parts of words, pairs at a distance, or, where there are not many
#: sentences, groups of synonyms. Found by cross-validation.
GROUP_WEIGHTS: Final = (1.0, 1.0, 0.7)
GROUP_WEIGHTS_OF_SEVERAL: Final = (1.0, 1.0, 0.7)
GROUP_WEIGHTS_OF_FEW: Final = (0.8, 1.0, 0.6)
SEVERAL: Final = 500  #: sentences; from here on words say more and may be trusted more
FUNCTION_WORD_WEIGHT: Final = 0.5  #: where there are few sentences


def group_weights_of(sentences: int, *, many: bool) -> Sequence[float]:
    """The weights of the groups of features, where there are so many sentences to learn from."""
    if many:
        return GROUP_WEIGHTS
    return GROUP_WEIGHTS_OF_SEVERAL if sentences >= SEVERAL else GROUP_WEIGHTS_OF_FEW


@dataclass(frozen=True, slots=True)
class Vector:
    """A text as a sparse vector of length one: the columns of its features and their values."""

    indices: Ints
    data: Floats
    coverage: float  #: share of its words, by weight, that were seen in training


@dataclass(frozen=True, slots=True)
class CsrMatrix:
    """Many texts in compressed sparse rows: row ``i`` has ``indices[indptr[i]:indptr[i + 1]]``."""

    indices: Ints
    data: Floats
    indptr: npt.NDArray[np.int64]
    width: int  #: how many features there are

    def __len__(self) -> int:
        return len(self.indptr) - 1

    def part(self, first: int, after: int) -> CsrMatrix:
        """Some of the texts: from the first one on, up to the other."""
        start, end = self.indptr[first], self.indptr[after]
        return CsrMatrix(
            self.indices[start:end], self.data[start:end], self.indptr[first : after + 1] - start, self.width
        )

    def dense(self) -> Floats:
        """As a matrix, ``(texts, features)``."""
        matrix = np.zeros((len(self), self.width), np.float32)
        matrix[np.repeat(np.arange(len(self)), np.diff(self.indptr)), self.indices] = self.data
        return matrix

    def products(self, vector: Vector) -> Floats:
        """The scalar product of each text with another one, ``(texts,)``."""
        dense = np.zeros(self.width, np.float32)
        dense[vector.indices] = vector.data
        products = np.zeros(len(self.data) + 1, np.float32)  # one more, so that an empty row may be last
        products[:-1] = dense[self.indices] * self.data
        sums: Floats = np.add.reduceat(products, self.indptr[:-1])
        sums[np.diff(self.indptr) == 0] = 0  # texts without features
        return sums

    def sparse(self) -> Any:
        """As a matrix of scipy's."""
        from scipy.sparse import csr_matrix

        return csr_matrix((self.data, self.indices, self.indptr), shape=(len(self), self.width))


class Vocabulary:
    """The features of the training sentences, each with its column and its weight, the inverse document
    frequency. Where there are ``many`` sentences, a feature seen once is left out."""

    __slots__ = ("_columns", "_group_weights", "_unseen_weight", "_weights", "part_columns")

    part_columns: int  #: features in a column below are parts of words

    def __init__(
        self,
        features: Sequence[Features],
        *,
        many: bool,
        group_weights: Sequence[float] = GROUP_WEIGHTS_OF_FEW,
    ) -> None:
        seen: Counter[str] = Counter()
        self._group_weights = group_weights
        for groups in features:
            for group in groups:
                seen.update(group.keys())
        least = 2 if many else 1
        kept = sorted(feature for feature, count in seen.items() if count >= least)
        total = 1 + len(features)
        self._columns = {feature: column for column, feature in enumerate(kept)}
        self._weights = [math.log(total / (1 + seen[feature])) + 1 for feature in kept]
        self._unseen_weight = math.log(total) + 1
        if not many:
            common = common_words()
            for feature, column in self._columns.items():
                if feature[0] == "w" and common.issuperset(feature[1:].split()):
                    self._weights[column] *= FUNCTION_WORD_WEIGHT
        self.part_columns = bisect_left(kept, "d")

    @classmethod
    def restored(
        cls,
        features: Sequence[str],
        weights: Sequence[float],
        unseen_weight: float,
        *,
        many: bool,
        group_weights: Sequence[float],
    ) -> Vocabulary:
        """Return the vocabulary whose :attr:`content` this is."""
        vocabulary = cls((), many=many, group_weights=group_weights)
        vocabulary._columns = {feature: column for column, feature in enumerate(features)}
        vocabulary._weights = list(weights)
        vocabulary._unseen_weight = unseen_weight
        vocabulary.part_columns = bisect_left(features, "d")
        return vocabulary

    @property
    def content(self) -> tuple[Sequence[str], Sequence[float], float]:
        """The features by column, their weights, and the weight of a word that was never seen."""
        return list(self._columns), self._weights, self._unseen_weight

    def __len__(self) -> int:
        return len(self._columns)

    def __contains__(self, word: object) -> bool:
        return f"w{word}" in self._columns

    def column(self, word: str) -> int | None:
        """The column of a word; None if it was never seen."""
        return self._columns.get(f"w{word}")

    def vector(self, features: Features) -> Vector:
        """One text."""
        columns, weights = self._columns, self._weights
        indices: list[int] = []
        data: list[float] = []
        for group, weight in zip(features, self._group_weights, strict=True):
            start, square = len(data), 0.0
            for feature, count in group.items():
                column = columns.get(feature)
                if column is None:
                    continue
                value = weights[column] * (1.0 if count == 1 else 1 + math.log(count))
                square += value * value
                indices.append(column)
                data.append(value)
            if square:
                scale = weight / math.sqrt(square)
                data[start:] = [value * scale for value in data[start:]]
        array = np.asarray(data, np.float32)
        length = float(np.sqrt(array @ array)) if data else 0.0
        return Vector(
            np.asarray(indices, np.int32), array / length if length else array, self._coverage(features[0])
        )

    def _coverage(self, words: Counter[str]) -> float:
        coverage = unknown = 0.0
        for word in words:
            if " " in word or word in ("w?", "w!"):
                continue
            column = self._columns.get(word)
            if column is None:
                unknown += self._unseen_weight
            else:
                coverage += self._weights[column]
        return coverage / (coverage + unknown) if coverage else 0.0

    def rows(self, features: Sequence[Features]) -> CsrMatrix:
        """Many texts."""
        vectors = [self.vector(groups) for groups in features]
        indptr = np.zeros(len(vectors) + 1, np.int64)
        np.cumsum([len(vector.indices) for vector in vectors], out=indptr[1:])
        return CsrMatrix(
            np.concatenate([vector.indices for vector in vectors]) if vectors else np.zeros(0, np.int32),
            np.concatenate([vector.data for vector in vectors]) if vectors else np.zeros(0, np.float32),
            indptr,
            len(self),
        )

    @property
    def size(self) -> int:
        """Bytes it takes, about."""
        return sum(len(feature) + 60 for feature in self._columns) + 90 * len(self._columns)
