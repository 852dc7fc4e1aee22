"""Numbers in words: ``drei und zwanzig``, ``einhundertfünf``, ``two million and five``.

A number is read from left to right as a sum of groups below a thousand, each multiplied by its scale:
``two hundred | and five | thousand | four`` is (2·100 + 5)·1000 + 4. :class:`_Sum` holds what was read and
how large the next word may be, so that "twenty three" is one number and "three twenty" are two. A word
that is several numbers glued together (German, Dutch, Italian) is first cut into those.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from typing import NamedTuple

from flowhook.languages.language import NumberWords

Number = int | float

LARGEST = 10**15  #: what number words may come to
LONGEST_WORD = 80  #: characters of a word that may be several numbers in one

_WORD = re.compile(r"[^\W\d_]+(?:-[^\W\d_]+)*")

Span = tuple[str, int, int]  #: a word with its place


class Quantity(NamedTuple):
    """A number at ``text[start:end]``. An ``article`` means one only before a unit."""

    value: Number
    start: int
    end: int
    article: bool = False
    spoken: bool = False  #: in words


def whole(value: Number) -> Number:
    """An int when there are no decimals; of decimals, what twelve digits tell."""
    if isinstance(value, int):
        return value
    return int(value) if value.is_integer() else round(value, 12)


@cache
def _pieces(words: NumberWords) -> re.Pattern[str]:
    parts = {*words.words, *(scale for scale in words.scales if len(scale) > 2)}
    parts |= {one for one in words.articles if one in words.words}
    joint = [words.compound_join] if words.compound_join else []
    return re.compile("|".join(sorted(map(re.escape, [*parts, *joint]), key=len, reverse=True)))


def _split(word: str, words: NumberWords) -> list[str] | None:
    """The numbers that a word is made of: ``drei und zwanzig``; None when it is made of others, too."""
    if len(word) > LONGEST_WORD or word in words.special:
        return None
    finder = _pieces(words)
    parts: list[str] = []
    at, end, dead = 0, len(word), set[int]()
    while at < len(word):
        found = finder.match(word, at, end)
        if found is not None and found.end() in dead:
            end = found.end() - 1
        elif found is not None:
            parts.append(found[0])
            at, end = found.end(), len(word)
        elif parts:  # "centottanta" is no cento: the piece before was too long
            dead.add(at)
            at, end = at - len(parts.pop()), at - 1
        else:
            return None
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


def quantities_in_words(low: str, words: NumberWords) -> Iterator[Quantity]:
    """Numbers in words. Reads each word once, and looks one ahead past an ``and``."""
    spans = list(_spans(low, words))
    at = 0
    while at < len(spans):
        word, start, end = spans[at]
        if word in words.special:
            yield Quantity(whole(float(words.special[word])), start, end, spoken=True)
            at += 1
            continue
        taken, value, stop = _number_from(spans, at, low, words)
        if taken:
            alone = taken == 1 and word in words.articles
            yield Quantity(value, start, stop, article=alone, spoken=True)
            at += taken
            continue
        if word in words.fractions or word in words.groups:
            share = words.groups.get(word, words.fractions.get(word, 0))
            yield Quantity(share, start, end, spoken=True)
        at += 1


def _spans(low: str, words: NumberWords) -> Iterator[Span]:
    """The words, those with hyphens in one when they are known so, else apart."""
    known = words.words.keys() | words.special.keys()
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


def _number_from(spans: list[Span], at: int, low: str, words: NumberWords) -> tuple[int, Number, int]:
    """How many words from here on make a number, its value and its end; 0 when none does."""
    total, taken, stop, index = _Sum(), 0, 0, at
    while index < len(spans):
        word, start, end = spans[index]
        if index > at and low[spans[index - 1][2] : start].strip(" -"):
            break
        if word in words.joins and taken and index + 1 < len(spans):
            if not _joins(total, spans[index + 1][0], words):
                break
            index += 1
            continue
        if not _take(total, word, words, first=taken == 0):
            break
        index += 1
        taken, stop = index - at, end
    return taken, total.value, stop


def _joins(total: _Sum, following: str, words: NumberWords) -> bool:
    """Whether an ``and`` here stands inside a number."""
    value = words.words.get(following)
    if value is None or value == 0:
        return False
    if (total.room == 10 and words.tens_join) or (total.room == 20 and words.tens_join):
        return value < total.room
    return total.room in (100, 1000) and not total.empty and value < min(total.room, 1000)


def _take(total: _Sum, word: str, words: NumberWords, *, first: bool) -> bool:
    if word in words.articles and first:
        total.empty = False
        total.group = total.unit = 1
        total.room = 0
        return True
    if word in words.four_twenties and total.unit == 4:
        total.group, total.unit, total.room = total.group + 76, 0, _reach(80, words)
        return True
    if word in words.words:
        return total.add(words.words[word], _reach(words.words[word], words))
    if word in words.scales:
        return not (first and len(word) < 3) and _scaled(total, word, words, first)
    return words.glued and len(word) > 3 and _take_glued(total, word, words)


def _scaled(total: _Sum, word: str, words: NumberWords, first: bool) -> bool:
    return (not first or words.scales[word] <= 1000) and total.multiply(words.scales[word])


def _take_glued(total: _Sum, word: str, words: NumberWords) -> bool:
    parts = _split(word, words)
    if not parts or len(parts) < 2:
        return False
    trial = _Sum(total.total, total.group, total.room, total.scale, total.unit, total.empty)
    joined = False
    for part in parts:
        if part == words.compound_join:
            joined = True
            continue
        value = words.words.get(part)
        if value is None:
            fits = trial.multiply(words.scales[part])
        else:
            fits = (joined and trial.reverse(value)) or trial.add(value, _reach(value, words))
        if not fits:
            return False
        joined = False
    if joined:
        return False
    total.total, total.group, total.room, total.scale = trial.total, trial.group, trial.room, trial.scale
    total.unit, total.empty = trial.unit, False
    return True


def _reach(value: int, words: NumberWords) -> int:
    """What may follow the tens: ``soixante-dix``, ``quatre-vingt-dix-sept``."""
    return 20 if value in words.teens_follow else 10


@cache
def number_heads(words: NumberWords) -> frozenset[str]:
    """How words begin that may be a number or the first of one: the first three letters of each, cardinal,
    ordinal, part or group. A quick look for texts that need not be read for numbers."""
    named = (words.words, words.scales, words.ordinals, words.groups, words.fractions, words.special)
    return frozenset(word[:3] for names in (*named, words.articles) for word in names)


# --- parts of a number -------------------------------------------------------------------------------


def fraction_after_and(
    low: str, at: int, words: NumberWords, *, of_unit: bool = False
) -> tuple[float, int] | None:
    """Return the fraction that is added behind a number or a unit, and where it ends: "and a quarter". Behind
    a unit several parts need no "and": "deux heures trois quarts"."""
    pattern, values = _added_fraction(words)
    found = pattern.match(low, at)
    if found is None or not (found["and"] or (of_unit and values.get(found["count"], 1) > 1)):
        return None
    value = values.get(found["count"], 1) * values[found["fraction"]]
    return (value, found.end()) if value < 1 else None


@cache
def _added_fraction(words: NumberWords) -> tuple[re.Pattern[str], Mapping[str, float]]:
    """The expression for "and a quarter", "and three quarters", and what its words are worth. Halves have an
    expression of their own."""
    fractions = {word: value for word, value in words.fractions.items() if value != 0.5}
    fractions |= words.ordinal_fractions
    counts = {word: value for word, value in words.words.items() if 1 <= value < 10}
    counts |= dict.fromkeys(words.articles, 1)
    gap = r"[\s-]?" if words.glued else r"[\s-]"
    pattern = (
        rf"\s{{1,2}}(?:(?P<and>{words.fraction_join_re})\s{{1,2}})?"
        rf"(?:(?P<count>{_any_of(counts)}){gap})?(?P<fraction>{_any_of(fractions)})(?![\w'])"
    )
    return re.compile(pattern), {**counts, **fractions}


def _any_of(words: Iterable[str]) -> str:
    """An expression for one of several words; longer ones first. Without any it matches nothing."""
    return "|".join(sorted(map(re.escape, words), key=len, reverse=True)) or "(?!)"
