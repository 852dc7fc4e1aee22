"""HTTP on the real thing: the validation matrix, sessions, preconditions, repeats and receipts."""

from __future__ import annotations

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from flowhook.app import open_application
from flowhook.config import load_config
from flowhook.web.asgi_app import create_app

from .conftest import client_of

FLOW = """
flow: greet
nodes:
  - say: "Hello!"
  - id: which
    ask: {text: "Which?", type: text, store: context.which}
  - say: "{{ context.which }} it is."
"""
CONFIG = """
admin_key: the-admin-key
endpoints:
  - {name: greet, token: tok-greet, flow: greet, allow_wait: true}
  - {name: lenient, token: tok-lenient, flow: greet, strict_input: false, session: {unknown: create}}
"""
IDS = {"userId": "u1", "sessionId": "s1"}
WAIT = {"prefer": "wait=30"}
LONG = "x" * 10_000


@pytest.fixture
async def bot(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A client of a whole server without a socket."""
    (tmp_path / "flows").mkdir()
    (tmp_path / "flows" / "greet.yaml").write_text(FLOW)
    (tmp_path / "config.yaml").write_text(CONFIG)
    config = load_config(tmp_path / "config.yaml", {})
    async with open_application(config) as services, client_of(create_app(services)) as client:
        yield client


def said(answer: httpx.Response) -> list[str]:
    assert answer.status_code == 200, answer.text
    return [output["text"] for output in answer.json()["outputs"]]


async def test_a_conversation(bot: httpx.AsyncClient) -> None:
    """Two messages, the second one answers what the first one was asked."""
    assert said(await bot.post("/tok-greet", json={**IDS, "text": "hi"}, headers=WAIT)) == [
        "Hello!",
        "Which?",
    ]
    assert said(await bot.post("/tok-greet", json={**IDS, "text": "red"}, headers=WAIT)) == ["red it is."]


@pytest.mark.parametrize(("content", "strict", "lenient"), [
    ({"text": "x"}, 202, 202),
    ({"data": {"a": 1}}, 202, 202),
    ({"text": "x", "data": {"a": 1}}, 202, 202),
    ({}, "missing_content", "missing_content"),
    ({"text": 5, "data": []}, "invalid_field", "invalid_field"),
    ({"text": 5}, "invalid_field", "invalid_field"),
    ({"data": "x"}, "invalid_field", "invalid_field"),
    ({"data": [1]}, "invalid_field", "invalid_field"),
    ({"text": "x", "data": [1]}, "invalid_field", 202),
    ({"text": 5, "data": {"a": 1}}, "invalid_field", 202),
    ({"text": LONG + "x", "data": {"a": 1}}, "invalid_field", 202),
    ({"text": ""}, "missing_content", "missing_content"),
    ({"text": "", "data": {}}, 202, 202),
    ({"text": " "}, 202, 202),
    ({"data": {}}, 202, 202),
    ({"text": None, "data": None}, "missing_content", "missing_content"),
    ({"text": "x", "data": None}, 202, 202),
    ({"text": None, "data": {}}, 202, 202),
    ({"text": LONG}, 202, 202),
    ({"text": LONG + "x"}, "invalid_field", "invalid_field"),
    ({"text": "x", "more": [1]}, 202, 202),
    ({"text": "x", "userId": None}, "invalid_field", "invalid_field"),
    ({"text": "x", "userId": ""}, "invalid_field", "invalid_field"),
    ({"text": "x", "userId": 42}, "invalid_field", "invalid_field"),
    ({"text": "x", "sessionId": "s" * 256}, 202, 202),
    ({"text": "x", "sessionId": "s" * 257}, "invalid_field", "invalid_field"),
    ({"text": "x", "userId": "+49 170 00000000000000000001"}, 202, 202),
    ({"text": "x", "attachments": [{"name": "a", "url": "https://x.example/a"}]}, 202, 202),
    ({"text": "x", "attachments": "a"}, "invalid_field", 202),
    ({"attachments": "a"}, "invalid_field", "invalid_field"),
    ({"text": "x", "messageId": "m" * 256}, "invalid_field", "invalid_field"),
])  # fmt: skip
async def test_the_validation_matrix(bot: httpx.AsyncClient, content: Any, strict: Any, lenient: Any) -> None:
    """Each combination of good, bad and absent parts, with ``strict_input`` on and off."""
    for token, expected in (("tok-greet", strict), ("tok-lenient", lenient)):
        answer = await bot.post(f"/{token}", json={**IDS, **content})
        if expected == 202:
            assert answer.status_code == 202, (token, answer.text)
            assert answer.json()["userId"] == content.get("userId", "u1")
        else:
            assert (answer.status_code, answer.json()["code"]) == (400, expected), token


async def test_all_that_is_wrong_is_in_one_answer(bot: httpx.AsyncClient) -> None:
    """Nobody has to ask four times."""
    answer = await bot.post("/tok-greet", json={"userId": 1, "text": 2, "data": 3, "messageId": ""})
    fields = {error["field"] for error in answer.json()["errors"]}
    assert fields == {"userId", "sessionId", "text", "data", "messageId"}


async def test_a_rejected_message_stores_nothing(bot: httpx.AsyncClient) -> None:
    """Not even the session."""
    await bot.post("/tok-greet", json={**IDS, "data": []})
    headers = {"authorization": "Bearer the-admin-key"}
    assert (await bot.get("/api/sessions", headers=headers)).json()["sessions"] == []


@pytest.mark.parametrize("route", ["inject", "notify"])
async def test_backends_need_a_session(bot: httpx.AsyncClient, route: str) -> None:
    """It exists from the 202 of its first message; ``unknown: create`` does without."""
    body = {**IDS, "text": "x"}
    early = await bot.post(f"/{route}/tok-greet", json=body)
    assert (early.status_code, early.json()["code"]) == (404, "session_not_found")
    assert (await bot.post(f"/{route}/tok-lenient", json=body)).status_code == 202
    await bot.post("/tok-greet", json=body)
    assert (await bot.post(f"/{route}/tok-greet", json=body)).status_code == 202


async def test_notify_says_it_without_the_flow(bot: httpx.AsyncClient) -> None:
    """The flow waits where it waited, and attachments travel in the data."""
    await bot.post("/tok-greet", json={**IDS, "text": "hi"}, headers=WAIT)
    attachments = [{"name": "bill", "url": "https://x.example/bill.pdf"}]
    body = {**IDS, "text": "Paid!", "attachments": attachments}
    answer = await bot.post("/notify/tok-greet", json=body, headers=WAIT)
    assert said(answer) == ["Paid!"]
    assert answer.json()["outputs"][0]["data"]["attachments"] == attachments
    assert said(await bot.post("/tok-greet", json={**IDS, "text": "red"}, headers=WAIT)) == ["red it is."]


async def test_preconditions(bot: httpx.AsyncClient) -> None:
    """An inject may say where the session has to stand, and at which revision."""
    await bot.post("/tok-greet", json={**IDS, "text": "hi"}, headers=WAIT)
    for condition in ({"ifNode": "nowhere"}, {"ifRevision": 77}):
        answer = await bot.post("/inject/tok-greet", json={**IDS, "text": "x", **condition})
        assert (answer.status_code, answer.json()["code"]) == (409, "precondition_failed")
    fits = {**IDS, "text": "red", "ifNode": "which"}
    assert said(await bot.post("/inject/tok-greet", json=fits, headers=WAIT)) == ["red it is."]


async def test_a_repeat_runs_nothing(bot: httpx.AsyncClient) -> None:
    """The same key and body: the first answer. Another body: 422. Another route: another scope."""
    headers = {"idempotency-key": "k1"}
    first = await bot.post("/tok-greet", json={**IDS, "text": "hi"}, headers=headers)
    again = await bot.post("/tok-greet", json={**IDS, "text": "hi"}, headers=headers)
    assert again.json() == first.json()
    assert (first.headers.get("idempotent-replayed"), again.headers["idempotent-replayed"]) == (None, "true")
    other = await bot.post("/tok-greet", json={**IDS, "text": "no"}, headers=headers)
    assert (other.status_code, other.json()["code"]) == (422, "idempotency_mismatch")
    inject = await bot.post("/inject/tok-greet", json={**IDS, "text": "no"}, headers=headers)
    assert inject.status_code == 202
    by_body = {**IDS, "text": "x", "messageId": "m1"}
    one, two = [await bot.post("/tok-greet", json=by_body) for _ in range(2)]
    assert one.json() == two.json()


async def test_the_receipt_of_a_message(bot: httpx.AsyncClient) -> None:
    """What became of it, with its outputs; it is too late to cancel."""
    trace_id = (await bot.post("/tok-greet", json={**IDS, "text": "hi"}, headers=WAIT)).json()["traceId"]
    receipt = (await bot.get(f"/receipts/{trace_id}")).json()
    assert (receipt["status"], len(receipt["outputs"])) == ("done", 2)
    late = await bot.delete(f"/receipts/{trace_id}")
    assert (late.status_code, late.json()["code"]) == (409, "already_begun")


async def test_a_scheduled_inject_is_cancelled(bot: httpx.AsyncClient) -> None:
    """It waits for its time, is seen waiting, and does not happen."""
    await bot.post("/tok-greet", json={**IDS, "text": "hi"}, headers=WAIT)
    tomorrow = datetime.now(UTC) + timedelta(days=1)
    later = {**IDS, "text": "x", "notBefore": tomorrow.isoformat()}
    trace_id = (await bot.post("/inject/tok-greet", json=later)).json()["traceId"]
    assert (await bot.get(f"/receipts/{trace_id}")).json()["status"] == "scheduled"
    assert (await bot.delete(f"/receipts/{trace_id}")).status_code == 204
    assert (await bot.get(f"/receipts/{trace_id}")).json()["status"] == "discarded"


@pytest.mark.parametrize(("name", "value"), [
    ("notBefore", "tomorrow"), ("notBefore", "2030-01-01T00:00:00"), ("expiresAt", 5), ("ifNode", ""),
    ("ifRevision", "1"), ("ifRevision", True), ("notBefore", "9999-12-31T23:59:59-23:59"),
])  # fmt: skip
async def test_conditions_of_the_wrong_form_are_400(bot: httpx.AsyncClient, name: str, value: Any) -> None:
    """A time without an offset, for instance, could mean anything."""
    answer = await bot.post("/inject/tok-greet", json={**IDS, "text": "x", name: value})
    assert (answer.status_code, answer.json()["errors"][0]["field"]) == (400, name)


# --- repeats, as platforms make them --------------------------------------------------------------

PLATFORM = '''
"""A platform that sends batches, and tells when it sends one again."""

from flowhook import DISCARD, hookimpl

calls = []


@hookimpl
def transform_input(request):
    """A message of each entry; a ping is dropped. Counts, so that no two calls give the same texts."""
    calls.append(request)
    if request.json.get("ping"):
        return DISCARD
    if "count" in request.json:
        texts = [f"{number} of call {len(calls)}" for number in range(request.json["count"])]
        return [{"userId": "u1", "sessionId": "s1", "text": text} for text in texts]
    return [
        {"userId": "u1", "sessionId": "s1", "messageId": entry["id"], "text": entry["text"]}
        for entry in request.json["entries"]
    ]
'''


@pytest.fixture
async def platform(tmp_path: Path) -> AsyncIterator[httpx.AsyncClient]:
    """A whole server with an endpoint whose messages come from the platform's plugin."""
    for name, text in (("flows/echo.yaml", 'flow: echo\nnodes:\n  - say: "{{ input.text }}"\n'),
                       ("plugins/platform.py", PLATFORM), ("config.yaml", """
admin_key: the-admin-key
endpoints: [{name: p, token: tok-p, flow: echo, allow_wait: true, transformers: {use: [platform]}}]
""")):  # fmt: skip
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)
    config = load_config(tmp_path / "config.yaml", {})
    async with open_application(config) as application, client_of(create_app(application)) as client:
        yield client


