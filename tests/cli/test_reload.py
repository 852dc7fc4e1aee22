"""What ``serve --reload`` says: what changed, who is left without a node, and when it cannot help."""

from __future__ import annotations

from flowhook.cli.file_watcher import report
from flowhook.flowfiles.changes import Changes, FlowChanges
from flowhook.problems.problem import Problem
from flowhook.runtime.reload import Reloaded


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


def test_a_saved_configuration_takes_effect(shop, start):
    """Its changes are told, and what needs a restart; a mistake is told, and changes nothing."""
    server = start("serve", "--reload")
    server.until("shop → flow order")
    shop.edit("retries: [0s]", "retries: [0s], timeout: 3s")
    server.until("reloaded config.yaml")
    server.until("endpoint shop: changed")
    shop.edit("admin_key: an-admin-key-of-the-tests", "admin_key: another-admin-key-of-the-tests")
    server.until("admin_key changed: that takes effect with the next start")
    shop.edit("flow: order", "flow: ordre")
    server.until("config.yaml saved, not loaded: the last good version goes on")
    shop.edit("flow: ordre", "flow: order")
    server.until("reloaded config.yaml")
    assert server.stop() == 0


def test_other_files_beside_the_configuration_do_not_count(shop, start):
    """Nor does what tools leave there."""
    server = start("serve", "--reload")
    server.until("shop → flow order")
    (shop.root / "other.yaml").write_text("b: 1")
    shop.edit("Which size?", "What size?", shop.flow)
    server.until("reloaded order.yaml")
    assert server.stop() == 0


def test_folders_that_the_configuration_names_later_are_watched(shop, start):
    """From the reload on that names them."""
    server = start("serve", "--reload")
    server.until("shop → flow order")
    (shop.root / "bots").mkdir()
    flow = shop.flow.rename(shop.root / "bots" / "order.yaml")
    server.until("not loaded: the last good version goes on")
    shop.edit("outgoing:", "flows: bots\noutgoing:")
    server.until("config: flows changed")
    shop.edit("Which size?", "What size?", flow)
    server.until("order: 1 node changed")
    assert server.stop() == 0
