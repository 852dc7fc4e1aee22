"""Several wishes in one message: "I lost my card and there is a payment I don't know"."""

from __future__ import annotations

import re
from functools import cache
from typing import Final

from flowhook.i18n.normalize import fold_accents, language
from flowhook.languages import language_for

MAX_WISHES: Final = 4  #: parts of a text that are looked at
MIN_WORDS: Final = 2  #: of a part


def parts_of(text: str, locale: str) -> list[str]:
    """The parts of a text that may each say a wish, in its order; one part: there is nothing to divide."""
    low = fold_accents(text)
    parts, at = [], 0
    for cut in _between(language(locale)).finditer(low):
        parts.append(text[at : cut.start()])
        at = cut.end()
    parts.append(text[at:])
    return [part.strip() for part in parts if len(part.split()) >= MIN_WORDS][:MAX_WISHES]


@cache
def _between(code: str) -> re.Pattern[str]:
    """What stands between two wishes: the end of a sentence, a comma, "and"."""
    ands = sorted(language_for(code).cues.ands, key=len, reverse=True)
    words = "|".join(map(re.escape, ands)) or "(?!)"
    return re.compile(
        rf"[.;!?\n]+\s*(?:(?:{words})\s+)?|\s*,\s*(?:(?:{words})\s+)?|\s+(?:{words})\s+(?:(?:{words})\s+)?"
    )
