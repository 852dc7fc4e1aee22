"""Plugins on a real server: every hook, what it may answer, and what happens when it misbehaves."""

from __future__ import annotations

import asyncio

import pytest

from .conftest import Start
from .kit import ADMIN, WAIT, Live, Outside, Process, Project, eventually, held, until

ECHO = 'nodes:\n  - say: "{{ input.text }}"\n'
IDS = {"userId": "u1", "sessionId": "s1"}
HEAD = "from flowhook import DISCARD, Deliver, Node, Output, Reject, Wait, hookimpl\n"


@pytest.fixture
def echo(project: Project) -> Project:
    """A flow that says what it hears, at an endpoint whose plugin is named ``p``."""
    project.flow("echo", ECHO)
    project.endpoint("echo", transformers={"use": ["p"], "timeout": "300ms"})
    return project


def write(project: Project, *hooks: str, name: str = "p") -> None:
    """A plugin with these hooks, each given as ``transform_input(message): return {…}``."""
    lines = [HEAD, "import asyncio, sys, time, flowhook\n"]
    for hook in hooks:
        signature, _, body = hook.partition(": ")
        asynchronous = "async " if signature.startswith("async ") else ""
        lines.append(f"@hookimpl\n{asynchronous}def {signature.removeprefix('async ')}:\n")
        lines += [f"    {line}\n" for line in body.split(" ;; ")]
    project.plugin(name, "".join(lines))


# --- authenticate -----------------------------------------------------------------------------


@pytest.mark.parametrize(("body", "status"), [
    ("return None", 202),
    ("return False", 401),
    ("raise Reject(403, 'not you')", 403),
    ("raise Reject(200, 'odd')", 400),
    ("raise RuntimeError('hush')", 401),
    ("time.sleep(3)", 401),
])  # fmt: skip
@pytest.mark.parametrize("route", ["", "/inject", "/notify", "/test"])
async def test_authenticate(
    echo: Project, start: Start, body: str, status: int, route: str, caplog: pytest.LogCaptureFixture
) -> None:
    """A Reject is the answer; any other failure or value is 401; on all doors; nothing is stored."""
    echo.endpoints["echo"]["session"] = {"unknown": "create"}
    write(echo, f"authenticate(request): {body}")
    live = await start()
    answer = await live.post(f"{route}/tok-echo", {**IDS, "text": "hi"})
    assert answer.status_code == status, answer.text
    assert "hush" not in answer.text
    if status >= 400:
        assert (await live.api("GET", "/sessions"))["sessions"] == []


# --- the way in -------------------------------------------------------------------------------

HOOK_OF = {"": "transform_input", "/test": "transform_input", "/inject": "transform_inject",
           "/notify": "transform_notify"}  # fmt: skip


@pytest.mark.parametrize("route", HOOK_OF)
@pytest.mark.parametrize(("body", "expected"), [
    ("return None", ["hi"]),
    ("return {}", ["hi"]),
    ("return {'text': message['text'].upper()}", ["HI"]),
    ("return {'text': None, 'userId': 'other'}", ["hi"]),
    ("return [{'text': 'one'}, {'text': 'two'}]", ["one", "two"]),
])  # fmt: skip
async def test_what_a_transformer_makes_of_a_message(
    echo: Project, outside: Outside, start: Start, route: str, body: str, expected: list[str]
) -> None:
    """None and an empty mapping leave it; a mapping changes it; a list makes several of it."""
    echo.endpoints["echo"]["session"] = {"unknown": "create"}
    write(echo, f"{HOOK_OF[route]}(message): {body}")
    live = await start()
    answer = await live.post(f"{route}/tok-echo", {**IDS, "text": "hi"})
    assert answer.status_code == 202, answer.text
    assert [one.text for one in await outside.until(len(expected))] == expected
    if "other" in body:
        assert answer.json()["userId"] == "other"
    if len(expected) > 1:
        assert len(answer.json()["messages"]) == 2


async def test_several_are_accepted_together_or_not_at_all(echo: Project, start: Start) -> None:
    """One bad message among three: nothing is stored."""
    write(echo, "transform_input(message): return [{'text': 'a'}, {'text': 5}, {'text': 'c'}]")
    live = await start()
    answer = await live.post("/tok-echo", {**IDS, "text": "hi"})
    assert answer.status_code == 400
    assert (await live.api("GET", "/sessions"))["sessions"] == []


