"""Privacy: what an endpoint, or a flow for a part of a conversation, does not let be told or kept."""

from __future__ import annotations

import asyncio
import json
import logging
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from aiohttp import web

from flowhook.logging_config import Console, JsonLines
from flowhook.model.event import Event

from .conftest import Start
from .kit import ADMIN, Live, Outside, Project, eventually, status

WORDS = "grandmothers-maiden-name"
MASKED = {"mask_logging": True, "mask_analytics": True, "mask_ip": True}

#: Fails in every way that a flow can fail in, and says what the user said.
FLOW = """
intents:
  order: {examples: ["I want a pizza", "a pizza please"]}
nodes:
  - log: "they said {{ input.text }}"
  - say: "You said {{ input.text }}."
  - if: "'node' in input.text"
    then: {shout: "{{ input.text }}"}
  - if: "'template' in input.text"
    then: {say: "{{ input.text | burn }}"}
  - if: "'path' in input.text"
    then: {set: {"context.x.0.y": "{{ input.text }}"}}
  - if: "'call' in input.text"
    then:
      - http_request: {url: "OUT/missing?q={{ input.text }}", store: context.found}
      - switch: context.found
        cases: {yes: {say: "y"}}
        default: {think: "{{ input.text }}"}
"""

PLUGIN = """
from flowhook import Deliver, Node, NodeFailed, Output, hookimpl

class Shout(Node):
    "Raises with the text."
    key = "shout"
    main = "text"
    text: str

    async def run(self, turn):
        turn.log.warning("a user shouts %s", self.text)
        try:
            raise ValueError(self.text)
        except ValueError:
            turn.log.exception("it failed")
        if "kindly" in self.text:
            raise NodeFailed("loud", self.text)
        raise ValueError(self.text)

@hookimpl
def register_nodes():
    return [Shout]

def burn(text):
    raise ValueError(text)

@hookimpl
def register_filters():
    return {"burn": burn}

@hookimpl
def before_nlu(text, log):
    log.info("read %s", text)
    if "nlu" in text:
        raise ValueError(text)

@hookimpl
def transform_output(output):
    if "output" in output.text:
        raise ValueError(output.text)
    if "elsewhere" in output.text:
        headers = {"x-said": output.text}
        return Deliver("OUT/elsewhere?q=" + output.text, json={"say": output.text}, headers=headers)

@hookimpl
def transform_input(message):
    if "refused" in message.get("text", ""):
        raise ValueError(message["text"])

@hookimpl
def turn_finished(outputs, trace):
    raise ValueError(str(outputs) + str(trace))

EVENTS = []

@hookimpl
async def on_event(event):
    EVENTS.append(event)
"""
OUTPUT = """
from flowhook import OutputPlugin, Rejected, Retry, hookimpl

class Printer(OutputPlugin):
    "Tells what it could not print."
    name = "printer"

    async def deliver(self, delivery, log):
        log.warning("cannot print %s", delivery.body)
        if b"raises" in delivery.body:
            raise ValueError(delivery.body.decode())
        return Rejected(delivery.body.decode())

@hookimpl
def register_outputs():
    return [Printer]
"""
WAYS = ("plainly", "node", "node kindly", "template", "path", "call", "nlu", "output", "elsewhere")


class Disclosures:
    """Everything that was told to somebody who asks why."""

    def __init__(self, live: Live, caplog: pytest.LogCaptureFixture) -> None:
        self.live = live
        self.caplog = caplog
        self.events: list[Event] = []
        self.listening = asyncio.create_task(live.services.events.dispatch(self._hear, name="the test"))

    async def _hear(self, event: Event) -> None:
        self.events.append(event)

    async def stop(self) -> None:
        self.listening.cancel()
        with suppress(asyncio.CancelledError):
            await self.listening

    @property
    def logs(self) -> str:
        """What the server logged, as both formatters write it, and all that a record carries."""
        records = self.caplog.records
        written = [style.format(record) for record in records for style in (Console(), JsonLines())]
        return "\n".join([*written, *(str(vars(record)) for record in records)])

    async def told(self, endpoint: str, traces: list[str], session: str = "s1") -> dict[str, str]:
        """All places by name."""
        told = {
            "logs": self.logs,
            "events": json.dumps([event.to_json() for event in self.events]),
            "receipts": json.dumps([await self.live.receipt(trace) for trace in traces]),
        }
        one = f"sessions/{endpoint}/u1/{session}"
        paths = ("traces?limit=500", "deliveries?limit=500", f"{one}/transcript?limit=500", "plugins")
        for path in (*paths, "analytics", "audit", "handovers?limit=500"):
            answer = await self.live.http.get(f"/api/{path}", headers=ADMIN)
            told[path] = answer.text if answer.status_code != 404 else ""
        exported = (await self.live.api("GET", f"/{one}/export"))["sessions"]
        told["export"] = json.dumps([row["transcript"] for row in exported])
        for delivery in json.loads(told["deliveries?limit=500"])["deliveries"]:
            told[delivery["deliveryId"]] = json.dumps(
                await self.live.api("GET", f"/deliveries/{delivery['deliveryId']}")
            )
        for handover in json.loads(told["handovers?limit=500"])["handovers"]:
            told[handover["id"]] = json.dumps(
                await self.live.api("GET", f"/handovers/{handover['id']}/transcript")
            )
        told["metrics"] = (await self.live.http.get("/metrics", headers=ADMIN)).text
        return told


