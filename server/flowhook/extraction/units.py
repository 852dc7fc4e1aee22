"""Numbers with their units: what durations, money, distances and temperatures have in common."""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any

from flowhook.extraction.match import Match
from flowhook.extraction.number_words import Number, Quantity, scan, whole

Table = tuple[tuple[str, Any], ...]  #: expressions with what they stand for


_SPACE = re.compile(r"\(\?<[!=][^)]*\)| \??")
_ARTICLE = re.compile(r"\s*(?:of\s)?an?\s")


@dataclass(frozen=True, slots=True)
class Measured:
    """A number with its unit at ``text[start:end]``."""

    value: Number
    unit: Any
    start: int
    end: int


def table(units: Mapping[str, Any]) -> Table:
    """A mapping of expressions as :func:`measured` wants it."""
    return tuple(units.items())


@cache
def finder(units: Table) -> re.Pattern[str]:
    """Finds a unit right behind a number."""
    choices = "|".join(f"(?P<u{index}>{spaced(expression)})" for index, (expression, _) in enumerate(units))
    return re.compile(rf"(?:\s{{0,2}}-?(?:of )?(?:an? )?(?:d[eo] )?|')(?:{choices})(?![^\W_])")


def spaced(expression: str) -> str:
    """An expression in which one space stands for one or two, but for those in a look-behind."""
    spaces = {" ": r"\s{1,2}", " ?": r"\s{0,2}"}
    return _SPACE.sub(lambda found: spaces.get(found[0], found[0]), expression)


def unit_of(found: re.Match[str], units: Table) -> Any:
    """Which unit a match of :func:`finder` names."""
    name = found.lastgroup or "u0"
    return units[int(name[1:])][1]


def measured(text: str, low: str, locale: str, units: Table) -> Iterator[Measured]:
    """Each number of the text that a unit follows."""
    following = finder(units)
    for each in scan(text, locale):
        found = following.match(low, each.end)
        if found and not _parted(each, low, found):
            yield Measured(each.value, unit_of(found, units), each.start, found.end())


def _parted(each: Quantity, low: str, found: re.Match[str]) -> bool:
    """Whether there is "a" between a number that is no part and its unit: "2 a day"."""
    return _ARTICLE.match(found[0]) is not None and not 0 < each.value < 1


def shortened(value: Number) -> Number:
    """A result of reckoning: int when whole."""
    return whole(float(value)) if isinstance(value, float) else value


def without_overlaps(found: Iterable[Match]) -> list[Match]:
    """The longest of those that overlap, in the order of the text."""
    kept: list[Match] = []
    taken: list[tuple[int, int]] = []
    for each in sorted(found, key=lambda each: (each.start - each.end, each.start)):
        if _free(each, taken):
            kept.append(each)
    return sorted(kept, key=lambda each: each.start)


def _free(each: Match, taken: list[tuple[int, int]]) -> bool:
    """Whether a span overlaps none before it; if so it is kept in order."""
    at = bisect_left(taken, (each.start, each.start))
    if (at < len(taken) and taken[at][0] < each.end) or (at and taken[at - 1][1] > each.start):
        return False
    insort(taken, (each.start, each.end))
    return True
