"""The network of the Universal Sentence Encoder, multilingual version 3, from the weights of its package.

A convolutional one: each token (a part of a word) is an embedding, and three branches look at windows of two,
three and five tokens, in two layers; what comes of all tokens of a sentence is summed up and goes through a
small dense network. The first layer of a branch is linear in its window, so its products belong to single
tokens: they are computed once for each token and kept, and a window adds up those of its places. Texts repeat
their tokens, and three fifths of all products are these.

Sentences lie one behind the other in one matrix, so that its products are large ones. Between them are rows
of zeros, as wide as a window reaches: what lies outside a sentence counts as zero.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from functools import lru_cache
from threading import Lock
from typing import Any, Final

import numpy as np
import numpy.typing as npt

EMBEDDING: Final = 512  #: numbers of a token
BRANCH: Final = 256  #: numbers of a token in one branch
WINDOWS: Final = ((2, 0), (3, 1), (5, 2))  #: of each branch: tokens of a window, and those before its own
GAP: Final = 2  #: rows between two sentences: so far a window reaches to either side
BATCH: Final = 512  #: tokens whose products are computed at once; more do not fit the processor's caches
HEAD_BATCH: Final = 512  #: sentences
MAX_TOKENS: Final = 2_048  #: whose products are kept, at 15 KB each; with more of them it begins anew
MAX_WORDS: Final = 20_000  #: whose tokens are kept
BEGIN, END = 1, 2  #: tokens around each sentence

_SPACES: Final = re.compile(r"[ \t\n\f\r]+")
_SPACE: Final = "\u2581"  #: as tokens write it
_WORD: Final = re.compile(f"{_SPACE}?[^{_SPACE}]+|{_SPACE}")

Floats = npt.NDArray[np.float32]
Ints = npt.NDArray[np.int64]


class Tokenizer:
    """Parts of words as numbers. No part reaches over a space, so that words are cut one by one, and those
    that were cut are kept."""

    def __init__(self, pieces: Any) -> None:
        """``pieces`` is the package's tokenizer."""
        self._normalize = pieces._normalizer.normalize
        self._unknown: int = pieces._unk_id
        self._cut = lru_cache(MAX_WORDS)(lambda word: tuple(pieces._viterbi(word)))

    def tokens(self, text: str) -> list[int]:
        """The tokens of a text, with those of its begin and end."""
        if text.isascii():  # the package's rules change nothing else in it
            words = [_SPACE + word for word in _SPACES.split(text) if word]
        else:
            words = _WORD.findall(self._normalize(text))
        found = [BEGIN]
        for word in words:
            found += self._cut(word)
        if not words:
            found.append(self._unknown)
        found.append(END)
        return found


