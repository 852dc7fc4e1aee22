"""Durations in seconds: ``2 hours and a half``, ``anderthalb Stunden``, ``1h30``, ``PT1H30M``.

A month counts 30 days, a year 365.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache

from flowhook.extraction.match import Context, Match
from flowhook.extraction.units import Measured, measured, shortened, spaced, table, without_overlaps
from flowhook.i18n.normalize import fold_accents, strip_punctuation
from flowhook.languages.language import Language, language_for

_ISO = re.compile(
    r"(?<!\w)p(?=\d|t\d)(?:(\d{1,4})w)?(?:(\d{1,5})d)?"
    r"(?:t(?:(\d{1,6})h)?(?:(\d{1,6})m)?(?:(\d{1,9}(?:[.,]\d{1,6})?)s)?)?(?!\w)"
)
_COMPACT = re.compile(
    r"(?<![\w.,])(?:(\d{1,4})\s?d\s?)?(?:(\d{1,5})\s?(?:h|hrs?|std|u)\.?\s?)?"
    r"(?:(\d{1,5})\s?(?:mins?|mn|m)?\.?)?(?:\s?(\d{1,5})\s?s)?(?![\w])"
)
_CLOCK = re.compile(r"(\d{1,3}):([0-5]\d)(?::([0-5]\d))?")
_ALONE = re.compile(r"(?:viertel|halb|dreiviertel)stunde\b|mezz'?ora\b|demi-heure\b")
_ALONE_SECONDS = {"v": 900, "h": 1800, "d": 2700, "m": 1800}
_DAY, _HOUR, _MINUTE = 86400, 3600, 60
LONGEST = 10**11  #: seconds


def find_duration(text: str, around: Context) -> list[Match]:
    """Durations: seconds as int, or float when there is a part of one."""
    low = fold_accents(text)
    tongue = language_for(around.locale)
    found = [*_written(low), *_spoken(text, low, around.locale, tongue), *_as_clock(low)]
    found += _alone(low)
    return without_overlaps(each for each in found if 0 <= each.value <= LONGEST)


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


def _alone(low: str) -> Iterator[Match]:
    for found in _ALONE.finditer(low):
        yield Match(_ALONE_SECONDS[found[0][0]], found.start(), found.end())


def _spoken(text: str, low: str, locale: str, tongue: Language) -> Iterator[Match]:
    """Numbers with units, those that follow each other added up."""
    between, half = _between(tongue.and_re), _half(tongue.and_half_re)
    total: float = 0
    last: Measured | None = None
    start = 0
    for each in measured(text, low, locale, table(tongue.seconds)):
        each = _and_half(each, low, half)
        if last and each.unit < last.unit and between.fullmatch(low, last.end, each.start):
            total += each.value * each.unit
        else:
            if last:
                yield Match(shortened(total), start, last.end)
            total, start = each.value * each.unit, each.start
        last = each
    if last:
        yield Match(shortened(total), start, last.end)


def _and_half(each: Measured, low: str, half: re.Pattern[str]) -> Measured:
    """Half a unit more: "an hour and a half"."""
    found = half.match(low, each.end)
    return Measured(each.value + 0.5, each.unit, each.start, found.end()) if found else each


@cache
def _between(and_re: str) -> re.Pattern[str]:
    return re.compile(rf"\s{{0,2}}(?:,|(?:{spaced(and_re)})\b)?\s{{0,2}}(?:(?:{spaced(and_re)})\s)?")


@cache
def _half(and_half_re: str) -> re.Pattern[str]:
    return re.compile(rf"\s{{1,2}}(?:{spaced(and_half_re)})\b")
