"""Values of slots in a text, by the words that stand for them."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple

from flowhook.extraction.inflection import forms, stands
from flowhook.extraction.typos import may_be_typo
from flowhook.i18n.normalize import PICTURES, language
from flowhook.nlu.features import UNSPACED, without_marks

MAX_TEXT: Final = 2_000  #: characters of a text in which values are looked for
FUZZY_WORDS: Final = 60  #: words of a text in which typos are forgiven
NEAREST: Final = 5  #: names with few typos of which one is looked for that may be meant
MIN_FUZZY: Final = 4  #: characters of what may have a typo
MAX_COMPARISONS: Final = 50_000  #: names that the words of one text are compared with, about
#: A word with the marks that are written over its letters, and with signs that make another name of it (C++,
#: C#); or a picture.
_WORD: Final = re.compile(rf"[{UNSPACED}]|(?:(?![{UNSPACED}])\w[\u0300-\u036f]*)+[+#]*|[{PICTURES}]")
#: Languages that write several words as one, and how much of a compound a value has to be.
_COMPOUNDING: Final = frozenset({"de", "nl", "sv", "da", "nb", "no", "nn", "fi", "hu", "is"})
_COMPOUND_PART: Final = 5
_COMPOUND_REST: Final = 3


class Word(NamedTuple):
    """A word of a text, folded, at ``[start, end)``."""

    text: str
    start: int
    end: int


class Hit(NamedTuple):
    """A value of a slot, at ``words[first:after]``."""

    slot: str
    value: str
    data: Any
    first: int
    after: int


class _Name(NamedTuple):
    """One way to say a value, as its words."""

    slot: str
    value: str
    data: Any
    words: tuple[str, ...]


@dataclass(slots=True)
class _FuzzyIndex:
    """The names of slots that forgive typos, by how many words and characters they have."""

    counts: dict[int, None] = field(default_factory=dict)
    names: dict[tuple[int, int], list[_Name]] = field(default_factory=dict)
    spelt: dict[tuple[int, int], list[str]] = field(default_factory=dict)

    def add(self, name: _Name) -> None:
        spelt = " ".join(name.words)
        if len(spelt) >= MIN_FUZZY:
            key = (len(name.words), len(spelt))
            self.counts[key[0]] = None
            self.names.setdefault(key, []).append(name)
            self.spelt.setdefault(key, []).append(spelt)

    def nearest(self, said: str, count: int, locale: str) -> tuple[_Name | None, int]:
        """The name of so many words with the fewest typos, if those are few enough and may be typos; and how
        many names were compared."""
        from rapidfuzz import process
        from rapidfuzz.distance import OSA

        allowed, compared, best = _allowed_typos(said), 0, None
        for length in sorted(
            range(len(said) - allowed, len(said) + allowed + 1), key=lambda n: abs(n - len(said))
        ):
            spelt = self.spelt.get((count, length))
            if not spelt or allowed <= 0:
                continue
            compared += len(spelt)
            found = process.extract(
                said, spelt, scorer=OSA.distance, score_cutoff=allowed, processor=None, limit=NEAREST
            )
            for _, distance, place in found:
                name = self.names[count, length][place]
                if _may_be_typos(said, name, locale):
                    best, allowed = name, int(distance) - 1
                    break
        return best, compared


def _may_be_typos(said: str, name: _Name, locale: str) -> bool:
    written = said.split(" ")
    return len(written) == len(name.words) and all(
        may_be_typo(one, other, locale) for one, other in zip(written, name.words, strict=True)
    )


def fold(text: str) -> str:
    """Without case and diacritics."""
    if text.isascii():
        return text.lower()
    return without_marks(text.casefold())


def split(text: str) -> list[Word]:
    """The words of a text with their places. A character of a script without spaces is a word."""
    return [Word(fold(found[0]), found.start(), found.end()) for found in _WORD.finditer(text[:MAX_TEXT])]


class Gazetteer:
    """Finds the values of all slots that list some, in one go: the time depends on the text, not on
    how many values there are."""

    def __init__(self, slots: Mapping[str, Mapping[str, Any]], locale: str) -> None:
        self._by_first_word: dict[str, list[_Name]] = {}
        self._single_words: dict[str, list[_Name]] = {}  #: names of one word, for compounds
        self._fuzzy = _FuzzyIndex()
        self._locale = locale
        self._compounds = language(locale) in _COMPOUNDING
        for slot, rule in slots.items():
            for name in _names(slot, rule):
                self._by_first_word.setdefault(name.words[0], []).append(name)
                if len(name.words) == 1:
                    self._single_words.setdefault(name.words[0], []).append(name)
                if rule.get("fuzzy"):
                    self._fuzzy.add(name)

    def __bool__(self) -> bool:
        return bool(self._by_first_word)

    def find(self, words: list[Word]) -> list[Hit]:
        """All values in the order of the text: the longest of those that overlap, one in several slots
        for each of them. Words with typos, and parts of compounds, count where nothing else was found."""
        hits = self._longest([*self._exact(words)])
        free = _free(len(words), hits)
        if self._compounds and free:
            hits += self._in_compounds(words, free)
            free = _free(len(words), hits)
        if self._fuzzy.counts and free:
            hits += self._longest([*self._misspelt(words, free)])
        return sorted(hits, key=lambda hit: hit.first)

    def _exact(self, words: list[Word]) -> Iterable[Hit]:
        said = [word.text for word in words]
        for position, word in enumerate(said):
            for form in forms(word):
                for name in self._by_first_word.get(form, ()):
                    if stands(said, position, name.words):
                        yield Hit(name.slot, name.value, name.data, position, position + len(name.words))

    def _longest(self, hits: list[Hit]) -> list[Hit]:
        hits.sort(key=lambda hit: (hit.first - hit.after, hit.first))
        taken: set[int] = set()
        spans: set[tuple[int, int]] = set()
        kept: dict[tuple[str, str, int], Hit] = {}
        for hit in hits:
            span = (hit.first, hit.after)
            if span in spans or taken.isdisjoint(range(*span)):
                spans.add(span)
                taken.update(range(*span))
                kept.setdefault((hit.slot, hit.value, hit.first), hit)
        return list(kept.values())

    def _in_compounds(self, words: list[Word], free: set[int]) -> list[Hit]:
        hits: list[Hit] = []
        for position in free:
            word = words[position].text
            if len(word) < _COMPOUND_PART + _COMPOUND_REST:
                continue
            for size in range(len(word) - _COMPOUND_REST, _COMPOUND_PART - 1, -1):
                names = self._single_words.get(word[:size]) or self._single_words.get(word[-size:])
                if names:
                    hits += [Hit(name.slot, name.value, name.data, position, position + 1) for name in names]
                    break
        return hits

    def _misspelt(self, words: list[Word], free: set[int]) -> Iterable[Hit]:
        compared = 0
        for position in range(min(len(words), FUZZY_WORDS)):
            for count in self._fuzzy.counts:
                if not free.issuperset(range(position, position + count)) or compared > MAX_COMPARISONS:
                    continue
                said = " ".join(word.text for word in words[position : position + count])
                name, more = self._fuzzy.nearest(said, count, self._locale)
                compared += more
                if name is not None:
                    yield Hit(name.slot, name.value, name.data, position, position + count)


def _allowed_typos(said: str) -> int:
    """How many typos a text of this length may have."""
    return 0 if len(said) < MIN_FUZZY or said.isdigit() else 1 if len(said) < 8 else 2


def _names(slot: str, rule: Mapping[str, Any]) -> Iterable[_Name]:
    for value, more in rule["values"].items():
        for text in (value, *more.get("synonyms", ())):
            words = tuple(word.text for word in split(str(text)))
            if words:
                yield _Name(slot, value, more.get("data"), words)


def _free(count: int, hits: list[Hit]) -> set[int]:
    return set(range(count)).difference(*(range(hit.first, hit.after) for hit in hits))
