"""``flowhook test`` and ``flowhook record``."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
from click.testing import Result

from tests.cli.conftest import Shop
from tests.machine import PATIENCE

Run = Callable[..., Result]

TESTS = """\
flow: order
tests:
  - name: orders
    steps: [{user: hi}, {bot: "Which size?"}, {user: large}, {bot: "large it is."}]
  - name: waits
    steps: [{user: hi}, {bot: "Which size?"}, {advance: 10m}, {expect: {node: ask_size}}]
"""


@pytest.fixture
def tests(shop: Shop) -> Path:
    """Two tests beside the flow."""
    path = shop.root / "flows" / "order.test.yaml"
    path.write_text(TESTS, "utf-8")
    return path


def test_tests_beside_the_flows_are_run(tests: Path, run: Run) -> None:
    """One line for each, and the count."""
    output = run("test").output
    assert "✓ order: orders" in output
    assert "2 passed; 8 steps in" in output


def test_a_failure_shows_place_difference_conversation_and_trace(tests: Path, run: Run) -> None:
    """With exit code 1."""
    tests.write_text(TESTS.replace("large it is", "Large it is"), "utf-8")
    output = run("test", code=1).output
    assert "flows/order.test.yaml:4: the bot said something else" in output
    assert 'expected "Large it is."' in output
    assert 'actual   "large it is."' in output
    assert "user  large" in output
    assert "order/ask_size  ask" in output
    assert "1 failed, 1 passed" in output


def test_some_can_be_chosen_and_the_first_failure_can_be_the_last(tests: Path, run: Run) -> None:
    """``-k`` looks into names; nothing found is wrong use."""
    assert "1 passed" in run("test", "-k", "WAITS").output
    assert "no test holds 'xyz'" in run("test", "-k", "xyz", code=2).output
    tests.write_text(TESTS.replace("Which size?", "What?"), "utf-8")
    assert "1 failed, 0 passed" in run("test", "-x", code=1).output


def test_what_cannot_be_read_is_told_like_a_compiler_does(tests: Path, run: Run) -> None:
    """All problems, with line and caret, and exit code 2: nothing ran."""
    tests.write_text(TESTS.replace("bot:", "bto:"), "utf-8")
    output = run("test", code=2).output
    assert (
        'flows/order.test.yaml:4:26: error[unknown-key]: no step is called "bto"; did you mean "bot"?'
        in output
    )
    assert "^~~" in output


def test_coverage_is_told_and_can_be_demanded(tests: Path, run: Run) -> None:
    """A table, what is missing, JSON, and a least share."""
    output = run("test", "--coverage").output
    assert "order 2/2 100 % 3/3 100 %" in " ".join(output.split())
    assert run("test", "--coverage-min", "100").exit_code == 0
    output = run("test", "-k", "waits", "--coverage-min", "95", code=1).output
    assert "flows/order.yaml:5: done" in output
    assert "less than 95 %" in output
    report = json.loads(run("test", "--coverage", "--json").stdout)
    assert report["coverage"]["percent"] == 100
    assert report["coverage"]["flows"]["order"]["nodes"] == {"covered": 2, "total": 2, "percent": 100.0}


def test_json_and_junit_hold_every_test(tests: Path, run: Run) -> None:
    """What failed, where, and the text that people read."""
    tests.write_text(TESTS.replace("node: ask_size", "node: done"), "utf-8")
    report = json.loads(run("test", "--json", code=1).stdout)
    assert (report["passed"], report["failed"], report["steps"]) == (1, 1, 8)
    assert report["tests"][1]["failures"][0]["message"] == "node is not as expected"
    run("test", "--junit", "report.xml", code=1)
    root = ElementTree.parse("report.xml").getroot()
    assert root.attrib["failures"] == "1"
    cases = root.findall("testsuite/testcase")
    assert [case.attrib["name"] for case in cases] == ["orders", "waits"]
    failure = cases[1].find("failure")
    assert failure is not None
    assert failure.attrib["message"] == "node is not as expected"
    assert "flows/order.test.yaml:6:" in (failure.text or "")


def test_update_writes_what_is_said_now(tests: Path, run: Run) -> None:
    """The run that writes still fails; the next one passes."""
    tests.write_text(TESTS.replace("large it is", "Large it is"), "utf-8")
    assert "1 line written anew" in run("test", "--update", code=1).output
    assert tests.read_text("utf-8") == TESTS
    run("test")


def test_paths_outside_the_project_bring_their_own_flows(tests: Path, run: Run, tmp_path: Path) -> None:
    """A file or a directory; without a project too."""
    other = tmp_path / "elsewhere"
    other.mkdir()
    (other / "echo.yaml").write_text("flow: echo\nnodes: [{say: '{{ input.text }}'}]\n")
    (other / "echo.test.yaml").write_text("flow: echo\ntests: [{name: a, steps: [{user: x}, {bot: x}]}]\n")
    assert "1 passed" in run("test", str(other)).output
    (tmp_path / "config.yaml").unlink()
    assert "1 passed" in run("test", str(other / "echo.test.yaml")).output
    assert "there is no config.yaml here" in run("test", code=2).output


def test_a_session_is_recorded_as_a_test_that_passes(shop: Shop, run: Run) -> None:
    """On the terminal, into a new file, and into one that has tests."""
    shop.converse("hi", "what", "large")
    output = run("record", "s1").stdout
    assert "- user: hi" in output
    assert '- bot: "large it is."' in output
    path = shop.root / "flows" / "order.test.yaml"
    assert (
        "wrote flows/order.test.yaml"
        in run("record", "s1", "-o", "flows/order.test.yaml", "--name", "one").output
    )
    assert "added to" in run("record", "s1", "-o", "flows/order.test.yaml", "--name", "two").output
    assert path.read_text("utf-8").count("- name:") == 2
    assert "2 passed" in run("test").output


def test_a_recorded_session_that_the_flow_no_longer_follows_says_so(shop: Shop, run: Run) -> None:
    """What differs is named; the test is written all the same."""
    shop.converse("hi", "large")
    shop.edit("it is.", "it is!", shop.flow)
    result = run("record", "s1")
    assert "the bot said something else" in result.stderr
    assert '"large it is!"' in result.stderr
    assert "no session 's9'" in run("record", "s9", code=2).output


def test_pytest_collects_them_where_it_is_told_to(tests: Path, shop: Shop) -> None:
    """``flowhook_tests = true``; a failure shows what ``flowhook test`` shows."""
    (shop.root / "pytest.ini").write_text("[pytest]\nflowhook_tests = true\n")
    tests.write_text(TESTS.replace("node: ask_size", "node: done"), "utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "flowhook.testing.fixtures", "flows"]
    environ = {**os.environ, "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1"}  # the others take long to load
    ran = subprocess.run(
        command, cwd=shop.root, env=environ, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert ran.returncode == 1, ran.stdout + ran.stderr
    assert "1 failed, 1 passed" in ran.stdout
    assert "flows/order.test.yaml:6: node is not as expected" in ran.stdout
    (shop.root / "pytest.ini").write_text("[pytest]\n")
    ran = subprocess.run(
        command, cwd=shop.root, env=environ, capture_output=True, text=True, timeout=PATIENCE, check=False
    )
    assert "no tests ran" in ran.stdout
