"""Whole answers that are a number beside the question that they answer: "How many?" "None." """

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from flowhook.extraction.measures import spaced
from flowhook.i18n.normalize import fold_accents, language, strip_punctuation
from flowhook.languages import language_for

DAYS_OF_A_WEEK = 7


class _Expressions(NamedTuple):
    how_many: re.Pattern[str]
    none: re.Pattern[str]
    days_a_week: re.Pattern[str]
    every_day: re.Pattern[str]
    polite: frozenset[str]


def count_meant(text: str, question: str, locale: str) -> int | None:
    """Return 0 for "none" where a question asks how many, 7 for "every day" where it asks for days of a week;
    None for all other answers, and to all other questions."""
    words = _expressions(language(locale))
    said = strip_punctuation(fold_accents(text)).split()
    while said and said[-1].strip(",") in words.polite:
        del said[-1]
    answer = " ".join(said).rstrip(",")
    is_none = words.none.fullmatch(answer) is not None
    if not is_none and not words.every_day.fullmatch(answer):
        return None
    asked = fold_accents(question)
    if not words.how_many.search(asked):
        return None
    if is_none:
        return 0
    return DAYS_OF_A_WEEK if words.days_a_week.search(asked) else None


@cache
def _expressions(code: str) -> _Expressions:
    words = language_for(code)
    answers = words.answers
    sources = (answers.how_many_re, answers.none_re, answers.days_a_week_re, answers.every_day_re)
    how_many, none, days_a_week, every_day = (spaced(source) for source in sources)
    return _Expressions(
        re.compile(rf"(?<!\w)(?:{how_many})(?!\w)"),
        re.compile(none),
        re.compile(rf"(?<!\w)(?:{days_a_week})(?!\w)"),
        re.compile(every_day),
        words.yes_no.polite,
    )
