"""``for_each``, ``args`` and ``return`` in flow files: their checks, drawing and schema."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowhook.diagram.diagram import diagram_of
from flowhook.flowfiles.compile.node_types import NodeTypes
from flowhook.flowfiles.json_schema import json_schema
from flowhook.flowfiles.library import load_library
from flowhook.nodes import BUILTIN
from flowhook.yamldoc.document import load

TYPES = NodeTypes(BUILTIN)


def told(directory: Path, nodes: str, **flows: str) -> list[str]:
    """``file:line:column code hint`` of each problem of some flows."""
    for name, text in {"f": nodes, **flows}.items():
        (directory / f"{name}.yaml").write_text(f"flow: {name}\nnodes:\n{text}")
    found = load_library(directory, TYPES, root=directory).problems
    return [
        f"{problem.file}:{problem.line}:{problem.column} {problem.code} {problem.hint}" for problem in found
    ]


SAY = "    do: [{say: '{{ guest.name }} {{ index }}'}]\n"


@pytest.mark.parametrize(
    ("nodes", "problem"),
    [
        ("  - id: e\n    for_each: {items: '{{ vars.a }}', as: guest}\n" + SAY, []),
        ("  - id: e\n    for_each: {items: vars.a, as: guest}\n" + SAY, []),
        ("  - id: e\n    for_each: {items: [1, 2], as: gest}\n" + SAY,
         ["f.yaml:5:20 unknown-name did you mean \"gest\"?"]),
        ("  - id: e\n    for_each: {items: guests}\n    do: []\n", ["f.yaml:4:23 bad-value "]),
        ("  - id: e\n    for_each: {items: [], as: context}\n    do: []\n", ["f.yaml:4:31 bad-value "]),
        ("  - id: e\n    for_each: {items: [], as: a b}\n    do: []\n", ["f.yaml:4:31 bad-value "]),
        ("  - for_each: {items: []}\n    do: []\n", ['f.yaml:3:5 memory-without-id add "id: …"']),
    ],
)  # fmt: skip
def test_what_is_told_of_rounds(tmp_path: Path, nodes: str, problem: list[str]) -> None:
    """Names of rounds are known, others are not."""
    assert told(tmp_path, nodes) == problem


CALL = "  - call: {flow: g, args: {size: 1}, store: context.a}\n  - say: '{{ context.a }}'\n"


@pytest.mark.parametrize(
    ("called", "problem"),
    [
        ("  - return: '{{ args.size }}'\n", []),
        ("  - return: '{{ args }}'\n", []),
        ("  - return: '{{ args.sise + args.size }}'\n", ['g.yaml:3:22 unknown-arg did you mean "size"?']),
        ("  - return: 1\n", ["f.yaml:3:18 unknown-arg "]),
        (
            "  - return: {a: 1}\n  - say: '{{ args.size }}'\n",
            [
                "f.yaml:4:14 shown-as-json write what you mean of it, such as context.a.name",
                "g.yaml:4:5 unreachable ",
            ],
        ),
    ],
)
def test_what_is_told_of_arguments(tmp_path: Path, called: str, problem: list[str]) -> None:
    """What no call gives, and what nobody reads."""
    assert told(tmp_path, CALL, g=called) == problem


def test_rounds_are_drawn_with_their_way_back(tmp_path: Path) -> None:
    """From the last node of a round."""
    assert told(tmp_path, "  - id: e\n    for_each: [1, 2]\n    do: [{id: s, say: '{{ item }}'}]\n") == []
    diagram = diagram_of(load_library(tmp_path, TYPES, root=tmp_path).files["f.yaml"])
    arrows = {(arrow.source, arrow.target, arrow.label) for arrow in diagram.arrows}
    assert {("e", "s", "do"), ("s", "e", "next"), ("e", "(end)", "")} <= arrows


@pytest.mark.parametrize(
    ("node", "fine"),
    [
        ("{for_each: {items: [1], as: x}, do: []}", True),
        ("{for_each: '{{ vars.x }}', do: {say: a}}", True),
        ("{call: {flow: g, args: {a: 1}, store: context.b}}", True),
        ("{call: {flow: g, args: 1}}", False),
        ("{return: {a: 1}}", True),
        ("{return: '{{ args.a }}'}", True),
        ("return:", True),
    ],
)
def test_editors_know_rounds_and_arguments(node: str, fine: bool) -> None:
    """The schema takes them, or does not."""
    jsonschema_rs = pytest.importorskip("jsonschema_rs")
    document, _ = load(f"flow: f\nnodes:\n  - {node}\n", "f.yaml")
    assert document is not None
    assert jsonschema_rs.Draft7Validator(json_schema(TYPES)).is_valid(document.data) is fine
