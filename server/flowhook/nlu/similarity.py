"""Sentences that two intents have in common, or nearly: each takes messages from the other.

Nothing is trained: sentences are compared by their words. A word more, less or other makes short sentences
too different, so they are compared with those of the very same words only; long ones with those that share a
rare word (prefix filtering, as in set similarity joins).
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final, NamedTuple

from flowhook.nlu.features import exact_of_plain, plain, words_of_plain
from flowhook.nlu.gazetteer import fold

NEARLY_SAME: Final = 0.9  #: from so much similarity on two sentences are nearly the same
MAX_SENTENCES: Final = 200  #: sentences with one word; a more common word makes no two of them alike
_OTHER_ORDER: Final = 0.95  #: what an other order of the words leaves of the similarity
#: Words of a sentence that may be nearly the same as one of other words: 18 of 19 shared, in another order.
_LONG: Final = 18
_EMPTY: Final = frozenset("?!")


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two sentences of two intents. ``similarity`` is 1 when they are the same but for case and marks."""

    intent: str
    text: str
    other: str  #: the other intent
    other_text: str
    similarity: float


class _Sentence(NamedTuple):
    intent: str
    text: str
    same: str
    words: tuple[str, ...]


#: Two sentences by their places in the list, the earlier first.
_Pair = tuple[int, int]


def overlaps(examples: Mapping[str, Sequence[str]]) -> list[Overlap]:
    """All such pairs, the most alike first; each pair once. ``examples``: intent → sentences."""
    sentences = [
        _sentence(intent, text) for intent, texts in examples.items() for text in texts if text.strip()
    ]
    frequency = Counter(word for sentence in sentences for word in set(sentence.words))
    found = dict.fromkeys(_equal(sentences, [sentence.same for sentence in sentences]), 1.0)
    for pair in sorted({*_of_same_words(sentences, frequency), *_of_long(sentences, frequency)}):
        found.setdefault(pair, _similarity(sentences[pair[0]].words, sentences[pair[1]].words))
    result = [
        _overlap(sentences[one], sentences[other], similarity)
        for (one, other), similarity in found.items()
        if similarity >= NEARLY_SAME
    ]
    return sorted(result, key=lambda overlap: -overlap.similarity)


def _overlap(one: _Sentence, other: _Sentence, similarity: float) -> Overlap:
    return Overlap(one.intent, one.text, other.intent, other.text, round(similarity, 3))


def _sentence(intent: str, text: str) -> _Sentence:
    written = plain(text)
    words = tuple([fold(word) for word in words_of_plain(written) if word not in _EMPTY])
    return _Sentence(intent, text, exact_of_plain(written), words)


def _equal(sentences: Sequence[_Sentence], keys: Iterable[Hashable]) -> Iterator[_Pair]:
    """Sentences of two intents whose keys are equal; None is equal to none."""
    places: dict[Hashable, list[int]] = defaultdict(list)
    for place, key in enumerate(keys):
        if key is not None:
            places[key].append(place)
    for group in places.values():
        for one, other in combinations(group, 2):
            if sentences[one].intent != sentences[other].intent:
                yield one, other


def _of_same_words(sentences: Sequence[_Sentence], frequency: Mapping[str, int]) -> Iterator[_Pair]:
    """Sentences of the same words, in any order, one of which is rare enough."""
    rare = {word for word, count in frequency.items() if count <= MAX_SENTENCES}
    keys = [
        None if rare.isdisjoint(sentence.words) else tuple(sorted(sentence.words)) for sentence in sentences
    ]
    return _equal(sentences, keys)


def _of_long(sentences: Sequence[_Sentence], frequency: Mapping[str, int]) -> Iterator[_Pair]:
    """Long sentences that share enough words to be alike. The rarest words of a sentence suffice to
    find them: two that are alike differ in a tenth of their words at most."""
    by_word: dict[str, list[int]] = defaultdict(list)
    for place, sentence in enumerate(sentences):
        if len(sentence.words) < _LONG:
            continue
        words = sorted(set(sentence.words), key=lambda word: (frequency[word], word))
        enough = len(words) - int(len(words) * NEARLY_SAME) + 1
        for word in words[:enough]:
            if frequency[word] <= MAX_SENTENCES:
                near = by_word[word]
                yield from ((other, place) for other in near if _may_be_alike(sentences[other], sentence))
        for word in words:
            by_word[word].append(place)


def _may_be_alike(one: _Sentence, other: _Sentence) -> bool:
    """Quick to say no: they are of one intent, or the numbers of words are too different."""
    few, more = sorted((len(one.words), len(other.words)))
    return one.intent != other.intent and few >= NEARLY_SAME * more


def _similarity(one: tuple[str, ...], other: tuple[str, ...]) -> float:
    """How much of the words the two share; the order counts for a little."""
    if one == other:
        return 1.0
    first, second = Counter(one), Counter(other)
    return (first & second).total() / (first | second).total() * _OTHER_ORDER
