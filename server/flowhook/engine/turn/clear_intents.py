"""Whether an intent is clearly meant while a question waits, by rules that flows.md states.

Two questions: may an intent take what is an answer, because everything is one (a text question)? And is what
looks like an intent only the question, said back ("Shall I block it?" "block it!")?
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from flowhook.i18n.normalize import language, words_of
from flowhook.languages import light_words

if TYPE_CHECKING:
    from flowhook.engine.turn.intent_selection import Decision

EXAMPLE: Final = 0.95  #: the score of an example, or of one but for values of slots
CLEAR: Final = 0.8  #: the score of a short text that is clear
SHORT: Final = 6  #: words of a short text


def is_clear(decision: Decision, text: str) -> bool:
    """Whether an intent goes before the answer to a question that takes any text: one that won by rule, one
    of which the text is an example, or a short text with a high score."""
    if decision.how in ("rule", "forced", "confirmed"):
        return True
    score = decision.won.score if decision.won is not None else 0.0
    return score >= EXAMPLE or (score >= CLEAR and len(words_of(text)) <= SHORT)


def is_example(decision: Decision) -> bool:
    """Whether the text is an example of the intent that won, or one but for values of slots."""
    return decision.how == "examples" and decision.won is not None and decision.won.score >= EXAMPLE


def says_back(decision: Decision, text: str, question: str, locale: str) -> bool:
    """Whether a text says nothing but words of the question, and small ones; an example is what it is."""
    if decision.how != "examples" or decision.won is None or decision.won.score >= EXAMPLE or not question:
        return False
    light = light_words(language(locale))
    said = {word for word in words_of(text) if word not in light}
    return bool(said) and said <= set(words_of(question))
