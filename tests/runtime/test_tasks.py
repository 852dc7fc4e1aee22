"""Tasks: outside work that calls back. On a clock that tests move."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

import httpx
import pytest

from flowhook.errors import ApiError
from flowhook.harness.clocks import FakeClock
from flowhook.runtime.turns.http_calls import HttpCalls
from flowhook.testing import Bot

from .conftest import Open

LAB = "https://lab.test/jobs"

PLAIN = """
nodes:
  - say: "Started."
  - id: work
    task: {url: "https://lab.test/jobs", json: {of: "{{ input.userId }}"}, store: context.result, timeout: 2h}
    on_error: [{say: "It cannot start."}]
  - say: "Result: {{ input.result.verdict | default('none', true) }} {{ context.result is none }}"
  - id: more
    ask: {text: "More?", type: text, store: context.more}
  - say: "You said {{ context.more }}."
"""

TALKING = """
nodes:
  - id: work
    task: {url: "https://lab.test/jobs", store: context.result, timeout: 2h}
    on_timeout: [{say: "Too late."}]
    on_message:
      - id: cancel
        ask: {text: "Cancel it?", type: yes_no, store: context.cancel, timeout: 1h}
      - if: context.cancel
        then: cancelled
      - say: "It goes on."
  - say: "Result: {{ context.result }}"
  - stop:
  - id: cancelled
    say: "Cancelled."
