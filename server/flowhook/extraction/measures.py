"""Numbers with units: ages, distances, percentages, temperatures; and what durations and money build on."""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Any, NamedTuple

from flowhook.extraction.match import Context, Match
from flowhook.extraction.number_words import Number, Quantity, whole
from flowhook.extraction.numbers import scan
from flowhook.i18n.normalize import fold_accents, named_region, strip_punctuation
from flowhook.languages import language_for
from flowhook.languages.language import Language

UnitTable = tuple[tuple[str, Any], ...]  #: expressions with what they stand for

OLDEST = 150  #: years

_SPACE = re.compile(r"\(\?<[!=][^)]*\)| \??")
_ARTICLE = re.compile(r"\s*(of\s)?an?\s")
_TEMPERATURE_SCALES = {"c": "celsius", "f": "fahrenheit", "k": "kelvin"}
#: Where degrees are Fahrenheit's unless somebody says otherwise.
_FAHRENHEIT = frozenset({"US", "LR", "PW", "FM", "MH", "BS", "KY"})


class Measure(NamedTuple):
    """A number with its unit at ``text[start:end]``."""

    value: Number
    unit: Any
    start: int
    end: int


def unit_table(units: Mapping[str, Any]) -> UnitTable:
    """A mapping of expressions as :func:`measures_in` wants it."""
    return tuple(units.items())


@cache
def unit_pattern(units: UnitTable) -> re.Pattern[str]:
    """Finds a unit right behind a number."""
    choices = "|".join(f"(?P<u{index}>{spaced(expression)})" for index, (expression, _) in enumerate(units))
    return re.compile(rf"(?:\s{{0,2}}-?(?:of )?(?:an? )?(?:d[eio] |d')?|')(?:{choices})(?![^\W_])")


def spaced(expression: str) -> str:
    """An expression in which one space stands for one or two, but for those in a look-behind."""
    spaces = {" ": r"\s{1,2}", " ?": r"\s{0,2}"}
    return _SPACE.sub(lambda found: spaces.get(found[0], found[0]), expression)


def unit_of(found: re.Match[str], units: UnitTable) -> Any:
    """Which unit a match of :func:`unit_pattern` names."""
    name = found.lastgroup or "u0"
    return units[int(name[1:])][1]


def measures_in(text: str, low: str, locale: str, units: UnitTable) -> Iterator[Measure]:
    """Each number of the text that a unit follows."""
    pattern = unit_pattern(units)
    for quantity in scan(text, locale):
        found = pattern.match(low, quantity.end)
        if found and not _is_parted(quantity, found):
            yield Measure(quantity.value, unit_of(found, units), quantity.start, found.end())


def _is_parted(quantity: Quantity, found: re.Match[str]) -> bool:
    """Whether there is "a" between a number that is no part and its unit: "2 a day"."""
    article = _ARTICLE.match(found[0])
    if article is None or 0 < quantity.value < 1:
        return False
    return not (article[1] and isinstance(quantity.value, float))  # "five quarters of an hour"


def shortened(value: Number) -> Number:
    """A result of reckoning: int when whole."""
    return whole(float(value)) if isinstance(value, float) else value


def without_overlaps(found: Iterable[Match]) -> list[Match]:
    """The longest of those that overlap, in the order of the text."""
    kept: list[Match] = []
    taken: list[tuple[int, int]] = []
    for match in sorted(found, key=lambda match: (match.start - match.end, match.start)):
        if _is_free(match, taken):
            kept.append(match)
    return sorted(kept, key=lambda match: match.start)


def _is_free(match: Match, taken: list[tuple[int, int]]) -> bool:
    """Whether a span overlaps none before it; if so it is kept in order."""
    at = bisect_left(taken, (match.start, match.start))
    if (at < len(taken) and taken[at][0] < match.end) or (at and taken[at - 1][1] > match.start):
        return False
    insort(taken, (match.start, match.end))
    return True


# --- distances, percentages ----------------------------------------------------------------------------


def find_distance(text: str, context: Context) -> list[Match]:
    """Find distances and lengths such as ``5 km`` and ``six feet``.

    A value is ``{value, unit}``, the unit in English and singular: kilometre, mile, foot …
    """
    units = unit_table(language_for(context.locale).units.distances)
    found = measures_in(text, fold_accents(text), context.locale, units)
    return without_overlaps(
        Match({"value": measure.value, "unit": measure.unit}, measure.start, measure.end) for measure in found
    )


