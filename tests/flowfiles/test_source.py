"""The one loader for config, flow and test files."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.machine import cpu_seconds, examples

from flowhook.problems.problem import Problem
from flowhook.yamldoc.document import Document, load, load_file


def good(text: str) -> Document:
    """The document of a text without problems."""
    document, problems = load(text, "a.yaml")
    assert problems == []
    assert document is not None
    return document


def only(text: str) -> Problem:
    """The one problem of a text."""
    _, problems = load(text, "a.yaml")
    assert len(problems) == 1, problems
    return problems[0]


@pytest.mark.parametrize(
    ("written", "value"),
    [
        ("yes", "yes"),
        ("no", "no"),
        ("on", "on"),
        ("true", True),
        ("False", False),
        ("tRUE", "tRUE"),
        ("12:30", "12:30"),
        ("12:30:45", "12:30:45"),
        ("010", 10),
        ("-7", -7),
        ("0o17", 15),
        ("0x1F", 31),
        ("1_000", "1_000"),
        ("1.10", 1.1),
        (".5", 0.5),
        ("1e3", 1000.0),
        ("2026-01-31", "2026-01-31"),
        ("~", None),
        ("null", None),
        ("", None),
        ("'12'", "12"),
        ('"true"', "true"),
        ("!!str 12", "12"),
        ("!!float 2", 2.0),
        ("1.2.3", "1.2.3"),
        ("+", "+"),
        ("=", "="),
        ("١٢", "١٢"),
    ],
)
def test_scalars_are_those_of_yaml_1_2_core(written: str, value: Any) -> None:
    """A scalar means what YAML 1.2 core says, and keeps its Python type."""
    data = good(f"a: {written}\n").data
    assert data == {"a": value}
    assert type(data["a"]) is type(value)


@pytest.mark.parametrize("written", [".inf", "-.INF", ".nan", "1e999", "9" * 5000])
def test_numbers_that_json_cannot_hold_are_refused(written: str) -> None:
    """NaN, infinity and monstrous numbers are bad values, not texts and not crashes."""
    problem = only(f"a: {written}")
    assert (problem.code, problem.line, problem.column) == ("bad-value", 1, 4)


def test_keys_are_texts_as_written() -> None:
    """Keys never become booleans, numbers or null."""
    data = good("true: 1\n12: 2\nnull: 3\n1.10: 4\n'<<': 5\n").data
    assert data == {"true": 1, "12": 2, "null": 3, "1.10": 4, "<<": 5}


def test_marks_say_where_values_and_keys_stand() -> None:
    """Every path has a mark; a scalar's holds its text as written."""
    document = good("flow: pizza\nnodes:\n  - say: 1.10\n  - {ask: 'what?'}\n")
    assert document.data == {"flow": "pizza", "nodes": [{"say": 1.1}, {"ask": "what?"}]}
    say = document.spans["nodes", 0, "say"]
    assert (say.line, say.column, say.end_column, say.text, say.plain) == (3, 10, 14, "1.10", True)
    ask = document.spans["nodes", 1, "ask"]
    assert (ask.text, ask.plain, ask.length) == ("what?", False, 7)
    key = document.key_spans["nodes", 0, "say"]
    assert (key.line, key.column, key.text) == (3, 5, "say")
    assert set(document.spans) == {
        (), ("flow",), ("nodes",), ("nodes", 0), ("nodes", 0, "say"), ("nodes", 1), ("nodes", 1, "ask"),
    }  # fmt: skip
    assert set(document.key_spans) == {
        ("flow",), ("nodes",), ("nodes", 0, "say"), ("nodes", 1, "ask"),
    }  # fmt: skip
    assert len(document.spans) == 7


def test_missing_paths_have_no_mark_but_a_nearest_one() -> None:
    """Marks are a mapping; the document answers with what is around."""
    document = good("a: {b: 1}\n")
    for path in [("a", "c"), ("x",), ("a", "b", "c"), ("a", 0)]:
        assert path not in document.spans
        assert path not in document.key_spans
    assert () not in document.key_spans
    assert document.span(("a", "c", "d")) is document.spans["a",]


