"""A language is one file: Danish, the eighth, is nothing but ``languages/da.py`` and these phrases."""

from __future__ import annotations

from typing import Any

import pytest

from flowhook.extraction import FINDERS
from flowhook.extraction.choices import find_choice
from flowhook.extraction.match import Context
from flowhook.extraction.negation import wanted
from flowhook.extraction.yes_no import yes_no
from flowhook.languages import LANGUAGES, function_words, language_for
from flowhook.nlu.entities import SlotReader
from flowhook.nlu.sentence_types import kind_of
from tests.extraction.test_phrases import NOW


def test_languages_are_found_by_their_files() -> None:
    """The name of a file is the code of its language; what has none is read as English."""
    assert frozenset({"da", "de", "en", "es", "fr", "it", "nl", "pt"}) == LANGUAGES
    assert len({id(language_for(code)) for code in LANGUAGES}) == len(LANGUAGES)
    assert language_for("da-DK") is language_for("da")
    assert language_for("fi") is language_for("en")
    assert {"and", "und", "og"} <= function_words()


@pytest.mark.parametrize(
    ("kind", "text", "values"),
    [
        ("number", "femogtyve", [25]),
        ("number", "halvtreds", [50]),
        ("number", "syvoghalvfems", [97]),
        ("number", "to hundrede og femten", [215]),
        ("number", "tre tusind fire hundrede", [3400]),
        ("number", "halvanden", [1.5]),
        ("number", "1.234,5", [1234.5]),
        ("number", "et dusin", [12]),
        ("date", "i morgen", ["2026-11-22"]),
        ("date", "i overmorgen", ["2026-11-23"]),
        ("date", "på fredag", ["2026-11-27"]),
        ("date", "næste uge", ["2026-11-23"]),
        ("date", "den 3. marts", ["2027-03-03"]),
        ("date", "den femogtyvende december", ["2026-12-25"]),
        ("date", "24.12.", ["2026-12-24"]),
        ("date", "om to uger", ["2026-12-05"]),
        ("date", "for tre dage siden", ["2026-11-18"]),
        ("date", "juleaften", ["2026-12-24"]),
        ("date", "torsdag den 24. december", ["2026-12-24"]),
        ("time", "klokken otte om aftenen", ["20:00"]),
        ("time", "halv otte", ["07:30"]),
        ("time", "kvart over fem", ["17:15"]),
        ("time", "ti minutter i 8", ["07:50"]),
        ("datetime", "i morgen kl. 17", ["2026-11-22T17:00:00+01:00"]),
        ("duration", "halvanden time", [5400]),
        ("duration", "to timer og 30 minutter", [9000]),
        ("money", "fem kroner", [{"value": 5, "currency": "DKK"}]),
        ("percentage", "fem procent", [5]),
        ("distance", "ti kilometer", [{"value": 10, "unit": "kilometre"}]),
        ("age", "jeg er 35 år gammel", [{"value": 35, "unit": "year"}]),
    ],
)
def test_danish_values(kind: str, text: str, values: list[Any]) -> None:
    assert [match.value for match in FINDERS[kind](text, Context("da", NOW))] == values


@pytest.mark.parametrize(
    ("text", "meant"),
    [
        ("ja", True),
        ("ja tak, meget gerne", True),
        ("hvorfor ikke", True),
        ("selvfølgelig", True),
        ("nej", False),
        ("nej tak", False),
        ("helst ikke", False),
        ("måske", None),
    ],
)
def test_danish_yes_and_no(text: str, meant: bool | None) -> None:
    assert yes_no(text, "da") is meant


def test_danish_negation() -> None:
    """The same readers, with Danish words: values, choices, slots."""
    days = FINDERS["date"]("ikke på fredag", Context("da", NOW))
    assert wanted(days, "ikke på fredag", "da") == []
    assert find_choice("ikke rød", [("rød", ()), ("blå", ())], "da") is None
    assert find_choice("den anden", [("rød", ()), ("blå", ())], "da") == "blå"
    slots = SlotReader({"topping": {"values": {"skinke": {}, "ananas": {}}}}, "da")
    found = slots.find("med skinke, uden ananas", Context("da", NOW))["topping"]
    assert [(slot.value, slot.negated) for slot in found] == [("skinke", False), ("ananas", True)]


@pytest.mark.parametrize(
    ("text", "kind"),
    [("Hej", "Greeting"), ("hvor er min pizza?", "whQuestion"), ("vis mig menuen", "Command")],
)
def test_danish_sentences(text: str, kind: str) -> None:
    assert kind_of(text, "da", None) == kind
