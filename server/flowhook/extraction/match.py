"""A value found in a text, and what a reader must know to find it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any


@dataclass(frozen=True, slots=True)
class Match:
    """One value at ``text[start:end]``. ``value`` is JSON: a number, a text, a mapping."""

    value: Any
    start: int
    end: int


@dataclass(frozen=True, slots=True)
class Context:
    """What readers are told: the locale, such as ``de-AT``, and now, in the project's time zone."""

    locale: str
    now: datetime
