"""A text made easy to compare: lower case, no accents, every character still at its place."""

from __future__ import annotations

import re
import unicodedata

_MARKS = str.maketrans(
    {"’": "'", "‘": "'", "`": "'", "´": "'", "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\t": " ",
     "\n": " ", "\r": " ", "–": "-", "—": "-", "−": "-", "‑": "-"}
)  # fmt: skip
_WORD = re.compile(r"\w+")


def fold_accents(text: str) -> str:
    """``text`` in lower case, without accents, with simple quotes, dashes and spaces; as long as before."""
    lower = text.lower() if len(text.lower()) == len(text) else "".join(map(_lower, text))
    lower = lower.translate(_MARKS)
    return lower if lower.isascii() else "".join(map(_base, lower))


def words_of(text: str) -> list[str]:
    """The words of a text, plain."""
    return _WORD.findall(fold_accents(text))


def strip_punctuation(text: str) -> str:
    """A plain text without outer punctuation and doubled spaces."""
    return " ".join(fold_accents(text).split()).strip(" .!?,;:\"'()")


def casefolded(text: str) -> str:
    """A text without case, outer punctuation and doubled spaces; accents stay."""
    return " ".join(text.split()).strip(" .!?,;:\"'").casefold()


def listed(words: str) -> frozenset[str]:
    """The words of a line as a set."""
    return frozenset(words.split())


def language(locale: str) -> str:
    """``de`` of ``de-AT``."""
    return locale.replace("_", "-").partition("-")[0].lower()


def region(locale: str) -> str:
    """``AT`` of ``de-AT``, the usual country of the language when the locale names none, or ""."""
    return named_region(locale) or _HOME.get(language(locale), "")


def named_region(locale: str) -> str:
    """``AT`` of ``de-AT``; "" when the locale names none."""
    parts = locale.replace("_", "-").split("-")[1:]
    return next((part.upper() for part in parts if len(part) == 2 and part.isalpha()), "")


_HOME = {
    "en": "US", "de": "DE", "fr": "FR", "es": "ES", "it": "IT", "nl": "NL", "pt": "PT", "pl": "PL",
    "cs": "CZ", "sk": "SK", "da": "DK", "sv": "SE", "nb": "NO", "no": "NO", "fi": "FI", "hu": "HU",
    "ro": "RO", "tr": "TR", "ru": "RU", "uk": "UA", "el": "GR", "bg": "BG", "hr": "HR", "sl": "SI",
    "ja": "JP", "zh": "CN", "ko": "KR",
}  # fmt: skip


def _lower(character: str) -> str:
    lower = character.lower()
    return lower if len(lower) == 1 else character


def _base(character: str) -> str:
    """``u`` of ``ü``; what has no simple base stays."""
    if character.isascii():
        return character
    base = unicodedata.normalize("NFD", character)[0]
    return base if base.isascii() else character
