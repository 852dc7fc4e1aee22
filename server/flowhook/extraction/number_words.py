"""How much: numbers in digits and in words, with their places. What all readers of units build on."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from flowhook.extraction.digits import digits_of, parse_number
from flowhook.i18n.normalize import fold_accents
from flowhook.languages.language import Language, language_for

Number = int | float

LARGEST = 10**15  #: what number words may come to

_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")
_FRACTION = re.compile(r"\s{0,2}(\d)\s?/\s?(\d{1,2})(?![\d/.])")
_VULGAR = {"½": 0.5, "¼": 0.25, "¾": 0.75, "⅓": 1 / 3, "⅔": 2 / 3, "⅛": 0.125, "⅕": 0.2}
_DENOMINATORS = frozenset({2, 3, 4, 5, 6, 8, 10, 16})


@dataclass(frozen=True, slots=True)
class Quantity:
    """A number at ``text[start:end]``. An ``article`` means one only before a unit."""

    value: Number
    start: int
    end: int
    article: bool = False
    spoken: bool = False  #: in words


@lru_cache(maxsize=16)
def scan(text: str, locale: str) -> tuple[Quantity, ...]:
    """All numbers of a text, in its order."""
    low = fold_accents(text)
    tongue = language_for(locale)
    found: list[Quantity] = []
    for each in _merged(_in_digits(low, text, locale), _in_words(low, tongue)):
        if not found or each.start >= found[-1].end:
            found.append(_completed(each, low, text, tongue))
    return tuple(found)


def whole(value: Number) -> Number:
    """An int when there are no decimals; of decimals, what twelve digits tell."""
    if isinstance(value, int):
        return value
    return int(value) if value.is_integer() else round(value, 12)


def _merged(first: Iterator[Quantity], second: Iterator[Quantity]) -> list[Quantity]:
    return sorted([*first, *second], key=lambda each: (each.start, -each.end))


# --- digits --------------------------------------------------------------------------------------------


def _in_digits(low: str, text: str, locale: str) -> Iterator[Quantity]:
    finder, at = digits_of(locale), 0
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


# --- words ---------------------------------------------------------------------------------------------


@cache
def _pieces(tongue: Language) -> re.Pattern[str]:
    parts = {*tongue.numbers, *(scale for scale in tongue.scales if len(scale) > 2)}
    parts |= {one for one in tongue.ones if one in tongue.numbers}
    joint = [tongue.compounds] if tongue.compounds else []
    return re.compile("|".join(sorted(map(re.escape, [*parts, *joint]), key=len, reverse=True)))


def _split(word: str, tongue: Language) -> list[str] | None:
    """The numbers that a word is made of: ``drei und zwanzig``; None when it is made of others, too."""
    if len(word) > 80 or word in tongue.special:
        return None
    finder, at, parts = _pieces(tongue), 0, []
    while at < len(word):
        found = finder.match(word, at)
        if found is None:
            return None
        parts.append(found[0])
        at = found.end()
    return parts


@dataclass(slots=True)
class _Sum:
    """A number in words as it is read from left to right."""

    total: int = 0
    group: int = 0
    room: int = 1000  #: what comes next must be less than this
    scale: int = LARGEST
    unit: int = 0  #: a unit that "und zwanzig" may follow
    empty: bool = True

    def add(self, value: int, tens_reach: int) -> bool:
        """Whether a number that adds up fits here."""
        if value >= self.room or (value == 0 and not self.empty):
            return False
        self.group += value
        self.unit = value if 0 < value < 10 else 0
        if value >= 100:
            self.room = 100
        elif value >= 20 and value % 10 == 0:
            self.room = tens_reach
        else:
            self.room = 0
        self.empty = False
        return True

    def reverse(self, tens: int) -> bool:
        """Whether tens fit after "drei und"."""
        if not self.unit or tens % 10 or not 20 <= tens <= 90:
            return False
        self.group, self.unit, self.room = self.group + tens, 0, 0
        return True

    def multiply(self, scale: int) -> bool:
        """Whether a scale fits here."""
        if scale < 1000:
            if self.group > 99 or (self.group == 0 and not self.empty):
                return False
            self.group = (self.group or 1) * scale
            self.room = 100 if scale == 100 else 0
        else:
            if scale >= self.scale:
                return False
            self.total += (self.group or 1) * scale
            self.group, self.room, self.scale = 0, 1000, scale
        self.unit, self.empty = 0, False
        return self.value < LARGEST

    @property
    def value(self) -> int:
        return self.total + self.group


def _in_words(low: str, tongue: Language) -> Iterator[Quantity]:
    """Numbers in words. Reads each word once, and looks one ahead past an ``and``."""
    spans = list(_spans(low, tongue))
    at = 0
    while at < len(spans):
        word, start, end = spans[at]
        if word in tongue.special:
            yield Quantity(whole(float(tongue.special[word])), start, end, spoken=True)
            at += 1
            continue
        taken, value, stop = _number_from(spans, at, low, tongue)
        if taken:
            alone = taken == 1 and word in tongue.ones
            yield Quantity(value, start, stop, article=alone, spoken=True)
            at += taken
            continue
        if word in tongue.fractions or word in tongue.groups:
            share = tongue.groups.get(word, tongue.fractions.get(word, 0))
            yield Quantity(share, start, end, spoken=True)
        at += 1


def _spans(low: str, tongue: Language) -> Iterator[tuple[str, int, int]]:
    """The words, those with hyphens in one when they are known so, else apart."""
    known = tongue.numbers.keys() | tongue.special.keys()
    for found in _WORD.finditer(low):
        word, start = found[0], found.start()
        if "-" not in word or word in known:
            yield word, start, found.end()
            continue
        parts = word.split("-")
        index = 0
        while index < len(parts):
            pair = "-".join(parts[index : index + 2])
            taken = 2 if index + 1 < len(parts) and pair in known else 1
            piece = pair if taken == 2 else parts[index]
            yield piece, start, start + len(piece)
            start += len(piece) + 1
            index += taken


def _number_from(
    spans: list[tuple[str, int, int]], at: int, low: str, tongue: Language
) -> tuple[int, Number, int]:
    """How many words from here on make a number, its value and its end; 0 when none does."""
    total, taken, stop, index = _Sum(), 0, 0, at
    while index < len(spans):
        word, start, end = spans[index]
        if index > at and low[spans[index - 1][2] : start].strip(" -"):
            break
        if word in tongue.joins and taken and index + 1 < len(spans):
            if not _joins(total, spans[index + 1][0], tongue):
                break
            index += 1
            continue
        if not _take(total, word, tongue, first=taken == 0):
            break
        index += 1
        taken, stop = index - at, end
    return taken, total.value, stop


def _joins(total: _Sum, following: str, tongue: Language) -> bool:
    """Whether an ``and`` here stands inside a number."""
    value = tongue.numbers.get(following)
    if value is None or value == 0:
        return False
    if (total.room == 10 and tongue.tens_join) or (total.room == 20 and tongue.tens_join):
        return value < total.room
    return total.room in (100, 1000) and not total.empty and value < min(total.room, 1000)


def _take(total: _Sum, word: str, tongue: Language, *, first: bool) -> bool:
    if word in tongue.ones and first:
        total.empty = False
        total.group = total.unit = 1
        total.room = 0
        return True
    if word in ("vingt", "vingts") and total.unit == 4 and _reach(80, tongue) == 20:
        total.group, total.unit, total.room = total.group + 76, 0, 20  # quatre vingt
        return True
    if word in tongue.numbers:
        return total.add(tongue.numbers[word], _reach(tongue.numbers[word], tongue))
    if word in tongue.scales:
        return not (first and len(word) < 3) and _scaled(total, word, tongue, first)
    return tongue.glued and len(word) > 3 and _take_glued(total, word, tongue)


def _scaled(total: _Sum, word: str, tongue: Language, first: bool) -> bool:
    return (not first or tongue.scales[word] <= 1000) and total.multiply(tongue.scales[word])


def _take_glued(total: _Sum, word: str, tongue: Language) -> bool:
    parts = _split(word, tongue)
    if not parts or len(parts) < 2:
        return False
    trial = _Sum(total.total, total.group, total.room, total.scale, total.unit, total.empty)
    joined = False
    for part in parts:
        if part == tongue.compounds:
            joined = True
            continue
        value = tongue.numbers.get(part)
        if value is None:
            fits = trial.multiply(tongue.scales[part])
        else:
            fits = (joined and trial.reverse(value)) or trial.add(value, _reach(value, tongue))
        if not fits:
            return False
        joined = False
    if joined:
        return False
    total.total, total.group, total.room, total.scale = trial.total, trial.group, trial.room, trial.scale
    total.unit, total.empty = trial.unit, False
    return True


def _reach(value: int, tongue: Language) -> int:
    """What may follow the tens: ``soixante-dix``, ``quatre-vingt-dix-sept``."""
    return 20 if value in (60, 80) and "quatre-vingt" in tongue.numbers else 10


# --- what follows a number -----------------------------------------------------------------------------


@cache
def _and_half(tongue_re: str) -> re.Pattern[str]:
    return re.compile(rf"\s{{1,2}}(?:{tongue_re})\b")


_NEXT_WORD = re.compile(r"\s?([^\W\d_]{1,24})(?![^\W_])")


def _completed(each: Quantity, low: str, text: str, tongue: Language) -> Quantity:
    """The number with what belongs to it: a sign in words, ``million``, ``and a half``."""
    value, end, article = each.value, each.end, each.article
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
        scale = tongue.scales.get(following[1])
        share = tongue.fractions.get(following[1])
        if scale is not None and not each.spoken and value < LARGEST:
            value, end, article = value * scale, following.end(), False
        elif share is not None and each.spoken and following[0][0] == " " and value in (1, 2, 3):
            value, end, article = value * share, following.end(), False
        elif each.spoken and following[1] in tongue.groups and value == 1:
            value, end, article = tongue.groups[following[1]], following.end(), False
    if each.spoken and value == 0.5:
        value, end = _half_a(value, low, end, tongue)
    if isinstance(value, int):
        half = _and_half(tongue.and_half_re).match(low, end)
        if half:
            value, end, article = value + 0.5, half.end(), False
    start = each.start
    sign = _minus(tongue.minus_re).search(low, max(0, start - 12), start)
    if sign and not article:
        value, start = -value, sign.start()
    return Quantity(whole(value), start, end, article, each.spoken)


def _half_a(value: Number, low: str, end: int, tongue: Language) -> tuple[Number, int]:
    """Half a million, half a dozen."""
    found = re.compile(r"\s(?:of )?(?:an? )?([^\W\d_]{1,24})(?![^\W_])").match(low, end)
    if found and found[1] in tongue.scales:
        return value * tongue.scales[found[1]], found.end()
    return value, end


@cache
def _minus(tongue_re: str) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{tongue_re})\s{{1,2}}\Z")
