"""Temperatures: ``20 °C``, ``minus five degrees``, ``70 F``."""

from __future__ import annotations

import re
from functools import cache

from flowhook.extraction.match import Context, Match
from flowhook.extraction.number_words import scan
from flowhook.i18n.normalize import fold_accents, named_region
from flowhook.languages.language import language_for

_SCALES = {"c": "celsius", "f": "fahrenheit", "k": "kelvin"}
#: Where degrees are Fahrenheit's unless somebody says otherwise.
_FAHRENHEIT = frozenset({"US", "LR", "PW", "FM", "MH", "BS", "KY"})


def find_temperature(text: str, around: Context) -> list[Match]:
    """Temperatures: ``{value, unit}``, the unit celsius, fahrenheit or kelvin."""
    low = fold_accents(text)
    following = _following(language_for(around.locale).degree_re)
    found = []
    for each in scan(text, around.locale):
        unit = following.match(low, each.end)
        if unit is None or each.article:
            continue
        name = unit[1] or unit[2] or unit[3]
        usual = "fahrenheit" if named_region(around.locale) in _FAHRENHEIT else "celsius"
        value = {"value": each.value, "unit": _SCALES[name[0]] if name else usual}
        found.append(Match(value, each.start, unit.end()))
    return found


@cache
def _following(degree_re: str) -> re.Pattern[str]:
    names = r"celsius|fahrenheit|kelvin"
    return re.compile(rf"\s{{0,2}}(?:(?:{degree_re})\s{{0,2}}({names}|[cfk](?!\w))?|({names})|([cfk]))(?!\w)")
