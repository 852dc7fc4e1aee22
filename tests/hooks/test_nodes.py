"""A plugin's asynchronous node: what it gets, what it leaves behind, and how it fails."""

from __future__ import annotations

import asyncio
from datetime import UTC
from types import SimpleNamespace
from typing import Any

import pytest

from flowhook import Goto, Node, NodeFailed, Wait
from flowhook.engine.effects import Failure, NodeResult, RunNode
from flowhook.engine.turn.budget import TurnBudget
from flowhook.engine.turn.executor import TurnExecutor
from flowhook.engine.turn.view import TurnEnvironment, TurnScope
from flowhook.flowfiles.library import load_library
from flowhook.hooks.api import node_turn
from flowhook.hooks.api.node_turn import run_node
from flowhook.model.inbound import Inbound, Kind
from flowhook.model.output import Output
from flowhook.model.session import Frame, Session
from flowhook.model.session_ref import SessionRef
from flowhook.testing import open_bot

CRM = '''
class CrmLookup(Node):
    """Finds a customer by phone number."""

    key = "crm_lookup"
    main = "phone"
    branches = ("found", "missing")
    phone: str
    store: str = "context.customer"

    async def run(self, turn):
        answer = await turn.step(
            "lookup", lambda: turn.http.get("http://crm.example/customers?key=secret")
        )
        if answer.status_code == 404:
            return "missing"
        turn.set(self.store, answer.json())
        await turn.say("Welcome back!")
        return "found"

@hookimpl
def register_nodes():
    return [CrmLookup]
'''

FLOW = """
flow: pizza
nodes:
  - crm_lookup: "{{ input.text }}"
    found: {say: "You are at {{ context.customer.path }}."}
    missing: {say: "Who are you?"}
"""


class Desk:
    """Runs one node as the runtime would."""

    def __init__(self, bench: Any, node_type: type[Node] | None = None) -> None:
        self.bench = bench
        self.hooks = bench.load()
        if node_type is not None:
            bench.write("own.py", "")
            self.hooks = bench.load()
            self.hooks.registry.node_types.add(node_type, source="own")
        inbound = Inbound(SessionRef("pizza", "u", "s"), Kind.MESSAGE, "t" * 32, 0.0, "hi", seq=4)
        context = {"size": "large", "seen": [1]}
        scope = TurnScope({"context": context, "vars": {"shop": "Mario's"}})
        scope.budget = TurnBudget(None)
        scope.environment = TurnEnvironment(1_750_000_000.0, UTC, profile={"firstname": "Ada"})
        turn = SimpleNamespace(
            inbound=inbound,
            session=Session([], context=context, values={"a": 1}),
            environment=scope.environment,
            input={"text": "hi"},
            scope=scope,
            memory={"visits": 1},
            node=SimpleNamespace(key="lookup"),
        )
        self.view = SimpleNamespace(
            turn=turn, effect_node=None, effect_key="pizza/lookup/1", interim=None, early=0
        )

    async def run(self, node: Node, resuming: bool = False) -> NodeResult | Failure:
        self.view.effect_node = node
        view: Any = self.view
        return await run_node(view, resuming, self.bench.endpoint(), self.hooks, self.bench.steps)


def crm(desk: Desk) -> Node:
    """A node of the plugin, as the flow made it."""
    return desk.hooks.types["crm_lookup"](phone="123")


async def test_what_a_node_did_is_collected(bench):
    """Outputs, changes and the branch come out together, once the node has ended."""
    bench.write("crm.py", CRM)
    desk = Desk(bench)
    result = await desk.run(crm(desk))
    assert isinstance(result, NodeResult)
    assert result.outcome == "found"
    assert result.outputs == [Output("Welcome back!", {}, "t" * 32)]
    assert result.changes == [("set", "context.customer", {"path": "/customers"})]
    assert result.memory is None
    plugin = next(plugin for plugin in desk.hooks.plugins if plugin.name == "crm")
    assert plugin.timings["node crm_lookup"].count == 1


async def test_what_is_said_after_the_end_is_an_error(bench):
    """Work that a node left behind cannot reach the user any more, and learns it."""
    bench.write(
        "late.py",
        """
        class Late(Node):
            key = "late"

            async def run(self, turn):
                global left
                left = turn

        @hookimpl
        def register_nodes():
            return [Late]
    """,
    )
    desk = Desk(bench)
    await desk.run(desk.hooks.types["late"]())
    with pytest.raises(RuntimeError, match="the node has ended"):
        await desk.hooks.plugin("late").module.left.say("too late")


