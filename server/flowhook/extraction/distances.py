"""Distances and lengths: ``5 km``, ``zwei Meter``, ``six feet``."""

from __future__ import annotations

from flowhook.extraction.match import Around, Found
from flowhook.extraction.units import measured, table
from flowhook.i18n.normalize import plain
from flowhook.languages.language import tongue_of


def find_distance(text: str, around: Around) -> list[Found]:
    """Distances: ``{value, unit}``, the unit in English and singular: kilometre, mile, foot …"""
    units = table(tongue_of(around.locale).distances)
    found = measured(text, plain(text), around.locale, units)
    return [Found({"value": each.value, "unit": each.unit}, each.start, each.end) for each in found]
