"""The word that was probably meant where another one was written."""

from __future__ import annotations

from collections.abc import Iterable

CLOSE = 0.6  #: of two words, how alike they are from 0 to 1, where one may be the other misspelt


class Suggestion(str):
    """The hint ``did you mean "confirm"?``; ``word`` is what it suggests."""

    word: str

    @classmethod
    def of(cls, word: str, note: str = "") -> Suggestion:
        """Suggest a word; ``note`` says what else there is to it."""
        suggestion = cls(f'did you mean "{word}"?{note}')
        suggestion.word = word
        return suggestion


def closest(word: str, candidates: Iterable[str], cutoff: float = CLOSE) -> str | None:
    """Return the candidate most like a word, upper and lower case aside; None when none is like it."""
    from difflib import get_close_matches  # only where something is wrong

    names = {candidate.casefold(): candidate for candidate in candidates}
    found = get_close_matches(str(word).casefold(), names, n=1, cutoff=cutoff)
    return names[found[0]] if found else None


def did_you_mean(word: str, candidates: Iterable[str], cutoff: float = CLOSE) -> str:
    """Return the hint ``did you mean "confirm"?`` for the closest candidate; empty when none is close."""
    found = closest(word, candidates, cutoff)
    return Suggestion.of(found, _lookalike_note(str(word), found)) if found is not None else ""


def _lookalike_note(word: str, meant: str) -> str:
    """What cannot be seen of two words: a letter of another alphabet, or one without a shape, that only one
    of them has."""
    if word.isascii() and meant.isascii():
        return ""
    from flowhook.problems.characters import described, is_lookalike_letter

    for one, other in ((word, meant), (meant, word)):
        strange = next((char for char in one if char not in other and is_lookalike_letter(char)), None)
        if strange is not None:
            return f' {described(strange)} stands in "{one}"'
    return ""