@pytest.fixture
def logged(caplog: pytest.LogCaptureFixture) -> pytest.LogCaptureFixture:
    """All that is logged, from debug on."""
    caplog.set_level(logging.DEBUG, "flowhook")
    return caplog


async def test_a_masked_endpoint_tells_nobody_what_was_said(
    project: Project, outside: Outside, start: Start, logged: pytest.LogCaptureFixture
) -> None:
    """Through failures of flows and plugins: not in logs, traces, events, receipts, transcripts, deliveries,
    exports or metrics; the flow and the receiver of the webhook get it all the same."""
    project.flow("club", FLOW)
    project.plugin("loud", PLUGIN)
    project.plugin("printing", OUTPUT)
    use = {"use": ["loud"]}
    events = {"url": f"{outside.url}/events", "extras": True}
    project.endpoint("club", privacy=MASKED, transformers=use, events=events)
    echo = {"url": f"{outside.url}/echo", "max_rejections": 1}
    project.endpoint("strict", "club", privacy=MASKED, webhook=echo)
    project.endpoint("paper", "club", privacy=MASKED, output="printer", webhook={"max_rejections": 1})
    outside.answers["/missing"] = status(404)
    outside.answers["/echo"] = _repeated
    live = await start()
    heard = Disclosures(live, logged)
    traces = [await live.send("club", f"{way} {WORDS}", data={"why": WORDS}) for way in WAYS]
    answer = await live.post("/tok-club", {"userId": "u1", "sessionId": "s1", "text": f"refused {WORDS}"})
    assert answer.status_code == 500
    assert WORDS not in answer.text
    for route in ("/inject", "/notify"):
        traces.append(await live.send("club", f"{route} {WORDS}", route=route))
    for trace in traces:
        await live.ends(trace)
        await live.resolved(trace)
    printed = [await live.send("paper", f"{way} {WORDS}") for way in ("plainly", "raises")]
    printed.append(await live.send("strict", f"plainly {WORDS}"))
    for trace in printed:
        await live.ends(trace)
    await eventually(lambda: _has_failures(live, printed))
    assert any(f"plainly {WORDS}" in text for text in outside.texts())
    assert outside.at("/elsewhere")
    statuses = {(await live.receipt(trace))["status"] for trace in traces}
    assert statuses == {"done", "failed"}
    everything = await heard.told("club", [*traces, *printed])
    everything |= {f"paper {name}": text for name, text in (await heard.told("paper", printed)).items()}
    everything |= {f"strict {name}": text for name, text in (await heard.told("strict", printed)).items()}
    await eventually(lambda: _was_told(outside))
    everything["event webhook"] = "".join(str(received.body) for received in outside.at("/events"))
    await heard.stop()
    assert everything["events"].count("turn.failed") >= 3
    assert "plugin loud" in everything["logs"]
    assert {name for name, text in everything.items() if WORDS in text} == set()


async def _repeated(received: Any) -> web.Response:
    """What a receiver that refuses repeats of what it refuses."""
    return web.Response(status=422, text=received.body.decode())


async def _was_told(outside: Outside) -> bool:
    return len(outside.at("/events")) > len(WAYS)


async def _has_failures(live: Live, traces: list[str]) -> bool:
    receipts = [await live.receipt(trace) for trace in traces]
    return all(output["attempts"] > 0 for receipt in receipts for output in receipt["outputs"])


PEOPLE = """
from flowhook import HandoverProvider, NodeFailed, hookimpl

class Loud(HandoverProvider):
    "Fails with what was said."
    name = "loud"

    async def send(self, message, log):
        log.warning("the user says %s", message.text)
        if "refused" in message.text:
            raise NodeFailed("loud", message.text)
        if "raised" in message.text and message.id not in SEEN:
            SEEN.add(message.id)
            raise ValueError(message.text)

    async def open(self, conversation, log):
        log.warning("before: %s", conversation.transcript)

SEEN = set()

@hookimpl
def register_handover():
    return [Loud]
"""


