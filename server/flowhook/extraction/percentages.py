"""Percentages: ``12.5 %``, ``fünf Prozent``."""

from __future__ import annotations

from flowhook.extraction.match import Context, Match
from flowhook.extraction.units import measured
from flowhook.i18n.normalize import fold_accents
from flowhook.languages.language import language_for


def find_percentage(text: str, around: Context) -> list[Match]:
    """Percentages as numbers: 12.5 for 12.5 %."""
    units = ((language_for(around.locale).percent_re, None), ("%|percent", None))
    found = measured(text, fold_accents(text), around.locale, units)
    return [Match(each.value, each.start, each.end) for each in found]
