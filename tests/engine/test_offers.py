"""Offers: what ``optional_ask`` keeps open while the flow goes on."""

from __future__ import annotations

from typing import Any

from flowhook.engine.flow import Flow
from flowhook.model.inbound import Kind
from flowhook.model.session import Offer
from tests.engine.conversation import Builder, Conversation

DRINK = {
    "id": "drink",
    "optional_ask": {"text": "A drink?", "type": "choice", "choices": ["tea", "milk"], "forget_after": 2},
    "then": [{"say": "One {{ input.result }}."}],
}
SIZE = {"id": "size", "ask": {"text": "Size?", "type": "choice", "choices": ["small", "large"]}}


def flow(name: str, *items: Any, **rest: Any) -> Flow:
    return Builder().flow(name, list(items), **rest)


def talk(*flows: Flow) -> Conversation:
    return Conversation(flows=list(flows))


def test_an_offer_is_taken_by_an_answer_to_it() -> None:
    """The session goes over to it, and on below (3.9)."""
    heard = talk(flow("main", DRINK, SIZE, {"say": "done"}))
    assert heard.says("hi") == ["A drink?", "Size?"]
    assert heard.session.offers == [Offer("main", "drink", 2)]
    assert heard.says("tea") == ["One tea.", "Size?"]
    assert heard.session.offers == []
    assert heard.run.steps[0].went == "offer drink"
    assert heard.says("large") == ["done"]


def test_what_does_not_answer_it_goes_its_way() -> None:
    """And counts down; after the last input the offer is gone."""
    heard = talk(flow("main", DRINK, SIZE, {"say": "done"}))
    heard.says("hi")
    assert heard.says("nonsense") == ["Size?"]
    assert heard.session.offers == [Offer("main", "drink", 1)]
    assert heard.says("nonsense") == ["Size?"]
    assert heard.session.offers == []
    assert heard.says("tea") == ["Size?"]


def test_the_last_input_may_still_take_it() -> None:
    """``forget_after`` inputs may answer."""
    heard = talk(flow("main", DRINK, SIZE))
    heard.says("hi")
    heard.says("nonsense")
    assert heard.says("milk") == ["One milk.", "Size?"]


def test_timers_do_not_count_down() -> None:
    """Only messages and injects are inputs."""
    ask = {"id": "w", "ask": {"text": "Size?", "timeout": 5}, "on_timeout": [{"say": "Hello?"}]}
    heard = talk(flow("main", DRINK, ask))
    heard.says("hi")
    heard.times_out()
    assert heard.session.offers[0].inputs == 2
    assert heard.says("tea", kind=Kind.INJECT) == ["One tea.", "Size?"]


def test_the_newest_offer_is_tried_first() -> None:
    """And one takes the input."""
    more = {
        "id": "more",
        "optional_ask": {"text": "More?", "type": "choice", "choices": ["tea"]},
        "then": [{"say": "More tea."}],
    }
    heard = talk(flow("main", DRINK, more, SIZE))
    heard.says("hi")
    assert [offer.node for offer in heard.session.offers] == ["more", "drink"]
    assert heard.says("tea") == ["More tea.", "Size?"]
    assert [offer.node for offer in heard.session.offers] == ["drink"]


def test_an_offer_made_again_replaces_itself() -> None:
    """A node has one offer open at most."""
    heard = talk(flow("main", DRINK))
    heard.says("hi")
    heard.says("hi")
    assert heard.session.offers == [Offer("main", "drink", 2)]


def test_offers_come_before_answers_and_examples_but_after_rules() -> None:
    """And after ``on_intent``."""
    intents = {"stop": {"rules": "input.text == 'milk'", "entry": "e"}, "tea": {"entry": "e"}, "mood": {}}
    ask = {"id": "q", "ask": "Say?", "on_intent": {"mood": [{"say": "on intent"}]}}
    heard = talk(flow("main", DRINK, ask, {"stop": None}, {"id": "e", "say": "entry"}, intents=intents))
    heard.says("hi")
    assert heard.hears("tea", "mood 0.9") == ["on intent"]
    assert heard.hears("tea", "tea 0.9") == ["One tea.", "Say?"]
    heard.says("x")
    heard.says("x")
    assert heard.says("milk") == ["entry"]


def test_an_offer_of_a_flow_that_was_left_is_a_digression() -> None:
    """It runs on top, and the session comes back to where it stands."""
    sub = flow("sub", DRINK)
    heard = talk(flow("main", {"call": "sub"}, SIZE, {"say": "done"}), sub)
    assert heard.says("hi") == ["A drink?", "Size?"]
    assert heard.says("tea") == ["One tea.", "Size?"]
    assert heard.run.position == "main/size"
    assert heard.says("small") == ["done"]


def test_an_offer_whose_node_is_gone_is_passed_over() -> None:
    """Or one whose flow is."""
    heard = talk(flow("main", DRINK, SIZE))
    heard.says("hi")
    heard.session.offers.append(Offer("gone", "x", 5))
    del heard.library.flows["main"].nodes["drink"]
    assert heard.says("tea") == ["Size?"]


def test_an_offer_survives_the_storage() -> None:
    """It is plain JSON of the session."""
    heard = talk(flow("main", DRINK, SIZE))
    heard.says("hi")
    assert heard.session.to_json()["offers"] == [{"flow": "main", "node": "drink", "inputs": 2}]
