"""Spans of days and of hours: ``from monday to friday``, ``3 to 7 May``, ``next week``; ``between 2 and 4``,
``after 3``, ``in the afternoon``.

A value is ``{from, to}``; an end that nobody named is null. One day alone is a span of one day; one time
alone is none. What names its end before its beginning is no span.
"""

from __future__ import annotations

import calendar
import re
from datetime import date, timedelta
from functools import cache

from flowhook.extraction.date_grammar import shifted
from flowhook.extraction.dates import find_days
from flowhook.extraction.match import Context, Day, Moment
from flowhook.extraction.measures import measures_in, spaced, unit_table
from flowhook.extraction.negation import negations_of
from flowhook.extraction.times import find_moments
from flowhook.i18n.normalize import fold_accents, language, words_of
from flowhook.languages import language_for, light_words

#: The hours of the parts of a day.
PARTS = {
    "morning": ("06:00", "12:00"),
    "afternoon": ("12:00", "18:00"),
    "evening": ("18:00", "22:00"),
    "night": ("22:00", "06:00"),
}
_DASH = r"-|–|—|\.\.\.?"
Span = dict[str, str | None]


def find_date_range(text: str, context: Context) -> Span | None:
    """Return the span of days that a text names; None where it names none, or more than one."""
    low = fold_accents(text)
    days = [day for day in find_days(text, context) if not _is_denied(text, day.start, day.end, context)]
    if len(days) == 2 and _joined(low, days[0], days[1], context):
        first, last = days
        weeks = timedelta(days=7) if first.loose and last.loose and last.day < first.day else timedelta()
        return _between(first.day, last.day + weeks)
    if not days:
        is_meant = _is_all(low, context) and not negations_of(text, context.locale).has_negation
        return _this(low, context) if is_meant else None
    if len(days) != 1:
        return None
    day = days[0]
    if (
        day.vague
        and _either(language(context.locale)).search(low)
        and _this(f"{low[: day.start]} {low[day.end :]}", context)
    ):
        return None  # "this week or next week"
    lengths = _lengths(text, low, day, context)
    if lengths:
        nights = {count for count, unit in lengths if unit == _NIGHT}
        end = shifted(day.day, "day", nights.pop()) if len(lengths) == len(nights) == 1 else None
        is_told = end and not day.vague and day.day >= context.now.date()
        return _between(day.day, end) if is_told and end else None  # "for a week": is the last day one?
    if day.vague or _names_more(low, day, context):
        return _whole(low, day, context)
    before, after = _limits(language(context.locale))
    lead, said = low[max(0, day.start - 24) : day.start], low[day.start : day.end] + " "
    if after.search(lead) or after.match(said):
        return {"from": day.day.isoformat(), "to": None}
    if before.search(lead):
        return {"from": None, "to": day.day.isoformat()}
    if _leading(language(context.locale)).match(low, day.end):
        return None  # "monday to friday last week": its end was not read
    return _between(day.day, day.day)


def find_time_range(text: str, context: Context) -> Span | None:
    """Return the span of hours that a text names; None where it names none, or one time alone."""
    low = fold_accents(text)
    found = find_moments(text, context)
    moments = [one for one in found if not _is_denied(text, one.start, one.end, context)]
    if len(moments) == 2:
        first, second = moments
        if not _joined(low, first, second, context):
            return None
        begin = _before_end(_as_said(low, first), second)
        return {"from": begin, "to": second.value} if begin < second.value else None
    if len(moments) == 1:
        return _open_span(low, moments[0], context)
    if moments:
        return None
    if (bare := _bare_hours(low, context)) is not None:
        return bare
    parts = {
        name
        for pattern, name in _parts(language(context.locale))
        if (part := pattern.search(low)) and not _is_denied(text, *part.span(), context)
    }
    if len(parts) != 1:
        return None
    begin, end = PARTS[parts.pop()]
    return {"from": begin, "to": end}


# -- days ---------------------------------------------------------------------------------------------


def _between(first: date, last: date) -> Span | None:
    return {"from": first.isoformat(), "to": last.isoformat()} if first <= last else None


