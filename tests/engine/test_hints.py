"""What is wrong with an expression is pointed at, with the form it has here beside it."""

from __future__ import annotations

import pytest

from flowhook.engine.expressions import Expressions
from flowhook.engine.expressions.parser import ExpressionError


@pytest.mark.parametrize(
    ("source", "column", "hint"),
    [
        ("a && b", 3, "&& is JavaScript"),
        ("!a || b", 1, "! is JavaScript"),  # the first of two, not the first of a table
        ("a || !b", 4, "|| is JavaScript"),
        ("input.text === 'x'", 14, "=== is JavaScript"),
        ("a = 1", 3, "= does not compare"),
        ("a ? 1 : 2", 3, "? : is JavaScript"),
        ("answer > 0 and <= 10", 16, "compare a name on both sides"),
        ("a or == 2", 6, "compare a name on both sides"),
        ("'a && b' 'c' d", 14, ""),  # what stands in a text is no operator
        ("{{ a && b }}", 6, "&& is JavaScript"),
        ("a && b {{ c d }}", 13, ""),  # nor what stands around an expression
        ("Hi {{ a }", 9, "a template ends with }}"),
        ("Hi\n{{ a\n }", 2, "a template ends with }}"),
    ],
)
def test_a_mistake_is_pointed_at(source: str, column: int, hint: str) -> None:
    """Message and caret say the same, once."""
    expressions = Expressions()
    compiles = expressions.compile_value if "{{" in source else expressions.compile_condition
    with pytest.raises(ExpressionError) as caught:
        compiles(source)
    assert caught.value.column == column
    assert caught.value.hint.startswith(hint)
    assert bool(caught.value.hint) == bool(hint)
    assert " at " not in caught.value.message
