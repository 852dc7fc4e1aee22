"""Numbers written in digits, by the marks of a locale: ``1,234.5`` and ``1.234,5``."""

from __future__ import annotations

import math
import re
from functools import lru_cache

from flowhook.i18n.normalize import language, listed

#: Languages in which a comma parts the decimals.
_COMMA = listed("de fr es it nl pt pl cs sk da sv nb no nn fi hu ro tr ru uk el bg hr sl et lv lt id ca")
#: Locales in which a point does, though their language has a comma.
_POINT = frozenset({"de-CH", "de-LI", "it-CH", "es-MX", "es-US", "es-PR", "es-GT", "es-HN", "es-NI", "es-SV"})
#: Languages that part thousands by a space.
_SPACES = listed("fr pl cs sk sv nb no nn fi hu ru uk bg es pt et lv lt")

MAX_DIGITS = 40

_LEAD = r"(?<![\w.,'])(?:(?<![\w)])[-+]\s?)?"
_PLAIN = re.compile(_LEAD + r"(\d+(?:[.,']\d+)*|[.,]\d+)")
_SPACED = re.compile(_LEAD + r"([1-9]\d{0,2}(?: \d{3})+(?!\d)(?:[.,]\d+)?|\d+(?:[.,']\d+)*|[.,]\d+)")


@lru_cache(maxsize=256)
def comma_locale(locale: str) -> bool:
    """Whether a comma parts the decimals there."""
    name = locale.replace("_", "-")
    return language(name) in _COMMA and name not in _POINT


def digits_of(locale: str) -> re.Pattern[str]:
    """Finds what may be a number in digits, in a plain text."""
    return _SPACED if language(locale) in _SPACES else _PLAIN


def parse_number(written: str, locale: str) -> int | float | None:
    """A number as people write it: int when it has no decimals. None: it is none, or too long."""
    digits = re.sub(r"['\s\u00a0\u202f]", "", written)
    if len(digits) > MAX_DIGITS:
        return None
    point = _decimal_mark(digits, locale)
    other = "," if point == "." else "."
    whole, _, decimals = digits.partition(point)
    if other in decimals or point in decimals or not _grouped(whole, other):
        return None
    plainly = whole.replace(other, "") + ("." + decimals if point in digits else "")
    try:
        value = float(plainly)
    except ValueError:
        return None
    if not math.isfinite(value):
        return None
    return value if "." in plainly else int(plainly)


def _grouped(whole: str, mark: str) -> bool:
    """Whether marks stand where thousands are parted: 1.234.567, not 24.12.2026."""
    if mark not in whole:
        return True
    first, *rest = whole.lstrip("+-").split(mark)
    return 1 <= len(first) <= 3 and all(len(group) == 3 for group in rest)


def _decimal_mark(digits: str, locale: str) -> str:
    """Which of ``.`` and ``,`` parts the decimals."""
    if "." in digits and "," in digits:
        return max(".,", key=digits.rindex)
    mark = "," if "," in digits else "."
    if digits.count(mark) > 1:
        return "," if mark == "." else "."  # 1.234.567 has no decimals
    grouped = re.fullmatch(r"[-+]?[1-9]\d{0,2}[.,]\d{3}", digits)
    usual = "," if comma_locale(locale) else "."
    return usual if grouped else mark
