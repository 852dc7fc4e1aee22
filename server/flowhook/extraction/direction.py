"""Dates towards the past or the future: "on monday" and "Nov 3" of a payment that was made, or is to come.

What a date means besides its words depends on the day on which it is said. So the same text is read on other
days, and what does not move, or moves by whole weeks, may be the one before or after:

.. code-block:: text

    read ten days earlier          kind                 towards the past, when it lies ahead
    the same date                  a day and a month    the same a year earlier, when it has no year
    earlier by weeks               a weekday            a week earlier
    ten days earlier               "tomorrow"           nothing: it lies ahead for certain
"""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import date, timedelta
from functools import cache
from typing import Literal

from flowhook.extraction.match import Context
from flowhook.extraction.measures import spaced
from flowhook.extraction.spans import Span
from flowhook.i18n.normalize import fold_accents, language
from flowhook.languages import language_for

Direction = Literal["past", "future", "any"]
_TEN_DAYS, _WEEK = timedelta(days=10), timedelta(days=7)


def directed(
    read: Callable[[Context], str | None], text: str, context: Context, direction: Direction | None
) -> str | None:
    """Return the date (or moment) that ``read`` finds, turned towards a direction where the words leave that
    open; None where they say the other one. ``read`` gives ISO 8601."""
    found = read(context)
    if found is None or direction in (None, "any"):
        return found
    today, day = context.now.date(), date.fromisoformat(found[:10])
    if day <= today if direction == "past" else day >= today:
        return found
    earlier = _read_on(read, context, -_TEN_DAYS)
    if earlier is None or earlier == day - _TEN_DAYS:
        return None
    same_day = (earlier.month, earlier.day) == (day.month, day.day)  # of a year before: lately it was over
    turned = _other_year(read, context, day, direction) if earlier == day else earlier if same_day else None
    if turned is None and earlier == day and direction == "past":
        turned = _century_before(text, day)
    if not same_day and direction == "past" and not _is_next(text, context):
        turned = day - _WEEK
    return None if turned is None else turned.isoformat() + found[10:]


def directed_span(
    read: Callable[[Context], Span | None], text: str, context: Context, direction: Direction | None
) -> Span | None:
    """Return the span of days that ``read`` finds, turned as a date is; one that holds today lies in both
    directions. Weekdays are turned until all of them are over."""
    found = read(context)
    if found is None or direction in (None, "any"):
        return found
    today, ends = context.now.date(), _ends(found)
    if ends[0] <= today if direction == "past" else ends[-1] >= today:
        return found
    earlier = read(Context(context.locale, context.now - _TEN_DAYS))
    if earlier is not None and _is_in_other_year(earlier, found):
        return earlier
    if earlier == found:
        shift = timedelta(days=-365 if direction == "past" else 365)
        other = read(Context(context.locale, context.now + shift))
        return other if other is not None and _is_in_other_year(other, found) else None
    if earlier is None or direction == "future" or _is_next(text, context):
        return None
    moved = {one - other for one, other in zip(ends, _ends(earlier), strict=False)}
    if len(moved) != 1 or moved.pop() % _WEEK:
        return None
    weeks = _WEEK * -(-(ends[-1] - today) // _WEEK)
    return {end: None if day is None else _moved(day, weeks) for end, day in found.items()}


def _ends(span: Span) -> list[date]:
    return [date.fromisoformat(day) for day in span.values() if day is not None]


def _is_in_other_year(other: Span, found: Span) -> bool:
    """Whether the words leave the year open: the same days of the one before, or after."""
    days = [[day and day[4:] for day in span.values()] for span in (other, found)]
    return other != found and days[0] == days[1]


def _moved(day: str, by: timedelta) -> str:
    return (date.fromisoformat(day) - by).isoformat()


def _century_before(text: str, day: date) -> date | None:
    """The date a hundred years earlier, where its year was said by two digits: "03.05.60"."""
    digits = re.findall(r"\d+", text)
    if str(day.year) in digits or f"{day.year % 100:02}" not in digits:
        return None
    return None if (day.month, day.day) == (2, 29) else day.replace(year=day.year - 100)


def _other_year(
    read: Callable[[Context], str | None], context: Context, day: date, direction: Direction
) -> date | None:
    """The same day and month of the year before or after; None where the words name the year."""
    shift = timedelta(days=-365 if direction == "past" else 365)
    other = _read_on(read, context, shift)
    if other is None or other == day or (other.month, other.day) != (day.month, day.day):
        return None
    return other


def _read_on(read: Callable[[Context], str | None], context: Context, shift: timedelta) -> date | None:
    found = read(Context(context.locale, context.now + shift))
    return date.fromisoformat(found[:10]) if found is not None else None


def _is_next(text: str, context: Context) -> bool:
    """Whether a text says of a weekday that it is to come."""
    return _next(language(context.locale)).search(fold_accents(text)) is not None


@cache
def _next(code: str) -> re.Pattern[str]:
    words = language_for(code).dates
    return re.compile(rf"(?<![^\W_])(?:{spaced(words.next_re)}|{spaced(words.next_after_re)})(?![^\W_])")
