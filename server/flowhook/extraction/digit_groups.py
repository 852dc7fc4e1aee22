"""Digits that people write in groups: "1234 5678" is the number 12345678 for a pattern that wants eight."""

from __future__ import annotations

import re
from typing import Final

from flowhook.extraction.safe_regex import SECONDS, Pattern

_GAP: Final = re.compile(r"(?<=\d)[ \u00a0\u2009\u202f](?=\d)")

Place = tuple[str, int, int]


def find_in_groups(pattern: Pattern, text: str, seconds: float = SECONDS) -> list[Place]:
    """What a pattern finds once the spaces between digits are gone, each with its place in ``text``; only
    what begins and ends where a number does, so that eight digits are not cut out of eleven. Empty where the
    text has no such spaces. Raises TimeoutError."""
    gaps = [gap.start() for gap in _GAP.finditer(text)]
    if not gaps:
        return []
    places = sorted(set(range(len(text))).difference(gaps))
    joined = "".join(text[at] for at in places)
    found = []
    for value, start, end in pattern.find_all(joined, seconds):
        if not _splits_digits(joined, start) and not _splits_digits(joined, end):
            found.append((value, places[start], places[end - 1] + 1))
    return found


def _splits_digits(text: str, at: int) -> bool:
    """Whether a place lies between two digits."""
    return 0 < at < len(text) and text[at - 1].isdigit() and text[at].isdigit()
