"""Two values of which only one was found: "2 or 3 hours", "April 2-7", "from 5 to 6 pm".

Where two numbers are joined by a word or sign for a range or an alternative, they share what stands beside
one of them: a unit, a month, "pm". A reader finds the value of the one; here the other is made of it, by
reading what was found again with the other number in the place of its own. Two different values are no
answer, so that none of them is taken. What cannot be read so makes the found value doubtful: it goes.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from typing import TypeVar

from flowhook.extraction.match import Day, Match, Moment
from flowhook.extraction.measures import spaced
from flowhook.extraction.number_words import number_heads
from flowhook.extraction.numbers import scan
from flowhook.i18n.normalize import fold_accents, language
from flowhook.languages import DEFAULT, LANGUAGES, language_for
from flowhook.languages.language import NumberWords

Span = tuple[int, int]
AnyMatch = TypeVar("AnyMatch", Match, Day, Moment)

_DIGITS = re.compile(r"\d+")
_LAST_WORD = re.compile(r"(\w+)\.?\Z")
_FIRST_WORD = re.compile(r"[-+.,']?\s?(\w+)")
_LISTED = re.compile(r"([^\W\d_]+), (?=([^\W\d_]+))")
_ENDS = re.compile(r"\s*(?:$|[.,;!?)])")


@dataclass(frozen=True, slots=True)
class Rival:
    """A number that shares what stands beside the number of the found value ``index``. It stands at
    ``[start, end)`` with what joins the two; ``text`` is the found value with this number instead."""

    index: int
    start: int
    end: int
    text: str
    differs: bool  #: "halb drei oder drei" has the same number twice, and means two times


def with_rivals(
    text: str, locale: str, found: Sequence[AnyMatch], read: Callable[[str], Sequence[AnyMatch]]
) -> list[AnyMatch]:
    """The found values with those that numbers beside them make; without those that are doubtful.

    ``found`` are in the order of the text; ``read`` finds values in another text.
    """
    rivals = _rivals_of(text, locale, [(one.start, one.end) for one in found])
    if not rivals:
        return list(found)
    doubtful: set[int] = set()
    read_so: list[AnyMatch] = []
    for rival in rivals:
        values = read(rival.text) if rival.differs else []
        if len(values) == 1:
            read_so.append(values[0]._replace(start=rival.start, end=rival.end))  # pyright: ignore[reportArgumentType]
        else:
            doubtful.add(rival.index)
    read_so += [one for index, one in enumerate(found) if index not in doubtful]
    return sorted(read_so, key=lambda one: one.start)


def _rivals_of(text: str, locale: str, spans: Sequence[Span]) -> list[Rival]:
    """The numbers outside of the spans that are alternatives to a number inside of one."""
    code = _code(locale)
    low, joint, numbers = fold_accents(text), _joint(code), language_for(code).numbers
    if not spans or not _may_join(low, _joins(code), joint, spans, numbers):
        return []
    figures = _figures(text, locale)
    counted, hour, day = _counted(code), _hour_lead(code), _day_lead(code)
    starts = [start for start, _ in spans]
    found: list[Rival] = []
    owners = [_owner(figure, spans, starts) for figure in figures]
    for number in range(len(figures) - 1):
        one, other = figures[number], figures[number + 1]
        here, there = owners[number], owners[number + 1]
        if (here is None) == (there is None):
            continue
        if there is not None:
            if hour.fullmatch(low[one[1] : other[0]].strip()) and day.search(low, max(0, one[0] - 8), one[0]):
                continue  # "el 13 a las 2"
            gaps = {(one[1], other[0]), (one[1], max(one[1], spans[there][0]))}
            own, rival, index = other, one, there
        else:
            assert here is not None
            gap = low[spans[here][1] : other[0]].strip()
            if counted.match(low, other[1]) or gap == "a" or hour.fullmatch(gap):
                continue  # "at five and 3 people"; "le 24 décembre à 18h", "el 3 de octubre a las 4"
            gaps = {(one[1], other[0]), (min(spans[here][1], other[0]), other[0])}
            own, rival, index = one, other, here
        if ":" in (low[rival[0] - 1 : rival[0]], low[rival[1] : rival[1] + 1]):
            continue  # part of a time
        if any(joint.fullmatch(low, *gap) for gap in gaps) or _is_listed(low, one, other):
            start, end = spans[index]
            changed = text[start : own[0]] + text[rival[0] : rival[1]] + text[own[1] : end]
            begin, after = min(rival[0], max(end, one[1])), max(rival[1], start)
            begin, after = (begin, rival[1]) if rival is other else (rival[0], after)
            found.append(
                Rival(index, begin, after, changed, low[own[0] : own[1]] != low[rival[0] : rival[1]])
            )
    return found


def _is_listed(low: str, one: Span, other: Span) -> bool:
    """Whether two numbers in words follow each other with a comma: "two, three days"."""
    return low[one[1] : other[0]] == ", " and low[slice(*one)].isalpha() and low[slice(*other)].isalpha()


def is_followed_by_number(text: str, locale: str, end: int) -> bool:
    """Whether a number that nobody has read stands right behind, at the end of a clause: "5 feet 11", "an
    hour and twenty"."""
    low, gap = fold_accents(text), _and(language_for(_code(locale)).units.and_re)
    return any(
        start >= end and gap.fullmatch(low, end, start) and _ENDS.match(low, after)
        for start, after in _figures(text, locale)
        if start - end < 8
    )


