"""What single answers mean, in all languages: rows of ``answers.py``."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from flowhook.extraction.answers import values_meant
from flowhook.extraction.choices import find_choice
from flowhook.extraction.match import Context
from flowhook.extraction.yes_no import yes_no
from tests.extraction import more_answers
from tests.extraction.answers import ALTERNATIVES, CHOICES, DENIED, INEXACT, NOT_DENIED, VALUES, YES_NO

NOW = datetime(2026, 11, 29, 17, 6, 40, tzinfo=ZoneInfo("Europe/Berlin"))


def values(kind: str, locale: str, text: str) -> list[Any]:
    """The values of a kind that are meant, each once."""
    found: list[Any] = []
    for match in values_meant(kind, text, Context(locale, NOW)):
        if match.value not in found:
            found.append(match.value)
    return found


@pytest.mark.parametrize(("locale", "text", "meant"), YES_NO)
def test_yes_and_no(locale: str, text: str, meant: bool | None) -> None:
    """ "I don't know" is no "no"; an approval that is denied is one; letters may be drawn out."""
    assert yes_no(text, locale) is meant


@pytest.mark.parametrize(("locale", "text", "choices", "chosen"), CHOICES)
def test_choices(locale: str, text: str, choices: list[str], chosen: str | None) -> None:
    """An ordinal counts when nothing else is said, a "no" is never a typo, what is denied is not chosen."""
    assert find_choice(text, [(choice, ()) for choice in choices], locale) == chosen


@pytest.mark.parametrize(("kind", "locale", "text"), DENIED)
def test_what_is_denied_is_not_meant(kind: str, locale: str, text: str) -> None:
    """Before the value, behind it, and by words for "except"."""
    assert values(kind, locale, text) == []


@pytest.mark.parametrize(("kind", "locale", "text"), NOT_DENIED)
def test_what_only_looks_denied_is_meant(kind: str, locale: str, text: str) -> None:
    """ "No problem", "why not", another clause."""
    assert len(values(kind, locale, text)) == 1


@pytest.mark.parametrize(("kind", "locale", "text"), ALTERNATIVES)
def test_one_of_two_values_is_never_taken(kind: str, locale: str, text: str) -> None:
    """Ranges and alternatives, also where the two share a unit, a month or "pm"."""
    found = values(kind, locale, text)
    assert not found or any(value != found[0] for value in found)


@pytest.mark.parametrize(("kind", "locale", "text"), INEXACT)
def test_what_was_not_understood_leaves_no_value(kind: str, locale: str, text: str) -> None:
    """A bound, a negation of something else in the clause, another number right behind."""
    assert values(kind, locale, text) == []


@pytest.mark.parametrize(("kind", "locale", "text", "meant"), VALUES)
def test_values(kind: str, locale: str, text: str, meant: list[Any]) -> None:
    """What is meant, and nothing else."""
    assert values(kind, locale, text) == meant


IN_JUNE = datetime(2025, 6, 15, 17, 6, 40, tzinfo=ZoneInfo("Europe/Berlin"))


@pytest.mark.parametrize(("kind", "locale", "text", "meant"), more_answers.VALUES)
def test_more_values(kind: str, locale: str, text: str, meant: Any) -> None:
    """The same kinds of answers in other words: the value that was said, or none, or two that differ."""
    found = [match.value for match in values_meant(kind, text, Context(locale, IN_JUNE))]
    if meant is None:
        assert not found or any(value != found[0] for value in found)
    else:
        assert found
        assert all(value == meant for value in found)


@pytest.mark.parametrize(("locale", "text", "meant"), more_answers.YES_NO)
def test_more_of_yes_and_no(locale: str, text: str, meant: bool | None) -> None:
    """Doubt is neither; long vowels, denied approval and denied doubt are one of the two."""
    assert yes_no(text, locale) is meant


@pytest.mark.parametrize(("locale", "text", "choices", "chosen"), more_answers.CHOICES)
def test_more_choices(locale: str, text: str, choices: list[str], chosen: str | None) -> None:
    """Ordinals that name no place, options that begin with "no", denied ones, names made of signs."""
    assert find_choice(text, [(choice, ()) for choice in choices], locale) == chosen
