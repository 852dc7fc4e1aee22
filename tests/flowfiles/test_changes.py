"""What a reload says has changed."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowhook.flowfiles.changes import Changes, compare
from flowhook.flowfiles.compile.node_types import NodeTypes
from flowhook.flowfiles.library import LoadedLibrary, load_library
from flowhook.nodes import BUILTIN

TYPES = NodeTypes(BUILTIN)
BASE = """\
intents:
  hello: {examples: [hi, hello], reply: Hi.}
  bye: {examples: [bye, goodbye], entry: end}
nodes:
  - id: start
    say: Hello
  - if: input.text == 'x'
    then:
      - say: deep
  - id: end
    say: Bye
"""


@pytest.fixture
def flows(tmp_path: Path) -> Path:
    write(tmp_path, "shop", BASE)
    return tmp_path


def write(flows: Path, name: str, text: str) -> None:
    (flows / f"{name}.yaml").write_text(f"flow: {name}\n{text}")


def load(flows: Path, previous: LoadedLibrary | None = None) -> LoadedLibrary:
    return load_library(flows, TYPES, root=flows, previous=previous)


def after(flows: Path, old: str, new: str) -> Changes:
    """The changes when a part of the base is replaced."""
    write(flows, "shop", BASE)
    before = load(flows)
    assert old in BASE
    write(flows, "shop", BASE.replace(old, new))
    return compare(before, load(flows, before))


def test_nothing_changed(flows: Path) -> None:
    """Loaded twice, nothing is told."""
    first = load(flows)
    found = compare(first, load(flows, first))
    assert not found
    assert found.text == "nothing changed"
    assert found.to_json() == {"added": [], "removed": [], "changed": []}


def test_flows_come_and_go(flows: Path) -> None:
    """Added and removed flows are told by name; libraries may be compared as well."""
    write(flows, "old", "nodes: []\n")
    first = load(flows)
    (flows / "old.yaml").unlink()
    write(flows, "new", "nodes: []\n")
    second = load(flows, first)
    found = compare(first.library, second.library)
    assert [str(flow) for flow in found] == ["new: added", "old: removed"]
    assert found.to_json() == {"added": ["new"], "removed": ["old"], "changed": []}


def test_only_lines_moved(flows: Path) -> None:
    """A comment or a blank line changes no node."""
    assert after(flows, "nodes:\n", "# a comment\n\nnodes:\n").text == "shop: only its text changed"


def test_nodes_change(flows: Path) -> None:
    """Other settings, another way out, a new node: each by its key."""
    assert after(flows, "say: deep", "say: deeper").text == "shop: 1 node changed (#1.then.0)"
    assert after(flows, "say: Hello\n", "say: Hello\n    next: end\n").text == "shop: 1 node changed (start)"
    added = after(flows, "    say: Bye\n", "    say: Bye\n  - id: last\n    stop:\n")
    assert added.text == "shop: 1 node added (last), 1 node changed (end)"
    assert added.to_json()["changed"] == [{"flow": "shop", "nodesAdded": ["last"], "nodesChanged": ["end"]}]


def test_nodes_without_ids_are_known_by_what_they_do(flows: Path) -> None:
    """A node that is put in front of others shifts their keys, and changes none of them."""
    found = after(flows, "nodes:\n", "nodes:\n  - log: first\n")
    assert found.text == "shop: 1 node added (#0)"


def test_nodes_move(flows: Path) -> None:
    """Renamed with ``moved`` a node is neither new nor gone; without, it is both."""
    renamed = BASE.replace("id: start", "id: begin")
    gone = after(flows, BASE, renamed)
    assert gone.text == "shop: 1 node added (begin), 1 node removed (start)"
    moved = after(flows, BASE, f"moved: {{start: begin}}\n{renamed}")
    assert moved.text == "shop: 1 node moved (start → begin)"
    assert moved.to_json()["changed"] == [{"flow": "shop", "nodesMoved": {"start": "begin"}}]


def test_intents_change(flows: Path) -> None:
    """Sentences and replies belong to the intent; a new one and a lost one are told."""
    assert after(flows, "reply: Hi.", "reply: Hey.").text == "shop: 1 intent changed (hello)"
    assert after(flows, "[bye, goodbye]", "[bye, farewell]").text == "shop: 1 intent changed (bye)"
    assert (
        after(flows, "  bye: {", "  farewell: {").text
        == "shop: 1 intent added (farewell), 1 intent removed (bye)"
    )


def test_the_head_changes(flows: Path) -> None:
    """Context, settings, slots and states are told in one word."""
    for head in (
        "context: {a: 1}",
        "settings: {loop_limit: 3}",
        "slots: {n: {type: number}}",
        "states: {s: }",
    ):
        assert after(flows, "nodes:\n", f"{head}\nnodes:\n").text == "shop: its head changed"


def test_many_names_are_counted(flows: Path) -> None:
    """A text lists a few names; JSON has them all."""
    more = "".join(f"  - id: n{number}\n    say: x\n" for number in range(9))
    found = after(flows, "nodes:\n", f"nodes:\n{more}")
    assert found.text == "shop: 9 nodes added (n0, n1, n2, n3, n4, …)"
    assert len(found.to_json()["changed"][0]["nodesAdded"]) == 9
