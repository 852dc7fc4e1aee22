"""Values as people of a locale write them: dates, times, numbers, sums of money. By babel."""

from __future__ import annotations

import re
from datetime import date, datetime, time
from decimal import Decimal, localcontext
from functools import lru_cache
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from babel import Locale

MAX_PATTERN = 64  #: characters of a pattern
MAX_DECIMALS = 15
LARGEST = 10**400
_PRECISION = 450  #: digits with which babel rounds; by itself it has 28
_RUN = re.compile(r"([A-Za-z])\1{5,}")


def format_date(value: Any, pattern: str, locale: str) -> str:
    """Format a date or time, or its ISO text, by a pattern such as ``EEEE, d. MMMM`` or short, medium, long,
    full.

    Raises ValueError for what is no date or time, and for a pattern that is too long.
    """
    from babel import dates

    if not isinstance(pattern, str) or len(pattern) > MAX_PATTERN or _RUN.search(pattern):
        raise ValueError(f"a date pattern has {MAX_PATTERN} characters at most, such as EEEE, d. MMMM")
    when, known = _parse_date_or_time(value), _locale(locale)
    try:
        if isinstance(when, datetime):
            return dates.format_datetime(when, pattern, tzinfo=when.tzinfo, locale=known)
        if isinstance(when, time):
            return dates.format_time(when, pattern, locale=known)
        return dates.format_date(when, pattern, locale=known)
    except (AttributeError, KeyError, TypeError):
        raise ValueError(f"the pattern {pattern} does not fit this value") from None


def format_number(value: Any, locale: str, decimals: int | None = None) -> str:
    """Format a number with the signs of a locale; with so many decimals, else with up to three.

    Raises ValueError for what is no number, and for more than 15 decimals.
    """
    from babel.numbers import format_decimal

    pattern = None
    if decimals is not None:
        if isinstance(decimals, bool) or not isinstance(decimals, int) or not 0 <= decimals <= MAX_DECIMALS:
            raise ValueError(f"a number has 0 to {MAX_DECIMALS} decimals")
        pattern = "#,##0" + ("." + "0" * decimals if decimals else "")
    with localcontext(prec=_PRECISION):
        return format_decimal(_number(value), format=pattern, locale=_locale(locale))


def format_money(value: Any, currency: str | None, locale: str) -> str:
    """Format a sum of money: a number with its currency, or ``{value, currency}``.

    Raises ValueError when the number or the currency is missing.
    """
    from babel.numbers import format_currency

    if isinstance(value, dict):
        currency, value = currency or value.get("currency"), value.get("value")
    if not isinstance(currency, str) or not re.fullmatch("[A-Za-z]{3}", currency):
        raise ValueError("a sum of money needs a currency of three letters, such as EUR")
    with localcontext(prec=_PRECISION):
        return format_currency(_number(value), currency.upper(), locale=_locale(locale))


@lru_cache(maxsize=64)
def _locale(name: str) -> Locale:
    """Return the locale, or its language, or English, whichever babel knows."""
    from babel import Locale, UnknownLocaleError

    for candidate in (name.replace("-", "_"), name.replace("_", "-").partition("-")[0], "en"):
        try:
            return Locale.parse(candidate)
        except (UnknownLocaleError, ValueError):
            continue
    raise AssertionError("babel knows English")


def _number(value: Any) -> Decimal:
    try:
        number = Decimal(str(value)) if isinstance(value, int | float | str) else None
    except ArithmeticError:
        number = None
    if number is None or isinstance(value, bool) or not number.is_finite() or abs(number) > LARGEST:
        raise ValueError("this is no number that can be shown")
    return number


def _parse_date_or_time(value: Any) -> date | datetime | time:
    if isinstance(value, date | time):
        return value
    if isinstance(value, str) and len(value) <= 40:
        for read in (date.fromisoformat, datetime.fromisoformat, time.fromisoformat):
            try:
                return read(value)
            except ValueError:
                continue
    raise ValueError("this is no date or time such as 2026-12-24")
