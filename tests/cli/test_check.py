"""``flowhook check``."""

from __future__ import annotations

import json
import os

import pytest

NODE_PLUGIN = '''"""Brings a node."""
from flowhook import Node, hookimpl

class Shout(Node):
    """Says it loudly."""
    key = "shout"
    main = "text"
    text: str

    async def run(self, turn):
        await turn.say(self.text.upper())

@hookimpl
def register_nodes():
    return [Shout]
'''


def test_a_good_project_exits_with_0(shop, run):
    """No problems, and how many files were looked at."""
    assert run("check").output == "no problems in 2 files\n"


def test_problems_of_flow_configuration_and_endpoints_come_together(shop, run):
    """Everything that is wrong is told at once, and the exit code is 1."""
    shop.edit("id: done\n", "id: done\n    next: confrim\n", shop.flow)
    shop.edit("retries: [0s]", "retires: [0s]")
    said = run("check", code=1).output
    assert "config.yaml:8:" in said
    assert "error[unknown-key]" in said
    assert 'flows/order.yaml:6:11: error[unknown-node]: no node "confrim" in flow "order"' in said
    assert "2 errors in " in said


def test_an_endpoint_without_its_flow_is_told_at_its_line(shop, run):
    """The configuration is checked against the flows."""
    shop.edit("flow: order", "flow: oder")
    said = run("check", code=1).output
    assert "config.yaml:7:11: error[unknown-flow]" in said
    assert 'did you mean "order"?' in said


def test_what_is_no_file_is_told_at_once(shop, run):
    """Nothing waits for a pipe or reads a device, not even to show the line that a problem names."""
    os.mkfifo(shop.flow.parent / "pipe.yaml")
    (shop.flow.parent / "zero.yaml").symlink_to("/dev/zero")
    with (shop.flow.parent / "sparse.yaml").open("wb") as sparse:
        sparse.truncate(10 * 1024**3)
    said = run("check", code=1).output
    for name, why in (("pipe", "no regular file"), ("zero", "no regular file"), ("sparse", "larger than")):
        assert why in next(line for line in said.splitlines() if f"flows/{name}.yaml" in line)


def test_warnings_alone_are_fine(shop, run):
    """A warning is told and the exit code stays 0."""
    shop.edit("outgoing:", "allow_private_addresses: true\noutgoing:")
    assert "warning[private-addresses]" in run("check").output


def test_formats_for_programs(shop, run):
    """json, sarif and github say the same."""
    shop.edit("flow: order", "flow: oder")
    report = json.loads(run("check", "--format", "json", code=1).output)
    assert (report["errors"], report["problems"][0]["code"]) == (1, "unknown-flow")
    sarif = json.loads(run("check", "--format", "sarif", code=1).output)
    assert sarif["runs"][0]["results"][0]["ruleId"] == "unknown-flow"
    assert run("check", "--format", "github", code=1).output.startswith("::error file=config.yaml,line=7,")


def test_paths_narrow_what_is_told(shop, run):
    """With paths only their problems count, still checked against the whole project."""
    (shop.root / "flows" / "other.yaml").write_text("flow: other\nnodes:\n  - call: ordr\n")
    run("check", code=1)
    assert run("check", "flows/order.yaml").output == "no problems in 1 file\n"
    said = run("check", "flows/other.yaml", code=1).output
    assert 'no flow "ordr"' in said
    assert 'did you mean "order"?' in said


def test_flows_can_be_checked_without_a_project(empty, run):
    """A path is enough."""
    (empty / "lone.yaml").write_text("flow: lone\nnodes:\n  - sya: hello\n")
    said = run("check", "lone.yaml", code=1).output
    assert 'lone.yaml:3:5: error[unknown-node-type]: no node type "sya"; did you mean "say"?' in said


def test_nothing_to_check_is_wrong_use(empty, run):
    """Without a project and paths there is nothing to say."""
    assert "there is no config.yaml here" in run("check", code=2).output


def test_nodes_of_plugins_are_known(shop, run):
    """The types of the project's plugins count; a plugin that cannot be loaded is told once."""
    (shop.root / "plugins").mkdir()
    plugin = shop.root / "plugins" / "shout.py"
    plugin.write_text(NODE_PLUGIN)
    shop.flow.write_text(shop.flow.read_text() + "  - shout: done\n")
    run("check")
    plugin.write_text(NODE_PLUGIN.replace("import Node", "import Nod"))
    said = run("check", code=1).output
    assert "plugins/shout.py:2:1: error[plugin-import]" in said
    assert "1 error in " in said


