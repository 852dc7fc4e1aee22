"""Times of day: ``17:30``, ``5pm``, ``half past seven``, ``halb acht``, ``um 8``, ``noon``.

An hour that may be meant twice ("at five", "um 5 Uhr", "half past six") is the one in the working half of
the day: 1 to 6 o'clock are in the afternoon, 7 to 12 stay, unless a part of the day, am or pm says
otherwise. ``05:30`` and, outside English, ``5:30`` are as written.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache

from flowhook.extraction.alternatives import with_rivals
from flowhook.extraction.dates import led_from_now
from flowhook.extraction.match import Context, Match, Moment
from flowhook.extraction.measures import spaced, without_overlaps
from flowhook.i18n.normalize import fold_accents, language, strip_punctuation
from flowhook.languages import language_for
from flowhook.languages.language import TimeWords

LONGEST_HOUR = 80  #: characters of a text that is nothing but an hour
_MERIDIEM = r"(?:\s?(?P<half>[ap])\.?\s?m\b\.?)"
_COLON = re.compile(
    rf"(?<![\d:.,/])(?P<h>\d{{1,2}}):(?P<min>[0-5]\d)(?::(?P<s>[0-5]\d)(?:[.,]\d{{1,9}})?)?(?![\d:]){_MERIDIEM}?"
)


def find_time(text: str, context: Context) -> list[Match]:
    """Find times of day, as ``17:30``."""
    return [Match(moment.value, moment.start, moment.end) for moment in find_moments(text, context)]


def find_moments(text: str, context: Context) -> list[Moment]:
    """Find times of day with what readers of dates and times need to know of them."""
    found = _moments(text, context)
    return with_rivals(text, context.locale, found, lambda other: _moments(other, context))


def _moments(text: str, context: Context) -> list[Moment]:
    low, grammar = fold_accents(text), _grammar(language(context.locale))
    found = {(moment.start, moment.end): moment for moment in _candidates(text, low, context.locale, grammar)}
    kept = without_overlaps(Match(None, start, end) for start, end in found)
    parts = list(grammar.parts_in(low)) if kept else []
    return [_settled(found[match.start, match.end], low, parts, grammar) for match in kept]


_WORD = re.compile(r"\s{1,3}\w")


@dataclass(frozen=True, slots=True)
class _Grammar:
    words: TimeWords
    hours: Mapping[str, int]
    minutes: Mapping[str, int]
    clock: list[tuple[re.Pattern[str], tuple[int, int]]]
    bare: list[re.Pattern[str]]  #: an hour by its lead alone
    plainly: list[re.Pattern[str]]
    named: list[tuple[re.Pattern[str], int]]
    parts: list[tuple[re.Pattern[str], str]]
    near: re.Pattern[str]
    range_lead: re.Pattern[str]  #: what ends with "from" or "between"
    range_start: re.Pattern[str]
    to_hour: re.Pattern[str]  #: "to" between two bare numbers

    def parts_in(self, low: str) -> Iterator[tuple[str, int, int]]:
        """The parts of the day that a text names."""
        for pattern, part in self.parts:
            for found in pattern.finditer(low):
                yield part, found.start(), found.end()


def _any(words: Mapping[str, int]) -> str:
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True))


@cache
def _grammar(code: str) -> _Grammar:
    language = language_for(code)
    words, numbers = language.times, language.numbers.words
    hours = {word: value for word, value in numbers.items() if value <= 24 and word not in words.no_hours}
    minutes = {word: value for word, value in numbers.items() if value <= 59 and word not in words.no_minutes}
    hour, minute = rf"(?P<h>\d{{1,2}}|{_any(hours)})", rf"(?P<m>\d{{1,2}}|{_any(minutes)})"
    at, oclock = spaced(words.at_re), spaced(words.oclock_re)
    lead = rf"(?:(?:{at})\s)?"
    clock = [
        (lead + f"(?:{spaced(source)})".replace("{h}", hour).replace("{m}", minute), value)
        for source, value in _alternatives(words.clock)
    ]
    plainly = [
        rf"{lead}{hour}\s?(?P<oclock>{oclock})(?:\s?(?P<min>[0-5]\d)(?!\d|[.,:]\d|\s?(?:€|eur)))?{_MERIDIEM}?",
        rf"{lead}(?P<h>\d{{1,2}})[.:h](?P<min>[0-5]\d)(?:\s(?:{oclock})|{_MERIDIEM})",
        rf"{lead}(?P<h>\d{{1,2}})h(?P<min>[0-5]\d)",
        rf"{lead}{hour}{_MERIDIEM}",
        rf"(?:{at})\s(?P<h>1[3-9]|2[0-3])\s?h",
    ]
    bare = [
        rf"(?:{at})\s{{1,2}}(?P<h>\d{{1,2}})[.](?P<min>[0-5]\d)(?![.]?\d|\s?[€%])",
        rf"(?:{at})\s{{1,2}}{hour}(?!\s?[/%€$£°]|[.,:]?\d|\s?(?:{spaced(words.counted_re)})\b)",
    ]
    bounded = r"(?<![^\W_])(?<!\d[.,:/])(?:{})(?![^\W_])"
    part = "|".join(spaced(source) for source in words.day_parts)
    filler = spaced(words.filler_re)
    return _Grammar(
        words,
        hours,
        minutes,
        [(re.compile(bounded.format(source)), value) for source, value in clock],
        [re.compile(bounded.format(source)) for source in bare],
        [re.compile(bounded.format(source)) for source in plainly]
        + [re.compile(bounded.format(rf"{hour}(?=\s{{1,2}}(?:{part})(?!\w))"))],
        [
            (re.compile(bounded.format(lead + f"(?:{spaced(words.noon_re)})")), 12),
            (re.compile(bounded.format(lead + f"(?:{spaced(words.midnight_re)})")), 0),
        ],
        [
            (re.compile(rf"(?:(?<!\w)|(?<=tag)|(?<=och))(?:{spaced(source)})(?!\w)"), name)
            for source, name in words.day_parts.items()
        ],
        re.compile(rf"[\s,]{{0,3}}(?:(?:{filler}|{at})[\s,]{{1,3}}){{0,3}}"),
        re.compile(rf"(?<!\w)(?:{words.range_re})\s{{1,2}}\Z"),
        re.compile(rf"(?:{words.range_re})\s"),
        re.compile(rf"\s{{1,2}}(?:{words.to_hour_re})\s{{1,2}}"),
    )


def _alternatives(clock: Mapping[str, tuple[int, int]]) -> Iterator[tuple[str, tuple[int, int]]]:
    """Each expression on its own: groups may stand in a pattern once."""
    for sources, value in clock.items():
        if sources.count("{h}") > 1:
            yield from ((source, value) for source in sources.split("|"))
        else:
            yield sources, value


def _candidates(text: str, low: str, locale: str, grammar: _Grammar) -> Iterator[Moment]:
    for found in _COLON.finditer(low):
        start = _led(low, found.start(), grammar)
        as_written = found["h"].startswith("0") or not grammar.words.afternoon_until_six
        if moment := _moment(found, int(found["h"]), int(found["min"]), start, as_written=as_written):
            yield moment
    for pattern in (*grammar.bare, *grammar.plainly):
        for found in pattern.finditer(low):
            if pattern in grammar.bare and _is_no_hour(found, text, grammar.words):
                continue
            if _is_counted(found, low, locale):
                continue
            minute = int(found.groupdict().get("min") or 0)
            as_written = found["h"].startswith("0") and len(found["h"]) == 2
            hour = _number(found["h"], grammar.hours)
            if moment := _moment(found, hour, minute, found.start(), as_written=as_written):
                yield moment
    yield from _spoken(low, grammar)
    yield from _whole(low, grammar)


def _is_no_hour(found: re.Match[str], text: str, words: TimeWords) -> bool:
    """Whether "at" is none ("il y a", not "à"), or "one" an article ("om een pizza")."""
    if words.accented_at and text[found.start() : found.start() + 2] in ("a ", "A "):
        return True
    return found["h"] in words.articles and _WORD.match(text, found.end()) is not None


def _is_counted(found: re.Match[str], low: str, locale: str) -> bool:
    """Whether an hour is a span counted from now, "dans deux heures", or one that somebody has: "elle a une
    heure de retard"."""
    if "oclock" not in found.groupdict() and found.start("h") == found.start():
        return False
    if found.start("h") == found.start() and led_from_now(low, locale, found.start(), found.end()):
        return True
    has = _has(language_for(locale).times.has_re)
    return has.search(low, max(0, found.start() - 12), found.start()) is not None


