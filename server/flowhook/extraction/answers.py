"""The values that somebody means who answers a question.

A value that nobody said is worse than none: one that the text denies is not meant, and where a word that
carries meaning was not understood (a negation of something else in its clause, a bound such as "at
least", another number right behind a unit), no value is taken, so that the question is asked again.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from flowhook.extraction import FINDERS
from flowhook.extraction.alternatives import is_followed_by_number
from flowhook.extraction.match import Context, Match
from flowhook.extraction.measures import spaced
from flowhook.extraction.negation import negations_of
from flowhook.i18n.normalize import fold_accents, language
from flowhook.languages import language_for

_WORD_BEFORE = re.compile(r"([^\W_]+)\s{1,2}\Z")
MAX_ANSWER = 500  #: characters of an answer that are read
DAY = 86_400  #: seconds
NEAR = 24  #: characters before a value in which a bound may stand

#: Kinds of values that a bound changes: "at least 5" is not 5.
_AMOUNTS = frozenset(
    {"number", "integer", "money", "percentage", "duration", "distance", "age", "temperature"}
)
_TIMES = frozenset({"date", "time", "datetime"})
#: Kinds whose units have smaller ones: "5 feet 11", "1 hour 30".
_WITH_PARTS = frozenset({"duration", "distance"})
#: Kinds that no word of a sentence changes.
_LITERAL = frozenset({"email", "url", "phone"})


class Values(NamedTuple):
    """All values of a kind in a text, and those of them that the text means."""

    found: list[Match]
    meant: list[Match]


def values_meant(kind: str, text: str, context: Context) -> list[Match]:
    """Return the values of a kind that a text means; of a long text its beginning is read."""
    return read_values(kind, text, context).meant


def read_values(kind: str, text: str, context: Context) -> Values:
    """Find the values of a kind in a text, and tell which of them are meant."""
    said = _beginning(text)
    found = FINDERS[kind](said, context)
    if said != text:
        found = [match for match in found if match.end < len(said)]
    if not found:
        return Values(found, found)
    negations, spans = negations_of(said, context.locale), [(match.start, match.end) for match in found]
    denied = negations.denied(spans)
    if any(match.vague for match in found):
        return Values(found, [])
    unwanted = [match.value for match, is_denied in zip(found, denied, strict=True) if is_denied]
    kept = [match for match in found if match.value not in unwanted]
    if not kept or kind in _LITERAL:
        return Values(found, kept)
    if any(_is_inexact(kind, said, match, context.locale) for match in kept):
        return Values(found, [])
    doubtful = dict(zip(spans, negations.doubtful(spans), strict=True))
    return Values(found, [match for match in kept if not doubtful[match.start, match.end]])


def are_alternatives(text: str, locale: str) -> bool:
    """Whether a text with several values says that one of them is meant, or that the last replaces
    the others: "Monday or Tuesday", "Monday, no wait, Tuesday"."""
    return _either(language(locale)).search(fold_accents(text)) is not None


@cache
def _either(code: str) -> re.Pattern[str]:
    numbers = language_for(code).numbers
    return re.compile(rf"(?<!\w)(?:{numbers.either_re})(?!\w)")


def _beginning(text: str) -> str:
    """As much of a text as is read, whole words."""
    if len(text) <= MAX_ANSWER:
        return text
    cut = text[:MAX_ANSWER]
    return cut[: max(cut.rfind(" "), cut.rfind("\n"), 0)] or cut


def _is_inexact(kind: str, text: str, match: Match, locale: str) -> bool:
    """Whether what stands beside an amount makes another of it, or beside a date or a time a limit."""
    if kind in _TIMES:
        is_cut = kind != "date" and is_followed_by_number(text, locale, match.end)
        return is_cut or _is_limit(text, match, locale)
    if kind not in _AMOUNTS:
        return False
    low, (before, behind) = fold_accents(text), _bounds(language(locale))
    return bool(
        before.search(low, max(0, match.start - NEAR), match.start)
        or behind.match(low, match.end)
        or (kind in _WITH_PARTS and is_followed_by_number(text, locale, match.end))
    )


def _is_limit(text: str, match: Match, locale: str) -> bool:
    """Whether a date or a time is only a limit: "after 3", "tomorrow before noon", "after the 3rd". Minutes
    before the word make a time of it: "ten after three"."""
    low, code = fold_accents(text), language(locale)
    numbers = language_for(code).numbers
    limit, leading, behind, counted = _limits(code)
    if behind.match(low, match.end) or _is_half_a_range(low, match, code):
        return True
    near = max(0, match.start - NEAR)
    for found in limit.finditer(low, near, match.end):
        if found.start() > match.start and counted.search(low, match.start, found.start()):
            continue  # "two days after friday"
        if found.end() <= match.start and not leading.fullmatch(low, found.end(), match.start):
            continue
        before = _WORD_BEFORE.search(low, near, found.start())
        if not (before and (before[1].isdigit() or before[1] in numbers.words)):
            return True
    return False


def _is_half_a_range(low: str, match: Match, code: str) -> bool:
    """Whether a value is one end of a range whose other end was not read: "between ten and noon"."""
    before, lead, behind = _ranging(code)
    return bool(
        before.search(low, max(0, match.start - 32), match.start)
        or (lead.search(low, max(0, match.start - 16), match.start) and behind.match(low, match.end))
    )


@cache
def _ranging(code: str) -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    """The beginning of a range, what leads to one, and what joins its ends."""
    words = language_for(code)
    spoken = "|".join(sorted(map(re.escape, words.numbers.words), key=len, reverse=True))
    leads = spaced(words.leads_re)
    between = (
        "|".join(set(words.times.range_re.split("|")) & set(words.numbers.either_re.split("|"))) or "(?!)"
    )
    return (
        re.compile(
            rf"(?<!\w)(?:{words.times.range_re})\s(?:(?:{leads})\s)?(?:\d{{1,2}}|{spoken})"
            rf"\s(?:{words.numbers.alternative_re})\s(?:(?:{leads})\s)?\Z"
        ),
        re.compile(rf"(?<!\w)(?:{between})\s(?:(?:{leads})\s)?\Z"),
        re.compile(rf"\s(?:{words.numbers.alternative_re})\s"),
    )


@cache
def _limits(code: str) -> tuple[re.Pattern[str], re.Pattern[str], re.Pattern[str], re.Pattern[str]]:
    words = language_for(code)
    days = "|".join(spaced(source) for source, seconds in words.units.seconds.items() if seconds >= DAY)
    leads = spaced(words.leads_re)
    return (
        re.compile(rf"(?<!\w)(?:{words.numbers.limit_re})(?=\s)"),
        re.compile(rf"\s{{1,2}}(?:(?:{leads})\s{{1,2}})?"),
        re.compile(rf"[\s,]{{1,2}}(?:{spaced(words.numbers.limit_after_re)})(?!\w)"),
        re.compile(rf"(?<!\w)(?:{days})\s{{1,2}}\Z"),
    )


@cache
def _bounds(code: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    numbers = language_for(code).numbers
    articles = "|".join(sorted(numbers.picking_articles)) or "(?!)"
    return (
        re.compile(rf"(?<!\w)(?:{numbers.bound_re})(?:\s|(?<='))(?:(?:{articles})\s)?\Z"),
        re.compile(rf"\s?(?:\+|\s?(?:{numbers.bound_after_re})(?!\w))|\s(?:{numbers.minus_re})\s(?=\w)"),
    )
