"""What kind of sentence a text is: an answer, a greeting, a question, a command, a statement."""

from __future__ import annotations

from typing import Final

from flowhook.extraction.yes_no import yes_no
from flowhook.i18n.normalize import language
from flowhook.languages import LANGUAGES, language_for
from flowhook.languages.language import SentenceCues
from flowhook.nlu.gazetteer import split

GREETING_WORDS: Final = 5  #: a longer text that begins with "hello" wants something else
YES, NO = "pAnswer", "nAnswer"
GREETING, FAREWELL = "Greeting", "BGreeting"
WHAT, HOW, WHETHER = "whQuestion", "howQuestion", "ynQuestion"
COMMAND, STATEMENT = "Command", "Statement"
SENTENCE_TYPES: Final = (YES, NO, GREETING, FAREWELL, WHAT, HOW, WHETHER, COMMAND, STATEMENT)
_MARKS: Final = ("?", "？", "؟")


def answer_of(text: str, locale: str) -> bool | None:
    """Whether a text says yes (True) or no (False); None: neither."""
    return yes_no(text, locale)


def kind_of(text: str, locale: str, answer: bool | None) -> str | None:
    """One of pAnswer, nAnswer, Greeting, BGreeting, whQuestion, howQuestion, ynQuestion, Command,
    Statement; None for a text without words. ``answer`` is what :func:`answer_of` makes of it.

    In a language that is not known here, a text is a question when it ends like one.
    """
    words = [word.text for word in split(text)]
    if not words:
        return None
    if answer is not None:
        return YES if answer else NO
    marks = (*_MARKS, ";") if language(locale) == "el" else _MARKS
    asks = text.rstrip().rstrip("!\"'»”)").endswith(marks)
    if language(locale) not in LANGUAGES:
        return WHETHER if asks else STATEMENT
    cues = language_for(locale).cues
    return _greeting(words, cues, asks) or _question(words, cues, asks) or _other(words, cues)


def _greeting(words: list[str], cues: SentenceCues, asks: bool) -> str | None:
    if len(words) > GREETING_WORDS:
        return None
    for phrases, kind in ((cues.farewells, FAREWELL), (cues.greetings, GREETING)):
        if _begins(words, phrases) and (not asks or len(words) <= 1 or _is_phrase(words, phrases)):
            rest = words[_begins(words, phrases) :]
            if not rest or not (set(rest) & (cues.what | cues.how | cues.whether | cues.commands)):
                return kind
    return None


def _question(words: list[str], cues: SentenceCues, asks: bool) -> str | None:
    words = _without_politeness(words, cues)
    if not words:
        return None
    first = words[0]
    second = words[1] if len(words) > 1 else ""
    for position in (first, second if first in cues.prepositions else ""):
        if position in cues.how:
            return HOW
        if position in cues.what:
            return WHAT
    if _begins(words, frozenset(phrase for phrase in cues.what if " " in phrase or "'" in phrase)):
        return WHAT
    if first in cues.whether or _begins(words, frozenset(p for p in cues.whether if " " in p)):
        return WHETHER if asks or len(words) > 1 else None
    if asks:
        later = set(words)
        return HOW if later & cues.how else WHAT if later & cues.what and len(words) <= 4 else WHETHER
    return None


def _other(words: list[str], cues: SentenceCues) -> str:
    words = _without_politeness(words, cues)
    return COMMAND if words and words[0] in cues.commands else STATEMENT


def _without_politeness(words: list[str], cues: SentenceCues) -> list[str]:
    position = 0
    while position < len(words) and words[position] in cues.polite:
        position += 1
    return words[position:]


def _begins(words: list[str], phrases: frozenset[str]) -> int:
    """How many of the first words are one of the phrases: 0, or the most that are."""
    for count in range(min(6, len(words)), 0, -1):
        if " ".join(words[:count]) in phrases or "'".join(words[:count]) in phrases:
            return count
        if count > 2 and f"{words[0]}'{' '.join(words[1:count])}" in phrases:
            return count
    return 0


def _is_phrase(words: list[str], phrases: frozenset[str]) -> bool:
    return _begins(words, phrases) == len(words)
