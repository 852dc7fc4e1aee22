"""Yes and no, in words and thumbs."""

from __future__ import annotations

import re

from flowhook.i18n.normalize import fold_accents
from flowhook.languages import DEFAULT, language_for
from flowhook.languages.language import YesNoWords


def _read(said: str, words: YesNoWords) -> bool | None:
    """What a plain text says; None when it says neither, or both."""
    spoken = said.split()
    whole = _whole(spoken, words)
    if whole is not None:
        return whole
    kept = [word for word in spoken if word not in words.polite]
    whole = _whole(kept, words) if kept else None
    if whole is not None:
        return whole
    begins = _beginning(kept, words) if kept else None
    if begins is None:
        return None
    same, other = (words.yes, words.no) if begins else (words.no, words.yes)
    return None if _without_phrases(said, same) & other else begins


def _whole(spoken: list[str], words: YesNoWords) -> bool | None:
    said = " ".join(spoken)
    if said in words.yes or said in words.no:
        return said in words.yes
    once = list(dict.fromkeys(spoken))  # "yes yes yes"
    if len(once) == 1 and (once[0] in words.yes or once[0] in words.no):
        return once[0] in words.yes
    return None


def _without_phrases(said: str, phrases: frozenset[str]) -> frozenset[str]:
    """The words of a text that stand in none of the phrases: "why not" holds no "not"."""
    for phrase in phrases:
        if " " in phrase and phrase in said:
            said = f" {said} ".replace(f" {phrase} ", " ")
    return frozenset(said.split())


def _beginning(spoken: list[str], words: YesNoWords) -> bool | None:
    """Whether the first words, up to three, say yes or no."""
    for count in (3, 2, 1):
        first = " ".join(spoken[:count])
        if first in words.begins_yes or first in words.begins_no:
            return first in words.begins_yes
    return None


_EMOJI = {
    "👍": True,
    "👌": True,
    "✅": True,
    "✔": True,
    "☑": True,
    "🆗": True,
    "👎": False,
    "❌": False,
    "🚫": False,
}
_TOKENS = re.compile(r"[^\W_]+(?:'[^\W_]+)*")
LONGEST = 500  #: characters; what is longer is a story


def yes_no(text: str, locale: str) -> bool | None:
    """Whether a text says yes or no, in the locale's language or else in English; None: neither, or both.

    It reads whole answers ("why not", "lieber nicht"), answers that begin with a yes or no and hold
    no word of the other ("yes please, do it"), and thumbs.
    """
    if len(text) > LONGEST:
        return None
    signs = {_EMOJI[sign] for sign in text if sign in _EMOJI}
    said = " ".join(_TOKENS.findall(fold_accents(text)))
    if not said:
        return signs.pop() if len(signs) == 1 else None
    for language in dict.fromkeys((language_for(locale), language_for(DEFAULT))):
        answer = _read(said, language.yes_no)
        if answer is not None:
            return None if signs - {answer} else answer
    return None
