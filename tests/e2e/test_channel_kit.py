"""What a plugin for a channel needs: answers in the request, private data, several kinds."""

from __future__ import annotations

import gzip
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from flowhook.testing import open_bot

FLOW = """
flow: echo
nodes:
  - id: said
    say: "You said: {{ input.text }}"
  - say: "Twice: {{ input.text }}"
"""

SLOW = """
flow: slow
nodes:
  - say: "One moment."
  - sleep: 5s
  - say: "Done."
"""

CALL = """
flow: slow
nodes:
  - http_request: {url: "https://slow.test/", store: context.found, timeout: 5s}
  - say: "Found {{ context.found.it }}."
"""

Project = Callable[..., Path]


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Writes a project with flows and one plugin, ``channel``."""

    def write(plugin: str, *flows: str) -> Path:
        for folder in ("flows", "plugins"):
            (tmp_path / folder).mkdir(exist_ok=True)
        for number, flow in enumerate(flows or (FLOW,)):
            (tmp_path / "flows" / f"{number}.yaml").write_text(flow)
        (tmp_path / "plugins" / "channel.py").write_text("from flowhook import *\n" + plugin)
        return tmp_path

    return write


VOICE = """
@hookimpl
def transform_input(request):
    said = request.form
    return Message("user", "session", said["Body"], message_id=said.get("Id"), wait=20,
                   private={"to": said.get("To")})

@hookimpl
def answer(outputs, request, response):
    response.headers["content-type"] = "text/xml"
    response.body = "<R>" + "|".join(output.text for output in outputs) + "</R>"
"""


async def test_what_is_said_is_the_answer_to_the_request(project: Project) -> None:
    """The caller gets it in the response, and it is not delivered again; it counts as delivered."""
    async with open_bot("echo", project=project(VOICE), use=["channel"]) as bot:
        response = await bot.post(form={"Body": "hi"})
        assert (response.status_code, response.text) == (200, "<R>You said: hi|Twice: hi</R>")
        assert response.headers["content-type"] == "text/xml"
        assert bot.sent == []
        assert [said["AIOutput"]["text"] for said in await _outbox(bot)] == ["You said: hi", "Twice: hi"]


async def test_a_repeat_gets_the_same_answer(project: Project) -> None:
    """The platform did not see the response and sends the message again: nothing runs twice."""
    async with open_bot("echo", project=project(VOICE), use=["channel"]) as bot:
        first = await bot.post(form={"Body": "hi", "Id": "m1"})
        again = await bot.post(form={"Body": "hi", "Id": "m1"})
        assert again.text == first.text
        assert len(await _outbox(bot)) == 2


async def test_what_is_said_after_the_time_is_delivered(project: Project) -> None:
    """The answer holds what was said until then; the rest leaves as a delivery."""
    plugin = VOICE.replace("wait=20", "wait=0.2")
    async with open_bot("slow", project=project(plugin, SLOW), use=["channel"]) as bot:
        response = await bot.post(form={"Body": "hi"})
        assert "Done." not in response.text
        await bot.clock.advance("10s")
        answered = [text for text in response.text[3:-4].split("|") if text]
        assert [*answered, *bot.texts] == ["One moment.", "Done."]


async def test_what_has_to_wait_its_turn_is_delivered_and_not_answered(project: Project) -> None:
    """While something said before is still on its way, order counts: nothing is said twice or out of turn."""
    async with open_bot("echo", project=project(VOICE), use=["channel"]) as bot:
        await bot.says("first")
        count = len(bot.texts)
        bot._receiver.fails = True
        await bot.notify("news")
        assert (await bot.post(form={"Body": "hi"})).text == "<R></R>"
        bot._receiver.fails = False
        await bot.clock.advance("1h")
        assert bot.texts[count:] == ["news", "You said: hi", "Twice: hi"]


async def test_an_answer_that_fails_is_a_500(project: Project) -> None:
    """The plugin is named in the log; a repeat may still be answered."""
    plugin = VOICE.replace('response.body = "<R>"', 'response.body = 1 / 0 + "<R>"')
    async with open_bot("echo", project=project(plugin), use=["channel"]) as bot:
        response = await bot.post(form={"Body": "hi"})
        assert (response.status_code, response.json()["code"]) == (500, "plugin_failed")


REPLIES = """
@hookimpl
def transform_input(request):
    return [Message(e["user"], "session", e["text"], private={"token": e["token"]}) for e in request.json]

