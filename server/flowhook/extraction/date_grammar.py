"""The grammar of dates in words, made of the words of a language; and the calendar that it reckons with.

Each rule is a pattern with a function that says which date a match of it means. Where several match in
one place, the longest counts (see :mod:`flowhook.extraction.dates`).
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, timedelta
from functools import cache

from flowhook.extraction.match import Day
from flowhook.extraction.measures import spaced
from flowhook.i18n.normalize import fold_accents, strip_punctuation, word_set
from flowhook.languages import language_for
from flowhook.languages.language import DateWords, Language, NumberWords


@dataclass(frozen=True, slots=True)
class Impossible:
    """A date that does not exist, such as the 31st of February, at ``text[start:end]``."""

    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Reading:
    """What rules are told beside their match."""

    today: date
    said: str  #: the whole text without outer punctuation; "" for one without a weekday
    grammar: DateGrammar


Rule = Callable[[re.Match[str], Reading], date | None]


@dataclass(frozen=True, slots=True)
class DateGrammar:
    """The rules of one language."""

    words: DateWords
    rules: list[tuple[re.Pattern[str], Rule, frozenset[str]]]  #: with what a text must hold: month, weekday
    parts: Mapping[str, re.Pattern[str]]  #: what finds the month and the weekday that rules need
    numbers: Mapping[str, int]  #: number words and ordinals that are days of a month
    ordinals: Mapping[str, int]
    relative_days: list[tuple[re.Pattern[str], int]]
    holidays: list[tuple[re.Pattern[str], tuple[int, int]]]

    def read(self, low: str, today: date) -> Iterator[Day | Impossible]:
        """All matches of all rules; they may overlap. Rules with a month or a weekday are tried only where
        the text has one."""
        held = {part for part, pattern in self.parts.items() if pattern.search(low)}
        reading = Reading(today, strip_punctuation(low) if "weekday" in held else "", self)
        for pattern, rule, needs in self.rules:
            if not needs <= held:
                continue
            for found in pattern.finditer(low):
                day = rule(found, reading)
                if day is not None:
                    vague = rule is _span and not any(
                        found.groupdict()[name] for name in ("weekend", "aweekend")
                    )
                    loose = rule in (_weekday, _relative_day)
                    yield Day(day, found.start(), found.end(), loose, vague)
                elif rule in (_day_and_month, _day_of_a_month, _weekday_of_month, _vague):
                    yield Impossible(found.start(), found.end())


@cache
def date_grammar(code: str) -> DateGrammar:
    """The grammar of a language."""
    language = language_for(code)
    words = language.dates
    numbers = _days_in_words(language.numbers)
    parts = {"month": _any(words.months), "weekday": _any(words.weekdays)}
    return DateGrammar(
        words,
        [
            (
                re.compile(rf"(?<![^\W_])(?:{source})(?!\w)"),
                rule,
                frozenset(part for part, names in parts.items() if names and names in source),
            )
            for source, rule in _sources(language, numbers)
        ],
        {part: re.compile(names or "(?!)") for part, names in parts.items()},
        numbers,
        language.numbers.ordinals,
        [(re.compile(spaced(source)), ahead) for source, ahead in words.relative_days.items()],
        [(re.compile(spaced(source)), when) for source, when in words.holidays.items()],
    )


def _days_in_words(numbers: NumberWords) -> dict[str, int]:
    """All ways to say 1 to 31, cardinal and ordinal: "twenty fourth", "treinta y uno", "ventiquattro"."""
    days = {word: value for word, value in numbers.words.items() if 1 <= value <= 31}
    days.update(numbers.ordinals)
    tens = [(word, value) for word, value in numbers.words.items() if value in (20, 30)]
    units = [(word, value) for word, value in days.items() if value < 10]
    joints = [f"{mark}{join}{mark}" for join in numbers.joins for mark in " -"]
    for ten, many in tens:
        for unit, few in units:
            if many + few > 31:
                continue
            days.update((f"{ten}{joint}{unit}", many + few) for joint in ("", " ", "-", *joints))
            if numbers.compound_join:
                days[f"{unit}{numbers.compound_join}{ten}"] = many + few
    return days


def _sources(language: Language, numbers: Mapping[str, int]) -> Iterator[tuple[str, Rule]]:
    """The rules as regular expressions; their groups are named by one or two letters."""
    words = language.dates
    month, weekday, ordinal = _any(words.months), _any(words.weekdays), _any(language.numbers.ordinals)
    the, end = spaced(words.the_re), words.day_end_re
    of = rf"(?:{spaced(words.of_re)})(?:\s|(?<='))"  # "de mai", "d'octobre"
    day = rf"(?P<d>\d{{1,2}})(?:\s?(?:{language.numbers.ordinal_end_re}))?|(?P<w>{_any(numbers)})"
    ends = rf"(?=\s*(?:$|[,;!?)]|\.(?!\d))|\s(?:{spaced(language.times.at_re)})\s)"
    year = (
        rf"(?:[,\s]{{1,3}}(?:{of})?"
        rf"(?P<y>(?:\d{{4}}|'\d{{2}})(?![\d:.]|\s?(?:uhr|h\b))|\d{{2}}{ends}))?"
    )
    follows = _nothing_counted(language)
    yield rf"(?P<d>\d{{1,2}})-(?P<m>{month})-(?P<y>\d{{4}}|\d{{2}})", _day_and_month
    yield rf"(?P<d>\d{{1,2}})\s?(?P<m>{month})(?P<y>\d{{4}})", _day_and_month
    yield rf"(?P<d>\d{{1,2}})-(?P<m>{month})\.?(?![^\W_])(?P<y>(?!))?", _day_and_month
    if words.month_first:
        yield (
            rf"(?<!\d\s)(?<!\d(?:st|nd|rd|th)\s)(?<!\sof\s)(?P<m>{month})\.?[\s-](?:(?:{the})\s)?(?:{day})(?![\w:.,/]?\d|\s?(?:am|pm)\b){year}",
            _day_and_month,
        )
    yield rf"(?:{day})\s?(?:{of})?(?P<m>{month})\.?(?![^\W_]){year}", _day_and_month
    month_of = words.month_re
    yield (
        rf"(?:{day})\s(?:{of})?(?:{_before(words)}\s(?:{month_of})|(?:{month_of})\s{_behind(words)})(?!\w)",
        _day_of_a_month,
    )
    if words.month_ordinals:
        yield rf"(?:{the}|vom)\s(?P<w>{ordinal})\s(?P<mo>{ordinal})", _day_and_month_number
    yield (
        rf"(?:(?P<w>{ordinal})|(?P<last>{language.numbers.last_re}))\s(?P<wd>{weekday})"
        rf"(?:{words.weekday_tail_re or '(?!)'})?\s{of}(?P<m>{month}){year}",
        _weekday_of_month,
    )
    yield from _weekday_sources(words, weekday)
    yield rf"(?:{spaced(words.vague_re)})", _vague
    yield from _span_sources(words)
    if words.day_stands_alone:
        yield rf"(?P<d>\d{{1,2}})\s?(?:{end})(?<=\w\w\w)(?!\w){follows}", _day_alone
    yield (
        rf"(?:{the})\s(?:(?P<d>\d{{1,2}})\s?(?:{end})|(?P<w>{ordinal}))"
        rf"(?!\w|[.:]\d|\s?(?:{language.times.oclock_re})\b|\s?[/€%$]){follows}",
        _day_alone,
    )
    yield spaced("|".join(words.relative_days)), _relative_day
    if words.holidays:
        yield spaced("|".join(words.holidays)) + year, _holiday
    yield spaced(words.end_of_month_re), _end_of_month
    yield rf"(?:(?:{spaced(words.weekend_lead_re)})\s)?(?:{words.weekend_re})(?!\w)", _weekend


#: Small words that an ordinal counts all the same: "the first day".
_COUNTED = word_set(
    "day days date option one ones time tag tage termin uhr jour temps dia hora tempo giorno ora dag tijd",
    "uur opcion opzione reservar booking mal male fois vez veces volta keer vezes",
)


def _nothing_counted(language: Language) -> str:
    """What may stand behind a day that is told by its number alone: no word, or a small one; not "the third
    floor", "the first one"."""
    small = {
        *language.function_words,
        *language.negation.light,
        *language.negation.turns,
        *language.cues.polite,
    }
    small |= language.negation.negators | language.yes_no.polite
    words = "|".join(
        sorted({re.escape(fold_accents(word)) for word in small} - _COUNTED, key=len, reverse=True)
    )
    times, numbers = language.times, language.numbers
    leads = (spaced(times.at_re), times.filler_re, times.noon_re, numbers.alternative_re)
    more = "|".join((*leads, *map(spaced, times.day_parts), language.negation.unfit_re))
    counted = "|".join(sorted(_COUNTED))
    return rf"(?!\s{{1,2}}(?:{counted})(?!\w))(?=\s*(?:$|[^\w\s]|\d)|\s{{1,2}}(?:{words}|{more})(?!\w))"


