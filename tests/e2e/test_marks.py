"""Test messages: what comes of ``POST /test/{token}`` carries its mark wherever it is seen."""

from __future__ import annotations

import logging
from typing import Any

import pytest

from .conftest import Start
from .kit import ADMIN, Outside, Project, status

FLOW = """
nodes:
  - id: name
    ask: {text: "Who are you?", type: text, store: context.name, timeout: 300ms}
    on_timeout: [{say: "Still there?"}]
  - log: {text: "answered", level: warning}
  - say: "Hello {{ context.name }}, {{ input.test }}."
"""


async def _api(live: Any, path: str) -> Any:
    return (await live.http.get(f"/api{path}", headers=ADMIN)).json()


async def test_a_test_is_marked_wherever_it_is_seen(
    project: Project, outside: Outside, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    """Receipt, session, transcript, trace, delivery, envelope, header, events, log and metrics tell a test;
    the same of a real message hold nothing of it."""
    project.flow("door", FLOW.replace(", timeout: 300ms", ""))
    project.endpoint("door")
    live = await start()
    heard: list[dict[str, Any]] = []

    async def note(event: Any) -> None:
        heard.append(event.to_json())

    live.services.tasks.spawn(live.services.events.dispatch(note, name="the test"))
    with caplog.at_level(logging.WARNING, "flowhook.flow"):
        tests = [await live.send("door", text, session="t", route="/test") for text in ("hi", "Ada")]
        real = [await live.send("door", text, session="r") for text in ("hi", "Bob")]
        for trace_id in (*tests, *real):
            await live.resolved(trace_id)
    for session, traces, mark in (("t", tests, {"test": True}), ("r", real, {})):
        for trace_id in traces:
            receipt = await live.receipt(trace_id)
            assert {**receipt, **mark} == receipt
            assert ("test" in receipt) is bool(mark)
            (trace,) = (await _api(live, f"/traces/{trace_id}"))["traces"]
            assert trace.get("test", False) is trace["trace"].get("test", False) is bool(mark)
        path = f"/sessions/door/u1/{session}"
        transcript = (await _api(live, f"{path}/transcript"))["transcript"]
        shown = [await _api(live, path), *transcript]
        shown += (await _api(live, f"/deliveries?endpoint=door&userId=u1&sessionId={session}"))["deliveries"]
        assert [row.get("test", False) for row in shown] == [bool(mark)] * 5
        sent = [delivery for delivery in outside.taken() if delivery.json["sessionId"] == session]
        assert [delivery.json.get("test", False) for delivery in sent] == [bool(mark)] * 2
        assert [delivery.headers.get("flowhook-test") for delivery in sent] == ["true" if mark else None] * 2
        events = [event for event in heard if event["traceId"] in traces]
        assert {event["type"] for event in events} == {"message.received", "message.sent", "session.started"}
        assert {event["data"].get("test", False) for event in events} == {bool(mark)}
        (line,) = [record for record in caplog.records if vars(record).get("traceId") in traces]
        assert vars(line).get("test", False) is bool(mark)
    assert outside.texts("t")[-1] == "Hello Ada, true."
    metrics = (await live.http.get("/metrics", headers=ADMIN)).text
    assert 'flowhook_inbounds_accepted_total{endpoint="door",kind="test"} 2.0' in metrics
    assert 'flowhook_inbounds_accepted_total{endpoint="door",kind="message"} 2.0' in metrics
    assert 'flowhook_turn_duration_seconds_count{endpoint="door",status="done"} 2.0' in metrics
    assert 'flowhook_deliveries_resolved_total{endpoint="door",outcome="delivered"} 2.0' in metrics


async def test_what_follows_from_a_test_is_one(project: Project, outside: Outside, start: Start) -> None:
    """A timer, an inject and a notify in a session that is being tested carry the mark; after the next real
    message they do not."""
    project.flow("door", FLOW)
    project.endpoint("door")
    live = await start()
    await live.ends(await live.send("door", "hi", route="/test"))
    await outside.until(2)  # the question, and what its timer says
    for route in ("/inject", "/notify"):
        assert (await live.ends(await live.send("door", "psst", route=route)))["test"] is True
    sent = await outside.until(4)
    assert [delivery.json.get("test") for delivery in sent] == [True] * 4
    await live.ends(await live.send("door", "hello"))
    notified = await live.ends(await live.send("door", "for real", route="/notify"))
    assert "test" not in notified
    assert "test" not in await live.session("door")


async def test_the_flow_sees_that_an_inject_belongs_to_a_test(
    project: Project, outside: Outside, start: Start
) -> None:
    """Right behind a test message, and no more behind a real one."""
    project.flow("door", 'nodes: [{say: "{{ input.test }}"}]')
    project.endpoint("door")
    live = await start()
    for route, expected in (("/test", "true"), ("", "false")):
        assert await live.say("door", "hi", route=route) == [expected]
        for _ in range(3):
            assert await live.say("door", "psst", route="/inject") == [expected]


async def test_a_mark_outlives_a_restart(project: Project, outside: Outside, start: Start) -> None:
    """What could not be delivered before the server stopped is still known to be of a test."""
    project.flow("door", "nodes: [{say: Hello.}]")
    project.endpoint("door", webhook={"retries": ["10ms", "10m"]})
    outside.answers["/hook"] = status(500)
    live = await start()
    await live.ends(await live.send("door", "hi", route="/test"))
    del outside.answers["/hook"]
    await live.restart()
    (delivery,) = (await _api(live, "/deliveries?status=pending"))["deliveries"] or [{"test": True}]
    assert delivery["test"] is True
    await live.services.store.outbox.wake("door", live.services.clock.now())
    live.services.dispatcher.wake()
    (sent,) = await outside.until(1)
    assert (sent.headers["flowhook-test"], sent.json["test"]) == ("true", True)


async def test_an_author_sees_conversations_of_tests_alone(
    project: Project, outside: Outside, start: Start
) -> None:
    """Sessions, their transcripts and traces, in lists, searches and one by one; people's are not there."""
    project.settings["admin_keys"] = [{"name": "kim", "key": "the-key-of-kim", "role": "author"}]
    project.flow("door", FLOW.replace(", timeout: 300ms", ""))
    project.endpoint("door")
    live = await start()
    for session, route in (("t1", "/test"), ("r1", ""), ("t2", "/test"), ("r2", ""), ("r3", "")):
        trace_id = await live.send("door", "hi", session=session, route=route)
        await live.resolved(trace_id)
    author = {"authorization": "Bearer the-key-of-kim"}

    async def seen(path: str, name: str) -> list[str]:
        found, after = [], None
        while True:
            params = {"limit": "1"} | ({"after": str(after)} if after is not None else {})
            answer = (await live.http.get(f"/api{path}", params=params, headers=author)).json()
            found += [row["sessionId"] for row in answer[name]]
            after = answer["next"]
            if after is None:
                return found

    assert await seen("/sessions", "sessions") == ["t2", "t1"]
    assert await seen("/traces", "traces") == ["t2", "t1"]
    answer = await live.http.get("/api/sessions", params={"text": "hi"}, headers=author)
    assert {row["sessionId"] for row in answer.json()["sessions"]} == {"t1", "t2"}
    for session, status_code in (("t1", 200), ("r1", 404)):
        for tail in ("", "/transcript"):
            answer = await live.http.get(f"/api/sessions/door/u1/{session}{tail}", headers=author)
            assert answer.status_code == status_code
    assert (await live.http.get(f"/api/traces/{trace_id}", headers=author)).status_code == 404
    assert (await live.http.get(f"/api/traces/{trace_id}", headers=ADMIN)).status_code == 200
    assert (await live.http.get("/api/sessions/door/u1/t1/export", headers=author)).status_code == 403
