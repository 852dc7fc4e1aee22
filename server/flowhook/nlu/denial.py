"""Intents that a text says not to mean: "no, my card is not lost", "don't cancel it, just move it".

Which words a text denies tells the reader of negation that values have, too (``extraction/negation.py``).
An intent is denied by a word that its examples have without a negation, that few other intents have, and that
none of its examples denies itself: "it does not work" stays what it is. A wish ("I don't want to cancel"), a
command ("don't cancel") and whoever begins with a "no" deny any intent; a statement ("my card is not lost")
only one whose examples deny nothing at all, because intents of what went wrong are full of negations, or of
which at least half of the examples say the word.
Complaints ("I can't find it"), questions ("why is it not blocked?") and what somebody lacks ("I have no
card") deny nothing. What is left of the text without its denied clauses may mean another intent.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import lru_cache
from itertools import pairwise
from typing import Final, NamedTuple

from flowhook.extraction.negation import negations_of
from flowhook.i18n.normalize import fold_accents
from flowhook.languages import language_for
from flowhook.nlu.features import plain

SHARE: Final = 0.3  #: of a word's occurrences in examples, from which on it speaks for an intent
HALF: Final = 0.5  #: of an intent's examples, whose word a statement denies although others deny something
STEM: Final = 4  #: letters that two forms of a word have in common at least
STEM_SHARE: Final = 0.65  #: and the share of the shorter one

_WORD: Final = re.compile(r"[^\W\d_]+")
_CLAUSE: Final = re.compile(r"[.,;:!?…\n]+|\s[-–—]\s")
_QUESTION: Final = re.compile(r"[?？]\s*$")

Span = tuple[int, int]


class Denial(NamedTuple):
    """What a text denies, and what is left of it."""

    words: frozenset[str]  #: that are denied
    rest: str  #: the clauses without a denied word
    is_wish: bool  #: something is not wished, rather than not so


class DenialReader:
    """The words by which intents are denied, from their examples."""

    def __init__(self, examples: Mapping[str, Sequence[str]], locale: str, light: frozenset[str]) -> None:
        self._locale = locale
        language = language_for(locale)
        self._light = light
        self._unable = language.negation.unable
        self._wanting, self._subjects = language.negation.wanting, language.negation.subjects
        self._lacking = re.compile(rf"(?<!\w)(?:{language.negation.lacking_re})(?!\w)")
        asking = "|".join(map(re.escape, sorted(language.cues.what | language.cues.how)))
        self._question = re.compile(rf"\s*(?:{asking or '(?!)'})(?!\w)")
        self._around = re.compile(language.negation.around_re)
        self._turns = language.negation.turns
        self._no = language.yes_no.no
        self._said: dict[str, Counter[str]] = {}
        self._negative: dict[str, frozenset[str]] = {}
        self._counts = {name: len(texts) for name, texts in examples.items()}
        for name, texts in examples.items():
            denied: set[str] = set()
            said: Counter[str] = Counter()
            for text in texts:
                words, spans = self._content(text)
                flags = self._denied(text, spans)
                for word, is_denied in zip(words, flags, strict=True):
                    if is_denied:
                        denied.add(word)
                    else:
                        said[word] += 1
            self._said[name], self._negative[name] = said, frozenset(denied)
        self._everywhere: Counter[str] = Counter()
        for said in self._said.values():
            self._everywhere.update(said)

    def read(self, text: str) -> Denial | None:
        """What a text denies; None when it denies nothing."""
        reader = negations_of(text, self._locale)
        if not reader.has_negation or self._asks(text):
            return None
        words, spans = self._content(text)
        denied = [
            (word, span)
            for word, span, is_denied in zip(words, spans, self._denied(text, spans), strict=True)
            if is_denied and self._unable.isdisjoint(reader.words_around(span))
        ]
        if not denied:
            return None
        is_wish = self._begins_with_no(text) or any(
            self._is_wish(reader.words_around(span)) for _, span in denied
        )
        if not is_wish and self._lacking.search(fold_accents(text)):
            return None
        clauses = self._clauses(text)
        kept = [
            text[start:end] for start, end in clauses if not any(start <= span[0] < end for _, span in denied)
        ]
        return Denial(frozenset(word for word, _ in denied), " ".join(kept).strip(), is_wish)

    def _denied(self, text: str, spans: Sequence[Span]) -> list[bool]:
        """Which spans a text denies: behind or before a negation, or between its two words ("ne … pas")."""
        flags = negations_of(text, self._locale).denied(spans)
        between = [found.span(1) for found in self._around.finditer(fold_accents(text))]
        return [
            flag or any(start <= span[0] < end for start, end in between)
            for flag, span in zip(flags, spans, strict=True)
        ]

    def denies(self, denial: Denial, intent: str) -> bool:
        """Whether an intent is denied by one of the denied words."""
        said, negative = self._said.get(intent, Counter()), self._negative.get(intent, frozenset())
        words = [word for word in denial.words if not any(_same(word, other) for other in negative)]
        if negative and not denial.is_wish:
            half = HALF * self._counts.get(intent, 0)
            words = [word for word in words if _occurrences(word, said) >= half]
        return any(self._speaks_for(word, said) for word in words)

    def is_negative(self, denial: Denial, intent: str) -> bool:
        """Whether an intent's own examples deny what the text denies."""
        negative = self._negative.get(intent, frozenset())
        return any(_same(word, other) for word in denial.words for other in negative)

    def _is_wish(self, clause: Sequence[str]) -> bool:
        return self._subjects.isdisjoint(clause) or not self._wanting.isdisjoint(clause)

    def _speaks_for(self, word: str, said: Counter[str]) -> bool:
        own, every = _occurrences(word, said), _occurrences(word, self._everywhere)
        return own > 0 and own >= SHARE * every

    def _begins_with_no(self, text: str) -> bool:
        """Whether what is denied was supposed before: "no, my card is not lost"."""
        first = _WORD.search(fold_accents(text))
        return first is not None and first[0] in self._no

    def _asks(self, text: str) -> bool:
        return bool(_QUESTION.search(text) or self._question.match(fold_accents(text)))

    def _content(self, text: str) -> tuple[list[str], list[Span]]:
        """The words that say something, and their places."""
        found = [(_plain_word(word[0]), word.span()) for word in _WORD.finditer(text)]
        kept = [(word, span) for word, span in found if word not in self._light]
        return [word for word, _ in kept], [span for _, span in kept]

    def _clauses(self, text: str) -> list[Span]:
        """Where clauses begin and end: at marks, and before what turns to something else."""
        low = fold_accents(text)
        cuts = {0, len(text)}
        for mark in _CLAUSE.finditer(text):
            cuts.update(mark.span())
        cuts.update(word.start() for word in _WORD.finditer(low) if word[0] in self._turns)
        order = sorted(cuts)
        return list(pairwise(order))


@lru_cache(maxsize=4_096)
def _plain_word(word: str) -> str:
    """What ``plain`` makes of a word: examples repeat theirs."""
    return plain(word)


def _occurrences(word: str, said: Counter[str]) -> int:
    """How often a word is said, in any of its forms."""
    return sum(count for other, count in said.items() if _same(word, other))


def _same(word: str, other: str) -> bool:
    """Whether two words are forms of one: they begin with the same letters."""
    if word == other:
        return True
    shorter = min(len(word), len(other))
    need = max(STEM, round(STEM_SHARE * shorter))
    return shorter >= need and word[:need] == other[:need]