class EncoderNetwork:
    """The weights, and what is known of the tokens that were read; any thread may use it."""

    def __init__(self, weights: Any) -> None:
        """``weights`` is the package's network; its tables are shared, its weights copied."""
        self._table, self._scale, self._lowest = weights.table, weights.scale, weights.lo
        self._projection, self._projection_bias = _own(weights.proj_W), _own(weights.proj_b)
        self._projection_norm = _own(weights.ln_g_all), _own(weights.ln_b_all)
        self._first = [_blocks(matrix) for matrix in weights.w1]
        self._first_bias = [_own(bias) for bias in weights.b1]
        self._second = [_blocks(matrix) for matrix in weights.w2]
        self._second_bias = [_own(bias) for bias in weights.b2]
        self._norm_gain, self._norm_bias = _own(weights.ln_g), _own(weights.ln_b)
        self._sum, self._sum_bias = _own(weights.cnn_W), _own(weights.cnn_b)
        self._dense = {name: _own(getattr(weights, name)) for name in ("d0", "d1", "d2", "d3", "p1", "p3")}
        self._epsilon = np.float32(weights.eps)
        self._lock = Lock()
        self._rows: dict[int, int] = {}  #: token → its row in the tables below; row 0 is that of gaps
        self._embeddings = np.zeros((MAX_TOKENS, EMBEDDING), np.float32)
        self._inputs = np.zeros((len(WINDOWS), MAX_TOKENS, BRANCH), np.float32)
        self._products = [np.zeros((size, MAX_TOKENS, BRANCH), np.float32) for size, _ in WINDOWS]

    def encode(self, sentences: Sequence[Sequence[int]]) -> Floats:
        """Return a vector of length one for each sentence, from its tokens."""
        sums = np.empty((len(sentences), EMBEDDING + BRANCH * len(WINDOWS)), np.float32)
        for first, after in _batches(sentences):
            sums[first:after] = self._sums(sentences[first:after])
        lengths = np.fromiter(map(len, sentences), np.float32, len(sentences))
        vectors = np.empty((len(sentences), EMBEDDING), np.float32)
        for at in range(0, len(sentences), HEAD_BATCH):
            part = slice(at, at + HEAD_BATCH)
            vectors[part] = self._head(sums[part], lengths[part])
        return vectors

    def _sums(self, sentences: Sequence[Sequence[int]]) -> Floats:
        """Of each sentence the sum of what comes of its tokens."""
        lengths = np.fromiter(map(len, sentences), np.int64, len(sentences))
        starts = np.cumsum(lengths + GAP) - lengths
        size = int(starts[-1] + lengths[-1]) + GAP
        inside = np.zeros(size, np.bool_)
        for start, length in zip(starts.tolist(), lengths.tolist(), strict=True):
            inside[start : start + length] = True
        features = np.empty((size, EMBEDDING + BRANCH * len(WINDOWS)), np.float32)
        features[:, :EMBEDDING], layers = self._first_layer(sentences, inside)
        outside = ~inside
        for number, (layer, weights) in enumerate(zip(layers, self._second, strict=True)):
            layer[outside] = 0
            at = EMBEDDING + number * BRANCH
            second = _convolved(layer, weights, WINDOWS[number][1]) + self._second_bias[number]
            np.maximum(second, 0, out=second)
            np.add(second, layer, out=features[:, at : at + BRANCH])
        return self._normalized_sums(features, starts, lengths)

    def _first_layer(
        self, sentences: Sequence[Sequence[int]], inside: npt.NDArray[np.bool_]
    ) -> tuple[Floats, list[Floats]]:
        """The embeddings of all places, and what comes of the first layer of each branch."""
        rows = np.zeros(len(inside), np.int64)
        with self._lock:
            known = self._known({token for tokens in sentences for token in tokens})
            rows[inside] = [known[token] for tokens in sentences for token in tokens]
            inputs = [table[rows] for table in self._inputs]
            windows = [self._windows(number, rows) for number in range(len(WINDOWS))]
            embeddings = self._embeddings[rows]
        for window, bias, given in zip(windows, self._first_bias, inputs, strict=True):
            window += bias
            np.maximum(window, 0, out=window)
            window += given
        return embeddings, windows

    def _windows(self, number: int, rows: Ints) -> Floats:
        """The products of the tokens in the window around each place, added up."""
        size, before = WINDOWS[number]
        total: Floats = self._products[number][before][rows]
        for place in range(size):
            if place != before:
                _add_shifted(total, self._products[number][place][rows], place - before)
        return total

    def _known(self, tokens: set[int]) -> dict[int, int]:
        """The rows of tokens. Those that are new are computed; the lock is held."""
        new = sorted(tokens - self._rows.keys())
        if len(self._rows) + len(new) >= MAX_TOKENS:
            self._rows.clear()
            new = sorted(tokens)
        if new:
            first = len(self._rows) + 1
            self._compute(np.asarray(new, np.int64), slice(first, first + len(new)))
            self._rows.update(zip(new, range(first, first + len(new)), strict=True))
        return self._rows

    def _compute(self, tokens: Ints, rows: slice) -> None:
        chunk = tokens % len(self._scale)
        embeddings = self._table[tokens] * self._scale[chunk, None] + self._lowest[chunk, None]
        projected: Any = embeddings @ self._projection + self._projection_bias
        projected -= projected.mean(axis=1, keepdims=True)
        variance = np.einsum("ij,ij->i", projected, projected) / np.float32(projected.shape[1])
        projected /= np.sqrt(variance + self._epsilon)[:, None]
        gain, bias = self._projection_norm
        projected = projected * gain + bias
        self._embeddings[rows] = embeddings
        for number, weights in enumerate(self._first):
            given = np.ascontiguousarray(projected[:, number * BRANCH : (number + 1) * BRANCH])
            self._inputs[number][rows] = given
            for place, block in enumerate(weights):
                self._products[number][place][rows] = given @ block

    def _normalized_sums(self, features: Floats, starts: Ints, lengths: Ints) -> Floats:
        """Each row normalized (mean 0, variance 1), and those of a sentence added up. Gain and bias of the
        normalization are the same for all rows, so they may come last."""
        width = np.float32(features.shape[1])
        means = features.sum(axis=1) / width
        variances = np.einsum("ij,ij->i", features, features) / width - means * means
        scales = 1 / np.sqrt(np.maximum(variances, 0) + self._epsilon)
        features *= scales[:, None]
        bounds = np.stack((starts, starts + lengths), axis=1).ravel()  # of sentences and of gaps
        sums: Any = np.add.reduceat(features, bounds, axis=0)[::2]
        sums -= np.add.reduceat(means * scales, bounds)[::2, None]
        sums *= self._norm_gain
        sums += lengths.astype(np.float32)[:, None] * self._norm_bias
        result: Floats = sums
        return result

    def _head(self, sums: Floats, lengths: Floats) -> Floats:
        dense = self._dense
        sentence: Any = sums @ self._sum + lengths[:, None] * self._sum_bias
        sentence /= np.sqrt(lengths)[:, None]
        inner = np.maximum(sentence @ dense["d0"], 0)
        middle = np.maximum(sentence @ dense["p1"] + inner @ dense["d1"], 0)
        outer = np.maximum(middle @ dense["d2"], 0)
        vector = np.tanh(middle @ dense["p3"] + outer @ dense["d3"])
        length = np.sqrt(np.maximum(np.einsum("ij,ij->i", vector, vector), self._epsilon))
        result: Floats = vector / length[:, None]
        return result


