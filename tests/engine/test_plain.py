"""Plain templates: what is taken apart without Jinja means what Jinja means by it."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flowhook.engine import expressions
from flowhook.engine.expressions import Expressions, plain
from flowhook.engine.expressions.parser import ExpressionError
from flowhook.engine.expressions.plain import plain_pieces
from tests.machine import examples

SCOPE = {
    "context": {"name": "Ada", "size": 3, "order": {"items": ["ham", None], "total": 2.5}, "none": None},
    "input": {"text": "{{ context.name }}", "true": True, "if": "word"},
    "x": {"y": {}},
    "now": "today",
}
WORDS = (
    "context", "input", "x", "now", "name", "size", "order", "items", "total", "none", "text", "true", "if",
    "not", "and", "in", "is", "else", "None", "True", "self", "loop", "range", "length", "__class__", "_a",
    "é", "first", "caller", "namespace", "0",
)  # fmt: skip
PIECES = st.one_of(
    st.sampled_from([
        "{{", "}}", "{%", "%}", "{#", "#}", "{", "}", "-", "+", " ", "\n", "\r\n", "\t", ".", "|", "'", "# ",
        "text", "Hello, ", "%", "raw", "set x = 1", "(", ")", "[", "]", "1", "\u00a0", "é",
    ]),
    st.sampled_from(WORDS),
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=4).map(lambda path: "{{ " + ".".join(path) + " }}"),
    st.lists(st.sampled_from(WORDS), min_size=1, max_size=3).map(lambda path: "{{" + ".".join(path) + "}}"),
)  # fmt: skip


def meaning(source: str, *, text: bool) -> Any:
    """What a template reads and comes to, or that it does not compile."""
    try:
        compiled = Expressions().compile_value(source, text=text)
    except ExpressionError as error:
        return error.message
    warnings: list[str] = []
    try:
        value = compiled.evaluate(SCOPE, warnings)
    except ExpressionError as error:
        value = error.message
    if compiled.constant:
        return type(compiled), value
    return type(compiled), compiled.names, compiled.paths, value, warnings


@settings(max_examples=examples(400))
@given(st.lists(PIECES, min_size=1, max_size=8).map("".join), st.booleans())
def test_it_means_what_jinja_means(source: str, text: bool) -> None:
    """For whatever is written: the same kind, names, paths, value and warnings, or the same refusal."""
    taken = meaning(source, text=text)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(expressions, "plain_pieces", lambda source: None)
        assert taken == meaning(source, text=text)


@pytest.mark.parametrize(
    ("source", "pieces"),
    [
        ("Hello {{ context.name }}!", ["Hello ", ("context", "name"), "!"]),
        ("{{now}}", [("now",)]),
        ("{{ x.y }}{{ x }}\n", [("x", "y"), ("x",), "\n"]),
        ("100 % } {{ x }} }} 5", ["100 % } ", ("x",), " }} 5"]),
    ],
)
def test_plain_ones_are_taken(source: str, pieces: list[Any]) -> None:
    assert plain_pieces(source) == tuple(pieces)


@pytest.mark.parametrize(
    "source",
    [
        "no template", "{{ 1 }}", "{{ true }}", "{{ not }}", "{{ x | upper }}", "{{- x }}", "{{ x.length }}",
        "{{ x.__class__ }}", "{{ x }}{% if y %}a{% endif %}", "{{ x }}{# a comment #}", "{{{ x }}",
        "{{ x }} {{ y", "a\r\n{{ x }}", "{{ x[0] }}", "{{ x.0 }}", "{{ loop.index }}",
        "{{ " + ".".join(["x"] * 17) + " }}",
        "{{ x }}" * 4000,
    ],
)  # fmt: skip
def test_all_else_is_left_to_jinja(source: str) -> None:
    assert plain_pieces(source) is None


def test_jinja_does_not_parse_what_is_plain(monkeypatch: pytest.MonkeyPatch) -> None:
    """Counted, not timed."""
    parsed: list[str] = []
    real = expressions.parse_template
    monkeypatch.setattr(
        expressions, "parse_template", lambda sandbox, source: parsed.append(source) or real(sandbox, source)
    )
    compile_value = Expressions().compile_value
    compile_value({"a": "Hello {{ context.name }}", "b": ["{{ x.y }}", "{{ x | upper }}"]})
    assert parsed == ["{{ x | upper }}"]
    assert plain.MAX_NAMES < 60