async def test_a_node_cannot_change_what_came_in(bench):
    """``turn.input`` and ``turn.inbound`` are copies."""
    bench.write(
        "odd.py",
        """
        class Odd(Node):
            key = "odd"

            async def run(self, turn):
                turn.input["data"]["x"] = 1
                turn.inbound.text = "forged"

        @hookimpl
        def register_nodes():
            return [Odd]
    """,
    )
    desk = Desk(bench)
    desk.view.turn.input["data"] = {}
    await desk.run(desk.hooks.types["odd"]())
    assert (desk.view.turn.input["data"], desk.view.turn.inbound.text) == ({}, "hi")


async def test_a_step_is_done_once(bench):
    """A re-run of the node gets the kept response, without a call and without the request's secrets."""
    bench.write("crm.py", CRM)
    desk = Desk(bench)
    first = await desk.run(crm(desk))
    second = await desk.run(crm(desk))
    assert first == second
    assert len(bench.requests) == 1
    [(kept,)] = await bench.ask("SELECT result FROM steps")
    assert b"secret" not in kept


class Own(Node):
    """Does what a test wants."""

    key = "own"
    branches = ("yes",)
    work: Any

    async def run(self, turn: Any) -> Any:
        return await self.work(turn)


async def test_a_turn_shows_its_own_changes_and_hides_its_means(bench):
    """Values can be read back at once, but the session itself changes only at the end."""
    desk = Desk(bench, Own)

    async def work(turn: Any) -> str:
        turn.set("context.order.size", "small")
        turn.append("context.seen", 2)
        turn.append("profile.tags", "vip")
        turn.unset("session.a")
        turn.memory["visits"] += 1
        assert turn.get("context.order") == {"size": "small"}
        assert turn.get("context.none.such", 7) == 7
        assert (turn.context["seen"], turn.profile["tags"], dict(turn.session)) == ([1, 2], ["vip"], {})
        assert (
            turn.render("{{ profile.firstname }} at {{ vars.shop }}: {{ context.order.size }}")
            == "Ada at Mario's: small"
        )
        assert turn.render("{{ context.seen }}") == [1, 2]
        assert (turn.now.isoformat(), turn.key) == ("2025-06-15T15:06:40+00:00", "pizza/lookup/1")
        with pytest.raises(TypeError):
            turn.context["x"] = 1
        with pytest.raises(NodeFailed, match="a path starts with"):
            turn.set("vars.x", 1)
        with pytest.raises(TypeError, match="is not JSON"):
            turn.set("context.x", object())
        return "yes"

    result = await desk.run(Own(work=work))
    assert isinstance(result, NodeResult), result
    assert [change[:2] for change in result.changes] == [
        ("set", "context.order.size"),
        ("append", "context.seen"),
        ("append", "profile.tags"),
        ("unset", "session.a"),
    ]
    assert result.memory == {"visits": 2}
    assert desk.view.turn.session.context == {"size": "large", "seen": [1]}


async def test_steps_of_one_name_are_told_apart(bench):
    """A step in a loop is kept for each time round; plain functions and coroutines both do."""
    desk = Desk(bench, Own)
    calls: list[int] = []

    async def work(turn: Any) -> None:
        async def later() -> int:
            calls.append(1)
            return len(calls)

        def plain() -> int:
            calls.append(1)
            return len(calls)

        seen = [await turn.step("n", later), await turn.step("n", plain), await turn.step("n", later)]
        turn.set("context.seen", seen)

    for _ in range(2):
        result = await desk.run(Own(work=work))
        assert isinstance(result, NodeResult)
        assert result.changes[-1][2] == [1, 2, 3]
    assert len(calls) == 3


async def fails(turn: Any) -> None:
    raise ValueError("secret")


async def no_json(turn: Any) -> None:
    await turn.step("s", object)


async def no_branch(turn: Any) -> str:
    return "no"


async def may_not_wait(turn: Any) -> Wait:
    return Wait(3)


@pytest.mark.parametrize(
    ("work", "message"),
    [
        (fails, "ValueError at "),
        (no_json, "TypeError at "),
        (no_branch, "answered 'no', which is neither a branch (known: yes)"),
        (may_not_wait, "waits = True"),
    ],
)
async def test_a_failing_node_is_the_nodes_error(bench, work, message):
    """Its ``on_error`` can take it; the log has the cause, the error names the plugin."""
    desk = Desk(bench, Own)
    result = await desk.run(Own(work=work))
    assert isinstance(result, Failure)
    assert result.reason == "plugin"
    assert result.message.startswith("plugin own, hook node own at endpoint pizza: ")
    assert message in result.message
    assert "secret" not in result.message
    assert bench.failures == ["own.node own@pizza"]


async def test_a_node_that_takes_too_long_is_given_up(bench, monkeypatch):
    """The session goes on, whatever the node waits for."""
    monkeypatch.setattr(node_turn, "TIMEOUT", 0.01)
    desk = Desk(bench, Own)

    async def hangs(turn: Any) -> None:
        await asyncio.Event().wait()

    result = await desk.run(Own(work=hangs))
    assert isinstance(result, Failure)
    assert result.reason == "timeout"


