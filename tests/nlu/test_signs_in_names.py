"""Names made of signs: C++ is not C, a picture is a word, marks over letters belong to them."""

from __future__ import annotations

import pytest

from flowhook.extraction.choices import find_choice
from flowhook.nlu.features import words_of
from flowhook.nlu.gazetteer import split


@pytest.mark.parametrize(
    ("text", "chosen"),
    [
        ("C++", "C++"),
        ("I like C++", "C++"),
        ("C++, please", "C++"),
        ("c#", "C#"),
        ("I prefer C#.", "C#"),
        ("C", "C"),
        ("I like c", "C"),
        ("🍕", "🍕"),
        ("I want 🍕", "🍕"),
        ("ich nehme 🍕!", "🍕"),
    ],
)
def test_a_choice_made_of_signs(text: str, chosen: str) -> None:
    """Alone and in a sentence."""
    options = [(name, ()) for name in ("C", "C++", "C#", "🍕", "🍔")]
    assert find_choice(text, options, "en") == chosen


def test_the_words_of_a_text() -> None:
    """For slots: signs behind a word belong to it, a picture stands alone, tones of skin do not count."""
    assert [word.text for word in split("C++ and C#, la\u0301rge 🍕👋🏽")] == [
        "c++",
        "and",
        "c#",
        "large",
        "🍕",
        "👋",
    ]


def test_the_words_of_an_example() -> None:
    """For intents: a wave is a wave, whatever its tone and however often."""
    assert set(words_of("👋🏽")) == set(words_of("👋👋")) == {"👋"}
