"""Odd values and odd moments: numbers that JSON does not know, forgetting while a delivery is out."""

from __future__ import annotations

import asyncio
import json
import re

import pytest

from .conftest import Start
from .kit import Live, Outside, Project, held, status, until

MIRROR = """
nodes:
  - set: {context.last: "{{ input.data }}"}
  - say: {text: "{{ input.text }}", data: "{{ input.data }}"}
"""
IDS = {"userId": "u1", "sessionId": "s1"}


def strict(raw: bytes) -> object:
    """As a strict reader reads it."""

    def no(constant: str) -> None:
        raise ValueError(constant)

    return json.loads(raw, parse_constant=no)


@pytest.fixture
async def live(project: Project, start: Start) -> Live:
    project.flow("mirror", MIRROR)
    project.endpoint("mirror")
    return await start()


@pytest.mark.parametrize("number", ["1e999", "-1e999", "1e-999", "1" * 30, "0.1", "-0.0"])
async def test_numbers_stay_json(live: Live, outside: Outside, number: str) -> None:
    """What no double holds is refused or kept, and never sent on as something that is no JSON."""
    raw = f'{{"userId": "u1", "sessionId": "s1", "data": {{"x": {number}}}}}'
    answer = await live.http.post("/tok-mirror", content=raw, headers={"content-type": "application/json"})
    assert answer.status_code in (202, 400), answer.text
    if answer.status_code == 202:
        receipt = await live.ends(answer.json()["traceId"])
        assert receipt["status"] == "done"
        (one,) = await outside.until(1)
        strict(one.body)
    assert await live.say("mirror", "still well") == ["still well"]
    strict((await live.http.get("/api/sessions", headers={"authorization": "Bearer the-admin-key"})).content)
    await live.session("mirror")


async def test_a_flow_that_computes_infinity(project: Project, outside: Outside, start: Start) -> None:
    """It is no JSON either."""
    project.flow(
        "inf",
        """
        nodes:
          - set: {context.x: "{{ 1e308 * 10 }}"}
          - say: {text: "x", data: {x: "{{ 1e308 * 10 - 1e308 * 10 }}"}}
        """,
    )
    project.flow("ok", "nodes: [{say: ok}]")
    project.endpoint("inf")
    live = await start()
    await live.ends(await live.send("inf", "x"))
    await live.ends(await live.send("inf", "x"))
    shown = await live.http.get("/api/sessions/inf/u1/s1", headers={"authorization": "Bearer the-admin-key"})
    strict(shown.content)
    for one in outside.at():
        strict(one.body)


@pytest.mark.parametrize("data", [
    {"": 1}, {"a" * 5000: 1}, {"__proto__": {}}, {"a": [None, True, {}]}, {"é": "\u2028"},
])  # fmt: skip
async def test_data_comes_back_as_it_went(live: Live, outside: Outside, data: dict[str, object]) -> None:
    """Through the inbox, the flow, the state and the outbox."""
    await live.post("/tok-mirror", {**IDS, "data": data})
    (one,) = await outside.until(1)
    assert one.json["AIOutput"]["data"] == data
    assert (await live.context("mirror"))["last"] == data


@pytest.mark.parametrize("prefer", [
    "wait=abc", "wait=-1", "wait=", "wait", "respond-async", "wait=" + "9" * 20, 'wait="5"',
    "foo; wait=2, wait=5", "WAIT=5", "wait = 5",
])  # fmt: skip
async def test_odd_preferences_are_no_errors(live: Live, prefer: str) -> None:
    """A preference that cannot be read is not there."""
    answer = await live.post("/tok-mirror", {**IDS, "text": "x"}, {"prefer": prefer})
    assert answer.status_code in (200, 202), answer.text


async def test_forgetting_while_a_delivery_is_out(project: Project, outside: Outside, start: Start) -> None:
    """What is out ends somehow; the session is gone, its number never comes back, the rest goes on."""
    project.flow("mirror", MIRROR)
    project.endpoint("mirror")
    gate = asyncio.Event()
    outside.answers["/hook"] = held(gate)
    live = await start()
    await live.say("mirror", "one")
    await live.say("mirror", "two")
    await until(lambda: outside.at())
    await live.api("DELETE", "/users/u1")
    gate.set()
    await outside.until(1)
    assert await live.say("mirror", "three") == ["three"]
    taken = await outside.until(2)
    assert [one.text for one in taken] == ["one", "three"]
    assert len({one.id for one in taken}) == 2
    await until(lambda: live.services.dispatcher.in_memory == 0)


async def test_an_endpoint_that_is_gone_for_a_while(project: Project, outside: Outside, start: Start) -> None:
    """What waits for it waits until it is configured again."""
    project.flow("mirror", MIRROR)
    project.flow("slow", 'nodes:\n  - http_request: {url: "OUT/slow"}\n  - say: "{{ input.text }}"\n')
    project.endpoint("mirror")
    project.endpoint("slow")
    gate = asyncio.Event()
    outside.answers["/slow"] = held(gate)
    outside.answers["/hook"] = status(500)
    live = await start()
    first = await live.send("slow", "one")
    await until(lambda: outside.at("/slow"))
    second = await live.send("slow", "two")
    gone = project.endpoints.pop("slow")
    gate.set()
    stopped = asyncio.create_task(live.stop())
    await stopped
    await live.start()
    assert (await live.http.get(f"/receipts/{second}")).status_code == 404
    await live.say("mirror", "x")
    await live.stop()
    project.endpoints["slow"] = gone
    del outside.answers["/hook"]
    await live.start()
    assert [(await live.ends(item))["status"] for item in (first, second)] == ["done", "done"]
    await until(lambda: sorted(outside.texts()) == ["one", "two", "x"])


async def test_every_trace_id_is_a_trace_id(live: Live) -> None:
    """32 hexadecimal characters, in order of time."""
    traces = [await live.send("mirror", "x") for _ in range(5)]
    assert all(re.fullmatch("[0-9a-f]{32}", trace) for trace in traces)
    assert [trace[:12] for trace in traces] == sorted(trace[:12] for trace in traces)
