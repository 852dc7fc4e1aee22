"""What a text says no to: "no mushrooms", "ohne Pilze"."""

from __future__ import annotations

import re
from typing import Final

from flowhook.languages import DEFAULT, language_for
from flowhook.nlu.gazetteer import Word

REACH: Final = 3  #: words between a negation and what it negates, and itself


_BREAK: Final = re.compile(r"[,.;:!?()\n]")


class Negations:
    """The negations of one text. Asked for spans in the order of the text."""

    def __init__(self, text: str, words: list[Word], locale: str) -> None:
        own, english = language_for(locale).negation, language_for(DEFAULT).negation
        self._before_words = own.before | english.before
        self._after_words = own.after
        self._polite = own.polite
        self._only = own.only | english.only
        self._why = own.why | english.why
        self._joins = own.joins | english.joins
        self._turn = own.turn | english.turn
        self._text = text
        self._words = words
        self._any = any(self._negates(position) for position in range(len(words)))
        self._last: tuple[int, bool] = (0, False)  #: where the last span ended, and whether it was negated

    def __call__(self, start: int, end: int) -> bool:
        """Whether the span ``text[start:end]`` is negated."""
        if not self._any:
            return False
        first = next((i for i, word in enumerate(self._words) if word.end > start), len(self._words))
        after = next((i for i, word in enumerate(self._words) if word.start >= end), len(self._words))
        negated = self._before(first) or self._behind(after) or self._goes_on(first)
        self._last = (after, negated)
        return negated

    def _before(self, first: int) -> bool:
        for position in range(first - 1, max(-1, first - 1 - REACH), -1):
            word = self._words[position]
            if position < self._last[0] or self._is_broken(position, position + 1) or word.text in self._turn:
                return False
            if self._negates(position):
                return not self._is_turned(position)
        return False

    def _is_turned(self, position: int) -> bool:
        """ "Not only", "why not"."""
        following = self._words[position + 1].text if position + 1 < len(self._words) else ""
        before = self._words[position - 1].text if position else ""
        return following in self._only or before in self._why

    def _behind(self, after: int) -> bool:
        position = after
        while position < len(self._words) and not self._is_broken(position - 1, position):
            word = self._words[position].text
            if word in self._after_words:
                ends = position + 1 >= len(self._words) or self._is_broken(position, position + 1)
                return ends and not self._is_turned(position)
            if word not in self._polite:
                return False
            position += 1
        return False

    def _goes_on(self, first: int) -> bool:
        """ "No mushrooms or onions": the negation of the span before holds for this one, too."""
        after, negated = self._last
        between = self._words[after:first]
        return negated and len(between) <= 2 and all(word.text in self._joins for word in between)

    def _negates(self, position: int) -> bool:
        word = self._words[position].text
        if word in self._before_words:
            return True
        if word == "t" and position:  # don't, isn't
            before = self._words[position - 1]
            return before.text.endswith("n") and self._text[before.end : self._words[position].start] in "'’"
        return False

    def _is_broken(self, position: int, following: int) -> bool:
        if position < 0 or following >= len(self._words):
            return True
        gap = self._text[self._words[position].end : self._words[following].start]
        return _BREAK.search(gap) is not None