"""


def token_of(bot: Bot, number: int = -1) -> str:
    """The unguessable part of the URL that a start carried."""
    url = bot.http.json_of(number)["callback"]
    assert url.startswith("http://127.0.0.1:8000/callback/")
    return urlsplit(url).path.removeprefix("/callback/")


async def call_back(bot: Bot, token: str, body: Any) -> list[str]:
    """Post a result and answer what the bot says to it."""
    before = len(bot.outputs)
    await bot.services.task_results.accept(token, body)
    await bot.settle()
    return bot.texts[before:]


async def refused(bot: Bot, token: str, body: Any = None) -> tuple[int, str]:
    """Status and code of a callback that is not taken."""
    with pytest.raises(ApiError) as error:
        await bot.services.task_results.accept(token, body)
    return error.value.status, error.value.code


async def submit(bot: Bot, route: str, text: str, **fields: Any) -> str:
    """Accept and answer the trace id."""
    endpoint = bot.services.endpoints.by_name("test")
    assert endpoint is not None
    body = {"userId": "user", "sessionId": "session", "text": text, **fields}
    trace_id = (await bot.services.intake.submit(endpoint, route, body)).trace_id
    await bot.settle()
    return trace_id


async def status(bot: Bot, trace_id: str) -> str:
    found = await bot.services.receipts.receipt(trace_id)
    assert found is not None
    return str(found["status"])


async def start(bot: Bot) -> str:
    """Begin the flow, whose first task starts; answers its token."""
    bot.http.reply("POST", LAB, json={"accepted": True})
    await bot.says("go")
    return token_of(bot)


async def test_a_callback_resumes_the_task(open_turns: Open) -> None:
    """Its body is the result; the URL works once."""
    async with open_turns(PLAIN) as bot:
        token = await start(bot)
        assert bot.texts == ["Started."]
        assert bot.http.json_of()["of"] == "user"
        assert len(token) == 44
        assert await bot.node() == "main/work"
        assert await call_back(bot, token, {"verdict": "fine"}) == ["Result: fine false", "More?"]
        assert await refused(bot, token) == (410, "callback_used")
        assert (await bot.context())["result"] == {"verdict": "fine"}
        assert await bot.says("yes") == ["You said yes."]


@pytest.mark.parametrize("body", [[1, {"a": 2}], "done", 0, False, None])
async def test_any_json_is_a_result(open_turns: Open, body: Any) -> None:
    """Lists, texts, 0, false and null come through as they are, over a restart too."""
    flow = PLAIN.replace("input.result.verdict", "input.result")
    async with open_turns(flow) as bot:
        token = await start(bot)
        await call_back(bot, token, body)
        assert (await bot.context())["result"] == body


async def test_what_is_said_meanwhile_stays_queued(open_turns: Open) -> None:
    """In its order, behind the callback; a notify passes."""
    async with open_turns(PLAIN) as bot:
        token = await start(bot)
        one = await submit(bot, "message", "one")
        two = await submit(bot, "inject", "two")
        assert bot.texts == ["Started."]
        assert [await status(bot, item) for item in (one, two)] == ["queued", "queued"]
        assert await bot.notify("News!") == ["News!"]
        assert await call_back(bot, token, {"verdict": "ok"}) == [
            "Result: ok false", "More?", "You said one.", "Started.",
        ]  # fmt: skip
        assert [await status(bot, item) for item in (one, two)] == ["done", "done"]


async def test_what_is_queued_can_be_cancelled(open_turns: Open) -> None:
    """As anything that has not begun."""
    async with open_turns(PLAIN) as bot:
        token = await start(bot)
        one = await submit(bot, "message", "one")
        assert await bot.services.receipts.cancel(one) == "cancelled"
        assert await call_back(bot, token, {}) == ["Result: none false", "More?"]


async def test_a_full_session_still_takes_its_callback(open_turns: Open) -> None:
    """429 is for what is said."""
    async with open_turns(PLAIN) as bot:
        token = await start(bot)
        for n in range(100):
            await submit(bot, "message", str(n))
        with pytest.raises(ApiError) as busy:
            await submit(bot, "message", "x")
        assert busy.value.code == "session_busy"
        assert bot.services.turns.backlog == 0
        said = await call_back(bot, token, {})
        assert said[:3] == ["Result: none false", "More?", "You said 0."]


async def test_a_restart_keeps_all_of_it(open_turns: Open, clock: FakeClock) -> None:
    """The task, its time, what was said meanwhile and in which order."""
    async with open_turns(PLAIN) as bot:
        token = await start(bot)
        await submit(bot, "message", "one")
    await clock.advance(3600)
    async with open_turns(PLAIN) as bot:
        await bot.settle()
        assert bot.texts == []
        bot.http.reply("POST", LAB, json={})
        assert await call_back(bot, token, {"verdict": "ok"}) == [
            "Result: ok false", "More?", "You said one.",
        ]  # fmt: skip


async def test_a_task_times_out(open_turns: Open) -> None:
    """Whatever was said meanwhile; then the URL is void, the result null, and the flow goes on."""
    async with open_turns(PLAIN) as bot:
        token = await start(bot)
        await bot.clock.advance("1h")
        await submit(bot, "message", "one")
        assert await bot.clock.advance("59m") == []
        assert await bot.clock.advance("2m") == ["Result: none true", "More?", "You said one."]
        assert await refused(bot, token) == (410, "callback_void")
        assert (await bot.context())["result"] is None


async def test_a_time_that_was_over_while_the_server_was_down(open_turns: Open, clock: FakeClock) -> None:
    """It is over at the start; a callback comes too late."""
    async with open_turns(PLAIN) as bot:
        token = await start(bot)
    await clock.advance(3 * 3600)
    async with open_turns(PLAIN) as bot:
        await bot.settle()
        assert bot.texts == ["Result: none true", "More?"]
        assert await refused(bot, token) == (410, "callback_void")


async def test_on_timeout_runs_and_the_flow_goes_on_below(open_turns: Open) -> None:
    """Its list does not lead back to waiting: the task is over."""
    async with open_turns(TALKING) as bot:
        await start(bot)
        assert await bot.clock.advance("2h") == ["Too late.", "Result: "]


async def test_on_message_runs_and_the_session_waits_on(open_turns: Open) -> None:
    """Also through a question of its own, whose timer leaves the task's alone."""
    async with open_turns(TALKING) as bot:
        token = await start(bot)
        assert await bot.says("hello?") == ["Cancel it?"]
        assert await bot.says("no") == ["It goes on."]
        assert await bot.node() == "main/work"
        assert await bot.says("hello?") == ["Cancel it?"]
        assert await call_back(bot, token, "fine") == ["Result: fine"]


async def test_the_time_of_a_task_is_over_inside_its_branch(open_turns: Open) -> None:
    """The open question is dropped."""
    async with open_turns(TALKING) as bot:
        await start(bot)
        await bot.says("hello?")
        assert await bot.clock.advance("3h") == ["Too late.", "Result: "]


async def test_leaving_for_good_ends_the_task(open_turns: Open) -> None:
    """The URL is void from then on, and so is the timer."""
    async with open_turns(TALKING) as bot:
        token = await start(bot)
        await bot.says("hello?")
        assert await bot.says("yes") == ["Cancelled."]
        assert await refused(bot, token) == (410, "callback_void")
        assert await bot.services.store.timers.find() == []
        assert await bot.clock.advance("1d") == []


