"""Numbers: ``1.234,5``, ``minus three``, ``two dozen``, ``dreiundzwanzig``, ``anderthalb``."""

from __future__ import annotations

import re

from flowhook.extraction.match import Context, Match
from flowhook.extraction.number_words import Quantity, scan
from flowhook.i18n.normalize import fold_accents

#: Letters that may touch a number without making another word of it.
_TOUCHING = re.compile(r"(?:x|kg|g|km|cm|mm|m|h|min|l|ml|st|stk|pcs|eur|usd|gb|mb)(?!\w)")
#: "that one", "the big one": no number.
_POINTED = re.compile(
    r"\b(?:th(?:is|at|e)|which|any|no|every|each|another|last|next|big|small|large|other|same|new|old|huge"
    r"|first|second|third|right|wrong|good|only|medium)\s\Z"
)
#: "half past seven", "halb acht": a time, no half.
_HOUR = re.compile(
    r"\s(?:past|\d|eins|zwei|drei|vier|funf|fuenf|sechs|sieben|acht|neun|zehn|elf|zwolf|zwoelf"
    r"|een|twee|drie|vijf|zes|zeven|negen|tien|twaalf)"
)
_OUTER = " .!?,;:\"'()"


def find_number(text: str, around: Context) -> list[Match]:
    """Numbers: int when whole, else float."""
    low = fold_accents(text)
    return [
        Match(each.value, each.start, each.end)
        for each in scan(text, around.locale)
        if _stands_alone(each, low, text)
    ]


def find_integer(text: str, around: Context) -> list[Match]:
    """Whole numbers."""
    return [each for each in find_number(text, around) if isinstance(each.value, int)]


def _stands_alone(each: Quantity, low: str, text: str) -> bool:
    if each.article:
        return low.strip(_OUTER) == low[each.start : each.end]
    if low[each.start : each.end] == "one" and _POINTED.search(low, max(0, each.start - 12), each.start):
        return False
    if low[each.start : each.end] in ("half", "halb") and _HOUR.match(low, each.end):
        return False
    following = low[each.end : each.end + 1]
    if not (following.isalnum() or following == "_"):
        return True
    return _TOUCHING.match(low, each.end) is not None
