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
from calendar import monthrange
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from flowhook.extraction.match import Context, Match
from flowhook.extraction.units import measured, spaced, table, without_overlaps
from flowhook.i18n.normalize import fold_accents, language, named_region, strip_punctuation
from flowhook.languages.language import TONGUES, Language, language_for

_YEAR = r"(?:[,\s]{1,3}(?:(?:of|de|del|do|di)\s)?(?P<y>\d{4}|'\d{2})(?![\d:.]|\s?(?:uhr|h\b)))?"
_ISO = re.compile(r"(?<!\d)(\d{4})([-/.])(\d{1,2})\2(\d{1,2})(?!\d)")
_NUMERIC = re.compile(
    r"(?<![\d./:,-])(\d{1,2})([./-])\s?(\d{1,2})(?:(?:\2|\.\s)(\d{4}|\d{2}(?![\d:.])))?(\.)?(?!\d|[/:]\d)"
)
_SPAN = {
    86400: "day",
    604800: "week",
    1209600: "fortnight",
    2592000: "month",
    31536000: "year",
    1296000: "half",
}
_GAP = re.compile(r"[\s,.(-]{0,3}(?:(?:the|den|dem|der|le|el|il|de|dia|op|am|o|on)\b)?[\s,.(]{0,2}")
_MONTH_FIRST = frozenset({"ja", "zh", "ko"})
_DOTTED = frozenset(
    {"de", "cs", "sk", "pl", "da", "nb", "no", "fi", "ru", "uk", "tr", "hu", "ro", "sl", "hr", "bg"}
)


@dataclass(frozen=True, slots=True)
class Day:
    """A date at ``text[start:end]``. ``loose``: a weekday or a word that a full date next to it explains."""

    day: date
    start: int
    end: int
    loose: bool = False


def find_date(text: str, around: Context) -> list[Match]:
    """Dates as ``2026-12-24``."""
    return [Match(day.day.isoformat(), day.start, day.end) for day in find_days(text, around)]


def find_days(text: str, around: Context) -> list[Day]:
    """Dates with what readers of dates and times need to know of them."""
    low = fold_accents(text)
    found = list(_all(text, low, around))
    if not found and language(around.locale) not in TONGUES:
        found = list(_elsewhere(text, around))
    days = {(each.start, each.end): each for each in found}
    kept = without_overlaps(Match(None, start, end) for start, end in days)
    return _explained([days[each.start, each.end] for each in kept], low)


def _all(text: str, low: str, around: Context) -> Iterator[Day]:
    today = around.now.date()
    yield from _in_digits(low, around, today)
    grammar = _grammar(language(around.locale))
    impossible: list[tuple[int, int]] = []  # "the 31st of February" is not the next 31st, either
    for pattern, read in grammar.patterns:
        for found in pattern.finditer(low):
            day = read(found, today, grammar)
            start, end = found.span()
            if day is None and read is _day_month:
                impossible.append((start, end))
            elif day is not None and not any(start < last and first < end for first, last in impossible):
                yield Day(day, start, end, read in (_weekday, _word))
    yield from _spans(text, low, around, today)


def _explained(days: list[Day], low: str) -> list[Day]:
    """Without the weekdays that stand beside the date that they belong to."""
    kept: list[Day] = []
    for day in days:
        near = kept and _GAP.fullmatch(low, kept[-1].end, day.start)
        if near and kept[-1].loose and not day.loose:
            kept[-1] = Day(day.day, kept[-1].start, day.end)
        elif near and day.loose and (not kept[-1].loose or kept[-1].day == day.day):
            kept[-1] = Day(kept[-1].day, kept[-1].start, day.end, kept[-1].loose)
        else:
            kept.append(day)
    return kept


# --- in digits -----------------------------------------------------------------------------------------


