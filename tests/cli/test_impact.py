"""What an edited flow does to sessions that live: ``flowhook impact``, ``moved:`` and the reload."""

from __future__ import annotations

import asyncio
import json
from typing import Any

import pytest

from flowhook.app import open_application
from flowhook.config import load_config

RENAMED = ("id: ask_size", "id: size_question")
MOVED = ("flow: order\n", "flow: order\nmoved: {ask_size: size_question}\n")


@pytest.fixture(params=["at rest", "running"])
def office(request, shop, start):
    """A shop with two live sessions, with a server or without one."""
    shop.converse("hello", session="s1")
    shop.converse("hello", session="s2")
    if request.param == "running":
        start("serve").until("flowhook .* at ")
    return shop


def test_nothing_is_stranded_by_flows_that_have_their_nodes(office, run):
    """Exit 0, and how many were looked at."""
    assert "no live session would be stranded (2 live sessions at a node)" in run("impact").stdout
    assert json.loads(run("impact", "--json").stdout) == {
        "sessions": 2, "strandedSessions": 0, "stranded": [], "moving": []
    }  # fmt: skip


def test_a_renamed_node_strands_its_sessions_until_moved_says_so(office, run):
    """Where they stand, how many, and the line that keeps them; with the line nothing is lost."""
    office.edit(*RENAMED, office.flow)
    said = run("impact", code=1).stdout
    assert "2 live sessions at order/ask_size of shop: the node is gone" in said
    assert "2 of 2 live sessions that stand at a node would be stranded" in said
    office.edit(*MOVED, office.flow)
    found = json.loads(run("impact", "--json").stdout)
    assert found["stranded"] == []
    assert found["moving"] == [
        {"endpoint": "shop", "node": "order/ask_size", "to": "size_question", "count": 2}
    ]
    assert "moved to size_question" in run("impact").stdout


def test_a_likely_rename_is_proposed_as_a_line(shop, run):
    """By its name; where the server knows what the node did, by that."""
    shop.converse("hello")
    shop.edit("id: ask_size", "id: ask_the_size", shop.flow)
    said = run("impact", code=1).stdout
    assert "flows/order.yaml:  moved: {ask_size: ask_the_size}" in said
    (found,) = json.loads(run("impact", "--json", code=1).stdout)["stranded"]
    assert found == {
        "endpoint": "shop", "node": "order/ask_size", "count": 1, "gone": "node",
        "hint": 'did you mean "ask_the_size"?', "moved": {"ask_size": "ask_the_size"},
    }  # fmt: skip


def test_a_running_server_knows_a_node_by_what_it_did(shop, run, start):
    """The new name has nothing in common with the old one."""
    shop.converse("hello")
    start("serve").until("flowhook .* at ")
    shop.edit("id: ask_size", "id: zzz", shop.flow)
    (found,) = json.loads(run("impact", "--json", code=1).stdout)["stranded"]
    assert found["moved"] == {"ask_size": "zzz"}


def test_a_flow_that_is_gone_is_told(shop, run):
    """With the flow that may have taken its place."""
    shop.converse("hello")
    shop.edit("flow: order", "flow: orders", shop.flow)
    shop.edit("flow: order", "flow: orders")
    said = run("impact", code=1).stdout
    assert 'order/ask_size of shop: the flow order is gone; did you mean "orders"?' in said


def test_flows_with_errors_cannot_be_weighed(shop, run):
    """What does not compile is not gone: the problems are told instead."""
    shop.converse("hello")
    shop.edit("say:", "sya:", shop.flow)
    assert "unknown" in run("impact", code=2).output


@pytest.mark.parametrize("moved", [True, False])
def test_a_rename_while_sessions_wait(shop, run, moved):
    """With ``moved:`` the session goes on where it stood; without it it is stranded, with its event, and
    begins anew. The impact said so beforehand, the reload says it too."""
    shop.converse("hello")

    async def go_on() -> tuple[Any, list[str], str | None]:
        async with open_application(load_config(shop.config, {})) as services:
            told: list[str] = []
            listening = asyncio.create_task(_listen(services, told))
            await asyncio.sleep(0)
            shop.edit(*RENAMED, shop.flow)
            if moved:
                shop.edit(*MOVED, shop.flow)
            reloaded = await services.reload()
            door = services.endpoints.by_name("shop")
            assert door is not None
            body = {"userId": "ada", "sessionId": "s1", "text": "large"}
            submitted = await services.intake.submit(door, "message", body)
            assert await submitted.outcome(10.0) is not None
            await asyncio.sleep(0)
            listening.cancel()
            (row,) = await services.store.sessions.find(session_id="s1")
            return reloaded, told, row.node

    reloaded, told, node = asyncio.run(go_on())
    if moved:
        assert reloaded.stranded == {}
        assert "session.stranded" not in told
        assert node is None  # the flow went to its end
        assert run("impact").exit_code == 0
    else:
        assert reloaded.stranded == {"order/ask_size": 1}
        assert reloaded.renames == {"order/ask_size": "moved: {ask_size: size_question}"}
        assert "session.stranded" in told
        assert node == "order/size_question"  # asked anew


async def _listen(services: Any, told: list[str]) -> None:
    async for event in services.events.listen():
        told.append(event.type)
