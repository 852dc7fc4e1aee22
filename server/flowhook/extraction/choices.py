"""Which of several things somebody chose."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from flowhook.extraction.inflection import forms, stands
from flowhook.extraction.negation import denied_spans
from flowhook.extraction.typos import begins_alike, may_be_typo
from flowhook.i18n.normalize import PICTURES, casefolded, fold_accents, language, strip_punctuation
from flowhook.languages import DEFAULT, LANGUAGES, language_for

Option = tuple[str, tuple[str, ...]]  #: a value and its synonyms
Span = tuple[int, int]

MAX_TEXT = 500  #: characters of an answer that are read
FUZZY_WORDS = 40  #: words of an answer in which typos are forgiven

_WORD = re.compile(rf"[^\W_]+n't(?![^\W_])|[^\W_]+[+#]*|[{PICTURES}]")
_DIGITS = re.compile(r"\d+")


@dataclass(frozen=True, slots=True)
class _Words:
    """The words of a text, folded, with their places; "don't" is two: do, not."""

    words: list[str]
    spans: list[Span]

    @classmethod
    def of(cls, text: str) -> _Words:
        words: list[str] = []
        spans: list[Span] = []
        for found in _WORD.finditer(fold_accents(text)):
            parts = _CONTRACTIONS.get(found[0].replace("'", ""), (found[0],))
            words += parts
            spans += [found.span()] * len(parts)
        return cls(words, spans)

    def __len__(self) -> int:
        return len(self.words)

    def span(self, first: int, after: int) -> Span:
        """Where some of the words stand in the text."""
        return self.spans[first][0], self.spans[after - 1][1]


#: Written with or without an apostrophe, or in full: the same.
_CONTRACTIONS = {
    f"{verb}nt": (verb, "not")
    for verb in ("do", "does", "did", "is", "are", "was", "were", "has", "have", "would", "should", "could")
} | {"cant": ("can", "not"), "cannot": ("can", "not"), "wont": ("will", "not")}


@dataclass(frozen=True, slots=True)
class _Name:
    """One name of an option as its words."""

    value: str
    words: tuple[str, ...]


def find_choice(text: str, options: Iterable[tuple[str, Sequence[str]]], locale: str) -> str | None:
    """Return the value of the one option that a text names; None when it names none, or two.

    ``options`` are values, each with its synonyms. Tried in this order: the whole text; the names
    that stand in the text (the longest of those that overlap); a place in the list, when the text says
    nothing else ("the second one please", "2"); names with typos, as many as the length of each word
    allows. What the text denies is not chosen, and a word that negates is never a typo.
    """
    known = tuple((value, tuple(synonyms)) for value, synonyms in options)
    if len(text) > MAX_TEXT and len(text.strip()) > MAX_TEXT:
        text = text[:MAX_TEXT]
    exact = _exact(text, known)
    if exact is not None:
        return exact
    said, names = _Words.of(text), _names(known)
    if not said.words:
        return None
    named = _named(text, said, names, locale)
    if named:
        return named.pop() if len(named) == 1 else None
    placed = _placed(said, known, locale)
    return placed if placed is not None else _nearest(text, said, names, locale)


def _exact(said: str, options: Sequence[Option]) -> str | None:
    """The option whose name is the whole text: as written, then without case, then without accents."""
    for alike in (str.strip, casefolded, strip_punctuation):
        wanted = alike(said)
        if not wanted:
            continue
        named = {value for value, more in options if wanted in map(alike, (value, *more))}
        if named:
            return named.pop() if len(named) == 1 else None
    return None


@lru_cache(maxsize=256)
def _names(options: tuple[Option, ...]) -> tuple[_Name, ...]:
    named = ((value, tuple(_Words.of(name).words)) for value, more in options for name in (value, *more))
    return tuple(_Name(value, words) for value, words in dict.fromkeys(named) if words)


# --- names in the text ---------------------------------------------------------------------------------


def _named(text: str, said: _Words, names: Sequence[_Name], locale: str) -> set[str]:
    """The values whose names stand in the text and are not denied."""
    found = _spans_of_names(said, names)
    order = sorted(found)
    denied = denied_spans(text, [said.span(*span) for span in order], locale)
    return {
        value for span, is_denied in zip(order, denied, strict=True) if not is_denied for value in found[span]
    }


def _spans_of_names(said: _Words, names: Sequence[_Name]) -> dict[Span, set[str]]:
    """The names that stand in the text, the longest of those that overlap. Only names whose first word
    occurs are compared."""
    places: dict[str, list[int]] = {}
    for index, word in enumerate(said.words):
        for form in forms(word):
            places.setdefault(form, []).append(index)
    spans = [
        (index, index + len(name.words), name.value)
        for name in names
        for index in places.get(name.words[0], ())
        if stands(said.words, index, name.words)
    ]
    spans.sort(key=lambda span: (span[0] - span[1], span[0]))
    taken: set[int] = set()
    found: dict[Span, set[str]] = {}
    for start, end, value in spans:
        if (start, end) in found:
            found[start, end].add(value)
        elif taken.isdisjoint(range(start, end)):
            taken.update(range(start, end))
            found[start, end] = {value}
    return found


# --- places in the list --------------------------------------------------------------------------------


def _placed(said: _Words, options: Sequence[Option], locale: str) -> str | None:
    """The option at a place, when the text says nothing but the place: "I'll take the second one"."""
    numbers = language_for(locale).numbers
    ends = _ordinal_digits(numbers.ordinal_end_re)
    last = _last(numbers.last_re)
    places: set[int] = set()
    for word in said.words:
        if word in numbers.ordinals:
            places.add(numbers.ordinals[word])
        elif found := ends.fullmatch(word):
            places.add(int(found[1]))
        elif last.fullmatch(word):
            places.add(-1)
        elif not (word in numbers.picking or (places and word in numbers.picked)):
            return _counted(said, options, locale)
    if len(places) != 1:
        return _counted(said, options, locale)
    place = places.pop()
    if place == -1:
        return options[-1][0] if options else None
    return options[place - 1][0] if 0 < place <= len(options) else None


@cache
def _ordinal_digits(ordinal_end_re: str) -> re.Pattern[str]:
    return re.compile(rf"(\d{{1,3}})(?:{ordinal_end_re})")


@cache
def _last(last_re: str) -> re.Pattern[str]:
    return re.compile(last_re)


def _counted(said: _Words, options: Sequence[Option], locale: str) -> str | None:
    """The option whose number is the whole text: "2", "number two", "option 2 please"."""
    number = _cardinal(said, locale)
    if number is None:
        return None
    at_place = options[number - 1][0] if 0 < number <= len(options) else None
    numbered = [(value, _numbers_of(value, locale)) for value, _ in options]
    if not any(numbers for _, numbers in numbered):
        return at_place
    named = {value for value, numbers in numbered if number in numbers}
    if len(named) != 1:
        return None
    value = named.pop()
    return value if at_place in (None, value) else None  # where the two differ, who knows what is meant


def _cardinal(said: _Words, locale: str) -> int | None:
    """The one number of a text that says nothing else, but what it is the number of."""
    own, english = language_for(locale), language_for(DEFAULT)
    labels = _label(own.numbers.label_re, english.numbers.label_re)
    polite = own.yes_no.polite | own.numbers.picking_articles
    values = []
    for word in said.words:
        if word.isdecimal() and len(word) <= 3:
            values.append(int(word))
        elif word in own.numbers.words:
            values.append(own.numbers.words[word])
        elif not (labels.fullmatch(word) or word in polite):
            return None
    return values[0] if len(values) == 1 else None


@cache
def _label(*label_res: str) -> re.Pattern[str]:
    return re.compile("|".join(label_res))


@lru_cache(maxsize=1024)
def _numbers_of(value: str, locale: str) -> frozenset[int]:
    """The numbers in the name of an option: 2 of "2 hours", 10 of "10:00"."""
    words, said = language_for(locale).numbers.words, fold_accents(value)
    digits = {
        int(found[0]) for found in _DIGITS.finditer(said) if len(found[0]) < 10 and found[0].isdecimal()
    }
    return frozenset(digits | {words[word] for word in _Words.of(value).words if word in words})


# --- typos ---------------------------------------------------------------------------------------------


def _nearest(text: str, said: _Words, names: Sequence[_Name], locale: str) -> str | None:
    """The option with the fewest typos; None when there are too many, two are equally near, or it is not
    likely to be typed so."""
    negators = _negators(language(locale))
    best, values, likely = 99, set[str](), False
    for name in names:
        for distance, span in _misspelt(said, name, negators):
            if distance > best or denied_spans(text, [said.span(*span)], locale)[0]:
                continue
            is_likely = _is_likely(said.words[slice(*span)], name.words, locale)
            likely = is_likely or (likely and distance == best)
            values = {name.value} if distance < best else values | {name.value}
            best = distance
    return values.pop() if likely and len(values) == 1 else None


def _is_likely(window: Sequence[str], words: Sequence[str], locale: str) -> bool:
    """Whether some words may be typos of a name's: each of its own, or all in one where spaces differ."""
    if len(window) != len(words):
        return begins_alike("".join(window), "".join(words))
    return all(may_be_typo(written, word, locale) for written, word in zip(window, words, strict=True))


