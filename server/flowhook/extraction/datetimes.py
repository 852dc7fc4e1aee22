"""A date with a time: ``tomorrow at five``, ``heute Abend um 8``, ``2026-12-24T17:00``, ``in two hours``.

A time without a date is the next such moment ("at seven" at noon: tomorrow morning). Of an hour that may
be meant twice and has passed today in the working half of the day, "today at seven" means the other half.
A date without a time is no date with a time. A local time that a change of clocks skips is the moment as
much later.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta, timezone
from functools import cache

from flowhook.extraction.date_grammar import shifted
from flowhook.extraction.dates import counts_from_now, find_days, from_now, led_from_now
from flowhook.extraction.durations import find_duration
from flowhook.extraction.match import Context, Day, Match, Moment
from flowhook.extraction.measures import spaced, without_overlaps
from flowhook.extraction.negation import denied_spans
from flowhook.extraction.times import find_moments
from flowhook.i18n.normalize import fold_accents
from flowhook.languages import language_for

_ISO = re.compile(
    r"(?<![\d-])(\d{4})-(\d{2})-(\d{2})(?:t|\s)(\d{2}):(\d{2})(?::(\d{2})(?:[.,]\d{1,9})?)?"
    r"\s?(z|[+-]\d{2}:?\d{2})?(?![\d:])"
)


_HOUR = 3600  #: seconds


def find_datetime(text: str, context: Context) -> list[Match]:
    """Find dates with a time, as ``2026-12-24T17:00:00+01:00``, in the zone of ``context.now``."""
    low = fold_accents(text)
    found = [*_iso(low, context), *_counted(text, low, context), *_now(low, context)]
    days, moments = find_days(text, context), find_moments(text, context)
    found += _together(days, moments, text, context)
    return without_overlaps(found)


def local(day: date, at: time, context: Context) -> datetime | None:
    """A local time; one that the clocks skip is moved on, of one that comes twice the first is meant."""
    try:
        when = datetime.combine(day, at, context.now.tzinfo)
        return when.astimezone(UTC).astimezone(context.now.tzinfo)
    except (OverflowError, ValueError):
        return None


def _found(when: datetime | None, start: int, end: int) -> Iterator[Match]:
    if when is not None:
        yield Match(when.isoformat(timespec="seconds"), start, end)


def _iso(low: str, context: Context) -> Iterator[Match]:
    for found in _ISO.finditer(low):
        try:
            day = date(int(found[1]), int(found[2]), int(found[3]))
            at = time(int(found[4]), int(found[5]), int(found[6] or 0))
            zone = _zone(found[7]) if found[7] else None
        except ValueError:
            continue
        when = datetime.combine(day, at, zone) if zone else local(day, at, context)
        yield from _found(when, found.start(), found.end())


def _zone(written: str) -> timezone:
    """Raises ValueError for an offset of a day and more."""
    if written == "z":
        return UTC
    digits = written[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:]))
    return timezone(-offset if written[0] == "-" else offset)


def _counted(text: str, low: str, context: Context) -> Iterator[Match]:
    """ "in two hours", "90 minutes from now", "in an hour and a half"; not whole days."""
    if not counts_from_now(low, context.locale):
        return
    days = {start for start, _, _, unit in from_now(text, low, context.locale) if unit > _HOUR}
    for span in find_duration(text, context):
        led = led_from_now(low, context.locale, span.start, span.end)
        if led is None or (led[0] in days and span.value % (24 * _HOUR) == 0) or span.value > 10**9:
            continue
        try:
            when = context.now.astimezone(UTC) + timedelta(seconds=-span.value if led[2] else span.value)
            yield from _found(when.astimezone(context.now.tzinfo).replace(microsecond=0), led[0], led[1])
        except (OverflowError, ValueError):
            continue


def _now(low: str, context: Context) -> Iterator[Match]:
    for found in _now_pattern(language_for(context.locale).times.now_re).finditer(low):
        if not re.match(r"\s(?:on|at|and|that|und)\b", low[found.end() : found.end() + 6]):
            yield from _found(context.now.replace(microsecond=0), found.start(), found.end())


@cache
def _now_pattern(now_re: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w'])(?<!from )(?:{spaced(now_re)})(?!\w)")


@cache
def _between(filler_re: str, at_re: str, day_parts: tuple[str, ...]) -> re.Pattern[str]:
    """What may stand between a date and its time: "tomorrow morning at 8"."""
    words = "|".join(map(spaced, (filler_re, at_re, *day_parts)))
    return re.compile(rf"[\s,.(-]{{0,3}}(?:(?:{words})[\s,]{{1,3}}){{0,3}}")


def _together(days: list[Day], moments: list[Moment], text: str, context: Context) -> Iterator[Match]:
    """Each date with the time beside it; the one date of a text with its one time, wherever they stand."""
    parts: list[Day | Moment] = sorted([*days, *moments], key=lambda part: part.start)
    spans = [(part.start, part.end) for part in parts]
    denied = {
        part
        for part, is_denied in zip(parts, denied_spans(text, spans, context.locale), strict=True)
        if is_denied
    }
    if len(days) == 1 and len(moments) == 1:
        if not denied:  # "tomorrow, but not at five" names no moment
            yield from _joined(days[0], moments[0], context)
        return
    yield from _paired(parts, denied, fold_accents(text), context)


def _paired(
    parts: list[Day | Moment], denied: set[Day | Moment], low: str, context: Context
) -> Iterator[Match]:
    words = language_for(context.locale).times
    between = _between(words.filler_re, words.at_re, tuple(words.day_parts))
    found: list[Match] = []
    days: set[date] = set()  #: that have a time
    left: set[date] = set()  #: that have none
    index = 0
    while index < len(parts):
        one = parts[index]
        other = parts[index + 1] if index + 1 < len(parts) else None
        if other and type(one) is not type(other) and _beside(one, other, low, between):
            day, moment = (one, other) if isinstance(one, Day) else (other, one)
            if isinstance(day, Day) and isinstance(moment, Moment) and denied.isdisjoint((day, moment)):
                found += _joined(day, moment, context)
                days.add(day.day)
            index += 2
            continue
        if isinstance(one, Day) and one not in denied:
            left.add(one.day)
        elif isinstance(one, Moment) and one not in denied:
            found += _found(_next(one, context), one.start, one.end)
        index += 1
    if left <= days:  # "Monday or Tuesday at five": which day is meant?
        yield from found


def _beside(one: Day | Moment, other: Day | Moment, low: str, between: re.Pattern[str]) -> bool:
    return other.start <= one.end or between.fullmatch(low, one.end, other.start) is not None


def _joined(day: Day, moment: Moment, context: Context) -> Iterator[Match]:
    when = _on(day.day, moment, context)
    yield from _found(when, min(day.start, moment.start), max(day.end, moment.end))


def _on(day: date, moment: Moment, context: Context) -> datetime | None:
    """That time of a day; of an open hour of today the half that still comes, if one does."""
    when = local(day, time(moment.hour, moment.minute, moment.second), context)
    if moment.open and moment.hour < 12 and day == context.now.date() and when and when <= context.now:
        later = local(day, time(moment.hour + 12, moment.minute, moment.second), context)
        return later if later and later > context.now else when
    return when


def _next(moment: Moment, context: Context) -> datetime | None:
    """The next moment of that time of day."""
    today = context.now.date()
    when = local(today, time(moment.hour, moment.minute, moment.second), context)
    if when and when > context.now:
        return when
    tomorrow = shifted(today, "day", 1)
    return local(tomorrow, time(moment.hour, moment.minute, moment.second), context) if tomorrow else None
