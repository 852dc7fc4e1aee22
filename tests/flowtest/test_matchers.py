"""Values and matchers."""

from __future__ import annotations

from typing import Any

import pytest

from flowhook.flowtest.files.matchers import MISSING, MatcherReader
from flowhook.yamldoc.document import load
from flowhook.yamldoc.problem_collector import ProblemCollector


def matches(written: str, actual: Any) -> bool:
    """Whether a value is what a YAML text expects."""
    document, problems = load(f"x: {written}", "test")
    assert document is not None
    assert problems == []
    report = ProblemCollector(document)
    matcher = MatcherReader(report).read(document.data["x"], ("x",))
    assert report.problems == []
    return matcher.holds(actual)


@pytest.mark.parametrize(
    ("written", "actual", "fits"),
    [
        ("1", 1, True),
        ("1", 1.0, True),
        ("1", "1", True),
        ("1.0", "1", False),
        ("1", True, False),
        ("true", True, True),
        ("true", 1, False),
        ("true", "true", True),
        ('"1"', 1, False),
        ("null", None, True),
        ("null", "", False),
        ("null", MISSING, False),
        ("a", "a", True),
        ("a", "A", False),
        ("{a: 1}", {"a": 1, "b": 2}, True),
        ("{a: 1, c: null}", {"a": 1}, False),
        ("{a: {b: 1}}", {"a": {}}, False),
        ("[1, 2]", [1, 2], True),
        ("[1]", [1, 2], False),
        ("[]", [], True),
        ("[]", {}, False),
        ("{equals: {a: 1}}", {"a": 1, "b": 2}, False),
        ("{equals: {type: text}}", {"type": "text"}, True),
        ("{contains: 22}", "it is 22", True),
        ("{contains: b}", ["a", "b"], True),
        ("{contains: a}", {"a": 1}, True),
        ("{contains: A}", "a", False),
        ("{icontains: A}", "xax", True),
        ("{contains: {a: 1}}", [{"a": 1, "b": 2}], True),
        ("{regex: '^a+$'}", "aaa", True),
        ("{regex: '^a+$'}", "aab", False),
        ("{regex: x}", 1, False),
        ("{any_of: [a, {contains: z}]}", "xyz", True),
        ("{any_of: [a, b]}", "c", False),
        ("{not: a}", "b", True),
        ("{not: {contains: a}}", "b", True),
        ("{not: a}", "a", False),
        ("{subset: [2]}", [1, 2, 3], True),
        ("{subset: [4]}", [1, 2], False),
        ("{subset: {not: 1}}", {"not": 1}, True),
        ("{type: integer}", 3.0, True),
        ("{type: integer}", 3.5, False),
        ("{type: number}", True, False),
        ("{type: list}", [], True),
        ("{type: quick_replies}", {"type": "quick_replies"}, True),
        ("{absent: true}", MISSING, True),
        ("{absent: true}", None, True),
        ("{absent: false}", 0, True),
        ("{contains: a, not: {contains: b}}", "ac", True),
        ("{contains: a, not: {contains: b}}", "ab", False),
    ],
)
def test_a_value_is_as_expected(written: str, actual: Any, fits: bool) -> None:
    """Mappings may have further keys; scalars count as written where texts are compared."""
    assert matches(written, actual) is fits


def test_differences_are_told_with_their_place() -> None:
    """Each one, not only the first."""
    document, _ = load("x: {a: 1, b: {c: [1, 2]}}", "test")
    assert document is not None
    matcher = MatcherReader(ProblemCollector(document)).read(document.data["x"], ("x",))
    misses = list(matcher.misses({"a": 2, "b": {"c": [1, 3, 4]}}))
    assert [(miss.at, miss.expected) for miss in misses] == [
        (("a",), "1"), (("b", "c", 1), "2"), (("b", "c", 2), "nothing")
    ]  # fmt: skip
