"""What counts as an answer: one function for each type of question.

An ask type is a function ``(text, data, settings, locale) -> value`` that answers ``NO_ANSWER`` when
the message is none. ``settings`` is the :class:`~flowhook.nodes.ask.Ask` node, ``locale`` such as
``de-AT``.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final

from flowhook.engine.patterns import Pattern

if TYPE_CHECKING:
    from flowhook.nodes.ask import Ask


class NoAnswer:
    """The type of :data:`NO_ANSWER`."""

    def __repr__(self) -> str:
        return "NO_ANSWER"


NO_ANSWER: Final = NoAnswer()  #: null, 0 and "no" are answers, so none of them can say this

AskType = Callable[[str, dict[str, Any], "Ask", str], Any]


def words(text: str) -> frozenset[str]:
    """The words of a line as a set."""
    return frozenset(text.split())


@dataclass(frozen=True, slots=True)
class YesNoWords:
    """How a language says yes and no: whole answers, and words with which longer answers begin."""

    yes: frozenset[str]
    no: frozenset[str]
    begins_yes: frozenset[str]
    begins_no: frozenset[str]

    def read(self, said: str) -> bool | None:
        """What a folded text says; None when it says neither, or both."""
        if said in self.yes or said in self.no:
            return said in self.yes
        spoken = said.replace(",", " ").split()
        first, rest = spoken[0], frozenset(spoken)
        if first in self.begins_yes and not rest & self.no:
            return True
        if first in self.begins_no and not rest & self.yes:
            return False
        return None


YES_NO: Mapping[str, YesNoWords] = {
    "en": YesNoWords(
        words("yes y yeah yep yup sure ok okay correct right true definitely absolutely")
        | {"of course", "go ahead", "please do", "that's right"},
        words("no n nope nah not never wrong false") | {"not really", "don't"},
        words("yes yeah yep yup sure"),
        words("no nope nah"),
    ),
    "de": YesNoWords(
        words("ja j jo jep jup jawohl klar sicher gern gerne ok okay richtig stimmt korrekt genau")
        | {"auf jeden fall", "na klar"},
        words("nein n nee nö ne nicht niemals falsch") | {"auf keinen fall", "lieber nicht"},
        words("ja jo jep jawohl klar"),
        words("nein nee nö"),
    ),
}

_EMAIL = re.compile(
    r"(?<![\w.+-])[\w.+'-]{1,64}@(?:[A-Za-z0-9](?:[A-Za-z0-9-]{0,61}[A-Za-z0-9])?\.){1,8}[A-Za-z]{2,24}(?![\w-])"
)
_NUMBER = re.compile(r"(?<![\w.,])[-+]?\d[\d.,'\u00a0\u202f]*(?![\w])")
#: Locales in which a comma parts the decimals.
_COMMA_LOCALES = words("de fr es it nl pt pl cs sk da sv nb no fi hu ro tr ru uk el bg hr sl")


def fold(text: str) -> str:
    """A text as answers are compared: without case, outer punctuation and doubled spaces."""
    return " ".join(text.split()).strip(" .!?,;:\"'").casefold()


def language(locale: str) -> str:
    """``de`` of ``de-AT``."""
    return locale.replace("_", "-").partition("-")[0].lower()


def text_answer(text: str, data: dict[str, Any], settings: Ask, locale: str) -> Any:
    """Any text that is not blank, as it was typed."""
    return text if text.strip() else NO_ANSWER


def any_answer(text: str, data: dict[str, Any], settings: Ask, locale: str) -> Any:
    """Any text, or else any data."""
    return text if text.strip() else data or NO_ANSWER


def choice_answer(text: str, data: dict[str, Any], settings: Ask, locale: str) -> Any:
    """One of the choices, by its value or by one of its synonyms."""
    said = fold(text)
    if not said:
        return NO_ANSWER
    for choice in settings.options:
        if said in (fold(word) for word in (choice.value, *choice.synonyms)):
            return choice.value
    return NO_ANSWER


def yes_no_answer(text: str, data: dict[str, Any], settings: Ask, locale: str) -> Any:
    """True or false, by the words for it in the locale's language, or else in English."""
    said = fold(text)
    if not said:
        return NO_ANSWER
    for spoken in (language(locale), "en"):
        answer = YES_NO[spoken].read(said) if spoken in YES_NO else None
        if answer is not None:
            return answer
    return NO_ANSWER


def number_answer(text: str, data: dict[str, Any], settings: Ask, locale: str) -> Any:
    """The one number in the text: int when it is whole, else float."""
    found = _NUMBER.findall(text[:1000])
    if len(found) != 1:
        return NO_ANSWER
    value = parse_number(found[0].rstrip(".,'"), locale)
    return NO_ANSWER if value is None else value


def integer_answer(text: str, data: dict[str, Any], settings: Ask, locale: str) -> Any:
    """The one whole number in the text."""
    value = number_answer(text, data, settings, locale)
    if isinstance(value, float):
        return int(value) if value.is_integer() else NO_ANSWER
    return value


def email_answer(text: str, data: dict[str, Any], settings: Ask, locale: str) -> Any:
    """The first e-mail address in the text."""
    found = _EMAIL.search(text[:1000])
    return found[0] if found and ".." not in found[0] else NO_ANSWER


def pattern_answer(text: str, data: dict[str, Any], settings: Ask, locale: str) -> Any:
    """What the pattern finds anywhere in the text."""
    try:
        found = Pattern(settings.pattern or "").find(text)
    except TimeoutError:
        return NO_ANSWER
    return NO_ANSWER if found is None else found


def parse_number(written: str, locale: str) -> int | float | None:
    """A number as people write it: ``1,5`` and ``1.5``, ``1.234,56`` and ``1,234.56``."""
    digits = re.sub(r"['\u00a0\u202f]", "", written)
    point = _decimal_mark(digits, locale)
    for mark in ".,":
        if mark != point:
            digits = digits.replace(mark, "")
    digits = digits.replace(",", ".")
    if digits.count(".") > 1 or len(digits) > 40:
        return None
    try:
        value = float(digits)
    except ValueError:
        return None
    if not math.isfinite(value):
        return None
    return value if "." in digits else int(digits)


def _decimal_mark(digits: str, locale: str) -> str:
    """Which of ``.`` and ``,`` parts the decimals."""
    if "." in digits and "," in digits:
        return max(".,", key=digits.rindex)
    mark = "," if "," in digits else "."
    if digits.count(mark) > 1:
        return "," if mark == "." else "."  # 1.234.567 has no decimals
    grouped = re.fullmatch(r"[-+]?[1-9]\d{0,2}[.,]\d{3}", digits)
    usual = "," if language(locale) in _COMMA_LOCALES else "."
    return usual if grouped else mark


ASK_TYPES: Mapping[str, AskType] = {
    "text": text_answer,
    "any": any_answer,
    "choice": choice_answer,
    "yes_no": yes_no_answer,
    "number": number_answer,
    "integer": integer_answer,
    "email": email_answer,
    "pattern": pattern_answer,
}
