"""The shipped flows: their own tests pass and go through all of them, and no problem is left in them."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from flowhook.cli import cli
from flowhook.config import load_config
from flowhook.engine.flow import Library
from flowhook.flowfiles.compile.node_types import NodeTypes
from flowhook.flowfiles.library import load_library
from flowhook.nodes import BUILTIN

ROOT = Path(__file__).parents[2]
FLOWS = sorted(path.stem for path in (ROOT / "flows").glob("*.yaml") if not path.name.endswith(".test.yaml"))
ENOUGH = 95.0  #: percent of nodes, and of edges, of each flow

#: The test that people were promised, as it was promised.
PROMISED = """\
flow: pizza
tests:
  - name: orders a large pizza
    mocks: [{http: "POST https://crm.example/price", json: {total: 22}}]
    steps:
      - user: "one big pizza please"
      - bot: "Which size?"
      - user: huge
      - bot: {contains: "22"}
      - user: yes
      - bot: "Done, large is on its way."
      - expect: {context: {size: large}, node: null}
  - name: nudges after ten minutes
    steps: [{user: "I want a pizza"}, {bot: "Which size?"}, {advance: 10m}, {bot: "Still there?"}, \
{expect: {node: ask_size}}]
"""

#: Nodes that no shipped flow has, and whose pages have an example that runs: ``code`` needs an extra, others
#: need services or people that the demo does not bring, and ``blind`` would hide what the examples show.
ELSEWHERE = {
    "blind", "cancel_timer", "check_availability", "close_handover", "code", "copilot_data", "copilot_grid",
    "copilot_tile", "for_each", "handover", "handover_inactivity", "json_api", "return", "timer",
    "translation", "webhook",
}  # fmt: skip


def flowhook(*arguments: str) -> tuple[int, Any]:
    """The exit code and the JSON of a command, run in this process on the repository's project."""
    result = CliRunner().invoke(cli, ["--config", str(ROOT / "config.yaml"), *arguments])
    assert result.exception is None or isinstance(result.exception, SystemExit), result.exception
    return result.exit_code, json.loads(result.stdout)


@pytest.fixture(scope="module")
def tested() -> tuple[int, Any]:
    """``flowhook test --coverage``."""
    return flowhook("test", "--coverage", "--json")


@pytest.fixture(scope="module")
def library() -> Library:
    """The flows as the shipped configuration loads them."""
    config = load_config(ROOT / "config.yaml", {})
    loaded = load_library(
        ROOT / "flows", NodeTypes(BUILTIN), vars=config.vars, connections=config.connections.keys()
    )
    assert loaded.problems == []
    return loaded.library


def test_all_tests_pass(tested: tuple[int, Any]) -> None:
    """Each of them."""
    code, report = tested
    assert [test for test in report["tests"] if test["status"] != "passed"] == []
    assert code == 0


@pytest.mark.parametrize("flow", FLOWS)
def test_the_tests_go_through_the_whole_flow(tested: tuple[int, Any], flow: str) -> None:
    """Nodes and edges alike; what is missing is named."""
    assert (ROOT / "flows" / f"{flow}.test.yaml").exists()
    covered = tested[1]["coverage"]["flows"][flow]
    assert min(covered["nodes"]["percent"], covered["edges"]["percent"]) > ENOUGH, covered["missing"]


def test_no_problem_is_left() -> None:
    """Not even a warning, in flows, tests or configuration."""
    assert flowhook("check", "--format", "json")[1]["problems"] == []


def test_the_promised_test_is_there_as_it_was_promised() -> None:
    """To the letter; more tests follow it."""
    assert (ROOT / "flows" / "pizza.test.yaml").read_text("utf-8").startswith(PROMISED)


def test_together_they_show_every_node(library: Library) -> None:
    """Authors copy from them, so there is one of each kind to copy."""
    used = {place.type.key for flow in library.flows.values() for place in flow.nodes.values()}
    assert {node.key for node in BUILTIN} - used == ELSEWHERE


def test_each_endpoint_has_a_flow_and_each_example_an_endpoint(library: Library) -> None:
    """What is no example of its own is called, or attached, by one that is."""
    flows = {endpoint.flow for endpoint in load_config(ROOT / "config.yaml", {}).endpoints}
    assert flows <= library.flows.keys()
    assert library.flows.keys() - flows == {"contact", "colleague", "smalltalk", "echo"}
