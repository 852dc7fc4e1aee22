"""Texts made easy to compare: lower case, no accents, every character still at its place."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

_MARKS = str.maketrans(
    {"’": "'", "‘": "'", "`": "'", "´": "'", "\u00a0": " ", "\u202f": " ", "\u2009": " ", "\t": " ",
     "\n": " ", "\r": " ", "–": "-", "—": "-", "−": "-", "‑": "-"}
)  # fmt: skip
_WORD = re.compile(r"\w+")


class _Bases(dict[int, str]):
    """``ü`` → ``u``, for :meth:`str.translate`: Latin letters are known, others looked up when they come.
    What has no simple base stays."""

    def __init__(self) -> None:
        super().__init__((code, _base(code)) for code in (*range(0x250), *range(0x1E00, 0x1F00)))

    def __missing__(self, code: int) -> str:
        return _base(code)


def _base(code: int) -> str:
    base = unicodedata.normalize("NFD", chr(code))[0]
    return base if base.isascii() else chr(code)


_BASES = _Bases()
#: Signs that stand for something by themselves: emoji and other pictures, without tones of skin.
PICTURES = "\u2190-\u21ff\u2300-\u27bf\u2b00-\u2bff\U0001f000-\U0001f3fa\U0001f400-\U0001faff"


@lru_cache(maxsize=32)
def fold_accents(text: str) -> str:
    """Return a text in lower case, without accents, with simple quotes, dashes and spaces.

    It is as long as before, so that offsets hold. The last ones are remembered: all readers of a message
    ask for the same.
    """
    lower = text.lower() if len(text.lower()) == len(text) else "".join(map(_lower, text))
    lower = lower.translate(_MARKS)
    return lower if lower.isascii() else lower.translate(_BASES)


def words_of(text: str) -> list[str]:
    """Return the words of a text, in lower case and without accents."""
    return _WORD.findall(fold_accents(text))


def strip_punctuation(text: str) -> str:
    """Return a text with its accents folded, without outer punctuation and doubled spaces."""
    return " ".join(fold_accents(text).split()).strip(" .!?,;:\"'()")


def casefolded(text: str) -> str:
    """Return a text without case, outer punctuation and doubled spaces; accents stay."""
    return " ".join(text.split()).strip(" .!?,;:\"'").casefold()


def word_set(*lines: str) -> frozenset[str]:
    """Return the words of some lines as a set."""
    return frozenset(" ".join(lines).split())


@lru_cache(maxsize=256)
def language(locale: str) -> str:
    """Return the language of a locale: ``de`` of ``de-AT``."""
    return locale.replace("_", "-").partition("-")[0].lower()


def region(locale: str) -> str:
    """Return the region of a locale: ``AT`` of ``de-AT``; when it names none, the usual country of its
    language, or ""."""
    return named_region(locale) or _HOME.get(language(locale), "")


def named_region(locale: str) -> str:
    """Return the region that a locale names: ``AT`` of ``de-AT``; "" when the locale names none."""
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
