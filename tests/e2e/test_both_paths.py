"""The promises that callers and receivers see are the same on the fast path and on the usual one."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from flowhook.model.event import Event, EventType
from flowhook.runtime.turns.fast_path import Answered, FastPath

from .kit import WAIT, Live, Outside, Project, eventually, failing

COUNT = """
context: {n: 0}
nodes:
  - set: {context.n: "{{ context.n + 1 }}"}
  - say: "{{ context.n }} {{ input.text }}"
"""
TWICE = """
context: {n: 0}
nodes:
  - set: {context.n: "{{ context.n + 1 }}"}
  - say: "first {{ context.n }}"
  - say: "second {{ context.n }}"
"""
ASK = """
nodes:
  - id: size
    ask: {text: "Which size?", type: text, store: context.size, timeout: TIMEOUT}
    on_timeout: [{say: "Too late."}]
  - say: "{{ context.size }} it is."
"""
PIZZA = """
intents:
  order: {examples: [I want a pizza, a pizza please, order a pizza, pizza for me]}
  hours: {examples: [when do you open, opening hours, are you open, until when are you open]}
nodes:
  - switch: input.intent
    cases: {order: {say: "One pizza."}, hours: {say: "Always."}}
    default: {say: "What?"}
"""


@pytest.fixture(params=[True, False], ids=["fast", "usual"])
async def live(
    request: pytest.FixtureRequest, project: Project, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[Live]:
    """A server in this process, to be started. Whether turns take the fast path is looked at in the end."""
    live = Live(project)
    live.overrides = replace(live.overrides, fast_path=request.param)
    answered: list[bool] = []
    accept = FastPath.accept

    async def noting(self: FastPath, *args: Any) -> Any:
        result = await accept(self, *args)
        answered.append(isinstance(result, Answered))
        return result

    monkeypatch.setattr(FastPath, "accept", noting)
    yield live
    await live.stop()
    assert any(answered) is request.param


class TestOnBothPaths:
    """Each of these holds whichever way a message went."""

    async def test_every_message_is_answered_in_order(
        self, live: Live, project: Project, outside: Outside
    ) -> None:
        """From many sessions at once, to a receiver that fails now and then; nothing is sent out of order."""
        project.flow("twice", TWICE)
        project.endpoint("twice")
        outside.answers["/hook"] = failing(0.2)
        await live.start()

        async def talk(session: str) -> None:
            for _ in range(5):
                await live.send("twice", "x", session)

        await asyncio.gather(*(talk(f"s{n}") for n in range(5)))
        expected = [f"{place} {n}" for n in range(1, 6) for place in ("first", "second")]
        await eventually(lambda: _all_taken(outside, 50))
        for n in range(5):
            arrived = [one for one in outside.taken() if one.json["sessionId"] == f"s{n}"]
            firsts = {one.sequence: one.text for one in arrived}
            assert [firsts[number] for number in sorted(firsts)] == expected
            assert list(firsts) == sorted(firsts)

    async def test_whoever_waits_gets_the_outputs(self, live: Live, project: Project) -> None:
        """``Prefer: wait``; the same in the receipt, and in the transcript."""
        project.flow("twice", TWICE)
        project.endpoint("twice")
        await live.start()
        answer = await live.post("/tok-twice", {"userId": "u1", "sessionId": "s1", "text": "x"}, WAIT)
        assert answer.status_code == 200
        assert answer.headers["preference-applied"] == "wait=30"
        assert [output["text"] for output in answer.json()["outputs"]] == ["first 1", "second 1"]
        trace_id = answer.json()["traceId"]
        assert await live.resolved(trace_id) == ["delivered", "delivered"]
        receipt = await live.receipt(trace_id)
        assert (receipt["status"], receipt["revision"]) == ("done", 1)
        (entry,) = (await live.api("GET", "/sessions/twice/u1/s1/transcript"))["transcript"]
        assert (entry["status"], entry["seq"], entry["traceId"]) == ("done", 1, trace_id)
        assert [output["output"]["text"] for output in entry["outputs"]] == ["first 1", "second 1"]

    async def test_a_repeat_counts_once(self, live: Live, project: Project) -> None:
        """The same answer, nothing runs; another body is refused."""
        project.flow("count", COUNT)
        project.endpoint("count")
        await live.start()
        body = {"userId": "u1", "sessionId": "s1", "text": "x"}
        headers = {"idempotency-key": "k1", **WAIT}
        first = await live.post("/tok-count", body, headers)
        again = await live.post("/tok-count", body, headers)
        assert again.json() == first.json()
        assert again.headers["idempotent-replayed"] == "true"
        other = await live.post("/tok-count", {**body, "text": "y"}, headers)
        assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")
        assert await live.say("count", "z") == ["2 z"]

    async def test_at_once_in_one_session_each_runs_once(self, live: Live, project: Project) -> None:
        """In the order of their places."""
        project.flow("count", COUNT)
        project.endpoint("count")
        await live.start()
        ids = await asyncio.gather(*(live.send("count", f"{n}") for n in range(12)))
        for trace_id in ids:
            assert (await live.ends(trace_id))["status"] == "done"
        assert (await live.context("count"))["n"] == 12
        entries = (await live.api("GET", "/sessions/count/u1/s1/transcript"))["transcript"]
        said = [entry["outputs"][0]["output"]["text"] for entry in entries]
        assert said == [f"{place} {entry['text']}" for place, entry in enumerate(entries, 1)]

    async def test_a_session_survives_a_restart(self, live: Live, project: Project, outside: Outside) -> None:
        """State, place and order."""
        project.flow("count", COUNT)
        project.endpoint("count")
        await live.start()
        await live.say("count", "a")
        await live.restart()
        assert [*await live.say("count", "b"), *await live.say("count", "c")] == ["2 b", "3 c"]
        await outside.until(3)
        assert [one.sequence for one in outside.taken()] == [1, 2, 3]

    async def test_timers_and_answers(self, live: Live, project: Project, outside: Outside) -> None:
        """A timeout fires unless an answer comes first."""
        for name, timeout in (("short", "100ms"), ("long", "1h")):
            project.flow(name, ASK.replace("TIMEOUT", timeout))
            project.endpoint(name)
        await live.start()
        assert await live.say("short", "hi") == ["Which size?"]
        await outside.until(2)
        assert outside.texts() == ["Which size?", "Too late."]
        assert await live.say("long", "hi") == ["Which size?"]
        assert (await live.api("GET", "/timers"))["timers"]
        assert await live.say("long", "large") == ["large it is."]
        assert not (await live.api("GET", "/timers"))["timers"]

    async def test_what_waits_for_its_time(self, live: Live, project: Project) -> None:
        """``notBefore`` and ``ifNode``, between messages of either path."""
        project.flow("count", COUNT)
        project.endpoint("count")
        await live.start()
        assert await live.say("count", "a") == ["1 a"]
        soon = (datetime.now(UTC) + timedelta(milliseconds=300)).isoformat()
        later = await live.send("count", "later", route="/inject", notBefore=soon)
        assert await live.say("count", "b") == ["2 b"]
        assert (await live.ends(later))["status"] == "done"
        body = {"userId": "u1", "sessionId": "s1", "text": "x", "ifNode": "elsewhere"}
        assert (await live.post("/inject/tok-count", body)).status_code == 409
        assert await live.say("count", "c") == ["4 c"]

    async def test_a_limit_of_the_rate(self, live: Live, project: Project) -> None:
        """Counts messages of both kinds."""
        project.flow("count", COUNT)
        project.endpoint("count", rate_limit="3/1m")
        await live.start()
        body = {"userId": "u1", "sessionId": "s1", "text": "x"}
        statuses = [(await live.post("/tok-count", body)).status_code for _ in range(5)]
        assert statuses == [202, 202, 202, 429, 429]

    async def test_traces_say_why(self, live: Live, project: Project) -> None:
        """The same steps, changes and places."""
        project.flow("count", COUNT)
        project.endpoint("count")
        await live.start()
        trace_id = await live.send("count", "a")
        await live.ends(trace_id)
        (found,) = (await live.api("GET", f"/traces/{trace_id}"))["traces"]
        changed, _ = found["trace"]["steps"]
        assert changed["changed"] == {"context.n": 1}
        assert found["trace"]["ms"] >= 0
        assert found["trace"]["waitedMs"] >= 0
        assert found["status"] == "done"

    async def test_events_come_in_their_order(self, live: Live, project: Project, outside: Outside) -> None:
        """Received, the session began, sent."""
        project.flow("count", COUNT)
        project.endpoint("count")
        await live.start()
        heard: list[tuple[str, str]] = []

        async def note(event: Event) -> None:
            heard.append((event.type, event.trace_id))

        listening = asyncio.ensure_future(live.services.events.dispatch(note, name="test"))
        await eventually(lambda: _now(live.services.events.hears(EventType.MESSAGE_SENT)))
        trace_id = await live.send("count", "a")
        await eventually(lambda: _now(len(heard) >= 3))
        listening.cancel()
        expected = ["message.received", "session.started", "message.sent"]
        assert heard == [(name, trace_id) for name in expected]

    async def test_metrics_count_the_same(self, live: Live, project: Project, outside: Outside) -> None:
        """Accepted, done, delivered."""
        project.flow("count", COUNT)
        project.endpoint("count")
        await live.start()
        for text in "abc":
            assert await live.resolved(await live.send("count", text)) == ["delivered"]
        text = (await live.http.get("/metrics", headers={"authorization": "Bearer the-admin-key"})).text
        assert 'flowhook_inbounds_accepted_total{endpoint="count",kind="message"} 3.0' in text
        assert 'flowhook_turn_duration_seconds_count{endpoint="count",status="done"} 3.0' in text
        assert 'flowhook_deliveries_resolved_total{endpoint="count",outcome="delivered"} 3.0' in text

    async def test_the_built_in_understanding(self, live: Live, project: Project) -> None:
        """Reads a message before its turn, on either path."""
        project.flow("pizza", PIZZA)
        project.endpoint("pizza")
        await live.start()
        assert await live.say("pizza", "I want a pizza please") == ["One pizza."]
        assert await live.say("pizza", "are you open") == ["Always."]

    async def test_a_test_message_is_marked(self, live: Live, project: Project, outside: Outside) -> None:
        """And what follows from it, an inject for one; metrics leave it out."""
        project.flow("count", COUNT)
        project.endpoint("count")
        await live.start()
        for route in ("/test", "/inject"):
            await live.send("count", "x", route=route)
        await outside.until(2)
        assert [one.json.get("test") for one in outside.taken()] == [True, True]
        assert (await live.session("count"))["test"] is True
        await live.send("count", "x")
        await outside.until(3)
        assert "test" not in outside.taken()[-1].json


async def _all_taken(outside: Outside, count: int) -> bool:
    return len({(one.json["sessionId"], one.sequence) for one in outside.taken()}) == count


async def _now(holds: bool) -> bool:
    return holds
