"""Intents with ``do``: what ``check`` says of them, their drawing and what changes mean to them."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowhook.diagram.diagram import BACK, diagram_of
from flowhook.flowfiles.changes import compare
from flowhook.flowfiles.compile.node_types import NodeTypes
from flowhook.flowfiles.library import load_library
from flowhook.nodes import BUILTIN

TYPES = NodeTypes(BUILTIN)


def flow(intent: str) -> str:
    return (
        f"flow: f\nintents:\n  way: {{rules: input.text == 'way', {intent}}}\n"
        "nodes:\n  - id: q\n    ask: {text: Q?, store: context.q}\n  - say: '{{ context.q }}'\n"
    )


def told(directory: Path, text: str) -> list[str]:
    """``line:column code hint`` of each problem of a flow."""
    (directory / "f.yaml").write_text(text)
    found = load_library(directory, TYPES, root=directory).problems
    return [f"{problem.line}:{problem.column} {problem.code} {problem.hint}" for problem in found]


@pytest.mark.parametrize(
    ("intent", "problem"),
    [
        ("do: [{say: Left.}]", []),
        ("do: {say: Left.}", []),
        ("do: q", ["3:41 bad-branch to leave for a node write entry: q"]),
        ("do: [{say: Left.}], entry: q", ["3:37 entry-and-reply let a node after do lead there: goto"]),
        ("do: [{say: Left.}], reply: No.", ["3:37 entry-and-reply say it among the nodes of do"]),
        ("do: null", ["3:37 bad-branch for a branch that does nothing write []"]),
        ("do: [{ask: Where?}]", ['3:43 wait-without-id add "id: …"']),
        ("do: [{sy: Left.}]", ['3:43 unknown-node-type did you mean "say"?']),
        ("do: [{say: '{{ context.where }}'}]", []),
    ],
)
def test_what_is_told_of_it(tmp_path: Path, intent: str, problem: list[str]) -> None:
    """At its place in the file."""
    found = told(tmp_path, flow(intent))
    assert [row for row in found if "unset" not in row] == problem


def test_it_is_drawn_with_its_way_back(tmp_path: Path) -> None:
    """Each node as a box; the last one leads back to where the session stood."""
    assert told(tmp_path, flow("do: [{say: Left.}, {id: turn, say: Right.}]")) == []
    diagram = diagram_of(load_library(tmp_path, TYPES, root=tmp_path).files["f.yaml"])
    arrows = {(arrow.source, arrow.target, arrow.label) for arrow in diagram.arrows}
    assert {
        ("intent way", "#intents.way.do.0", "do"),
        ("#intents.way.do.0", "turn", ""),
        ("turn", BACK, ""),
    } <= arrows


def test_a_change_of_its_nodes_is_a_change(tmp_path: Path) -> None:
    """As of any node."""
    versions = []
    for text in ("Left.", "Right."):
        assert told(tmp_path, flow(f"do: [{{id: turn, say: {text}}}]")) == []
        versions.append(load_library(tmp_path, TYPES, root=tmp_path).library)
    assert "turn" in str(compare(*versions))  # type: ignore[arg-type]
