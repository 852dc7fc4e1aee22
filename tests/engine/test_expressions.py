"""Expressions: types, missing values, warnings, and errors that point at their cause."""

from __future__ import annotations

from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from flowhook.engine.expressions import Expressions
from flowhook.engine.expressions.parser import ExpressionError

EXPRESSIONS = Expressions()
NOW = datetime(2026, 3, 4, 5, 6, 7, tzinfo=ZoneInfo("Europe/Berlin"))


def scope() -> dict[str, Any]:
    return {
        "context": {
            "size": "large",
            "n": 3,
            "zero": 0,
            "none": None,
            "yes": True,
            "items": [1, "two", None],
            "order": {"total": 22.5, "keys": "k"},
            "by_number": {"1": "one", "3": "three"},
            "people": [{"name": "Ann", "age": 30}, {"name": "Bob", "age": 20}],
        },
        "input": {"text": "{{ 7 * 7 }}", "result": 0},
        "now": NOW,
    }


def value(source: Any, warnings: list[str] | None = None) -> Any:
    return EXPRESSIONS.compile_value(source).evaluate(scope(), [] if warnings is None else warnings)


def holds(source: str, warnings: list[str] | None = None) -> bool:
    return EXPRESSIONS.compile_condition(source).test(scope(), [] if warnings is None else warnings)


def refusal(source: str, *, condition: bool = False) -> ExpressionError:
    with pytest.raises(ExpressionError) as caught:
        (EXPRESSIONS.compile_condition if condition else EXPRESSIONS.compile_value)(source)
    return caught.value


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("{{ context.n }}", 3),
        ("{{ context.order }}", {"total": 22.5, "keys": "k"}),
        ("{{ context.by_number.1 }}", "one"),
        ("{{ context.by_number[context.n] }}", "three"),
        ("{{ context.items }}", [1, "two", None]),
        ("{{ context.none }}", None),
        ("{{ context.yes }}", True),
        ("{{ context.n + 1 }}", 4),
        ("{{ (1, 2) }}", [1, 2]),
        ("{{ context.people | map(attribute='name') }}", ["Ann", "Bob"]),
        ("{{ context.people | map(attribute='name') | join(', ') }}", "Ann, Bob"),
        ("{{ context.people | selectattr('age', 'gt', 25) | map(attribute='name') | list }}", ["Ann"]),
        ("{{ context.people | sort(attribute='age') | first }}", {"name": "Bob", "age": 20}),
        ("{{ context.people | sum(attribute='age') }}", 50),
        ("{{ 'a' if false }}", None),
        ("{{ now.year }}", 2026),
        ("{{ now }}", "2026-03-04T05:06:07+01:00"),
        ("{{ now.strftime('%d.%m.%Y %H:%M') }}", "04.03.2026 05:06"),
        ("{{ 1e308 * 10 }}", None),
    ],
)
def test_exactly_one_expression_keeps_its_type(source: str, expected: Any) -> None:
    """A string that is exactly one {{ … }} gives the value, as plain data."""
    result = value(source)
    assert result == expected
    assert type(result) is type(expected)


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (" {{ context.n }}", " 3"),
        ("{{ context.n }}{{ context.n }}", "33"),
        ("a{{ context.none }}b", "ab"),
        ("a{{ context.missing.x }}b", "ab"),
        ("{{ context.yes }}!", "true!"),
        ("{{ context.order }}!", '{"total": 22.5, "keys": "k"}!'),
        ("{{ context.order.total }} euro", "22.5 euro"),
        ("{% if context.n > 2 %}many{% else %}few{% endif %}", "many"),
        (
            "{% for person in context.people %}{{ loop.index }}. {{ person.name }}\n{% endfor %}",
            "1. Ann\n2. Bob\n",
        ),
        ("{% for x in context.none %}x{% endfor %}", ""),
        ("{% set total = context.n * 2 %}{{ total }}", "6"),
        ("{% raw %}{{ x }}{% endraw %}", "{{ x }}"),
        ("{# nothing #}a", "a"),
        ("{{ 'a' ~ context.n ~ context.none }}", "a3"),
        ("line\n{{ context.size }}\n", "line\nlarge\n"),
        ("plain", "plain"),
    ],
)
def test_everything_else_is_text(source: str, expected: str) -> None:
    """Null and what is missing print nothing; true, lists and mappings print as in JSON."""
    assert value(source) == expected