def _batches(sentences: Sequence[Sequence[int]]) -> Iterator[tuple[int, int]]:
    """Bounds of sentences that are computed together: at least one each."""
    first = size = 0
    for at, tokens in enumerate(sentences):
        if at > first and size + len(tokens) > BATCH:
            yield first, at
            first, size = at, 0
        size += len(tokens)
    if first < len(sentences):
        yield first, len(sentences)


def _own(weights: npt.NDArray[Any]) -> Floats:
    """A fresh array: products with arrays as the archive left them are slow."""
    return np.array(weights, np.float32, order="C", copy=True)


def _blocks(weights: npt.NDArray[Any]) -> list[Floats]:
    """The weights of each place of a window."""
    return [_own(weights[at : at + BRANCH]) for at in range(0, len(weights), BRANCH)]


def _convolved(layer: Floats, weights: Sequence[Floats], before: int) -> Floats:
    """The sum of the products of all places of a window, around each row."""
    total: Floats = layer @ weights[before]
    for place, block in enumerate(weights):
        if place != before:
            _add_shifted(total, layer @ block, place - before)
    return total


def _add_shifted(total: Floats, rows: Floats, by: int) -> None:
    """Add to each row the one that lies so many behind it; where there is none, nothing."""
    if by > 0:
        total[:-by] += rows[by:]
    else:
        total[-by:] += rows[:by]
