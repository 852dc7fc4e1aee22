"""``flowhook replay``: a session that took place, on the flows as they are now."""

from __future__ import annotations

import asyncio
import json
import sqlite3
import subprocess
import sys
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from flowhook.app import open_application
from flowhook.config import load_config
from flowhook.errors import FlowhookError
from flowhook.harness.clocks import FakeClock
from flowhook.harness.settle import advance, until_idle
from flowhook.model.session_ref import SessionRef
from flowhook.replay.fork import state_before
from flowhook.replay.recording import recording_of
from flowhook.replay.replayer import config_for
from flowhook.runtime.application import Application
from flowhook.runtime.project.project import load_project
from flowhook.testing.http import FakeHttp, FakeOutgoing
from tests.machine import PATIENCE

PLUGIN = """
from flowhook import Node, hookimpl


class Stock(Node):
    key = "stock"
    branches = ("short",)

    async def run(self, turn):
        await turn.say("I have looked.")
        turn.set("context.left", 3)
        return "short"


@hookimpl
def register_nodes():
    return [Stock]
"""
ORACLE = """
from flowhook import NluEngine, Understanding, hookimpl


class Oracle(NluEngine):
    name = "oracle"

    async def understand(self, text):
        return Understanding(intent="track", score=0.9, slots={"what": ["box"]})


@hookimpl
def register_nlu():
    return [Oracle]
"""
FLOW = """\
flow: order
context: {seen: 0}
nodes:
  - say: {text: ["Hi.", "Hello.", "Good day.", "Welcome.", "Good to see you."]}
  - id: ask_size
    ask: {text: "Which size?", type: choice, choices: [small, large], store: context.size, timeout: 10m}
    on_timeout: [{id: late, say: "Still there?"}, {id: again, goto: ask_size}]
  - id: price
    http_request: {method: POST, url: "http://127.0.0.1:9/price", json: {size: "{{ context.size }}"},
                   store: context.price}
    on_error: [{say: "No price."}]
  - sleep: 3s
  - id: done
    say: "{{ context.size }}: {{ context.price.total }} at {{ now.isoformat() }}."
  - id: job
    task: {url: "http://127.0.0.1:9/jobs", json: {of: order}, store: context.result}
  - id: result
    say: "Result: {{ context.result.verdict }}."
"""


class Talk:
    """A conversation that takes place, in the storage of the shop."""

    def __init__(self, services: Application, clock: FakeClock, http: FakeHttp) -> None:
        self.services, self.clock, self.http = services, clock, http

    async def says(self, text: str, route: str = "message") -> None:
        door = self.services.endpoints.by_name("shop")
        assert door is not None
        await self.services.intake.submit(door, route, {"userId": "ada", "sessionId": "s1", "text": text})
        await until_idle(self.services)

    async def passes(self, seconds: float) -> None:
        await advance(self.services, self.clock, seconds)

    async def calls_back(self, body: Any) -> None:
        token = self.http.json_of()["callback"].rpartition("/")[2]
        await self.services.task_results.accept(token, body)
        await until_idle(self.services)


def record(shop: Any, talk: Callable[[Talk], Awaitable[None]]) -> None:
    """Let a conversation take place."""

    async def work() -> None:
        clock, http = FakeClock(), FakeHttp()
        http.reply("POST", "http://127.0.0.1:9/price", json={"total": 22})
        http.reply("POST", "http://127.0.0.1:9/jobs", status=202, json={})
        config = load_config(shop.config, {})
        async with open_application(config, clock=clock, outgoing=FakeOutgoing(http)) as services:
            await talk(Talk(services, clock, http))
            await services.turns.stop(0.0)

    asyncio.run(work())


async def whole(talk: Talk) -> None:
    """All that a session may go through."""
    await talk.says("hello")
    await talk.passes(200.123)
    await talk.says("medium")
    await talk.says("Your driver is here.", "notify")
    await talk.passes(700)
    await talk.says("large")
    await talk.passes(30)
    await talk.calls_back({"verdict": "fine"})


@pytest.fixture
def order(shop):
    """A shop in which a conversation took place."""
    shop.flow.write_text(FLOW, "utf-8")
    record(shop, whole)
    return shop


def replayed(run: Any, *arguments: str, code: int = 0) -> Any:
    """The answer for programs."""
    return json.loads(run("replay", "s1", "--json", *arguments, code=code).stdout)


def differences(found: Any) -> list[Any]:
    return [difference for turn in found["turns"] for difference in turn["differences"]]