def _misspelt(said: _Words, name: _Name, negators: frozenset[str]) -> Iterator[tuple[int, Span]]:
    """The places where a name may stand with typos, each with how many: word by word, or with spaces at
    wrong places. A word that negates has no typos and is none."""
    count, size = len(name.words), min(len(said), FUZZY_WORDS)
    for start in range(size - count + 1):
        distance = _distance(said.words[start : start + count], name.words, negators)
        if distance is not None:
            yield distance, (start, start + count)
    joined = "".join(name.words)
    allowed = _allowed(joined)
    if not allowed or not negators.isdisjoint(name.words):
        return
    from rapidfuzz.distance import OSA

    for other in {count + 1, count - 1} - {0}:
        for start in range(size - other + 1):
            window = said.words[start : start + other]
            written = "".join(window)
            if abs(len(written) - len(joined)) > 1 or not negators.isdisjoint(window) or _has_digit(written):
                continue
            distance = OSA.distance(written, joined, score_cutoff=allowed)
            if distance <= allowed:
                yield distance + 1, (start, start + other)


def _distance(window: Sequence[str], words: Sequence[str], negators: frozenset[str]) -> int | None:
    """The typos in so many words; None when one has too many for its length."""
    from rapidfuzz.distance import OSA

    total = 0
    for written, word in zip(window, words, strict=True):
        if written == word:
            continue
        allowed = 0 if word in negators or written in negators else _allowed(word)
        if not allowed or _has_digit(written):
            return None
        distance = OSA.distance(written, word, score_cutoff=allowed)
        if distance > allowed:
            return None
        total += distance
    return total


@cache
def _negators(code: str) -> frozenset[str]:
    own = language_for(code if code in LANGUAGES else DEFAULT)
    return own.negation.negators | language_for(DEFAULT).negation.negators


def _has_digit(word: str) -> bool:
    return any(character.isdigit() for character in word)


def _allowed(word: str) -> int:
    """Typos that a word of this length may have. Digits are never mistyped into others."""
    if _has_digit(word):
        return 0
    return 0 if len(word) < 4 else 1 if len(word) < 6 else 2 if len(word) < 10 else 3
