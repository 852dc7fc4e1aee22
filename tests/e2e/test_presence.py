"""Channels tell that users come and go: nothing that flows hear of, but plugins and agents do."""

from __future__ import annotations

from typing import Any

from .conftest import Start
from .kit import Live, Outside, Project, eventually
from .test_handover import KEYS, asks, does, queue

FLOW = """
nodes:
  - id: name
    ask: {text: "Your name?", type: text, store: context.name, timeout: 1h}
    on_timeout: {say: "Still there?"}
  - id: agent
    handover: {text: "One moment.", disconnected: "{{ context.name }} has left."}
  - say: "Back."
"""
EARS = """
from flowhook import hookimpl

@hookimpl
async def on_event(event, storage):
    if event.type.startswith("user."):
        async with storage.open("heard", "all") as data:
            data.setdefault("events", []).append([str(event.type), event.user_id, event.session_id])
"""


def presence(word: str) -> dict[str, Any]:
    return {"_cognigy": {"event": {"type": f"user-{word}", "device": "phone"}}}


async def comes(live: Live, word: str, **more: Any) -> str:
    """The channel tells of the user."""
    return await live.send("shop", data=presence(word), **more)


async def said_in(live: Live, id: str) -> list[tuple[str, str, Any]]:
    found = (await asks(live, "ada", "GET", f"/{id}/transcript")).json()
    return [(message["source"], message["text"], message["data"]) for message in found["messages"]]


async def test_agents_are_told_who_comes_and_goes(project: Project, outside: Outside, start: Start) -> None:
    """In the order of what is said, with what the channel says; no flow runs, no question or timer is
    touched, nothing is counted."""
    project.flow("shop", FLOW)
    project.plugin("ears", EARS)
    project.endpoint("shop")
    project.settings["admin_keys"] = KEYS
    live = await start()
    assert (await live.ends(await comes(live, "connected")))["status"] == "done"
    assert await live.say("shop", "hi") == ["Your name?"]
    await live.ends(await comes(live, "connected"))
    assert len(await live.api("GET", "/timers")) == 1
    assert await live.say("shop", "Tim") == ["One moment."]
    (row,) = await queue(live)
    await does(live, "ada", "take", row["id"])
    await live.send("shop", "hello?")
    await comes(live, "disconnected")
    await comes(live, "connected")
    await live.ends(await live.send("shop", "again"))
    assert await said_in(live, row["id"]) == [
        ("user", "hello?", {}),
        ("bot", "Tim has left.", presence("disconnected")),
        ("bot", "The user is connected.", presence("connected")),
        ("user", "again", {}),
    ]
    assert outside.texts() == ["Your name?", "One moment."]
    session = await live.session("shop")
    assert session["state"]["execution"] == 4, "messages alone are counted"
    heard: list[Any] = []

    async def all_heard() -> bool:
        resources = live.services.project.hooks.resources
        assert resources is not None
        storage = resources.storage_for("shop")
        async with storage.open("heard", "all") as data:
            heard[:] = data.get("events", [])
        return len(heard) == 4

    await eventually(all_heard)
    assert [what for what, *_ in heard] == ["user.connected"] * 2 + ["user.disconnected", "user.connected"]
    assert heard[0][1:] == ["u1", "s1"]


async def test_a_text_beside_it_is_a_message(project: Project, start: Start) -> None:
    """And so is what looks nearly like it."""
    project.flow("shop", 'nodes: [{say: "{{ input.text or input.data | length }}"}]')
    project.endpoint("shop")
    live = await start()
    assert await live.say("shop", "hi", data=presence("connected")) == ["hi"]
    assert await live.say("shop", data=presence("confused")) == ["1"]
    assert await live.say("shop", data={"_cognigy": []}) == ["1"]
