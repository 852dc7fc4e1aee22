"""Ages: ``I am 35``, ``35 years old``, ``sechs Monate alt``, ``j'ai 35 ans``."""

from __future__ import annotations

import re
from functools import cache

from flowhook.extraction.match import Context, Match
from flowhook.extraction.number_words import Quantity, scan
from flowhook.extraction.units import finder, table, unit_of
from flowhook.i18n.normalize import fold_accents, strip_punctuation
from flowhook.languages.language import Language, language_for

OLDEST = 150  #: years

_ENDS = re.compile(r"\s{0,2}(?:$|[.,;!?)]|-?(?:and|but|now|und|aber|et|y|e|en|maar|mas|pero|ma)\b)")


def find_age(text: str, around: Context) -> list[Match]:
    """Ages: ``{value, unit}``, the unit year, month, week or day."""
    low, tongue = fold_accents(text), language_for(around.locale)
    said = strip_punctuation(low)
    found = (_age(each, low, said, tongue) for each in scan(text, around.locale))
    return [each for each in found if each]


def _age(each: Quantity, low: str, said: str, tongue: Language) -> Match | None:
    units = table(tongue.ages)
    unit = finder(units).match(low, each.end)
    before = _before(tongue.i_am_re).search(low, max(0, each.start - 24), each.start)
    end = unit.end() if unit else each.end
    old = _old(tongue.old_re).match(low, end) if unit else None
    alone = said == strip_punctuation(low[each.start : end]) and not (each.article and not unit)
    told = before is not None and not each.article and (unit or _ENDS.match(low, each.end))
    if not (old or alone or told) or not 0 <= each.value <= (OLDEST if not unit else 100_000):
        return None
    value = {"value": each.value, "unit": unit_of(unit, units) if unit else "year"}
    return Match(value, each.start, old.end() if old else end)


@cache
def _old(old_re: str) -> re.Pattern[str]:
    return re.compile(rf"[\s-]{{1,2}}(?:{old_re})\b")


@cache
def _before(i_am_re: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{i_am_re})(?:\s(?:only|just|now|erst|gerade|jetzt|schon|nur))?\s{{1,2}}\Z")
