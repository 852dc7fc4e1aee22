"""Scripts in flow files: their mistakes are found at load, at their line and column."""

from __future__ import annotations

from textwrap import dedent

import pytest

from flowhook.engine.expressions import Expressions
from flowhook.flowfiles.compile import scripts
from flowhook.flowfiles.compile.compiler import CompiledFlow, compile_flow
from flowhook.flowfiles.compile.node_types import NodeTypes
from flowhook.nodes import BUILTIN
from flowhook.yamldoc.document import load


def compiled(text: str) -> CompiledFlow:
    document, problems = load(dedent(text), "flows/f.yaml")
    assert not problems
    assert document is not None
    return compile_flow(document, NodeTypes(BUILTIN), Expressions())


def problems(nodes: str) -> list[str]:
    found = compiled("flow: f\nnodes:\n" + dedent(nodes)).problems
    return [f"{p.line}:{p.column} {p.code} {p.message}" for p in found]


@pytest.mark.parametrize(
    ("nodes", "expected"),
    [
        ('- code: "x = = 1"', ["3:14 bad-script the script: invalid syntax"]),
        ("- code: |\n    x = 1\n    y = (x\n", ["5:9 bad-script the script: '(' was never closed"]),
        (
            "- id: a\n  code:\n    timeout: 2s\n    source: |\n      if input:\n        del input\n",
            ["8:9 bad-script the sandbox has no del"],
        ),
        ("- code: |\n    def f():\n      yield 1\n", ["5:7 bad-script the sandbox has no yield"]),
        (
            "- code: |\n    class A(dict): pass\n",
            ["4:5 bad-script the sandbox does not know a class that inherits"],
        ),
        ("- code: from math import *", ["3:9 bad-script the sandbox does not know import *"]),
        (
            "- code: |\n    x = 1\n    contxt['a'] = x\n",
            ['5:5 unknown-name the script knows no name "contxt"'],
        ),
        (
            "- code: |\n    # said\n    x = '{{ input.text }}'\n",
            ["5:10 template-in-script templates are not rendered in a script"],
        ),
        (
            "- code: |\n    result = [a for a in input]\n    match result:\n      case [b, *c]: print(b)\n",
            [],
        ),
        (
            "- code: |\n    import re as r\n    try:\n      r.x()\n    except E as e:\n      print(e)\n",
            ["7:12 unknown-name"],
        ),
        (
            "- code: |\n    f = lambda a, *b, **c: (a, b, c)\n    with open('x') as g: f(g)\n",
            [],
        ),
    ],
)
def test_mistakes_have_their_place(nodes: str, expected: list[str]) -> None:
    """Line and column of the file, not of the script."""
    found = problems(nodes)
    assert len(found) == len(expected), found
    for one, start in zip(found, expected, strict=True):
        assert one.startswith(start)


def test_a_name_close_by_is_a_hint() -> None:
    """As everywhere."""
    (problem,) = compiled("flow: f\nnodes:\n  - code: contxt['a'] = 1").problems
    assert (problem.severity, problem.hint) == ("warning", 'did you mean "context"?')


def test_without_the_extra(monkeypatch: pytest.MonkeyPatch) -> None:
    """The node's line says what to install."""
    monkeypatch.setattr(scripts, "find_spec", lambda name: None)
    (problem,) = compiled("flow: f\nnodes:\n  - say: hi\n  - code: result = 1").problems
    assert (problem.code, problem.severity, problem.line) == ("missing-extra", "error", 4)
    assert problem.hint == "pip install 'flowhook[script]'"


def test_flows_without_scripts_need_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    """Nor do they look for it."""
    monkeypatch.setattr(scripts, "find_spec", lambda name: pytest.fail("looked for it"))
    assert problems("- say: hi") == []


@pytest.mark.parametrize(
    ("nodes", "line"),
    [
        ("- code: result = 1", 3),
        ("- code: |\n    result = 1", 4),
        ("- id: a\n  code:\n    timeout: 1s\n    source: |\n\n      result = 1", 7),
        ("- code:\n    source: result = 1", 4),
    ],
)
def test_the_script_knows_its_line(nodes: str, line: int) -> None:
    """For errors in a turn."""
    flow = compiled("flow: f\nnodes:\n" + dedent(nodes)).flow
    assert flow is not None
    (place,) = flow.nodes.values()
    assert place.derived["script_line"] == line


@pytest.mark.parametrize(
    "source", ["(" * 5000, "x = " + "-" * 100_000 + "1", "\\x00", "a" * 20_001, "if x:\n" * 500]
)
def test_no_script_breaks_the_check(source: str) -> None:
    """Deep, long or strange ones are problems like any other."""
    found = compiled(f'flow: f\nnodes:\n  - code: "{source}"').problems
    assert found
