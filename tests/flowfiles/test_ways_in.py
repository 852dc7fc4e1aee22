"""What gets through to whom while a question waits, told from the files alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowhook.flowfiles.compile.node_types import NodeTypes
from flowhook.flowfiles.library import load_library
from flowhook.flowfiles.ways_in import WaysIn, ways_in
from flowhook.nodes import BUILTIN

FLOW = """\
flow: shop
attach: [smalltalk]
intents:
  cancel: {rules: ["input.text == 'stop'"], examples: ["cancel my order", "stop the order"], entry: bye}
  stop: {rules: ["input.text == 'halt'"], entry: bye}
  hours: {examples: ["when are you open", "opening hours"], reply: "At noon."}
  menu: {examples: ["what do you have", "show the menu"], do: [{say: "Pizza."}]}
  order: {examples: ["a pizza", "I want a pizza"]}
  agent: {examples: ["a human please", "an agent"]}
states:
  paying: {allow: [cancel]}
nodes:
  - id: who
    ask: {text: "Your name?", type: text, store: context.who%s}
    on_intent: {agent: bye}
  - id: size
    ask: {text: "Which size?", type: choice, choices: [small, large], store: context.size%s}
  - id: pin
    ask: {text: "PIN?", type: integer, secret: true, store: context.pin}
  - id: form
    collect:
      asks: [{text: "Street?", store: context.street}, {text: "When?", type: date, store: context.day}]
  - id: tip
    optional_ask: {text: "A tip?", type: yes_no, store: context.tip}
  - id: bye
    say: Bye.
"""
SMALL_TALK = """\
flow: smalltalk
intents:
  joke: {examples: ["tell me a joke", "a joke please"], reply: "No."}
nodes:
  - say: Hm.
"""


def at(directory: Path, node: str, who: str = "", size: str = "") -> WaysIn:
    """What gets through at a node."""
    (directory / "shop.yaml").write_text(FLOW % (who, size))
    (directory / "smalltalk.yaml").write_text(SMALL_TALK)
    loaded = load_library(directory, NodeTypes(BUILTIN), root=directory)
    assert loaded.good, loaded.problems
    flow = loaded.library.flows["shop"]
    found = ways_in(loaded.library, flow, flow.nodes[node])
    assert found is not None
    return found


def short(found: WaysIn) -> list[str]:
    return [f"{way.step} {way.kind} {way.name}" for way in found.ways]


def test_a_text_question_lets_through_what_is_clearly_meant(tmp_path: Path) -> None:
    """Before its answer, which any text is; never what only the flow would make something of."""
    found = at(tmp_path, "who")
    assert found.any_text
    assert short(found) == [
        "2 on_intent agent",
        "3 rule cancel",
        "3 rule stop",
        "4 offer tip",
        "5 correction context.size",
        "5 correction context.street",
        "5 correction context.day",
        "6 clear_intent cancel",
        "6 clear_intent hours",
        "6 clear_intent menu",
        "6 clear_intent smalltalk/joke",
        "6 answer text",
    ]
    does = {way.name: way.does for way in found.ways if way.kind == "clear_intent"}
    assert does == {"cancel": "entry", "hours": "reply", "menu": "do", "smalltalk/joke": "reply"}
    assert [kept.name for kept in found.kept_out] == ["order"]
    assert "a score of 0.8" in next(way.when for way in found.ways if way.name == "hours")
    assert {way.name for way in found.ways if way.held_back_in} == {"stop", "hours", "menu", "smalltalk/joke"}


def test_with_digression_none_only_rules_and_on_intent_come_before_the_answer(tmp_path: Path) -> None:
    found = at(tmp_path, "who", who=", digression: none")
    assert [line for line in short(found) if line[0] in "236"] == [
        "2 on_intent agent", "3 rule cancel", "3 rule stop", "6 answer text",
    ]  # fmt: skip
    assert {kept.name: kept.why for kept in found.kept_out}["hours"] == "digression: none"
    assert "cancel" not in {kept.name for kept in found.kept_out}


def test_a_question_that_not_everything_answers_is_asked_first(tmp_path: Path) -> None:
    """A choice, and a text with a condition."""
    for found in (at(tmp_path, "size"), at(tmp_path, "who", who=", valid_if: answer | length > 3")):
        assert not found.any_text
        steps = [line.split()[:2] for line in short(found)]
        assert ["6", "answer"] in steps
        assert ["6", "clear_intent"] not in steps
        assert steps.index(["6", "answer"]) < steps.index(["7", "intent"])
        assert steps[-1] == ["8", "again"]


def test_a_form_and_a_secret_question(tmp_path: Path) -> None:
    """The kinds of answers of a form; a secret answer is corrected by nothing."""
    found = at(tmp_path, "form")
    assert found.any_text
    assert [way.name for way in found.ways if way.kind == "answer"] == ["text", "date"]
    assert "5 correction context.pin" not in short(found)


@pytest.mark.parametrize("node", ["bye", "tip"])
def test_what_does_not_wait_has_none(tmp_path: Path, node: str) -> None:
    at(tmp_path, "who")
    loaded = load_library(tmp_path, NodeTypes(BUILTIN), root=tmp_path)
    flow = loaded.library.flows["shop"]
    assert ways_in(loaded.library, flow, flow.nodes[node]) is None