@pytest.mark.parametrize("provider", ["desk", "loud"])
async def test_a_handover_at_a_masked_endpoint_is_between_two_people(
    project: Project, outside: Outside, start: Start, logged: pytest.LogCaptureFixture, provider: str
) -> None:
    """The agent reads what was said as long as it lasts, and the user what the agent says; nobody else does,
    and when it is over nothing of it is kept: neither words nor notes nor results."""
    project.plugin("handover_loud", PEOPLE)
    project.flow("help", f"""
nodes:
  - id: agent
    handover: {{text: "One moment.", provider: {provider}}}
    on_completed: {{say: "{{{{ input.result.note }}}}"}}
""")  # fmt: skip
    project.settings["handovers"] = {"loud": {"provider": "loud"}}
    project.endpoint("help", privacy=MASKED)
    live = await start()
    heard = Disclosures(live, logged)
    traces = [await live.send("help", f"{way} {WORDS}") for way in ("plainly", "refused", "raised")]
    for trace in traces:
        await live.ends(trace)
    (row,) = (await live.api("GET", "/handovers"))["handovers"]
    path = f"/handovers/{row['id']}"
    if provider == "desk":
        await live.api("POST", f"{path}/take")
        shown = await live.api("GET", f"{path}/transcript")
        assert WORDS in json.dumps(shown["messages"])
        replied = await live.api("POST", f"{path}/reply", {"text": f"agent {WORDS}"})
        await live.api("POST", f"{path}/note", {"text": f"note {WORDS}"})
        resolved = await live.api("POST", f"{path}/resolve", {"result": WORDS, "note": f"result {WORDS}"})
        traces += [replied["traceId"], resolved["traceId"]]
        for trace in traces[-2:]:
            await live.ends(trace)
            await live.resolved(trace)
        assert {f"agent {WORDS}", f"result {WORDS}"} <= set(outside.texts())
    else:
        await live.api("POST", "/sessions/help/u1/s1/reset")

    async def settled() -> bool:
        found = await live.services.store.handovers.messages(row["id"])
        return all(message.status != "pending" for message in found)

    await eventually(settled)
    everything = await heard.told("help", traces)
    await heard.stop()
    assert {name for name, text in everything.items() if WORDS in text} == set()


BLIND = """
nodes:
  - id: ask_name
    ask: {text: "Your name?", type: text, store: context.name}
  - say: "Now between us, {{ context.name }}."
  - blind: true
  - say: "Nobody hears: {{ input.text }}."
  - id: ask_card
    ask: {text: "Your card?", type: text, store: context.card}
  - say: "Your card is {{ context.card }}."
  - id: ask_more
    ask: {text: "And its number?", type: text, store: context.number}
  - blind: false
  - say: "Loud again: {{ context.number }}."
  - id: end
    wait: {}
  - say: "{{ history | map(attribute='text') | join('|') }}"
"""


async def test_blind_mode_covers_what_lies_between_its_nodes(
    project: Project, outside: Outside, start: Start, logged: pytest.LogCaptureFixture
) -> None:
    """The input that led to the node that switches it on, not the one that led to off; what was said between
    them; injects and notifies too. What comes before and after is kept as ever."""
    project.flow("club", BLIND)
    project.endpoint("club")
    live = await start()
    heard = Disclosures(live, logged)
    traces = []
    for text in ("hello", "Ada-is-my-name", "visa-is-my-card"):
        traces.append(await live.send("club", text))
        await live.ends(traces[-1])
    for route, text in (
        ("/notify", "the-note-on-you"),
        ("/inject", "4711-is-the-number"),
        ("", "loud-and-clear"),
    ):
        traces.append(await live.send("club", text, route=route))
        await live.ends(traces[-1])
        await live.resolved(traces[-1])
    everything = await heard.told("club", traces)
    await heard.stop()
    for secret in ("visa-is-my-card", "the-note-on-you"):
        assert {name for name, text in everything.items() if secret in text} == set(), secret
    events = everything.pop("events")
    assert events.count("Ada-is-my-name") == 1, (
        "blind mode began with this very message, which was told before"
    )
    assert "4711-is-the-number" not in events, "it was still on when the message came"
    transcript = json.loads(everything["sessions/club/u1/s1/transcript?limit=500"])["transcript"]
    assert [entry["text"] for entry in transcript] == [
        *("hello", "", "", "", "4711-is-the-number", "loud-and-clear"),
    ]  # fmt: skip
    said = [[output["output"].get("text") for output in entry["outputs"]] for entry in transcript]
    assert said == [
        ["Your name?"],
        ["Now between us, Ada-is-my-name.", None, None],
        [None, None],
        [None],
        ["Loud again: 4711-is-the-number."],
        [
            "hello|Your name?|Now between us, Ada-is-my-name.|4711-is-the-number"
            "|Loud again: 4711-is-the-number."
        ],
    ]
    flags = {delivery.text: delivery.json["disableSensitiveLogging"] for delivery in outside.taken()}
    assert flags["Your card is visa-is-my-card."]
    assert flags["the-note-on-you"]
    assert not flags["Your name?"]
    assert not flags["Loud again: 4711-is-the-number."]