def find_percentage(text: str, context: Context) -> list[Match]:
    """Find percentages such as ``12.5 %`` and ``fünf Prozent``. A value is a number: 12.5 for 12.5 %."""
    units = ((language_for(context.locale).units.percent_re, None), ("%|percent", None))
    found = measures_in(text, fold_accents(text), context.locale, units)
    return without_overlaps(Match(measure.value, measure.start, measure.end) for measure in found)


# --- temperatures --------------------------------------------------------------------------------------


def find_temperature(text: str, context: Context) -> list[Match]:
    """Find temperatures such as ``20 °C``, ``minus five degrees`` and ``70 F``.

    A value is ``{value, unit}``, the unit celsius, fahrenheit or kelvin.
    """
    low = fold_accents(text)
    pattern = _degrees(language_for(context.locale).units.degree_re)
    usual = "fahrenheit" if named_region(context.locale) in _FAHRENHEIT else "celsius"
    found = []
    for quantity in scan(text, context.locale):
        unit = pattern.match(low, quantity.end)
        if unit is None or quantity.article:
            continue
        name = unit[1] or unit[2] or unit[3]
        value = {"value": quantity.value, "unit": _TEMPERATURE_SCALES[name[0]] if name else usual}
        found.append(Match(value, quantity.start, unit.end()))
    return found


@cache
def _degrees(degree_re: str) -> re.Pattern[str]:
    names = r"celsius|fahrenheit|kelvin"
    return re.compile(rf"\s{{0,2}}(?:(?:{degree_re})\s{{0,2}}({names}|[cfk](?!\w))?|({names})|([cfk]))(?!\w)")


# --- ages ----------------------------------------------------------------------------------------------


def find_age(text: str, context: Context) -> list[Match]:
    """Find ages such as ``I am 35``, ``35 years old``, ``sechs Monate alt`` and ``j'ai 35 ans``.

    A value is ``{value, unit}``, the unit year, month, week or day.
    """
    low, language = fold_accents(text), language_for(context.locale)
    said = strip_punctuation(low)
    found = (_age(quantity, low, said, language) for quantity in scan(text, context.locale))
    return [match for match in found if match]


def _age(quantity: Quantity, low: str, said: str, language: Language) -> Match | None:
    words = language.units
    units = unit_table(words.ages)
    unit = unit_pattern(units).match(low, quantity.end)
    before = _i_am(words.i_am_re, words.only_re).search(low, max(0, quantity.start - 24), quantity.start)
    end = unit.end() if unit else quantity.end
    old = _old(words.old_re).match(low, end) if unit else None
    whole_text = len(said) <= end - quantity.start and said == strip_punctuation(low[quantity.start : end])
    alone = whole_text and not (quantity.article and not unit)
    told = before is not None and not quantity.article and (unit or _age_ends(language, low, quantity.end))
    if not (old or alone or told) or not 0 <= quantity.value <= (OLDEST if not unit else 100_000):
        return None
    value = {"value": quantity.value, "unit": unit_of(unit, units) if unit else "year"}
    return Match(value, quantity.start, old.end() if old else end)


def _age_ends(language: Language, low: str, at: int) -> bool:
    """Whether nothing belongs to the number that ends here: "I am 35, and", not "I am 35 minutes late"."""
    turns = tuple(sorted(language.negation.turns))
    return _age_end(language.units.and_re, language.times.now_re, turns).match(low, at) is not None


@cache
def _age_end(and_re: str, now_re: str, turns: tuple[str, ...]) -> re.Pattern[str]:
    words = "|".join((and_re, now_re, *turns))
    return re.compile(rf"\s{{0,2}}(?:$|[.,;!?)]|-?(?:{words})\b)")


@cache
def _old(old_re: str) -> re.Pattern[str]:
    return re.compile(rf"[\s-]{{1,2}}(?:{old_re})\b")


@cache
def _i_am(i_am_re: str, only_re: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{i_am_re})(?:\s(?:{only_re}))?\s{{1,2}}\Z")