def test_duplicate_keys_name_the_first() -> None:
    """A key given twice is an error at the second; the first value stays."""
    document, problems = load("a: 1\nb: {c: 1, c: 2}\na: 2\n", "a.yaml")
    assert document is not None
    assert document.data == {"a": 1, "b": {"c": 1}}
    assert [(p.code, p.line, p.column) for p in problems] == [
        ("duplicate-key", 2, 11),
        ("duplicate-key", 3, 1),
    ]
    assert problems[1].message == 'key "a" is given twice; first on line 1'


def test_anchors_and_merge_keys() -> None:
    """An alias shares data and keeps the marks of its origin; own keys win over merged ones."""
    document = good("base: &b {x: 1, y: 2}\ncopy: *b\nmine: {<<: *b, y: 3}\nmany: {<<: [*b, {x: 9, z: 9}]}\n")
    assert document.data["copy"] == {"x": 1, "y": 2}
    assert document.data["mine"] == {"x": 1, "y": 3}
    assert document.data["many"] == {"x": 1, "y": 2, "z": 9}
    assert document.spans["copy", "x"] == document.spans["base", "x"]
    assert document.spans["mine", "x"].line == 1
    assert document.spans["mine", "y"].line == 3
    assert document.key_spans["many", "z"].line == 4


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("a: &x [*x]", "bad-alias"),
        ("a: *nowhere", "unknown-alias"),
        ("a: !thing x", "bad-value"),
        ("a: !!python/object:os.system x", "bad-value"),
        ("a: !thing {b: 1}", "bad-value"),
        ("a: 1\n---\nb: 2\n", "several-documents"),
        ("? [a]\n: b", "bad-key"),
        ("<<: 3", "bad-value"),
        ("a:\n\tb: 1", "yaml-syntax"),
        ("a: \x00", "yaml-syntax"),
        ("a: \ud800", "yaml-syntax"),
        ("a: '", "yaml-syntax"),
        ("[" * 1_000_000, "too-deep"),
        ("- " * 1_000_000, "too-deep"),
        ("{a: " * 1_000_000, "too-deep"),
        ("? " * 1_000_000, "too-deep"),
        ("x" * (8 * 1024 * 1024 + 1), "too-large"),
        ("\n".join(f"a{i}: &a{i} [{f'*a{i - 1},' * 9 if i else 1}]" for i in range(12)), "too-large"),
        ("\n".join(f"a{i}: &a{i} [{f'*a{i - 1}' if i else 1}]" for i in range(60)), "too-deep"),
    ],
)
def test_what_is_refused(text: str, code: str) -> None:
    """Whatever is not plain bounded data is one problem with a stable code, and quickly."""
    assert cpu_seconds(lambda: only(text), enough=3.0) < 3.0
    assert only(text).code == code


@pytest.mark.parametrize(
    ("text", "place", "message", "hint"),
    [
        ("a: {{ x }}", (1, 4), "needs quotes", 'quote the template: "{{ x }}"'),
        ("- {{ a }} and {{ b }}  # c", (1, 3), "needs quotes", 'quote the template: "{{ a }} and {{ b }}"'),
        ('a: {{ "x" }} y', (1, 4), "needs quotes", "quote the template: '{{ \"x\" }} y'"),
        ("a: @home", (1, 4), 'begin with "@"', "quotes"),
        ("a: `x`", (1, 4), 'begin with "`"', "quotes"),
        ("a: %d", (1, 4), 'begin with "%"', "quotes"),
        ("say: Note: this", (1, 10), '": "', "quotes"),
        ("a:\n\tb: 1", (2, 1), "tab", "spaces"),
        ("a: 1\nb: 'x\nc: 2", (2, 4), "never closed", "quotes"),
        ("a: {b: ${C}}", (1, 8), "quotes", 'write "${C}"'),
        ("a: *bold* text", (1, 9), "& or *", "quotes"),
        ("a: [1, 2\nb: 3", (1, 4), "never closed", 'close it with "]"'),
    ],
)
def test_syntax_errors_say_the_repair(text: str, place: tuple[int, int], message: str, hint: str) -> None:
    """The usual slips are told in the author's words, at the place of the slip."""
    problem = only(text)
    assert problem.code == "yaml-syntax"
    assert (problem.line, problem.column) == place
    assert message in problem.message
    assert hint in problem.hint