def batch(*texts: str, **more: Any) -> dict[str, Any]:
    return {"entries": [{"id": f"m-{text}", "text": text} for text in texts], **more}


async def heard(client: httpx.AsyncClient) -> list[str]:
    """What reached the session, in order."""
    headers = {"authorization": "Bearer the-admin-key"}
    found = await client.get("/api/sessions/p/u1/s1/transcript", headers=headers)
    return [entry["text"] for entry in found.json()["transcript"]]


async def test_a_redelivery_in_another_shape_is_a_repeat(platform: httpx.AsyncClient) -> None:
    """The message counts, not the request around it; what is new beside it is accepted."""
    first = await platform.post("/tok-p", json=batch("one"))
    again = await platform.post("/tok-p", json=batch("one", redelivery=True))
    assert (again.status_code, again.json()) == (202, first.json())
    assert again.headers["idempotent-replayed"] == "true"
    more = await platform.post("/tok-p", json=batch("one", "two"))
    assert more.status_code == 202
    assert "idempotent-replayed" not in more.headers
    assert more.json()["messages"][0]["traceId"] == first.json()["traceId"]
    assert await heard(platform) == ["one", "two"]
    other = {"entries": [{"id": "m-one", "text": "another"}]}
    assert (await platform.post("/tok-p", json=other)).json()["code"] == "idempotency_mismatch"


