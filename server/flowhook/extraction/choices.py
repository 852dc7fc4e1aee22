"""Which of several things somebody chose."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import cache, lru_cache
from typing import NamedTuple

from flowhook.extraction.inflection import forms, stands
from flowhook.extraction.match import Context
from flowhook.extraction.negation import denied_spans, negations_of
from flowhook.extraction.numbers import scan
from flowhook.extraction.typos import begins_alike, may_be_typo
from flowhook.i18n.normalize import PICTURES, casefolded, fold_accents, language, strip_punctuation
from flowhook.languages import DEFAULT, LANGUAGES, language_for

Option = tuple[str, tuple[str, ...]]  #: a value and its synonyms
Span = tuple[int, int]

MAX_TEXT = 500  #: characters of an answer that are read
FUZZY_WORDS = 40  #: words of an answer in which typos are forgiven

_WORD = re.compile(rf"[^\W_]+n't(?![^\W_])|[^\W_]+[+#]*|[{PICTURES}]")
_SIGNED = re.compile(rf"[^\W_]+n't(?![^\W_])|[^\W_]+(?:[+#]+|-(?![\w-]))?|[{PICTURES}]")
_DIGITS = re.compile(r"\d+")
_MARKS = ".,;:!?\"'()"


@dataclass(frozen=True, slots=True)
class _Words:
    """The words of a text, folded, with their places; "don't" is two: do, not."""

    words: list[str]
    spans: list[Span]

    @classmethod
    def of(cls, text: str, *, minus: bool = False) -> _Words:
        """With ``minus`` the one behind a word belongs to it: "A-" is not "A"."""
        words: list[str] = []
        spans: list[Span] = []
        for found in (_SIGNED if minus else _WORD).finditer(fold_accents(text)):
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


class _Name(NamedTuple):
    """One name of an option as its words."""

    value: str
    words: tuple[str, ...]


def find_choice(text: str, options: Iterable[tuple[str, Sequence[str]]], locale: str) -> str | None:
    """Return the value of the one option that a text names; None when it names none, or two.

    ``options`` are values, each with its synonyms. Tried in this order: the whole text; the names
    that stand in the text (the longest of those that overlap), also with their numbers in words ("two
    hours") and times said otherwise ("at ten"); a place in the list, when the text says nothing else ("the
    second one please", "2"); names with typos, as many as the length of each word allows. What the text
    denies is not chosen, nor is anything in a clause with a negation of something else; and a word that
    negates is never a typo.
    """
    known = tuple((value, tuple(synonyms)) for value, synonyms in options)
    if len(text) > MAX_TEXT and len(text.strip()) > MAX_TEXT:
        text = text[:MAX_TEXT]
    exact = _exact(text, known)
    if exact is not None:
        return exact
    text = unicodedata.normalize("NFKC", text)  # full-width letters
    minus = any(name.rstrip().endswith("-") for value, more in known for name in (value, *more))
    said, names = _Words.of(text, minus=minus), _names(known, minus)
    for named in (_named(text, said, names, locale), _in_signs(text, known, locale)):
        if named:
            return named.pop() if len(named) == 1 else None
    if not said.words:
        return None
    for named in (_in_digits(text, known, locale, minus), _at_times(text, known, locale)):
        if len(named) == 1:
            return named.pop()
    placed = _placed(text, said, known, locale)
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
def _names(options: tuple[Option, ...], minus: bool) -> tuple[_Name, ...]:
    named = (
        (value, tuple(_Words.of(name, minus=minus).words))
        for value, more in options
        for name in (value, *more)
    )
    return tuple(_Name(value, words) for value, words in dict.fromkeys(named) if words)


# --- names in the text ---------------------------------------------------------------------------------


def _named(text: str, said: _Words, names: Sequence[_Name], locale: str) -> set[str]:
    """The values whose names stand in the text and are not denied; two where a negation is not understood."""
    found = _spans_of_names(said, names)
    if not found:
        return set()
    order = sorted(found)
    spans, negations = [said.span(*span) for span in order], negations_of(text, locale)
    kept = [not is_denied for is_denied in negations.denied(spans)]
    if any(keeps and doubts for keeps, doubts in zip(kept, negations.doubtful(spans), strict=True)):
        return set(_UNDECIDED)
    return {value for span, keeps in zip(order, kept, strict=True) if keeps for value in found[span]}


_UNDECIDED = ("", "\0")  #: as if two options were named


def _in_signs(text: str, options: Sequence[Option], locale: str) -> set[str]:
    """The values whose names have no letters and stand in the text: "$$ please"."""
    signs = {
        name.strip(): value
        for value, more in options
        for name in (value, *more)
        if name.strip() and not any(character.isalnum() for character in name)
    }
    if not signs:
        return set()
    found = [word for word in re.finditer(r"\S+", text) if word[0].rstrip(_MARKS) in signs]
    denied = denied_spans(text, [word.span() for word in found], locale)
    return {
        signs[word[0].rstrip(_MARKS)] for word, is_denied in zip(found, denied, strict=True) if not is_denied
    }


def _in_digits(text: str, options: tuple[Option, ...], locale: str, minus: bool) -> set[str]:
    """The values whose names stand in the text when numbers in words are written in digits on both sides:
    "two hours" and "2 hours". A name that is only a number is no such."""
    written, known = _with_digits(text, locale), _names_with_digits(options, locale, minus)
    if not known or (written == text and not _DIGITS.search(text)):
        return set()
    return _named(written, _Words.of(written, minus=minus), known, locale)


@lru_cache(maxsize=256)
def _names_with_digits(options: tuple[Option, ...], locale: str, minus: bool) -> tuple[_Name, ...]:
    written = tuple(
        (value, tuple(_with_digits(name, locale) for name in (value, *more))) for value, more in options
    )
    every = (
        _Name(value, tuple(_Words.of(name, minus=minus).words)) for value, names in written for name in names
    )
    return tuple(
        name for name in every if any(map(str.isdigit, name.words)) and not all(map(str.isdigit, name.words))
    )


def _with_digits(text: str, locale: str) -> str:
    """A text with its whole numbers in digits."""
    for quantity in reversed(scan(text, locale)):
        if quantity.spoken and isinstance(quantity.value, int):
            text = f"{text[: quantity.start]}{quantity.value}{text[quantity.end :]}"
    return text


_ANY_DAY = datetime(2000, 1, 1)  # a time of day is the same on all of them


def _at_times(text: str, options: tuple[Option, ...], locale: str) -> set[str]:
    """The values that are the time of day which a text says: "at ten" and "10:00"."""
    times = _times_of(options, locale)
    if not times:
        return set()
    from flowhook.extraction.answers import values_meant

    said = {match.value for match in values_meant("time", text, Context(locale, _ANY_DAY))}
    return {value for value, at in times if said == {at}}


@lru_cache(maxsize=256)
def _times_of(options: tuple[Option, ...], locale: str) -> tuple[tuple[str, str], ...]:
    """The options that are times of day in digits, each with the time."""
    if not any(_CLOCK.fullmatch(value.strip()) for value, _ in options):
        return ()
    from flowhook.extraction.times import find_time

    found = [(value, find_time(value, Context(locale, _ANY_DAY))) for value, _ in options]
    return tuple((value, times[0].value) for value, times in found if len(times) == 1)


_CLOCK = re.compile(r"\d{1,2}(?:[:.h]\d\d\s?(?:uhr|h|[ap]m|uur|u)?|\s?(?:uhr|h|[ap]m|uur|u))", re.IGNORECASE)


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


def _placed(text: str, said: _Words, options: Sequence[Option], locale: str) -> str | None:
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
            return _counted(text, options, locale)
    if len(places) != 1:
        return _counted(text, options, locale)
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


def _counted(text: str, options: Sequence[Option], locale: str) -> str | None:
    """The option whose number is the whole text: "2", "number two", "option 2 please"."""
    number = _cardinal(_Words.of(_with_digits(text, locale)), locale)
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
