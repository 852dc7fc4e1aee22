"""Order and number: exact for every session, whatever the receiver does and however many call at once."""

from __future__ import annotations

import asyncio
import itertools
from collections import defaultdict

import pytest
from aiohttp import web

from .conftest import Start
from .kit import Live, Outside, Project, Received, failing, held, until

COUNT = """
context: {n: 0}
nodes:
  - set: {context.n: "{{ context.n + 1 }}"}
  - append: {context.seen: "{{ input.text }}"}
  - say: "{{ context.n }} {{ input.text }}"
  - say: "and {{ context.n }}"
"""
CLIENTS, SESSIONS, EACH = 20, 5, 10


async def storm(live: Live) -> dict[str, list[str]]:
    """20 clients post to 5 sessions at once; answers what each session was sent."""
    sent: dict[str, list[str]] = defaultdict(list)

    async def client(number: int) -> None:
        for n in range(EACH):
            session = f"s{(number + n) % SESSIONS}"
            text = f"c{number}m{n}"
            sent[session].append(text)
            await live.send("count", text, session)

    await asyncio.gather(*(client(number) for number in range(CLIENTS)))
    return sent


def in_order(received: list[Received]) -> dict[str, list[Received]]:
    """What arrived, by session, in order of arrival."""
    sessions: dict[str, list[Received]] = defaultdict(list)
    for one in received:
        sessions[one.json["sessionId"]].append(one)
    return sessions


@pytest.mark.parametrize("share", [0.0, 0.3], ids=["sound", "failing"])
async def test_every_counter_and_order_is_exact(
    project: Project, outside: Outside, start: Start, share: float
) -> None:
    """Each session counts to exactly its messages, in one order, also when 30 % of attempts fail; ids
    are stable and bytes are identical on each attempt."""
    project.flow("count", COUNT)
    project.endpoint("count", webhook={"retries": ["20ms"] * 20})
    outside.answers["/hook"] = failing(share)
    live = await start()
    sent = await storm(live)
    total = CLIENTS * EACH * 2
    taken = await outside.until(total, seconds=40)
    assert len(taken) == total
    for session, arrived in in_order(taken).items():
        context = await live.context("count", session)
        number = len(sent[session])
        assert context["n"] == number
        assert sorted(context["seen"]) == sorted(sent[session])
        heard = itertools.chain.from_iterable(
            (f"{n} {text}", f"and {n}") for n, text in enumerate(context["seen"], 1)
        )
        assert [one.text for one in arrived] == list(heard)
        assert [one.sequence for one in arrived] == list(range(1, 2 * number + 1))
    attempts: dict[str, set[bytes]] = defaultdict(set)
    for one in outside.at():
        attempts[one.id].add(one.body)
    assert len(attempts) == total
    assert all(len(bodies) == 1 for bodies in attempts.values())
    if share:
        assert len(outside.at()) > total


async def test_a_client_that_waits_for_each_202_is_heard_in_its_order(
    project: Project, outside: Outside, start: Start
) -> None:
    """The order of acceptance is the order of the turns."""
    project.flow("count", COUNT)
    project.endpoint("count")
    live = await start()
    for n in range(10):
        await live.send("count", f"m{n}")
    await outside.until(20)
    assert (await live.context("count"))["seen"] == [f"m{n}" for n in range(10)]


SLOW = """
nodes:
  - http_request: {url: "OUT/slow", store: context.slow}
  - say: "heard {{ input.text }}"
"""


async def test_a_notify_cannot_overtake(project: Project, outside: Outside, start: Start) -> None:
    """What is accepted later is said later, though it needs no flow."""
    project.flow("slow", SLOW)
    project.endpoint("slow")
    gate = asyncio.Event()
    outside.answers["/slow"] = held(gate)
    live = await start()
    await live.send("slow", "one")
    await until(lambda: outside.at("/slow"))
    notify = await live.send("slow", "note", route="/notify")
    inject = await live.send("slow", "two", route="/inject")
    assert [(await live.receipt(item))["status"] for item in (notify, inject)] == ["queued", "queued"]
    gate.set()
    await outside.until(3)
    assert outside.texts() == ["heard one", "note", "heard two"]


async def test_sessions_never_wait_for_each_other(project: Project, outside: Outside, start: Start) -> None:
    """One is held in a sleep, one in a call, one has a receiver that hangs: the fourth is answered."""
    project.flow("sleepy", "nodes:\n  - sleep: 60s\n  - say: late\n")
    project.flow("slow", SLOW)
    project.flow("count", COUNT)
    gate = asyncio.Event()
    outside.answers["/slow"] = held(gate)

    async def hangs_for_one(one: Received) -> web.Response | None:
        if one.json["sessionId"] == "stuck":
            await gate.wait()
        return None

    outside.answers["/hook"] = hangs_for_one
    for name in ("sleepy", "slow", "count"):
        project.endpoint(name)
    live = await start()
    sleeping = await live.send("sleepy", "x")
    await live.send("slow", "x", "s2")
    await live.send("count", "x", "stuck")
    await until(lambda: outside.at("/slow") and outside.at())
    assert await live.say("count", "x", "free") == ["1 x", "and 1"]
    await outside.until(2)
    assert (await live.receipt(sleeping))["status"] == "running"
    gate.set()
    await until(lambda: "heard x" in outside.texts("s2"))


async def test_a_failing_delivery_holds_only_its_own_session(
    project: Project, outside: Outside, start: Start
) -> None:
    """Head-of-line blocking is per session."""
    project.flow("count", COUNT)
    project.endpoint("count", webhook={"retries": ["10s"] * 5})
    broken = True

    async def fails_for_one(one: Received) -> web.Response | None:
        return web.Response(status=422) if broken and one.json["sessionId"] == "bad" else None

    outside.answers["/hook"] = fails_for_one
    live = await start()
    await live.say("count", "x", "bad")
    await live.say("count", "x", "good")
    await outside.until(2)
    assert outside.texts() == ["1 x", "and 1"]
    assert [one.text for one in outside.at() if one.json["sessionId"] == "bad"] == ["1 x"]
