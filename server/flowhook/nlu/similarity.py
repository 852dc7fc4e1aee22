"""Sentences that two intents have in common, or nearly: each takes messages from the other.

Nothing is trained: sentences are compared by their words, with those first that share a rare one.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

from flowhook.nlu.features import exact, words_of
from flowhook.nlu.gazetteer import fold

NEARLY_SAME: Final = 0.9  #: from so much similarity on two sentences are nearly the same
MAX_SENTENCES: Final = 200  #: sentences with one word; a more common word makes no two of them alike
_EMPTY: Final = frozenset("?!")


@dataclass(frozen=True, slots=True)
class Overlap:
    """Two sentences of two intents. ``similarity`` is 1 when they are the same but for case and marks."""

    intent: str
    text: str
    other: str  #: the other intent
    other_text: str
    similarity: float


@dataclass(frozen=True, slots=True)
class _Sentence:
    intent: str
    text: str
    same: str
    words: Counter[str]
    order: tuple[str, ...]


def overlaps(examples: Mapping[str, Sequence[str]]) -> list[Overlap]:
    """All such pairs, the most alike first; each pair once. ``examples``: intent → sentences."""
    sentences = [
        _sentence(intent, text) for intent, texts in examples.items() for text in texts if text.strip()
    ]
    found = _same(sentences)
    seen = {(id(one), id(other)) for one, other in found}
    by_word: dict[str, list[int]] = defaultdict(list)
    for position, sentence in enumerate(sentences):
        for word in sentence.words:
            by_word[word].append(position)
    result = [Overlap(one.intent, one.text, other.intent, other.text, 1.0) for one, other in found]
    for position, one in enumerate(sentences):
        for near in _near(position, one, by_word):
            other = sentences[near]
            if other.intent == one.intent or not _may_be_alike(one, other):
                continue
            if (id(one), id(other)) in seen:
                continue
            similarity = _similarity(one, other)
            if similarity >= NEARLY_SAME:
                result.append(Overlap(one.intent, one.text, other.intent, other.text, round(similarity, 3)))
    return sorted(result, key=lambda overlap: -overlap.similarity)


def _sentence(intent: str, text: str) -> _Sentence:
    words = tuple(fold(word) for word in words_of(text) if word not in _EMPTY)
    return _Sentence(intent, text, exact(text), Counter(words), words)


def _same(sentences: list[_Sentence]) -> list[tuple[_Sentence, _Sentence]]:
    groups: dict[str, list[_Sentence]] = defaultdict(list)
    for sentence in sentences:
        groups[sentence.same].append(sentence)
    return [
        (one, other)
        for group in groups.values()
        if len(group) > 1
        for position, one in enumerate(group)
        for other in group[position + 1 :]
        if one.intent != other.intent
    ]


def _near(position: int, sentence: _Sentence, by_word: Mapping[str, list[int]]) -> list[int]:
    """Later sentences that share enough words to be alike. The rarest words of a sentence suffice to
    find them: two that are alike differ in a tenth of their words at most."""
    words = sorted(sentence.words, key=lambda word: len(by_word[word]))
    enough = max(1, len(words) - int(len(words) * NEARLY_SAME) + 1)
    near: dict[int, None] = {}
    for word in words[:enough]:
        if len(by_word[word]) <= MAX_SENTENCES:
            near.update((other, None) for other in by_word[word] if other > position)
    return list(near)


def _may_be_alike(one: _Sentence, other: _Sentence) -> bool:
    """Quick to say no: the numbers of words are too different."""
    few, more = sorted((len(one.order), len(other.order)))
    return few >= NEARLY_SAME * more


def _similarity(one: _Sentence, other: _Sentence) -> float:
    """How much of the words the two share; the order counts for a little."""
    shared = sum((one.words & other.words).values())
    total = sum((one.words | other.words).values())
    if not total:
        return 0.0
    share = shared / total
    return share if one.order == other.order else share * 0.95