def test_the_same_flow_does_the_same(order, run):
    """Alternatives, timers, answers of services, pauses, callbacks: nothing differs."""
    found = replayed(run)
    assert differences(found) == []
    assert (found["same"], found["state"], found["notes"]) == (True, [], [])
    kinds = [turn["kind"] for turn in found["turns"]]
    assert kinds == ["message", "message", "notify", "timer", "message", "callback"]
    assert "the same: 6 turns" in run("replay", "s1").stdout


def test_a_replay_leaves_the_storage_as_it_was(order, run):
    """Nothing is delivered, nothing is kept."""
    before = run("sessions", "export", "s1").stdout
    replayed(run)
    assert run("sessions", "export", "s1").stdout == before


def test_another_text_is_shown_as_it_was_and_as_it_is(order, run):
    """In its turn, and nowhere else."""
    order.edit("Still there?", "Are you still there?", order.flow)
    found = replayed(run, code=1)
    assert differences(found) == [
        {"what": "output", "then": {"text": "Still there?"}, "now": {"text": "Are you still there?"}}
    ]
    said = run("replay", "s1", code=1).stdout
    assert "output  - Still there?" in said
    assert "+ Are you still there?" in said
    assert "1 of 6 turns differ" in said


def test_another_way_through_the_flow(order, run):
    """The nodes that ran, what they changed, and the state in the end."""
    order.edit(
        "  - id: done\n",
        '  - id: count\n    set: {context.seen: "{{ context.seen + 1 }}"}\n  - id: done\n',
        order.flow,
    )
    found = replayed(run, code=1)
    path, state = differences(found)
    assert path["what"] == "path"
    assert [way for way in path["now"] if way not in path["then"]] == ["order/count"]
    assert state == {"what": "state", "at": "context.seen", "then": None, "now": 1}
    assert found["state"] == [{"what": "state", "at": "context.seen", "then": 0, "now": 1}]
    assert "+ order/count" in run("replay", "s1", code=1).stdout


def test_a_renamed_node_is_the_same_node_when_moved_says_so(order, run):
    """Not a difference; without the line it is one."""
    order.edit("id: ask_size", "id: size", order.flow)
    order.edit("goto: ask_size", "goto: size", order.flow)
    assert replayed(run, code=1)["same"] is False
    order.edit("flow: order\n", "flow: order\nmoved: {ask_size: size}\n", order.flow)
    assert replayed(run)["same"] is True


def test_a_call_that_was_not_made_then_is_told(order, run):
    """Nobody knows its answer: it fails, and the call of then is missing."""
    order.edit("127.0.0.1:9/price", "127.0.0.1:9/cost", order.flow)
    found = replayed(run, code=1)
    calls = [difference["at"] for difference in differences(found) if difference["what"] == "call"]
    assert calls == [
        "POST http://127.0.0.1:9/price is not called any more",
        "POST http://127.0.0.1:9/cost was not called then: nobody knows its answer",
    ]
    said = [difference["now"] for difference in differences(found) if difference["what"] == "output"]
    assert said[0] == {"text": "No price."}


def test_a_timer_that_does_not_fire_any_more(order, run):
    """Its turn is missing; one that fires more often is told too."""
    order.edit("timeout: 10m", "timeout: 1h", order.flow)
    found = replayed(run, code=1)
    (missing,) = [turn for turn in found["turns"] if turn["kind"] == "timer"]
    assert missing["differences"][0]["at"] == "this turn does not take place any more"
    order.edit("timeout: 1h", "timeout: 3m", order.flow)
    said = run("replay", "s1", code=1).stdout
    assert "this turn did not take place then" in said


def test_a_callback_that_nobody_waits_for(order, run):
    """The task is gone from the flow."""
    order.edit(
        '    task: {url: "http://127.0.0.1:9/jobs", json: {of: order}, store: context.result}\n',
        '    say: "No job."\n', order.flow,
    )  # fmt: skip
    found = replayed(run, code=1)
    told = [difference.get("at") for difference in found["turns"][-1]["differences"]]
    assert "no task waits for this callback any more" in told


def test_a_file_in_the_place_of_a_flow(order, run):
    """The project stays as it is; a flow of no such name is refused, one with errors shown."""
    draft = order.root / "draft.yaml"
    draft.write_text(FLOW.replace("Result:", "It is"), "utf-8")
    found = replayed(run, "--flow", "draft.yaml", code=1)
    assert differences(found) == [
        {"what": "output", "then": {"text": "Result: fine."}, "now": {"text": "It is fine."}}
    ]
    assert replayed(run)["same"] is True
    draft.write_text(FLOW.replace("flow: order", "flow: ordre"), "utf-8")
    refused = run("replay", "s1", "--flow", "draft.yaml", code=2).output
    assert 'the flow "ordre", and there is none of that name; did you mean "order"?' in refused
    draft.write_text(FLOW.replace("goto: ask_size", "goto: nowhere"), "utf-8")
    assert "draft.yaml" in run("replay", "s1", "--flow", "draft.yaml", code=2).output


