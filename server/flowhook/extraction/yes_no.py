"""Yes and no, in words and thumbs.

A text is read in this order: the whole text; expressions that say neither ("I don't know") end it; the
whole without drawn-out letters and polite words; an approval that is denied ("that's not good"), by the
reader of negation that all readers share; its first words; its last clause ("since Monday, yes"). What says
both says nothing.
"""

from __future__ import annotations

import re
import unicodedata
from functools import cache

from flowhook.extraction.measures import spaced
from flowhook.extraction.negation import negations_of
from flowhook.i18n.normalize import fold_accents
from flowhook.languages import DEFAULT, language_for
from flowhook.languages.language import YesNoWords

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
_CLAUSES = re.compile(r"[,.;:!?…\n]+|\s-\s")
_DOUBLED = re.compile(r"(.)\1+")
_REPEATED = re.compile(r"\A(\w{2,})\1+\Z")  #: "jaja"
MAX_TEXT = 500  #: characters; what is longer is a story


def yes_no(text: str, locale: str) -> bool | None:
    """Return whether a text says yes or no, in the locale's language or else in English.

    None: neither, or both. It reads whole answers ("why not", "lieber nicht"), answers that begin with
    a yes or no and hold no word of the other ("yes please, do it"), and thumbs.
    """
    if len(text) > MAX_TEXT:
        return None
    text = unicodedata.normalize("NFKC", text)
    signs = {_EMOJI[sign] for sign in text if sign in _EMOJI}
    low = fold_accents(text)
    said = _TOKENS.findall(low)
    if not said:
        return signs.pop() if len(signs) == 1 else None
    codes = tuple(dict.fromkeys((locale, DEFAULT)))
    for code in codes:  # "not that I know of"
        whole = _whole(said, language_for(code).yes_no)
        if whole is not None:
            return None if signs - {whole} else whole
    if any(_unsure(language_for(code).yes_no.unsure_re).search(low) for code in codes):
        return None
    for code in codes:
        answer = _read(text, low, said, language_for(code).yes_no, code)
        if answer is not None:
            return None if signs - {answer} else answer
    return None


def _read(text: str, low: str, said: list[str], words: YesNoWords, locale: str) -> bool | None:
    """What a text says in one language."""
    spoken = [_shortened(word, words) for word in said]
    whole = _whole(spoken, words)
    if whole is not None:
        return whole
    kept = [word for word in spoken if word not in words.polite]
    if not kept:
        return None
    whole = _whole(kept, words)
    if whole is not None:
        return whole
    if _is_denied_approval(text, low, said, words, locale):
        return False
    begins = _beginning(kept, words)
    if begins is False and _harmless(locale).match(low.lstrip()):
        begins = None  # "no later than five" and "no preference" say no "no"
    if begins is None:
        begins = _ending(low, words)
    if begins is None:
        return None
    same, other = (words.yes, words.no) if begins else (words.no, words.yes)
    return None if _without_phrases(" ".join(spoken), same) & other else begins


def _shortened(word: str, words: YesNoWords) -> str:
    """A word without the letters that are drawn out: "yesss", "nooo"."""
    known = _single_words(words)
    if word in known or len(word) < 3:
        return word
    for shorter in (_DOUBLED.sub(r"\1\1", word), _DOUBLED.sub(r"\1", word), _REPEATED.sub(r"\1", word)):
        if shorter in known and len(shorter) > 1:
            return shorter
    return word


@cache
def _single_words(words: YesNoWords) -> frozenset[str]:
    """The words that say yes or no on their own."""
    every = words.yes | words.no | words.begins_yes | words.begins_no
    return frozenset(word for word in every if " " not in word)


def _whole(spoken: list[str], words: YesNoWords) -> bool | None:
    said = " ".join(spoken)
    if said in words.yes or said in words.no:
        return said in words.yes
    once = list(dict.fromkeys(spoken))  # "yes yes yes"
    if len(once) == 1 and (once[0] in words.yes or once[0] in words.no):
        return once[0] in words.yes
    return None


def _is_denied_approval(text: str, low: str, said: list[str], words: YesNoWords, locale: str) -> bool:
    """Whether a text denies that something is right, and says nothing else: "that's not quite right"."""
    approval = _approval(tuple(sorted(words.approval)))
    found = approval.search(low)
    if found is None or not words.approval:
        return False
    if not all(word in words.approving or approval.fullmatch(word) for word in said):
        return False
    return negations_of(text, locale).denied([found.span()])[0]


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


def _ending(low: str, words: YesNoWords) -> bool | None:
    """What the last of several clauses says, alone."""
    clauses = [clause for clause in _CLAUSES.split(low) if clause.strip()]
    if len(clauses) < 2:
        return None
    last = [_shortened(word, words) for word in _TOKENS.findall(clauses[-1])]
    return _whole([word for word in last if word not in words.polite], words)


@cache
def _harmless(locale: str) -> re.Pattern[str]:
    """What begins with a "no" that denies nothing."""
    return re.compile(rf"(?:{language_for(locale).negation.harmless_re})(?!\w)")


@cache
def _unsure(unsure_re: str) -> re.Pattern[str]:
    return re.compile(rf"(?<![\w'])(?:{spaced(unsure_re)})(?![\w'])")


@cache
def _approval(words: tuple[str, ...]) -> re.Pattern[str]:
    return re.compile(rf"(?<!\w)(?:{'|'.join(map(re.escape, words)) or '(?!)'})(?!\w)")
