"""What ``serve --reload`` says: what changed, who is left without a node, and when it cannot help."""

from __future__ import annotations

import asyncio

from flowhook.cli.file_watcher import report, watch_config
from flowhook.flowfiles.changes import Changes, FlowChanges
from flowhook.problems.problem import Problem
from flowhook.runtime.reload import Reloaded
from tests.machine import PATIENCE


def test_a_reload_says_what_changed(capsys):
    """A line for each flow, and how many live sessions stand at nodes that are gone."""
    changes = Changes((FlowChanges("pizza", changed=("a", "b"), added=("to_agent",)),))
    report(["pizza.yaml"], Reloaded([], changes, {"pizza/size": 3, "pizza/old": 1}))
    told = capsys.readouterr()
    assert told.out.splitlines()[0] == "reloaded pizza.yaml"
    assert "pizza: 1 node added (to_agent), 2 nodes changed (a, b)" in told.out
    assert "1 live session stands at pizza/old, which is gone" in told.err
    assert "3 live sessions stand at pizza/size, which is gone" in told.err


def test_a_bad_edit_says_nothing_of_changes(capsys):
    """Nothing was replaced."""
    report(["pizza.yaml"], Reloaded([Problem("unknown-node", "no node", "flows/pizza.yaml", 1, 1)]))
    told = capsys.readouterr()
    assert "reloaded" not in told.out
    assert "the last good version goes on" in told.err


def test_a_saved_flow_is_told(shop, start):
    """From the server's own mouth, with its live sessions."""
    server = start("serve", "--reload")
    server.until("shop → flow order")
    shop.edit("Which size?", "What size?", shop.flow)
    server.until("reloaded order.yaml")
    server.until("order: 1 node changed")
    assert server.stop() == 0


async def test_a_saved_configuration_asks_for_a_restart(tmp_path, capsys):
    """Other files beside it say nothing."""
    file = tmp_path / "config.yaml"
    file.write_text("a: 1")
    stopped = asyncio.Event()
    watching = asyncio.create_task(watch_config(file, stopped))
    said = ""
    async with asyncio.timeout(PATIENCE):
        while "config.yaml saved: restart the server" not in said:
            (tmp_path / "other.yaml").write_text("b: 1")
            file.write_text(f"a: {len(said)} {asyncio.get_running_loop().time()}")
            await asyncio.sleep(0.1)
            said += capsys.readouterr().err
    assert "other.yaml" not in said
    stopped.set()
    await watching
