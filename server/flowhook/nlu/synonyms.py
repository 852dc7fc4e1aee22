"""Words that stand for one wish: "cancel", "annul" and "call off" share a feature, so that an example with
one of them teaches all.

Each language brings groups of them (``Language.synonyms``): beginnings of words, so that endings do not
matter, and expressions of several words. They count beside the words themselves, and only where there are
few sentences.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import cache
from typing import Final

from flowhook.i18n.normalize import language
from flowhook.languages import DEFAULT, LANGUAGES, language_for
from flowhook.nlu.features import plain

MAX_ENDING: Final = 3  #: letters that may follow the beginning of a word
MIN_BEGINNING: Final = 4  #: letters that a beginning has, if any follow


class Thesaurus:
    """The groups of one language."""

    def __init__(self, code: str) -> None:
        self._words: dict[str, tuple[int, ...]] = {}
        self._expressions: dict[str, list[tuple[tuple[str, ...], int]]] = {}
        for number, group in enumerate(language_for(code).synonyms):
            words, *expressions = group.split("|")
            for word in map(plain, words.split()):
                self._words[word] = (*self._words.get(word, ()), number)
            for expression in expressions:
                parts = tuple(map(plain, expression.split()))
                self._expressions.setdefault(parts[0], []).append((parts, number))

    def groups_of(self, word: str) -> tuple[int, ...]:
        """The groups of a word, by the longest beginning that is known."""
        for end in range(len(word), max(len(word) - MAX_ENDING, MIN_BEGINNING) - 1, -1):
            if (groups := self._words.get(word[:end])) is not None:
                return groups
        return self._words.get(word, ())

    def features(self, words: Sequence[str]) -> Counter[str]:
        """The groups that words belong to, as features."""
        found = self._by_expression(words)
        for word in words:
            found.update(self.groups_of(word))
        return Counter(map(_feature, found))

    def said_in_words(self, words: Sequence[str]) -> list[str]:
        """The groups of the expressions that words hold, as features."""
        return [*map(_feature, sorted(self._by_expression(words)))]

    def _by_expression(self, words: Sequence[str]) -> set[int]:
        return {
            number
            for at, word in enumerate(words)
            for parts, number in self._expressions.get(word, ())
            if all(map(_begins, words[at : at + len(parts)], parts)) and at + len(parts) <= len(words)
        }


def _feature(group: int) -> str:
    return f"g{group}"


def _begins(word: str, part: str) -> bool:
    return word == part or (len(part) >= MIN_BEGINNING and word.startswith(part))


def thesaurus_of(locale: str) -> Thesaurus:
    """The thesaurus of a locale's language; English where that is not known."""
    code = language(locale)
    return _thesaurus(code if code in LANGUAGES else DEFAULT)


@cache
def _thesaurus(code: str) -> Thesaurus:
    return Thesaurus(code)