async def test_a_callback_that_comes_before_the_start_has_returned(
    open_turns: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    """It waits for the end of the turn and is not lost."""
    async with open_turns(PLAIN) as bot:
        bot.http.reply("POST", LAB, json={})
        send = HttpCalls._send

        async def quick(self: HttpCalls, call: Any, url: str, connection: Any) -> Any:
            token = call.json["callback"].rpartition("/")[2]
            await bot.services.task_results.accept(token, {"verdict": "quick"})
            return await send(self, call, url, connection)

        monkeypatch.setattr(HttpCalls, "_send", quick)
        assert await bot.says("go") == ["Started.", "Result: quick false", "More?"]


async def test_a_start_that_fails(open_turns: Open) -> None:
    """on_error takes it, and the URL is void."""
    async with open_turns(PLAIN) as bot:
        bot.http.reply("POST", LAB, status=500, json={})
        assert await bot.says("go") == ["Started.", "It cannot start.", "Result: none true", "More?"]
        assert await refused(bot, token_of(bot)) == (410, "callback_void")


async def test_a_failed_start_that_nobody_takes(open_turns: Open) -> None:
    """The turn fails, and the URL is void."""
    async with open_turns("nodes: [{id: work, task: 'https://lab.test/jobs'}]") as bot:
        bot.http.reply("POST", LAB, error=httpx.ConnectTimeout("no"))
        assert await status(bot, await submit(bot, "message", "go")) == "failed"
        assert await refused(bot, token_of(bot)) == (410, "callback_void")


@pytest.mark.parametrize("change", ["reset", "goto", "forget"])
async def test_administration_ends_tasks(open_turns: Open, change: str) -> None:
    """Their URLs are void; what was kept back has its turn."""
    async with open_turns(PLAIN) as bot:
        token = await start(bot)
        if change != "forget":
            await submit(bot, "message", "one")
        sessions = bot.services.sessions
        if change == "reset":
            await sessions.reset(bot.session_id)
        elif change == "goto":
            await sessions.go_to(bot.session_id, "more")
        else:
            await sessions.forget(ref=bot.session_id)
        await bot.settle()
        assert await refused(bot, token) == (410, "callback_void")
        assert bot.texts[1:] == {"reset": ["Started."], "goto": ["More?"], "forget": []}[change]


async def test_a_session_that_expired_takes_no_callback(open_turns: Open) -> None:
    """Whether it began anew meanwhile or not."""
    flow = PLAIN.replace("timeout: 2h", "timeout: 9d")
    async with open_turns(flow, endpoint={"session": {"expires_after": "1d"}}) as bot:
        token = await start(bot)
        await bot.clock.advance("2d")
        assert await refused(bot, token) == (410, "callback_void")
        second = await start(bot)
        await bot.clock.advance("2d")
        third = await start(bot)
        assert await refused(bot, second) == (410, "callback_void")
        assert await call_back(bot, third, {}) == ["Result: none false", "More?"]


async def test_wait_false_goes_on_at_once(open_turns: Open) -> None:
    """The result enters as an inject that names its node; one that is no object has a name."""
    flow = """
    nodes:
      - if: input.callback == 'ship'
        then:
          - say: "Shipped: {{ input.data.where | default(input.data.value, true) }} {{ input.kind }}"
          - stop: {}
      - id: ship
        task: {url: "https://lab.test/jobs", wait: false, timeout: 1d}
      - say: "On its way."
    """
    async with open_turns(flow) as bot:
        first = await start(bot)
        second = await start(bot)
        assert first != second
        assert bot.texts == ["On its way.", "On its way."]
        assert await call_back(bot, first, {"where": "Rome"}) == ["Shipped: Rome inject"]
        assert await call_back(bot, second, 7) == ["Shipped: 7 inject"]
        third = await start(bot)
        await bot.clock.advance("25h")
        assert await refused(bot, third) == (410, "callback_void")
        fourth = await start(bot)
        await bot.services.sessions.reset(bot.session_id)
        assert await refused(bot, fourth) == (410, "callback_void")


BESIDE = """
nodes:
  - if: input.callback == 'ship'
    then: [{say: "Shipped."}, {stop: }]
  - id: ship
    task: {url: "https://lab.test/jobs", wait: false, timeout: 7d}
    on_timeout:
      - say: "It takes long."
  - id: name
    ask: {text: "Your name?", store: context.name}
  - say: "Hello {{ context.name }}."
"""


async def test_the_time_of_a_task_that_nobody_waits_for(open_turns: Open) -> None:
    """Its branch runs wherever the session stands, which stands there again: the question is asked again, and
    a message in between does not void it. Later the URL is void."""
    async with open_turns(BESIDE) as bot:
        token = await start(bot)
        assert bot.texts == ["Your name?"]
        await bot.clock.advance("6d")
        assert bot.texts == ["Your name?"]
        await bot.clock.advance("25h")
        assert bot.texts == ["Your name?", "It takes long.", "Your name?"]
        assert await bot.node() == "main/name"
        assert await refused(bot, token) == (410, "callback_void")
        assert await bot.says("Ada") == ["Hello Ada."]
        await bot.clock.advance("30d")
        assert bot.texts[-1] == "Hello Ada."


async def test_the_time_is_over_where_the_session_waits_for_nothing(open_turns: Open) -> None:
    """The next input enters at the first node, as it would have."""
    async with open_turns(BESIDE) as bot:
        await start(bot)
        await bot.says("Ada")
        await bot.clock.advance("8d")
        assert bot.texts[-1] == "It takes long."
        assert await bot.node() is None


async def test_a_restart_keeps_the_time_of_a_task_that_nobody_waits_for(
    open_turns: Open, clock: FakeClock
) -> None:
    """Over while the server is down, or after it came back: its branch runs once."""
    async with open_turns(BESIDE) as bot:
        await start(bot)
    await clock.advance(86_400)
    async with open_turns(BESIDE) as bot:
        await bot.settle()
        assert bot.texts == []
    await clock.advance(7 * 86_400)
    async with open_turns(BESIDE) as bot:
        await bot.settle()
        assert bot.texts == ["It takes long.", "Your name?"]
        await bot.clock.advance("30d")
        assert bot.texts == ["It takes long.", "Your name?"]


async def test_a_result_in_time_ends_the_time(open_turns: Open) -> None:
    """Nothing is said later."""
    async with open_turns(BESIDE) as bot:
        token = await start(bot)
        await bot.says("Ada")
        assert await call_back(bot, token, {}) == ["Shipped."]
        await bot.clock.advance("30d")
        assert bot.texts[-1] == "Shipped."


async def test_a_turn_that_fails_keeps_the_result(open_turns: Open) -> None:
    """The callback was used; the next input goes on with what it brought."""
    flow = """
    nodes:
      - id: work
        task: {url: "https://lab.test/jobs", store: context.result}
      - http_request: {url: "https://lab.test/next", store: context.next}
      - say: "{{ context.result }} {{ context.next }}"
    """
    async with open_turns(flow) as bot:
        token = await start(bot)
        bot.http.reply("GET", "https://lab.test/next", status=500, json={})
        bot.http.reply("GET", "https://lab.test/next", json=2)
        assert await call_back(bot, token, 1) == []
        assert await refused(bot, token) == (410, "callback_used")
        assert await bot.node() == "main/work"
        assert await bot.says("and?") == ["1 2"]
        assert len(bot.http.calls) == 3


async def test_a_task_in_a_called_flow_comes_back(open_turns: Open) -> None:
    """And one in the branch of another leaves with it."""
    main = "nodes: [{call: sub}, {say: 'back {{ context.r }}'}]"
    sub = "nodes: [{id: work, task: {url: 'https://lab.test/jobs', store: context.r}}, {say: done}]"
    async with open_turns({"main": main, "sub": sub}) as bot:
        token = await start(bot)
        assert await bot.node() == "sub/work"
        assert await call_back(bot, token, 3) == ["done", "back 3"]


async def test_a_renamed_task_is_found_and_a_lost_one_is_let_go(open_turns: Open) -> None:
    """By ``moved``; a session whose task is gone enters at the first node, and what waited has its turn."""
    async with open_turns(PLAIN) as bot:
        token = await start(bot)
    async with open_turns("moved: {work: job}\n" + PLAIN.replace("id: work", "id: job")) as bot:
        await submit(bot, "message", "one")
        assert bot.texts == []
        assert (await call_back(bot, token, {}))[:2] == ["Result: none false", "More?"]
        bot.http.reply("POST", LAB, json={})
        lost = await start(bot)
        await submit(bot, "message", "two")
    async with open_turns("nodes: [{say: 'new {{ input.text }}'}]") as bot:
        await bot.settle()
        assert bot.texts == ["new two"]
        assert await refused(bot, lost) == (410, "callback_void")


@pytest.mark.parametrize(("token", "code"), [("x", 404), ("A" * 44, 404), ("é" * 44, 404)])
async def test_unknown_callbacks(open_turns: Open, token: str, code: int) -> None:
    """404, whatever they look like."""
    async with open_turns(PLAIN) as bot:
        assert await refused(bot, token) == (code, "unknown_callback")


async def test_tasks_are_listed_and_ended(open_turns: Open) -> None:
    """Ending one is as if its time were over."""
    async with open_turns(PLAIN) as bot:
        token = await start(bot)
        (row,) = await bot.services.store.timers.find()
        assert (row.kind, row.node) == ("task", "main/work")
        assert row.due_at == bot.clock.now() + 7200
        assert token not in row.timer_id
        assert await bot.services.store.timers.cancel(row.timer_id, bot.clock.now())
        bot.services.timers.wake()
        await bot.settle()
        assert bot.texts == ["Started.", "Result: none true", "More?"]
        assert await refused(bot, token) == (410, "callback_void")
        assert not await bot.services.store.timers.cancel(row.timer_id, bot.clock.now())
        assert not await bot.services.store.timers.cancel("task_nonsense", bot.clock.now())
