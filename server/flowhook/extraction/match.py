"""A value found in a text, and what a reader must know to find it."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any, NamedTuple


class Match(NamedTuple):
    """One value at ``text[start:end]``. ``value`` is JSON: a number, a text, a mapping. A ``vague`` one
    stands for more than itself: the first day of "next week"."""

    value: Any
    start: int
    end: int
    vague: bool = False


class Context(NamedTuple):
    """What readers are told: the locale, such as ``de-AT``, and now, in the project's time zone."""

    locale: str
    now: datetime


class Day(NamedTuple):
    """A date at ``text[start:end]``. ``loose``: a weekday or a word that a full date next to it explains;
    ``vague``: the first of the days that are meant: "next week"."""

    day: date
    start: int
    end: int
    loose: bool = False
    vague: bool = False


class Moment(NamedTuple):
    """A time of day at ``text[start:end]``. ``open``: nobody said which half of the day."""

    hour: int
    minute: int
    second: int
    start: int
    end: int
    open: bool = False

    @property
    def value(self) -> str:
        """``17:30``, with seconds when there are some."""
        seconds = f":{self.second:02}" if self.second else ""
        return f"{self.hour:02}:{self.minute:02}{seconds}"