def test_a_text_field_never_keeps_a_type() -> None:
    """Compiled as text, even exactly one expression gives text."""
    compiled = EXPRESSIONS.compile_value("{{ context.n }}", text=True)
    assert compiled.evaluate(scope(), []) == "3"


def test_structures_are_evaluated_as_a_whole() -> None:
    """Templates may stand anywhere in a mapping or list; what is constant stays what it is."""
    raw = {"a": "{{ context.n }}", "b": ["x", {"c": "{{ context.size }}!"}], "d": 5}
    assert value(raw) == {"a": 3, "b": ["x", {"c": "large!"}], "d": 5}
    assert EXPRESSIONS.compile_value({"a": [1, "b"]}).constant


def test_values_are_copies() -> None:
    """What an expression gives does not change when the context does."""
    data = scope()
    order = EXPRESSIONS.compile_value("{{ context.order }}").evaluate(data, [])
    data["context"]["order"]["total"] = 0
    assert order["total"] == 22.5


def test_what_users_type_is_data() -> None:
    """Template marks and literals in a user's text stay text."""
    assert value("{{ input.text }}") == "{{ 7 * 7 }}"
    assert value("> {{ input.text }}") == "> {{ 7 * 7 }}"
    for typed in ("42", "None", "[1, 2]", "007", "1e3", "true"):
        assert EXPRESSIONS.compile_value("{{ input.text }}").evaluate({"input": {"text": typed}}, []) == typed


def test_keys_come_before_methods() -> None:
    """``context.items`` is the key; only without one is there a method to call."""
    assert value("{{ context.items | length }}") == 3
    assert value("{{ context.order.keys }}") == "k"
    assert value("{{ context.order.values() | list | length }}") == 2
    assert value("{{ context['size'] }} {{ context.items[1] }} {{ context.items.1 }}") == "large two two"


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("context.size == 'large' and context.n > 2", True),
        ("context.missing", False),
        ("not context.missing", True),
        ("context.missing > 3", False),
        ("3 < context.missing.deeper", False),
        ("context.missing == none", True),
        ("context.missing is none", True),
        ("context.missing is not none", False),
        ("context.missing is defined", False),
        ("context.missing == 'x'", False),
        ("context.missing != 'x'", True),
        ("context.none > 3", False),
        ("context.none + 1 > 3", False),
        ("context.missing + 1 > 3", False),
        ("'two' in context.items", True),
        ("context.zero", False),
        ("context.zero is not none", True),
        ("input.text | lower in ['stop', 'cancel']", False),
        ("context.size.startswith('la')", True),
        ("context.people[0].age >= 30", True),
        ("1 / 0", False),
    ],
)
def test_conditions(source: str, expected: bool) -> None:
    """Comparisons with what is missing are false; a condition that fails does not hold."""
    assert holds(source) is expected


def test_a_failed_condition_warns() -> None:
    """An evaluation error is a warning, never an exception."""
    warnings: list[str] = []
    assert not holds("context.none > 3", warnings)
    assert "context.none > 3" in warnings[0]


def test_missing_values_warn_with_their_path() -> None:
    """Each use of a missing value is noted once; asking whether it is there is no use."""
    warnings: list[str] = []
    value("{{ context.nope.x }} {{ context.nope.x }} {{ nope | upper }}", warnings)
    assert warnings == ["context.nope.x is undefined", "nope is undefined"]
    warnings = []
    holds("context.nope is defined or context.nope == none", warnings)
    assert value("{{ context.nope | default('x') }}", warnings) == "x"
    assert warnings == []


def test_a_text_that_fails_raises() -> None:
    """Outside of conditions an evaluation error is the node's failure, and names the source."""
    with pytest.raises(ExpressionError, match=r"context\.size \+ 1"):
        value("total: {{ context.size + 1 }}")


@pytest.mark.parametrize(
    ("source", "line", "column", "hint"),
    [
        ("a && b", 1, 3, "write and"),
        ("a || b", 1, 4, "write or"),
        ("!a", 1, 1, "write not x"),
        ("a === b", 1, 5, "write =="),
        ("a !== b", 1, 5, "write =="),
        ("a ? b : c", 1, 3, "a if condition else b"),
        ("a ?? b", 1, 3, "default"),
        ("a = b", 1, 3, "write =="),
        ("a.length > 3", 1, 3, "x | length"),
        ("a.includes('b')", 1, 3, "'a' in x"),
        ("a.toUpperCase()", 1, 3, "x | upper"),
        ("a.trim()", 1, 3, "x | trim"),
        ("length(a)", 1, 1, "x | length"),
        ("{{ a }}", 1, 1, "not {{ x }}"),
        ("a | uper", 1, 5, '"upper"'),
        ("a is defind", 1, 6, '"defined"'),
        ("a ==\n  b b", 2, 5, ""),
        ("a ==", 1, 5, ""),
        ("", 1, 1, ""),
    ],
)
def test_errors_of_conditions_point_and_help(source: str, line: int, column: int, hint: str) -> None:
    """A condition that does not compile says where, and what to write instead."""
    error = refusal(source, condition=True)
    assert (error.line, error.column) == (line, column)
    assert hint in error.hint


