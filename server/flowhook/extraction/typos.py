"""What may be a typo of a word, beside how many letters differ.

An ordinary word of the language is no typo of another one: "never" is not "fever". And typos seldom hit
the first letter: it must sound like the right one (salando, kredit), or have changed places with the second.
"""

from __future__ import annotations

from functools import cache

from flowhook.i18n.normalize import fold_accents, language
from flowhook.languages import DEFAULT, LANGUAGES, language_for

#: First letters that are taken for each other.
_PAIRS = ("sz", "ck", "fv", "vw", "fp", "iy", "bp", "dt", "gj", "jy", "kq", "cs", "sx", "gk", "bv", "ao")
_ALIKE = frozenset(map(frozenset, _PAIRS))


def may_be_typo(written: str, word: str, locale: str) -> bool:
    """Whether a word that was written may be meant as another one; both are folded."""
    return written == word or (begins_alike(written, word) and written not in _ordinary(language(locale)))


def begins_alike(written: str, word: str) -> bool:
    """Whether two words begin with the same letter, with letters that sound alike, or with the same two
    letters in another order; one may lack the first letter of the other."""
    if not written or not word or written[0] == word[0] or frozenset((written[0], word[0])) in _ALIKE:
        return True
    if written[:2] == word[1::-1]:
        return True
    return written == word[1:] or written[1:] == word


@cache
def _ordinary(code: str) -> frozenset[str]:
    """Words of a language, and English ones, that are what they are."""
    known = {code if code in LANGUAGES else DEFAULT, DEFAULT}
    words: set[str] = set()
    for own in map(language_for, known):
        denying = own.negation
        words |= own.function_words | denying.negators | denying.light | denying.turns | denying.bounds
        words |= own.cues.what | own.cues.how | own.cues.prepositions
    return frozenset(map(fold_accents, words))
