"""What lives in the memory of one process holds for all: events, limits, flows, what a session waits for."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest
from click.testing import CliRunner

from flowhook.cli import cli
from tests.machine import PATIENCE

from .kit import ADMIN, Outside, Process, Project, eventually, until

ECHO = """
nodes: [{say: "{{ input.text }}"}]
"""
ASK = """
nodes:
  - id: size
    ask: {text: "Which size?", type: text, timeout: 1s}
    on_timeout: [{say: "Too late."}]
"""
WORK = """
nodes:
  - id: work
    task: {url: "OUT/jobs", json: {of: "{{ input.text }}"}, store: context.result}
  - say: "Result: {{ context.result.verdict }}."
"""
PERSON = """
nodes:
  - id: agent
    handover: {text: "One moment, please."}
"""
Events = AsyncIterator[tuple[str, Any]]
PROBE = "probe"  #: a message that only asks whether somebody hears of it
KEYS = [{"name": name, "key": f"the-key-of-{name}", "role": "agent"} for name in ("ada", "bob")]


@pytest.fixture
async def pair(project: Project, empty_postgres: str) -> AsyncIterator[tuple[Process, Process]]:
    """Two processes that serve, each with its share."""
    project.settings |= {"storage": empty_postgres, "admin_keys": KEYS}
    for name, flow in {"echo": ECHO, "ask": ASK, "work": WORK, "person": PERSON}.items():
        project.flow(name, flow)
        project.endpoint(name)
    project.endpoint("few", "echo", rate_limit={"session": "6/m"})
    async with AsyncExitStack() as stack:
        processes = Process(project), Process(project)
        for process in processes:
            stack.push_async_callback(process.close)
            await process.start()

        async def have_half_each() -> bool:
            return [one["shards"] for one in await members(processes[0])] == [128, 128]

        await eventually(have_half_each)
        yield processes


async def members(process: Process) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = (await process.api("GET", "/processes"))["processes"]
    return found


@asynccontextmanager
async def watching(process: Process, last_id: str | None = None) -> AsyncIterator[Events]:
    """The stream of events of a process: id and event, from when it is there."""
    headers = ADMIN | ({"last-event-id": last_id} if last_id is not None else {})
    async with process.http.stream("GET", "/api/events", headers=headers) as stream:
        lines = stream.aiter_lines()
        await anext(lines)
        yield _events(lines)


async def _events(lines: AsyncIterator[str]) -> AsyncIterator[tuple[str, Any]]:
    id = ""
    async for line in lines:
        name, _, value = line.partition(": ")
        if name == "id":
            id = value
        elif name == "data":
            yield id, json.loads(value)


async def texts(events: AsyncIterator[tuple[str, Any]], count: int) -> tuple[str, list[str]]:
    """What was received, so many messages of it beside probes, and the id of the last one."""
    found: list[str] = []
    id = ""
    while len(found) < count:
        id, event = await anext(events)
        if event.get("type") == "message.received" and event["data"]["text"] != PROBE:
            found.append(event["data"]["text"])
    return id, found


async def test_events_of_all_processes_are_heard_at_each(pair: tuple[Process, Process]) -> None:
    """In one order, with ids that hold everywhere: who watched at a process that died goes on at another."""
    first, second = pair
    async with watching(second) as events:
        await until_heard(first, events)
        await first.send("echo", "one", "s1")
        await second.send("echo", "two", "s2")
        last, heard = await texts(events, 2)
        assert sorted(heard) == ["one", "two"]
    await second.kill()
    await first.send("echo", "three", "s3")
    async with watching(first, last) as events:
        _, heard = await texts(events, 1)
        assert heard == ["three"]
        await first.api("DELETE", "/users/u1")
    async with watching(first, last) as events:
        await first.send("echo", "four", "s4")
        _, heard = await texts(events, 1)
        assert heard == ["four"]  # what was erased is not told again


async def until_heard(process: Process, events: AsyncIterator[tuple[str, Any]]) -> None:
    """Probe until what a process is sent is heard at another one: only then does it know that somebody
    watches there. One task reads the events: who gives up waiting for one ends the stream."""

    async def hear() -> None:
        async for _, event in events:
            if event.get("type") == "message.received":
                return

    hearing = asyncio.create_task(hear())
    async with asyncio.timeout(PATIENCE):
        while not hearing.done():
            await process.send("echo", PROBE, PROBE)
            await asyncio.wait({hearing}, timeout=0.5)
    await hearing


async def test_a_limit_holds_for_all_processes(pair: tuple[Process, Process]) -> None:
    """But for what arrives within half a second: who has used it up at one is refused by the other."""
    first, second = pair
    body = {"userId": "u1", "sessionId": "s1", "text": "hi"}
    for _ in range(6):
        assert (await first.post("/tok-few", body)).status_code == 202
    assert (await first.post("/tok-few", body)).status_code == 429
    passed = 0
    while (answer := await second.post("/tok-few", body)).status_code == 202:
        passed += 1
        await asyncio.sleep(0.3)
    assert (answer.status_code, answer.json()["code"]) == (429, "rate_limited")
    assert 1 <= passed < 6
    assert (await second.post("/tok-few", {**body, "sessionId": "s2"})).status_code == 202


async def test_all_processes_follow_a_reload(pair: tuple[Process, Process], project: Project) -> None:
    """The answer comes when they have, and `flowhook status` shows what each has."""
    first, second = pair
    before = {one["flowRevision"] for one in await members(second)}
    assert len(before) == 1
    project.flow("echo", 'nodes: [{say: "You said {{ input.text }}"}]')
    reloaded = await first.api("POST", "/reload")
    assert reloaded["processes"] == {"count": 2, "differ": []}
    assert {one["flowRevision"] for one in await members(second)} == {reloaded["revision"]} != before
    for process in pair:
        assert await process.say("echo", "hi", f"s{process.port}") == ["You said hi"]
    shown = await asyncio.to_thread(
        CliRunner().invoke, cli, ["--config", str(project.write(first.port)), "status"]
    )
    assert shown.exit_code == 0, shown.output
    assert shown.output.count(" 128 ") == 2
    assert "not all processes" not in shown.output


async def test_what_a_session_waits_for_comes_by_any_process(
    pair: tuple[Process, Process], outside: Outside
) -> None:
    """Repeats, timers, what is sent later, results of tasks: whoever took the message, whoever takes them."""
    first, second = pair
    body, key = {"userId": "u1", "sessionId": "same", "text": "hi"}, {"idempotency-key": "k"}
    accepted = [await process.post("/tok-echo", body, key) for process in (first, second)]
    assert accepted[0].json()["traceId"] == accepted[1].json()["traceId"]
    assert accepted[1].headers["idempotent-replayed"] == "true"
    sessions = [f"s{number}" for number in range(6)]
    for number, session in enumerate(sessions):
        await pair[number % 2].send("ask", "hi", session)
    await until(lambda: all(outside.texts(s) == ["Which size?", "Too late."] for s in sessions))
    for number, session in enumerate(sessions):
        process = pair[number % 2]
        await process.send("work", f"job {session}", f"w{session}")
    await until(lambda: len(outside.at("/jobs")) == len(sessions))
    for number, job in enumerate(outside.at("/jobs")):
        path = urlsplit(job.json["callback"]).path
        assert (await pair[(number + 1) % 2].post(path, {"verdict": "fine"})).status_code == 202
        assert (await pair[number % 2].post(path, {"verdict": "again"})).json()["code"] == "callback_used"
    await until(lambda: all(outside.texts(f"w{s}") == ["Result: fine."] for s in sessions))


async def test_of_two_agents_at_two_desks_one_takes(pair: tuple[Process, Process]) -> None:
    """However many handovers there are."""

    async def take(process: Process, who: str, id: str) -> httpx.Response:
        headers = {"authorization": f"Bearer the-key-of-{who}"}
        return await process.http.post(f"/api/handovers/{id}/take", json={}, headers=headers)

    for number in range(4):
        await pair[number % 2].say("person", "hi", f"s{number}")
    rows = (await pair[0].api("GET", "/handovers?status=queue"))["handovers"]
    assert len(rows) == 4
    for row in rows:
        answers = await asyncio.gather(take(pair[0], "ada", row["id"]), take(pair[1], "bob", row["id"]))
        assert sorted(answer.status_code for answer in answers) == [200, 409]