def _in_digits(low: str, around: Context, today: date) -> Iterator[Day]:
    for found in _ISO.finditer(low):
        day = _date(int(found[1]), int(found[3]), int(found[4]))
        if day:
            yield Day(day, found.start(), found.end())
    for found in _NUMERIC.finditer(low):
        if found[4] is None and not _without_year(found, around.locale):
            continue
        if found[4] is None and found[2] == "." and re.match(r"\d|\s?uhr|\s?[€%]", low[found.end() :][:5]):
            continue
        day = _numeric(int(found[1]), int(found[3]), found[4], around.locale, today)
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
        found = _date(_year(year), month, day) if year else _yearless(month, day, today)
        if found:
            return found
    return None


def _year(written: str) -> int:
    """2026 of "2026", "26" and "'26"; a number over 69 belongs to the last century."""
    year = int(written.lstrip("'"))
    if year >= 100:
        return year
    return year + (2000 if year < 70 else 1900)


def _date(year: int, month: int, day: int) -> date | None:
    try:
        return date(year, month, day)
    except ValueError:
        return None


def _yearless(month: int, day: int, today: date) -> date | None:
    if not 1 <= month <= 12:
        return None
    year = today.year + (month < today.month)
    if (month, day) == (2, 29):
        return next((found for ahead in range(9) if (found := _date(year + ahead, 2, 29))), None)
    return _date(year, month, day)


# --- in words ------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Grammar:
    tongue: Language
    patterns: list[tuple[re.Pattern[str], Callable[[re.Match[str], date, _Grammar], date | None]]]
    numbers: Mapping[str, int]
    days: list[tuple[re.Pattern[str], int]]
    feasts: list[tuple[re.Pattern[str], tuple[int, int]]]


def _any(words: Mapping[str, object]) -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


@cache
def _grammar(code: str) -> _Grammar:
    tongue = language_for(code)
    numbers = {word: value for word, value in tongue.numbers.items() if 1 <= value <= 31}
    numbers.update(tongue.ordinals)
    month, weekday = _any(tongue.months), _any(tongue.weekdays)
    of, the = spaced(tongue.of_re), spaced(tongue.the_re)
    day = rf"(?P<d>\d{{1,2}})(?:\s?(?:{tongue.ordinal_end_re}))?|(?P<w>{_any(numbers)})"
    after, past_after = spaced(tongue.next_after_re), spaced(tongue.past_after_re)
    coming, past = spaced(tongue.next_re), spaced(tongue.past_re)
    which = rf"(?:(?P<n>{coming})|(?P<t>{spaced(tongue.this_re)})|(?P<p>{past}))"
    later = rf"(?:(?P<na>{after})|(?P<ta>{spaced(tongue.this_after_re)})|(?P<pa>{past_after}))"
    next_week = rf"(?:(?:{spaced(tongue.next_re)})\s(?:{tongue.week_re})|(?:{tongue.week_re})\s(?:{after}))"
    tail = rf"(?:{tongue.weekday_tail_re})?" if tongue.weekday_tail_re else ""
    span = (
        rf"(?P<week>{tongue.week_re})|(?P<weekend>{tongue.weekend_re})"
        rf"|(?P<month>{tongue.month_re})|(?P<year>{tongue.year_re})"
    )
    sources: list[tuple[str, Callable[[re.Match[str], date, _Grammar], date | None]]] = [
        (rf"(?:{day})\s?(?:(?:{of})\s)?(?:the\s)?(?P<m>{month})\.?(?![^\W_]){_YEAR}", _day_month),
        (
            rf"(?:(?P<nw>{next_week})[\s,]{{1,2}}(?:(?:on|am|op)\s)?)?(?:{which}\s)?(?P<wd>{weekday}){tail}"
            rf"(?![^\W_])(?:,?\s(?:(?:of|der|in der|de la|della|da)\s)?(?P<wn>{next_week})(?!\w)|"
            rf"\s{later}(?!\w))?",
            _weekday,
        ),
        (rf"(?:{which}\s(?:{span})|(?:{span.replace('?P<', '?P<a')})\s{later})(?!\w)", _span),
        (
            rf"(?P<d>\d{{1,2}})\s?(?:{tongue.day_end_re})(?<=\w\w\w)(?!\w)" if code == "en" else r"(?!)",
            _alone,
        ),
        (
            rf"(?:{the})\s(?:(?P<d>\d{{1,2}})\s?(?:{tongue.day_end_re})|(?P<w>{_any(tongue.ordinals)}))"
            rf"(?!\w|[.:]\d|\s?(?:{tongue.oclock_re})\b|\s?[/€%$])",
            _alone,
        ),
        (spaced("|".join(tongue.days)), _word),
        (spaced("|".join(tongue.feasts)) + _YEAR if tongue.feasts else r"(?!)", _feast),
        (spaced(tongue.end_of_month_re), _end_of_month),
        (rf"(?:(?:at|on|over)\sthe\s|am\s|in\sdit\s|este\s)?(?:{tongue.weekend_re})(?!\w)", _weekend),
    ]
    if tongue.month_first:
        sources.append((rf"(?P<d>\d{{1,2}})(?:{tongue.day_end_re})(?!\w)", _alone))
        sources.insert(
            0, (rf"(?P<m>{month})\.?\s(?:the\s)?(?:{day})(?![\w:.,/]?\d|\s?(?:am|pm)\b){_YEAR}", _day_month)
        )
    patterns = [(re.compile(rf"(?<![^\W_])(?:{source})(?!\w)"), read) for source, read in sources]
    days = [(re.compile(spaced(source)), ahead) for source, ahead in tongue.days.items()]
    feasts = [(re.compile(spaced(source)), when) for source, when in tongue.feasts.items()]
    return _Grammar(tongue, patterns, numbers, days, feasts)


