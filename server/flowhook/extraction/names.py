"""Names of people: ``Ada``, ``my name is Ada Lovelace``, ``it's for my son Ben``."""

from __future__ import annotations

import re
from functools import cache

from flowhook.extraction.match import Context
from flowhook.i18n.normalize import fold_accents, language
from flowhook.languages import language_for
from flowhook.languages.language import AnswerWords

MOST_WORDS = 6  #: of a name
MAX_NAME = 80  #: characters
_WORD = re.compile(r"[^\W\d_]+(?:['’.-][^\W\d_]+)*\.?\Z")
_AROUND = ' \t\n,;:.!?"“”„»«()'


def find_name(text: str, context: Context) -> str | None:
    """Return the name that a text is, without what stands around it; None where it is no name.

    Written all small it gets its capitals, but for words such as ``von``."""
    if len(text) > 4 * MAX_NAME:
        return None
    words = language_for(context.locale).answers
    leads, tail = _patterns(language(context.locale))
    if text.rstrip().endswith("?"):
        return None
    said = text.strip(_AROUND)
    for _ in range(4):  # "hello, my name is", "well, it's for my son"
        low = fold_accents(said)
        found = leads.match(low)
        if found is None or not found.end():
            break
        said = said[found.end() :].strip(_AROUND)
    found = tail.search(fold_accents(said))
    if found is not None:
        said = said[: found.start()].strip(_AROUND)
    parts = said.split()
    if not said or len(said) > MAX_NAME or len(parts) > MOST_WORDS:
        return None
    if not all(_WORD.match(part) for part in parts) or _is_no_name(parts, words):
        return None
    return " ".join(parts if said != said.lower() else _capitalised(parts, words))


def _is_no_name(parts: list[str], words: AnswerWords) -> bool:
    """Whether a word is one of those of other answers: "not now", "what for"."""
    folded = [fold_accents(part.rstrip(".")).replace("’", "'") for part in parts]
    return any(part in words.no_names for part in folded) or len(folded[-1]) == 0


def _capitalised(parts: list[str], words: AnswerWords) -> list[str]:
    return [
        part if index and fold_accents(part) in words.particles else part.title()
        for index, part in enumerate(parts)
    ]


@cache
def _patterns(code: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    words = language_for(code).answers
    return (
        re.compile(rf"(?:(?:{words.name_lead_re})(?=[\s,:.!-]))"),
        re.compile(rf"[\s,.!-]+(?:{words.name_tail_re})\W*\Z"),
    )
