"""Mistakes that nothing at run time would tell, in many places; and correct flows of as many shapes.

The flows stand in text files beside this one, which say at the end of a line what is told of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from flowhook.flowfiles.compile.node_types import NodeTypes
from flowhook.flowfiles.library import load_library
from flowhook.nodes import BUILTIN

HERE = Path(__file__).parent
Told = set[tuple[str, int, str]]  #: file, line and code


def cases(file: str) -> Iterator[Any]:
    """The flows of a file, each with its name."""
    for block in re.split(r"(?m)^=== ", (HERE / file).read_text(encoding="utf-8"))[1:]:
        name, _, flows = block.partition("\n")
        yield pytest.param(flows, id=name)


def wanted_and_told(directory: Path, flows: str) -> tuple[Told, Told]:
    """What the marks of the flows say, and what is told of them."""
    wanted: Told = set()
    first, *others = re.split(r"(?m)^--- (\w+)\n", flows)
    for name, text in {"a": first, **dict(zip(others[::2], others[1::2], strict=True))}.items():
        written = f"flow: {name}\n{text}"
        (directory / f"{name}.yaml").write_text(written, encoding="utf-8")
        for number, line in enumerate(written.splitlines(), 1):
            wanted |= {(f"{name}.yaml", number, code) for code in re.findall(r"#!([\w-]+)", line)}
    problems = load_library(directory, NodeTypes(BUILTIN), root=directory).problems
    return wanted, {(problem.file, problem.line, str(problem.code)) for problem in problems}


@pytest.mark.parametrize("flows", [*cases("silent_mistakes.txt")])
def test_a_silent_mistake_is_named_at_its_line(tmp_path: Path, flows: str) -> None:
    """Wherever it stands: in rounds, digressions, called flows, texts by locale, what questions share."""
    wanted, told = wanted_and_told(tmp_path, flows)
    assert wanted
    assert told == wanted


@pytest.mark.parametrize("flows", [*cases("correct_shapes.txt")])
def test_of_a_correct_flow_nothing_is_told(tmp_path: Path, flows: str) -> None:
    """No false alarm."""
    assert wanted_and_told(tmp_path, flows) == (set(), set())
