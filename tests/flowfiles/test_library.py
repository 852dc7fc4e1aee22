"""Loading a directory of flows, and loading it again."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import pytest

from flowhook.engine.node import Node
from flowhook.errors import PluginError
from flowhook.flowfiles.compile.node_types import NodeTypes
from flowhook.flowfiles.library import LoadedLibrary, load_library
from flowhook.nodes import BUILTIN

TYPES = NodeTypes(BUILTIN)


class Shout(Node):
    """Says it loud."""

    key = "shout"
    main = "text"
    text: str


@pytest.fixture
def flows(tmp_path: Path) -> Path:
    """A directory with two flows, one nested, beside files that are none."""
    (tmp_path / "deep").mkdir()
    (tmp_path / ".hidden").mkdir()
    (tmp_path / "b.yaml").write_text("flow: b\nnodes:\n  - say: b\n")
    (tmp_path / "deep" / "a.yml").write_text("flow: a\nnodes:\n  - call: b\n")
    for name in ("b.test.yaml", "README.md", ".c.yaml", ".hidden/d.yaml"):
        (tmp_path / name).write_text("flow: [")
    return tmp_path


def again(flows: Path, previous: LoadedLibrary, types: NodeTypes = TYPES) -> LoadedLibrary:
    return load_library(flows, types, root=flows, previous=previous)


def test_every_flow_of_the_directory(flows: Path) -> None:
    """Nested directories count; tests, hidden files and other files do not."""
    loaded = load_library(flows, TYPES, root=flows)
    assert loaded.good
    assert loaded.problems == []
    assert {name: flow.file for name, flow in loaded.library.flows.items()} == {
        "b": "b.yaml",
        "a": "deep/a.yml",
    }


def test_revisions(flows: Path) -> None:
    """A revision is a hash of the text: the same for the same text, another for another."""
    first = load_library(flows, TYPES, root=flows)
    assert load_library(flows, TYPES, root=flows).library.revision == first.library.revision
    (flows / "b.yaml").write_text("flow: b\nnodes:\n  - say: B\n")
    second = load_library(flows, TYPES, root=flows)
    assert second.library.revision != first.library.revision
    assert second.library.flows["b"].revision != first.library.flows["b"].revision
    assert second.library.flows["a"].revision == first.library.flows["a"].revision


def test_a_reload_compiles_only_what_changed(flows: Path) -> None:
    """Flows whose text is the same are taken over from the library before."""
    first = load_library(flows, TYPES, root=flows)
    (flows / "b.yaml").write_text("flow: b\nnodes:\n  - say: B\n")
    second = again(flows, first)
    assert second.library.flows["a"] is first.library.flows["a"]
    assert second.library.flows["b"] is not first.library.flows["b"]


def test_a_reload_with_other_node_types_compiles_all(flows: Path) -> None:
    """With another set of node types nothing is taken over."""
    first = load_library(flows, TYPES, root=flows)
    assert again(flows, first, NodeTypes(BUILTIN)).library.flows["a"] is first.library.flows["a"]
    second = again(flows, first, NodeTypes([*BUILTIN, Shout]))
    assert second.library.flows["a"] is not first.library.flows["a"]


def test_references_are_checked_again_on_reload(flows: Path) -> None:
    """A flow that did not change has a problem when the flow it calls is gone."""
    first = load_library(flows, TYPES, root=flows)
    (flows / "b.yaml").unlink()
    second = again(flows, first)
    assert [p.code for p in second.problems] == ["unknown-flow"]
    assert not second.good


def test_unreadable_files_are_problems(flows: Path) -> None:
    """What cannot be read is reported like everything else; nothing is raised."""
    (flows / "latin.yaml").write_bytes(b"flow: latin\nnodes:\n  - say: caf\xe9\n")
    loaded = load_library([flows, flows / "nowhere"], TYPES, root=flows)
    assert [(p.file, p.line) for p in loaded.problems] == [("latin.yaml", 3), ("nowhere", 1)]
    assert set(loaded.library.flows) == {"a", "b"}


def test_an_empty_directory_is_only_a_warning(tmp_path: Path) -> None:
    """A directory without flows loads, with a warning."""
    loaded = load_library(tmp_path, TYPES)
    assert loaded.good
    assert [p.code for p in loaded.problems] == ["no-flows"]


def test_two_node_types_of_one_key() -> None:
    """Two plugins that bring one key stop the start; the error names both."""
    types = NodeTypes(BUILTIN)
    types.add(Shout, source="loud")

    class Other(Shout):
        pass

    with pytest.raises(PluginError, match=r"plugin louder.*already registered by loud"):
        types.add(Other, source="louder")


@pytest.mark.parametrize("branch", ["id", "next", "disabled", "comment", "broken"])
def test_a_branch_cannot_be_called_like_what_stands_beside_it(branch: str) -> None:
    """The keys of every node, and the type's own, are taken."""
    broken = type("Broken", (Node,), {"key": "broken", "branches": (branch,), "__module__": __name__})
    with pytest.raises(PluginError, match=f'branch called "{branch}"'):
        NodeTypes().add(broken, source="p")


