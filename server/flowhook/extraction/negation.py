"""What a text says not to mean: "not tomorrow", "nicht um fünf"."""

from __future__ import annotations

import re
from collections.abc import Iterable

from flowhook.extraction.match import Match
from flowhook.i18n.normalize import fold_accents, language

_BEFORE = re.compile(
    r"\b(?:not|nicht|pas|niet|nao|non)(?:\s+(?:on|at|in|for|the|am|um|im|fur|den|der|die|le|la|a|op|om))*\s+$"
)
_SPANISH = re.compile(r"\bno(?:\s+(?:el|la|a|en|para))*\s+$")
_BEHIND = re.compile(r"\s+(?:nicht|niet)(?:\s+(?:bitte|alstublieft))?\s*(?:[,.;:!?]|$)")


def wanted(found: Iterable[Match], text: str, locale: str) -> list[Match]:
    """The values that do not stand right after a "not", or before one: "morgen nicht"."""
    values = list(found)
    if not values:
        return values
    lowered, spanish = fold_accents(text), language(locale) == "es"

    def is_refused(one: Match) -> bool:
        before = lowered[max(0, one.start - 40) : one.start]
        denied = _BEFORE.search(before) or (spanish and _SPANISH.search(before))
        return bool(denied or _BEHIND.match(lowered, one.end, one.end + 40))

    return [one for one in values if not is_refused(one)]
