"""Numbers: ``1.234,5``, ``minus three``, ``two dozen``, ``dreiundzwanzig``, ``anderthalb``, ``3/4``.

:func:`scan` finds all numbers of a text, in digits and in words, with what belongs to them; all readers of
units build on it. Digits are read by the marks of the locale: ``1,234.5`` and ``1.234,5``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Iterator
from functools import cache, lru_cache

from flowhook.extraction.match import Context, Match
from flowhook.extraction.number_words import (
    LARGEST,
    Number,
    Quantity,
    fraction_after_and,
    quantities_in_words,
    whole,
)
from flowhook.i18n.normalize import fold_accents, language, word_set
from flowhook.languages import language_for
from flowhook.languages.language import NumberWords

#: Languages in which a comma parts the decimals.
_COMMA = word_set("de fr es it nl pt pl cs sk da sv nb no nn fi hu ro tr ru uk el bg hr sl et lv lt id ca")
#: Locales in which a point does, though their language has a comma.
_POINT = frozenset({"de-CH", "de-LI", "it-CH", "es-MX", "es-US", "es-PR", "es-GT", "es-HN", "es-NI", "es-SV"})
#: Languages that part thousands by a space.
_SPACES = word_set("fr pl cs sk sv nb no nn fi hu ru uk bg es pt et lv lt")

MAX_DIGITS = 40
_APOSTROPHES = re.compile(r"[-+]?\s?\d{1,3}(?:'\d{3})+(?![\d'])")

_LEAD = r"(?<![\w.,'])(?:(?<![\w)])[-+]\s?)?"
_PLAIN = re.compile(_LEAD + r"([1-9]\d{0,2}(?: \d{3})+(?! ?\d)(?:[.,]\d+)?|\d+(?:[.,']\d+)*|[.,]\d+)")
_SPACED = re.compile(_LEAD + r"([1-9]\d{0,2}(?: \d{3})+(?!\d)(?:[.,]\d+)?|\d+(?:[.,']\d+)*|[.,]\d+)")

_FRACTION = re.compile(r"\s{0,2}(\d)\s?/\s?(\d{1,2})(?![\d/.])")
_VULGAR = {"½": 0.5, "¼": 0.25, "¾": 0.75, "⅓": 1 / 3, "⅔": 2 / 3, "⅛": 0.125, "⅕": 0.2}
_DENOMINATORS = frozenset({2, 3, 4, 5, 6, 8, 10, 16})
#: Letters that may touch a number without making another word of it.
_TOUCHING = re.compile(r"(?:x|kg|g|km|cm|mm|m|h|min|l|ml|st|stk|pcs|eur|usd|gb|mb|ish)(?!\w)")
_SIGNS = ("€", "$", "£")
_OUTER = " .!?,;:\"'()"


def find_number(text: str, context: Context) -> list[Match]:
    """Find numbers. A value is an int when it is whole, else a float."""
    low, words = fold_accents(text), language_for(context.locale).numbers
    return [
        Match(quantity.value, quantity.start, quantity.end)
        for quantity in scan(text, context.locale)
        if _stands_alone(quantity, low, words)
    ]


def find_integer(text: str, context: Context) -> list[Match]:
    """Find whole numbers."""
    return [match for match in find_number(text, context) if isinstance(match.value, int)]


def _stands_alone(quantity: Quantity, low: str, words: NumberWords) -> bool:
    start, end = quantity.start, quantity.end
    written = low[start:end]
    if quantity.article:
        return low.strip(_OUTER) == written
    counts_nothing = _no_number(words.no_number_re)
    if quantity.spoken and quantity.value == 1 and counts_nothing.search(low, max(0, start - 12), start):
        return False
    if words.fractions.get(written) == 0.5 and _half_hour(words.half_hour_re).match(low, end):
        return False
    following = low[end : end + 1]
    if not (following.isalnum() or following == "_"):
        return True
    return _TOUCHING.match(low, end) is not None


@cache
def _no_number(no_number_re: str) -> re.Pattern[str]:
    """ "That one", "the big one"."""
    return re.compile(rf"\b(?:{no_number_re})\s\Z")


@cache
def _half_hour(half_hour_re: str) -> re.Pattern[str]:
    """ "Half past seven", "halb acht": a time, no half."""
    return re.compile(rf"\s(?:{half_hour_re})")


@lru_cache(maxsize=16)
def scan(text: str, locale: str) -> tuple[Quantity, ...]:
    """All numbers of a text, in its order."""
    low = fold_accents(text)
    words = language_for(locale).numbers
    merged = [*_in_digits(low, text, locale), *quantities_in_words(low, words)]
    merged.sort(key=lambda quantity: (quantity.start, -quantity.end))
    apart: list[Quantity] = []
    for quantity in merged:
        if not apart or quantity.start >= apart[-1].end:
            apart.append(quantity)
    found: list[Quantity] = []
    for quantity in _with_decimals(apart, low, words):
        if not found or quantity.start >= found[-1].end:
            found.append(_completed(quantity, low, text, words))
    return tuple(found)


# --- in digits ---------------------------------------------------------------------------------------


@lru_cache(maxsize=256)
def comma_locale(locale: str) -> bool:
    """Whether a comma parts the decimals there."""
    name = locale.replace("_", "-")
    return language(name) in _COMMA and name not in _POINT


def digits_pattern(locale: str) -> re.Pattern[str]:
    """Finds what may be a number in digits, in a plain text."""
    return _SPACED if language(locale) in _SPACES else _PLAIN


def parse_number(written: str, locale: str) -> int | float | None:
    """A number as people write it: int when it has no decimals. None: it is none, or too long."""
    if "'" in written and not _APOSTROPHES.match(written):
        return None  # 5'11" is a height
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


def _in_digits(low: str, text: str, locale: str) -> Iterator[Quantity]:
    finder, at = digits_pattern(locale), 0
    while found := finder.search(low, at):
        at = found.end()
        before = text[found.start() - 1 : found.start()]
        if before == "/" or (low[at : at + 1] == "/" and not _FRACTION.match(low, found.start())):
            at = _after_slashes(low, at)
            continue
        if fraction := _fraction_at(low, found.start()):
            yield fraction
            at = fraction.end
            continue
        value = parse_number(found[0].replace(" ", ""), locale)
        if value is not None and not low.startswith(":", at) and before != ":":
            yield Quantity(value, found.start(), at)
    for mark, share in _VULGAR.items():
        at = text.find(mark)
        while at >= 0:
            if not text[max(0, at - 2) : at].strip()[-1:].isnumeric():
                yield Quantity(share, at, at + 1)
            at = text.find(mark, at + 1)


def _after_slashes(low: str, at: int) -> int:
    """Past a date or a path of numbers: 12/24/2026."""
    while at < len(low) and (low[at].isdigit() or low[at] == "/"):
        at += 1
    return at


def _fraction_at(low: str, at: int) -> Quantity | None:
    """``3/4``: a proper fraction as people write it, not a date such as 12/24."""
    found = _FRACTION.match(low, at)
    if found is None or int(found[2]) not in _DENOMINATORS or not 0 < int(found[1]) < int(found[2]):
        return None
    return Quantity(int(found[1]) / int(found[2]), at, found.end())


# --- what belongs to a number ------------------------------------------------------------------------


def _with_decimals(quantities: list[Quantity], low: str, words: NumberWords) -> Iterator[Quantity]:
    """The numbers, those with spoken decimals in one: "two point five", "20 Komma 5", "point five"."""
    mark, begins = _spoken_mark(words), _begins_decimal(words)
    index = 0
    while index < len(quantities):
        one = quantities[index]
        following = quantities[index + 1] if index + 1 < len(quantities) else None
        said = mark.fullmatch(low, one.end, following.start) if following else None
        if said and isinstance(one.value, int):
            integral, start, first = one.value, one.start, index + 1
        elif said := begins.search(low, max(0, one.start - 24), one.start):
            integral, start, first = 0, said.start("mark"), index
        else:
            yield one
            index += 1
            continue
        digits, scale, after = _decimals(quantities, first, low, words)
        if digits:
            zeros = "0" * len(said["zeros"].split())
            value = whole(float(f"{integral}.{zeros}{digits}") * scale)
            yield Quantity(value, start, quantities[after - 1].end, spoken=one.spoken)
        else:
            yield one
        index = max(after, index + 1)


def _decimals(quantities: list[Quantity], index: int, low: str, words: NumberWords) -> tuple[str, int, int]:
    """The digits behind a decimal mark, the scale behind them, and the quantity behind all of it."""
    digits, scale = "", 1
    while index < len(quantities):
        quantity = quantities[index]
        written, scale = _digits_and_scale(quantity, low, words)
        if not written or (digits and (len(written) > 1 or len(digits) > 12)):
            return digits, 1, index
        digits, index = digits + written, index + 1
        following = quantities[index] if index < len(quantities) else None
        adjoining = following is not None and not low[quantity.end : following.start].strip()
        if scale > 1 or not adjoining or len(written) > 1 or not quantity.spoken:
            break
    return digits, scale, index


def _digits_and_scale(quantity: Quantity, low: str, words: NumberWords) -> tuple[str, int]:
    """The digits of a number behind a decimal mark, "" when it is no whole one: "five million" is 5
    and a million."""
    written = low[quantity.start : quantity.end]
    if not quantity.spoken:
        return written if written.isdecimal() else "", 1
    head, _, last = written.rpartition(" ")
    if head and last in words.scales:
        inner = list(quantities_in_words(head, words))
        if len(inner) == 1 and (inner[0].start, inner[0].end) == (0, len(head)):
            return str(inner[0].value), words.scales[last]
    return str(quantity.value) if isinstance(quantity.value, int) else "", 1


@cache
def _spoken_mark(words: NumberWords) -> re.Pattern[str]:
    return re.compile(rf"\s{{1,2}}(?:{words.decimal_re})\s{{1,2}}{_zeros(words)}")


def _zeros(words: NumberWords) -> str:
    return rf"(?P<zeros>(?:(?:{words.decimal_zero_re})\s){{0,3}})"


@cache
def _begins_decimal(words: NumberWords) -> re.Pattern[str]:
    """A decimal mark with no number and hardly a word before it: "point five", not "at that point"."""
    before = rf"^|[,.;:!?]\s?|(?<!\w)(?:{words.before_decimal_re})\s"
    return re.compile(rf"(?:{before})(?P<mark>(?:{words.decimal_re})\s){_zeros(words)}\Z")


@cache
def _and_half(and_half_re: str) -> re.Pattern[str]:
    return re.compile(rf"\s{{1,2}}(?:{and_half_re})\b")


_NEXT_WORD = re.compile(r"\s?([^\W\d_]{1,24})(?![^\W_])")


def _completed(quantity: Quantity, low: str, text: str, words: NumberWords) -> Quantity:
    """The number with what belongs to it: a sign in words, ``million``, ``and a half``."""
    value, end, article = quantity.value, quantity.end, quantity.article
    mixed = None
    if isinstance(value, int):
        mixed = _FRACTION.match(low, end)
        fraction = _fraction_at(low, mixed.start(1)) if mixed and low[end : end + 1] == " " else None
        if fraction:
            value, end = value + fraction.value, fraction.end
        elif text[end : end + 1] in _VULGAR:
            value, end = value + _VULGAR[text[end]], end + 1
        elif text[end : end + 2].strip() in _VULGAR and text[end : end + 1] == " ":
            value, end = value + _VULGAR[text[end + 1]], end + 2
    following = _NEXT_WORD.match(low, end)
    if following:
        scale = words.scales.get(following[1])
        is_large = text[following.start(1)] == "M" and following[1] == "m"
        if is_large and (following.start(1) == end or text[following.end() : following.end() + 1] in _SIGNS):
            scale = 10**6  # right behind the digits, or before a currency: 1.5M, 3 M€
        share = words.fractions.get(following[1]) or words.ordinal_fractions.get(following[1])
        if scale is not None and (not quantity.spoken or isinstance(value, float)) and value < LARGEST:
            value, end, article = value * scale, following.end(), False
            if following[1] in words.abbreviations and low[end : end + 1] == ".":
                end += 1
            larger = _NEXT_WORD.match(low, end)
            if larger and words.scales.get(larger[1], 0) > scale >= 1000:  # "3 mil millones"
                value, end = value * words.scales[larger[1]], larger.end()
        elif share and quantity.spoken and following[0][0] == " " and 1 <= value < _most_parts(share):
            value, end, article = value * share, following.end(), False
        elif quantity.spoken and following[1] in words.groups and value == 1:
            value, end, article = words.groups[following[1]], following.end(), False
    if quantity.spoken and 0 < value < 1:
        value, end = _part_of_scale(value, low, end, words)
    start = quantity.start
    if isinstance(value, int) and (more := _part_after(value, low, start, end, words)):
        (value, end), article = more, False
    sign = _minus(words.minus_re).search(low, max(0, start - 12), start)
    if sign and not article:
        value, start = -value, sign.start()
    return Quantity(whole(value), start, end, article, quantity.spoken)


def _most_parts(share: float) -> int:
    """How many parts are said in one: "five eighths", "seventy-five hundredths", but no "five half"."""
    return 4 if share == 0.5 else 10 if share > 0.05 else 100


def _part_after(value: int, low: str, start: int, end: int, words: NumberWords) -> tuple[Number, int] | None:
    """The number with a part that is added behind it, of the scale before it ("deux millions et demi") or of
    the one behind it ("two and a half million"), and where it ends."""
    number = low[start:end]
    if half := _and_half(words.and_half_re).match(low, end):
        part, end = 0.5, half.end()
    elif added := fraction_after_and(low, end, words):
        part, end = added
    else:
        return None
    following = _NEXT_WORD.match(low, end)
    if following and following[1] in words.scales:
        return (value + part) * words.scales[following[1]], following.end()
    scale = words.scales.get(number.rpartition(" ")[2], 1)
    return value + part * (1 if scale == 100 else scale), end  # "a hundred and a half" is 100.5


#: Between a part and what it is of: "a quarter of a million", "un quart de million", "half a dozen".
_OF_SCALE = re.compile(
    r"[\s-](?:(?:of|de|di|van|von)\s)?(?:(?:an?|une?|una|uma?|einer?|een)\s)?([^\W\d_]{1,24})(?![^\W_])"
)


def _part_of_scale(value: Number, low: str, end: int, words: NumberWords) -> tuple[Number, int]:
    """A part of the scale that follows it, and where that ends."""
    found = _OF_SCALE.match(low, end)
    if found and found[1] in words.scales:
        return value * words.scales[found[1]], found.end()
    return value, end


@cache
def _minus(minus_re: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{minus_re})\s{{1,2}}\Z")
