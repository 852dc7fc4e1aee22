"""``fuzzy``: the closest of many."""

from __future__ import annotations

from typing import Any

import pytest

from tests.engine.conversation import Conversation

TEXTS = ["Margherita", "Quattro Formaggi", "Pepperoni", "Salami"]
PRODUCTS = [{"name": "Margherita", "price": 7}, {"name": "Salami", "price": 8}, {"price": 9}]


def talk(items: Any = TEXTS, **more: Any) -> Conversation:
    fuzzy = {"value": "{{ input.text }}", "items": "{{ context.items }}", "store": "context.choice", **more}
    node = {"fuzzy": fuzzy, "then": [{"say": "{{ context.choice.item }}"}], "else": [{"say": "nothing"}]}
    return Conversation({**node, "on_error": [{"say": "{{ error.reason }}"}]}, context={"items": items})


@pytest.mark.parametrize(
    ("text", "item"),
    [
        ("Salami", "Salami"),
        ("  SALAMI! ", "Salami"),
        ("peperoni", "Pepperoni"),
        ("margarita", "Margherita"),
        ("formaggi quattro", "Quattro Formaggi"),
        ("one pepperoni please", "Pepperoni"),
        ("a glass of water", "nothing"),
        ("", "nothing"),
        ("?!", "nothing"),
    ],
)
def test_finds_in_spite_of_typos(text: str, item: str) -> None:
    """Case, order of words, typos, a part of a sentence."""
    assert talk(min_score=0.7).says(text) == [item]


def test_score_and_index() -> None:
    """1 is the same text."""
    conversation = talk()
    conversation.says("salami")
    assert conversation.context["choice"] == {"item": "Salami", "score": 1.0, "index": 3}
    assert conversation.run.turn.input["result"] == conversation.context["choice"]
    conversation.says("salamy")
    assert 0.6 < conversation.context["choice"]["score"] < 1
    conversation.says("zzz")
    assert conversation.run.turn.input["result"] is None
    assert conversation.context["choice"]["item"] == "Salami"


def test_min_score() -> None:
    """1 takes only what is the same."""
    assert talk(min_score=1).says("salamy") == ["nothing"]
    assert talk(min_score=1).says("SALAMI") == ["Salami"]
    assert talk(min_score=0).says("sal") == ["Salami"]


def test_mappings_by_key() -> None:
    """The item is the whole mapping; one without a text is never found."""
    conversation = talk(PRODUCTS, key="name")
    conversation.says("salam")
    assert conversation.context["choice"]["item"] == {"name": "Salami", "price": 8}


def test_numbers_count_as_texts() -> None:
    """As they would be printed."""
    conversation = talk([10, 20, 30])
    conversation.says("20")
    assert conversation.context["choice"]["item"] == 20


@pytest.mark.parametrize("items", ["Salami", None, {"a": 1}, 5, PRODUCTS, [["x"]], ["x"] * 2001])
def test_what_is_no_list_of_texts_fails(items: Any) -> None:
    """With the reason "items"."""
    assert talk(items).says("x") == ["items"]


def test_many_items_are_quick() -> None:
    """The work is bounded, however long the texts."""
    conversation = talk(["x" * 5000] * 1999 + ["the needle"])
    assert conversation.says("needle") == ["the needle"]
