"""Dates: ``2026-12-24``, ``24.12.``, ``3rd of March``, ``next Friday``, ``in two weeks``, ``übermorgen``.

- ``12/24`` has the month first in the United States, else the day; the other way round when it must be.
- Without a year: a month that is over belongs to next year; a day of this month stays in this year,
  even when it has passed. A day alone ("the 3rd") is the next such day, today included.
- A weekday is the next such day after today. "next Friday" is the Friday of next week in English and
  Dutch, elsewhere the coming one. "next week" is its Monday, "next month" its first day.
- A date that does not exist is none. 29 February without a year is the next that there is.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from datetime import date
from functools import cache

from flowhook.extraction.alternatives import with_rivals
from flowhook.extraction.date_grammar import (
    Impossible,
    coming,
    date_grammar,
    date_or_none,
    full_year,
    next_of_month,
    shifted,
    without_year,
)
from flowhook.extraction.match import Context, Day, Match
from flowhook.extraction.measures import measures_in, spaced, unit_table, without_overlaps
from flowhook.extraction.number_words import number_heads
from flowhook.extraction.numbers import scan
from flowhook.i18n.normalize import fold_accents, language, named_region
from flowhook.languages import LANGUAGES, language_for

_ISO = re.compile(r"(?<!\d)(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?!\d)")
_NUMERIC = re.compile(
    r"(?<![\d./:,-])(\d{1,2})([./-])\s?(\d{1,2})(?:(?:\2|\.\s)(\d{4}|\d{2}(?![\d:.])))?(\.)?(?!\d|[/:]\d)"
)
_NO_DATE = re.compile(r"\d|\s?uhr|\s?[€%]")  #: behind two numbers with a point between them
_SPANS = {
    86400: "day",
    604800: "week",
    1209600: "fortnight",
    2592000: "month",
    31536000: "year",
    1296000: "half",
}
#: A number behind a weekday that nothing else belongs to.
_DAY_BEHIND = re.compile(r"\s{1,2}(\d{1,2})(?=\s*(?:$|[,;!?)]|\.(?!\d)))")
_CLAUSE_END = re.compile(r"\s*(?:$|[.,;!?)])")
_YEAR_LEADS = frozenset({"", "of", "de", "del", "di", "do", "du", "van", "im jahr"})
#: The first three letters of the word behind a date and what leads to its year.
_FOLLOWING = re.compile(r"[ ,]*(?:(?:of|de|del|di|do|du|van|im jahr)[ ,]+)?([^\W\d_]{1,3})")
_MONTH_FIRST = frozenset({"ja", "zh", "ko"})
_DOTTED = frozenset(
    {"de", "cs", "sk", "pl", "da", "nb", "no", "fi", "ru", "uk", "tr", "hu", "ro", "sl", "hr", "bg"}
)


def find_date(text: str, context: Context) -> list[Match]:
    """Find dates, as ``2026-12-24``."""
    return [Match(day.day.isoformat(), day.start, day.end, day.vague) for day in find_days(text, context)]


def find_days(text: str, context: Context) -> list[Day]:
    """Find dates with what readers of dates and times need to know of them."""
    found = _days(text, context)
    return with_rivals(text, context.locale, found, lambda other: _days(other, context))


def _days(text: str, context: Context) -> list[Day]:
    low = fold_accents(text)
    found = list(_candidates(text, low, context))
    if (
        not any(isinstance(candidate, Day) for candidate in found)
        and language(context.locale) not in LANGUAGES
    ):
        found += _elsewhere(text, context)
    found += _from_other_days(found, text, low, context)
    found = [_with_spoken_year(candidate, text, low, context) for candidate in found]
    found = [_with_day_behind(candidate, low, context) for candidate in found]
    if len(found) == 1:
        return [day for day in found if isinstance(day, Day)]
    by_span = {(candidate.start, candidate.end): candidate for candidate in found}
    kept = without_overlaps(Match(None, start, end) for start, end in by_span)
    days = [by_span[match.start, match.end] for match in kept]
    if any(isinstance(day, Impossible) for day in days):
        return []  # "Friday of the week after next": what was not understood makes another day of it
    return _explained([day for day in days if isinstance(day, Day)], low, context.locale)


def _candidates(text: str, low: str, context: Context) -> Iterator[Day | Impossible]:
    today = context.now.date()
    yield from _in_digits(low, context, today)
    yield from date_grammar(language(context.locale)).read(low, today)
    yield from _from_today(text, low, context, today)


def _with_spoken_year(day: Day | Impossible, text: str, low: str, context: Context) -> Day | Impossible:
    """The date in the year that follows in words: "3rd of May nineteen eighty"."""
    if isinstance(day, Impossible) or day.loose or day.vague:
        return day
    following = _FOLLOWING.match(low, day.end)
    if following is None or following[1] not in number_heads(language_for(context.locale).numbers):
        return day
    quantities = scan(text, context.locale)
    index = bisect_left(quantities, day.end, key=lambda quantity: quantity.start)
    behind = [quantity for quantity in quantities[index : index + 2] if quantity.spoken]
    if not behind or low[day.end : behind[0].start].strip(" ,") not in _YEAR_LEADS:
        return day
    year, end = behind[0].value, behind[0].end
    if len(behind) == 2 and year in (19, 20) and not low[end : behind[1].start].strip(" -"):
        year, end = year * 100 + behind[1].value, behind[1].end
    if isinstance(year, int) and 20 <= year < 100 and _CLAUSE_END.match(low, end):
        year = full_year(str(year))
    if not isinstance(year, int) or not 1900 <= year <= 2100:
        return day
    moved = date_or_none(year, day.day.month, day.day.day)
    return day._replace(day=moved, end=end) if moved else Impossible(day.start, end)


def _with_day_behind(day: Day | Impossible, low: str, context: Context) -> Day | Impossible:
    """A weekday with the day of the month that stands behind it: "viernes 20". Where the next such day is
    another weekday, there is no such date."""
    if isinstance(day, Impossible) or not day.loose:
        return day
    behind = _DAY_BEHIND.match(low, day.end)
    if behind is None or not 1 <= int(behind[1]) <= 31:
        return day
    if low[day.start : day.end].split()[-1] not in language_for(context.locale).dates.weekdays:
        return day  # "tomorrow 5"
    meant = next_of_month(int(behind[1]), context.now.date())
    if meant is None or meant.weekday() != day.day.weekday():
        return Impossible(day.start, behind.end(1))
    return Day(meant, day.start, behind.end(1))


def _explained(days: list[Day], low: str, locale: str) -> list[Day]:
    """Without the weekdays that stand beside the date that they belong to."""
    gap = _gap(language_for(locale).dates.weekday_gap_re)
    kept: list[Day] = []
    for day in days:
        near = kept and gap.fullmatch(low, kept[-1].end, day.start)
        if near and kept[-1].loose != day.loose and kept[-1].day.weekday() != day.day.weekday():
            kept.pop()  # "Wednesday the 8th", which is a Tuesday: neither is meant
        elif near and kept[-1].loose and not day.loose:
            kept[-1] = Day(day.day, kept[-1].start, day.end)
        elif near and day.loose and (not kept[-1].loose or kept[-1].day == day.day):
            kept[-1] = Day(kept[-1].day, kept[-1].start, day.end, kept[-1].loose)
        else:
            kept.append(day)
    return kept


@cache
def _gap(weekday_gap_re: str) -> re.Pattern[str]:
    return re.compile(rf"[\s,.(-]{{0,3}}(?:(?:{weekday_gap_re})\b)?[\s,.(]{{0,2}}")


# --- in digits -----------------------------------------------------------------------------------------


def _in_digits(low: str, context: Context, today: date) -> Iterator[Day]:
    for found in _ISO.finditer(low):
        day = date_or_none(int(found[1]), int(found[3]), int(found[4]))
        if day:
            yield Day(day, found.start(), found.end())
    for found in _NUMERIC.finditer(low):
        if found[4] is None and not _without_year(found, context.locale):
            continue
        if found[4] is None and found[2] == "." and _NO_DATE.match(low, found.end()):
            continue
        day = _numeric(int(found[1]), int(found[3]), found[4], context.locale, today)
        if day:
            end = found.end(5) if found[5] and not found[4] else found.end(4) if found[4] else found.end(3)
            yield Day(day, found.start(), end)


def _without_year(found: re.Match[str], locale: str) -> bool:
    """Whether two numbers alone are a date there."""
    mark = found[2]
    if mark == ".":
        return found[5] is not None or language(locale) in _DOTTED
    return mark == "/" or language(locale) == "nl"


def _numeric(first: int, second: int, year: str | None, locale: str, today: date) -> date | None:
    month_first = named_region(locale) == "US" or language(locale) in _MONTH_FIRST
    orders = ((first, second), (second, first)) if month_first else ((second, first), (first, second))
    for month, day in orders:
        found = date_or_none(full_year(year), month, day) if year else without_year(month, day, today)
        if found:
            return found
    return None


# --- from today ----------------------------------------------------------------------------------------


def _from_today(text: str, low: str, context: Context, today: date) -> Iterator[Day]:
    """ "in two weeks", "three days ago"."""
    words = language_for(context.locale).dates
    weekday = _weekday_before(tuple(words.weekdays))
    for start, end, value, seconds in from_now(text, low, context.locale):
        name = _SPANS.get(seconds)
        if name is None or not isinstance(value, int):
            continue
        day = shifted(today, name, value)
        if day:
            yield Day(day, start, end)
        led = weekday.search(low, max(0, start - 16), start) if name == "week" and value > 0 else None
        if led:  # "Tuesday in two weeks"
            first = coming(words.weekdays[led["wd"]], today)
            yield Day(shifted(first, "week", value) or first, led.start(), end)


@cache
def _weekday_before(weekdays: tuple[str, ...]) -> re.Pattern[str]:
    names = "|".join(sorted(map(re.escape, weekdays), key=len, reverse=True)) or "(?!)"
    return re.compile(rf"(?<![^\W_])(?P<wd>{names})(?:-?\s?feira)?\s{{1,2}}\Z")


def from_now(text: str, low: str, locale: str) -> Iterator[tuple[int, int, int | float, int]]:
    """Spans of time that are counted from now: start, end, how many, seconds of the unit."""
    if not counts_from_now(low, locale):
        return
    for measure in measures_in(text, low, locale, unit_table(language_for(locale).units.seconds)):
        if led := led_from_now(low, locale, measure.start, measure.end):
            start, end, ago = led
            yield start, end, -measure.value if ago else measure.value, measure.unit


def counts_from_now(low: str, locale: str) -> bool:
    """Whether anything in a text counts from now. If not, its numbers need not be read for that."""
    words = language_for(locale).dates
    counting = _counting(words.ahead_re, words.ago_re, words.ahead_after_re, words.ago_after_re)
    return counting.search(low) is not None


def led_from_now(low: str, locale: str, start: int, end: int) -> tuple[int, int, bool] | None:
    """A span of time with what counts it from now: where both begin and end, and whether it is over."""
    words = language_for(locale).dates
    lead = _before(words.ahead_re, words.ago_re).search(low, max(0, start - 14), start)
    trail = _after(words.ahead_after_re, words.ago_after_re).match(low, end)
    if lead is None and trail is None:
        return None
    ago = bool((lead and lead["ago"]) or (trail and trail["ago"]))
    return lead.start() if lead else start, trail.end() if trail else end, ago


@cache
def _counting(ahead: str, ago: str, ahead_after: str, ago_after: str) -> re.Pattern[str]:
    """What counts from now, before a span of time or behind it."""
    before, behind = f"{spaced(ahead)}|{spaced(ago)}", f"{spaced(ahead_after)}|{spaced(ago_after)}"
    return re.compile(rf"(?:{before})\s|\s(?:{behind})(?!\w)")


@cache
def _before(ahead: str, ago: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:(?P<ahead>{spaced(ahead)})|(?P<ago>{spaced(ago)}))\s{{1,2}}\Z")


@cache
def _after(ahead: str, ago: str) -> re.Pattern[str]:
    return re.compile(rf"\s{{1,2}}(?:(?P<ahead>{spaced(ahead)})|(?P<ago>{spaced(ago)}))(?!\w)")


# --- from another day ------------------------------------------------------------------------------------


def _from_other_days(
    found: list[Day | Impossible], text: str, low: str, context: Context
) -> Iterator[Day | Impossible]:
    """ "Two weeks from Friday", "three days before Christmas"."""
    words = language_for(context.locale).dates
    counts, joint = _counts_from(words.later_re, words.sooner_re)
    if not counts.search(low):
        return
    measures = list(
        measures_in(text, low, context.locale, unit_table(language_for(context.locale).units.seconds))
    )
    for base in found:
        led = joint.search(low, max(0, base.start - 32), base.start)
        if led is None or isinstance(base, Impossible) or base.vague:
            continue
        measure = next((one for one in measures if one.end == led.start()), None)
        if measure is None or not isinstance(measure.value, int) or measure.unit not in _SPANS:
            continue
        start, count = measure.start, -measure.value if led["sooner"] else measure.value
        if _LASTING.search(low, max(0, start - 6), start):
            continue  # "for two weeks from Friday"
        day = shifted(base.day, _SPANS[measure.unit], count)
        yield Day(day, start, base.end) if day else Impossible(start, base.end)


_LASTING = re.compile(r"(?<!\w)(?:for|fur|pour|por|per|voor|para)\s\Z")


@cache
def _counts_from(later: str, sooner: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """What stands between a span and the day that it is counted from; the same right before that day."""
    joints = rf"(?:{spaced(later)}|(?P<sooner>{spaced(sooner)}))"
    source = rf"\s{{1,2}}{joints}\s{{1,2}}"
    return re.compile(source), re.compile(source + r"\Z")


# --- other languages -----------------------------------------------------------------------------------


def _elsewhere(text: str, context: Context) -> Iterator[Day]:
    """The whole of a short text in a language that has no module here, by dateparser."""
    said = text.strip()
    if not 2 < len(said) <= 60:
        return
    when = _parsed(said, language(context.locale), context)
    if when:
        start = text.index(said)
        yield Day(when, start, start + len(said))


def _parsed(said: str, code: str, context: Context) -> date | None:
    import dateparser
    from dateparser.data.languages_info import language_order

    if code not in language_order:
        return None
    settings = {"RELATIVE_BASE": context.now.replace(tzinfo=None), "REQUIRE_PARTS": ["day"]}
    try:
        found = dateparser.parse(said, languages=[code], settings=settings)
    except Exception:  # a library that guesses; what it cannot read is no date
        return None
    return found.date() if found else None