def test_unquoted_templates_are_all_reported_and_understood() -> None:
    """One run names every template without quotes, and the rest of the file is still checked."""
    document, problems = load("a: {{ x }}\nb: [{{ y.z }}, 1]\n", "a.yaml")
    assert [(p.line, p.column) for p in problems] == [(1, 4), (2, 5)]
    assert document is not None
    assert document.data == {"a": "{{ x }}", "b": ["{{ y.z }}", 1]}


def test_empty_text_is_a_document_without_data() -> None:
    """Nothing, and only comments, load as null."""
    for text in ("", "\n\n", "# only this\n", "\ufeff"):
        assert good(text).data is None


def test_files_that_cannot_be_read_are_problems(tmp_path: Path) -> None:
    """A missing file and one that is not UTF-8 are reported like anything else."""
    assert load_file(tmp_path / "none.yaml", "none.yaml")[1][0].code == "unreadable"
    (tmp_path / "latin.yaml").write_bytes("a: 1\nb: \xe9\n".encode("latin-1"))
    problem = load_file(tmp_path / "latin.yaml", "latin.yaml")[1][0]
    assert (problem.code, problem.line, problem.column) == ("yaml-syntax", 2, 4)
    (tmp_path / "bom.yaml").write_bytes(b"\xef\xbb\xbfa: 1\r\n")
    document, problems = load_file(tmp_path / "bom.yaml")
    assert (document and document.data, problems) == ({"a": 1}, [])


def test_ten_thousand_nodes_load_in_a_moment() -> None:
    """A flow of 10,000 nodes is well inside the limits."""
    node = (
        "  - id: n{0}\n    if: context.x > {0}\n    then:\n      - say: 'Hello {{{{ x }}}}'\n    next: n{0}\n"
    )
    text = "nodes:\n" + "".join(node.format(i) for i in range(10_000))
    documents: list[Document] = []
    assert cpu_seconds(lambda: documents.append(good(text)), enough=5.0, attempts=2) < 5.0
    [document, *_] = documents
    assert document.spans["nodes", 9_999, "then", 0, "say"].text == "Hello {{ x }}"


YAMLISH = st.text(alphabet="ab:-?[]{},&*!|>'\"%@`#$<~ \n\t\r0.9\\é\u2028\x00", max_size=60)


@settings(max_examples=examples(400))
@given(st.one_of(YAMLISH, st.text(max_size=60)))
def test_no_text_crashes_the_loader(text: str) -> None:
    """Any text gives a document or a problem, at a place that exists."""
    document, problems = load(text, "a.yaml")
    assert document is not None or problems
    for problem in problems:
        assert problem.line >= 1
        assert problem.column >= 1
    if document is not None:
        assert all(document.span(path) for path in document.spans)


@settings(max_examples=examples(200))
@given(st.integers(0, 400), st.integers(0, 20), YAMLISH)
def test_no_mutation_crashes_the_loader(start: int, length: int, patch: str) -> None:
    """A real flow with something overwritten gives a document or a problem."""
    nodes = '  - id: a\n    say: "Hi {{ x }}"\n  - {<<: *c, b: [1, {c: 2}]}\n' * 4
    text = "flow: x\ncontext: &c {a: 1}\nnodes:\n" + nodes
    document, problems = load(text[:start] + patch + text[start + length :], "a.yaml")
    assert document is not None or problems


@settings(max_examples=examples(200))
@given(
    st.recursive(
        st.none() | st.booleans() | st.integers(-(10**9), 10**9) | st.text(alphabet="abc :é", max_size=5),
        lambda inner: (
            st.lists(inner, max_size=4) | st.dictionaries(st.text("abc<", max_size=3), inner, max_size=4)
        ),
        max_leaves=20,
    )
)
def test_json_is_read_as_json(data: Any) -> None:
    """Every JSON text is YAML and loads as what it says, with a mark for everything."""
    import json

    document = good(json.dumps(data, ensure_ascii=False))
    assert document.data == data
    todo = [((), document.data)]
    while todo:
        path, value = todo.pop()
        assert path in document.spans
        pairs = (
            value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
        )
        todo += [((*path, key), item) for key, item in pairs]
