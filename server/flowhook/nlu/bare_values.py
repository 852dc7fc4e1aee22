"""Texts that are nothing but a value: "on monday", "12345678". They answer a question and mean no intent."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import fields
from functools import cache
from typing import Any, Final

from flowhook.extraction import FINDERS
from flowhook.extraction.match import Context
from flowhook.i18n.normalize import fold_accents, language
from flowhook.languages import DEFAULT, LANGUAGES, language_for
from flowhook.languages.language import Language

MAX_TEXT: Final = 60  #: characters; what is longer says more
#: Kinds of values, the ones that are found fastest first.
_KINDS: Final = ("number", "email", "date", "time", "phone", "money", "duration", "percentage", "url")
_WORD = re.compile(r"[^\W_]+")
_LETTERS = re.compile(r"[^\W\d_]{2,}")


def is_bare_value(text: str, context: Context) -> bool:
    """Return whether a text holds values of known kinds, and beside them only prepositions and thanks."""
    if len(text) > MAX_TEXT:
        return False
    low, code = fold_accents(text), language(context.locale)
    small = _small(code)
    left = [word.span() for word in _WORD.finditer(low) if word[0] not in small]
    if not left or not _may_be_values(low, left, code):
        return False
    for kind in _KINDS:
        places = [(match.start, match.end) for match in FINDERS[kind](text, context)]
        left = [span for span in left if not _covered(span, places)]
        if not left:
            return True
    return False


def _may_be_values(low: str, spans: list[tuple[int, int]], code: str) -> bool:
    """Whether each word may be part of a value: nearly all texts are told so, without looking for any."""
    if "@" in low or "www." in low or "://" in low:
        return True
    known = _beginnings(code)
    words = (low[start:end] for start, end in spans)
    return all(
        any(map(str.isdigit, word)) or any(word[:end] in known for end in range(2, len(word) + 1))
        for word in words
    )


def _covered(span: tuple[int, int], places: list[tuple[int, int]]) -> bool:
    return any(start <= span[0] and span[1] <= end for start, end in places)


@cache
def _small(code: str) -> frozenset[str]:
    words = _language(code)
    articles = words.numbers.picking_articles | frozenset(_WORD.findall(words.dates.the_re))
    return words.cues.prepositions | words.yes_no.polite | articles


@cache
def _beginnings(code: str) -> frozenset[str]:
    """Words of numbers, dates, times and units, with which others written as one word may begin."""
    words = _language(code)
    groups = (words.numbers, words.dates, words.times, words.units)
    return frozenset(word for group in groups for word in _words_in(group))


def _words_in(group: Any) -> Iterator[str]:
    for field in fields(group):
        value = getattr(group, field.name)
        for source in [value] if isinstance(value, str) else value if not isinstance(value, bool) else ():
            if isinstance(source, str):
                yield from _LETTERS.findall(source)


def _language(code: str) -> Language:
    return language_for(code if code in LANGUAGES else DEFAULT)