_NIGHT = 1  #: shorter than all units of days


def _lengths(text: str, low: str, day: Day, context: Context) -> list[tuple[int, int]]:
    """How long a span of days is, where a text tells: how many, and seconds of the unit."""
    words = language_for(context.locale)
    units = {source: seconds for source, seconds in words.units.seconds.items() if seconds >= 86_400}
    measures = measures_in(text, low, context.locale, unit_table({words.answers.night_re: _NIGHT, **units}))
    return [
        (int(measure.value), measure.unit)
        for measure in measures
        if measure.end <= day.start or measure.start >= day.end
    ]


def _names_more(low: str, day: Day, context: Context) -> bool:
    """Whether the words of a date name a week, a weekend or a month of which it is the first day."""
    words = language_for(context.locale).dates
    said = low[day.start : day.end]
    names = (words.week_re, words.weekend_re, words.month_re)
    return any(re.search(rf"(?<![^\W_])(?:{spaced(name)})(?![^\W_])", said) for name in names)


def _whole(low: str, day: Day, context: Context) -> Span | None:
    """The week, the weekend or the month that begins with a day."""
    words, said = language_for(context.locale).dates, low[day.start : day.end]
    if re.search(spaced(words.weekend_re), said):
        first = day.day + timedelta(days=(5 - day.day.weekday()) % 7 if day.day.weekday() < 5 else 0)
        return _between(first, first + timedelta(days=6 - first.weekday()))
    if re.search(rf"(?<![^\W_])(?:{spaced(words.week_re)})", said):
        return _between(day.day, day.day + timedelta(days=6 - day.day.weekday()))
    if re.search(rf"(?<![^\W_])(?:{spaced(words.month_re)})", said):
        last = calendar.monthrange(day.day.year, day.day.month)[1]
        return _between(day.day, day.day.replace(day=last))
    return None


def _this(low: str, context: Context) -> Span | None:
    """The week or the month that holds today: "this week"."""
    code = language(context.locale)
    week, month = _current(code)
    found = week.search(low) or month.search(low)
    if found is None or _COMING.search(found[0]):
        return None
    today = context.now.date()
    if found.re is week:
        monday = today - timedelta(days=today.weekday())
        return _between(monday, monday + timedelta(days=6))
    last = calendar.monthrange(today.year, today.month)[1]
    return _between(today.replace(day=1), today.replace(day=last))


def _is_all(low: str, context: Context) -> bool:
    """Whether a text says nothing beside this week or month: not "later this week"."""
    code = language(context.locale)
    for pattern in _current(code):
        low = pattern.sub(" ", low)
    return light_words(code).issuperset(words_of(low))


@cache
def _either(code: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{language_for(code).numbers.either_re})(?!\w)")


_COMING = re.compile("[ck]om")  #: the coming week is the next one


