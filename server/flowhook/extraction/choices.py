"""Which of several things somebody chose."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache

from flowhook.extraction.inflection import forms, stands
from flowhook.i18n.normalize import casefolded, strip_punctuation, words_of
from flowhook.languages import DEFAULT, language_for
from flowhook.languages.language import NumberWords

Option = tuple[str, tuple[str, ...]]  #: a value and its synonyms

LONGEST = 2_000  #: characters of an answer that are read
FUZZY_WORDS = 40  #: words of an answer in which typos are forgiven

_CLAUSE = re.compile(r"[,;:.!?\n]")


@dataclass(frozen=True, slots=True)
class _Name:
    """One name of an option as its words."""

    value: str
    words: tuple[str, ...]


def find_choice(text: str, options: Iterable[tuple[str, Sequence[str]]], locale: str) -> str | None:
    """The value of the one option that a text names; None when it names none, or two.

    ``options`` are values, each with its synonyms. Tried in this order: the whole text; the names
    that stand in the text (the longest of those that overlap); a place in the list ("the second one",
    and "2" unless an option is a number itself); names with typos, as many as their length allows.
    What stands after "not" is not chosen.
    """
    known = tuple((value, tuple(synonyms)) for value, synonyms in options)
    said = text[:LONGEST]
    exact = _exact(said, known)
    if exact is not None:
        return exact
    words, names = words_of(said), _names(known)
    if not words:
        return None
    refused = _refused(said, locale)
    within = _within(words, names, refused)
    if within:
        return within.pop() if len(within) == 1 else None
    wanted = [word for index, word in enumerate(words) if index not in refused]
    placed = _placed(said, wanted, known, language_for(locale).numbers)
    return placed if placed is not None else _nearest(wanted, names)


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
    named = ((value, tuple(words_of(name))) for value, more in options for name in (value, *more))
    return tuple(_Name(value, words) for value, words in dict.fromkeys(named) if words)


# --- names in the text ---------------------------------------------------------------------------------


def _within(words: list[str], names: Sequence[_Name], refused: set[int]) -> set[str]:
    """The values whose names stand in the text. Only names whose first word occurs are compared."""
    places: dict[str, list[int]] = {}
    for index, word in enumerate(words):
        for form in forms(word):
            places.setdefault(form, []).append(index)
    spans = [
        (index, index + len(name.words), name.value)
        for name in names
        for index in places.get(name.words[0], ())
        if stands(words, index, name.words)
    ]
    spans.sort(key=lambda span: (span[0] - span[1], span[0]))
    taken: set[int] = set()
    found: dict[tuple[int, int], set[str]] = {}
    for start, end, value in spans:
        if (start, end) in found:
            found[start, end].add(value)
        elif taken.isdisjoint(range(start, end)):
            taken.update(range(start, end))
            found[start, end] = {value}
    return {value for (start, _), values in found.items() if start not in refused for value in values}


def _refused(said: str, locale: str) -> set[int]:
    """The places of the words after a "not" or a "not the"; a comma ends what it says: "no, small"."""
    refused, place = set[int](), 0
    known = (language_for(locale).negation, language_for(DEFAULT).negation)
    negations, articles = known[0].before | known[1].before, known[0].articles | known[1].articles
    for clause in _CLAUSE.split(said):
        denied = False
        for word in words_of(clause):
            if denied:
                refused.add(place)
            denied = word in negations or (denied and word in articles)
            place += 1
    return refused


# --- places in the list --------------------------------------------------------------------------------


def _placed(said: str, words: list[str], options: Sequence[Option], numbers: NumberWords) -> str | None:
    """The option at a place that the text names."""
    place = _ordinal(words, numbers)
    if place is None and not any(_is_number(value, numbers) for value, _ in options):
        place = _cardinal(strip_punctuation(said), numbers)
    if place == -1:
        return options[-1][0] if options else None
    return options[place - 1][0] if place and 0 < place <= len(options) else None


def _ordinal(words: list[str], numbers: NumberWords) -> int | None:
    """The one place named by an ordinal; -1 is the last."""
    ends = re.compile(rf"(\d{{1,3}})(?:{numbers.ordinal_end_re})")
    places = {numbers.ordinals[word] for word in words if word in numbers.ordinals}
    places |= {int(found[1]) for word in words if (found := ends.fullmatch(word))}
    places |= {-1 for word in words if re.fullmatch(numbers.last_re, word)}
    return places.pop() if len(places) == 1 else None


def _cardinal(said: str, numbers: NumberWords) -> int | None:
    """The number that is the whole text: "2", "number two", "option 2"."""
    labelled = _labelled(numbers.label_re)
    found = labelled.fullmatch(said)
    if found:
        return int(found[1])
    last = said.rpartition(" ")[2]
    lead = said[: -len(last)].strip()
    if lead and not labelled.fullmatch(f"{lead} 1"):
        return None
    return numbers.words.get(last)


@cache
def _labelled(label_re: str) -> re.Pattern[str]:
    english = language_for(DEFAULT).numbers.label_re
    return re.compile(rf"(?:{label_re}|{english})?\s?#?(\d{{1,3}})")


def _is_number(value: str, numbers: NumberWords) -> bool:
    plainly = strip_punctuation(value)
    return any(character.isdigit() for character in plainly) or plainly in numbers.words


# --- typos ---------------------------------------------------------------------------------------------


def _nearest(words: list[str], names: Sequence[_Name]) -> str | None:
    """The option with the fewest typos; None when there are too many, or two are equally near."""
    from rapidfuzz.distance import OSA

    best, values = 99, set[str]()
    known = words[:FUZZY_WORDS]
    for name in names:
        wanted = " ".join(name.words)
        allowed = _allowed(wanted)
        for window in _windows(known, len(name.words)) if allowed else ():
            distance = OSA.distance(window, wanted, score_cutoff=min(allowed, best))
            if distance > allowed or distance > best:
                continue
            values = {name.value} if distance < best else values | {name.value}
            best = distance
    return values.pop() if len(values) == 1 else None


def _windows(words: list[str], count: int) -> set[str]:
    """So many words in a row, and one fewer or more: spaces are typed wrong, too."""
    return {
        " ".join(words[start : start + size])
        for size in {count, count + 1, max(1, count - 1)}
        for start in range(len(words) - size + 1)
        if not any(character.isdigit() for word in words[start : start + size] for character in word)
    }


def _allowed(name: str) -> int:
    """Typos that a name of this length may have. Digits are never mistyped into others."""
    if any(character.isdigit() for character in name):
        return 0
    return 0 if len(name) < 4 else 1 if len(name) < 6 else 2 if len(name) < 10 else 3
