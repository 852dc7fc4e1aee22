"""Comparisons and arithmetic that make no sense: what a question keeps is known."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowhook.flowfiles.compile.node_types import NodeTypes
from flowhook.flowfiles.library import load_library
from flowhook.nodes import BUILTIN
from flowhook.problems.problem import Problem

QUESTIONS = """
  - id: age
    ask: {text: "How old?", store: context.age}
  - id: count
    ask: {text: "How many?", type: integer, store: context.count}
  - id: size
    ask: {text: "Which?", type: choice, choices: [small, large, 1], store: context.size}
  - id: sum
    ask: {text: "How much?", type: money, store: context.sum}
  - id: at
    ask: {text: "When?", type: time, store: context.at}
  - id: day
    ask: {text: "Which day?", type: date, store: context.day}
  - id: sure
    ask: {text: "Sure?", type: yes_no, store: context.sure}
  - id: hours
    ask: {text: "When?", type: time_range, store: context.hours}
  - id: days
    ask: {text: "Which days?", type: date_range, store: context.days}
"""
SLOTS = "slots: {size: {values: [small, large]}}\n"


def problems(directory: Path, nodes: str, top: str = SLOTS) -> list[Problem]:
    """What is told of a flow that asks the questions above, and goes on with these nodes."""
    (directory / "a.yaml").write_text(f"flow: a\n{top}nodes:\n{QUESTIONS.lstrip(chr(10))}{nodes}")
    return load_library(directory, NodeTypes(BUILTIN), root=directory).problems


def told(directory: Path, expression: str) -> list[str]:
    """``code message; hint`` of each problem of a condition."""
    found = problems(directory, f"  - if: {expression}\n    then: []\n")
    return [f"{problem.code} {problem.message}; {problem.hint}" for problem in found]


@pytest.mark.parametrize(
    ("expression", "why", "cure"),
    [
        ("context.age > 17", "context.age is a text, and not a number",
         "ask with type: number, or write context.age | float"),
        ("17 < context.age", "context.age is a text, and not a number", ""),
        ("context.age in [17, 18]", "context.age is a text, so it is none of 17, 18", ""),
        ("context.size == 1", "context.size is a text, and not a number", "write '1' in quotes"),
        ("context.size == 'larg'", 'context.size is never "larg"', 'did you mean "large"?'),
        ("context.sum > 100", "context.sum is an amount, {value, currency}, and not a number",
         "write context.sum.value"),
        ("context.at < '8:00'", 'context.at is a time such as 08:00, so comparing it with "8:00"',
         "write '08:00'"),
        ("context.at > 8", "context.at is a time such as 08:00, and not a number", "write '08:00'"),
        ("context.day > '1.5.2027'", "context.day is a date such as 2027-05-12, so comparing it",
         "write '2027-05-12'"),
        ("input.slots.size == 'large'", "input.slots.size is a list, and not a text",
         "write 'large' in input.slots.size"),
        ("context.age == context.count", "context.age is a text and context.count is a number", ""),
        ("now.hour > '8'", "now.hour is a number, and not a text", "write 8 without quotes"),
        ("context.day < now", "context.day is a date such as 2027-05-12 and now is a moment of the clock",
         "write now.date().isoformat()"),
        ("context.day >= now.date()", "context.day is a date such as 2027-05-12 and now.date() is a moment",
         "write now.date().isoformat()"),
        ("now > context.at", "now is a moment of the clock and context.at is a time such as 08:00",
         "write now.strftime('%H:%M')"),
        ("context.at in ['8:00', '9:00']", "context.at is a time such as 08:00, so it is none of",
         "write '08:00'"),
        ("context.size in ['small', 'larg']", 'context.size is never "larg"', 'did you mean "large"?'),
        ("context.hours.from < '8:00'", "context.hours.from is a time such as 08:00", "write '08:00'"),
        ("context.days.to > 5", "context.days.to is a date such as 2027-05-12, and not a number", ""),
        ("context.sum.currency == 5", "context.sum.currency is a text, and not a number", ""),
        ("now.weekday() == 'Monday'", "now.weekday() is a number, and not a text", ""),
        ("(context.age | length) > '3'", "context.age | length is a number, and not a text",
         "write 3 without quotes"),
    ],
)  # fmt: skip
def test_a_comparison_that_never_holds(tmp_path: Path, expression: str, why: str, cure: str) -> None:
    """With why, and what to write."""
    found = told(tmp_path, expression)
    assert len(found) == 1, found
    assert found[0].startswith(f"never-equal {why}"), found
    assert found[0].endswith(cure), found


@pytest.mark.parametrize(
    "expression",
    [
        "context.age == '17'",
        "context.age | int > 17",
        "context.count > 3 and context.count < 9",
        "context.count in [1, 2]",
        "context.size in ['small', 'large']",
        "context.size != 'small'",
        "context.sum.value > 100",
        "context.at < '08:00'",
        "context.at < context.day",
        "context.day >= '2027-05-12'",
        "input.text and 'large' in input.slots.size",
        "input.slots.size == ['large']",
        "context.sure == true",
        "context.sure == 1",
        "context.age == none",
        "input.text == '3'",
        "context.other > 3",
        "context.age ~ 1 == '171'",
        "now.hour >= 8",
        "context.day >= now.date().isoformat()",
        "context.at > now.strftime('%H:%M')",
        "now > now",
        "context.hours.from is none or context.hours.from >= '08:00'",
        "context.at in ['08:00', '12:00']",
        "now.weekday() == 0",
        "(context.age | lower) == 'ten'",
    ],
)
def test_a_comparison_that_may_hold(tmp_path: Path, expression: str) -> None:
    """Nothing is said where it could make sense."""
    assert [problem for problem in told(tmp_path, expression) if "unset-variable" not in problem] == []


@pytest.mark.parametrize(
    ("template", "message"),
    [
        ("{{ context.age * 2 }}", "context.age is a text: it is repeated, not multiplied;"
         " ask with type: number, or write context.age | float"),
        ("{{ context.age - 1 }}", "context.age is a text, so - does not compute with it"),
        ("{{ context.age + 1 }}", "context.age is a text, so + does not compute with it"),
        ("{{ context.sum * 2 }}", "context.sum is an amount, {value, currency}, so * does not compute with"
         " it; write context.sum.value"),
        ("{{ 'a' + 1 }}", '"a" is a text, so + does not compute with it; join texts with ~'),
    ],
)  # fmt: skip
def test_arithmetic_with_what_is_no_number(tmp_path: Path, template: str, message: str) -> None:
    """It fails, or gives "44" for 4."""
    found = [
        f"{problem.message}; {problem.hint}" for problem in problems(tmp_path, f'  - say: "{template}"\n')
    ]
    assert len(found) == 1, found
    assert found[0].startswith(message), found


@pytest.mark.parametrize(
    "template",
    ["{{ context.count * 2 }}", "{{ context.age + 'x' }}", "{{ context.sum.value * 2 }}", "{{ '-' * 20 }}"],
)
def test_arithmetic_that_computes(tmp_path: Path, template: str) -> None:
    """Numbers, texts that are joined, what nobody knows, a line of dashes."""
    assert problems(tmp_path, f'  - say: "{template}"\n') == []


def test_an_answer_is_compared_as_what_it_is(tmp_path: Path) -> None:
    """In the ``valid_if`` of its question, also in a collect."""
    ask = '  - id: t\n    ask: {text: "When?", type: time, store: context.t, valid_if: answer > 8}\n'
    fields = '[{text: "How much?", type: money, store: context.m, valid_if: answer < 5}]'
    found = problems(tmp_path, f"{ask}  - id: c\n    collect: {{asks: {fields}}}\n")
    assert [
        f"{problem.line} {problem.code}; {problem.hint}" for problem in found if problem.code == "never-equal"
    ] == [
        "23 never-equal; write '08:00'",
        "25 never-equal; write answer.value",
    ]


@pytest.mark.parametrize(
    ("nodes", "top"),
    [
        ('  - set: {context.copy: "{{ input.text }}"}\n  - if: context.copy > 17\n    then: []\n', ""),
        ('  - set: {context.copy: "{{ context.age }}"}\n  - if: context.copy > 17\n    then: []\n', ""),
        ("  - if: context.limit == '3'\n    then: []\n", "context: {limit: 3}\n"),
        (
            "  - id: s\n    ask: {text: Which?, type: slot, slot: no, store: context.no}\n"
            "  - if: context.no == 123456\n    then: []\n",
            'slots: {no: {pattern: "[0-9]{6}"}}\n',
        ),
        (
            "  - id: s\n    ask: {text: Which?, type: slot, slot: size, store: context.s}\n"
            "  - if: context.s == 'larg'\n    then: []\n",
            SLOTS,
        ),
        ("  - if: context.no < '3'\n    then: []\n", "slots: {n: {type: number, store: context.no}}\n"),
        ("  - say: hi\n", "intents: {old: {rules: context.age > 17, reply: Grown up.}}\n"),
    ],
)
def test_what_is_known_of_slots_defaults_and_assignments(tmp_path: Path, nodes: str, top: str) -> None:
    """Not only of questions; also in the rules of intents."""
    found = [problem for problem in problems(tmp_path, nodes, top) if problem.code == "never-equal"]
    line = (tmp_path / "a.yaml").read_text().splitlines()[found[0].line - 1]
    assert len(found) == 1, found
    assert any(sign in line for sign in (" > ", " < ", " == ")), line


def test_calls_give_and_get_what_is_known(tmp_path: Path) -> None:
    """``args`` are what all calls give, the ``store`` of a call what its flow returns."""
    (tmp_path / "b.yaml").write_text(
        "flow: b\nnodes:\n  - if: args.size > 3\n    then: {return: small}\n  - return: large\n"
    )
    call = "  - call: {flow: b, args: {size: '{{ context.age }}'}, store: context.fits}\n"
    found = problems(tmp_path, call + "  - if: context.fits == 1\n    then: []\n", "")
    assert [(problem.file, problem.code, problem.message.partition(",")[0]) for problem in found] == [
        ("a.yaml", "never-equal", "context.fits is a text"),
        ("b.yaml", "never-equal", "args.size is a text"),
    ]
    other = "  - call: {flow: b, args: {size: 3}}\n"
    assert [
        problem.file for problem in problems(tmp_path, call + other, "") if "args" in problem.message
    ] == []


def test_a_switch_over_the_values_of_a_slot(tmp_path: Path) -> None:
    """They are a list, which no case is."""
    found = problems(tmp_path, "  - switch: input.slots.size\n    cases: {large: []}\n")
    assert [(problem.code, problem.hint) for problem in found] == [
        ("case-never-matches", "write input.slots.size[0]")
    ]


def test_nothing_is_said_where_others_may_keep_the_value(tmp_path: Path) -> None:
    """A ``set``, a default, a slot may make it anything."""
    condition = "  - if: context.age > 17\n    then: []\n"
    assert problems(tmp_path, "  - set: {context.age: 3}\n" + condition) == []
    assert problems(tmp_path, condition, "context: {age: 3}\n") == []
    assert problems(tmp_path, condition, "slots: {a: {type: number, store: context.age}}\n") == []
