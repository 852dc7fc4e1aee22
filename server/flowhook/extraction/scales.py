"""Marks on a scale: ``4``, ``four``, ``4/5``, ``4 out of 5``, ``⭐⭐⭐``."""

from __future__ import annotations

import re
from functools import cache

from flowhook.extraction.answers import values_meant
from flowhook.extraction.match import Context
from flowhook.i18n.normalize import fold_accents, language
from flowhook.languages import language_for

_STARS = re.compile(r"(?:[⭐★🌟✩☆]\ufe0f?\s?)+")
_STAR = re.compile(r"[⭐★🌟]")
_EMPTY = re.compile(r"[✩☆]")
_DIGITS = re.compile(r"\d{1,3}")


def find_mark(text: str, context: Context, lowest: int, highest: int) -> int | None:
    """Return the whole mark between ``lowest`` and ``highest`` that a text gives; None for another scale,
    for several marks, and for one that is not on the scale."""
    if (stars := _STARS.search(text)) is not None and not _DIGITS.search(text):
        count = len(_STAR.findall(stars[0])) or len(_EMPTY.findall(stars[0]))
        return count if lowest <= count <= highest else None
    numbers = values_meant("number", _without_scale(text, context, highest), context)
    values = {match.value for match in numbers}
    if len(values) != 1:
        return None
    value = values.pop()
    return value if isinstance(value, int) and lowest <= value <= highest else None


def _without_scale(text: str, context: Context, highest: int) -> str:
    """A text without the "out of 5" behind a mark, where that is the scale of the question."""
    found = _out_of(language(context.locale)).search(fold_accents(text))
    if found is None:
        return text
    named = values_meant("number", text[found.start("top") : found.end("top")], context)
    if [match.value for match in named] != [highest]:
        return text
    return text[: found.start()] + text[found.end() :]


@cache
def _out_of(code: str) -> re.Pattern[str]:
    words = language_for(code)
    spoken = "|".join(sorted(map(re.escape, words.numbers.words), key=len, reverse=True))
    return re.compile(
        rf"(?<=\w)\s*(?:/|(?<=\s)(?:{words.answers.out_of_re}))\s*(?P<top>\d{{1,3}}|{spoken})(?!\w)"
    )
