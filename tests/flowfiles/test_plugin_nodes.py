"""A node type of a plugin is checked, drawn and covered like a built-in one: by what its class says."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path as File
from typing import Any

import pytest

import flowhook
from flowhook import Node, Wait
from flowhook.diagram import mermaid, svg
from flowhook.diagram.diagram import diagram_of
from flowhook.errors import PluginError
from flowhook.flowfiles.compile.node_types import NodeTypes
from flowhook.flowfiles.library import LoadedLibrary, load_library
from flowhook.flowtest.run.coverage import Coverage
from flowhook.nodes import BUILTIN


class Survey(Node):
    """Asks whether the user was happy, and calls a flow for those who were not."""

    key = "survey"
    main = "text"
    draws_as = "ask"
    branches = ("unhappy", "on_timeout")
    branch_maps = ("on_intent",)
    intent_maps = ("on_intent",)
    armed_by = {"on_timeout": "timeout"}  # noqa: RUF012 - as a plugin writes it
    waits = True
    is_question = True

    text: flowhook.Text
    type: str = "yes_no"
    store: flowhook.Path | None = None
    valid_if: flowhook.Condition | None = None
    complaints: flowhook.FlowName | None = None
    instead: flowhook.Target | None = None
    about: flowhook.SlotName | None = None
    timeout: float | None = None

    @classmethod
    def sets_freely(cls, settings: Mapping[str, Any]) -> bool:
        return False

    async def run(self, turn: Any) -> Wait:
        await turn.say(self.text)
        return Wait(timeout=self.timeout)

    async def resume(self, turn: Any) -> str | None:
        happy = turn.input["text"] == "yes"
        if self.store is not None:
            turn.set(self.store, happy)
        return None if happy else "unhappy"


class Draw(Node):
    """Takes a branch, and nothing else."""

    key = "draw_lots"
    draws_as = "choose"
    branches = ("win", "lose")
    decides = True

    async def run(self, turn: Any) -> str:
        return "win"


def loaded(directory: File, nodes: str, top: str = "") -> LoadedLibrary:
    """The flow of these nodes, beside a flow ``complain``."""
    (directory / "a.yaml").write_text(f"flow: a\n{top}nodes:\n{nodes}")
    (directory / "complain.yaml").write_text("flow: complain\nnodes:\n  - say: Sorry.\n")
    return load_library(directory, NodeTypes([*BUILTIN, Survey, Draw]), root=directory)


def told(directory: File, nodes: str, top: str = "") -> list[str]:
    """``line:column code message`` of each problem."""
    problems = loaded(directory, nodes, top).problems
    return [f"{problem.line}:{problem.column} {problem.code} {problem.message}" for problem in problems]


INTENTS = "intents: {stop: {rules: \"input.text == 'stop'\"}}\nslots: {topic: {values: [price]}}\n"
GOOD = """
  - id: happy
    survey: {text: "Happy?", store: context.happy, complaints: complain, about: topic, timeout: 60}
    unhappy: [{say: Oh.}]
    on_timeout: [{say: "Still there?"}]
    on_intent: {stop: []}
  - say: "{{ context.happy }}"
"""


def test_a_question_of_a_plugin_that_is_right(tmp_path: File) -> None:
    """Nothing is said about it."""
    assert told(tmp_path, GOOD, INTENTS) == []


@pytest.mark.parametrize(
    ("before", "after", "problem"),
    [
        ("complaints: complain", "complaints: complian", 'unknown-flow no flow "complian"'),
        ("about: topic", "about: topik", 'unknown-slot no slot "topik"'),
        ("about: topic", "instead: hapy", 'unknown-node no node "hapy" in flow "a"'),
        ("on_intent: {stop: []}", "on_intent: {stopp: []}", 'unknown-intent no intent "stopp"'),
        ("id: happy\n    ", "", 'wait-without-id a session can wait at this "survey"'),
        (", timeout: 60", "", 'idle-branch "on_timeout" is never taken: this "survey" has no "timeout"'),
        ("{{ context.happy }}", "{{ context.hapy }}", "unset-variable nothing sets context.hapy"),
        (
            'say: "{{ context.happy }}"', "switch: context.happy\n    cases: {yes: []}",
            'case-never-matches the case "yes" never matches: context.happy is true or false',
        ),
        (
            'say: "{{ context.happy }}"', "if: context.happy == 'yes'\n    then: []",
            "never-equal context.happy is true or false, and not a text",
        ),
        ('say: "{{ context.happy }}"', "draw_lots:", 'no-branches this "draw_lots" does nothing'),
        ("complaints: complain", "valid_if: contxt.a", 'unknown-name expressions know no name "contxt"'),
    ],
)  # fmt: skip
def test_what_is_wrong_with_a_node_of_a_plugin(tmp_path: File, before: str, after: str, problem: str) -> None:
    """The same is told as of a built-in one, once."""
    assert before in GOOD
    found = told(tmp_path, GOOD.replace(before, after), INTENTS)
    assert len(found) == 1, found
    assert problem in found[0]


def test_how_a_node_of_a_plugin_is_drawn(tmp_path: File) -> None:
    """In the colour and the shape that its class names, with the flow that it calls."""
    library = loaded(tmp_path, GOOD + "  - draw_lots:\n    win: [{say: Won.}]\n", INTENTS)
    diagram = diagram_of(library.files["a.yaml"])
    assert ("happy", "flow complain", "call") in {(a.source, a.target, a.label) for a in diagram.arrows}
    drawn = svg.render(diagram)
    assert '<rect class="box ask"' in drawn
    assert '<rect class="box choose"' in drawn
    text = mermaid.render(diagram)
    assert '[/"<b>happy</b> · survey<br/>Happy?"/]' in text
    assert '{{"<i>draw_lots</i>"}}' in text


def test_coverage_knows_the_branches_of_a_node_of_a_plugin(tmp_path: File) -> None:
    """Each of them is a way that a test should take."""
    coverage = Coverage.of(loaded(tmp_path, GOOD, INTENTS).library)
    assert coverage.flows["a"].ways["happy"] == {"unhappy", "on_timeout", "on_intent.stop", "next"}


@pytest.mark.parametrize(
    ("attributes", "message"),
    [
        ({"intent_maps": ("on_intent",)}, 'Odd.intent_maps names "on_intent", which is no branch map of it'),
        ({"staying": ("on_timeout",)}, 'Odd.staying names "on_timeout", which is no branch of it'),
        ({"branches": ("late",), "armed_by": {"late": "time"}}, 'Odd names "time" as a setting'),
    ],
)
def test_what_a_class_says_has_to_fit(attributes: dict[str, Any], message: str) -> None:
    """A name that is no branch or field of it is a slip, told when the plugin is loaded."""
    odd = type("Odd", (Node,), {"key": "odd", "__module__": __name__, "run": Draw.run, **attributes})
    with pytest.raises(PluginError, match=re.escape(message)):
        NodeTypes([odd])