def test_files_are_named_from_the_working_directory(shop, run, monkeypatch):
    """So that an editor finds them, wherever the command was called."""
    (shop.root / "sub").mkdir()
    monkeypatch.chdir(shop.root / "sub")
    shop.edit("say:", "sya:", shop.flow)
    said = run("check", "--config", "../config.yaml", code=1).output
    assert "../flows/order.yaml:6:5: error" in said
    assert "sya:" in said


SETTINGS_PLUGIN = '''"""Brings a node with settings and branches."""
from typing import Literal

from pydantic import Field

from flowhook import Node, hookimpl
from flowhook.engine.settings.fields import Condition, Path, Text

class Lookup(Node):
    """Looks somebody up."""
    key = "lookup"
    main = "name"
    branches = ("found", "missing")

    name: Text
    depth: int = Field(1, ge=1, le=5)
    mode: Literal["fast", "slow"] = "fast"
    where: Condition | None = None
    store: Path | None = None

    async def run(self, turn):
        return "found"

@hookimpl
def register_nodes():
    return [Lookup]
'''


@pytest.mark.parametrize(
    ("node", "place", "said"),
    [
        ("lookup: {nam: Ada}", "8:14", 'unknown key "nam"; did you mean "name"?'),
        ("lookup: {name: Ada, depth: 9}", "8:32", '"depth" must be at most 5'),
        ("lookup: {name: Ada, depth: two}", "8:32", '"depth" must be a whole number, not "two"'),
        ("lookup: {name: Ada, mode: fats}", "8:31", 'did you mean "fast"?'),
        ("lookup: {name: Ada, store: size}", "8:32", "a path starts with context, profile or session"),
        ("lookup: {name: Ada, where: input.text ==}", "8:", "bad-expression"),
        ('lookup: "A {{ input.tex }}"', "8:25", 'did you mean "text"?'),
        ('lookup: "A {{ input.text | uper }}"', "8:", 'did you mean "upper"?'),
        ("lookup: Ada\n    fuond: []", "9:5", 'did you mean "found"?'),
        ("lookup: Ada\n    missing: nowhere", "9:14", 'no node "nowhere" in flow "order"'),
        ("lokup: Ada", "8:5", 'no node type "lokup"; did you mean "lookup"?'),
    ],
)
def test_nodes_of_plugins_are_checked_like_our_own(shop, run, node, place, said):
    """Settings, branches, expressions and templates: at line and column, with the nearest word."""
    (shop.root / "plugins").mkdir()
    (shop.root / "plugins" / "lookup.py").write_text(SETTINGS_PLUGIN)
    text = shop.flow.read_text().rstrip("\n")
    line = text.count("\n") + 2
    shop.flow.write_text(f"{text}\n  - {node}\n")
    shown = run("check", code=1).output
    where = place.replace("8:", f"{line}:").replace("9:", f"{line + 1}:")
    assert f"flows/order.yaml:{where}" in shown
    assert said in shown
    assert "1 error in " in shown


def test_what_a_plugin_that_cannot_be_loaded_may_bring_is_not_missed(shop, run):
    """Its nodes, types of questions and filters: only the plugin itself is told."""
    (shop.root / "plugins").mkdir()
    (shop.root / "plugins" / "broken.py").write_text("import nowhere_at_all\n")
    text = shop.flow.read_text().rstrip("\n")
    text += (
        "\n  - lookup: x\n  - id: member\n    ask: {text: Which?, type: membership, store: context.member}\n"
    )
    shop.flow.write_text(text + '  - say: "{{ context.member | louder }}"\n')
    shown = run("check", code=1).output
    assert "error[plugin-import]" in shown
    assert "1 error in " in shown


def test_test_files_are_checked_too(shop, run):
    """How they are written, and what they name; not while the flows cannot be read."""
    tests = shop.root / "flows" / "order.test.yaml"
    tests.write_text("flow: order\ntests:\n  - name: one\n    stesp: [{user: hi}]\n")
    said = run("check", code=1).output
    assert "flows/order.test.yaml:4:5: error[unknown-key]" in said
    assert 'did you mean "steps"?' in said
    tests.write_text("flow: odrer\ntests:\n  - name: one\n    steps: [{user: hi}]\n")
    said = run("check", "flows/order.test.yaml", code=1).output
    assert 'order.test.yaml:1:7: error[unknown-flow]: no flow "odrer"; did you mean "order"?' in said
    shop.edit("say:", "sya:", shop.flow)
    assert "odrer" not in run("check", code=1).output