@cache
def _has(has_re: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{has_re})\s\Z")


def _led(low: str, start: int, grammar: _Grammar) -> int:
    """Where a time begins when "at" belongs to it."""
    found = _lead(grammar.words.at_re).search(low, max(0, start - 14), start)
    return found.start() if found else start


@cache
def _lead(at_re: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{spaced(at_re)})\s{{1,2}}\Z")


def _number(written: str, words: Mapping[str, int]) -> int:
    return int(written) if written[0].isdigit() else words[written]


def _moment(found: re.Match[str], hour: int, minute: int, start: int, *, as_written: bool) -> Moment | None:
    groups = found.groupdict()
    second, half = int(groups.get("s") or 0), groups.get("half")
    if half:
        if not 1 <= hour <= 12:
            return None
        hour = hour % 12 + (12 if half == "p" else 0)
    if hour == 24 and minute == 0:
        hour, as_written = 0, True
    if hour > 23:
        return None
    open_ = not half and not as_written and 1 <= hour <= 12
    return Moment(hour, minute, second, start, found.end(), open_)


def _spoken(low: str, grammar: _Grammar) -> Iterator[Moment]:
    """Half past seven, halb acht, noon."""
    for pattern, (base, sign) in grammar.clock:
        for found in pattern.finditer(low):
            groups = found.groupdict()
            if groups.get("h") is None:
                yield Moment(base // 60, base % 60, 0, found.start(), found.end())
                continue
            if groups.get("m") and _is_range(found, low, grammar):
                continue
            hour = _number(groups["h"], grammar.hours)
            extra = sign * _number(groups["m"], grammar.minutes) if groups.get("m") else 0
            if hour > 24 or abs(extra) > 59:
                continue
            total = hour * 60 + base + extra
            open_ = 1 <= hour <= 12
            if open_:
                total = total % 720 or 720
                total += 720 if total < 60 else 0
            yield Moment(total // 60 % 24, total % 60, 0, found.start(), found.end(), open_)
    for pattern, hour in grammar.named:
        for found in pattern.finditer(low):
            yield Moment(hour, 0, 0, found.start(), found.end())


def _is_range(found: re.Match[str], low: str, grammar: _Grammar) -> bool:
    """Whether two numbers are two hours, not minutes and an hour: "from five to six", "5 to 6 pm"."""
    before = low[max(0, found.start() - 12) : found.start()]
    if grammar.range_lead.search(before) or grammar.range_start.match(found[0]):
        return True
    if not grammar.to_hour.fullmatch(low, found.end("m"), found.start("h")):
        return False
    minute = _number(found["m"], grammar.minutes)
    return minute <= 12 and (found["m"][0].isdigit() or minute % 5 != 0)


def _whole(low: str, grammar: _Grammar) -> Iterator[Moment]:
    """A text that is nothing but an hour: "8", "five"."""
    if len(low) > LONGEST_HOUR:
        return
    said = strip_punctuation(low)
    if said in grammar.hours or re.fullmatch(r"\d{1,2}", said):
        hour = _number(said, grammar.hours)
        if hour <= 24:
            start = low.index(said)
            yield Moment(hour % 24, 0, 0, start, start + len(said), 1 <= hour <= 12)
    elif found := re.fullmatch(r"(1[3-9]|2[0-3])\s?h", said):  # "2h" are two hours
        start = low.index(said)
        yield Moment(int(found[1]), 0, 0, start, start + len(said))
    elif found := re.fullmatch(r"(\d{1,2})\.([0-5]\d)", said):
        start = low.index(said)
        if int(found[1]) < 24:
            yield Moment(int(found[1]), int(found[2]), 0, start, start + len(said))


# --- which half of the day -----------------------------------------------------------------------------


def _settled(moment: Moment, low: str, parts: list[tuple[str, int, int]], grammar: _Grammar) -> Moment:
    """The time with the part of the day that stands beside it, or with the usual half."""
    for part, start, end in parts:
        if moment.end <= start:
            near = grammar.near.fullmatch(low, moment.end, start)
        else:
            near = grammar.near.fullmatch(low, end, moment.start) if end <= moment.start else None
        if near or (start < moment.end and moment.start < end):
            hour = _in_part(moment.hour, part) if moment.open else moment.hour
            begin = moment.start if start < moment.start else min(moment.start, start)
            return moment._replace(hour=hour, start=begin, end=max(moment.end, end), open=False)
    if moment.open and moment.hour <= 6:
        return moment._replace(hour=moment.hour + 12)
    return moment


def _in_part(hour: int, part: str) -> int:
    """An hour of 1 to 12 in a part of the day."""
    if part == "morning":
        return hour % 12
    if part == "afternoon":
        return 12 if hour == 12 else hour + 12 if hour < 10 else hour
    if part == "evening":
        return 0 if hour == 12 else hour + 12
    return 0 if hour == 12 else hour + 12 if hour >= 6 else hour
