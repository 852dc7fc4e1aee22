"""Characters copied from web pages: named, pointed at, with what to write instead."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowhook.flowfiles.compile.node_types import NodeTypes
from flowhook.flowfiles.library import load_library
from flowhook.nodes import BUILTIN
from flowhook.problems.problem import Problem

NBSP = "\u00a0"


def problems_of(text: str, directory: Path) -> list[Problem]:
    (directory / "a.yaml").write_text(text, "utf-8")
    return load_library(directory, NodeTypes(BUILTIN), root=directory).problems


@pytest.mark.parametrize(
    ("lines", "where", "named", "hint"),
    [
        (f"- id: x\n {NBSP}  say: hi", (4, 4), "U+00A0 (no-break space)", "write a plain space"),
        (f"-{NBSP}say: hi", (3, 4), "U+00A0", "write a plain space"),
        (f"- say:{NBSP}hi", (3, 9), "U+00A0", "write a plain space"),
        (f"- say{NBSP}: hi", (3, 8), "U+00A0", "write a plain space"),
        ("-\u3000say: hi", (3, 4), "U+3000 (ideographic space)", "write a plain space"),
        ("- say: “Hello: you”", (3, 10), "U+201C (left double quotation mark)", 'write "'),
        ("- id: “x”\n  say: hi", (3, 9), "U+201C", 'write "'),
        ("- say: [‘a’, ‘b: c’]", (3, 11), "U+2018 (left single quotation mark)", "write '"),
        ("– say: hi", (3, 3), "U+2013 (en dash)", "write -"),
        ("- say: hi\n— say: ho", (4, 3), "U+2014 (em dash)", "write -"),
        ("- say：hi", (3, 8), "U+FF1A (fullwidth colon)", "write :"),
        ("- sa\u200by: hi", (3, 7), "U+200B (zero width space)", "delete it"),
        ("- id: x\u200b\n  say: hi", (3, 10), "U+200B", "delete it"),
        ("- if: input.text == ‘x’\n  then: [{say: hi}]", (3, 23), "U+2018", "write '"),
        ('- say: "{{ 3 – 1 }}"', (3, 16), "U+2013", "write -"),
    ],
)
def test_the_character_is_named(
    lines: str, where: tuple[int, int], named: str, hint: str, tmp_path: Path
) -> None:
    """With its place and the cure, whatever the parser or the compiler stumbled over."""
    text = "flow: a\nnodes:\n" + "".join(f"  {line}\n" for line in lines.split("\n"))
    found = next(problem for problem in problems_of(text, tmp_path) if "U+" in problem.message)
    assert (found.line, found.column) == where
    assert named in found.message
    assert found.hint == hint
    assert found.severity == "error"


def test_the_first_line_counts_too(tmp_path: Path) -> None:
    """A mistake in the first line is noticed by the parser in the second one."""
    (found,) = problems_of("flow：a\nnodes:\n  - say: hi\n", tmp_path)
    assert (found.line, found.column) == (1, 5)


def test_texts_may_hold_them(tmp_path: Path) -> None:
    """What is said may be quoted and dashed as its language wants it."""
    said = "flow: a\nnodes:\n  - say: “Hello” she said – nice\n  - say: |\n      – one\n      – two\n"
    assert problems_of(said, tmp_path) == []
    (broken,) = problems_of(said + "  - say: [\n", tmp_path)
    assert "U+" not in broken.message


def test_another_mistake_of_the_line_is_told(tmp_path: Path) -> None:
    """A text in curly quotes does not hide that its key is misspelt."""
    (found,) = problems_of("flow: a\nnodes:\n  - sya: “Hello” she said\n", tmp_path)
    assert found.code == "unknown-node-type"


@pytest.mark.parametrize(
    ("lines", "named"),
    [
        ("- s\u0430y: hi", "U+0430 (cyrillic small letter a)"),
        ("- {id: q, ask: {text: Hi, sto\u00adre: context.x}}", "U+00AD (soft hyphen)"),
        ("- {id: q, ask: {text: Hi, store: context.n\u0430me}}\n- say: '{{ context.name }}'", "U+0430"),
    ],
)
def test_a_letter_that_looks_like_another_is_named(lines: str, named: str, tmp_path: Path) -> None:
    """Else the word that is suggested would look like the one that stands there."""
    text = "flow: a\nnodes:\n" + "".join(f"  {line}\n" for line in lines.split("\n"))
    hints = [problem.hint for problem in problems_of(text, tmp_path)]
    assert any(hint.startswith("did you mean") and named in hint for hint in hints), hints


@pytest.mark.parametrize("value", ["? what", "| hello", "> hello"])
def test_what_yaml_takes_for_its_own(value: str, tmp_path: Path) -> None:
    """A question mark, or a text on the line of its mark: with the cure."""
    [problem] = problems_of(f"flow: a\nnodes:\n  - say: {value}\n", tmp_path)
    assert problem.code == "yaml-syntax"
    assert "quotes" in problem.hint
