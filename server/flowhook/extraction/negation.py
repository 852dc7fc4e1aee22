"""What a text says not to mean: "not tomorrow", "nicht um fünf"."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import cache

from flowhook.extraction.match import Match
from flowhook.i18n.normalize import fold_accents, language
from flowhook.languages import language_for

NEAR = 40  #: characters before and behind a value in which a negation may stand


def wanted(found: Iterable[Match], text: str, locale: str) -> list[Match]:
    """The values that do not stand right after a "not", or before one: "morgen nicht"."""
    matches = list(found)
    if not matches:
        return matches
    low = fold_accents(text)
    before, behind = _patterns(language(locale))
    return [
        match
        for match in matches
        if not before.search(low, max(0, match.start - NEAR), match.start)
        and not behind.match(low, match.end, match.end + NEAR)
    ]


@cache
def _patterns(code: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    words = language_for(code).negation
    not_, between = "|".join(sorted(words.particles | {"not"})), "|".join(sorted(words.articles)) or "(?!)"
    behind, polite = "|".join(sorted(words.after)) or "(?!)", "|".join(sorted(words.polite)) or "(?!)"
    return (
        re.compile(rf"\b(?:{not_})(?:\s+(?:{between}))*\s+$"),
        re.compile(rf"\s+(?:{behind})(?:\s+(?:{polite}))?\s*(?:[,.;:!?]|$)"),
    )
