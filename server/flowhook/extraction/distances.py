"""Distances and lengths: ``5 km``, ``zwei Meter``, ``six feet``."""

from __future__ import annotations

from flowhook.extraction.match import Context, Match
from flowhook.extraction.units import measured, table
from flowhook.i18n.normalize import fold_accents
from flowhook.languages.language import language_for


def find_distance(text: str, around: Context) -> list[Match]:
    """Distances: ``{value, unit}``, the unit in English and singular: kilometre, mile, foot …"""
    units = table(language_for(around.locale).distances)
    found = measured(text, fold_accents(text), around.locale, units)
    return [Match({"value": each.value, "unit": each.unit}, each.start, each.end) for each in found]
