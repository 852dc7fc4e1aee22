"""Timers with a name in flow files: their checks, drawing, schema and names for editors."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowhook.diagram.diagram import BACK, diagram_of
from flowhook.flowfiles.compile.node_types import NodeTypes
from flowhook.flowfiles.json_schema import json_schema
from flowhook.flowfiles.library import load_library
from flowhook.language_service.symbols import FlowSymbols
from flowhook.nodes import BUILTIN
from flowhook.yamldoc.document import load

TYPES = NodeTypes(BUILTIN)


def told(directory: Path, nodes: str, top: str = "") -> list[str]:
    """``line:column code hint`` of each problem of a flow."""
    (directory / "f.yaml").write_text(f"flow: f\n{top}nodes:\n{nodes}")
    found = load_library(directory, TYPES, root=directory).problems
    return [f"{problem.line}:{problem.column} {problem.code} {problem.hint}" for problem in found]


DUE = "    on_timer: [{say: Due.}]\n"


@pytest.mark.parametrize(
    ("nodes", "problem"),
    [
        ("  - timer: {name: a, in: 1h}\n" + DUE, []),
        ("  - timer: {name: a, in: 1h}\n",
         ['3:5 unknown-timer add "on_timer" beside it, or its nodes under "timers" at the top']),
        ("  - timer: {name: '{{ input.text }}', in: 1h}\n", []),
        ("  - timer: {name: a, in: 1h, at: '08:00'}\n" + DUE, ["3:12 bad-value "]),
        ("  - timer: {name: a}\n" + DUE, ["3:12 bad-value "]),
        ("  - timer: {name: a, at: soon}\n" + DUE, ["3:26 bad-value "]),
        ("  - timer: {name: a, in: 1h, unless: context.}\n" + DUE, ["3:46 bad-expression "]),
        ("  - timer: {in: 1h}\n" + DUE, ["3:5 missing "]),
        ("  - timer: {name: a, in: 1h}\n" + DUE + "  - cancel_timer: [a, b]\n", ["5:23 unknown-timer "]),
        ("  - timer: {name: a, in: 1h}\n    on_timer: [{ask: What?}]\n",
         ['4:17 wait-without-id add "id: …"']),
    ],
)  # fmt: skip
def test_what_is_told_of_timers(tmp_path: Path, nodes: str, problem: list[str]) -> None:
    """At its place in the file."""
    assert told(tmp_path, nodes) == problem


TOP = "timers:\n  later: [{say: Due.}, {id: second, say: Really.}]\n"


def test_the_nodes_of_a_timer_at_the_top(tmp_path: Path) -> None:
    """Are reachable, drawn with the way back, and known to editors; an id alone would not lead back."""
    node = "  - timer: {name: later, in: 1h}\n"
    assert told(tmp_path, node, TOP) == []
    diagram = diagram_of(load_library(tmp_path, TYPES, root=tmp_path).files["f.yaml"])
    arrows = {(arrow.source, arrow.target) for arrow in diagram.arrows}
    assert {("timer later", "#timers.later.0"), ("#timers.later.0", "second"), ("second", BACK)} <= arrows
    assert told(tmp_path, "  - id: x\n" + node.replace("- ", "  "), "timers: {later: x}\n") == [
        "2:17 bad-branch to leave for a node write [{goto: x}]",
    ]
    document, _ = load(f"flow: f\n{TOP}nodes:\n{node}  - cancel_timer: later\n", "f.yaml")
    assert document is not None
    found = FlowSymbols(document, TYPES).read()
    places = [(problem.range.line, problem.defines) for problem in found if problem.symbol.kind == "timer"]
    assert sorted(places) == [(3, True), (5, False), (6, False)]


@pytest.mark.parametrize(
    ("top", "fine"),
    [("timers: {a: [{say: x}]}\n", True), ("timers: {a: x}\n", False), ("timers: [a]\n", False)],
)
def test_editors_know_timers(top: str, fine: bool) -> None:
    """The schema takes them, or does not."""
    jsonschema_rs = pytest.importorskip("jsonschema_rs")
    document, _ = load(f"flow: f\n{top}nodes:\n  - timer: {{name: a, in: 1h}}\n", "f.yaml")
    assert document is not None
    assert jsonschema_rs.Draft7Validator(json_schema(TYPES)).is_valid(document.data) is fine
