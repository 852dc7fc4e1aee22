"""The slots of a flow, found in a text: by gazetteer, by pattern, by kind of value."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from flowhook.extraction import FINDERS, Finder
from flowhook.extraction.digit_groups import find_in_groups
from flowhook.extraction.match import Context, Match
from flowhook.extraction.negation import denied_spans
from flowhook.extraction.safe_regex import SECONDS, Pattern
from flowhook.model.understanding import Slot
from flowhook.nlu.gazetteer import MAX_TEXT, Gazetteer, split

PATTERN_SECONDS: Final = 1.0  #: for the patterns of all slots together, in one text
MAX_VALUES: Final = 100  #: values that one slot finds in one text
NUMBERS: Final = frozenset({"number", "integer"})  #: kinds of values that may be parts of others


class SlotReader:
    """Finds all slots of a flow in texts of one locale.

    ``slots``: name → ``{"values": {value: {"synonyms": [text, …], "data": any}}, "pattern", "type",
    "fuzzy"}``. Raises ValueError for a pattern or a type that there is not.
    """

    def __init__(self, slots: Mapping[str, Mapping[str, Any]], locale: str) -> None:
        self._locale = locale
        self._gazetteer = Gazetteer(
            {name: rule for name, rule in slots.items() if rule.get("values")}, locale
        )
        #: what reads a text once, with the slots that get what it finds
        self._finders: dict[Finder, list[str]] = {}
        self._numbers = frozenset(name for name, rule in slots.items() if rule.get("type") in NUMBERS)
        patterns = sum(bool(rule.get("pattern")) for rule in slots.values())
        for name, rule in slots.items():
            if rule.get("pattern"):
                finder = _pattern(rule["pattern"], min(SECONDS, PATTERN_SECONDS / patterns))
                self._finders.setdefault(finder, []).append(name)
            if rule.get("type"):
                self._finders.setdefault(_kind(name, rule["type"]), []).append(name)

    def __bool__(self) -> bool:
        return bool(self._gazetteer) or bool(self._finders)

    def find(self, text: str, context: Context) -> dict[str, list[Slot]]:
        """Slot → its values, in the order of the text; slots without a value are left out."""
        if not self:
            return {}
        words = split(text)
        found = [
            (hit.slot, Slot(hit.value, text[start:end], start, end, hit.data))
            for hit in self._gazetteer.find(words)
            for start, end in [(words[hit.first].start, words[hit.after - 1].end)]
        ]
        for finder, names in self._finders.items():
            for match in finder(text[:MAX_TEXT], context)[:MAX_VALUES]:
                span = (text[match.start : match.end], match.start, match.end)
                found.extend((name, Slot(match.value, *span)) for name in names)
        found = self._without_parts(found)
        found.sort(key=lambda match: (match[1].start, -match[1].end))
        spans = list(dict.fromkeys((slot.start, slot.end) for _, slot in found))
        denied = dict(zip(spans, denied_spans(text, spans, self._locale), strict=True))
        slots: dict[str, list[Slot]] = {}
        for name, slot in found:
            slot.negated = denied[slot.start, slot.end]
            held = slots.setdefault(name, [])
            if not any(slot.start < other.end and other.start < slot.end for other in held):
                held.append(slot)
        return slots

    def _without_parts(self, found: list[tuple[str, Slot]]) -> list[tuple[str, Slot]]:
        """Without the numbers that are a part of another slot's value: the 8 of "at 8" is a time."""
        others = [slot for name, slot in found if name not in self._numbers] if self._numbers else []
        return [
            (name, slot)
            for name, slot in found
            if name not in self._numbers or not any(_is_part(slot, other) for other in others)
        ]


def _is_part(slot: Slot, other: Slot) -> bool:
    within = other.start <= slot.start and slot.end <= other.end
    return within and other.end - other.start > slot.end - slot.start


def shape(text: str, found: Mapping[str, list[Slot]]) -> str:
    """The text with names in the place of values: two texts of one shape say the same of others."""
    spans = sorted(
        ((slot.start, slot.end, name) for name, slots in found.items() for slot in slots),
        key=lambda span: (span[0], -span[1], span[2]),
    )
    parts: list[str] = []
    at = 0
    for start, end, name in spans:
        if start < at:
            continue
        parts += [text[at:start], "{", name, "}"]
        at = end
    return "".join([*parts, text[at:]])


def _kind(slot: str, kind: str) -> Finder:
    finder = FINDERS.get(kind)
    if finder is None:
        raise ValueError(f'the slot "{slot}" has a type that there is not: {kind}')
    return finder


def _pattern(source: str, seconds: float) -> Finder:
    """A named pattern, or a regular expression that is given up after so many seconds."""
    from flowhook.extraction.named_patterns import PATTERNS

    if source in PATTERNS:
        return PATTERNS[source]
    pattern = Pattern(source)

    def find(text: str, context: Context) -> list[Match]:
        try:
            found = pattern.find_all(text, seconds) or find_in_groups(pattern, text, seconds)
            return [Match(*match) for match in found]
        except TimeoutError:
            return []

    return find
