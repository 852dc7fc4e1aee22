"""Answers that say a question back: "Shall I block it?" "Block it!"."""

from __future__ import annotations

import re
from typing import Final

from flowhook.extraction.negation import negations_of
from flowhook.extraction.yes_no import yes_no
from flowhook.i18n.normalize import language, words_of
from flowhook.languages import language_for, light_words

_CLAUSE: Final = re.compile(r"[.,;!\n]+")


def says_back(text: str, question: str, locale: str) -> bool:
    """Whether a text says nothing but words of the question and small ones, and neither denies nor asks."""
    if "?" in text or negations_of(text, locale).has_negation:
        return False
    said, asked = _content(text, locale) | _acting(text, locale), set(words_of(question))
    return bool(said) and said <= asked


def says_back_in_part(text: str, question: str, locale: str) -> bool:
    """Whether one clause says the question back, or yes, and all others deny something else: "I don't want to
    cancel it, book it"."""
    clauses = [clause for clause in _CLAUSE.split(text) if clause.strip()]
    others = [
        clause
        for clause in clauses
        if not says_back(clause, question, locale) and yes_no(clause, locale) is not True
    ]
    return 0 < len(others) < len(clauses) and all(
        negations_of(clause, locale).has_negation
        and bool(said := _content(clause, locale))
        and said.isdisjoint(words_of(question))
        for clause in others
    )


def _acting(text: str, locale: str) -> set[str]:
    """Words that say little beside a negation, "I don't want to book it", and are all of a text such as
    "book it"."""
    words = language_for(locale)
    small = words.function_words | words.cues.whether | words.cues.polite | words.yes_no.polite
    return {word for word in words_of(text) if word in words.negation.light - small and len(word) > 3}


def _content(text: str, locale: str) -> set[str]:
    light = light_words(language(locale))
    return {word for word in words_of(text) if word not in light}
