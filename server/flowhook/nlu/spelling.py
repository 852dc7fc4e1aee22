"""Typos in what people write, mended by the words of the examples: "appoinment" → "appointment".

A word is taken for another one when no example has it, it is no ordinary word of the language, the two begin
alike, and one edit (of eight letters on: two) turns one into the other, by optimal string alignment distance.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from flowhook.extraction.typos import begins_alike

MIN_WRITTEN: Final = 3  #: characters of a word with a typo
MIN_MEANT: Final = 4  #: characters of the word that is meant
LONG: Final = 8  #: from so many characters on a word may have two typos
CANDIDATES: Final = 5  #: of the nearest words, of which one is looked for that begins alike


class Speller:
    """The words of some examples. ``ordinary`` words are never typos of them."""

    __slots__ = ("_by_length", "_known", "_ordinary")

    def __init__(self, words: Iterable[str], ordinary: frozenset[str]) -> None:
        self._known = frozenset(words)
        self._ordinary = ordinary
        self._by_length: dict[int, list[str]] = {}
        for word in sorted(self._known - ordinary):
            if len(word) >= MIN_MEANT and word.isalpha():
                self._by_length.setdefault(len(word), []).append(word)

    def mended(self, words: list[str]) -> list[str]:
        """The words of a text, those with typos as the examples spell them."""
        return [self._meant(word) for word in words]

    def _meant(self, word: str) -> str:
        length = len(word)
        if length < MIN_WRITTEN or not word.isalpha() or word in self._known or word in self._ordinary:
            return word
        from rapidfuzz import process  # only texts with unknown words load it
        from rapidfuzz.distance import OSA

        typos = 2 if length >= LONG else 1
        near = [
            (distance, other)
            for size in range(length - typos, length + typos + 1)
            for other, distance, _ in process.extract(
                word, self._by_length.get(size, ()), scorer=OSA.distance, score_cutoff=typos, limit=CANDIDATES
            )
            if begins_alike(word, other)
        ]
        return min(near)[1] if near else word