def _named(found: re.Match[str], grammar: _Grammar) -> int:
    return int(found["d"]) if found["d"] else grammar.numbers[found["w"]]


def _day_month(found: re.Match[str], today: date, grammar: _Grammar) -> date | None:
    month, day = grammar.tongue.months[found["m"]], _named(found, grammar)
    return _date(_year(found["y"]), month, day) if found["y"] else _yearless(month, day, today)


def _alone(found: re.Match[str], today: date, grammar: _Grammar) -> date | None:
    """ "the 3rd": the next such day."""
    groups = found.groupdict()
    day = int(groups["d"]) if groups.get("d") else grammar.tongue.ordinals[groups["w"] or ""]
    year, month = today.year, today.month
    for _ in range(3):
        near = _date(year, month, day)
        if near and near >= today:
            return near
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return None


def _weekday(found: re.Match[str], today: date, grammar: _Grammar) -> date | None:
    name = found["wd"]
    if len(name) <= 3 and not _short_is_meant(found):
        return None
    weekday = grammar.tongue.weekdays[name]
    monday = today - timedelta(days=today.weekday())
    if found["nw"] or found["wn"] or (found["n"] and grammar.tongue.next_is_week_after):
        return monday + timedelta(days=7 + weekday)
    if found["p"] or found["pa"]:
        return today - timedelta(days=(today.weekday() - weekday - 1) % 7 + 1)
    if found["t"] or found["ta"]:
        return today + timedelta(days=(weekday - today.weekday()) % 7)
    return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)


def _short_is_meant(found: re.Match[str]) -> bool:
    """Whether "so" or "sat" is a weekday here: alone, chosen, or before a date."""
    chosen = found["n"] or found["t"] or found["nw"] or found["wn"]
    alone = strip_punctuation(found.string) == found["wd"]
    return bool(
        chosen or alone or re.match(r"\.?,?\s{0,2}(?:the |den |at |um )?\d", found.string[found.end() :][:9])
    )