async def test_a_waiting_node_is_resumed(bench):
    """``resume`` runs in place of ``run`` when an input came in."""

    class Patient(Own):
        key = "patient"
        waits = True

        async def resume(self, turn: Any) -> Goto:
            return Goto("done")

    async def waits(turn: Any) -> Wait:
        return Wait(timeout=600)

    desk = Desk(bench, Patient)
    begun = await desk.run(Patient(work=waits))
    resumed = await desk.run(Patient(work=waits), resuming=True)
    assert isinstance(begun, NodeResult)
    assert isinstance(resumed, NodeResult)
    assert (begun.outcome, resumed.outcome) == (Wait(600), Goto("done"))


async def test_a_node_fails_on_purpose(bench):
    """Under a word of its own, with details for ``on_error``; the operator need not know."""

    async def sold_out(turn: Any) -> None:
        raise NodeFailed("out_of_stock", "The shelf is empty.", {"left": 0})

    desk = Desk(bench, Own)
    failure = await desk.run(Own(work=sold_out))
    assert isinstance(failure, Failure)
    assert (failure.reason, failure.message) == ("out_of_stock", "The shelf is empty.")
    assert failure.details == {"left": 0, "plugin": "own", "node": "own"}


async def test_a_task_that_a_node_left_behind_is_told_that_nobody_hears_it(bench):
    """What it says or sets would be lost without a word."""
    kept: list[Any] = []

    async def leaves(turn: Any) -> None:
        kept.append(turn)

    desk = Desk(bench, Own)
    assert isinstance(await desk.run(Own(work=leaves)), NodeResult)
    (turn,) = kept
    with pytest.raises(RuntimeError, match="the node has ended"):
        await turn.say("too late")
    with pytest.raises(RuntimeError, match="the node has ended"):
        turn.set("context.x", 1)
    with pytest.raises(RuntimeError, match="the node has ended"):
        await turn.step("call", lambda: 1)


async def test_the_engine_goes_on_with_what_the_node_did(bench, tmp_path):
    """From the flow file through engine and node and back: the whole road of a plugin's node."""
    bench.write("crm.py", CRM)
    hooks = bench.load()
    flows = tmp_path / "flows"
    flows.mkdir()
    (flows / "pizza.yaml").write_text(FLOW)
    loaded = load_library(flows, hooks.types)
    assert loaded.problems == []
    inbound = Inbound(SessionRef("pizza", "u", "s"), Kind.MESSAGE, "t" * 32, 0.0, "hi", seq=1)
    run = TurnExecutor(
        loaded.library, Session([Frame("pizza")]), inbound, TurnEnvironment(1_750_000_000.0, UTC)
    )
    assert run.start().status == "effect"
    assert isinstance(run.effect, RunNode)
    result = await run_node(run, run.effect.resuming, bench.endpoint(), hooks, bench.steps)
    assert run.resume(result).status == "done"
    assert [output.text for output in run.take_outputs()] == ["Welcome back!", "You are at /customers."]


async def test_a_wait_takes_a_duration_as_flows_write_it():
    """``Wait(timeout="5m")`` is what an author of flows would write."""
    assert Wait(timeout="5m") == Wait(300)
    with pytest.raises(ValueError, match="10s, 5m"):
        Wait(timeout="five minutes")


GATE = """
from flowhook import Node, Wait, hookimpl

class Gate(Node):
    key = "gate"
    waits = True
    branches = ("open", "shut")

    async def run(self, turn):
        await turn.say("Password?")
        return Wait(timeout="5m")

    async def resume(self, turn):
        if turn.inbound.kind == "timer":
            return "shut"
        return "open"

@hookimpl
def register_nodes():
    return [Gate]
"""


async def test_a_node_without_on_timeout_is_resumed_by_its_timer(tmp_path):
    """So that a timeout is never without effect."""
    (tmp_path / "config.yaml").write_text("flows: flows\nplugins: {directory: plugins}\nendpoints: []\n")
    (tmp_path / "plugins").mkdir()
    (tmp_path / "plugins" / "gate.py").write_text(GATE)
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "door.yaml").write_text(
        "flow: door\nnodes:\n  - id: door\n    gate: {}\n    open: {say: In}\n    shut: {say: Too slow}\n"
    )
    async with open_bot("door", project=tmp_path) as bot:
        assert await bot.says("hi") == ["Password?"]
        assert await bot.clock.advance("5m") == ["Too slow"]
        assert await bot.says("again") == ["Password?"]
        assert await bot.says("sesame") == ["In"]