def test_errors_of_templates_point_into_the_text() -> None:
    """Lines and columns count in the whole text."""
    error = refusal("Hello,\n  {{ a && b }}")
    assert (error.line, error.column) == (2, 8)
    error = refusal("{{ a }} {{ b | nope }}")
    assert (error.line, error.column) == (1, 16)
    assert refusal("{{ a").line == 1
    assert "macro" in str(refusal("{% macro x() %}{% endmacro %}"))


def test_no_hint_without_a_javascript_operator() -> None:
    """Quoted signs are no operators."""
    assert refusal("'a && b' c", condition=True).hint == ""


def test_names_and_paths() -> None:
    """What an expression reads is known without evaluating it."""
    assert EXPRESSIONS.names("{{ context.a }} {% for x in input.list %}{{ x.y }}{% endfor %}") == {
        "context",
        "input",
    }
    assert EXPRESSIONS.paths("context.a.b > 3 and input.text.lower() == profile['name']") == {
        "context.a.b",
        "input.text",
        "profile.name",
    }
    assert EXPRESSIONS.names("plain") == {"plain"}


def test_equal_sources_are_compiled_once() -> None:
    """A library compiles each source once."""
    assert EXPRESSIONS.compile_condition("context.n > 1") is EXPRESSIONS.compile_condition("context.n > 1")
    assert EXPRESSIONS.compile_value("{{ context.n }}x") is EXPRESSIONS.compile_value("{{ context.n }}x")


def test_filters_of_plugins() -> None:
    """A plugin's filter is called like any other."""
    expressions = Expressions({"money": lambda amount, unit="€": f"{amount:.2f} {unit}"})
    assert expressions.compile_value("{{ context.order.total | money }}").evaluate(scope(), []) == "22.50 €"


# --- large integers ----------------------------------------------------------------------------------

LARGE = 10**399 + 7


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("{{ context.n }}", LARGE),
        ("{{ context.n + 1 }}", LARGE + 1),
        ("{{ context.n - 1 }}", LARGE - 1),
        ("{{ context.n // 10 }}", LARGE // 10),
        ("{{ context.n % 1000 }}", 7),
        ("{{ context.n * context.n }}", LARGE * LARGE),
        ("{{ -context.n }}", -LARGE),
        ("{{ context.n | string | int }}", LARGE),
        ("{{ context.n | round }}", LARGE),
        ("{{ context.n | round(0, 'ceil') }}", LARGE),
        ("{{ [context.n, 1] | sum }}", LARGE + 1),
        ("{{ [1, context.n] | max }}", LARGE),
        ("{{ '12345678901234567890.9' | int }}", 12345678901234567890),
        ("{{ 'many' | int(7) }}", 7),
        ("no {{ context.n }}", f"no {LARGE}"),
        ("{{ context.n | tojson }}", str(LARGE)),
        ("{{ context.n | number('de') | replace('.', '') }}", str(LARGE)),
    ],
)
def test_integers_are_exact(source: str, wanted: Any) -> None:
    """Whatever is computed, kept or printed with an integer of up to 400 digits: none of them is lost."""
    source = source.replace("number('de')", "number(locale='de')")
    assert Expressions().compile_value(source).evaluate({"context": {"n": LARGE}}, []) == wanted


@pytest.mark.parametrize(
    "source",
    [
        "{{ ('f' * 60000) | int(base=16) }}",
        "{{ context.huge + 1 }}",
        "{{ context.huge - 1 }}",
        "{{ context.huge // 3 }}",
        "{{ context.huge % 3 }}",
        "{{ 1 - context.huge }}",
    ],
)
def test_integers_are_bounded_whatever_makes_them(source: str) -> None:
    """A number of 60,000 digits would make a loop of divisions stand for minutes."""
    with pytest.raises(ExpressionError, match="too large"):
        Expressions().compile_value(source).evaluate({"context": {"huge": 1 << 200_000}}, [])


