"""Cases of a switch that can never match: what is told, and what must not be."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowhook.engine.node import Node
from flowhook.flowfiles.compile.node_types import NodeTypes
from flowhook.flowfiles.library import load_library
from flowhook.nodes import BUILTIN

SURE = "  - id: sure\n    ask: {text: Sure?, type: yes_no, store: context.sure}\n"
SIZE = "  - id: size\n    ask: {text: Which?, type: choice, store: context.size, "
SIZE += "choices: [small, {value: large, synonyms: [big]}]}\n"


class Lookup(Node):
    """A node of a plugin: it may set what it likes."""

    key = "lookup"

    def run(self, turn: object) -> None: ...


def told(directory: Path, nodes: str, top: str = "", **flows: str) -> list[str]:
    """``line message`` of each problem with a case, with its hint."""
    (directory / "a.yaml").write_text(f"flow: a\n{top}nodes:\n{nodes}")
    for name, text in flows.items():
        (directory / f"{name}.yaml").write_text(f"flow: {name}\nnodes:\n{text}")
    problems = load_library(directory, NodeTypes([*BUILTIN, Lookup]), root=directory).problems
    assert not [problem for problem in problems if problem.severity == "error"], problems
    found = [problem for problem in problems if problem.code == "case-never-matches"]
    return [f"{p.line}:{p.column} {p.message}; {p.hint}" for p in found]


def switch(value: str, *cases: str) -> str:
    return f"  - switch: {value}\n    cases:\n" + "".join(f"      {case}: []\n" for case in cases)


def test_yes_is_no_answer_to_a_yes_no_question(tmp_path: Path) -> None:
    """It is true; each wrong case is told, with the right one."""
    message = 'the case "{}" never matches: context.sure is true or false'
    assert told(tmp_path, SURE + switch("context.sure", "yes", "False", "no", "maybe")) == [
        f"7:7 {message.format('yes')}; a yes_no answer is true or false: write true:",
        f"9:7 {message.format('no')}; a yes_no answer is true or false: write false:",
        f"10:7 {message.format('maybe')}; ",
    ]


def test_a_choice_is_one_of_its_values(tmp_path: Path) -> None:
    """A synonym is none of them."""
    message = "never matches: context.size is small or large"
    assert told(tmp_path, SIZE + switch("context.size", "LARGE", "smal", "big", "/l.*/")) == [
        f'8:7 the case "smal" {message}; did you mean "small"?',
        f'9:7 the case "big" {message}; ',
    ]


def test_the_result_right_after_the_question(tmp_path: Path) -> None:
    """Only where nothing else leads to the switch."""
    wrong = switch("input.result", "yes")
    assert len(told(tmp_path, SURE + wrong)) == 1
    assert told(tmp_path, SURE + '  - say: "Well."\n' + wrong) == []
    assert told(tmp_path, SURE.replace("Sure?", "Sure?, skip_if: context.sure") + wrong) == []
    named = wrong.replace("- switch", "- id: look\n    switch")
    assert told(tmp_path, SURE + named, b="  - goto: a/look\n") == []


@pytest.mark.parametrize(
    ("more", "top"),
    [
        ("  - set: {context.sure: maybe}\n", ""),
        ("  - code: context.sure = 'yes'\n", ""),
        ("  - code: \"context['sure'] = 'yes'\"\n", ""),
        ("  - code: context.update(sure='yes')\n", ""),
        ("  - lookup:\n", ""),
        ("  - id: other\n    ask: {text: Which?, store: context.sure}\n", ""),
        ("  - id: other\n    ask: {text: Which?, type: yes_no, slot: said, store: context.sure}\n", ""),
        ("", "slots: {said: {values: [yes, no], store: context.sure}}\n"),
        ("", 'context: {sure: "yes"}\n'),
        ("", "context: {sure: {deep: 1}}\n"),
    ],
)
def test_nothing_is_said_where_something_else_may_keep_the_value(tmp_path: Path, more: str, top: str) -> None:
    """A node, a script, a plugin, a slot, a default."""
    if "slot: said" in more:
        top = "slots: {said: {values: [yes, no]}}\n"
    assert told(tmp_path, SURE + more + switch("context.sure", "yes"), top) == []


def test_another_flow_may_keep_the_value(tmp_path: Path) -> None:
    """All flows share a context."""
    assert told(tmp_path, SURE + switch("context.sure", "yes"), b="  - set: {context.sure: maybe}\n") == []
    assert len(told(tmp_path, SURE + switch("context.sure", "yes"), b="  - set: {context.other: x}\n")) == 1


def test_a_default_of_null_and_fields_of_collect(tmp_path: Path) -> None:
    """Null matches no case; what collect keeps is told like what ask keeps."""
    assert len(told(tmp_path, SURE + switch("context.sure", "yes"), "context: {sure: null}\n")) == 1
    collect = "  - id: c\n    collect: {asks: [{text: Sure?, type: yes_no, store: context.sure}]}\n"
    assert len(told(tmp_path, collect + switch("context.sure", "yes"))) == 1


def compared(directory: Path, expression: str, more: str = "") -> list[str]:
    """``line:column message`` of each comparison that makes no sense, with its hint."""
    people = "  - id: people\n    ask: {text: How many?, type: integer, store: context.people}\n"
    node = f"  - if: {expression}\n    then: []\n"
    (directory / "a.yaml").write_text(f"flow: a\nnodes:\n{SURE}{people}{SIZE}{more}{node}")
    problems = load_library(directory, NodeTypes([*BUILTIN, Lookup]), root=directory).problems
    assert {problem.code for problem in problems} <= {"never-equal"}, problems
    return [f"{p.line}:{p.column} {p.message}; {p.hint}" for p in problems]


def test_a_number_is_no_text(tmp_path: Path) -> None:
    """Compared with one it fails, or never equals it; so does true."""
    said = 'context.people is a number, and not a text, so comparing it with "3" makes no sense'
    assert compared(tmp_path, "input.text and context.people > '3'") == [
        f"9:24 {said}; write 3 without quotes"
    ]
    said = 'context.sure is true or false, and not a text, so comparing it with "yes" makes no sense'
    assert compared(tmp_path, 'context.sure == "yes"') == [
        f"9:9 {said}; write context.sure, or not context.sure"
    ]


@pytest.mark.parametrize(
    "expression",
    [
        "context.people > 3",
        "context.people | string == '3'",
        "context.people is defined and input.text == '3'",
        "context.size == 'small'",
        "context.sure == true",
    ],
)
def test_comparisons_that_make_sense(tmp_path: Path, expression: str) -> None:
    """Also after a filter."""
    assert compared(tmp_path, expression) == []


def test_comparisons_of_what_others_may_set(tmp_path: Path) -> None:
    """Here a text may stand there as well."""
    assert compared(tmp_path, "context.people == 'many'", "  - set: {context.people: many}\n") == []


@pytest.mark.parametrize(
    ("pattern", "column"),
    [("[0-9{4}", 16), ("a(b", 17), ("*a", 16), ("x[z-a]", 21), ("(" * 60 + ")" * 60, 66)],
)
def test_a_broken_pattern_is_pointed_at(pattern: str, column: int, tmp_path: Path) -> None:
    """What is never closed is wrong where it begins; what nests too deeply where it is too much."""
    text = f"flow: a\nslots:\n  x: {{pattern: '{pattern}'}}\nnodes:\n  - say: hi\n"
    (tmp_path / "a.yaml").write_text(text)
    library = load_library(tmp_path, NodeTypes(BUILTIN), root=tmp_path)
    found = next(problem for problem in library.problems if problem.code == "bad-pattern")
    assert (found.line, found.column) == (3, column + 1)
