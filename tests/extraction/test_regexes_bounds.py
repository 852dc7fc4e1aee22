"""Patterns that would fill the memory when they are compiled."""

from __future__ import annotations

import pytest

from flowhook.extraction.safe_regex import Pattern


@pytest.mark.parametrize(
    "source",
    [
        "(((a{100}){100}){100}){100}",
        "(?:a{1000}){1000}",
        "a{999999999}",
        "a{1000}{1000}{1000}",
        "((x|y{500}){1,500}z)",
        "(a{,200}){200,}",
    ],
)
def test_repetitions_multiply_and_are_bounded(source: str) -> None:
    """Each is written out when the pattern is compiled."""
    with pytest.raises(ValueError, match="10000 times at most"):
        Pattern(source)


@pytest.mark.parametrize(
    "source",
    [
        "[A-Z]{2}\\d{6}",
        "(\\d{4} ?){4}",
        "[{}]{3}",
        "\\({2}x\\){100}",
        "(a{50}){100}",
        "a{5000}b{5000}",
        "{",
        "a{x}",
    ],
)
def test_usual_patterns_are_well(source: str) -> None:
    """Braces in a class, and those that count nothing, too."""
    Pattern(source)