def _span(found: re.Match[str], today: date, grammar: _Grammar) -> date | None:
    """ "next week": its Monday; "next month" and "next year": their first day."""
    groups = found.groupdict()
    ahead = 1 if groups["n"] or groups["na"] else -1 if groups["p"] or groups["pa"] else 0
    monday = today - timedelta(days=today.weekday())
    if groups["weekend"] or groups["aweekend"]:
        return _saturday(today) if ahead == 0 else monday + timedelta(days=5 + 7 * ahead)
    if ahead == 0:
        return None
    if groups["week"] or groups["aweek"]:
        return monday + timedelta(days=7 * ahead)
    if groups["month"] or groups["amonth"]:
        index = today.year * 12 + today.month - 1 + ahead
        return _date(index // 12, index % 12 + 1, 1)
    return _date(today.year + ahead, 1, 1)


def _saturday(today: date) -> date:
    """Of this week; of a Sunday's, that day."""
    return today if today.weekday() == 6 else today + timedelta(days=5 - today.weekday())


def _weekend(found: re.Match[str], today: date, grammar: _Grammar) -> date | None:
    return _saturday(today)


def _word(found: re.Match[str], today: date, grammar: _Grammar) -> date | None:
    matches = (ahead for pattern, ahead in grammar.days if pattern.fullmatch(found.string, *found.span()))
    return shifted(today, "day", next(matches, 0))


def _feast(found: re.Match[str], today: date, grammar: _Grammar) -> date | None:
    for pattern, (month, day) in grammar.feasts:
        if pattern.match(found.string, found.start()):
            return _date(_year(found["y"]), month, day) if found["y"] else _yearless(month, day, today)
    return None


def _end_of_month(found: re.Match[str], today: date, grammar: _Grammar) -> date | None:
    return today.replace(day=monthrange(today.year, today.month)[1])


# --- from today ----------------------------------------------------------------------------------------


def _spans(text: str, low: str, around: Context, today: date) -> Iterator[Day]:
    """ "in two weeks", "three days ago"."""
    for start, end, value, seconds in from_now(text, low, around.locale):
        name = _SPAN.get(seconds)
        if name is None or not isinstance(value, int):
            continue
        day = shifted(today, name, value)
        if day:
            yield Day(day, start, end)


def from_now(text: str, low: str, locale: str) -> Iterator[tuple[int, int, int | float, int]]:
    """Spans of time that are counted from now: start, end, how many, seconds of the unit."""
    tongue = language_for(locale)
    before = _before(tongue.ahead_re, tongue.ago_re)
    after = _after(tongue.ahead_after_re, tongue.ago_after_re)
    for each in measured(text, low, locale, table(tongue.seconds)):
        lead = before.search(low, max(0, each.start - 14), each.start)
        trail = after.match(low, each.end)
        if lead is None and trail is None:
            continue
        ago = bool((lead and lead["ago"]) or (trail and trail["ago"]))
        start = lead.start() if lead else each.start
        end = trail.end() if trail else each.end
        yield start, end, -each.value if ago else each.value, each.unit


@cache
def _before(ahead: str, ago: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:(?P<ahead>{spaced(ahead)})|(?P<ago>{spaced(ago)}))\s{{1,2}}\Z")


@cache
def _after(ahead: str, ago: str) -> re.Pattern[str]:
    return re.compile(rf"\s{{1,2}}(?:(?P<ahead>{spaced(ahead)})|(?P<ago>{spaced(ago)}))(?!\w)")


def shifted(today: date, unit: str, count: int) -> date | None:
    """A date so many days, weeks, fortnights, months or years on; the last of a month that is shorter."""
    days = {"day": 1, "week": 7, "fortnight": 14, "half": 15}
    try:
        if unit in days:
            return today + timedelta(days=days[unit] * count)
        index = today.year * 12 + today.month - 1 + count * (12 if unit == "year" else 1)
        year, month = index // 12, index % 12 + 1
        return date(year, month, min(today.day, monthrange(year, month)[1]))
    except (ValueError, OverflowError):
        return None


# --- other languages -----------------------------------------------------------------------------------


def _elsewhere(text: str, around: Context) -> Iterator[Day]:
    """The whole of a short text in a language that has no module here, by dateparser."""
    said = text.strip()
    if not 2 < len(said) <= 60:
        return
    when = _parsed(said, language(around.locale), around)
    if when:
        start = text.index(said)
        yield Day(when, start, start + len(said))


def _parsed(said: str, code: str, around: Context) -> date | None:
    import dateparser
    from dateparser.data.languages_info import language_order

    if code not in language_order:
        return None
    settings = {"RELATIVE_BASE": around.now.replace(tzinfo=None), "REQUIRE_PARTS": ["day"]}
    try:
        found = dateparser.parse(said, languages=[code], settings=settings)
    except Exception:  # a library that guesses; what it cannot read is no date
        return None
    return found.date() if found else None
