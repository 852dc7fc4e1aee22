"""Test files are read like flows: all that is wrong is told at once, at its place."""

from __future__ import annotations

from pathlib import Path

import pytest

from flowhook.config import config_from_mapping
from flowhook.errors import FlowFileError
from flowhook.flowtest.files.parser import is_test_file, read_document
from flowhook.flowtest.run.suite import open_suite
from flowhook.yamldoc.document import load


def problems_of(text: str) -> list[str]:
    """``line:column code message`` of each problem."""
    document, problems = load(text, "x.test.yaml")
    assert document is not None, problems
    file, found = read_document(document, problems)
    assert (file is None) == bool(found)
    return [f"{problem.line}:{problem.column} {problem.code} {problem.text}" for problem in found]


@pytest.mark.parametrize(
    ("step", "problem"),
    [
        ("usr: hi", 'unknown-key no step is called "usr"; did you mean "user"?'),
        ("{user: a, bot: b}", 'bad-value this step has "user" and "bot"; a step does one thing'),
        ("bot:", 'bad-value "bot" is empty'),
        ("bot: {tekst: a}", 'unknown-key an output has no key "tekst"; did you mean "text"?'),
        ("bot: {regex: '('}", "bad-pattern this is no regular expression: missing ) at position 0"),
        ("expect: {contxt: {}}", 'unknown-key "expect" has no key "contxt"; did you mean "context"?'),
        ("expect: {context: {a: {any_of: b}}}", 'bad-value "any_of" is a list of alternatives'),
        ("advance: soon", "bad-value a duration is written 500ms, 10s, 5m, 2h or 7d"),
        ("webhook: broken", 'bad-value "webhook" is fail or ok'),
        ("inject: {txt: a}", 'unknown-key "inject" has no key "txt"; did you mean "text"?'),
        ("mock: {htp: x}", 'bad-value a mock has one of "http", "node" and "nlu"'),
        ("mock: {http: 'crm.example'}", "bad-value it is a method and a URL"),
        (
            "mock: {http: 'GET https://x/', fail: tiemout}",
            'bad-value "fail" is one of timeout, refused, closed; did',
        ),
        (
            "mock: {http: 'GET https://x/', stats: 1}",
            'unknown-key a mock of http has no key "stats"; did you mean',
        ),
        ("just a text", 'bad-value a step is a mapping such as "user: hello" or "bot: Hi!"'),
    ],
)
def test_a_wrong_step_is_told_at_its_line(step: str, problem: str) -> None:
    """With the nearest word that there is."""
    found = problems_of(f"flow: x\ntests:\n  - name: a\n    steps:\n      - {step}\n")
    assert len(found) == 1
    assert found[0].startswith("5:")
    assert problem in found[0]


def test_all_that_is_wrong_is_told_at_once() -> None:
    """Keys, names, times, settings."""
    found = problems_of(
        "flw: x\ntests:\n  - name: a\n    stps: []\n    seed: one\n    start: {at: noon, waiting: true}\n"
        "  - name: a\n    steps: []\n"
    )
    assert [problem.split(" ", 2)[:2] for problem in found] == [
        ["1:1", "unknown-key"], ["1:1", "missing"], ["4:5", "unknown-key"], ["5:11", "bad-value"],
        ["6:17", "bad-value"], ["6:23", "bad-value"], ["3:5", "missing"], ["7:11", "duplicate"],
    ]  # fmt: skip


def test_what_the_project_has_not_is_told_before_anything_runs(root: Path) -> None:
    """Flows, nodes and endpoints, together with what is wrong in the flows."""
    tests = root / "flows" / "order.test.yaml"
    tests.write_text(
        "flow: order\ntests:\n  - name: a\n    endpoint: shp\n    start: {node: sice}\n"
        "    steps: [{expect: {node: order/tolt}}]\n"
    )
    (root / "flows" / "other.test.yaml").write_text("flow: oder\ntests: []\n")
    config = config_from_mapping({"endpoints": [{"name": "shop", "flow": "order"}]}, root)
    paths = [(path, path.name) for path in sorted((root / "flows").glob("*.test.yaml"))]
    with pytest.raises(FlowFileError) as error, open_suite(config, paths):
        pass
    assert [str(problem) for problem in error.value.problems] == [
        'order.test.yaml:4:15: error[unknown-endpoint]: no endpoint "shp"; did you mean "shop"?',
        'order.test.yaml:5:19: error[unknown-node]: no node "sice" in flow "order"; did you mean "size"?',
        'order.test.yaml:6:29: error[unknown-node]: no node "tolt" in flow "order"; did you mean "told"?',
        'other.test.yaml:1:7: error[unknown-flow]: no flow "oder"; did you mean "order"?',
    ]


@pytest.mark.parametrize(
    ("name", "fits"),
    [
        ("a.test.yaml", True),
        ("a.test.yml", True),
        (".a.test.yaml", False),
        ("a.yaml", False),
        ("test.yaml", False),
    ],
)
def test_the_name_tells_a_test_file(name: str, fits: bool) -> None:
    """Flows beside them are not taken for tests, nor the other way round."""
    assert is_test_file(name) is fits


def test_a_mock_of_no_node_is_told_before_anything_runs(root: Path) -> None:
    """It would never be asked; a node is called by its id or its type."""
    tests = root / "flows" / "order.test.yaml"
    tests.write_text(
        "flow: order\nmocks: [{node: sice}, {node: siy}, {node: size}, {node: say}]\ntests:\n"
        "  - name: a\n    mocks: [{node: order/tolt}]\n    steps: [{mock: [{node: tolt}]}]\n"
    )
    config = config_from_mapping({"endpoints": [{"name": "shop", "flow": "order"}]}, root)
    with pytest.raises(FlowFileError) as error, open_suite(config, [(tests, tests.name)]):
        pass
    assert [f"{p.line}:{p.column} {p.text}" for p in error.value.problems] == [
        '2:16 no node "sice" in flow "order"; did you mean "size"?',
        '2:30 no node "siy" in flow "order"; did you mean "say"?',
        '5:20 no node "tolt" in flow "order"; did you mean "told"?',
        '6:28 no node "tolt" in flow "order"; did you mean "told"?',
    ]
