"""Words by which somebody takes back what was said: "no wait, tuesday", "hmm, rather eleven".

The words of a language stand in its file, in four groups. *Clear* ones take something back whatever is being
asked ("no wait", "I meant"); *setting* ones unless a value of such a kind is being asked for ("make it");
*hinting* ones only where nothing else can be meant ("rather"); *opening* ones may stand before anything and
take nothing back alone ("oh"). What counts from the earlier value ("an hour later") is not understood.
"""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from flowhook.i18n.normalize import fold_accents, language
from flowhook.languages import DEFAULT, LANGUAGES, language_for

MAX_TEXT = 200  #: characters; what is longer is a story
_MARKS = " .!,;"
_GAP = r"[\s,.!…-]{1,4}"


class Correction(NamedTuple):
    """What is left of a text without the words that take something back."""

    rest: str  #: the text, with spaces in the places of those words
    clear: bool
    sets: bool
    hinted: bool  #: there are words of some group, not opening ones alone


class _Expressions(NamedTuple):
    clear: re.Pattern[str]
    setting: re.Pattern[str]
    hinting: re.Pattern[str]
    opening: re.Pattern[str]
    being: re.Pattern[str]
    relative: re.Pattern[str]
    taken_back: re.Pattern[str]  #: "no" between two marks, "rather" behind one


def find_correction(text: str, locale: str) -> Correction | None:
    """Find what takes something back; None in a text without it, in a question, and in a long text."""
    if len(text) > MAX_TEXT or "?" in text:
        return None
    words = _expressions(language(locale))
    low, rest = fold_accents(text), text
    if len(low) != len(text):
        return None
    found = []
    for expression in (words.clear, words.setting, words.hinting, words.opening):
        spans = [match.span() for match in expression.finditer(low)]
        found.append(bool(spans))
        for start, end in spans:
            low, rest = _blanked(low, start, end), _blanked(rest, start, end)
    if not any(found) or words.relative.search(low):
        return None
    return Correction(rest, found[0], found[1], any(found[:3]))


def takes_back(text: str, locale: str) -> bool:
    """Whether a text may take back what was said before, in whatever way."""
    return find_correction(text, locale) is not None or find_exchange(text, locale) is not None


def after_correction(text: str, locale: str) -> str | None:
    """What a text says last, where it takes back what it said before: the tuesday of "monday, no wait,
    tuesday"; None where it does not."""
    if len(text) > MAX_TEXT:
        return None
    low, words = fold_accents(text), _expressions(language(locale))
    found = sorted((*words.clear.finditer(low), *words.taken_back.finditer(low)), key=re.Match.start)
    if (
        not found
        or "?" in text[found[-1].end() :]
        or len(low) != len(text)
        or not low[: found[-1].start()].strip(_MARKS)
    ):
        return None
    rest = text[found[-1].end() :]
    return rest if rest.strip(_MARKS) else None


def find_exchange(text: str, locale: str) -> tuple[str, str] | None:
    """Return what a text denies and what it says in its place, each at its place in the text, with spaces
    around: of "not the debit card, I meant the visa" the two cards. None where it does not say both."""
    if len(text) > MAX_TEXT or "?" in text:
        return None
    code, low = language(locale), fold_accents(text)
    denying, splitting = _denying(code if code in LANGUAGES else DEFAULT)
    if len(low) != len(text) or not denying.search(low) or _expressions(code).relative.search(low):
        return None
    for split in splitting.finditer(low):
        sides = ((0, split.start()), (split.end(), len(low)))
        denied = [denying.search(low, *side) is not None for side in sides]
        if denied[0] == denied[1] or (denied[1] and split[0].strip().isalpha()):
            continue
        if not all(low[slice(*side)].strip(_MARKS) for side in sides):
            continue
        old, new = sides if denied[0] else reversed(sides)
        return _blank_words(denying, _only(text, *old)), _only(text, *new)
    return None


def told_as(text: str, names: frozenset[str], locale: str) -> tuple[int, int] | None:
    """Return where a text tells something by its name: of "my name was Ann" and "name" the place of "Ann".
    None where it does not, or tells more."""
    low = fold_accents(text)
    named = "|".join(map(re.escape, sorted(names))) or "(?!)"
    being = _expressions(language(locale)).being.pattern
    found = re.search(rf"(?<!\w)(?:{named})\s{{1,2}}{being}[\s:]*(?=\S)", low)
    if found is None:
        return None
    polite = language_for(locale).yes_no.polite
    end = len(text.rstrip(_MARKS))
    while (last := low.rfind(" ", 0, end)) >= found.end() and low[last + 1 : end] in polite:
        end = len(text[:last].rstrip(_MARKS))
    return found.end(), end


def says_being(word: str, locale: str) -> bool:
    """Whether a word stands between a name and its value: "is", "was"."""
    return _expressions(language(locale)).being.fullmatch(word) is not None


def _only(text: str, start: int, end: int) -> str:
    return " " * start + text[start:end] + " " * (len(text) - end)


def _blank_words(words: re.Pattern[str], text: str) -> str:
    for found in words.finditer(fold_accents(text)):
        text = _blanked(text, *found.span())
    return text


def _blanked(text: str, start: int, end: int) -> str:
    return text[:start] + " " * (end - start) + text[end:]


@cache
def _denying(code: str) -> tuple[re.Pattern[str], re.Pattern[str]]:
    """Words that deny, and what parts what is denied from what is meant: a mark, "but"."""
    negation = language_for(code).negation
    negators = "|".join(sorted(map(re.escape, negation.negators), key=len, reverse=True))
    turns = "|".join(sorted(map(re.escape, negation.turns), key=len, reverse=True)) or "(?!)"
    return (
        re.compile(rf"(?<![\w'])(?:{negators})(?![\w'])"),
        re.compile(rf"[,;.!–—]+(?=\s)|(?<!\w)(?:{turns})(?!\w)"),
    )


@cache
def _expressions(code: str) -> _Expressions:
    words = language_for(code if code in LANGUAGES else DEFAULT).corrections
    sources = (words.clear_re, words.setting_re, words.hinting_re, words.opening_re)
    clear, setting, hinting, opening = map(_expression, sources)
    being = re.compile(rf"(?:{words.being_re})")
    before = rf"(?<=\w)\s?[,.;?!…–-]+\s?(?:(?:{opening.pattern}){_GAP}){{0,2}}"
    behind = r"\s?[,.;!…–-]+\s?(?=\w)"
    taken_back = re.compile(rf"{before}(?:(?:{words.no_re}){behind}|{hinting.pattern}(?:{behind}|\s(?=\w)))")
    relative = _expression(words.relative_re)
    return _Expressions(clear, setting, hinting, opening, being, relative, taken_back)


def _expression(source: str) -> re.Pattern[str]:
    """A space in the words of a language may be any sign between two words: "no, wait"."""
    return re.compile(rf"(?<![\w'])(?:{source.replace(' ', _GAP)})(?![\w'])")
