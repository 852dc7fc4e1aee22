"""What questions of all types take answers for: rows of ``question_answers.py``."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from flowhook.nodes.ask import Ask
from flowhook.nodes.parts.answer_types import NO_ANSWER, UserMessage
from tests.extraction.question_answers import QUESTIONS

NOW = datetime(2026, 9, 15, 10, 0, tzinfo=ZoneInfo("Europe/Berlin"))  # a Tuesday


def answer(kind: str, locale: str, settings: dict[str, Any], text: str) -> Any:
    """What a question makes of a text, as the rows write it."""
    value = Ask(text="?", type=kind, **settings).read(UserMessage(text, {}, [], locale, NOW))
    if value is NO_ANSWER:
        return None
    if isinstance(value, dict):
        return tuple(value.values())
    return value[:16] if kind == "datetime" else value


@pytest.mark.parametrize(("kind", "locale", "settings", "rows"), QUESTIONS)
def test_answers_to_questions(kind: str, locale: str, settings: dict[str, Any], rows: dict[str, Any]) -> None:
    """The value that was said, and none where a word that matters was not understood."""
    found = {text: answer(kind, locale, settings, text) for text in rows}
    assert found == rows
    assert [type(value) for value in found.values()] == [type(value) for value in rows.values()]
