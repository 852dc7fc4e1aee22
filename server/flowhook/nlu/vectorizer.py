"""Features as numbers: rare ones weigh more than common ones, and every text has length one."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from flowhook.languages import function_words

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int32]
Features = Sequence[Counter[str]]  #: one counter for each group, as texts.features_of gives them

#: Of the groups: words, parts of words, pairs at a distance. Found by cross-validation.
WEIGHTS: Final = (1.0, 1.0, 0.7)
WEIGHTS_OF_FEW: Final = (0.8, 1.0, 0.0)
LITTLE: Final = 0.5  #: the weight of words that say little, where there are few sentences


@dataclass(frozen=True, slots=True)
class Vector:
    """A text: the ids of its known features, their values (length one together), and the share of
    its words, by weight, that was seen in training."""

    ids: Ints
    values: Floats
    known: float


@dataclass(frozen=True, slots=True)
class CsrMatrix:
    """Many texts: row ``i`` has ``ids[starts[i]:starts[i + 1]]``."""

    ids: Ints
    values: Floats
    starts: npt.NDArray[np.int64]
    width: int  #: how many features there are

    def __len__(self) -> int:
        return len(self.starts) - 1

    def dense(self) -> Floats:
        """As a matrix, ``(texts, features)``."""
        matrix = np.zeros((len(self), self.width), np.float32)
        matrix[np.repeat(np.arange(len(self)), np.diff(self.starts)), self.ids] = self.values
        return matrix

    def sparse(self) -> Any:
        """As a matrix of scipy's."""
        from scipy.sparse import csr_matrix

        return csr_matrix((self.values, self.ids, self.starts), shape=(len(self), self.width))


class Vocabulary:
    """The features of the training sentences, with their weights. Where there are ``many`` sentences, a
    feature seen once is left out."""

    __slots__ = ("_groups", "_ids", "_unseen", "_weights", "parts")

    parts: int  #: features with a lower number are parts of words

    def __init__(self, texts: Sequence[Features], *, many: bool) -> None:
        seen: Counter[str] = Counter()
        self._groups = WEIGHTS if many else WEIGHTS_OF_FEW
        for groups in texts:
            for group in groups:
                seen.update(group.keys())
        least = 2 if many else 1
        kept = sorted(feature for feature, count in seen.items() if count >= least)
        total = 1 + len(texts)
        self._ids = {feature: place for place, feature in enumerate(kept)}
        self._weights = [math.log(total / (1 + seen[feature])) + 1 for feature in kept]
        self._unseen = math.log(total) + 1
        if not many:
            common = function_words()
            for feature, place in self._ids.items():
                if feature[0] == "w" and common.issuperset(feature[1:].split()):
                    self._weights[place] *= LITTLE
        self.parts = bisect_left(kept, "d")

    def __len__(self) -> int:
        return len(self._ids)

    def vector(self, features: Features) -> Vector:
        """One text."""
        known_ids, known_values = self._ids, self._weights
        ids: list[int] = []
        values: list[float] = []
        for group, weight in zip(features, self._groups, strict=True):
            start, square = len(values), 0.0
            for feature, count in group.items():
                place = known_ids.get(feature)
                if place is None:
                    continue
                value = known_values[place] * (1.0 if count == 1 else 1 + math.log(count))
                square += value * value
                ids.append(place)
                values.append(value)
            if square:
                scale = weight / math.sqrt(square)
                values[start:] = [value * scale for value in values[start:]]
        array = np.asarray(values, np.float32)
        length = float(np.sqrt(array @ array)) if values else 0.0
        return Vector(
            np.asarray(ids, np.int32), array / length if length else array, self._known_share(features[0])
        )

    def _known_share(self, words: Counter[str]) -> float:
        known = unknown = 0.0
        for word in words:
            if " " in word or word in ("w?", "w!"):
                continue
            place = self._ids.get(word)
            if place is None:
                unknown += self._unseen
            else:
                known += self._weights[place]
        return known / (known + unknown) if known else 0.0

    def rows(self, texts: Sequence[Features]) -> CsrMatrix:
        """Many texts."""
        vectors = [self.vector(features) for features in texts]
        starts = np.zeros(len(vectors) + 1, np.int64)
        np.cumsum([len(vector.ids) for vector in vectors], out=starts[1:])
        return CsrMatrix(
            np.concatenate([vector.ids for vector in vectors]) if vectors else np.zeros(0, np.int32),
            np.concatenate([vector.values for vector in vectors]) if vectors else np.zeros(0, np.float32),
            starts,
            len(self),
        )

    @property
    def size(self) -> int:
        """Bytes it takes, about."""
        return sum(len(feature) + 60 for feature in self._ids) + 90 * len(self._ids)
