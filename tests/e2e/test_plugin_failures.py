"""A plugin that fails, and a message that goes on without it: seen in log, trace and metrics."""

from __future__ import annotations

import asyncio
import json
import logging
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from flowhook.cli.trace_view import show_trace
from flowhook.hooks import endpoint_binder
from flowhook.model.event import EventType
from flowhook.model.understanding import Understanding
from flowhook.nlu.interpreter import Interpreter

from .conftest import Start
from .kit import ADMIN, WAIT, Live, Project, until

BAD = """
from flowhook import hookimpl

@hookimpl
def {hook}():
    raise ValueError("cannot read my PIN 4711")
"""
LINE = "ValueError at {path}:7"
ENGINE = """
import asyncio
from flowhook import NluEngine, hookimpl

class OwnEngine(NluEngine):
    name = "brain"

    async def understand(self, text):
        {does}

@hookimpl
def register_nlu():
    return [OwnEngine]
"""
ECHO = 'nodes:\n  - say: "{{ input.text }}"\n'
SHOP = """
intents:
  order:
    examples: ["I want a pizza", "one pizza please", "can I order food"]
    entry: ordered
nodes:
  - id: ready
    ask: {text: "Ready?", type: yes_no, store: context.ready}
  - say: "{{ context.ready }} {{ input.intent }}"
  - stop:
  - id: ordered
    say: A pizza.
"""


async def trace_of(live: Live, trace_id: str) -> dict[str, Any]:
    await live.ends(trace_id)
    answer = await live.http.get(f"/api/traces/{trace_id}", headers=ADMIN)
    [found] = answer.json()["traces"]
    trace: dict[str, Any] = found
    return trace


async def failures_in(live: Live) -> dict[tuple[str, ...], float]:
    """The counts of failures that Prometheus reads, by plugin, hook and endpoint."""
    text = (await live.http.get("/metrics", headers=ADMIN)).text
    return {
        tuple(sample.labels[name] for name in ("plugin", "hook", "endpoint")): sample.value
        for family in text_string_to_metric_families(text)
        for sample in family.samples
        if sample.name == "flowhook_plugin_hook_failures_total"
    }


@pytest.mark.parametrize("hook", ["transform_input", "transform_output", "before_nlu", "after_nlu"])
@pytest.mark.parametrize("masked", [False, True])
async def test_a_message_that_goes_on_without_a_plugin_tells_of_it(
    project: Project, start: Start, caplog: pytest.LogCaptureFixture, capsys: Any, hook: str, masked: bool
) -> None:
    """``abort_on_error: false``: trace and metrics name plugin, hook and endpoint; what the error says is
    masked where the endpoint is masked; all under the trace id that the caller got."""
    project.flow("echo", ECHO)
    project.plugin("bad", BAD.format(hook=hook))
    project.endpoint(
        "echo", transformers={"use": ["bad"], "abort_on_error": False}, privacy={"mask_logging": masked}
    )
    live = await start()
    answer = await live.post("/tok-echo", {"userId": "u1", "sessionId": "s1", "text": "hi"}, WAIT)
    assert [output["text"] for output in answer.json()["outputs"]] == ["hi"]
    found = await trace_of(live, answer.json()["traceId"])
    where = LINE.format(path=project.root / "plugins" / "bad.py")
    error = "****" if masked else f"{where}: cannot read my PIN 4711"
    assert found["trace"]["failures"] == [{"plugin": "bad", "hook": hook, "endpoint": "echo", "error": error}]
    assert (found["status"], found["failed"]) == ("done", True)
    assert await failures_in(live) == {("bad", hook, "echo"): 1}
    [line] = [record for record in caplog.records if record.name == "flowhook.plugin.bad"]
    assert line.__dict__["traceId"] == answer.json()["traceId"]
    assert ("4711" in line.getMessage()) is not masked
    assert where in line.getMessage()
    show_trace(found["trace"])
    assert (
        f"plugin bad, hook {hook} at endpoint echo: {'****' if masked else 'ValueError'}"
        in capsys.readouterr().out
    )


async def test_a_turn_that_a_plugin_stops_names_it_in_its_trace(project: Project, start: Start) -> None:
    """``abort_on_error: true``: the turn fails, and the trace has the same line of the plugin."""
    project.flow("echo", ECHO)
    project.plugin("bad", BAD.format(hook="transform_output"))
    project.endpoint("echo", transformers={"use": ["bad"]})
    live = await start()
    found = await trace_of(live, await live.send("echo", "hi"))
    assert found["status"] == "failed"
    [failure] = found["trace"]["failures"]
    assert (failure["plugin"], failure["hook"]) == ("bad", "transform_output")
    assert await failures_in(live) == {("bad", "transform_output", "echo"): 1}