@cache
def _and(and_re: str) -> re.Pattern[str]:
    return re.compile(rf"\s{{0,2}}(?:(?:{spaced(and_re)})\s{{1,2}})?")


def _owner(figure: Span, spans: Sequence[Span], starts: Sequence[int]) -> int | None:
    """Which span a number overlaps."""
    index = bisect_left(starts, figure[1]) - 1
    return index if index >= 0 and spans[index][1] > figure[0] else None


@lru_cache(maxsize=16)
def _figures(text: str, locale: str) -> tuple[Span, ...]:
    """Where the numbers of a text stand, in digits, words and ordinals."""
    low, ordinals = fold_accents(text), _ordinals(_code(locale))
    quantities = [(_behind_dash(low, quantity.start), quantity.end) for quantity in scan(text, locale)]
    spans = [(start, end) for start, end in quantities if "/" not in low[start:end]]
    spans += [found.span() for found in ordinals.finditer(low)]
    spans += [found.span() for found in _DIGITS.finditer(low)]  # also of "5/6" and "5:30"
    spans.sort(key=lambda span: (span[0], -span[1]))
    kept: list[Span] = []
    for span in spans:
        if not kept or span[0] >= kept[-1][1]:
            kept.append(span)
    return tuple(kept)


def _behind_dash(low: str, start: int) -> int:
    """Where a number begins whose sign is a dash behind another one: "20 - 22"."""
    if low[start] != "-" or not low[max(0, start - 3) : start].rstrip()[-1:].isdigit():
        return start
    return start + 2 if low[start + 1 : start + 2] == " " else start + 1


def _code(locale: str) -> str:
    code = language(locale)
    return code if code in LANGUAGES else DEFAULT


@cache
def _ordinals(code: str) -> re.Pattern[str]:
    numbers = language_for(code).numbers
    words = "|".join(sorted(map(re.escape, numbers.ordinals), key=len, reverse=True)) or "(?!)"
    return re.compile(rf"(?<!\w)(?:{words}|\d{{1,2}}(?:{numbers.ordinal_end_re}))(?!\w)")


@cache
def _counted(code: str) -> re.Pattern[str]:
    times = language_for(code).times
    return re.compile(rf"\s{{0,2}}(?:{times.counted_re}|{times.oclock_re}|[ap]\.?m)(?!\w)|:\d")


@cache
def _hour_lead(code: str) -> re.Pattern[str]:
    """What stands before an hour, of two words: of one it is a joint, too."""
    return re.compile(rf"(?=\w+ \w|alle|all'|as\Z)(?:{language_for(code).times.at_re})")


@cache
def _day_lead(code: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{language_for(code).dates.the_re})\s\Z")


def _may_join(
    low: str, joins: re.Pattern[str], joint: re.Pattern[str], spans: Sequence[Span], words: NumberWords
) -> bool:
    """Whether something that joins stands beside what looks like a number, or a found value, on both sides.
    Else the numbers of the text need not be read."""
    if not joins.search(low):
        return False
    starts, ends = {start for start, _ in spans}, {end for _, end in spans}
    heads, minus = number_heads(words), _minus(words.minus_re)
    for listed in _LISTED.finditer(low):
        if _looks_like_number(listed[1], heads) and _looks_like_number(listed[2], heads):
            return True
    for found in joint.finditer(low):
        before = _LAST_WORD.search(low, max(0, found.start() - 32), found.start())
        if found.start() not in ends and not (before and _looks_like_number(before[1], heads)):
            continue
        after = _FIRST_WORD.match(low, found.end())
        if found.end() in starts or (after and _looks_like_number(after[1], heads)):
            return True
        if minus.match(low, found.end()):
            return True
    return False


def _looks_like_number(word: str, heads: frozenset[str]) -> bool:
    return word[:3] in heads or any(map(str.isnumeric, word))


@cache
def _minus(minus_re: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{minus_re})\s")


@cache
def _joins(code: str) -> re.Pattern[str]:
    """What every joint has; quicker to look for."""
    return re.compile(rf"[-/~,]|\.\.|\s(?:{language_for(code).numbers.alternative_re})\s")


@cache
def _joint(code: str) -> re.Pattern[str]:
    """What joins two numbers of which one is meant."""
    own = language_for(code)
    small = "|".join((own.times.at_re, own.dates.the_re, *sorted(own.numbers.picking_articles)))
    words = rf"(?:,\s?|\s)(?:{own.numbers.alternative_re})(?:\s(?:{small}))?\s"
    return re.compile(rf"\.?(?:\s{{0,2}}(?:[-/~]|\.{{2,3}})\s{{0,2}}|{words})")
