"""What ``flowhook check`` says about bad flow files, to the letter; and the rules about graphs."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from flowhook.flowfiles.diagnostics import render_text
from flowhook.flowfiles.graph import circles
from flowhook.flowfiles.library import LoadedLibrary, load_library
from flowhook.flowfiles.types import NodeTypes
from flowhook.nodes import BUILTIN

BAD = Path(__file__).parent / "bad"


def load(directory: Path, **flows: str) -> LoadedLibrary:
    for name, nodes in flows.items():
        (directory / f"{name}.yaml").write_text(f"flow: {name}\nnodes:\n{nodes}")
    return load_library(directory, NodeTypes(BUILTIN), root=directory)


def codes(library: LoadedLibrary) -> list[str]:
    return [f"{p.file}:{p.line} {p.code}" for p in library.problems]


@pytest.mark.parametrize("path", sorted(BAD.glob("*.yaml")), ids=lambda path: path.stem)
def test_bad_flow(path: Path) -> None:
    """Every problem of a bad flow, with its line and a caret, reads as in the .txt beside it."""
    library = load_library(path, NodeTypes(BUILTIN), vars={"shop_name"}, connections={"crm"}, root=BAD)
    said = render_text(library.problems, library.sources, colour=False)
    expected = path.with_suffix(".txt")
    if os.environ.get("UPDATE_EXPECTED"):
        expected.write_text(said)
    assert said == expected.read_text()


def test_jumps_into_other_flows(tmp_path: Path) -> None:
    """Flows and nodes of other flows are looked up over all files."""
    library = load(
        tmp_path,
        a="  - goto: b/inner\n",
        b="  - stop:\n  - id: inner\n    goto: {to: a/nothing}\n",
        c="  - call: d\n  - call: a\n",
    )
    assert codes(library) == ["b.yaml:5 unknown-node", "c.yaml:3 unknown-flow"]


def test_a_flow_that_cannot_be_read_is_not_missing(tmp_path: Path) -> None:
    """A jump into a file with a syntax error is not reported as well."""
    library = load(tmp_path, a="  - call: b\n  - goto: b/inner\n", b="  - {{{\n")
    assert {p.file for p in library.problems} == {"b.yaml"}


def test_duplicate_flow_names_both_files(tmp_path: Path) -> None:
    """Two files with one flow name are an error that names both."""
    (tmp_path / "other.yaml").write_text("flow: same\nnodes: []\n")
    library = load(tmp_path, same="  - stop:\n")
    found = [p for p in library.problems if p.code == "duplicate-flow"]
    assert [(p.file, p.message) for p in found] == [
        ("same.yaml", 'the flow "same" is in two files: other.yaml and same.yaml')
    ]
    assert not library.good


def test_entries_from_other_flows_make_a_node_reachable(tmp_path: Path) -> None:
    """What another flow jumps to is not unreachable; nor anything when a target is computed."""
    lonely = "  - stop:\n  - id: lonely\n    say: hi\n"
    assert codes(load(tmp_path, a=lonely)) == ["a.yaml:4 unreachable"]
    assert codes(load(tmp_path, a=lonely, b="  - goto: a/lonely\n")) == []
    assert codes(load(tmp_path, a=lonely, b='  - goto: "{{ input.data.where }}"\n')) == []


def test_a_called_flow_that_waits_breaks_a_loop(tmp_path: Path) -> None:
    """A loop is fine when a flow it calls, itself or through another, waits for the user."""
    loop = "  - id: again\n    call: middle\n  - goto: again\n"
    inner = "  - id: name\n    ask: Who?\n"
    assert codes(load(tmp_path, a=loop, middle="  - call: inner\n", inner=inner)) == []
    assert codes(load(tmp_path, inner="  - say: hi\n")) == ["a.yaml:3 loop-without-wait"]


def test_a_jump_that_waits_breaks_a_loop(tmp_path: Path) -> None:
    """goto with wait stands still until the next input, so it makes no endless loop."""
    assert codes(load(tmp_path, a="  - id: top\n    say: hi\n  - goto: {to: top, wait: true}\n")) == []


def test_a_jump_may_name_its_own_flow(tmp_path: Path) -> None:
    """A target with the name of its own flow counts like one without it."""
    library = load(tmp_path, a="  - say: hi\n  - goto: a/there\n  - id: there\n    say: ho\n  - goto: a/\n")
    assert codes(library) == ["a.yaml:3 loop-without-wait"]


def test_circles_of_a_long_chain() -> None:
    """Circles are found without recursion, once for each part of the graph that holds one."""
    chain = {str(n): [str(n + 1)] for n in range(20_000)} | {"20000": ["19998"], "x": ["x"], "y": ["x"]}
    assert list(circles(chain, lambda key: chain[key])) == [["19998", "19999", "20000"], ["x"]]