@hookimpl
def transform_turn(outputs, inbound):
    texts = [output.text for output in outputs]
    return [Deliver("https://api.line.test/reply", json={"token": inbound.private["token"], "texts": texts})]
"""


async def test_private_data_and_whole_turns(project: Project) -> None:
    """Each turn's outputs leave together, with the reply token of its own message; no flow sees the token."""
    flow = FLOW.replace("Twice: {{ input.text }}", "{{ input | string }}")
    async with open_bot("echo", project=project(REPLIES, flow), use=["channel"]) as bot:
        sent = [{"user": "user", "text": text, "token": f"reply-{text}"} for text in ("a", "b")]
        assert (await bot.post(json=sent)).status_code == 202
        assert [delivery.json["token"] for delivery in bot.sent] == ["reply-a", "reply-b"]
        for letter, delivery in zip("ab", bot.sent, strict=True):
            said, whole_input = delivery.json["texts"]
            assert said == f"You said: {letter}"
            assert "reply-" not in whole_input
        assert "reply-" not in json.dumps(await bot.trace())


async def test_a_caller_cannot_give_private_data(project: Project) -> None:
    """What stands in a body under that name is nothing but another key."""
    plugin = """
@hookimpl
def transform_output(output, inbound):
    return Output(str(inbound.private))
"""
    async with open_bot("echo", project=project(plugin), use=["channel"]) as bot:
        body = {"userId": "user", "sessionId": "session", "text": "hi", "private": {"token": "forged"}}
        await bot.post(json=body)
        assert bot.texts == ["None", "None"]


KINDS = """
@hookimpl
def transform_input(request):
    event = request.json
    return [
        Message("user", "session", event["said"]),
        Inject("user", "session", event["status"]),
        Notify("user", "session", event["agent"]),
    ]
"""


async def test_one_request_of_several_kinds(project: Project) -> None:
    """A message, an inject and a notify, in this order, each by its own rules."""
    async with open_bot("echo", project=project(KINDS), use=["channel"]) as bot:
        response = await bot.post(json={"said": "hi", "status": "paid", "agent": "I am here."})
        assert response.status_code == 202
        assert bot.texts == ["You said: hi", "Twice: hi", "You said: paid", "Twice: paid", "I am here."]
        kinds = await _ask(bot, "SELECT kind FROM inbox ORDER BY seq")
        assert [kind for (kind,) in kinds] == ["message", "inject", "notify"]


FINISHED = """
import json

@hookimpl
async def delivery_finished(delivery, outcome, status, body, storage):
    async with storage.open("sent", delivery.delivery_id, owner=(delivery.user_id, "")) as data:
        data["is"] = [outcome, status, json.loads(body)]
"""


async def test_what_the_receiver_answered(project: Project) -> None:
    """The hook gets what the receiver said: the ids of messages, or why it refused."""
    async with open_bot(
        "echo", project=project(FINISHED), use=["channel"], output=True, endpoint={"webhook": HOOK}
    ) as bot:
        bot.http.reply("POST", "https://hook.test/", json={"id": 7})
        bot.http.reply("POST", "https://hook.test/", status=400, json={"error": "empty"})
        await bot.says("hi")
        rows = await _ask(bot, "SELECT body FROM plugin_data")
        told = sorted((json.loads(body)["is"] for (body,) in rows), key=str)
        assert told == [["dead", 400, {"error": "empty"}], ["delivered", 200, {"id": 7}]]