async def test_filters_and_nodes_are_counted_with_their_endpoint(project: Project, start: Start) -> None:
    """What the engine calls itself is reported by the same reporter as a hook."""
    project.plugin(
        "lib",
        """
        from flowhook import Node, hookimpl

        class Broken(Node):
            key = "broken"
            async def run(self, turn):
                raise OSError("no line")

        def shout(value):
            raise KeyError("volume")

        @hookimpl
        def register_nodes():
            return [Broken]

        @hookimpl
        def register_filters():
            return {"shout": shout}
    """,
    )
    project.flow("odd", 'nodes:\n  - broken:\n    on_error: {say: "{{ input.text | shout }}"}\n')
    project.endpoint("odd")
    live = await start()
    found = await trace_of(live, await live.send("odd", "hi"))
    assert [failure["hook"] for failure in found["trace"]["failures"]] == ["node broken", "filter shout"]
    assert await failures_in(live) == {("lib", "node broken", "odd"): 1, ("lib", "filter shout", "odd"): 1}


@pytest.mark.parametrize(
    "does", ['raise RuntimeError("no model")', "await asyncio.Event().wait()", "return 'order'"]
)
async def test_a_session_goes_on_without_an_engine_that_fails(
    project: Project, start: Start, monkeypatch: pytest.MonkeyPatch, does: str
) -> None:
    """An NLU engine that raises, hangs or returns nonsense: no intent is understood, but yes and no are, and
    the flow runs; told in trace, metric and event."""
    monkeypatch.setattr(endpoint_binder, "NLU_TIMEOUT", 0.05)
    project.plugin("brain", ENGINE.format(does=does))
    project.flow("shop", SHOP)
    project.endpoint("shop", nlu="brain")
    live = await start()
    heard = asyncio.create_task(_event(live, "understanding.failed"))
    await until(lambda: live.services.events.hears(EventType.MESSAGE_SENT))
    assert await live.say("shop", "I want a pizza") == ["Ready?"]
    answer = await live.post("/tok-shop", {"userId": "u1", "sessionId": "s1", "text": "yes please"}, WAIT)
    assert [output["text"] for output in answer.json()["outputs"]] == ["true "]
    found = await trace_of(live, answer.json()["traceId"])
    [failure] = found["trace"]["failures"]
    assert (failure["plugin"], failure["hook"], failure["endpoint"]) == ("brain", "nlu brain", "shop")
    assert await failures_in(live) == {("brain", "nlu brain", "shop"): 2}
    event = await heard
    assert (event["endpoint"], event["data"]["engine"]) == ("shop", "brain")


async def _event(live: Live, name: str) -> dict[str, Any]:
    """The next event of that name on ``/api/events``."""
    async with live.http.stream("GET", "/api/events", headers=ADMIN) as stream:
        async for line in stream.aiter_lines():
            if line.startswith("data:") and json.loads(line[5:]).get("type") == name:
                event: dict[str, Any] = json.loads(line[5:])
                return event
    raise AssertionError("the stream ended")


async def test_the_built_in_engine_may_fail_as_well(
    project: Project, start: Start, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """A mistake of ours costs the understanding of one text, not the session."""
    project.flow("shop", SHOP)
    project.endpoint("shop")
    live = await start()

    def broken(*_: Any) -> None:
        raise ZeroDivisionError

    monkeypatch.setattr(Interpreter, "read", broken)
    with caplog.at_level(logging.ERROR):
        assert await live.say("shop", "I want a pizza") == ["Ready?"]
        assert await live.say("shop", "yes") == ["true "]
    assert await failures_in(live) == {("flowhook", "nlu builtin", "shop"): 2}


async def test_what_the_built_in_engine_computes_counts_as_the_turns(
    project: Project, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A message that takes the whole time of a turn to understand fails in words."""
    project.flow("shop", SHOP)
    project.endpoint("shop")
    live = await start()
    later, read = [0.0], Interpreter.read

    def slow(*arguments: Any) -> Understanding:
        later[0] += 3.1
        return read(*arguments)

    clock, monotonic = type(live.services.clock), live.services.clock.monotonic
    monkeypatch.setattr(Interpreter, "read", slow)
    monkeypatch.setattr(clock, "monotonic", lambda self: monotonic() + later[0])
    found = await trace_of(live, await live.send("shop", "I want a pizza"))
    assert found["trace"]["error"] == "the turn computed for more than 3 seconds"
