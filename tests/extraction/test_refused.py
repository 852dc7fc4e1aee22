"""Values that a text says not to mean."""

from __future__ import annotations

from typing import Any

import pytest

from flowhook.extraction import FINDERS
from flowhook.extraction.match import Context
from flowhook.extraction.negation import wanted
from tests.extraction.test_phrases import NOW


@pytest.mark.parametrize(
    ("text", "kind", "locale", "values"),
    [
        ("tomorrow", "date", "en", 1),
        ("not tomorrow", "date", "en", 0),
        ("not on friday", "date", "en", 0),
        ("no, on friday", "date", "en", 1),
        ("not 5 but 6", "number", "en", 1),
        ("nicht um fünf", "time", "de", 0),
        ("morgen nicht", "date", "de", 0),
        ("morgen nicht, aber übermorgen", "date", "de", 1),
        ("no mañana", "date", "es", 0),
        ("no, mañana", "date", "es", 1),
        ("not before 5", "number", "en", 1),
    ],
)
def test_what_stands_after_not_is_not_wanted(text: str, kind: str, locale: str, values: Any) -> None:
    """A comma ends what "not" says; "before" is more than that."""
    found = FINDERS[kind](text, Context(locale, NOW))
    assert len(wanted(found, text, locale)) == values