async def test_a_discarded_message_has_a_receipt(echo: Project, outside: Outside, start: Start) -> None:
    """202, and the receipt says what became of it, also when the body was no message of ours."""
    write(echo, "transform_input(request): return DISCARD")
    live = await start()
    for body in ({**IDS, "text": "hi"}, {"foreign": True}):
        answer = await live.post("/tok-echo", body, WAIT)
        assert answer.status_code in (200, 202), answer.text
        receipt = await live.receipt(answer.json()["traceId"])
        assert (receipt["status"], receipt["outputs"]) == ("discarded", [])
    assert outside.received == []


@pytest.mark.parametrize(("abort", "body", "status", "said"), [
    (True, "raise RuntimeError('hush')", 500, []),
    (False, "raise RuntimeError('hush')", 202, ["hi"]),
    (True, "time.sleep(3)", 500, []),
    (False, "time.sleep(3)", 202, ["hi"]),
    (True, "return 5", 500, []),
    (False, "return 5", 202, ["hi"]),
    (False, "raise Reject(418, 'tea')", 418, []),
    (True, "return {'text': 5}", 400, []),
    (True, "return {'sessionId': ''}", 400, []),
])  # fmt: skip
async def test_a_transformer_that_fails(
    echo: Project, outside: Outside, start: Start, abort: bool, body: str, status: int, said: list[str],
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    """``abort_on_error`` decides whether the message goes on; a Reject always stops; the caller never
    sees the cause, the log names plugin, hook and endpoint."""
    echo.endpoints["echo"]["transformers"]["abort_on_error"] = abort
    write(echo, f"transform_input(message): {body}")
    live = await start()
    answer = await live.post("/tok-echo", {**IDS, "text": "hi"})
    assert answer.status_code == status, answer.text
    assert "hush" not in answer.text
    await outside.until(len(said))
    assert outside.texts() == said
    if status == 500:
        assert answer.json()["code"] == "plugin_failed"
        assert "plugin p, hook transform_input at endpoint echo" in caplog.text


async def test_foreign_requests_reach_a_transformer(echo: Project, outside: Outside, start: Start) -> None:
    """GET with a query, and a form: the plugin makes messages of them; without one: 405 and 415."""
    write(echo, (
        "transform_input(request): "
        "text = request.query.get('q') or (request.form or {}).get('q') ;; "
        "return {'userId': 'u', 'sessionId': 's', 'text': text} if text else None"
    ))  # fmt: skip
    live = await start()
    assert (await live.http.get("/tok-echo/", params={"q": "by get"})).status_code == 202
    assert (await live.http.post("/tok-echo", data={"q": "by form"})).status_code == 202
    assert (await live.http.get("/tok-echo")).status_code == 405
    assert (await live.http.post("/tok-echo", data={"x": "y"})).status_code == 415
    assert [one.text for one in await outside.until(2)] == ["by get", "by form"]


async def test_the_response_of_a_plugin(echo: Project, outside: Outside, start: Start) -> None:
    """What it sets is the answer, and the message is still handled; our own errors win."""
    write(echo, (
        "transform_input(request, response, message): "
        "response.status = 201 ;; response.headers['X-Mine'] = 'yes' ;; response.body = {'ok': 1} ;; "
        "return None"
    ))  # fmt: skip
    live = await start()
    answer = await live.post("/tok-echo", {**IDS, "text": "hi"})
    assert (answer.status_code, answer.headers["x-mine"], answer.json()) == (201, "yes", {"ok": 1})
    assert [one.text for one in await outside.until(1)] == ["hi"]
    assert (await live.post("/tok-echo", {**IDS})).status_code == 400


# --- the way out ------------------------------------------------------------------------------


@pytest.mark.parametrize(("body", "expected"), [
    ("return None", "hi"),
    ("output.text = 'changed' ;; return None", "hi"),
    ("output.text += '!' ;; return output", "hi!"),
    ("return Output('new', {'a': 1}, output.trace_id)", "new"),
])  # fmt: skip
async def test_outputs_keep_their_envelope(
    echo: Project, outside: Outside, start: Start, body: str, expected: str
) -> None:
    """An Output, changed or new; only what is answered counts. Whoever waits sees the same."""
    write(echo, f"transform_output(output): {body}")
    live = await start()
    assert await live.say("echo", "hi") == [expected]
    (one,) = await outside.until(1)
    assert one.text == expected
    assert one.json["userId"] == "u1"


@pytest.mark.parametrize("body", ["{'mine': [1]}", "'text'", "[]", "0", "False", "''"])
async def test_a_body_is_the_whole_body(echo: Project, outside: Outside, start: Start, body: str) -> None:
    """Falsy values too; basic auth and signature stay."""
    echo.endpoints["echo"]["webhook"] |= {"user": "me", "password": "pass", "secret": "s3cret"}
    write(echo, f"transform_output(output): return flowhook.Body({body})")
    live = await start()
    await live.say("echo", "hi")
    (one,) = await outside.until(1)
    assert one.json == eval(body)
    assert one.headers["authorization"].startswith("Basic ")
    assert one.headers["webhook-signature"].startswith("v1,")


async def test_deliver_goes_elsewhere_in_order(echo: Project, outside: Outside, start: Start) -> None:
    """With its own URL, method and headers; none of our secrets go to another host."""
    write(echo, (
        "transform_output(output, session_id): "
        "return Deliver('OUT/elsewhere', json={'to': session_id, 'm': output.text}, "
        "headers={'X-Key': 'k'}, method='PUT')"
    ))  # fmt: skip
    echo.endpoints["echo"]["webhook"] = {"url": "", "user": "me", "password": "pass", "retries": ["20ms"]}
    live = await start()
    for text in ("one", "two"):
        await live.say("echo", text)
    first, second = await outside.until(2, "/elsewhere")
    assert (first.method, first.headers["x-key"]) == ("PUT", "k")
    assert "authorization" not in first.headers
    assert [item.json for item in (first, second)] == [{"to": "s1", "m": "one"}, {"to": "s1", "m": "two"}]
    assert [first.sequence, second.sequence] == [1, 2]


async def test_what_no_plugin_sends_elsewhere_has_nowhere_to_go(
    echo: Project, outside: Outside, start: Start
) -> None:
    """With an empty URL only what a plugin delivers is sent; the rest holds nobody up and is not dead."""
    write(echo, (
        "transform_output(output): "
        "return Deliver('OUT/elsewhere', json=output.text) if output.text != 'quiet' else None"
    ))  # fmt: skip
    echo.flow("echo", 'nodes:\n  - say: "one"\n  - say: "quiet"\n  - say: "two"\n')
    echo.endpoints["echo"]["webhook"] = {"url": "", "retries": ["10s"]}
    live = await start()
    trace_id = await live.send("echo", "x")
    assert [delivery.json for delivery in await outside.until(2, "/elsewhere")] == ["one", "two"]
    assert await live.resolved(trace_id) == ["delivered"] * 3


async def test_discarded_outputs_leave_no_gap(echo: Project, outside: Outside, start: Start) -> None:
    """The sequence has no hole, and nobody hears of what was discarded."""
    write(echo, "transform_output(output): return DISCARD if output.text == 'no' else None")
    live = await start()
    assert [await live.say("echo", text) for text in ("one", "no", "two")] == [["one"], [], ["two"]]
    assert [(one.text, one.sequence) for one in await outside.until(2)] == [("one", 1), ("two", 2)]


@pytest.mark.parametrize(("abort", "body", "status", "said"), [
    (True, "raise RuntimeError('hush')", "failed", []),
    (False, "raise RuntimeError('hush')", "done", ["hi"]),
    (True, "time.sleep(3)", "failed", []),
    (False, "time.sleep(3)", "done", ["hi"]),
    (True, "raise Reject(400, 'no such word')", "failed", []),
    (False, "raise Reject(400, 'no such word')", "failed", []),
    (True, "return object()", "failed", []),
])  # fmt: skip
async def test_an_output_transformer_that_fails(
    echo: Project, outside: Outside, start: Start, abort: bool, body: str, status: str, said: list[str]
) -> None:
    """The turn fails, or goes on as if the plugin were not there; the session goes on in any case."""
    echo.endpoints["echo"]["transformers"]["abort_on_error"] = abort
    write(echo, f"transform_output(output): {body}")
    live = await start()
    receipt = await live.ends(await live.send("echo", "hi"))
    assert receipt["status"] == status
    if status == "failed":
        assert "hush" not in receipt.get("reason", "")
    await outside.until(len(said))
    assert outside.texts() == said
    assert (await live.session("echo"))["backlog"] == 0


async def test_turn_finished_sees_what_happened(echo: Project, outside: Outside, start: Start) -> None:
    """The outputs as they left, and the steps of the trace."""
    write(
        echo,
        "transform_output(output): output.text += '!' ;; return output",
        "async turn_finished(outputs, trace, user_id, session_id, http): "
        "body = {'texts': [o.text for o in outputs], 'trace': trace, 'who': [user_id, session_id]} ;; "
        "await http.post('OUT/finished', json=body)",
    )
    live = await start()
    await live.say("echo", "hi")
    (one,) = await outside.until(1, "/finished")
    assert (one.json["texts"], one.json["who"]) == (["hi!"], ["u1", "s1"])
    assert isinstance(one.json["trace"], list)
    assert one.json["trace"][0]["type"] == "say"


# --- storage, nodes, waits --------------------------------------------------------------------


async def test_storage_is_kept_and_locked(echo: Project, outside: Outside, start: Start) -> None:
    """Concurrent requests count exactly; a restart keeps it; a body that raises changes nothing."""
    write(echo, (
        "async transform_input(message, storage): "
        "async with storage.open('a', 'b') as data: ;; "
        "    data['n'] = data.get('n', 0) + 1 ;; "
        "    await asyncio.sleep(0.001) ;; "
        "    if message['text'] == 'boom': raise Reject(400, 'boom') ;; "
        "    return {'text': str(data['n'])}"
    ))  # fmt: skip
    echo.endpoints["echo"]["transformers"]["timeout"] = "5s"
    live = await start()
    await asyncio.gather(*(live.send("echo", "x", f"s{n}") for n in range(20)))
    assert sorted(int(one.text) for one in await outside.until(20)) == list(range(1, 21))
    assert (await live.post("/tok-echo", {**IDS, "text": "boom"})).status_code == 400
    await live.restart()
    assert await live.say("echo", "x") == ["21"]


STEPPER = """
class Charge(Node):
    \"\"\"Charges, then looks something up.\"\"\"

    key = "charge"
    main = "sum"
    sum: int

    async def run(self, turn):
        paid = await turn.step("pay", lambda: turn.http.post("OUT/pay", headers={"k": turn.key}))
        await turn.http.get("OUT/slow")
        turn.set("context.paid", paid.json())
        await turn.say("paid")


@hookimpl
def register_nodes():
    return [Charge]
"""


async def test_a_step_is_not_repeated_after_a_crash(
    project: Project, outside: Outside, process: Process
) -> None:
    """kill -9 between two calls of a plugin's node: the kept one is not made again."""
    project.flow("pay", 'nodes:\n  - say: "first"\n  - charge: 5\n  - say: "then"\n')
    project.plugin("charging", HEAD + STEPPER)
    project.endpoint("pay")
    gate = asyncio.Event()
    outside.answers["/slow"] = held(gate)
    await process.start()
    trace_id = await process.send("pay", "x")
    await until(lambda: outside.at("/slow"))
    await process.kill()
    gate.set()
    await process.start()
    assert (await process.ends(trace_id))["status"] == "done"
    assert len(outside.at("/pay")) == 1
    assert len(outside.at("/slow")) == 2
    await until(lambda: len({one.id for one in outside.taken()}) == 3)
    assert list(dict.fromkeys(outside.texts())) == ["first", "paid", "then"]
    assert (await process.context("pay"))["paid"] == {"ok": True}
    assert await process.terminate() == 0


WAITER = """
class Guess(Node):
    \"\"\"Waits for a number.\"\"\"

    key = "guess"
    waits = True
    branches = ("right", "wrong")
    number: int

    async def run(self, turn):
        await turn.say("Guess!")
        turn.memory["asked"] = 1
        return Wait(timeout=60)

    async def resume(self, turn):
        if turn.inbound.text == "again":
            turn.memory["asked"] += 1
            return Wait(timeout=60)
        turn.set("context.asked", turn.memory["asked"])
        return "right" if turn.inbound.text == str(self.number) else "wrong"


@hookimpl
def register_nodes():
    return [Guess]


@hookimpl
def register_filters():
    return {"shout": lambda text: str(text).upper() + "!"}


def iban(text):
    value = text.replace(" ", "").upper()
    return value if value.startswith("DE") else None


@hookimpl
def register_ask_types():
    return {"iban": iban}
"""


async def test_a_node_that_waits_a_filter_and_a_type_of_question(project: Project, start: Start) -> None:
    """A plugin's node resumes with the next message, also after a restart; its filters and types of
    questions are used like built-in ones."""
    project.plugin("game", HEAD + WAITER)
    project.flow(
        "game",
        """
        nodes:
          - id: guess
            guess: {number: 7}
            right: [{say: "{{ 'yes' | shout }} {{ context.asked }}"}]
            wrong: [{say: "no"}]
          - id: account
            ask: {text: "Account?", type: iban, store: context.account, reprompt: "An IBAN."}
          - say: "{{ context.account }}"
        """,
    )
    project.endpoint("game")
    live = await start()
    assert await live.say("game", "hi") == ["Guess!"]
    assert await live.say("game", "again") == []
    await live.restart()
    assert await live.say("game", "7") == ["YES! 2", "Account?"]
    assert await live.say("game", "what") == ["An IBAN."]
    assert await live.say("game", "de 12") == ["DE12"]


async def test_startup_events_and_routes(project: Project, outside: Outside, start: Start) -> None:
    """``app`` sends by the rules of HTTP, ``on_event`` hears what happens, a blueprint is served."""
    project.flow("echo", ECHO)
    project.endpoint("echo")
    project.endpoint("off", "echo", enabled=False)
    project.plugin(
        "helper",
        """
        from quart import Blueprint
        from flowhook import hookimpl

        kept = {"events": [], "errors": []}


        @hookimpl
        async def startup(app):
            kept["app"] = app
            kept["url"] = app.public_url
            message = {"userId": "u", "sessionId": "early", "text": "from startup"}
            kept["receipt"] = await app.message("echo", message)
            for route, endpoint, body in ((app.inject, "echo", {**message, "sessionId": "none"}),
                                          (app.notify, "off", message), (app.message, "echo", {})):
                try:
                    await route(endpoint, body)
                except Exception as error:
                    kept["errors"].append(error.code)


        @hookimpl
        async def on_event(event):
            kept["events"].append(event.type)
            if event.type == "message.received" and event.data.get("text") == "crash":
                raise RuntimeError("on purpose")


        @hookimpl
        def register_routes():
            blueprint = Blueprint("helper", __name__)

            @blueprint.get("/kept")
            async def show():
                return {"events": kept["events"], "errors": kept["errors"], "url": kept["url"]}

            @blueprint.post("/say")
            async def say():
                body = {"userId": "u", "sessionId": "early", "text": "from a route"}
                return await kept["app"].notify("echo", body)

            @blueprint.get("/broken")
            async def broken():
                raise RuntimeError("hush")

            return blueprint
        """,
    )
    live = await start()
    assert [one.text for one in await outside.until(1)] == ["from startup"]
    await live.say("echo", "crash")
    kept = (await live.http.get("/x/helper/kept")).json()
    assert kept["errors"] == ["session_not_found", "unknown_endpoint", "invalid_field"]
    assert kept["url"] == "http://127.0.0.1:8000"
    answer = await live.http.post("/x/helper/say")
    assert (answer.status_code, answer.json()["sessionId"]) == (200, "early")
    await outside.until(3)
    broken = await live.http.get("/x/helper/broken")
    assert (broken.status_code, broken.headers["content-type"]) == (500, "application/problem+json")
    assert "hush" not in broken.text

    async def heard() -> bool:
        events = (await live.http.get("/x/helper/kept")).json()["events"]
        return {"message.received", "message.sent"} <= set(events)

    await eventually(heard)


# --- reload -----------------------------------------------------------------------------------

GOOD = """
from flowhook import hookimpl

@hookimpl
def transform_output(output):
    output.text += " v1"
    return output
"""
BAD = {
    "syntax": "def x(:\n",
    "import": "import no_such_module_at_all\n",
    "raises": "raise SystemExit(3)\n",
    "unknown hook": "from flowhook import hookimpl\n@hookimpl\ndef transform_inptu(): pass\n",
    "startup": "from flowhook import hookimpl\n@hookimpl\ndef startup(): raise RuntimeError('no')\n",
    "register": "from flowhook import hookimpl\n@hookimpl\ndef register_nodes(): return [5]\n",
}


@pytest.fixture
async def reloading(project: Project, start: Start) -> Live:
    """A conversation that waits, with a plugin at work."""
    project.plugin("p", GOOD)
    project.flow(
        "order",
        """
        nodes:
          - id: size
            ask: {text: "Which size?", type: text, store: context.size, timeout: 1h}
          - say: "{{ context.size }}"
        """,
    )
    project.endpoint("order", transformers={"use": ["p"]})
    return await start()


@pytest.mark.parametrize("kind", BAD)
async def test_a_bad_plugin_edit_changes_nothing(
    project: Project, reloading: Live, kind: str, caplog: pytest.LogCaptureFixture
) -> None:
    """The last good ones go on, waiting sessions and timers with them; the answer says why."""
    assert await reloading.say("order", "hi") == ["Which size? v1"]
    project.plugin("p", BAD[kind])
    project.flow("order", "nodes: [{say: other}]")
    answer = await reloading.http.post("/api/reload", headers=ADMIN)
    assert answer.status_code in (200, 409, 422), answer.text
    assert "p.py" in answer.text or "plugin" in answer.text
    assert await reloading.say("order", "large") == ["large v1"]
    project.plugin("p", GOOD.replace("v1", "v2"))
    assert (await reloading.http.post("/api/reload", headers=ADMIN)).status_code == 200
    assert await reloading.say("order", "x") == ["other v2"]


async def test_a_good_reload_keeps_waiting_sessions_and_timers(project: Project, reloading: Live) -> None:
    """They go on in the new flow at the node where they wait."""
    await reloading.say("order", "hi")
    before = (await reloading.api("GET", "/timers"))["timers"]
    assert len(before) == 1
    project.flow(
        "order",
        """
        nodes:
          - say: "Welcome!"
          - id: size
            ask: {text: "What size?", type: text, store: context.size, timeout: 1h}
          - say: "{{ context.size }}, as you like."
        """,
    )
    await reloading.api("POST", "/reload")
    assert (await reloading.api("GET", "/timers"))["timers"] == before
    assert await reloading.say("order", "large") == ["large, as you like. v1"]


async def test_a_turn_in_progress_ends_on_its_version(
    project: Project, outside: Outside, start: Start
) -> None:
    """The next one uses the new flow."""
    project.flow("slow", 'nodes:\n  - http_request: {url: "OUT/slow"}\n  - say: old\n')
    project.endpoint("slow")
    gate = asyncio.Event()
    outside.answers["/slow"] = held(gate)
    live = await start()
    await live.send("slow", "x")
    await until(lambda: outside.at("/slow"))
    project.flow("slow", "nodes: [{say: new}]")
    await live.api("POST", "/reload")
    gate.set()
    await outside.until(1)
    assert await live.say("slow", "x") == ["new"]
    assert [one.text for one in await outside.until(2)] == ["old", "new"]


async def test_a_reload_may_bring_listeners_and_routes(project: Project, start: Start) -> None:
    """A plugin that hears events and serves a page joins a server that runs."""
    project.flow("echo", ECHO)
    project.endpoint("echo")
    live = await start()
    assert (await live.http.get("/x/late/events")).status_code == 404
    project.plugin(
        "late",
        """
        from quart import Blueprint
        from flowhook import hookimpl

        heard = []

        @hookimpl
        def on_event(event):
            heard.append(event.type)

        @hookimpl
        def register_routes():
            blueprint = Blueprint("late", __name__)

            @blueprint.get("/events")
            async def events():
                return heard

            return blueprint
        """,
    )
    for _ in range(2):
        await live.api("POST", "/reload")
    await live.say("echo", "x")

    async def received() -> int:
        events: list[str] = (await live.http.get("/x/late/events")).json()
        return events.count("message.received")

    await eventually(received)
    assert await received() == 1


SLOW_IMPORT = """
import time
from pathlib import Path

Path({begun!r}).touch()
while not Path({may_end!r}).exists():
    time.sleep(0.01)
"""


async def test_messages_go_on_while_a_plugin_takes_its_time_to_load(project: Project, start: Start) -> None:
    """An import that is slow holds nobody up: it ends when some messages were answered meanwhile."""
    project.flow("echo", ECHO)
    project.endpoint("echo")
    live = await start()
    begun, may_end = project.root / "begun", project.root / "may-end"
    project.plugin("slow", SLOW_IMPORT.format(begun=str(begun), may_end=str(may_end)))
    reload = asyncio.create_task(live.api("POST", "/reload"))
    await until(begun.exists)
    for _ in range(4):
        assert await live.say("echo", "x") == ["x"]
    assert not reload.done()
    may_end.touch()
    await reload


async def test_the_loop_keeps_the_interpreter_for_longer_unless_a_thread_computes(
    echo: Project, process: Process
) -> None:
    """A plain hook runs in a thread of its own, for which the event loop would have to wait."""
    write(echo, "transform_input(message): return {'text': str(sys.getswitchinterval())}", name="p")
    write(echo, "async transform_input(message): return {'text': str(sys.getswitchinterval())}", name="q")
    echo.endpoint("loop", flow="echo", transformers={"use": ["q"]})
    await process.start()
    assert await process.say("echo", "hi") == ["0.005"]

    async def nothing_computes() -> bool:
        return await process.say("loop", "hi") == ["0.02"]

    await eventually(nothing_computes)


async def test_a_plugin_that_hangs_holds_nobody_up(echo: Project, outside: Outside, process: Process) -> None:
    """Hooks that never come back are given up in time, others go on, and the server still stops."""
    write(
        echo,
        "transform_input(message): time.sleep(60 if message['text'] == 'hang' else 0)",
        "async transform_output(output): await asyncio.sleep(60 if output.text == 'stay' else 0)",
        "turn_finished(outputs): time.sleep(60)",
    )
    await process.start()
    posts = [process.post("/tok-echo", {**IDS, "text": "hang"}) for _ in range(3)]
    answers, good = await asyncio.gather(
        asyncio.gather(*posts), process.post("/tok-echo", {**IDS, "text": "ok"})
    )
    assert [answer.status_code for answer in answers] == [500, 500, 500]
    assert good.status_code == 202
    stays = await process.ends(await process.send("echo", "stay"))
    assert stays["status"] == "failed"
    assert [one.text for one in await outside.until(1)] == ["ok"]
    assert await process.terminate() == 0


@pytest.mark.parametrize(
    ("deliver", "body"),
    [("body=b''", b""), ("method='GET'", b""), ("json=None", b""), ("body=b'a=b'", b"a=b")],
)
async def test_a_delivery_sends_what_it_says_and_nothing_else(
    echo: Project, outside: Outside, start: Start, deliver: str, body: bytes
) -> None:
    """An empty body is empty, and without one there is none: never the envelope of our own webhook."""
    write(echo, f"transform_output(output): return Deliver('OUT/sms', {deliver})")
    live = await start()
    await live.say("echo", "secret words")
    [sent] = await outside.until(1, "/sms")
    assert sent.body == body
    assert outside.at("/hook") == []


async def test_a_message_that_the_rules_refuse_is_told_to_its_plugin(
    echo: Project, start: Start, caplog: pytest.LogCaptureFixture
) -> None:
    """The platform gets a 400 that it cannot mend, so the log names the plugin, the hook and the rule."""
    write(echo, "transform_input(message): return {'text': 'x' * 12_000}")
    live = await start()
    answer = await live.post("/tok-echo", {**IDS, "text": "hi"})
    assert answer.status_code == 400
    [line] = [record.getMessage() for record in caplog.records if record.name == "flowhook.plugin.p"]
    assert line.startswith("plugin p, hook transform_input at endpoint echo: made no message: text")
