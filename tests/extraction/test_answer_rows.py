"""What single answers mean, in all languages: rows of ``answers.py``."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from flowhook.extraction import FINDERS
from flowhook.extraction.choices import find_choice
from flowhook.extraction.match import Context
from flowhook.extraction.negation import wanted
from flowhook.extraction.yes_no import yes_no
from tests.extraction.answers import CHOICES, DENIED, NOT_DENIED, YES_NO

NOW = datetime(2026, 11, 29, 17, 6, 40, tzinfo=ZoneInfo("Europe/Berlin"))


def values(kind: str, locale: str, text: str) -> list[Any]:
    """The values of a kind that are meant."""
    found = FINDERS[kind](text, Context(locale, NOW))
    return [match.value for match in wanted(found, text, locale)]


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