HOOK = {"url": "https://hook.test/", "max_rejections": 1}

FORM = """
@hookimpl
def transform_input(request):
    if request.files:
        file = request.files[0]
        return {"userId": "user", "sessionId": "session",
                "text": f"{request.form['subject']} {file.filename} {len(file.body)}"}
    return {"userId": "user", "sessionId": "session", "text": request.json["text"]}
"""


async def test_multipart_forms(project: Project) -> None:
    """Fields and files, as mail services send them."""
    import httpx

    request = httpx.Request(
        "POST", "http://x/", data={"subject": "Hallo ü"}, files={"a": ("b.bin", b"\r\n\x00")}
    )
    async with open_bot("echo", project=project(FORM), use=["channel"]) as bot:
        headers = {"content-type": request.headers["content-type"]}
        assert (await bot.post(body=request.read(), headers=headers)).status_code == 202
        assert bot.texts[0] == "You said: Hallo ü b.bin 3"


async def test_compressed_bodies(project: Project) -> None:
    """A plugin reads what gzip holds, but no more than a body may have."""
    async with open_bot("echo", project=project(FORM), use=["channel"]) as bot:
        headers = {"content-encoding": "gzip", "content-type": "application/json"}
        await bot.post(body=gzip.compress(b'{"text": "small"}'), headers=headers)
        assert bot.texts[0] == "You said: small"
        bomb = gzip.compress(b'{"text": "' + bytes(1_000_000) + b'"}')
        refused = await bot.post(body=bomb, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (413, "body_too_large")
        for broken in (b"no gzip", gzip.compress(b"{}")[:-4]):
            assert (await bot.post(body=broken, headers=headers)).status_code == 400


PARENT = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-00"


async def test_a_trace_is_continued(project: Project) -> None:
    """What leaves because of a message belongs to the trace of its caller: calls of flows, and deliveries."""
    async with open_bot("slow", project=project("", CALL), output=True, endpoint={"webhook": HOOK}) as bot:
        bot.http.reply("GET", "https://slow.test/", json={"it": "gold"})
        for _ in range(2):
            bot.http.reply("POST", "https://hook.test/", json={})
        body = {"userId": "user", "sessionId": "session", "text": "hi"}
        await bot.post(json=body, headers={"traceparent": PARENT})
        traces = {_header(call) for call in bot.http.calls}
        assert {trace[:35] for trace in traces} == {PARENT[:35]}
        assert {trace[-3:] for trace in traces} == {"-00"}
        assert PARENT not in traces


def _header(call: Any) -> str:
    return {name.lower(): value for name, value in call.headers.items()}["traceparent"]


async def _ask(bot: Any, sql: str) -> list[Any]:
    rows: list[Any] = await bot.services.store.database.reads.run(lambda db: db.execute(sql).fetchall())
    return rows


async def _outbox(bot: Any) -> list[Any]:
    rows = await _ask(bot, "SELECT body FROM outbox WHERE status = 'delivered' ORDER BY seq")
    return [json.loads(body) for (body,) in rows]


ROUTES = """
from quart import Blueprint, current_app

pages = Blueprint("pages", __name__)

@pages.post("/push")
async def push():
    app = current_app.extensions["flowhook"]
    async with app.storage("test").open("pushes") as data:
        data["n"] = data.get("n", 0) + 1
    await app.message("test", {"userId": "user", "sessionId": "session", "text": f"push {data['n']}"})
    return ""

@hookimpl
def register_routes():
    return pages
"""


async def test_routes_of_plugins_reach_the_server(project: Project) -> None:
    """A handler sends messages and keeps data, without a global of its own."""
    async with open_bot("echo", project=project(ROUTES)) as bot:
        assert (await bot.post("/x/channel/push")).status_code == 200
        await bot.post("/x/channel/push")
        assert bot.texts[::2] == ["You said: push 1", "You said: push 2"]
