"""The JSON Schema of flow files, as editors use it."""

from __future__ import annotations

from pathlib import Path
from textwrap import dedent
from typing import Any

import pytest
from pydantic import BaseModel, Field

from flowhook.engine.node import Node
from flowhook.flowfiles.compile.node_types import NodeTypes
from flowhook.flowfiles.json_schema import json_schema
from flowhook.nodes import BUILTIN
from flowhook.yamldoc.document import load

jsonschema_rs = pytest.importorskip("jsonschema_rs")

FLOWS = Path(__file__).parents[2] / "flows"


class Level(BaseModel):
    """A class of its own inside a plugin's settings."""

    model_config = {"extra": "forbid"}
    count: int = 1


class CrmLookup(Node):
    """Finds a customer by phone number."""

    key = "crm_lookup"
    main = "phone"
    branches = ("found", "missing")
    phone: str = Field(description="the number to look for")
    deep: bool = False
    levels: list[Level] = Field(default_factory=list)
    rule: Any = None


SCHEMA = json_schema(NodeTypes([*BUILTIN, CrmLookup]))
VALIDATOR = jsonschema_rs.Draft7Validator(SCHEMA)


def valid(nodes: str, head: str = "flow: f\n") -> bool:
    document, problems = load(f"{head}nodes:\n{dedent(nodes)}", "f.yaml")
    assert document is not None
    assert not problems
    return bool(VALIDATOR.is_valid(document.data))


@pytest.mark.parametrize("path", sorted(FLOWS.rglob("*.yaml")), ids=lambda path: path.name)
def test_the_shipped_flows_fit(path: Path) -> None:
    """Every shipped flow is valid; a file of tests beside it is no flow, and is not taken for one."""
    document, _ = load(path.read_text(), path.name)
    assert document is not None
    messages = [error.message for error in VALIDATOR.iter_errors(document.data)]
    assert bool(messages) is path.name.endswith(".test.yaml"), messages


@pytest.mark.parametrize(
    "nodes",
    [
        "- say: Hello",
        "- say: 12",
        "- say: [Hello, 12]",
        "- say: {text: Hello, data: {a: 1}}",
        "- stop:",
        "- stop: {}",
        "- once:\n  then: {say: hi}",
        "- ask: {text: x, attempts: '{{ context.n }}', timeout: 5m, choices: [1, {value: b, synonyms: [c]}]}",
        "- if: true\n  then: a\n  else: [{say: b}, {goto: c}]",
        "- switch: context.a\n  cases: {a: {say: b}, c: d}\n  default: []",
        "- set: {context.a: 1, context.b: [1, '{{ context.c }}']}",
        "- unset: [context.a]",
        "- unset: context.a",
        "- sleep: 2s",
        "- sleep: 2",
        "- sleep: '{{ context.pause }}'",
        "- http_request: {url: /x, json: {a: [1]}, retries: '{{ 2 }}', method: POST}",
        "- crm_lookup: '{{ input.text }}'\n  found: {say: hi}\n  missing: []",
        "- crm_lookup: {phone: 030, deep: '{{ context.deep }}', levels: [{count: 2}], rule: {a: [b]}}",
        "- say: {en: Hello, de-AT: [Servus, 12]}",
        "- say: {text: {en: Hello, de: Hallo}}",
        "- say: {text: [{en: a, de: b}, c]}",
        "- ask: {text: {en: a, de: [b]}, choices: [{en: a, de: b}, {value: c, synonyms: {en: [d]}}]}",
        "- crm_lookup: {en: '1', de: '2'}",
        "- say: x\n  disabled: true\n  comment: {any: thing}\n  on_error: {stop: }",
    ],
)
def test_what_may_be_written(nodes: str) -> None:
    """Every form that the compiler takes is valid."""
    assert valid(nodes)


@pytest.mark.parametrize(
    "nodes",
    [
        "- sya: Hello",
        "- say: Hello\n  ask: x",
        "- id: a",
        "- say: x\n  then: {say: y}",
        "- say: {text: x, colour: red}",
        "- say: {txet: x}",
        "- say: {en: {text: x}}",
        "- say: {text: {english: x}}",
        "- set: {context.a: 1}\n  then: {say: y}",
        "- {ask: {text: x, attempts: many}}",
        "- if: x\n  then: null",
        "- if: x\n  then: {say: a, else: b}",
        "- switch: x\n  cases: [a]",
        "- crm_lookup: {phone: '1', deep: perhaps}",
        "- crm_lookup: {phone: '1', levels: [{cuont: 2}]}",
        "- crm_lookup: {}",
        "- crm_lookup:",
        "- just a text",
        "- id: two words\n  say: x",
    ],
)
def test_what_is_wrong(nodes: str) -> None:
    """What the compiler refuses for its form, an editor underlines."""
    assert not valid(nodes)


