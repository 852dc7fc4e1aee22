"""Percentages: ``12.5 %``, ``fünf Prozent``."""

from __future__ import annotations

from flowhook.extraction.match import Around, Found
from flowhook.extraction.units import measured
from flowhook.i18n.normalize import plain
from flowhook.languages.language import tongue_of


def find_percentage(text: str, around: Around) -> list[Found]:
    """Percentages as numbers: 12.5 for 12.5 %."""
    units = ((tongue_of(around.locale).percent_re, None), ("%|percent", None))
    found = measured(text, plain(text), around.locale, units)
    return [Found(each.value, each.start, each.end) for each in found]
