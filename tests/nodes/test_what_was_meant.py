"""Questions take no value that nobody said: what is denied, one of two, the end of a range."""

from __future__ import annotations

from typing import Any

import pytest

from flowhook.model.understanding import Understanding
from tests.engine.conversation import Conversation

DAY = {"text": "Which day?", "type": "date", "store": "context.day"}


def ask(**settings: Any) -> Conversation:
    talk = Conversation({"id": "q", "ask": settings}, {"say": "{{ input.result }}"})
    talk.says("hello")
    return talk


@pytest.mark.parametrize(
    ("kind", "text"),
    [
        ("date", "any day but Monday"),
        ("date", "Friday doesn't work"),
        ("date", "April 2-7"),
        ("time", "from 5 to 6 pm"),
        ("datetime", "tomorrow but not at 5"),
        ("duration", "2 or 3 hours"),
        ("money", "5 or 6 dollars"),
        ("percentage", "5-6 %"),
        ("number", "at least 5"),
        ("integer", "anything but 5"),
        ("yes_no", "I don't know"),
        ("date", "the third floor"),
        ("date", "5 October at the earliest"),
        ("time", "between ten and noon"),
        ("money", "from 20 euros"),
        ("percentage", "10% or more"),
    ],
)
def test_ask_asks_again(kind: str, text: str) -> None:
    assert ask(text="What?", type=kind, store="context.x").says(text) == ["What?"]


def test_confirm_takes_no_uncertainty_for_a_no() -> None:
    talk = ask(**DAY, confirm="{{ answer }}?")
    first = talk.says("tomorrow")
    assert talk.says("I don't know") == first
    assert talk.says("that's not right") == ["Which day?"]


def test_optional_ask_takes_no_ordinal_of_something_else() -> None:
    offer = {
        "id": "drink",
        "optional_ask": {
            "text": "A drink?",
            "type": "choice",
            "choices": ["water", "juice"],
            "forget_after": 9,
        },
        "then": [{"say": "One {{ input.result }}."}],
    }
    talk = Conversation(offer, {"id": "w", "wait": {}}, {"say": "Noted."}, {"goto": "w"})
    talk.says("hello")
    for text in ("first the soup, then the salad", "the same as last time", "wait a second"):
        assert talk.says(text) == ["Noted."]
    assert talk.says("the second one please")[0] == "One juice."


def test_collect_keeps_no_part_of_what_was_denied() -> None:
    """The 5 of "not on 5 May" is no number of people either."""
    people = {"text": "How many?", "type": "integer", "store": "context.people"}
    talk = Conversation({"id": "c", "collect": [DAY, people]}, {"say": "Done."})
    talk.says("hello")
    assert talk.says("not on 5 May") == ["Which day?"]
    assert talk.says("from 2 to 7 April") == ["Which day?"]
    assert talk.context == {}


@pytest.mark.parametrize(
    ("text", "kind"),
    [("monday or tuesday", "date"), ("monday or tuesday", "slot"), ("monday, no wait, tuesday", "slot")],
)
def test_one_of_two_values_of_a_slot_is_not_taken(text: str, kind: str) -> None:
    days = ["2026-11-30", "2026-12-01"]
    question = DAY | {"type": kind, "slot": "day"}
    talk = Conversation({"id": "q", "ask": question}, understanding=Understanding(slots={"day": days}))
    assert talk.says(text) == ["Which day?"]
    assert talk.says(text) == ["Which day?"]
    collected = {"id": "c", "collect": [question]}
    talk = Conversation(collected, understanding=Understanding(slots={"day": days}))
    assert talk.says(text) == ["Which day?"]


def test_what_was_taken_back_is_not_one_of_two() -> None:
    """A date that is corrected in the same breath is the later one; the question reads it itself."""
    days = ["2026-11-30", "2026-12-01"]
    for node in ({"id": "q", "ask": DAY | {"slot": "day"}}, {"id": "c", "collect": [DAY | {"slot": "day"}]}):
        talk = Conversation(node, understanding=Understanding(slots={"day": days}))
        talk.says("hello")
        talk.says("monday, no wait, tuesday")
        assert talk.context == {"day": "2023-11-21"}


def test_a_value_of_a_slot_that_is_taken_back_is_not_taken() -> None:
    """Neither before the question is asked nor when it is."""
    question = {"id": "q", "ask": {"text": "Colour?", "type": "slot", "slot": "colour"}}
    found = Understanding(slots={"colour": ["red", "blue"]})
    talk = Conversation(question, {"say": "{{ input.result }}"}, understanding=found)
    assert talk.says("red, no, blue") == talk.says("red, no, blue") == ["Colour?"]
    assert talk.says("red and blue") == ["red"]


@pytest.mark.parametrize(
    ("text", "value"),
    [("after friday", "2023-11-17"), ("before the 17th", "2023-11-17"), ("at least 5 euros", 5)],
)
@pytest.mark.parametrize("kind", ["its own", "slot"])
def test_a_limit_in_a_slot_is_no_answer(text: str, value: Any, kind: str) -> None:
    """The slot has the value that came up; no question takes it, before it is asked or when it is."""
    own = "number" if value == 5 else "date"
    question = DAY | {"type": own if kind == "its own" else kind, "slot": "x"}
    found = Understanding(slots={"x": [value]})
    for node in ({"id": "q", "ask": question}, {"id": "c", "collect": [question]}):
        talk = Conversation(node, understanding=found)
        assert talk.says(text) == ["Which day?"]
        assert talk.says(text) == ["Which day?"]
        assert talk.says("it is so") == []
        assert talk.context == {"day": value}


def test_a_slot_answers_a_text_question_before_and_when_it_is_asked() -> None:
    """The value, not the sentence around it."""
    question = {"id": "q", "ask": {"text": "City?", "slot": "city", "store": "context.city"}}
    found = Understanding(slots={"city": ["Rome"]})
    before = Conversation(question, understanding=found)
    before.says("to Rome please")
    asked = Conversation(question)
    asked.says("hello")
    asked.hears("to Rome please", found)
    assert before.context == asked.context == {"city": "Rome"}
