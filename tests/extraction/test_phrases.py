"""What each reader finds in the phrases of ``phrases.py``."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from flowhook.extraction import FINDERS
from flowhook.extraction.match import Context
from tests.extraction.phrases import PHRASES

NOW = datetime(2026, 11, 21, 12, tzinfo=ZoneInfo("Europe/Berlin"))
ROWS = [(kind, *row) for kind, rows in PHRASES.items() for row in rows]


@pytest.mark.parametrize(("kind", "locale", "text", "values"), ROWS)
def test_phrases(kind: str, locale: str, text: str, values: list[Any]) -> None:
    """The values, whole numbers as int, each at a place of its own."""
    found = FINDERS[kind](text, Context(locale, NOW))
    assert [match.value for match in found] == values
    assert [type(match.value) for match in found] == [type(value) for value in values]


@pytest.mark.parametrize(
    ("now", "locale", "text", "value"),
    [
        ("2026-11-16", "en", "next friday", "2026-11-27"),
        ("2026-11-16", "en", "friday", "2026-11-20"),
        ("2026-11-16", "en", "this friday", "2026-11-20"),
        ("2026-11-16", "de", "nächsten Freitag", "2026-11-20"),
        ("2026-11-16", "de", "Freitag nächster Woche", "2026-11-27"),
        ("2026-11-20", "en", "friday", "2026-11-27"),
        ("2026-11-20", "en", "this friday", "2026-11-20"),
        ("2026-12-31", "en", "tomorrow", "2027-01-01"),
        ("2026-01-31", "en", "in a month", "2026-02-28"),
        ("2026-12-31", "en", "3 January", "2027-01-03"),
        ("2026-12-31", "en", "3 December", "2026-12-03"),
    ],
)
def test_dates_by_the_day_it_is(now: str, locale: str, text: str, value: str) -> None:
    """The rules of weekdays, months and years."""
    around = Context(locale, datetime.fromisoformat(f"{now}T10:00:00+01:00"))
    assert [match.value for match in FINDERS["date"](text, around)] == [value]


def test_a_time_that_the_clocks_skip_is_moved_on() -> None:
    """02:30 in the night of the change is 03:30; of a time that comes twice the first is meant."""
    find = FINDERS["datetime"]
    assert find("28 March 2027 at 02:30", Context("en", NOW))[0].value == "2027-03-28T03:30:00+02:00"
    assert find("31 October 2027 at 02:30", Context("en", NOW))[0].value == "2027-10-31T02:30:00+02:00"
    late = NOW.replace(year=2027, month=3, day=28, hour=1, minute=30)
    assert find("in an hour", Context("en", late))[0].value == "2027-03-28T03:30:00+02:00"
