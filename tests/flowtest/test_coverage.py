"""Nodes and ways out of them that the tests went through."""

from __future__ import annotations

from pathlib import Path

from flowhook.config import config_from_mapping
from flowhook.flowtest.run.coverage import Coverage
from flowhook.runtime.project.project import load_project
from tests.flowtest.conftest import Play


def covered(play: Play, root: Path, text: str) -> Coverage:
    """The coverage of the flow ``order`` by some tests."""
    results = play(text)
    project = load_project(config_from_mapping({}, root), None)
    coverage = Coverage.of(project.library)
    for result in results:
        for turn in result.turns:
            coverage.add(project.library, turn.steps)
    project.hooks.close()
    return coverage


def test_what_was_not_visited_is_named_with_its_line(play: Play, root: Path) -> None:
    """Nodes without id by their place; ways of nodes that were visited; nothing twice."""
    coverage = covered(play, root, "tests: [{name: a, steps: [{user: hi}, {bot: 'Which size?'}]}]")
    order = coverage.flows["order"]
    assert order.nodes == (1, 8)
    assert order.edges[0] == 0
    assert [(gap.line, str(gap)) for gap in order.gaps] == [
        (5, "size → next"), (5, "size → on_fail"), (5, "size → on_timeout"), (9, "size.on_timeout.0"),
        (11, "price"), (15, "told"), (17, "#3"), (18, "sorry"), (20, "#5"), (21, "lost"),
    ]  # fmt: skip


def test_everything_can_be_covered(play: Play, root: Path) -> None:
    """A hundred percent when each node ran and each way was taken."""
    coverage = covered(
        play,
        root,
        """
        tests:
          - name: good
            mocks: [{http: "POST https://crm.test/price", json: {total: 1}}]
            steps:
              - {user: hi}
              - {advance: 10m}
              - {user: small}
          - name: bad
            mocks: [{http: "POST https://crm.test/price", fail: refused}]
            steps: [{user: hi}, {user: small}]
          - {name: lost, steps: [{user: hi}, {user: x}, {user: x}]}
        """,
    )
    assert coverage.flows["order"].gaps == []
    assert coverage.percent == 100.0


def test_a_yes_or_no_has_no_third_way_and_hidden_replies_count(play: Play, root: Path) -> None:
    """What can never be taken is not asked for."""
    (root / "flows" / "more.yaml").write_text(
        "flow: more\nintents: {open: {examples: [when are you open], reply: At noon.}}\n"
        "nodes:\n  - switch: input.text == 'a'\n    cases: {true: [{say: a}], false: [{say: b}]}\n"
    )
    coverage = covered(play, root, "tests: [{name: a, steps: [{user: hi}, {bot: 'Which size?'}]}]")
    more = coverage.flows["more"]
    assert set(more.lines) == {"#0", "#0.cases.true.0", "#0.cases.false.0", "#intents.open.reply"}
    assert more.ways["#0"] == {"cases.true", "cases.false"}