async def test_a_request_with_several_messages_is_repeated_whole(platform: httpx.AsyncClient) -> None:
    """The same list of traces, whatever the plugin makes of it the second time."""
    headers = {"idempotency-key": "k"}
    first = await platform.post("/tok-p", json={"count": 2}, headers=headers)
    again = await platform.post("/tok-p", json={"count": 2}, headers=headers)
    assert len(first.json()["messages"]) == 2
    assert again.json() == first.json()
    assert again.headers["idempotent-replayed"] == "true"
    assert await heard(platform) == ["0 of call 1", "1 of call 1"]


async def test_a_dropped_request_is_repeated_too(platform: httpx.AsyncClient) -> None:
    """One trace id, one receipt."""
    headers = {"idempotency-key": "k"}
    first, again = [await platform.post("/tok-p", json={"ping": True}, headers=headers) for _ in range(2)]
    assert (first.status_code, again.status_code, again.json()) == (202, 202, first.json())
    assert again.headers["idempotent-replayed"] == "true"


async def test_the_same_json_is_the_same_body(bot: httpx.AsyncClient) -> None:
    """However it is written: spaces, the order of keys, escapes. Big numbers that differ by one differ."""
    headers = {"idempotency-key": "k", "content-type": "application/json"}
    ways = (
        '{"userId": "u1", "sessionId": "s1", "text": "h\\u0069", "data": {"n": 12345678901234567}}',
        '{"data":{"n":12345678901234567},\n"text":"hi","sessionId":"s1","userId":"u1"}',
    )
    first, again = [await bot.post("/tok-greet", content=way, headers=headers) for way in ways]
    assert (first.status_code, again.status_code, again.json()) == (202, 202, first.json())
    other = await bot.post("/tok-greet", content=ways[0].replace("567}", "568}"), headers=headers)
    assert other.json()["code"] == "idempotency_mismatch"


async def test_a_repeat_is_answered_as_the_first_was(bot: httpx.AsyncClient) -> None:
    """200 with the outputs when the first waited for them, 202 when it did not."""
    for name, first_headers, again_headers in (("a", WAIT, {}), ("b", {}, WAIT)):
        body = {**IDS, "text": "hi", "messageId": name}
        first = await bot.post("/tok-greet", json=body, headers=first_headers)
        again = await bot.post("/tok-greet", json=body, headers=again_headers)
        assert (again.status_code, again.json()) == (first.status_code, first.json())
        assert again.headers.get("preference-applied") == first.headers.get("preference-applied")
