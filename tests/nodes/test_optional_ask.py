"""``optional_ask``: an offer that does not hold up the flow."""

from __future__ import annotations

from typing import Any

import pytest

from flowhook.engine.settings.compiled import SettingsError
from flowhook.model.understanding import Understanding
from tests.engine.conversation import Conversation, settings

DRINK = {"text": "A drink?", "type": "choice", "choices": ["water", "juice"], "store": "context.drink"}
OFFER = {"id": "offer", "optional_ask": DRINK, "then": [{"say": "One {{ input.result }}."}]}
SIZE = {"id": "size", "ask": {"text": "Size?", "type": "choice", "choices": ["small", "large"]}}


def test_it_is_asked_and_the_flow_goes_on() -> None:
    """Nothing waits for it."""
    talk = Conversation(OFFER, {"say": "Your order is on its way."})
    assert talk.says("x") == ["A drink?", "Your order is on its way."]
    assert not talk.session.waiting
    assert talk.run.outputs[0].data["rich"]["type"] == "quick_replies"


def test_an_answer_is_taken_and_the_flow_goes_on_below() -> None:
    """With its result, at ``store``, and the list under ``then`` first."""
    talk = Conversation(OFFER, {"say": "Bye."})
    talk.says("x")
    assert talk.says("juice") == ["One juice.", "Bye."]
    assert talk.context == {"drink": "juice"}
    assert talk.session.offers == []


def test_what_is_no_answer_goes_where_it_would_have_gone() -> None:
    """And after one input the offer is off."""
    talk = Conversation(OFFER, SIZE, {"say": "{{ input.result }}"})
    assert talk.says("x") == ["A drink?", "Size?"]
    assert talk.says("large") == ["large"]
    talk = Conversation(OFFER, SIZE)
    talk.says("x")
    talk.says("medium")
    assert talk.says("juice") == ["Size?"]


def test_it_may_be_open_for_several_inputs() -> None:
    """``forget_after`` counts them."""
    talk = Conversation({**OFFER, "optional_ask": DRINK | {"forget_after": 2}}, SIZE)
    talk.says("x")
    talk.says("medium")
    assert talk.says("juice") == ["One juice.", "Size?"]


def test_an_answer_beats_the_question_that_waits() -> None:
    """Offers are tried first; below the offer the question is asked again."""
    same = {"id": "q", "ask": {"text": "With the meal?", "type": "choice", "choices": ["juice", "soup"]}}
    talk = Conversation(OFFER, same)
    talk.says("x")
    assert talk.says("juice") == ["One juice.", "With the meal?"]


def test_the_newest_offer_wins() -> None:
    """One answer is taken once."""
    other = {"id": "other", "optional_ask": DRINK | {"text": "Another?", "store": "context.other"}}
    talk = Conversation(OFFER, other)
    talk.says("x")
    assert talk.says("water") == []
    assert talk.context == {"other": "water"}


def test_zero_is_an_answer() -> None:
    """As everywhere."""
    tip = {"text": "A tip?", "type": "integer", "store": "context.tip"}
    talk = Conversation({"id": "o", "optional_ask": tip}, context={"tip": 5})
    talk.says("x")
    talk.says("0")
    assert talk.context == {"tip": 0}


def test_valid_if_has_the_last_word() -> None:
    """An answer that does not hold is none."""
    talk = Conversation({**OFFER, "optional_ask": DRINK | {"valid_if": "answer != 'juice'"}}, {"say": "Bye."})
    talk.says("x")
    assert talk.says("juice") == ["A drink?", "Bye."]


def test_skip_if_offers_nothing() -> None:
    """The flow goes on below."""
    talk = Conversation(
        {**OFFER, "optional_ask": DRINK | {"skip_if": "context.drink"}}, context={"drink": "tea"}
    )
    assert talk.says("x") == []
    assert talk.session.offers == []


def test_what_was_said_already_is_not_offered() -> None:
    """A value of its slot is the answer at once."""
    talk = Conversation(
        {**OFFER, "optional_ask": DRINK | {"slot": "drink"}},
        understanding=Understanding(slots={"drink": ["juice"]}),
    )
    assert talk.says("a pizza and a juice") == ["One juice."]
    assert talk.session.offers == []


@pytest.mark.parametrize("raw", [{"attempts": 2}, {"timeout": 5}, {"forget_after": 0}, {"type": "choice"}])
def test_wrong_settings_are_refused(raw: dict[str, Any]) -> None:
    """What an offer has not is no setting of it."""
    with pytest.raises(SettingsError):
        settings("optional_ask", text="?", **raw)