@pytest.mark.parametrize(
    ("key", "main", "why"),
    [("Shout", None, "lower case"), ("next", None, "every node"), ("shout", "texts", "not a field")],
)
def test_a_node_type_that_cannot_work(key: str, main: str | None, why: str) -> None:
    """A node type's own mistakes are named when it is registered."""
    broken = type("Broken", (Node,), {"key": key, "main": main, "__module__": __name__})
    with pytest.raises(PluginError, match=why):
        NodeTypes().add(broken, source="p")


def test_what_is_no_file_is_told_at_once(tmp_path: Path) -> None:
    """A pipe would be waited for, a device never ends, a link to itself leads nowhere: all are problems."""
    os.mkfifo(tmp_path / "pipe.yaml")
    (tmp_path / "loop.yaml").symlink_to("loop.yaml")
    (tmp_path / "zero.yaml").symlink_to("/dev/zero")
    with (tmp_path / "sparse.yaml").open("wb") as sparse:
        sparse.truncate(10 * 1024**3)
    library = load_library(tmp_path, NodeTypes(BUILTIN), root=tmp_path)
    assert [(problem.file, problem.code) for problem in library.problems] == [
        ("loop.yaml", "unreadable"),
        ("pipe.yaml", "unreadable"),
        ("sparse.yaml", "too-large"),
        ("zero.yaml", "unreadable"),
    ]


def test_a_directory_that_cannot_be_read_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is not empty: nobody knows what is in it."""
    (tmp_path / "inner").mkdir()

    def refuse(path: object) -> object:
        raise PermissionError(13, "Permission denied", str(path))

    monkeypatch.setattr(os, "scandir", refuse)
    (problem,) = load_library(tmp_path, NodeTypes(BUILTIN), root=tmp_path).problems
    assert (problem.code, problem.severity) == ("unreadable", "error")
    assert "this directory cannot be read" in problem.message


def _calls_of_a_load(path: Path, nodes: int) -> int:
    """Calls of functions, of Python and of C, that loading a flow of so many nodes takes."""
    lines = ["flow: large", "nodes:"]
    for number in range(nodes):
        lines += [f"  - id: place{number}", f'    say: "Place {number} heard {{{{ input.text }}}}."']
    path.write_text("\n".join(lines) + "\n")
    calls = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal calls
        calls += event in ("call", "c_call")

    sys.setprofile(count)
    try:
        loaded = load_library(path, NodeTypes(BUILTIN))
    finally:
        sys.setprofile(None)
    assert loaded.good
    return calls


def test_the_work_of_a_load_grows_as_the_flow_does(tmp_path: Path) -> None:
    """Counted, not timed: the same work for each node of a larger flow, and not much of it."""
    small, large = (_calls_of_a_load(tmp_path / f"{size}.yaml", size) for size in (200, 800))
    for_each = (large - small) / 600
    assert for_each < 1_000
    assert large < small * 4.2
