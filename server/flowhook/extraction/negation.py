"""What a text says not to mean: "not tomorrow", "am Freitag kann ich nicht", "any day but Monday".

The one reader of negation, for values, choices, slots, and yes and no. It resolves the scope of each
negating word within its clause, in the manner of NegEx (Chapman et al. 2001):

- *forward*: "not on Friday", "I can't come on Friday". Between the word and the value stand light words
  (pronouns, articles, auxiliaries, listed for each language) and at most ``REACH`` others;
- *backward*: "Friday doesn't work", "morgen nicht". All words between the value and the negation, and from
  there to the end of the clause, are light, and no other value stands behind;
- *joined*: "no mushrooms or onions".

A clause ends with a punctuation mark or a turn ("but", "sondern"). Some expressions with a negating word
deny nothing: "not only", "why not", "no problem".
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterable, Sequence
from functools import cache, lru_cache
from itertools import islice
from typing import NamedTuple

from flowhook.extraction.match import Match
from flowhook.i18n.normalize import fold_accents, language
from flowhook.languages import DEFAULT, LANGUAGES, language_for

REACH = 3  #: words that are not light between a negation and what it negates
JOINING = 2  #: words between two values that one negation denies
NEAR = 60  #: words that are looked at on either side

Span = tuple[int, int]

_WORD = re.compile(r"[^\W_]+n't(?![^\W_])|[^\W_]+")
_BREAK = re.compile(r"[,.;:!?()\n¿¡…]")


class _Token(NamedTuple):
    """A word; it ``breaks`` when a clause ends behind it."""

    word: str
    start: int
    end: int
    breaks: bool


class _Words(NamedTuple):
    """The words of a language, with the English ones that mean nothing else in it."""

    negators: frozenset[str]
    light: frozenset[str]
    joins: frozenset[str]
    turns: frozenset[str]
    bounds: frozenset[str]
    harmless: re.Pattern[str]
    excepting: re.Pattern[str]
    unfit: re.Pattern[str]
    phrases: re.Pattern[str]  #: excepting or unfit


def wanted(found: Iterable[Match], text: str, locale: str) -> list[Match]:
    """The values that the text does not deny."""
    matches = list(found)
    denied = denied_spans(text, [(match.start, match.end) for match in matches], locale)
    return [match for match, is_denied in zip(matches, denied, strict=True) if not is_denied]


def denied_spans(text: str, spans: Sequence[Span], locale: str) -> list[bool]:
    """Whether the text denies what stands at each span ``(start, end)``; spans are in its order."""
    if not spans:
        return []
    return negations_of(text, locale).denied(spans)


@lru_cache(maxsize=16)
def negations_of(text: str, locale: str) -> NegationReader:
    """The reader of a text; several kinds of values are looked for in one message."""
    return NegationReader(text, locale)


class NegationReader:
    """The negations of one text."""

    def __init__(self, text: str, locale: str) -> None:
        low = fold_accents(text)
        code = language(locale)
        self._words = words = _words(code if code in LANGUAGES else DEFAULT)
        spelled = [word.replace("'", "") for word in _WORD.findall(low)]
        self.has_negation = not words.negators.isdisjoint(spelled) or bool(words.phrases.search(low))
        if not self.has_negation:
            return
        self._tokens = _tokenized(text, low)
        self._starts = [token.start for token in self._tokens]
        harmless = _covered(words.harmless, low)
        excepting = _covered(words.excepting, low)
        unfit = _covered(words.unfit, low)
        self._negators = [
            (token.word in words.negators and token.start not in harmless) or token.start in excepting
            for token in self._tokens
        ]
        self._excepts = [token.start in excepting for token in self._tokens]
        self._unfit = [token.start in unfit and token.start not in harmless for token in self._tokens]
        self.has_negation = any(self._negators) or any(self._unfit)

    def denied(self, spans: Sequence[Span]) -> list[bool]:
        """Whether each span is denied; they are in the order of the text."""
        if not self.has_negation:
            return [False] * len(spans)
        return [bool(used) for used in self._used(spans)]

    def doubtful(self, spans: Sequence[Span]) -> list[bool]:
        """Whether each span stands in a clause with a negation that denies none of the spans: what is
        denied there was not understood."""
        if not self.has_negation:
            return [False] * len(spans)
        used = set[int]().union(*self._used(spans))  # or part of a value: "minus five"
        used.update(index for span in spans for index in range(*self._range(*span)))
        left = {
            index
            for index in range(len(self._tokens))
            if (self._negators[index] or self._unfit[index]) and index not in used
        }
        return [bool(left) and not left.isdisjoint(self._clause(*self._range(*span))) for span in spans]

    def words_around(self, span: Span) -> list[str]:
        """The words of the clause in which a span stands; none in a text without a negation."""
        if not self.has_negation:
            return []
        return [self._tokens[index].word for index in self._clause(*self._range(*span))]

    def _clause(self, first: int, behind: int) -> range:
        """The tokens of the clause in which some tokens stand."""
        begin, end = first, behind
        while begin and not self._tokens[begin - 1].breaks and not self._turns(begin - 1):
            begin -= 1
        while end < len(self._tokens) and not self._tokens[end - 1].breaks and not self._turns(end):
            end += 1
        return range(begin, end)

    def _turns(self, index: int) -> bool:
        return self._tokens[index].word in self._words.turns

    def _used(self, spans: Sequence[Span]) -> list[frozenset[int]]:
        """The negating words that deny each span."""
        ranges = [self._range(start, end) for start, end in spans]
        found: list[frozenset[int]] = []
        after, before = 0, frozenset[int]()  # of the span before: its end, and what denied it
        for number, (first, behind) in enumerate(ranges):
            floor = after if after <= first else 0
            following = next(
                (begin for begin, _ in islice(ranges, number + 1, None) if begin >= behind), None
            )
            used = self._denied_before(first, floor) or self._denied_behind(behind, following)
            if not used and before and self._is_joined(after, first):
                used = before
            found.append(used)
            after, before = behind, used
        return found

    def _range(self, start: int, end: int) -> tuple[int, int]:
        """The tokens of a span: the first, and the one behind the last."""
        first = bisect_left(self._starts, start)
        if first and self._tokens[first - 1].end > start:
            first -= 1
        return first, bisect_left(self._starts, end)

    def _denied_before(self, first: int, floor: int) -> frozenset[int]:
        if first < len(self._tokens) and self._excepts[first]:  # "todo menos 5" is not about -5
            return frozenset({first})
        heavy = 0
        for index in range(first - 1, max(floor, first - NEAR) - 1, -1):
            token = self._tokens[index]
            if token.breaks:
                break
            if self._negators[index]:
                return frozenset({index})
            if token.word in self._words.bounds or self._turns(index):
                break
            heavy += token.word not in self._words.light
            if heavy > REACH:
                break
        return frozenset()

    def _denied_behind(self, behind: int, following: int | None) -> frozenset[int]:
        used: set[int] = set()
        for index in range(behind, min(len(self._tokens), behind + NEAR)):
            if index and self._tokens[index - 1].breaks:
                break
            if index == following:
                return frozenset()
            token = self._tokens[index]
            if self._turns(index) or self._excepts[index]:
                break
            if self._negators[index] or self._unfit[index]:
                used.add(index)
            elif token.word not in self._words.light:
                return frozenset()
        return frozenset(used)

    def _is_joined(self, after: int, first: int) -> bool:
        """ "No mushrooms or onions": the negation of the span before holds for this one, too."""
        between = self._tokens[after:first]
        return 0 < len(between) <= JOINING and all(token.word in self._words.joins for token in between)


def _tokenized(text: str, low: str) -> list[_Token]:
    found = list(_WORD.finditer(low))
    tokens = []
    for number, word in enumerate(found):
        following = found[number + 1] if number + 1 < len(found) else None
        end = following.start() if following else len(low)
        is_space = following is not None and text[word.end() : end] == " "
        breaks = following is None or (not is_space and _ends_clause(text, word.end(), end))
        tokens.append(_Token(word[0].replace("'", ""), word.start(), word.end(), breaks))
    return tokens


def _ends_clause(text: str, start: int, end: int) -> bool:
    """Whether a clause ends between two words; the point of "3. März" and of "5.30" ends none."""
    mark = _BREAK.search(text, start, end)
    if mark is None:
        return False
    if mark[0] in ".,:" and text[start - 1].isdigit() and len(text[start:end].strip()) == 1:
        return mark[0] == "," and not text[end : end + 1].isdigit()
    return True


def _covered(pattern: re.Pattern[str], low: str) -> set[int]:
    """The places of the words that an expression covers."""
    return {
        found.start() + word.start() for found in pattern.finditer(low) for word in _WORD.finditer(found[0])
    }


@cache
def _words(code: str) -> _Words:
    own, english = language_for(code).negation, language_for(DEFAULT).negation
    foreign = language_for(code).cues.prepositions if code != DEFAULT else frozenset[str]()
    negators = own.negators | (english.negators - foreign)
    return _Words(
        negators,
        own.light | english.light,
        own.joins | english.joins,
        own.turns | english.turns,
        own.bounds | english.bounds,
        _expression(own.harmless_re, english.harmless_re),
        _expression(own.except_re, english.except_re),
        _expression(own.unfit_re, english.unfit_re),
        _expression(own.except_re, english.except_re, own.unfit_re, english.unfit_re),
    )


def _expression(*sources: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{'|'.join(dict.fromkeys(sources))})(?!\w)")
