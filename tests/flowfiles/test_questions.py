"""``settings.questions`` and reminders: their checks, drawing, schema and coverage."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowhook.diagram.diagram import diagram_of
from flowhook.flowfiles.compile.node_types import NodeTypes
from flowhook.flowfiles.json_schema import json_schema
from flowhook.flowfiles.library import load_library
from flowhook.flowtest.run.coverage import Coverage
from flowhook.nodes import BUILTIN
from flowhook.yamldoc.document import load

TYPES = NodeTypes(BUILTIN)
NODES = """\
nodes:
  - id: a
    ask: {text: A, type: integer, store: context.a}
  - id: b
    ask: {text: B, type: integer, store: context.b}
  - say: "{{ context.a + context.b }}"
  - stop:
  - id: gone
    say: Gone.
"""


def told(directory: Path, text: str) -> list[str]:
    """``line:column code hint`` of each problem of a flow."""
    (directory / "f.yaml").write_text("flow: f\n" + text)
    found = load_library(directory, TYPES, root=directory).problems
    return [f"{problem.line}:{problem.column} {problem.code} {problem.hint}" for problem in found]


@pytest.mark.parametrize(
    ("written", "problem"),
    [
        ("{attemts: 3}", '2:24 unknown-key did you mean "attempts"?'),
        ("{valid_if: answer}", '2:24 unknown-key "valid_if" is each question\'s own: write it there'),
        ("{attempts: 0, on_fail: gone}", "2:34 bad-value "),
        ("{attempts: 2, on_fail: gon}", '2:46 unknown-node did you mean "gone"?'),
        ("{attempts: 2, on_fail: [{id: x, say: No}]}",
         "2:52 bad-id let the branch lead to the id of a node of the flow"),
        ("{timeout: 1m, on_timeout: [{say: '{{ input.txt }}'}]}", '2:66 unknown-name did you mean "text"?'),
        ("{on_timeout: [{after: 1h, do: gone}, {after: 10m, do: gone}]}",
         "2:68 bad-value let the times rise, such as 10m, 1h"),
        ("{on_timeout: [{after: soon, do: gone}]}", "2:45 bad-value "),
        ("{on_timeout: [{after: 1m, say: Hi}]}", "2:37 bad-value "),
        ("3", "2:23 bad-value "),
    ],
)  # fmt: skip
def test_a_problem_of_all_questions_is_told_once(tmp_path: Path, written: str, problem: str) -> None:
    """Where it stands, however many questions there are."""
    found = told(tmp_path, f"settings: {{questions: {written}}}\n{NODES}")
    assert [row for row in found if "unreachable" not in row] == [problem]


def test_reminders_and_a_timeout_do_not_go_together(tmp_path: Path) -> None:
    """The reminders have times of their own."""
    flow = NODES.replace(
        "store: context.a}", "store: context.a, timeout: 5m}\n    on_timeout: [{after: 1h, do: gone}]"
    )
    assert told(tmp_path, flow) == ["4:62 idle-setting take it away"]


def test_a_default_is_no_idle_branch_where_a_question_leaves_it_aside(tmp_path: Path) -> None:
    """Nor is one of which a type has no use."""
    top = (
        "settings: {questions: {attempts: 2, on_fail: gone, buttons: none, timeout: 1m, on_timeout: gone}}\n"
    )
    assert (
        told(tmp_path, top + NODES.replace("context.a}", "context.a, attempts: null, timeout: null}")) == []
    )


SHARED = (
    "settings: {questions: {timeout: 1m, on_timeout: [{say: Still there?}], attempts: 2, on_fail: gone}}\n"
)


def test_what_questions_have_in_common_is_drawn_once(tmp_path: Path) -> None:
    """From a box that stands for all of them."""
    assert told(tmp_path, SHARED + NODES) == []
    diagram = diagram_of(load_library(tmp_path, TYPES, root=tmp_path).files["f.yaml"])
    assert [box.text for box in diagram.boxes.values()].count("Still there?") == 1
    arrows = {(arrow.source, arrow.target, arrow.label) for arrow in diagram.arrows}
    assert ("(questions)", "gone", "on_fail") in arrows
    assert ("(questions)", "a.on_timeout.0", "on_timeout") in arrows
    assert ("a.on_timeout.0", "(questions)", "waits on") in arrows
    assert not [arrow for arrow in arrows if arrow[0] in ("a", "b") and arrow[2]]


def test_what_questions_have_in_common_is_covered_once(tmp_path: Path) -> None:
    """Whichever question a test reminds of."""
    told(tmp_path, SHARED + NODES)
    library = load_library(tmp_path, TYPES, root=tmp_path).library
    assert library is not None
    coverage = Coverage.of(library)
    coverage.add(library, [
        {"flow": "f", "node": "a", "went": "next"},
        {"flow": "f", "node": "b", "went": "on_timeout"},
        {"flow": "f", "node": "b.on_timeout.0", "went": "next"},
        {"flow": "f", "node": "b", "went": "next"},
    ])  # fmt: skip
    gaps = [str(gap) for gap in coverage.flows["f"].gaps]
    assert not [gap for gap in gaps if "timeout" in gap or gap[0] in "ab"], gaps


@pytest.mark.parametrize(
    ("questions", "fine"),
    [
        ("{attempts: 3, on_fail: gone, on_intent: {x: gone}, quick_replies: [a]}", True),
        ("{on_timeout: [{after: 10m, do: [{say: Hi}]}]}", True),
        ("{on_timeout: [{say: Hi}]}", True),
        ("{on_timeout: [{after: 10m}]}", False),
        ("{store: context.a}", False),
        ("{attempts: many}", False),
    ],
)
def test_editors_know_what_questions_may_have_in_common(questions: str, fine: bool) -> None:
    """The schema takes it, or does not."""
    jsonschema_rs = pytest.importorskip("jsonschema_rs")
    document, _ = load(f"flow: f\nsettings: {{questions: {questions}}}\n{NODES}", "f.yaml")
    assert document is not None
    assert jsonschema_rs.Draft7Validator(json_schema(TYPES)).is_valid(document.data) is fine


def test_a_form_takes_the_text_of_a_reprompt(tmp_path: Path) -> None:
    """Which may have more than that for other questions; a flow alone is nothing to a form."""
    asks = "asks: [{text: A, type: date, store: context.a}]"
    form = f"nodes: [{{id: c, collect: {{{asks}}}}}, {{say: '{{{{ context.a }}}}'}}]\n"
    for reprompt in (
        "{text: Again?, repeat: true}",
        "{flow: g}",
        "{text: [Again?, Once more?]}",
        "Again?",
        "null",
    ):
        questions = f"settings: {{questions: {{reprompt: {reprompt}}}}}\n"
        assert told(tmp_path, questions + form) == [], reprompt
