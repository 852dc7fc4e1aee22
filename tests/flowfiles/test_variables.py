"""Variables that nothing sets, or that are read too early: what is told, and what must not be."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowhook.engine.expressions import Expressions
from flowhook.engine.node import Node
from flowhook.flowfiles.compile.node_types import NodeTypes
from flowhook.flowfiles.compile.variable_usage import readings_of
from flowhook.flowfiles.library import load_library
from flowhook.nodes import BUILTIN


def told(directory: Path, nodes: str, top: str = "", *more: type[Node], **flows: str) -> list[str]:
    """``line code name`` of each problem with a variable."""
    (directory / "a.yaml").write_text(f"flow: a\n{top}nodes:\n{nodes}")
    for name, text in flows.items():
        (directory / f"{name}.yaml").write_text(f"flow: {name}\nnodes:\n{text}")
    problems = load_library(directory, NodeTypes([*BUILTIN, *more]), root=directory).problems
    problems = [problem for problem in problems if problem.code != "missing-braces"]
    assert {problem.code for problem in problems} <= {"unset-variable", "read-too-early"}, problems
    return [f"{p.line}:{p.column} {p.code}" for p in problems if p.file == "a.yaml"]


ASK = "  - id: size\n    ask: {text: Which?, store: context.size}\n"
SAY = '  - say: "{{ context.size }}"\n'


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("context.a", {"context.a": False}),
        ("{{ context.a }}", {"context.a": True}),
        ("{{ context.a.b | upper }}", {"context.a.b": True}),
        ("{{ context.a | default('x') }}", {}),
        ("{{ context.a or 'x' }}", {"context.a": False}),
        ("{{ context.a is defined }}", {}),
        ("{% if context.a %}{{ context.a }}{% endif %}", {"context.a": False}),
        ("{{ context.a if context.b else 1 }}", {"context.a": True, "context.b": False}),
        ("context.a == 1 and not context.b", {"context.a": False, "context.b": False}),
        ("context.a in ['x', none]", {"context.a": False}),
        ("context.a > 3", {"context.a": True}),
        ("{% for item in context.items %}{{ item }}{% endfor %}", {"context.items": True}),
        ("{{ context.a.get('x') }}", {"context.a": True}),
        ("{{ context['a']['b'] }}", {"context.a.b": True}),
        ("{{ input.text }}", {}),
    ],
)
def test_what_an_expression_reads(source: str, wanted: dict[str, bool]) -> None:
    """A reading that is prepared to find nothing wants nothing."""
    found = readings_of(Expressions().tree(source))
    assert {".".join(names): wants for names, wants in found.items()} == wanted


class Lookup(Node):
    """A node of a plugin: it may set what it likes."""

    key = "lookup"

    async def run(self, turn: object) -> None: ...


def test_what_nothing_sets_is_told(tmp_path: Path) -> None:
    """At its place, with the name that is like it."""
    assert told(tmp_path, ASK + '  - say: "A {{ context.sise }} one."\n') == ["5:16 unset-variable"]
    assert told(tmp_path, '  - say: "{{ context.nothing }}"\n') == ["3:14 unset-variable"]
    assert told(tmp_path, '  - say: "{{ session.nothing }}"\n') == ["3:14 unset-variable"]


@pytest.mark.parametrize(
    ("nodes", "top"),
    [
        (SAY, "context: {size: null}\n"),
        (SAY, "slots: {size: {values: [big, small], store: context.size}}\n"),
        ("  - set: {context.size: 1}\n" + SAY, ""),
        ("  - append: {context.size: 1}\n" + SAY, ""),
        ("  - code: context['size'] = 1\n" + SAY, ""),
        ("  - code: context.size = 1\n" + SAY, ""),
        ("  - http_request: {url: 'https://a.example/', store: context.size}\n" + SAY, ""),
        ("  - match: {pattern: '(?P<n>x)', store: {n: context.size}}\n" + SAY, ""),
        ("  - set: {context.size: {a: 1}}\n  - say: '{{ context.size.a }}'\n", ""),
        ("  - set: {context.size.a: 1}\n" + SAY, ""),
        ("  - call: other\n" + SAY, ""),
        ('  - if: context.size\n    then: {say: "{{ context.size }}"}\n', ""),
        ("  - lookup:\n" + SAY, ""),
    ],
)
def test_what_something_sets_is_not_told(tmp_path: Path, nodes: str, top: str) -> None:
    """Whoever sets it: a node, a default, a slot, a script, another flow, a plugin."""
    other = "  - set: {context.size: 1}\n" if "call" in nodes else '  - say: "hi"\n'
    assert told(tmp_path, nodes, top, Lookup, other=other) == []


def test_what_is_read_before_it_is_set_is_told(tmp_path: Path) -> None:
    """Where no way to the place passes one that sets it."""
    assert told(tmp_path, SAY + ASK) == ["3:14 read-too-early"]
    branch = '  - if: input.text\n    then: {say: "{{ context.size }}"}\n'
    assert told(tmp_path, branch + ASK) == ["4:21 read-too-early"]


@pytest.mark.parametrize(
    "nodes",
    [
        "  - id: top\n    say: x\n" + ASK + SAY + "    next: top\n",
        '  - id: top\n    once: session\n    then: []\n    else: {say: "{{ context.size }}"}\n' + ASK,
        "  - if: context.size\n    then:\n    " + SAY.replace("\n", "\n") + "    else: []\n" + ASK,
        '  - if: profile.known\n    then: {say: "{{ context.size }}"}\n' + ASK,
        "  - id: size\n    ask: {text: Which?, store: context.size, confirm: '{{ context.size }}?'}\n",
        "  - call: other\n" + SAY + ASK,
        "  - id: top\n" + SAY.replace("  - ", "    ") + ASK + "  - goto: top\n",
    ],
)
def test_what_may_be_set_before_is_not_told(tmp_path: Path, nodes: str) -> None:
    """In a loop, in a later round, behind a question whether it is there, in a flow that was called."""
    assert told(tmp_path, nodes, "", other="  - set: {context.size: 1}\n") == []


ROUNDS = (
    "  - id: each\n    for_each: {items: [1, 2]}\n    do:\n"
    '      - append: {context.size: "{{ item }}"}\n  - say: "{{ context.size | join }}"\n'
)
WAITING = (
    "  - id: q\n    ask: {text: When?, store: context.q, timeout: 1h}\n    on_timeout:\n"
    '      - set: {context.size: "{{ input.kind }}"}\n  - say: "{{ context.q }} {{ context.size | upper }}"\n'
)
DIGRESSION = (
    'intents:\n  big: {examples: [big please, a big one], do: [{set: {context.size: "{{ input.text }}"}}]}\n'
)


@pytest.mark.parametrize(
    ("nodes", "top"), [(ROUNDS, ""), (WAITING, ""), ('  - say: "{{ context.size | upper }}"\n', DIGRESSION)]
)
def test_what_is_set_in_rounds_and_beside_the_flow(tmp_path: Path, nodes: str, top: str) -> None:
    """Under ``do`` of a loop, while a question waits, in a digression: what comes back there may read it."""
    assert told(tmp_path, nodes, top) == []


def test_a_value_that_is_assigned_is_no_path(tmp_path: Path) -> None:
    """A template under ``set`` sets the path beside it, and nothing else."""
    nodes = '  - set: {context.a: "{{ input.text }}", context.b: context.size}\n' + SAY
    assert told(tmp_path, nodes) == ["4:14 unset-variable"]


def test_intents_may_come_at_any_time(tmp_path: Path) -> None:
    """Their entries and replies read what the flow sets elsewhere."""
    top = 'intents:\n  where: {examples: ["where is it", "how far is it"], reply: "{{ context.size }}"}\n'
    assert told(tmp_path, '  - say: "hi"\n' + ASK, top) == []


def test_short_names_are_pointed_at(tmp_path: Path) -> None:
    """What is wrong with a variable behind cc is told where it stands."""
    assert told(tmp_path, '  - say: "size {{ cc.siz }}"\n' + ASK) == ["3:19 unset-variable"]
