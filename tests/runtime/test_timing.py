"""What waits for its time: timers, scheduled injects, preconditions, expiry. On a clock that tests move."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from flowhook.errors import ApiError
from flowhook.harness.clocks import FakeClock
from flowhook.testing import Bot

from .conftest import Open

ASK = """
nodes:
  - id: size
    ask: {text: "Which size?", type: text, store: context.size, timeout: 10m}
    on_timeout:
      - say: "Still there?"
  - say: "{{ context.size }} it is."
"""


def at(clock: FakeClock, seconds: float) -> str:
    """RFC 3339, so many seconds from now."""
    return datetime.fromtimestamp(clock.now() + seconds, UTC).isoformat()


async def submit(bot: Bot, route: str, text: str, **fields: Any) -> str:
    """Accept and answer the trace id, without waiting for the turn."""
    endpoint = bot.services.endpoints.by_name("test")
    assert endpoint is not None
    body = {"userId": "user", "sessionId": "session", "text": text, **fields}
    return (await bot.services.intake.submit(endpoint, route, body)).trace_id


async def receipt(bot: Bot, trace_id: str) -> dict[str, Any]:
    found = await bot.services.receipts.receipt(trace_id)
    assert found is not None
    return found


async def test_a_timer_fires_once_and_the_question_still_waits(open_turns: Open) -> None:
    """After the nudge the next message is still the answer."""
    async with open_turns(ASK) as bot:
        assert await bot.says("hi") == ["Which size?"]
        assert await bot.clock.advance("599s") == []
        assert await bot.clock.advance("2s") == ["Still there?"]
        assert await bot.clock.advance("2h") == []
        assert await bot.says("large") == ["large it is."]


@pytest.mark.parametrize("route", ["message", "inject"])
async def test_a_timer_is_void_once_something_was_accepted(open_turns: Open, route: str) -> None:
    """Whether a user or a backend in their place speaks."""
    async with open_turns(ASK) as bot:
        await bot.says("hi")
        await bot.clock.advance("9m")
        await submit(bot, route, "large")
        assert await bot.clock.advance("1h") == ["large it is."]


async def test_a_notify_leaves_the_timer_alone(open_turns: Open) -> None:
    """It is no answer."""
    async with open_turns(ASK) as bot:
        await bot.says("hi")
        await bot.clock.advance("9m")
        assert await bot.notify("News!") == ["News!"]
        assert await bot.clock.advance("2m") == ["Still there?"]


async def test_a_timer_survives_a_restart(open_turns: Open, clock: FakeClock) -> None:
    """One that fell due meanwhile fires at the start, one that did not waits on."""
    async with open_turns(ASK) as bot:
        await bot.says("hi")
    await clock.advance(60)
    async with open_turns(ASK) as bot:
        assert await bot.clock.advance("1m") == []
    await clock.advance(3600)
    async with open_turns(ASK) as bot:
        await bot.settle()
        assert bot.texts == ["Still there?"]
        assert await bot.says("large") == ["large it is."]


async def test_a_timer_of_a_question_asked_again_is_the_new_one(open_turns: Open) -> None:
    """A wrong answer starts the time anew."""
    flow = ASK.replace("type: text", "type: integer, reprompt: 'A number.'")
    async with open_turns(flow) as bot:
        await bot.says("hi")
        await bot.clock.advance("9m")
        assert await bot.says("what") == ["A number."]
        assert await bot.clock.advance("9m") == []
        assert await bot.clock.advance("61s") == ["Still there?"]


async def test_a_scheduled_inject_takes_its_place_when_due(open_turns: Open, clock: FakeClock) -> None:
    """Not the place of its acceptance; earlier ones first, whatever the order of their coming."""
    async with open_turns("nodes: [{say: '{{ input.text }}'}]") as bot:
        await bot.says("hi")
        later = await submit(bot, "inject", "later", notBefore=at(clock, 120))
        sooner = await submit(bot, "inject", "sooner", notBefore=at(clock, 60))
        past = await submit(bot, "inject", "past", notBefore=at(clock, -60))
        assert await bot.says("now") == ["past", "now"]
        assert (await receipt(bot, later))["status"] == "scheduled"
        assert (await receipt(bot, past))["status"] == "done"
        assert await bot.clock.advance("90s") == ["sooner"]
        assert await bot.clock.advance("90s") == ["later"]
        assert [(await receipt(bot, item))["status"] for item in (later, sooner)] == ["done", "done"]


async def test_scheduled_notifies_survive_a_restart(open_turns: Open, clock: FakeClock) -> None:
    """They are on disk, receipt and all."""
    async with open_turns("nodes: [{say: hi}]") as bot:
        await bot.says("hi")
        trace_id = await submit(bot, "notify", "later", notBefore=at(clock, 60))
    await clock.advance(3600)
    async with open_turns("nodes: [{say: hi}]") as bot:
        await bot.settle()
        assert bot.texts == ["later"]
        assert (await receipt(bot, trace_id))["status"] == "done"


async def test_what_expires_before_its_turn_is_discarded(open_turns: Open, clock: FakeClock) -> None:
    """Also when both times are given: due too late."""
    async with open_turns("nodes: [{say: '{{ input.text }}'}]") as bot:
        await bot.says("hi")
        one = await submit(bot, "inject", "x", expiresAt=at(clock, -1))
        two = await submit(bot, "notify", "x", notBefore=at(clock, 60), expiresAt=at(clock, 30))
        three = await submit(bot, "inject", "good", notBefore=at(clock, 60), expiresAt=at(clock, 90))
        assert await bot.clock.advance("70s") == ["good"]
        for trace_id in (one, two):
            found = await receipt(bot, trace_id)
            assert (found["status"], found["reason"], found["outputs"]) == ("discarded", "expired", [])
        assert (await receipt(bot, three))["status"] == "done"


async def test_preconditions_are_checked_when_the_turn_starts(open_turns: Open, clock: FakeClock) -> None:
    """False at once with nothing queued: 409. False later: discarded, with the reason."""
    async with open_turns(ASK) as bot:
        await bot.says("hi")
        for wrong in ({"ifNode": "other"}, {"ifRevision": 99}, {"ifNode": "other/size"}):
            with pytest.raises(ApiError) as refused:
                await submit(bot, "inject", "x", **wrong)
            assert (refused.value.status, refused.value.code) == (409, "precondition_failed")
        stands = (await bot.services.sessions.show(bot.session_id))["revision"]
        fits = await submit(bot, "notify", "x", ifNode="main/size", ifRevision=stands)
        later = await submit(bot, "inject", "late", ifNode="size", notBefore=at(clock, 60))
        await bot.settle()
        assert await bot.says("large") == ["large it is."]
        assert await bot.clock.advance("2m") == []
        assert (await receipt(bot, fits))["status"] == "done"
        found = await receipt(bot, later)
        assert (found["status"], found["reason"]) == ("discarded", "precondition_failed")


async def test_a_precondition_behind_a_queue_is_202_and_discarded(open_turns: Open) -> None:
    """What stands before it may make it true, or not. (On the fast path nothing queues.)"""
    async with open_turns(ASK, fast_path=False) as bot:
        await bot.says("hi")
        first = await submit(bot, "message", "large")
        second = await submit(bot, "inject", "x", ifNode="size")
        await bot.settle()
        assert (await receipt(bot, first))["status"] == "done"
        assert (await receipt(bot, second))["reason"] == "precondition_failed"


async def test_a_cancelled_schedule_never_runs(open_turns: Open, clock: FakeClock) -> None:
    """Nor does it after a restart."""
    async with open_turns("nodes: [{say: hi}]") as bot:
        await bot.says("hi")
        trace_id = await submit(bot, "notify", "later", notBefore=at(clock, 60))
        assert await bot.services.receipts.cancel(trace_id) == "cancelled"
        assert await bot.services.receipts.cancel(trace_id) == "begun"
        assert await bot.clock.advance("2m") == []
        found = await receipt(bot, trace_id)
        assert (found["status"], found["reason"]) == ("discarded", "cancelled")


COUNT = """
context: {n: 0}
nodes:
  - set: {context.n: "{{ context.n + 1 }}"}
  - say: "{{ context.n }}"
