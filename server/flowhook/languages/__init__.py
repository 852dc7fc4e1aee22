"""Languages, one file each: its code is its name, and adding a file adds a language."""

from __future__ import annotations

from functools import cache, lru_cache
from importlib import import_module
from pkgutil import iter_modules

from flowhook.i18n.normalize import fold_accents
from flowhook.i18n.normalize import language as code_of
from flowhook.languages.language import Language

#: The codes of the languages that there are: the files of this folder named by two or three letters.
LANGUAGES = frozenset(module.name for module in iter_modules(__path__) if len(module.name) <= 3)

DEFAULT = "en"


@lru_cache(maxsize=256)
def language_for(locale: str) -> Language:
    """The language of a locale such as ``de-AT``; English when there is none of it."""
    code = code_of(locale)
    return _load(code if code in LANGUAGES else DEFAULT)


@cache
def _load(code: str) -> Language:
    found: Language = import_module(f"flowhook.languages.{code}").LANGUAGE
    return found


@cache
def function_words() -> frozenset[str]:
    """The function words of all languages together."""
    return frozenset().union(*(_load(code).function_words for code in LANGUAGES))


@cache
def light_words(code: str) -> frozenset[str]:
    """The words of a language that say nothing of what somebody wants, without accents: function words, what
    stands around yes, no and negations, question words and auxiliaries."""
    own = _load(code if code in LANGUAGES else DEFAULT)
    groups = (
        own.function_words, own.negation.light, own.negation.negators, own.negation.joins, own.negation.turns,
        own.cues.what, own.cues.how, own.cues.whether, own.cues.polite, own.cues.prepositions,
        own.yes_no.polite, own.yes_no.approving, own.yes_no.yes,
    )  # fmt: skip
    return frozenset(word for group in groups for said in group for word in fold_accents(said).split())
