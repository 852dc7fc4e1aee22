"""No text makes a reader raise, lose its place or work without end."""

from __future__ import annotations

import time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowhook.extraction import FINDERS, MAX_TEXT
from flowhook.extraction.answers import values_meant
from flowhook.extraction.choices import find_choice
from flowhook.extraction.match import Context, Match
from flowhook.extraction.named_patterns import PATTERNS, find_pattern
from flowhook.extraction.yes_no import yes_no
from tests.extraction.phrases import PHRASES
from tests.extraction.test_phrases import NOW
from tests.machine import cpu_seconds, examples

LOCALES = ("en", "en-US", "de", "de-CH", "fr", "es", "it", "nl", "pt-BR")
PIECES = sorted({text for rows in PHRASES.values() for _, text, _ in rows} | {"½", "İ", "ß", "1,", "٣", "²"})
OPTIONS = [("small", ("kleine",)), ("extra large", ("xl",)), ("2", ())]

texts = st.one_of(
    st.text(max_size=60),
    st.text("0123456789.,:/-+ €$%°h½'amp", max_size=40),
    st.lists(st.sampled_from(PIECES), max_size=4).map(" ".join),
    st.lists(st.sampled_from(PIECES), max_size=3).map("".join),
)


def check(found: list[Match], text: str) -> None:
    """In order, inside the text, none over another."""
    end = 0
    for match in found:
        assert end <= match.start < match.end <= len(text)
        end = match.end


@settings(max_examples=examples(150))
@given(texts, st.sampled_from(LOCALES))
def test_any_text_is_read(text: str, locale: str) -> None:
    """Every reader takes every text."""
    around = Context(locale, NOW)
    for find in FINDERS.values():
        check(find(text, around), text)
    for name in PATTERNS:
        check(find_pattern(name, text, around), text)
    assert yes_no(text, locale) in (True, False, None)
    assert find_choice(text, OPTIONS, locale) in ("small", "extra large", "2", None)


@pytest.mark.parametrize("locale", ["en", "de", "fr"])
@pytest.mark.parametrize(
    "piece",
    [
        "1",
        "1,",
        " ",
        "one ",
        "hundred and ",
        "einund",
        "12/",
        "12:30 ",
        "1 ",
        "next friday ",
        "at 5 ",
        "½",
        "a@",
        "a.",
        "1 111",
        "minus ",
        "$",
        "-",
        "DE89",
        "ab:",
        "İ",
        "ü",
        "p1d",
        "in 2 weeks at 5 for $5 ",
        "quatre-vingt-",
    ],
)
def test_long_texts_take_bounded_time(piece: str, locale: str) -> None:
    """Ten thousand characters of anything are read in moments: nothing is quadratic."""
    text = piece * (MAX_TEXT // len(piece) + 10)
    around = Context(locale, NOW)
    started = time.process_time()
    for find in FINDERS.values():
        find(text, around)
    for name in PATTERNS:
        find_pattern(name, text, around)
    yes_no(text, locale)
    find_choice(text, OPTIONS, locale)
    assert time.process_time() - started < 6


def test_an_ordinary_answer_is_read_quickly() -> None:
    """A date, a time, and both: a millisecond would be far too long for each."""
    answers = [
        "I would like to come on the 3rd of March if that is fine with you",
        "next friday please",
        "24 December 2026 at 5 pm",
    ]

    def read() -> None:
        for number in range(100):
            for text in answers:
                for kind in ("date", "time", "datetime"):
                    values_meant(kind, text + " " * (number % 7) + "!" * (number // 7), Context("en", NOW))

    read()
    assert cpu_seconds(read, enough=0.45) < 0.9
