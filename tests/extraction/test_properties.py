"""What holds for every sentence: one value among words that carry none is read as that value or as
nothing; of two different values none is taken; and no reader works more than in proportion to its text."""

from __future__ import annotations

import sys
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowhook.extraction import FINDERS
from flowhook.extraction.answers import values_meant
from flowhook.extraction.choices import find_choice
from flowhook.extraction.match import Context
from flowhook.extraction.yes_no import yes_no
from tests.extraction.test_answer_rows import NOW
from tests.machine import examples

NOISE = {
    "en": "please|well|I think|thanks|for me|hello|that would be great|ok so|hmm|my dear friend",
    "de": "bitte|also|ich denke|danke|für mich|hallo|das wäre schön|gut|hm|mein lieber Freund",
    "fr": "merci|bonjour|je pense|pour moi|s'il vous plaît|alors|hm|ce serait bien|mon cher ami",
    "es": "por favor|hola|creo|gracias|para mí|pues|hm|sería genial|mi querido amigo",
    "it": "per favore|ciao|penso|grazie|per me|allora|hm|sarebbe bello|mio caro amico",
    "nl": "alstublieft|hallo|ik denk|bedankt|voor mij|dus|hm|dat zou mooi zijn|mijn beste vriend",
    "pt": "por favor|olá|acho|obrigado|para mim|então|hm|seria ótimo|meu caro amigo",
}
#: Kind → locale → two texts of two different values.
VALUES: dict[str, dict[str, list[str]]] = {
    "number": {key: ["17", "4.5"] for key in NOISE},
    "integer": {key: ["17", "23"] for key in NOISE},
    "percentage": {key: ["17 %", "23 %"] for key in NOISE},
    "money": {key: ["17 €", "23 €"] for key in NOISE},
    "time": {key: ["17:30", "18:45"] for key in NOISE},
    "date": {
        "en": ["tomorrow", "24 December"],
        "de": ["morgen Abend", "24. Dezember"],
        "fr": ["demain", "24 décembre"],
        "es": ["el lunes", "24 de diciembre"],
        "it": ["domani", "24 dicembre"],
        "nl": ["overmorgen", "24 december"],
        "pt": ["amanhã", "24 de dezembro"],
    },
    "datetime": {key: ["2026-12-24 17:30", "2026-12-25 18:45"] for key in NOISE},
    "duration": {
        "en": ["2 hours", "3 hours"],
        "de": ["2 Stunden", "3 Stunden"],
        "fr": ["2 heures", "3 heures"],
        "es": ["2 horas", "3 horas"],
        "it": ["2 ore", "3 ore"],
        "nl": ["2 uur", "3 uur"],
        "pt": ["2 horas", "3 horas"],
    },
    "distance": {key: ["17 km", "23 km"] for key in NOISE},
    "temperature": {key: ["17 °C", "23 °C"] for key in NOISE},
    "email": {key: ["ann@example.com", "bob@example.com"] for key in NOISE},
    "url": {key: ["www.example.com", "www.example.org"] for key in NOISE},
}
CASES = [(kind, locale) for kind, rows in VALUES.items() for locale in rows]
cases = st.sampled_from(CASES)
OR = {"en": "or", "de": "oder", "fr": "ou", "es": "o", "it": "o", "nl": "of", "pt": "ou"}


def values(kind: str, locale: str, text: str) -> list[Any]:
    return [match.value for match in values_meant(kind, text, Context(locale, NOW))]


def noise(locale: str) -> st.SearchStrategy[str]:
    return st.lists(st.sampled_from(NOISE[locale].split("|")), max_size=3).map(" ".join)


@settings(max_examples=examples(300))
@given(st.data(), cases)
def test_one_value_among_noise_is_that_value_or_none(data: st.DataObject, case: tuple[str, str]) -> None:
    kind, locale = case
    written = data.draw(st.sampled_from(VALUES[kind][locale]))
    before, behind = data.draw(noise(locale)), data.draw(noise(locale))
    alone = values(kind, locale, written)
    assert len(alone) == 1
    assert values(kind, locale, f"{before} {written} {behind}".strip()) in (alone, [])


@settings(max_examples=examples(300))
@given(st.data(), cases)
def test_of_two_values_none_is_taken(data: st.DataObject, case: tuple[str, str]) -> None:
    kind, locale = case
    one, other = data.draw(st.permutations(VALUES[kind][locale]))
    joint = data.draw(st.sampled_from([f" {OR[locale]} ", ", ", "; "]))
    before, behind = data.draw(noise(locale)), data.draw(noise(locale))
    found = values(kind, locale, f"{before} {one}{joint}{other} {behind}".strip())
    assert found == [] or len(set(map(str, found))) > 1


def calls(function: Callable[[], object]) -> int:
    """How many Python functions a call enters, generators each time that they go on."""
    count = 0

    def profiler(frame: object, event: str, argument: object) -> None:
        nonlocal count
        count += event == "call"

    sys.setprofile(profiler)
    try:
        function()
    finally:
        sys.setprofile(None)
    return count


@pytest.mark.parametrize("locale", ["en", "de", "fr"])
@pytest.mark.parametrize(
    "piece", ["so ", "sun\u3000", "½so ", "not ", "at 5 ", "5 or ", "24.12. ", "point five ", "friday "]
)
def test_work_grows_with_the_text(piece: str, locale: str) -> None:
    """Four times the text is four times the work, about: counted, not timed."""
    context = Context(locale, NOW)
    short, long = (piece * (size // len(piece)) for size in (500, 2_000))
    for find in FINDERS.values():
        find(long, context)  # patterns are compiled, tables loaded
        assert calls(lambda: find(long, context)) < 8 * calls(lambda: find(short, context)) + 200  # noqa: B023
    assert find_choice(piece * 4000, [("a1", ()), ("b1", ())], locale) is None
    assert yes_no(piece * 4000, locale) is None