def test_a_plugins_node_does_what_it_did(shop, run):
    """It is not run: also where the plugin would now do otherwise."""
    (shop.root / "plugins").mkdir()
    plugin = shop.root / "plugins" / "stock.py"
    plugin.write_text(PLUGIN, "utf-8")
    shop.flow.write_text(
        "flow: order\nnodes:\n  - id: look\n    stock: {}\n    short:\n"
        '      - say: "Only {{ context.left }} left."\n',
        "utf-8",
    )
    record(shop, lambda talk: talk.says("hello"))
    plugin.write_text(PLUGIN.replace('"context.left", 3', '"context.left", 5'), "utf-8")
    found = replayed(run)
    assert found["same"] is True
    assert run("sessions", "show", "s1").stdout.count("Only 3 left.") == 1


def test_another_intent_wins(shop, run):
    """What was understood is a difference of its own."""
    flow = (
        "flow: order\nintents:\n  track: {rules: [\"'where' in input.text\"], entry: found}\n"
        "  help: {rules: [\"input.text == 'help'\"], entry: helped}\n"
        'nodes:\n  - say: "What?"\n  - stop:\n  - id: found\n    say: "Here."\n  - stop:\n'
        '  - id: helped\n    say: "Help."\n'
    )
    shop.flow.write_text(flow, "utf-8")
    record(shop, lambda talk: talk.says("where is it"))
    assert replayed(run)["same"] is True
    shop.edit("'where' in input.text", "'were' in input.text", shop.flow)
    found = replayed(run, code=1)
    assert "intent" in [difference["what"] for difference in differences(found)]
    assert {"what": "output", "then": {"text": "Here."}, "now": {"text": "What?"}} in differences(found)


def test_an_engine_of_a_plugin_understands_what_it_understood(shop, run):
    """It is not asked: also where it would now understand something else."""
    (shop.root / "plugins").mkdir()
    plugin = shop.root / "plugins" / "oracle.py"
    plugin.write_text(ORACLE, "utf-8")
    shop.edit("    flow: order\n", "    flow: order\n    nlu: oracle\n")
    shop.flow.write_text(
        "flow: order\nintents:\n  track: {examples: [where is it], entry: found}\n"
        "  help: {examples: [help me], entry: helped}\n"
        'nodes:\n  - say: "What?"\n  - stop:\n'
        '  - id: found\n    say: "Here {{ input.slots.what | first }}."\n'
        '  - stop:\n  - id: helped\n    say: "Help."\n',
        "utf-8",
    )
    record(shop, lambda talk: talk.says("lost"))
    assert "Here box." in run("sessions", "show", "s1").stdout
    plugin.write_text(ORACLE.replace('"track"', '"help"'), "utf-8")
    found = replayed(run)
    assert differences(found) == []


def test_what_is_not_kept_any_more_is_told(order, run):
    """The replay begins in the middle; without traces nobody knows what services answered."""
    with sqlite3.connect(next(order.root.rglob("*.db"))) as database:
        session = SessionRef("shop", "ada", "s1").key
        database.execute("DELETE FROM inbox WHERE session = ? AND seq = 1", (session,))
        database.execute("DELETE FROM traces")
    result = run("replay", "s1", code=1)
    assert "the first 1 inbound was not kept any more: the replay begins in its middle" in result.stderr
    assert "no trace is kept" in result.stderr


def test_masked_sessions_cannot_be_replayed(order, run):
    """Neither those of an endpoint that masks, nor those whose traces are masked."""
    order.edit("    flow: order\n", "    flow: order\n    privacy: {mask_logging: true}\n")
    assert "mask_logging" in run("replay", "s1", code=2).output


def test_masked_traces_cannot_be_replayed(shop, run):
    """Also where the endpoint masks no more."""
    shop.edit("    flow: order\n", "    flow: order\n    privacy: {mask_logging: true}\n")
    shop.flow.write_text(FLOW, "utf-8")
    record(shop, whole)
    shop.edit("    privacy: {mask_logging: true}\n", "")
    assert "masked" in run("replay", "s1", code=2).output


def test_an_unknown_session(shop, run):
    """A sentence that says where to look."""
    assert "there is no session 'nope'" in run("replay", "nope", code=2).output


