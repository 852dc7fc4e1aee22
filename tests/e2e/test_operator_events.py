"""Operator events: what goes wrong, told by deliveries of their own."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from standardwebhooks import Webhook

from flowhook.cli import cli
from flowhook.model.session_ref import OPERATOR
from flowhook.runtime.turns import backlog

from .conftest import Start
from .kit import ADMIN, Live, Outside, Project, Received, status, until

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
FLOW = """
nodes:
  - if: input.text == 'break'
    then: [{set: {context.x: "{{ 1 / 0 }}"}}]
  - say: 'you said {{ input.text }}'
"""


def shop(project: Project, **webhook: Any) -> None:
    """A project with one endpoint, whose operator is told."""
    project.flow("bot", FLOW)
    project.endpoint("bot", webhook=webhook)
    project.settings["operator_events"] = {"url": f"{project.outside.url}/ops", "secret": SECRET}


def told(received: list[Received], *types: str) -> list[dict[str, Any]]:
    """The events of these types, or all, in order, without their times."""
    bodies = [request.json for request in received]
    assert all(body.pop("at").endswith("Z") for body in bodies)
    return [body for body in bodies if not types or body["type"] in types]


async def test_a_receiver_fails_and_recovers(project: Project, outside: Outside, start: Start) -> None:
    """Said once after three failures in a row, and once when a delivery is taken again; signed, in order, and
    without a name or a word of the user."""
    outside.answers["/hook"] = status(503)
    shop(project)
    live = await start()
    trace_id = await live.send("bot", "secret words")
    (event,) = await outside.until(1, "/ops")
    Webhook(SECRET).verify(event.body, event.headers)
    data = event.json["data"]
    assert told([event]) == [
        {"type": "delivery.failing", "endpoint": "bot", "traceId": trace_id, "data": data}
    ]
    assert data == {"deliveryId": outside.at()[0].id, "status": 503, "error": "HTTP 503"}
    await until(lambda: len(outside.at()) > 5)
    del outside.answers["/hook"]
    received = await outside.until(2, "/ops")
    assert told(received)[1] == {
        "type": "endpoint.recovered", "endpoint": "bot", "traceId": trace_id, "data": {"status": 200},
    }  # fmt: skip
    assert [request.sequence for request in received] == [1, 2]
    assert not any(word in request.body for request in received for word in (b"secret", b"u1", b"s1"))
    listed = (await live.api("GET", "/sessions"))["sessions"]
    assert {session["endpoint"] for session in listed} == {"bot"}  # they are no conversation


async def test_what_is_given_up_and_what_is_paused(project: Project, outside: Outside, start: Start) -> None:
    """A dead delivery, and a receiver that is gone; tests are not told."""
    outside.answers["/hook"] = status(400)
    shop(project, max_rejections=1)
    live = await start()
    await live.send("bot", "a test", route="/test")
    await live.send("bot", "hi", session="s2")
    (dead,) = told(await outside.until(1, "/ops"))
    assert (dead["type"], dead["data"]["status"]) == ("delivery.dead", 400)
    assert dead["data"]["deliveryId"] == outside.at()[1].id
    outside.answers["/hook"] = status(410)
    await live.send("bot", "hi", session="s3")
    paused = told(await outside.until(2, "/ops"))[1]
    assert (paused["type"], paused["endpoint"]) == ("endpoint.paused", "bot")
    del outside.answers["/hook"]
    assert (await live.http.post("/api/endpoints/bot/resume", headers=ADMIN)).is_success
    assert told(await outside.until(3, "/ops"))[2]["type"] == "endpoint.recovered"


async def test_failed_turns_and_refused_reloads(project: Project, outside: Outside, start: Start) -> None:
    """Where a turn failed, not what it says; where a file is wrong, not what stands there. Only types that
    are asked for."""
    shop(project)
    wanted = ["turn.failed", "flow.rejected"]
    project.settings["operator_events"]["types"] = wanted
    project.settings["connections"] = {"crm": {"base_url": "https://crm.example"}}
    outside.answers["/hook"] = status(503)
    live = await start()
    trace_id = await live.send("bot", "break")
    (failed,) = told(await outside.until(1, "/ops"))
    place = failed["data"]["at"]
    assert failed == {
        "type": "turn.failed", "endpoint": "bot", "traceId": trace_id, "data": {"at": place},
    }  # fmt: skip
    assert place.startswith("bot/")
    project.settings["connections"] = {"crm": {"base_url": "hunter2"}}
    project.write(live.port)
    assert (await live.http.post("/api/reload", headers=ADMIN)).status_code == 422
    received = await outside.until(2, "/ops")
    (rejected,) = told(received, "flow.rejected")
    (problem,) = rejected["data"]["problems"]
    assert (rejected["data"]["errors"], problem["code"]) == (1, "bad-value")
    assert Path(problem["file"]).name == "config.yaml"
    assert b"hunter2" not in received[1].body


async def test_a_backlog_is_told_once(
    project: Project, outside: Outside, start: Start, monkeypatch: pytest.MonkeyPatch
) -> None:
    """When it is high, and again only after half of it was done."""
    monkeypatch.setattr(backlog, "HIGH", 4)
    shop(project)
    live = await start()
    counted = live.services.turns._context.backlog
    for _ in range(6):
        counted.add("bot")
    counted.add("bot", -1)
    counted.add("bot")
    (high,) = told(await outside.until(1, "/ops"))
    assert high == {"type": "backlog.high", "endpoint": "bot", "data": {"waiting": 4, "refusedFrom": 20_000}}
    counted.add("bot", -6)
    counted.add("bot", 5)
    assert told(await outside.until(2, "/ops"))[1]["data"]["waiting"] == 5
    counted.add("bot", -5)


async def test_their_own_failure_is_told_to_nobody(project: Project, outside: Outside, start: Start) -> None:
    """They are tried again like any delivery, in order, over a restart, and never make another event; a
    receiver that is gone pauses nothing."""
    outside.answers["/ops"] = status(503)
    shop(project)
    live = await start()
    await live.send("bot", "break")
    await live.send("bot", "break")
    await until(lambda: outside.at("/ops"))
    await live.stop()
    del outside.answers["/ops"]
    live = await start()
    received = await outside.until(2, "/ops")
    assert [(delivery["type"]) for delivery in told(received)] == ["turn.failed"] * 2
    assert [request.sequence for request in received] == [1, 2]
    assert {delivery.id for delivery in outside.at("/ops")} == {request.id for request in received}
    outside.answers["/ops"] = status(410)
    await live.send("bot", "break")
    found = await _deliveries(live, status="dead", count=1)
    assert found[0]["output"]["text"] == "turn.failed"
    assert (await live.http.get("/api/endpoints/bot", headers=ADMIN)).json()["paused"] is False
    assert len(await _deliveries(live, count=3)) == 3


async def _deliveries(live: Live, count: int, **query: str) -> list[dict[str, Any]]:
    """The deliveries of operator events, once there are so many."""
    while True:
        params = {"endpoint": OPERATOR.endpoint, **query}
        answer = await live.http.get("/api/deliveries", params=params, headers=ADMIN)
        found: list[dict[str, Any]] = answer.json()["deliveries"]
        if len(found) >= count:
            return found
        await asyncio.sleep(0.01)


async def test_they_are_switched_on_and_off_by_a_reload(
    project: Project, outside: Outside, start: Start
) -> None:
    """Off, nothing is stored; on, from then on."""
    shop(project)
    on = project.settings.pop("operator_events")
    live = await start()
    await live.send("bot", "break")
    assert await live.say("bot", "hi") == ["you said hi"]
    assert await _deliveries(live, 0) == []
    project.settings["operator_events"] = on
    project.write(live.port)
    assert (await live.http.post("/api/reload", headers=ADMIN)).is_success
    await live.send("bot", "break")
    assert len(await outside.until(1, "/ops")) == 1


@pytest.mark.parametrize("left", ["the event", "the turn"])
async def test_what_a_crash_left_behind_is_sent(
    project: Project, outside: Outside, start: Start, left: str
) -> None:
    """An event that was accepted, and whose delivery was not made yet, is one at the next start; and so is
    what a turn tells that runs again as soon as the next start begins."""
    shop(project)
    live = await start()
    events = live.services.operator_events
    commits = live.services.store.turns.commit
    dead: list[Any] = []

    async def dies(segment: Any) -> Any:
        if (segment.ref == OPERATOR) != (left == "the event"):
            return await commits(segment)
        dead.append(segment)
        raise asyncio.CancelledError

    events._turns.commit = dies  # type: ignore[method-assign]
    events._seq = 7  # the guess is wrong, so that it takes two transactions
    await live.send("bot", "break")
    await until(lambda: dead and events.resting)
    events._turns.commit = commits  # type: ignore[method-assign]
    await live.stop()
    assert outside.at("/ops") == []
    await start()
    (event,) = told(await outside.until(1, "/ops"))
    assert event["type"] == "turn.failed"


async def test_the_address_can_be_tried(project: Project, outside: Outside, start: Start) -> None:
    """By the command and by the API; a wrong secret is seen in the answer."""
    shop(project)
    live = await start()
    answer = await live.http.post("/api/operator-events/verify", headers=ADMIN)
    assert (answer.json()["delivered"], answer.json()["signed"]) == (True, True)
    (tried,) = outside.at("/ops")
    assert tried.json["type"] == "test"
    arguments = ["verify-webhook", "--config", str(project.root / "config.yaml"), "--operator"]
    outside.answers["/ops"] = status(404)
    done = await asyncio.to_thread(CliRunner().invoke, cli, arguments)
    assert done.exit_code == 1
    assert "operator_events.url" in done.output
    wrong = await asyncio.to_thread(CliRunner().invoke, cli, [*arguments, "bot"])
    assert wrong.exit_code == 2
    project.settings.pop("operator_events")
    project.write(live.port)
    await live.http.post("/api/reload", headers=ADMIN)
    answer = await live.http.post("/api/operator-events/verify", headers=ADMIN)
    assert (answer.status_code, answer.json()["code"]) == (409, "nothing_to_verify")