def test_short_names_of_roots() -> None:
    """ci, cc and cp stand for input, context and profile, unless a template sets them itself."""
    assert value("{{ cc.n + 1 }}") == 4
    assert value("{{ ci.text }}") == "{{ 7 * 7 }}"
    assert holds("cc.size == 'large' and ci.result == 0")
    assert value("{% set cc = 5 %}{{ cc }}") == "5"
    assert EXPRESSIONS.names("cc.a + ci.b + cp.c") == {"context", "input", "profile"}
    assert EXPRESSIONS.paths("{{ cc.order.total }}") == {"context.order.total"}


def test_omit_leaves_a_key_or_an_item_out() -> None:
    """At any depth of a value; in a text it is nothing, and a condition does not hold."""
    expressions = Expressions()
    value = {"a": "{{ context.a | default(omit) }}", "b": {"c": "{{ omit }}", "d": ["{{ omit }}", 1]}}
    compiled = expressions.compile_value(value)
    assert compiled.evaluate({"context": {}}, []) == {"b": {"d": [1]}}
    assert compiled.evaluate({"context": {"a": 0}}, []) == {"a": 0, "b": {"d": [1]}}
    assert expressions.compile_value("[{{ omit }}]").evaluate({}, []) == "[]"
    assert not expressions.compile_condition("omit").test({}, [])
    assert expressions.compile_value("{{ {'a': omit} }}").evaluate({}, []) == {"a": ""}


#: Ways to nest, up to any depth: "(" * 3 + "x" + ")" * 3.
NESTED = [
    ("-", ""), ("not ", ""), ("(", ")"), ("[", "]"), ("{1:", "}"), ("(a,", ")"), ("a+(", ")"), ("a*-", ""),
    ("a in (", ")"), ("x.get(", ")"), ("range(", ")"), ("a|default(", ")"), ("x[a:", "]"), ("", "|abs"),
    ("", "[y+1]"), ("", "~a"), ("", " if b else a"), ("a if (a if b else ", ")"), ("a and not (", ")"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after"), NESTED, ids=map("".join, NESTED))
def test_what_has_its_code_later_always_has_one(before: str, after: str) -> None:
    """A short expression is made code when it is evaluated first. Whatever is wrong with one is said when it
    is compiled, however deep it is nested."""
    accepted = 0
    for depth in (1, 9, 13, 15, 19, 25, 28, 29, 38, 50, 56, 57, 58, 59, 60, 99):
        source = before * depth + "x" + after * depth
        try:
            compiled = Expressions().compile_value(f"{{{{ {source} }}}}")
        except ExpressionError as error:
            assert "nested too deeply" in str(error)  # noqa: PT017  # those below are not
            continue
        accepted += 1
        try:
            compiled.evaluate({"x": 1, "y": 1}, [])
        except ExpressionError as error:
            assert "too intricate" not in str(error)  # noqa: PT017
    assert accepted > 3


@pytest.mark.parametrize(
    "source",
    [
        "{{ x | default(a=1, a=2) }}",
        "{{ x[1:2, 3] }}",
        "{% for a in x %}" * 25 + "{% endfor %}" * 25,
        "{{ 1" + "0" * 5_000 + " }}",
        "{{ x | nothing }}",
        "{{ x is nothing }}",
        "{{ nothing(x) }}",
        "{{ x.__class__ }}",
        "{% macro a() %}{% endmacro %}",
    ],
)
def test_what_has_no_code_is_refused_when_it_is_compiled(source: str) -> None:
    """Not by the first message that comes there."""
    assert refusal(source).message


@pytest.mark.parametrize(
    "source",
    [
        "context.a.b[0] | upper == 'X' and not input.data['k'].strip()",
        "{% for x in context.items %}{{ x.name if x else 'none' }}, {% endfor %}{{ ci.text[1:] ~ '!' }}",
    ],
)
def test_what_is_asked_of_an_expression_is_the_same_after_it_was_compiled(source: str) -> None:
    """Compiling rewrites a tree, and not the one that the checks look at."""
    expressions, asked_first = Expressions(), Expressions()
    if "{{" in source:
        expressions.compile_value(source)
    else:
        expressions.compile_condition(source)
    assert expressions.tree(source) == asked_first.tree(source)
    assert expressions.paths(source) == asked_first.paths(source)