"""


async def test_an_expired_session_begins_anew(open_turns: Open) -> None:
    """After ``expires_after`` without an inbound; each inbound keeps it alive."""
    async with open_turns(COUNT, endpoint={"session": {"expires_after": "1h"}}) as bot:
        assert await bot.says("x") == ["1"]
        await bot.clock.advance("50m")
        assert await bot.notify("note") == ["note"]
        await bot.clock.advance("50m")
        assert await bot.says("x") == ["2"]
        await bot.clock.advance("61m")
        with pytest.raises(ApiError) as refused:
            await bot.inject("x")
        assert (refused.value.status, refused.value.code) == (404, "session_not_found")
        assert await bot.says("x") == ["1"]


async def test_unknown_create_accepts_backends_first(open_turns: Open) -> None:
    """An inject and a notify make the session."""
    async with open_turns(COUNT, endpoint={"session": {"unknown": "create"}}) as bot:
        assert await bot.notify("first") == ["first"]
        assert await bot.inject("x") == ["1"]
        assert await bot.says("x") == ["2"]


async def test_concurrency_reject_says_busy(open_turns: Open) -> None:
    """429 with Retry-After for a message while the session works; backends are queued."""
    flow = "nodes: [{sleep: 30s}, {say: '{{ input.text }}'}]"
    async with open_turns(flow, endpoint={"session": {"concurrency": "reject"}}) as bot:
        await submit(bot, "message", "one")
        with pytest.raises(ApiError) as refused:
            await submit(bot, "message", "two")
        assert (refused.value.status, refused.value.code) == (429, "session_busy")
        assert "Retry-After" in refused.value.headers
        await submit(bot, "inject", "three")
        assert await bot.clock.advance("31s") == ["one"]
        assert await bot.clock.advance("31s") == ["three"]


async def test_a_sleep_holds_its_session_only_as_long_as_it_says(open_turns: Open) -> None:
    """What was said before it leaves at once; the rest, and what came meanwhile, after it."""
    flow = "nodes: [{say: one}, {sleep: 30s}, {say: 'two {{ input.text }}'}]"
    async with open_turns(flow) as bot:
        assert await bot.says("a") == ["one"]
        assert await bot.says("b") == []
        assert await bot.clock.advance("29s") == []
        assert await bot.clock.advance("2s") == ["two a", "one"]
        assert await bot.clock.advance("31s") == ["two b"]


async def test_a_full_session_is_busy(open_turns: Open) -> None:
    """A hundred may wait in one session; the next one is told to come back."""
    async with open_turns("nodes: [{sleep: 60s}]") as bot:
        for n in range(100):
            await submit(bot, "message", str(n))
        with pytest.raises(ApiError) as refused:
            await submit(bot, "message", "x")
        assert (refused.value.status, refused.value.code) == (429, "session_busy")
        with pytest.raises(ApiError):
            await submit(bot, "notify", "x")


async def test_a_key_is_free_again_after_a_day(open_turns: Open) -> None:
    """A repeat within 24 h is a repeat, a later one a new message."""
    async with open_turns(COUNT) as bot:
        first = await submit(bot, "message", "x", messageId="m")
        await bot.clock.advance("23h")
        assert await submit(bot, "message", "x", messageId="m") == first
        with pytest.raises(ApiError) as refused:
            await submit(bot, "message", "y", messageId="m")
        assert refused.value.status == 422
        await bot.clock.advance("2h")
        assert await submit(bot, "message", "y", messageId="m") != first
        await bot.settle()
        assert bot.texts == ["1", "2"]


async def test_what_is_past_its_retention_is_swept(open_turns: Open) -> None:
    """Sessions and what was said in them; what waits for its time keeps its session."""
    retention = {"sessions": "1d", "transcripts": "1d", "traces": "1d"}
    async with open_turns(COUNT, retention=retention) as bot:
        trace_id = await submit(bot, "message", "x")
        await bot.clock.advance("20h")
        await bot.says("x")
        assert (await receipt(bot, trace_id))["status"] == "done"
        await bot.clock.advance("20h")
        assert await bot.services.store.sessions.get(bot.session_id) is not None
        for _ in range(8):
            await bot.clock.advance("1h")
        assert await bot.services.store.sessions.get(bot.session_id) is None
        assert await bot.services.receipts.receipt(trace_id) is None
        assert await bot.says("x") == ["1"]


async def test_a_backlog_that_is_full_is_a_503(open_turns: Open, monkeypatch: pytest.MonkeyPatch) -> None:
    """With Retry-After; nothing is stored."""
    monkeypatch.setattr("flowhook.runtime.intake.intake.ENDPOINT_BACKLOG", 2)
    async with open_turns("nodes: [{sleep: 30s}]") as bot:
        await submit(bot, "message", "a")
        await submit(bot, "message", "b")
        with pytest.raises(ApiError) as refused:
            await submit(bot, "message", "c")
        assert (refused.value.status, refused.value.code) == (503, "backlog_full")
        assert "Retry-After" in refused.value.headers
        assert (await bot.services.sessions.show(bot.session_id))["backlog"] == 2


async def test_scheduled_inbounds_count_in_the_limit_of_their_session(
    open_turns: Open, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Together with those that wait for their turn; one that is cancelled makes room."""
    monkeypatch.setattr("flowhook.runtime.intake.intake.SESSION_BACKLOG", 2)
    async with open_turns("nodes: [{say: '{{ input.text }}'}]") as bot:
        await bot.says("hi")
        first = await submit(bot, "notify", "a", notBefore=at(clock, 60))
        await submit(bot, "notify", "b", notBefore=at(clock, 60))
        with pytest.raises(ApiError) as refused:
            await submit(bot, "notify", "c", notBefore=at(clock, 60))
        assert (refused.value.status, refused.value.code) == (429, "session_busy")
        assert await bot.services.receipts.cancel(first) == "cancelled"
        await submit(bot, "notify", "d", notBefore=at(clock, 61))
        assert await bot.says("still heard") == ["still heard"]
        assert await bot.clock.advance("2m") == ["b", "d"]