def test_a_message_that_came_during_a_pause_waits_its_turn_again(shop, run):
    """Times are those of then, also while a turn sleeps."""
    shop.flow.write_text(
        'flow: order\nnodes:\n  - say: "One at {{ now.isoformat() }}."\n  - sleep: 5s\n'
        '  - say: "Two at {{ now.isoformat() }}."\n',
        "utf-8",
    )

    async def talk(talk: Talk) -> None:
        await talk.says("first")
        await talk.passes(2)
        await talk.says("second")
        await talk.passes(20)

    record(shop, talk)
    found = replayed(run)
    assert differences(found) == []
    assert found["same"] is True


def test_what_log_nodes_say_cannot_steer_the_terminal(shop):
    """Escape sequences of a user's text, and lines that look like ours, come out as they were written."""
    node = "log: {text: 'saw {{ input.text }}', level: warning}"
    shop.flow.write_text(f"flow: order\nnodes: [{{{node}}}, {{say: ok}}]\n")

    async def hostile(talk: Talk) -> None:
        await talk.says("\x1b]52;c;aGFjaw==\x07\u009b31m\n12:00:00 error forged")

    record(shop, hostile)
    command = [sys.executable, "-m", "flowhook", "replay", "s1"]
    done = subprocess.run(command, cwd=shop.root, capture_output=True, timeout=PATIENCE, check=True)
    said = (done.stdout + done.stderr).decode()
    assert "saw" in said
    for raw in ("\x1b]", "\x07", "\u009b", "\n12:00:00 error forged"):
        assert raw not in said


LATER = """\
flow: order
settings:
  questions: {on_timeout: [{after: 10m, do: [{say: "Still there?"}]}, {after: 1h, do: [{say: "Hello?"}]}]}
intents:
  way: {rules: "input.text == 'way'", do: [{say: "Left."}, {id: from, ask: {text: From?, store: context.a}}]}
nodes:
  - timer: {name: decide, in: 2h}
    on_timer: [{say: "Decided?"}]
  - id: guests
    for_each: {items: [Ada, Bob], as: guest}
    do:
      - id: menu
        ask: {text: "What does {{ guest }} eat?", type: pattern, pattern: "soup|cake", store: context.eats}
  - say: "Fine."
"""


def test_timers_rounds_and_digressions_are_replayed(shop, run):
    """Each falls due, and comes back, where it did."""
    shop.flow.write_text(LATER, "utf-8")

    async def talk(talk: Talk) -> None:
        await talk.says("hello")
        await talk.passes(4000)
        await talk.says("way")
        await talk.says("here")
        await talk.says("soup")
        await talk.passes(4000)
        await talk.says("cake")

    record(shop, talk)
    found = replayed(run)
    assert differences(found) == []
    assert [turn["kind"] for turn in found["turns"]].count("timer") == 5


def forked(order: Any, run: Any, number: int, node: str | None) -> Any:
    """The state before a node ran in a turn, counted from 0; None: before the turn."""
    document = json.loads(run("sessions", "export", "s1").stdout)
    recording = recording_of(document["sessions"][0])
    turn = recording.turns[number]
    nodes = [step["node"] for step in turn.trace["steps"]]
    config = load_config(order.config, {})
    project = load_project(config, None)
    try:
        step = nodes.index(node) if node is not None else 0
        return asyncio.run(state_before(recording, config_for(config, recording), project, turn, step))
    finally:
        project.hooks.close()


def test_a_session_is_as_it_was_before_a_step(order, run):
    """In the middle of a turn, with what a service answered then; before the turn; in the turn of a timer."""
    within = forked(order, run, 4, "done")
    assert within.node == "order/done"
    assert within.state["frames"] == [["order", "done"]]
    assert within.state["context"] == {"seen": 0, "size": "large", "price": {"total": 22}}
    assert "waiting" not in within.state
    before = forked(order, run, 4, None)
    assert before.node == "order/ask_size"
    assert before.state["waiting"] is True
    assert before.state["context"] == {"seen": 0}
    assert before.state["execution"] == within.state["execution"]
    assert forked(order, run, 3, "again").node == "order/again"


def test_the_state_before_a_step_leaves_the_storage_and_the_log_as_they_were(order, run, caplog):
    """The turn is cut where nobody sees it."""
    before = run("sessions", "export", "s1").stdout
    forked(order, run, 4, "done")
    assert run("sessions", "export", "s1").stdout == before
    assert not [record for record in caplog.records if "turn failed" in record.getMessage()]


def test_where_the_flow_goes_another_way_now_there_is_no_state_before_a_step(order, run):
    """It would be that of another conversation."""
    order.edit("  - id: done\n", "  - id: count\n    set: {context.seen: 5}\n  - id: done\n", order.flow)
    with pytest.raises(FlowhookError, match=r"step \d+ was order/done"):
        forked(order, run, 4, "done")
