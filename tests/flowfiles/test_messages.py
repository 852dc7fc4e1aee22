"""Mistakes of authors who know other languages: told where they are, with what to write."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowhook.flowfiles.compile.node_types import NodeTypes
from flowhook.flowfiles.library import load_library
from flowhook.nodes import BUILTIN
from flowhook.problems.problem import Problem


def problems_of(nodes: str, directory: Path) -> list[Problem]:
    text = "flow: a\nnodes:\n" + "".join(f"  {line}\n" for line in nodes.split("\n"))
    (directory / "a.yaml").write_text(text, "utf-8")
    return load_library(directory, NodeTypes(BUILTIN), root=directory).problems


def condition(source: str) -> str:
    return f"- if: {source}\n  then: [{{say: hi}}]"


@pytest.mark.parametrize(
    ("nodes", "where", "hint"),
    [
        (condition("!input.data.sure"), (3, 9), "as a condition, write not input.data.sure"),
        (condition("len(input.text) > 2"), (3, 9), "write x | length"),
        (condition("input.text <> 2"), (3, 21), "<> is SQL; write !="),
        (condition("input.text > 2026-01-01"), (3, 28), "a date needs quotes: '2026-01-31'"),
        (
            condition("input.text then b"),
            (3, 20),
            "a condition stands alone; then is a key of its own below it",
        ),
        ('- say: "{{ input.text }"', (3, 25), "a template ends with }}"),
        ("- id: x\n   say: hi\n- say: b", (4, 6), "indent it by 4"),
        ("- ask:\n    text: q\n     type: text\n  id: x", (5, 8), "indent it by 6"),
        ("- ask:\n    text: q\n   type: text\n  id: x", (5, 6), "indent it by 6"),
        ("- say: number #5 is ready", (3, 17), "put the text in quotes"),
        ("- say: look at #news for more", (3, 18), "put the text in quotes"),
        ("- say: &amp text", (3, 10), "put the text in quotes"),
    ],
)
def test_what_to_write_is_told(nodes: str, where: tuple[int, int], hint: str, tmp_path: Path) -> None:
    """One problem, at the place of the mistake."""
    (found,) = problems_of(nodes, tmp_path)
    assert (found.line, found.column, found.hint) == (*where, hint)


def test_namespace_is_not_needed(tmp_path: Path) -> None:
    """What is set in a loop ends with it; what is meant is a sum."""
    (found,) = problems_of('- say: "{% set ns = namespace(n=0) %}{{ ns.n }}"', tmp_path)
    assert "x | sum" in found.hint


def test_a_limit_of_a_duration_has_its_unit(tmp_path: Path) -> None:
    """60 of what."""
    (found,) = problems_of("- sleep: 5m", tmp_path)
    assert found.message == '"duration" must be at most 60 seconds'


@pytest.mark.parametrize(
    "nodes",
    ["- say: hello  # greeting", "- say: hello #greeting", "- say: &a text\n- say: *a", '- say: "n #5"'],
)
def test_comments_and_anchors_are_what_they_are(nodes: str, tmp_path: Path) -> None:
    """What is likely meant so is not warned of."""
    assert problems_of(nodes, tmp_path) == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("{% set n = 0 %}{% for x in [1] %}{% set n = n + x %}{% endfor %}{{ n }}", True),
        ("{% for x in [1] %}{% set n = x %}{{ n }}{% endfor %}", False),
        ("{% for x in [1] %}{{ x }}{% endfor %}{% set n = 1 %}{{ n }}", False),
    ],
)
def test_what_is_set_in_a_loop_ends_with_it(text: str, told: bool, tmp_path: Path) -> None:
    """Warned of where the name is set outside, too, so that it is likely read there."""
    codes = [problem.code for problem in problems_of(f'- say: "{text}"', tmp_path)]
    assert codes == (["set-in-loop"] if told else [])
