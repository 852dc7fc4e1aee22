"""What survives: a restart, a crash, a receiver that is gone for a while, and for good."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

import pytest
from aiohttp import web

from .conftest import Start
from .kit import Outside, Process, Project, Received, status, until

ASK = """
context: {n: 0}
nodes:
  - id: size
    ask: {text: "Which size?", type: text, store: context.size, timeout: TIMEOUT}
    on_timeout: [{say: "Still there?"}]
  - set: {context.n: "{{ context.n + 1 }}"}
  - say: "{{ context.size }} it is."
"""


def soon(seconds: float) -> str:
    return (datetime.now(UTC) + timedelta(seconds=seconds)).isoformat()


@pytest.mark.usefixtures("any_storage")
@pytest.mark.parametrize("end", ["stop", "kill"])
async def test_all_that_waits_survives(
    project: Project, outside: Outside, process: Process, end: str
) -> None:
    """A waiting question, its timer, a scheduled notify, a pending delivery: SIGTERM or kill -9."""
    project.flow("ask", ASK.replace("TIMEOUT", "1h"))
    project.flow("nudge", ASK.replace("TIMEOUT", "2s"))
    for name in ("ask", "nudge"):
        project.endpoint(name, webhook={"retries": ["200ms"] * 10 + ["5s"] * 10})
    outside.answers["/hook"] = status(500)
    await process.start()
    await process.send("nudge", "hi", "waits")
    await process.send("ask", "hi", "answers")
    scheduled = await process.send("ask", "news", "answers", "/notify", notBefore=soon(1.5))
    await until(lambda: len({one.id for one in outside.at()}) >= 2)
    if end == "kill":
        await process.kill()
    else:
        assert await process.terminate() == 0
    del outside.answers["/hook"]
    await process.start()
    assert (await process.receipt(scheduled))["status"] in ("scheduled", "queued", "running", "done")
    await process.say("ask", "large", "answers")
    await until(
        lambda: (
            "Still there?" in outside.texts("waits")
            and {"news", "large it is."} <= set(outside.texts("answers"))
        )
    )
    firsts: dict[str, Received] = {}
    for one in outside.at():
        assert firsts.setdefault(one.id, one).body == one.body
    texts = {
        session: [one.text for one in sorted(firsts.values(), key=lambda item: item.sequence)
                  if one.json["sessionId"] == session]
        for session in ("waits", "answers")
    }  # fmt: skip
    assert texts["waits"] == ["Which size?", "Still there?"]
    assert sorted(texts["answers"]) == sorted(["Which size?", "large it is.", "news"])
    assert texts["answers"][0] == "Which size?"
    assert (await process.context("ask", "answers")) == {"n": 1, "size": "large"}


@pytest.mark.parametrize("action", ["enable", "resume"])
async def test_410_pauses_until_it_is_enabled_again(
    project: Project, outside: Outside, start: Start, action: str
) -> None:
    """Nothing more is sent, messages are still accepted, a restart keeps the pause, and then all of
    it leaves in order."""
    project.flow("ask", ASK.replace("TIMEOUT", "1h"))
    project.endpoint("ask")
    outside.answers["/hook"] = status(410)
    live = await start()
    await live.say("ask", "hi")
    await outside_saw(outside, 1)
    await until(lambda: live.services.dispatcher.paused)
    await live.say("ask", "large")
    await live.say("ask", "hi", "s2")
    await live.restart()
    del outside.answers["/hook"]
    await live.say("ask", "hi", "s3")
    shown = await live.api("GET", "/endpoints/ask")
    assert shown["paused"] is True
    assert len(outside.at()) == 1
    await live.api("POST", f"/endpoints/ask/{action}")
    await outside.until(4)
    assert outside.texts("s1") == ["Which size?", "large it is."]
    assert (outside.texts("s2"), outside.texts("s3")) == (["Which size?"], ["Which size?"])


async def outside_saw(outside: Outside, count: int) -> None:
    await until(lambda: len(outside.at()) >= count)


async def test_dead_letters_are_listed_and_replayed(project: Project, outside: Outside, start: Start) -> None:
    """After the last attempt a delivery is dead and the next one leaves; a replay sends it again with the
    same id and bytes."""
    project.flow("two", "nodes:\n  - say: one\n  - say: two\n")
    project.endpoint("two", webhook={"retries": ["10ms", "10ms"]})
    broken = True

    async def refuses_one(one: Received) -> web.Response | None:
        return web.Response(status=500) if broken and one.text == "one" else None

    outside.answers["/hook"] = refuses_one
    live = await start()
    trace_id = await live.send("two", "x")
    await outside.until(1)
    dead = (await live.api("GET", "/deliveries?status=dead"))["deliveries"]
    assert [delivery["sequence"] for delivery in dead] == [1]
    statuses = [output["status"] for output in (await live.receipt(trace_id))["outputs"]]
    assert statuses == ["dead", "delivered"]
    attempts = [one for one in outside.at() if one.text == "one"]
    assert len(attempts) == 3
    assert len({one.body for one in attempts}) == 1
    await live.restart()
    broken = False
    await live.api("POST", "/deliveries/replay", {"ids": [dead[0]["deliveryId"]]})
    await outside.until(2)
    again = outside.taken()[-1]
    assert (again.id, again.body) == (attempts[0].id, attempts[0].body)
    assert await live.resolved(trace_id) == ["delivered", "delivered"]


async def test_rejections_are_given_up_sooner(project: Project, outside: Outside, start: Start) -> None:
    """Other 4xx: ``max_rejections`` attempts, then dead, and the session goes on."""
    project.flow("two", "nodes:\n  - say: one\n  - say: two\n")
    project.endpoint("two", webhook={"retries": ["10ms"] * 20, "max_rejections": 2})

    async def refuses_one(one: Received) -> web.Response | None:
        return web.Response(status=422) if one.text == "one" else None

    outside.answers["/hook"] = refuses_one
    live = await start()
    await live.say("two", "x")
    await outside.until(1)
    assert [one.text for one in outside.at()] == ["one", "one", "two"]


async def test_retry_after_is_honoured_and_redirects_are_not_followed(
    project: Project, outside: Outside, start: Start
) -> None:
    """503 with Retry-After: 1 waits a second; a 307 is a failure like another."""
    project.flow("one", "nodes:\n  - say: one\n")
    project.endpoint("one", webhook={"retries": ["10ms"] * 5})
    answers = iter([
        web.Response(status=307, headers={"Location": f"{outside.url}/elsewhere"}),
        web.Response(status=503, headers={"Retry-After": "1"}),
    ])  # fmt: skip
    times: list[float] = []

    async def answer(_: Received) -> web.Response | None:
        times.append(asyncio.get_running_loop().time())
        return next(answers, None)

    outside.answers["/hook"] = answer
    live = await start()
    await live.say("one", "x")
    await outside.until(1)
    assert outside.at("/elsewhere") == []
    assert len(times) == 3
    assert times[2] - times[1] > 0.9


async def test_an_empty_webhook_url_sends_nothing(project: Project, outside: Outside, start: Start) -> None:
    """Whoever waits still gets the outputs; nothing piles up."""
    project.flow("one", "nodes:\n  - say: one\n  - say: two\n")
    project.endpoint("one", webhook={"url": ""})
    live = await start()
    assert await live.say("one", "x") == ["one", "two"]
    receipt = await live.ends(await live.send("one", "x"))
    assert [output["status"] for output in receipt["outputs"]] == ["delivered", "delivered"]
    assert outside.received == []


async def test_two_servers_on_one_file_are_refused(project: Project, process: Process) -> None:
    """The second one names the first and leaves it alone."""
    project.flow("one", "nodes:\n  - say: one\n")
    project.endpoint("one")
    await process.start()
    second = Process(project)
    with pytest.raises(AssertionError):
        await second.start()
    await second.close()
    assert second.process is not None
    assert second.process.returncode == 2
    assert await process.say("one", "x") == ["one"]
