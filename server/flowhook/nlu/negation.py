"""What a text says no to: "no mushrooms", "ohne Pilze"."""

from __future__ import annotations

import re
from typing import Final

from flowhook.i18n.normalize import listed
from flowhook.nlu.gazetteer import Word

REACH: Final = 3  #: words between a negation and what it negates, and itself


_BEFORE: Final = listed(
    "no not without never neither nor dont doesnt isnt arent wont except minus excluding skip cannot"
    " kein keine keinen keinem keiner keines nicht ohne niemals nie weder ausser"
    " pas sans ni sin ningun ninguna tampoco senza nessun nessuna geen niet zonder nooit sem nao"
    " nem nenhum nenhuma"
)
_AFTER: Final = listed("nicht niet")  #: negates what stands before it, at the end of a clause
_POLITE: Final = listed("bitte lieber aber auch alstublieft")
_ONLY: Final = listed("only just nur bloss solo seulement")  #: "not only mushrooms"
_WHY: Final = listed("why warum wieso pourquoi porque perche waarom")  #: "why not mushrooms"
_JOINS: Final = listed("or nor and any the a an oder und noch ou et o y e of en")
_TURN: Final = listed("but instead rather sondern aber statt mais pero ma maar mas")
_BREAK: Final = re.compile(r"[,.;:!?()\n]")


class Negations:
    """The negations of one text. Asked for spans in the order of the text."""

    def __init__(self, text: str, words: list[Word]) -> None:
        self._text = text
        self._words = words
        self._any = any(self._negates(place) for place in range(len(words)))
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
        for place in range(first - 1, max(-1, first - 1 - REACH), -1):
            word = self._words[place]
            if place < self._last[0] or self._is_broken(place, place + 1) or word.text in _TURN:
                return False
            if self._negates(place):
                return not self._is_turned(place)
        return False

    def _is_turned(self, place: int) -> bool:
        """ "Not only", "why not"."""
        following = self._words[place + 1].text if place + 1 < len(self._words) else ""
        before = self._words[place - 1].text if place else ""
        return following in _ONLY or before in _WHY

    def _behind(self, after: int) -> bool:
        place = after
        while place < len(self._words) and not self._is_broken(place - 1, place):
            word = self._words[place].text
            if word in _AFTER:
                ends = place + 1 >= len(self._words) or self._is_broken(place, place + 1)
                return ends and not self._is_turned(place)
            if word not in _POLITE:
                return False
            place += 1
        return False

    def _goes_on(self, first: int) -> bool:
        """ "No mushrooms or onions": the negation of the span before holds for this one, too."""
        after, negated = self._last
        between = self._words[after:first]
        return negated and len(between) <= 2 and all(word.text in _JOINS for word in between)

    def _negates(self, place: int) -> bool:
        word = self._words[place].text
        if word in _BEFORE:
            return True
        if word == "t" and place:  # don't, isn't
            before = self._words[place - 1]
            return before.text.endswith("n") and self._text[before.end : self._words[place].start] in "'’"
        return False

    def _is_broken(self, place: int, following: int) -> bool:
        if place < 0 or following >= len(self._words):
            return True
        gap = self._text[self._words[place].end : self._words[following].start]
        return _BREAK.search(gap) is not None
