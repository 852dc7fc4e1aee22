"""Values of slots in a text."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from flowhook.extraction.match import Context
from flowhook.extraction.safe_regex import Pattern
from flowhook.nlu.entities import SlotReader, shape

TOPPINGS = {
    "values": {
        "pepperoni": {"synonyms": ["salami"]},
        "mushroom": {"synonyms": ["champignon"], "data": {"price": 2}},
        "extra cheese": {"synonyms": []},
        "jalapeño": {"synonyms": []},
    }
}
NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)


def read(text: str, slots: dict[str, Any], locale: str = "en") -> dict[str, list[tuple[Any, str, bool]]]:
    """Slot → (value, text, negated)."""
    found = SlotReader(slots, locale).find(text, Context(locale, NOW))
    assert all(text[slot.start : slot.end] == slot.text for several in found.values() for slot in several)
    return {name: [(slot.value, slot.text, slot.negated) for slot in some] for name, some in found.items()}


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("a SALAMI pizza", [("pepperoni", "SALAMI")]),
        ("mushrooms and pepperoni", [("mushroom", "mushrooms"), ("pepperoni", "pepperoni")]),
        ("with extra  cheese please", [("extra cheese", "extra  cheese")]),
        ("some jalapeno", [("jalapeño", "jalapeno")]),
        ("JALAPEÑO!", [("jalapeño", "JALAPEÑO")]),
        ("salamis or pepperonis", [("pepperoni", "salamis"), ("pepperoni", "pepperonis")]),
        ("pepperonification", []),
        ("cheese", []),
        ("", []),
    ],
)
def test_values_are_found_as_whole_words(text: str, expected: list[tuple[str, str]]) -> None:
    found = read(text, {"topping": TOPPINGS})
    assert [(value, said) for value, said, _ in found.get("topping", [])] == expected


def test_the_longest_wins_and_one_text_may_fill_two_slots() -> None:
    slots = {
        "place": {"values": {"york": {}, "new york": {}}},
        "club": {"values": {"new york": {}}},
    }
    assert read("in New York", slots) == {
        "place": [("new york", "New York", False)],
        "club": [("new york", "New York", False)],
    }


def test_data_comes_along() -> None:
    found = SlotReader({"topping": TOPPINGS}, "en").find("champignon", Context("en", NOW))
    assert found["topping"][0].data == {"price": 2}


def test_typos_are_forgiven_where_the_slot_says_so() -> None:
    assert read("mushrom peperoni", {"topping": TOPPINGS}) == {}
    found = read("mushrom peperoni exttra cheese", {"topping": {**TOPPINGS, "fuzzy": True}})
    assert [value for value, _, _ in found["topping"]] == ["mushroom", "pepperoni", "extra cheese"]
    assert read("cat", {"pet": {"values": {"car": {}}, "fuzzy": True}}) == {}


def test_ordinary_words_are_no_typos() -> None:
    """ "Never mind" is no fever; a first letter that sounds alike may be wrong."""
    reason = {"values": {"illness": {"synonyms": ["fever", "Fieber"]}}, "fuzzy": True}
    assert read("never mind", {"reason": reason}) == {}
    assert read("lieber um elf", {"reason": reason}, "de") == {}
    assert read("I have a fevr", {"reason": reason}) == {"reason": [("illness", "fevr", False)]}
    shop = {"values": {"Zalando": {}}, "fuzzy": True}
    assert read("it was salando", {"shop": shop}) == {"shop": [("Zalando", "salando", False)]}


def test_parts_of_compounds_count_where_a_language_makes_them() -> None:
    assert read("eine Salamipizza", {"topping": TOPPINGS}, "de")["topping"][0][0] == "pepperoni"
    assert read("a salamipizza", {"topping": TOPPINGS}, "en") == {}


def test_languages_without_spaces() -> None:
    slots = {"dish": {"values": {"寿司": {}, "ラーメン": {}}}}
    assert read("寿司をください", slots, "ja")["dish"][0][0] == "寿司"


@pytest.mark.parametrize(
    ("text", "locale", "negated"),
    [
        ("no mushrooms", "en", [True]),
        ("without any mushrooms", "en", [True]),
        ("I don't want mushrooms", "en", [True]),
        ("I don’t like mushrooms or salami", "en", [True, True]),
        ("no mushrooms but salami", "en", [True, False]),
        ("no, mushrooms please", "en", [False]),
        ("salami, no mushrooms", "en", [False, True]),
        ("no mushrooms, with extra cheese", "en", [True, False]),
        ("not only mushrooms", "en", [False]),
        ("why not mushrooms", "en", [False]),
        ("mushrooms", "en", [False]),
        ("ohne Champignon", "de", [True]),
        ("keine Champignons, aber Salami", "de", [True, False]),
        ("Champignons bitte nicht", "de", [True]),
        ("Salami nicht vergessen", "de", [False]),
        ("sans champignon", "fr", [True]),
    ],
)
def test_what_is_not_wanted(text: str, locale: str, negated: list[bool]) -> None:
    assert [slot for _, _, slot in read(text, {"topping": TOPPINGS}, locale)["topping"]] == negated


def test_patterns_are_found_anywhere_and_all_of_them() -> None:
    slots = {"order": {"pattern": r"[A-Z]{2}\d{6}"}, "account": {"pattern": "iban"}}
    found = read("AB123456 and CD654321, DE89 3704 0044 0532 0130 00", slots)
    assert [value for value, _, _ in found["order"]] == ["AB123456", "CD654321"]
    assert found["account"][0][0] == "DE89370400440532013000"


def test_a_pattern_finds_digits_that_stand_in_groups() -> None:
    """With the place where they stand."""
    text = "my number is 1234 5678, thanks"
    found = SlotReader({"number": {"pattern": r"\d{8}"}}, "en").find(text, Context("en", NOW))
    assert [(slot.value, text[slot.start : slot.end]) for slot in found["number"]] == [
        ("12345678", "1234 5678")
    ]


def test_a_pattern_that_would_take_forever_finds_nothing() -> None:
    assert read("a" * 40 + "!", {"evil": {"pattern": r"(a+)+$"}}) == {}


def test_kinds_of_values_come_from_the_readers() -> None:
    assert read("two pizzas", {"count": {"type": "number"}})["count"][0][:2] == (2, "two")


def test_a_number_that_is_part_of_another_value_is_none() -> None:
    """The 8 of "at 8" is a time, and 3 of "3 March" a date; alone they are numbers."""
    slots = {"people": {"type": "integer"}, "at": {"type": "time"}, "day": {"type": "date"}}
    found = read("for 4 on 3 March at 8", slots)
    assert found["people"] == [(4, "4", False)]
    assert (found["day"][0][1], found["at"][0][0]) == ("3 March", "08:00")
    assert read("a table tomorrow at 8", slots).get("people") is None
    assert read("3 of us", slots)["people"] == [(3, "3", False)]


def test_what_cannot_be_looked_for_is_said() -> None:
    with pytest.raises(ValueError, match="regular expression"):
        SlotReader({"x": {"pattern": "("}}, "en")
    with pytest.raises(ValueError, match="mood"):
        SlotReader({"x": {"type": "mood"}}, "en")


def test_the_shape_of_a_text() -> None:
    reader = SlotReader({"topping": TOPPINGS}, "en")
    shapes = {
        shape(text, reader.find(text, Context("en", NOW))) for text in ("a salami pizza", "a mushroom pizza")
    }
    assert shapes == {"a {topping} pizza"}


def test_the_time_does_not_grow_with_the_lexicon() -> None:
    """A value that is not there costs no comparison."""
    slots = {"city": {"values": {f"city{number}x": {} for number in range(20_000)}}}
    reader = SlotReader(slots, "en")
    assert read("to city777x", {"city": {"values": {"city777x": {}}}})
    found = reader.find("from city777x to nowhere " * 20, Context("en", NOW))
    assert len(found["city"]) == 20


def test_many_slow_patterns_share_one_second(monkeypatch: pytest.MonkeyPatch) -> None:
    """Each is given up by itself; together they would hold the server for as long as they are many."""
    allowed: list[float] = []

    def give_up(pattern: Pattern, text: str, seconds: float) -> list[tuple[str, int, int]]:
        allowed.append(seconds)
        raise TimeoutError

    monkeypatch.setattr(Pattern, "find_all", give_up)
    slots = {f"slot{number}": {"pattern": f"^(a+)+{number}$"} for number in range(150)}
    assert SlotReader(slots, "en").find("a" * 9000 + "!", Context("en", NOW)) == {}
    assert len(allowed) == 150
    assert sum(allowed) == pytest.approx(1.0)
