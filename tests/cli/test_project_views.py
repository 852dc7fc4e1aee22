"""``flowhook schema`` and ``flowhook plugins``: looking at a project without running it."""

from __future__ import annotations

import json
from pathlib import Path

import jsonschema_rs
import pytest

from flowhook.yamldoc.document import load

ROOT = Path(__file__).parents[2]
PLUGIN = '''"""Brings a node and a filter."""
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

@hookimpl
def register_filters():
    return {"loud": str.upper}
'''


@pytest.fixture
def plugin(shop) -> None:
    """The shop has a plugin of its own."""
    (shop.root / "plugins").mkdir()
    (shop.root / "plugins" / "shout.py").write_text(PLUGIN)


def wrong(schema: dict, text: str) -> list[str]:
    """What a schema finds wrong with a YAML document."""
    document, _ = load(text, "x.yaml")
    assert document is not None
    return [error.message for error in jsonschema_rs.validator_for(schema).iter_errors(document.data)]


def test_the_schema_knows_builtin_nodes_anywhere(empty, run):
    """Outside of a project the schema describes the built-in nodes."""
    schema = json.loads(run("schema").stdout)
    assert wrong(schema, (ROOT / "flows" / "pizza.yaml").read_text("utf-8")) == []
    assert wrong(schema, "flow: x\nnodes: [{shout: hello}]\n")


def test_the_schema_knows_the_nodes_of_plugins(shop, plugin, run):
    """In a project the nodes of its plugins belong to it."""
    schema = json.loads(run("schema").stdout)
    assert wrong(schema, "flow: x\nnodes: [{shout: hello}]\n") == []


def test_the_schema_of_the_configuration_takes_it_as_written(shop, run):
    """Durations with units, ${NAME} anywhere, and x- keys are fine; an unknown key is not."""
    schema = json.loads(run("schema", "--config-schema").stdout)
    assert wrong(schema, (ROOT / "config.yaml").read_text("utf-8")) == []
    assert wrong(schema, shop.config.read_text("utf-8")) == []
    assert wrong(schema, 'x-mine: 1\nserver: {port: "${PORT}", max_body: 1MiB}\n') == []
    assert wrong(schema, "endpoints: [{name: a, flow: b, rate_limit: 1000/5m}]\n") == []
    assert wrong(schema, "server: {prot: 1}\n")
    assert wrong(schema, "flwos: x\n")


def test_plugins_are_shown_with_what_they_bring(shop, plugin, run):
    """Source, hooks and brought names, for people and for programs."""
    said = run("plugins").stdout
    assert "shout  directory, " in said
    assert "  nodes: shout\n  filters: loud\n" in said
    plugins = {row["name"]: row for row in json.loads(run("plugins", "--json").stdout)}
    assert plugins["shout"]["brings"] == {"nodes": ["shout"], "filters": ["loud"]}
    assert plugins["webhook"]["source"] == "shipped"
    assert plugins["flowhook"]["loadMs"] >= 0


def test_the_running_server_tells_how_long_hooks_took(shop, run, start):
    """Timings come from the server that runs."""
    (shop.root / "plugins").mkdir()
    hook = "from flowhook import hookimpl\n\n@hookimpl\ndef startup(app):\n    pass\n"
    (shop.root / "plugins" / "greeter.py").write_text(hook)
    assert "hooks: startup\n" in run("plugins").stdout
    start("serve").until("flowhook .* at ")
    assert "hooks: startup (1 calls, " in run("plugins").stdout