def _weekday_sources(words: DateWords, weekday: str) -> Iterator[tuple[str, Rule]]:
    coming, after = spaced(words.next_re), spaced(words.next_after_re)
    next_week = rf"(?:(?:{coming})\s(?:{words.week_re})|(?:{words.week_re})\s(?:{after}))"
    tail = rf"(?:{words.weekday_tail_re})?" if words.weekday_tail_re else ""
    yield (
        rf"(?:(?P<s>{spaced(words.since_re)})\s)?(?:(?P<nw>{next_week})[\s,]{{1,2}}(?:(?:{spaced(words.weekday_lead_re)})\s)?)?(?:{_before(words)}\s)?"
        rf"(?P<wd>{weekday}){tail}(?![^\W_])"
        rf"(?:,?\s(?:(?:{spaced(words.weekday_of_re)})\s)?(?P<wn>{next_week})(?!\w)|\s{_behind(words)}(?!\w))?",
        _weekday,
    )

    yield (
        rf"(?:(?:{spaced(words.week_from_re)})\s(?P<wd>{weekday})|(?P<wd2>{weekday})\s(?:{words.weekday_week_re}))",
        _weekday_week,
    )


def _span_sources(words: DateWords) -> Iterator[tuple[str, Rule]]:
    span = (
        rf"(?P<week>{words.week_re})|(?P<weekend>{words.weekend_re})"
        rf"|(?P<month>{words.month_re})|(?P<year>{words.year_re})"
    )
    span_before = span.replace("?P<", "?P<a")
    yield rf"(?:{_before(words)}\s(?:{span})|(?:{span_before})\s{_behind(words)})(?!\w)", _span


