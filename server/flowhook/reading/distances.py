"""Distances and lengths: ``5 km``, ``zwei Meter``, ``six feet``."""

from __future__ import annotations

from flowhook.reading.found import Around, Found
from flowhook.reading.plain import plain
from flowhook.reading.tongue import tongue_of
from flowhook.reading.units import measured, table


def find_distance(text: str, around: Around) -> list[Found]:
    """Distances: ``{value, unit}``, the unit in English and singular: kilometre, mile, foot …"""
    units = table(tongue_of(around.locale).distances)
    found = measured(text, plain(text), around.locale, units)
    return [Found({"value": each.value, "unit": each.unit}, each.start, each.end) for each in found]