@pytest.mark.parametrize(
    "settings", [{"conversations": False, "analytics": False}, {"mask_analytics": True, "mask_logging": True}]
)
async def test_nothing_of_a_conversation_stays_in_the_database(
    project: Project, outside: Outside, start: Start, settings: dict[str, bool]
) -> None:
    """Once it was handled and delivered, the database has no word of it. While its receiver is away nothing
    is lost; what is gone cannot be sent again."""
    project.flow("echo", """
nodes:
  - say: {text: "You said {{ input.text }}.", data: {back: "{{ input.data }}"}}
  - if: "'fail' in input.text"
    then: {say: "{{ 1 / (input.text | length * 0) }}"}
""")  # fmt: skip
    project.endpoint("echo", privacy={"mask_ip": True, **settings})
    live = await start()
    outside.answers["/hook"] = status(503)
    waiting = await live.send("echo", f"first {WORDS}", data={"why": WORDS})
    await live.ends(waiting)
    del outside.answers["/hook"]
    traces = [waiting]
    for route in ("", "/inject", "/notify"):
        traces.append(await live.send("echo", f"then {WORDS}", data={"why": WORDS}, route=route))
    traces.append(await live.send("echo", f"fail {WORDS}"))
    assert (await live.ends(traces[-1]))["status"] == "failed"
    for trace in traces:
        await live.resolved(trace)
    assert outside.texts()[0] == f"You said first {WORDS}."
    receipt = await live.receipt(waiting)
    sent_again = await live.api("POST", "/deliveries/replay", {"ids": [receipt["outputs"][0]["deliveryId"]]})
    assert sent_again == {"replayed": []}
    await live.stop()
    database = (project.root / "bot.db").read_bytes()
    assert WORDS.encode() not in database
    assert b"remote_address" not in database
    await live.start()
    transcript = (await live.api("GET", "/sessions/echo/u1/s1/transcript"))["transcript"]
    masked = "" if settings.get("conversations") is False else "****"
    assert [entry["text"] for entry in transcript] == [masked] * 5


async def test_harmful_html_does_not_reach_the_flow(project: Project, start: Start) -> None:
    """After the plugins have seen it; not with ``sanitize_input: false``, not from a backend."""
    project.flow("echo", """
nodes:
  - say: "{{ input.text }} {{ input.data.note }}"
""")  # fmt: skip
    project.plugin(
        "adding",
        """
from flowhook import hookimpl

@hookimpl
def transform_input(message):
    return {**message, "text": message["text"] + "<script>evil()</script>"}
""",
    )
    project.endpoint("echo", transformers={"use": ["adding"]})
    project.endpoint("raw", "echo", privacy={"sanitize_input": False})
    live = await start()
    note = {"note": '<img src="x" onerror="evil()">'}
    assert await live.say("echo", "Tom & Jerry <3", data=note) == ['Tom & Jerry <3 <img src="x">']
    assert await live.say("echo", "<script>z</script>b", route="/inject", data=note) == [
        '<script>z</script>b <img src="x" onerror="evil()">'
    ]
    assert await live.say("raw", "<script>z</script>b", data=note) == [
        '<script>z</script>b <img src="x" onerror="evil()">'
    ]


async def test_flows_see_an_address_unless_it_is_masked(project: Project, start: Start) -> None:
    """Asterisks where it is masked; injects come from somewhere, too."""
    project.flow("who", """
nodes:
  - say: "{{ input.ip }}"
""")  # fmt: skip
    project.endpoint("open", "who")
    project.endpoint("closed", "who", privacy={"mask_ip": True})
    live = await start()
    assert await live.say("open", "x") == ["127.0.0.1"]
    assert await live.say("open", "x", route="/inject") == ["127.0.0.1"]
    assert await live.say("closed", "x") == ["****"]


