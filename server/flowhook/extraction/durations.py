"""Durations in seconds: ``2 hours and a half``, ``anderthalb Stunden``, ``1h30``, ``PT1H30M``.

A month counts 30 days, a year 365.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from flowhook.extraction.match import Context, Match
from flowhook.extraction.measures import (
    Measure,
    measures_in,
    shortened,
    spaced,
    unit_table,
    without_overlaps,
)
from flowhook.extraction.number_words import fraction_after_and
from flowhook.i18n.normalize import fold_accents, strip_punctuation
from flowhook.languages import language_for
from flowhook.languages.language import NumberWords, UnitWords

_ISO = re.compile(
    r"(?<!\w)p(?=\d|t\d)(?:(\d{1,4})w)?(?:(\d{1,5})d)?"
    r"(?:t(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,9}(?:[.,]\d{1,6})?)s)?)?(?!\w)"
)
_COMPACT = re.compile(
    r"(?<![\w.,])(?:(\d{1,4})\s?d\s?)?(?:(\d{1,5})\s?(?:h|hrs?|std|u)\.?\s?)?"
    r"(?:(\d{1,5})\s?(?:mins?|mn|m)?\.?)?(?:\s?(\d{1,5})\s?s)?(?![\w])"
)
_CLOCK = re.compile(r"(\d{1,3}):([0-5]\d)(?::([0-5]\d))?")
_DAY, _HOUR, _MINUTE = 86400, 3600, 60
LONGEST = 10**11  #: seconds


def find_duration(text: str, context: Context) -> list[Match]:
    """Find durations. A value is seconds as int, or float when there is a part of one."""
    low = fold_accents(text)
    language = language_for(context.locale)
    half = _half(language.numbers.and_half_re)
    found = [
        *_written(low),
        *_spoken(text, low, context.locale, language.units, half, language.numbers),
        *_as_clock(low),
    ]
    found += _with_their_number(low, language.units)
    return without_overlaps(match for match in found if 0 <= match.value <= LONGEST)


def _written(low: str) -> Iterator[Match]:
    for found in _ISO.finditer(low):
        weeks, days, hours, minutes = (int(part or 0) for part in found.groups()[:4])
        seconds = float((found[5] or "0").replace(",", "."))
        total = weeks * 7 * _DAY + days * _DAY + hours * _HOUR + minutes * _MINUTE + seconds
        yield Match(shortened(total), found.start(), found.end())
    for found in _COMPACT.finditer(low):
        parts = found.groups()
        if (parts[0] or parts[1]) and sum(part is not None for part in parts) > 1 and found[0].strip():
            end = found.start() + len(found[0].rstrip())
            days, hours, minutes, seconds = (int(part or 0) for part in parts)
            total = days * _DAY + hours * _HOUR + minutes * _MINUTE + seconds
            yield Match(total, found.start(), end)


def _as_clock(low: str) -> Iterator[Match]:
    """``1:30`` as the whole text, or with hours behind it."""
    said = strip_punctuation(low)
    found = _CLOCK.match(said)
    if found and said[found.end() :].strip() in ("", "h", "hours", "hrs", "std", "stunden", "heures", "uur"):
        start = low.index(said[:1])
        total = int(found[1]) * _HOUR + int(found[2]) * _MINUTE + int(found[3] or 0)
        yield Match(total, start, start + len(low[start:].rstrip(" .!?,;:\"'()")))


def _with_their_number(low: str, words: UnitWords) -> Iterator[Match]:
    """ "Viertelstunde"."""
    for expression, seconds in words.spans.items():
        for found in _span(expression).finditer(low):
            yield Match(seconds, found.start(), found.end())


@cache
def _span(expression: str) -> re.Pattern[str]:
    return re.compile(rf"(?:{spaced(expression)})\b")


def _spoken(
    text: str, low: str, locale: str, words: UnitWords, half: re.Pattern[str], numbers: NumberWords
) -> Iterator[Match]:
    """Numbers with units, those that follow each other added up."""
    between = _between(words.and_re)
    total: float = 0
    last: Measure | None = None
    start = 0
    for measure in measures_in(text, low, locale, unit_table(words.seconds)):
        measure = _and_part(measure, low, half, numbers)
        if last and measure.unit < last.unit and between.fullmatch(low, last.end, measure.start):
            total += measure.value * measure.unit
        else:
            if last:
                yield Match(shortened(total), start, last.end)
            total, start = measure.value * measure.unit, measure.start
        last = measure
    if last:
        yield Match(shortened(total), start, last.end)


def _and_part(measure: Measure, low: str, half: re.Pattern[str], numbers: NumberWords) -> Measure:
    """A part of a unit more: "an hour and a half", "due ore e un quarto"."""
    if found := half.match(low, measure.end):
        return Measure(measure.value + 0.5, measure.unit, measure.start, found.end())
    if added := fraction_after_and(low, measure.end, numbers, of_unit=True):
        return Measure(measure.value + added[0], measure.unit, measure.start, added[1])
    return measure


@cache
def _between(and_re: str) -> re.Pattern[str]:
    return re.compile(rf"\s{{0,2}}(?:,|(?:{spaced(and_re)})\b)?\s{{0,2}}(?:(?:{spaced(and_re)})\s)?")


@cache
def _half(and_half_re: str) -> re.Pattern[str]:
    return re.compile(rf"\s{{1,2}}(?:{spaced(and_half_re)})\b")