async def test_scheduled_inbounds_are_bounded_for_their_endpoint(
    open_turns: Open, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Over all sessions and across a restart; messages go on, and what fell due makes room."""
    monkeypatch.setattr("flowhook.runtime.intake.scheduled.SCHEDULED_LIMIT", 3)
    flow = "nodes: [{say: '{{ input.text }}'}]"
    async with open_turns(flow) as bot:
        await bot.says("hi")
        for text in "abc":
            await submit(bot, "notify", text, notBefore=at(clock, 60))
    async with open_turns(flow) as bot:
        with pytest.raises(ApiError) as refused:
            await submit(bot, "notify", "d", notBefore=at(clock, 60))
        assert (refused.value.status, refused.value.code) == (503, "backlog_full")
        assert refused.value.headers["Retry-After"] == "60"
        assert await bot.says("heard") == ["heard"]
        assert await bot.clock.advance("1m") == ["a", "b", "c"]
        await submit(bot, "notify", "d", notBefore=at(clock, 60))
        assert await bot.clock.advance("1m") == ["d"]


async def test_nothing_is_scheduled_for_ever(open_turns: Open, clock: FakeClock) -> None:
    """A year ahead and no further."""
    async with open_turns("nodes: [{say: hello}]") as bot:
        await bot.says("hi")
        await submit(bot, "notify", "next year", notBefore=at(clock, 365 * 86_400))
        with pytest.raises(ApiError) as refused:
            await submit(bot, "notify", "some day", notBefore="9999-12-31T00:00:00Z")
        assert (refused.value.status, refused.value.code) == (400, "invalid_field")
        assert refused.value.errors == [{"field": "notBefore", "message": "must be at most 366 days ahead"}]


async def test_what_falls_due_at_one_instant_leaves_room_for_messages(
    open_turns: Open, clock: FakeClock, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only so many enter as the endpoint has room for beside live messages; timeouts are not held up."""
    monkeypatch.setattr("flowhook.runtime.turns.timers.DUE_BACKLOG", 2)
    monkeypatch.setattr("flowhook.runtime.turns.timers.BATCH", 1)
    flow = """
    nodes:
      - if: input.kind == 'inject'
        then: [{sleep: 5s}, {stop: {}}]
      - id: size
        ask: {text: "Which size?", type: text, timeout: 10s}
        on_timeout: [{say: "Still there?"}]
    """
    async with open_turns(flow, endpoint={"session": {"unknown": "create"}}) as bot:
        assert await bot.says("hi") == ["Which size?"]
        endpoint = bot.services.endpoints.by_name("test")
        assert endpoint is not None
        for number in range(5):
            body = {"userId": "other", "sessionId": f"s{number}", "text": "x", "notBefore": at(clock, 10)}
            await bot.services.intake.submit(endpoint, "inject", body)
        await clock.advance(10)
        bot.services.timers.wake()
        await bot.settle()
        assert bot.services.turns.backlog == 2
        assert bot.texts == ["Which size?", "Still there?"]
        for _ in range(3):
            await bot.clock.advance("10s")
        assert await bot.services.store.timers.scheduled() == {}
        assert bot.services.turns.backlog == 0


async def test_a_sleep_that_a_restart_cuts_goes_on_for_the_rest(open_turns: Open, clock: FakeClock) -> None:
    """Not anew, however often it is cut; and what passed while the server was down counts."""
    flow = "nodes: [{say: one}, {sleep: 60s}, {say: two}]"
    async with open_turns(flow) as bot:
        assert await bot.says("x") == ["one"]
        assert await bot.clock.advance("20s") == []
    await clock.advance(20)
    async with open_turns(flow) as bot:
        assert await bot.clock.advance("10s") == []
    async with open_turns(flow) as bot:
        assert await bot.clock.advance("9s") == []
        assert await bot.clock.advance("2s") == ["two"]


async def test_a_sleep_after_another_counts_from_its_own_beginning(
    open_turns: Open, clock: FakeClock
) -> None:
    """Also when a restart cuts the second one."""
    flow = "nodes: [{sleep: 50s}, {say: one}, {sleep: 50s}, {say: two}]"
    async with open_turns(flow) as bot:
        await bot.says("x")
        assert await bot.clock.advance("50s") == ["one"]
        assert await bot.clock.advance("10s") == []
    async with open_turns(flow) as bot:
        assert await bot.clock.advance("39s") == []
        assert await bot.clock.advance("2s") == ["two"]


async def test_a_timer_counts_from_when_the_question_was_asked(open_turns: Open) -> None:
    """Not from when its turn began."""
    flow = "nodes:\n  - sleep: 50s\n" + ASK.partition("nodes:\n")[2].replace("10m", "60s")
    async with open_turns(flow) as bot:
        await bot.says("hi")
        assert await bot.clock.advance("50s") == ["Which size?"]
        assert await bot.clock.advance("30s") == []
        assert await bot.clock.advance("31s") == ["Still there?"]


async def test_now_goes_on_while_a_turn_waits(open_turns: Open) -> None:
    """What is said after a pause names the time after it."""
    flow = "nodes: [{set: {context.a: '{{ now }}'}}, {sleep: 50s}, {set: {context.b: '{{ now }}'}}]"
    async with open_turns(flow) as bot:
        await bot.says("hi")
        await bot.clock.advance("51s")
        context = await bot.context()
        passed = datetime.fromisoformat(context["b"]) - datetime.fromisoformat(context["a"])
        assert passed.total_seconds() >= 50


async def test_timers_that_fell_due_fire_in_their_order(open_turns: Open, clock: FakeClock) -> None:
    """After a stop: the earliest first, each once, however late it is."""
    async with open_turns("nodes: [{say: '{{ input.text }}'}]") as bot:
        await bot.says("hi")
        for seconds in (300, 100, 200):
            await submit(bot, "inject", str(seconds), notBefore=at(clock, seconds))
    await clock.advance(86_400 * 5)
    async with open_turns("nodes: [{say: '{{ input.text }}'}]") as bot:
        await bot.settle()
        assert bot.texts == ["100", "200", "300"]


@pytest.mark.parametrize("wanted", ["old", "new", "main/old", "main/new"])
@pytest.mark.parametrize("spoke", [False, True])
async def test_if_node_knows_a_node_by_both_its_ids(open_turns: Open, wanted: str, spoke: bool) -> None:
    """Before and after the session has moved on to the new one."""
    flow = "nodes: [{id: old, ask: {text: hm, type: integer}}, {say: done}]"
    async with open_turns(flow) as bot:
        await bot.says("hi")
    async with open_turns("moved: {old: new}\n" + flow.replace("id: old", "id: new")) as bot:
        if spoke:
            await bot.says("x")
        assert (await bot.inject("7", ifNode=wanted))[-1:] == ["done"]


async def test_if_node_still_refuses(open_turns: Open) -> None:
    """Another node, another flow, no flow."""
    async with open_turns("nodes: [{id: a, ask: hm}, {id: b, say: done}]") as bot:
        await bot.says("hi")
        for wanted in ("b", "main/b", "other/a", "nobody"):
            with pytest.raises(ApiError) as refused:
                await submit(bot, "inject", "x", ifNode=wanted)
            assert refused.value.code == "precondition_failed"


async def test_a_reset_during_a_pause_drops_the_turn(open_turns: Open) -> None:
    """The message is not handled once more; what came after it is, in the fresh session."""
    async with open_turns("nodes: [{say: 'a {{ input.text }}'}, {sleep: 30s}, {say: b}]") as bot:
        first = await submit(bot, "message", "one")
        await bot.settle()
        second = await submit(bot, "message", "two")
        await bot.services.sessions.reset(bot.session_id)
        await bot.clock.advance("31s")
        await bot.clock.advance("31s")
        assert bot.texts == ["a one", "a two", "b"]
        found = await receipt(bot, first)
        assert (found["status"], found["reason"]) == ("discarded", "session_changed")
        assert (await receipt(bot, second))["status"] == "done"