REMEMBERING = """
nodes:
  - set: {profile.name: "{{ input.text }}", context.said: "{{ input.text }}"}
  - set: {session.mark: "{{ input.userId }}"}
  - say: "You said {{ input.text }}."
  - if: "'fail' in input.text"
    then: {say: "{{ 1 / (input.text | length * 0) }}"}
"""
KEEPING = """
from flowhook import DISCARD, Deliver, hookimpl

@hookimpl
async def transform_input(message, storage):
    user, session = message["userId"], message["sessionId"]
    if "drop" in message.get("text", ""):
        return DISCARD
    async with storage.open("last", user, owner=(user, session)) as data:
        data["text"] = message.get("text")

@hookimpl
def transform_output(output, user_id):
    if "elsewhere" in output.text:
        return Deliver("OUT/elsewhere?q=" + user_id, json={"say": output.text}, headers={"x-user": user_id})
"""


def _bytes_of(project: Project) -> dict[str, bytes]:
    """All files below the project, but what the project itself consists of."""
    own = ("flows", "plugins", "config.yaml")
    found = [path for path in project.root.rglob("*") if path.is_file()]
    names = {path.relative_to(project.root).as_posix(): path for path in found}
    return {name: path.read_bytes() for name, path in names.items() if not name.startswith(own)}


async def test_of_an_erased_user_no_byte_is_left(project: Project, outside: Outside, start: Start) -> None:
    """Under traffic of others, who notice nothing: not in the database, its free pages, its log or any
    other file below the project. The export had it all; what others said is still there."""
    project.flow("club", REMEMBERING)
    project.plugin("keeping", KEEPING)
    for name in ("club", "second"):
        project.endpoint(name, "club", transformers={"use": ["keeping"]}, session={"unknown": "create"})
    live = await start()
    failures = iter(range(2))

    async def answer(received: Any) -> web.Response | None:
        """Attempts that fail are kept, too."""
        mine = received.json["userId"] == ada
        return web.Response(status=503) if mine and next(failures, None) is not None else None

    outside.answers["/hook"] = answer

    async def said(user: str, number: int) -> None:
        body = {"userId": user, "sessionId": f"session-of-{user}", "text": f"{number} secret-of-{user} " * 9}
        token = "tok-second" if number % 3 == 0 else "tok-club"
        words = {5: "fail", 6: "elsewhere", 7: "drop"}.get(number, "")
        response = await live.post(f"/{token}", {**body, "text": words + body["text"], "data": {"me": user}})
        assert response.status_code == 202, response.text

    users = [f"person-{number:03}" for number in range(10)]
    ada = users[7]
    for number in range(9):
        await asyncio.gather(*(said(user, number) for user in users))
    headers = {"idempotency-key": f"key-of-{ada}"}
    in_an_hour = (datetime.now(UTC) + timedelta(hours=1)).isoformat()
    later = {"userId": ada, "sessionId": "later", "text": f"later {ada}", "notBefore": in_an_hour}
    assert (await live.post("/inject/tok-club", later, headers)).status_code == 202
    await live.api("PATCH", f"/sessions/club/{ada}/session-of-{ada}/context", {"note": f"note on {ada}"})
    await eventually(lambda: _none_pending(live))
    exported = json.dumps(await live.api("GET", f"/users/{ada}/export"))
    for word in (f"secret-of-{ada}", "later", "discarded_by_plugin", "session.patch", f"note on {ada}"):
        assert word in exported, word
    assert any(f"secret-of-{ada}".encode() in content for content in _bytes_of(project).values())

    working = True

    async def others() -> int:
        number = 100
        while working:
            await asyncio.gather(*(said(user, number) for user in users[:5]))
            number += 1
        return number - 100

    busy = asyncio.create_task(others())
    erased = await live.api("DELETE", f"/users/{ada}")
    working = False
    assert await busy > 0
    assert erased == {"sessions": 2, "sharedWith": []}
    files = _bytes_of(project)
    assert [name for name, content in files.items() if ada.encode() in content] == []
    assert [name for name, content in files.items() if f"of-{users[8]}".encode() in content] != []
    again = await live.api("GET", f"/users/{ada}/export")
    assert (again.pop("userId"), any(again.values())) == (ada, False)
    await live.restart()
    assert (await live.api("GET", f"/users/{users[8]}/export"))["profile"]["name"].startswith("8 secret")
    assert [name for name, content in _bytes_of(project).items() if ada.encode() in content] == []


async def _none_pending(live: Live) -> bool:
    return not (await live.api("GET", "/deliveries?status=pending"))["deliveries"]