def _before(words: DateWords) -> str:
    """Next, this, last, before what they belong to."""
    coming, this, last = spaced(words.next_re), spaced(words.this_re), spaced(words.last_re)
    return rf"(?:(?P<n>{coming})|(?P<t>{this})|(?P<p>{last}))"


def _behind(words: DateWords) -> str:
    """The same behind it."""
    coming, this = spaced(words.next_after_re), spaced(words.this_after_re)
    return rf"(?:(?P<na>{coming})|(?P<ta>{this})|(?P<pa>{spaced(words.last_after_re)}))"


def _any(words: Mapping[str, object]) -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


# --- rules ---------------------------------------------------------------------------------------------


def _day_and_month(found: re.Match[str], reading: Reading) -> date | None:
    month = reading.grammar.words.months[found["m"]]
    groups = found.groupdict()
    day = int(groups["d"]) if groups["d"] else reading.grammar.numbers[groups.get("w") or ""]
    return _in_year(found["y"], month, day, reading.today)


def _day_and_month_number(found: re.Match[str], reading: Reading) -> date | None:
    """ "Am vierten achten"."""
    day, month = (reading.grammar.ordinals[found[name]] for name in ("w", "mo"))
    return without_year(month, day, reading.today)


def _day_of_a_month(found: re.Match[str], reading: Reading) -> date | None:
    """ "The 5th of next month"."""
    groups, today = found.groupdict(), reading.today
    ahead = 1 if groups["n"] or groups["na"] else -1 if groups["p"] or groups["pa"] else 0
    day = int(groups["d"]) if groups["d"] else reading.grammar.numbers[groups["w"] or ""]
    index = today.year * 12 + today.month - 1 + ahead
    return date_or_none(index // 12, index % 12 + 1, day)


def _weekday_of_month(found: re.Match[str], reading: Reading) -> date | None:
    """ "The first Monday in January", "the last Friday of May"."""
    grammar, today = reading.grammar, reading.today
    month, weekday = grammar.words.months[found["m"]], grammar.words.weekdays[found["wd"]]
    years = [full_year(found["y"])] if found["y"] else [today.year, today.year + 1]
    for year in years:
        days = [day for day in _days_of(year, month) if day.weekday() == weekday]
        index = -1 if found["last"] else grammar.ordinals[found["w"]] - 1
        if index < len(days) and (days[index] >= today or found["y"]):
            return days[index]
    return None


def _days_of(year: int, month: int) -> list[date]:
    return [date(year, month, day + 1) for day in range(monthrange(year, month)[1])]


def _vague(found: re.Match[str], reading: Reading) -> date | None:
    """ "The end of next week" is no day."""
    return None


def _weekday_week(found: re.Match[str], reading: Reading) -> date | None:
    """ "A week on Saturday", "Saturday week"."""
    weekday = reading.grammar.words.weekdays[found["wd"] or found["wd2"]]
    return coming(weekday, reading.today) + timedelta(days=7)


def coming(weekday: int, today: date) -> date:
    """The next such weekday after today."""
    return today + timedelta(days=(weekday - today.weekday() - 1) % 7 + 1)


def _in_year(year: str | None, month: int, day: int, today: date) -> date | None:
    return date_or_none(full_year(year), month, day) if year else without_year(month, day, today)


def _day_alone(found: re.Match[str], reading: Reading) -> date | None:
    """ "the 3rd": the next such day."""
    groups, today = found.groupdict(), reading.today
    day = int(groups["d"]) if groups.get("d") else reading.grammar.ordinals[groups["w"] or ""]
    return next_of_month(day, today)


def next_of_month(day: int, today: date) -> date | None:
    """The next such day of a month, today included."""
    year, month = today.year, today.month
    for _ in range(3):
        near = date_or_none(year, month, day)
        if near and near >= today:
            return near
        year, month = (year + 1, 1) if month == 12 else (year, month + 1)
    return None


def _weekday(found: re.Match[str], reading: Reading) -> date | None:
    name, today, words = found["wd"], reading.today, reading.grammar.words
    if len(name) <= 3 and not _short_is_meant(found, reading):
        return None
    weekday = words.weekdays[name]
    monday = today - timedelta(days=today.weekday())
    if found["nw"] or found["wn"] or (found["n"] and words.next_is_week_after):
        return monday + timedelta(days=7 + weekday)
    if found["p"] or found["pa"] or found["s"]:
        return today - timedelta(days=(today.weekday() - weekday - 1) % 7 + 1)
    if found["t"] or found["ta"]:
        return today + timedelta(days=(weekday - today.weekday()) % 7)
    return coming(weekday, today)


_OTHER_DAY = re.compile(r"\s(?:\w{1,4}|-)\s(\w{2,12})")


def _short_is_meant(found: re.Match[str], reading: Reading) -> bool:
    """Whether "so" or "sat" is a weekday here: alone, chosen, or before a date."""
    if found["n"] or found["t"] or found["s"] or found["nw"] or found["wn"] or reading.said == found["wd"]:
        return True
    lead = reading.grammar.words.weekday_lead_re
    if re.search(rf"(?<!\w)(?:{lead})\s\Z", found.string[max(0, found.start() - 6) : found.start()]):
        return True
    other = _OTHER_DAY.match(found.string, found.end())  # "thu or fri", not "so oder so"
    if other and other[1] in reading.grammar.words.weekdays and other[1] != found["wd"]:
        return True
    behind = found.string[found.end() : found.end() + 9]
    return re.match(r"\.?,?\s{0,2}(?:the |den |at |um )?\d", behind) is not None


def _span(found: re.Match[str], reading: Reading) -> date | None:
    """ "next week": its Monday; "next month" and "next year": their first day."""
    groups, today = found.groupdict(), reading.today
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
        return date_or_none(index // 12, index % 12 + 1, 1)
    return date_or_none(today.year + ahead, 1, 1)


def _saturday(today: date) -> date:
    """Of this week; of a Sunday's, that day."""
    return today if today.weekday() == 6 else today + timedelta(days=5 - today.weekday())


def _weekend(found: re.Match[str], reading: Reading) -> date | None:
    return _saturday(reading.today)


def _relative_day(found: re.Match[str], reading: Reading) -> date | None:
    for pattern, ahead in reading.grammar.relative_days:
        if pattern.fullmatch(found.string, *found.span()):
            return shifted(reading.today, "day", ahead)
    return reading.today


def _holiday(found: re.Match[str], reading: Reading) -> date | None:
    for pattern, (month, day) in reading.grammar.holidays:
        if pattern.match(found.string, found.start()):
            return _in_year(found["y"], month, day, reading.today)
    return None


def _end_of_month(found: re.Match[str], reading: Reading) -> date | None:
    today = reading.today
    return today.replace(day=monthrange(today.year, today.month)[1])


# --- the calendar --------------------------------------------------------------------------------------


def date_or_none(year: int, month: int, day: int) -> date | None:
    """A date; None when it does not exist."""
    try:
        return date(year, month, day)
    except ValueError:
        return None


def full_year(written: str) -> int:
    """2026 of "2026", "26" and "'26"; a number over 69 belongs to the last century."""
    year = int(written.lstrip("'"))
    if year >= 100:
        return year
    return year + (2000 if year < 70 else 1900)


def without_year(month: int, day: int, today: date) -> date | None:
    """A day of this year, or of the next when its month is over; 29 February is the next that there is."""
    if not 1 <= month <= 12:
        return None
    year = today.year + (month < today.month)
    if (month, day) == (2, 29):
        return next((found for ahead in range(9) if (found := date_or_none(year + ahead, 2, 29))), None)
    return date_or_none(year, month, day)


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
