"""Words and their endings: ``mushrooms`` is a form of ``mushroom``, ``große`` of ``groß``."""

from __future__ import annotations

from collections.abc import Sequence

_ENDINGS = ("s", "es", "e", "en", "er", "em", "n")
_STEM = 4  #: characters that stay when an ending goes


def forms(word: str) -> list[str]:
    """A word, and what it may be a form of."""
    return [
        word,
        *(word[: -len(end)] for end in _ENDINGS if word.endswith(end) and len(word) - len(end) >= _STEM),
    ]


def stands(words: Sequence[str], index: int, name: Sequence[str]) -> bool:
    """Whether the words of a name, or forms of them, stand at a place among others."""
    here = words[index : index + len(name)]
    return len(here) == len(name) and all(
        word == wanted or wanted in forms(word) for word, wanted in zip(here, name, strict=True)
    )
