"""Compiling one flow file: what becomes of its nodes, branches and references."""

from __future__ import annotations

from textwrap import dedent

import pytest
from tests.machine import cpu_seconds

from flowhook.engine.expressions import Expressions
from flowhook.engine.flow import Flow, Stay
from flowhook.flowfiles.compile.compiler import CompiledFlow, compile_flow
from flowhook.flowfiles.compile.node_types import NodeTypes
from flowhook.nodes import BUILTIN
from flowhook.yamldoc.document import load


def compiled(text: str, file: str = "flows/f.yaml") -> CompiledFlow:
    document, problems = load(dedent(text), file)
    assert not problems
    assert document is not None
    return compile_flow(document, NodeTypes(BUILTIN), Expressions())


def flow_of(nodes: str) -> Flow:
    text = "flow: f\nnodes:\n" + dedent(nodes)
    result = compiled(text)
    assert result.flow is not None, result.problems
    return result.flow


def errors(text: str) -> list[str]:
    return [f"{p.line}:{p.column} {p.code}" for p in compiled(text).problems if p.severity == "error"]


def test_list_goes_on_below_its_parent() -> None:
    """After a list the flow goes on at the node after the parent, else below its parent."""
    flow = flow_of("""
        - id: outer
          if: input.text
          then:
            - if: input.data
              then:
                - say: deep
              else: {say: single}
        - id: after
          say: after
    """)
    assert flow.first == "outer"
    assert flow.nodes["outer"].branches == {"then": "outer.then.0"}
    assert flow.nodes["outer.then.0"].branches["then"] == "outer.then.0.then.0"
    assert flow.nodes["outer.then.0.then.0"].below == "after"
    assert flow.nodes["outer.then.0.else"].below == "after"
    assert flow.nodes["after"].below is None


def test_next_of_the_parent_wins() -> None:
    """After a list the flow goes on at the parent's next, if it has one."""
    flow = flow_of("""
        - id: choice
          if: input.text
          then: [{say: a}]
          next: end
        - id: between
          say: b
        - id: end
          say: c
    """)
    assert flow.nodes["choice"].below == "end"
    assert flow.nodes["choice.then.0"].below == "end"


def test_id_leaves_for_good() -> None:
    """A branch that is an id leads to that node, wherever it is nested, and does not come back."""
    flow = flow_of("""
        - if: input.text
          then: inner
        - if: input.data
          then:
            - id: inner
              say: inner
        - say: last
    """)
    assert flow.nodes["#0"].branches == {"then": "inner"}
    assert flow.nodes["inner"].below == "#2"


def test_empty_branch_goes_on_below() -> None:
    """An empty list does nothing and goes on below."""
    flow = flow_of("""
        - if: input.text
          then: []
        - say: last
    """)
    assert flow.nodes["#0"].branches == {"then": "#1"}


def test_staying_branches_end_in_waiting() -> None:
    """A list under on_timeout ends in waiting at its node, however deep it is nested; an id leaves."""
    flow = flow_of("""
        - id: size
          ask: {text: "Size?", timeout: 5m}
          on_timeout:
            - say: one
            - if: input.text
              then: {say: two}
              else: size2
        - id: size2
          ask: {text: "Size?", timeout: 5m}
          on_timeout: end
          on_fail: [{say: failed}]
        - id: end
          say: end
    """)
    size = flow.nodes["size"]
    assert size.branches == {"on_timeout": "size.on_timeout.0"}
    assert flow.nodes["size.on_timeout.0"].below == "size.on_timeout.1"
    assert flow.nodes["size.on_timeout.1"].below == Stay("size")
    assert flow.nodes["size.on_timeout.1.then"].below == Stay("size")
    assert flow.nodes["size.on_timeout.1"].branches["else"] == "size2"
    assert flow.nodes["size2"].branches["on_timeout"] == "end"
    assert flow.nodes["size2.on_fail.0"].below == "end"


def test_cases_keep_the_values_as_written() -> None:
    """Case keys are texts as written; keys of places tell apart what could be confused."""
    flow = flow_of("""
        - switch: input.text
          cases:
            007: {say: a}
            yes: [{say: b}]
            a.b: {say: c}
            /^x/: {say: d}
          default: {say: e}
    """)
    assert flow.nodes["#0"].branches == {
        "cases.007": "#0.cases.007",
        "cases.yes": "#0.cases.yes.0",
        "cases.a.b": '#0.cases."a.b"',
        "cases./^x/": '#0.cases."/^x/"',
        "default": "#0.default",
    }