@cache
def _current(code: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """This week, this month."""
    words = language_for(code).dates
    this = rf"(?<![^\W_])(?:{spaced(words.this_re)})\s{{1,2}}"
    week, month = (rf"{this}(?:{spaced(name)})(?![^\W_])" for name in (words.week_re, words.month_re))
    return re.compile(week), re.compile(month)


# -- hours --------------------------------------------------------------------------------------------


def _as_said(low: str, moment: Moment) -> Moment:
    """A bare hour without the minutes of the time behind it: "10 till 11:30"."""
    bare = re.fullmatch(r"\D*\d{1,2}\D*", low[moment.start : moment.end])
    return moment._replace(minute=0) if bare else moment


def _before_end(first: Moment, second: Moment) -> str:
    """The first of two hours, in the half of the day that puts it before the second: "from 9 to 5"."""
    if first.value >= second.value and 12 < first.hour <= 23:
        return first.value.replace(f"{first.hour:02}", f"{first.hour - 12:02}", 1)
    return first.value


def _open_span(low: str, moment: Moment, context: Context) -> Span | None:
    """ "after 3", "until noon": also where the word is taken for a part of the time."""
    before, after = _limits(language(context.locale))
    lead = low[max(0, moment.start - 24) : moment.start]
    said = low[moment.start : moment.end]
    if after.search(lead) or after.match(said + " "):
        return {"from": moment.value, "to": None}
    if before.search(lead) or before.match(said + " "):
        return {"from": None, "to": moment.value}
    return None


def _bare_hours(low: str, context: Context) -> Span | None:
    """Two numbers that are hours because of what stands around them: "between 2 and 4", "9 to 11". Those of 1
    to 6 are in the afternoon."""
    found = _hours(language(context.locale)).search(low)
    if found is None:
        return None
    words = language_for(context.locale).numbers.words
    written = [found[name] for name in ("first", "second")]
    hours = [int(word) if word.isdigit() else words[word] for word in written]
    if max(hours) > 24:
        return None
    begin, end = (hour + 12 if 1 <= hour <= 6 else hour for hour in hours)
    if end <= begin and end <= 12:
        end += 12
    if not begin < end <= 24:
        return None
    return {"from": f"{begin:02}:00", "to": f"{end % 24:02}:00"}


# -- words --------------------------------------------------------------------------------------------


def _is_denied(text: str, start: int, end: int, context: Context) -> bool:
    return negations_of(text, context.locale).denied([(start, end)])[0]


def _joined(low: str, first: Day | Moment, second: Day | Moment, context: Context) -> bool:
    """Whether what stands between two values makes a span of them. Their own places may hold the word."""
    code = language(context.locale)
    joins, ands, leads = _joins(code)
    around = low[first.start : second.end]
    if joins.search(around):
        return True
    return ands.search(around) is not None and leads.search(low[: first.start + 12]) is not None


@cache
def _joins(code: str) -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """What makes a span of two values; what does so behind "between"; and that."""
    words = language_for(code)
    bounded = r"(?<![^\W_])(?:{})(?![^\W_])"
    return (
        re.compile(
            rf"\s(?:{_DASH})\s|(?<=[\dhmr])\.?(?:{_DASH})(?=\d)|"
            + bounded.format(spaced(words.answers.to_re))
        ),
        re.compile(bounded.format(spaced(words.units.and_re))),
        re.compile(bounded.format(spaced(words.times.range_re))),
    )


@cache
def _leading(code: str) -> re.Pattern[str]:
    """What leads from a value to the end of its span."""
    return re.compile(rf"\s?(?:{_DASH})\s?\w|\s(?:{spaced(language_for(code).answers.to_re)})\s")


@cache
def _hours(code: str) -> re.Pattern[str]:
    words = language_for(code)
    spoken = "|".join(sorted(map(re.escape, words.numbers.words), key=len, reverse=True))
    hour = rf"(?P<{{}}>\d{{{{1,2}}}}|{spoken})"
    to, and_ = spaced(words.answers.to_re), spaced(words.units.and_re)
    between = spaced(words.times.range_re)
    first, second = hour.format("first"), hour.format("second")
    lead = rf"(?:(?<![^\W_])(?P<lead>{between})\s+|\A\W*)"
    join = rf"(?:{_DASH}|\s(?:{to})\s|(?(lead)\s(?:{and_})\s|(?!)))"
    return re.compile(rf"{lead}{first}\s*{join}\s*{second}(?![\w.,:/])")


@cache
def _limits(code: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """What stands before the end of a span without a beginning, and before the beginning of one without an
    end."""
    words = language_for(code)
    leads = spaced(words.leads_re)
    before, after = spaced(words.answers.before_re), spaced(words.answers.after_re)
    return (
        re.compile(rf"(?<![^\W_])(?:{before})\s+(?:(?:{leads})\s+)?(?:\Z|(?=[\d\w]))"),
        re.compile(rf"(?<![^\W_])(?:{after})\s+(?:(?:{leads})\s+)?(?:\Z|(?=[\d\w]))"),
    )


@cache
def _parts(code: str) -> list[tuple[re.Pattern[str], str]]:
    words = language_for(code).times.day_parts
    return [(re.compile(rf"(?<!\w)(?:{spaced(source)})(?!\w)"), name) for source, name in words.items()]