def test_the_head_of_a_file() -> None:
    """Top keys are known, apart from x-…; the name has a form."""
    assert valid(
        "- stop:",
        "flow: f\ndescription: x\ncontext: {a: 1}\nsettings: {loop_limit: 3, on_error: a}\nx-a: 1\n",
    )
    assert not valid("- stop:", "flow: F\n")
    assert not valid("- stop:", "flow: f\nnods: []\n")
    assert not valid("- stop:", "flow: f\nsettings: {loop_limt: 3}\n")


@pytest.mark.parametrize(
    "head",
    [
        "settings: {digressions: silent, confidence: 0.5, confirm_below: 1, mapping: main_first, "
        "continue_after_reply: true, language: de}",
        "locales: [en, de-AT]",
        "locales: {en: , de: en}",
        "locales: en",
        "attach: [smalltalk]",
        "reject: [asdf]",
        "reject: {en: [asdf], de: qwertz}",
        "states: {paying: {allow: [a, b], default: true}, idle: {block: a}, free: }",
        "intents:",
        "intents: {a: , b: {examples: [x, 1], rules: true, condition: true, parent: a, inherit: true}}",
        "intents: {a: {examples: {en: [x], de: y}, entry: n, confirm: Sure?, confidence: 0, priority: -1}}",
        "intents: {a: {rules: [a, true], reply: {text: [x, y], order: loop}}, b: {reply: {en: x, de: [y]}}}",
        "slots: {a: {values: [x, 1, {value: y, synonyms: [z], data: 1}], fuzzy: true, store: context.a}}",
        "slots: {a: {values: {x: , y: [z], w: z, v: {synonyms: {en: [u]}, data: 1}, t: {en: [s]}}}}",
        "slots: {a: {pattern: '[A-Z]'}, b: {type: date, description: when}}",
    ],
)
def test_what_may_stand_above_the_nodes(head: str) -> None:
    """Every form of intents, slots, states, locales and settings that the compiler takes is valid."""
    assert valid("- stop:", f"flow: f\n{head}\n")


@pytest.mark.parametrize(
    "head",
    [
        "settings: {digressions: ask}",
        "settings: {confidence: 2}",
        "locales: 5",
        "attach: {a: b}",
        "reject: {english: [a]}",
        "states: {a: {alow: [b]}}",
        "intents: [a]",
        "intents: {a: [b]}",
        "intents: {a: {exampels: [b]}}",
        "intents: {a: {confidence: high}}",
        "intents: {a: {reply: {txet: b}}}",
        "slots: {a: {}}",
        "slots: {a: {type: nummber}}",
        "slots: {a: {values: {b: {synonims: [c]}}}}",
    ],
)
def test_what_is_wrong_above_the_nodes(head: str) -> None:
    """What the compiler refuses for its form, an editor underlines."""
    assert not valid("- stop:", f"flow: f\n{head}\n")


def test_built_in_nodes_are_shown_with_an_example() -> None:
    """Hovering a built-in node shows its page as Markdown."""
    page = SCHEMA["definitions"]["node"]["properties"]["wait"]["markdownDescription"]
    assert page.startswith("`wait`: ")
    assert "```yaml\n- id: pause\n  wait: 10m\n" in page
    assert "\n```\n" in page
    assert "``on_timeout``" not in page


def test_words_for_people() -> None:
    """Hovering shows the docstring of a node and the description of a setting."""
    definitions = SCHEMA["definitions"]
    assert (
        definitions["node"]["properties"]["crm_lookup"]["description"] == "Finds a customer by phone number."
    )
    lookup = definitions["node-crm_lookup"]["properties"]["crm_lookup"]
    settings = next(form for form in lookup["else"]["anyOf"] if form.get("type") == "object")
    assert settings["properties"]["phone"]["description"] == "the number to look for"