def test_main_settings() -> None:
    """A scalar or a list stands for the main setting; what needs nothing may stand without a value."""
    flow = flow_of("""
        - say: 12.50
        - say: [1, two]
        - stop:
    """)
    warnings: list[str] = []
    said = [flow.nodes[key].settings.node({}, warnings).model_dump()["text"] for key in ("#0", "#1")]
    assert said == ["12.50", ["1", "two"]]


def test_flow_head() -> None:
    """Name, description, default context, settings, moved ids and the roots that expressions read."""
    result = compiled("""
        flow: pizza
        description: Takes an order.
        context: {quantity: 1}
        settings: {on_error: [{say: sorry}], loop_limit: 7}
        moved: {old: new}
        x-note: {anything: [1]}
        nodes:
          - id: new
            say: "{{ profile.name }} {{ history | length }}"
    """, "flows/pizza.yaml")  # fmt: skip
    flow = result.flow
    assert flow is not None
    assert result.problems == []
    assert (flow.name, flow.description, flow.context, flow.loop_limit) == (
        "pizza",
        "Takes an order.",
        {"quantity": 1},
        7,
    )
    assert flow.on_error == "#on_error.0"
    assert flow.nodes["#on_error.0"].below is None
    assert flow.moved == {"old": "new"}
    assert flow.roots == {"profile", "history"}
    assert (flow.nodes["new"].line, flow.file) == (9, "flows/pizza.yaml")


def test_disabled_and_on_error() -> None:
    """A disabled node keeps its place; on_error is a branch like others, false when absent."""
    flow = flow_of("""
        - say: one
          disabled: true
          comment: not now
        - say: two
          on_error: {say: sorry}
    """)
    assert flow.nodes["#0"].disabled
    assert flow.nodes["#0"].on_error is False
    assert flow.nodes["#1"].on_error == "#1.on_error"
    assert flow.nodes["#1.on_error"].below is None


def test_numbers_and_booleans_count_as_written_in_nested_texts() -> None:
    """Choices that look like numbers or booleans are the texts that were written."""
    flow = flow_of("""
        - id: size
          ask: {text: 30.0, type: choice, choices: [1.0, true, {value: 007, synonyms: [7]}]}
    """)
    settings = flow.nodes["size"].settings.node({}, []).model_dump()
    assert settings["text"] == "30.0"
    assert "1.0" in str(settings["choices"])
    assert "007" in str(settings["choices"])


def test_a_case_is_held_to_the_bounds_of_patterns() -> None:
    """A pattern that the turn would refuse is refused at load."""
    text = f"flow: f\nnodes:\n  - switch: input.text\n    cases:\n      /{'a' * 1001}/: []\n"
    assert errors(text) == ["5:7 bad-pattern"]


def test_all_problems_at_once() -> None:
    """One run reports every problem of a file, each at its line and column."""
    assert errors("""\
        flow: f
        nodes:
          - sya: a
          - goto: nowhere
          - ask: "who?"
          - if: 1 +
            then:
        """) == [
        "3:5 unknown-node-type",
        "7:5 bad-branch",
        "5:5 wait-without-id",
        "6:12 bad-expression",
        "4:11 unknown-node",
    ]  # fmt: skip


def test_a_template_is_not_judged_before_it_is_rendered() -> None:
    """Where a template stands, only the turn can tell whether the value fits."""
    flow = flow_of("""
        - sleep: {duration: "{{ context.pause }}"}
        - goto: "{{ context.target }}"
    """)
    node = flow.nodes["#0"].settings.node({"context": {"pause": "2s"}}, [])
    assert node.model_dump() == {"duration": 2.0}


@pytest.mark.slow
def test_ten_thousand_nodes() -> None:
    """A large flow compiles in seconds: nothing grows with the square of its size."""
    lines = ["flow: f", "nodes:"]
    for number in range(5_000):
        lines += [
            f"  - id: n{number}",
            f"    say: 'Number {number}'",
            f"    on_error: n{(number * 7) % 5_000}",
        ]
        lines += [f"  - if: context.a{number % 10} == 1", f"    then: n{(number + 3) % 5_000}"]
    text = "\n".join(lines)
    results = []
    assert cpu_seconds(lambda: results.append(compiled(text)), enough=10.0, attempts=2) < 10.0
    flow = results[-1].flow
    assert flow is not None
    assert len(flow.nodes) == 10_000
