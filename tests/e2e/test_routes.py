"""The routes that carry messages, over a real socket: what callers get, code by code."""

from __future__ import annotations

import asyncio
import gzip
import json
from typing import Any

import httpx
import pytest

from .conftest import Start
from .kit import WAIT, Live, Outside, Project, held, until

ECHO = """
nodes:
  - append: {context.seen: "{{ input.text }}"}
  - say: "You said: {{ input.text }}"
"""
IDS = {"userId": "u1", "sessionId": "s1"}
ROUTES = ("", "/inject", "/notify", "/test")


@pytest.fixture
async def live(project: Project, start: Start) -> Live:
    """An echo at five endpoints."""
    project.flow("echo", ECHO)
    project.endpoint("open", "echo", session={"unknown": "create"})
    project.endpoint("strict", "echo")
    project.endpoint("nowait", "echo", allow_wait=False)
    project.endpoint("off", "echo", enabled=False)
    project.endpoint("keyed", "echo", auth="api_key", session={"unknown": "create"})
    return await start()


def problem(answer: httpx.Response, status: int, code: str) -> dict[str, Any]:
    """An answer that keeps the rules for problems."""
    assert answer.status_code == status, answer.text
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    body: dict[str, Any] = answer.json()
    assert {"type", "title", "status", "detail", "code", "traceId"} <= body.keys()
    assert (body["status"], body["code"]) == (status, code)
    return body


@pytest.mark.parametrize("route", ROUTES)
async def test_a_good_message_is_a_202_with_its_names(live: Live, route: str) -> None:
    """A trailing slash works too; the body is small and not cached; extra keys are ignored."""
    for slash in ("", "/"):
        answer = await live.post(f"{route}/tok-open{slash}", {**IDS, "text": "hi", "more": {"x": [1]}})
        assert answer.status_code == 202, answer.text
        assert answer.json().keys() == {"traceId", "userId", "sessionId"}
        assert answer.headers["cache-control"] == "no-store"
        assert answer.headers["content-type"] == "application/json"
        assert "access-control-allow-origin" not in answer.headers


async def test_an_inject_token_opens_the_routes_of_backends_alone(project: Project, start: Start) -> None:
    """Whoever posts messages, such as a web page, cannot speak in the place of a backend or the bot."""
    project.flow("echo", ECHO)
    project.endpoint("open", "echo", session={"unknown": "create"}, inject_token="tok-backend")
    live = await start()
    for route, token, status in (
        ("", "tok-open", 202),
        ("/test", "tok-open", 202),
        ("/inject", "tok-open", 404),
        ("/notify", "tok-open", 404),
        ("/inject", "tok-backend", 202),
        ("/notify", "tok-backend", 202),
        ("", "tok-backend", 404),
        ("/test", "tok-backend", 404),
    ):
        answer = await live.post(f"{route}/{token}", {**IDS, "text": "hi"})
        assert answer.status_code == status, (route, token)


@pytest.mark.parametrize("route", ROUTES)
async def test_unknown_and_disabled_look_the_same(live: Live, route: str) -> None:
    """A token that does not exist and an endpoint that is switched off."""
    for token in ("tok-unknown", "tok-off", "x" * 200):
        problem(await live.post(f"{route}/{token}", {**IDS, "text": "hi"}), 404, "unknown_endpoint")


@pytest.mark.parametrize("word", [
    "inject", "notify", "test", "receipts", "handover", "callback", "api", "desk", "studio", "healthz",
    "readyz", "metrics", "openapi", "docs", "static", "x", "_any", "",
])  # fmt: skip
async def test_reserved_words_are_no_tokens(live: Live, word: str) -> None:
    """None of them reaches the door for messages."""
    answer = await live.post(f"/{word}", {**IDS, "text": "hi"})
    assert answer.status_code in (401, 404, 405), answer.text
    assert answer.json().get("code") != "unknown_endpoint"


@pytest.mark.parametrize("route", ROUTES)
@pytest.mark.parametrize(("raw", "code"), [
    (b"", "invalid_json"), (b"{", "invalid_json"), (b"[]", "invalid_body"), (b'"x"', "invalid_body"),
    (b"null", "invalid_body"), (b"1", "invalid_body"), (b'{"userId": "a", "userId": }', "invalid_json"),
    (b"\xff\xfe{}", "invalid_json"), (b'{"a":' * 200 + b"1" + b"}" * 200, ""), (b'{"x": NaN}', ""),
])  # fmt: skip
async def test_what_is_no_json_object_is_400(live: Live, route: str, raw: bytes, code: str) -> None:
    """Broken, of another type, too deep, not quite JSON."""
    answer = await live.http.post(
        f"{route}/tok-open", content=raw, headers={"content-type": "application/json"}
    )
    assert answer.status_code == 400, answer.text
    assert answer.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize("route", ROUTES)
async def test_other_methods_and_types(live: Live, route: str) -> None:
    """405 names what is allowed; 415 for anything but JSON in UTF-8."""
    for method in ("GET", "PUT", "DELETE", "PATCH"):
        answer = await live.http.request(method, f"{route}/tok-open")
        problem(answer, 405, "method_not_allowed")
        assert answer.headers["allow"] == "POST"
    for kind in ("text/plain", "application/x-www-form-urlencoded", "application/json; charset=latin-1"):
        answer = await live.http.post(f"{route}/tok-open", content=b"{}", headers={"content-type": kind})
        problem(answer, 415, "unsupported_media_type")


@pytest.mark.parametrize("route", ROUTES)
async def test_the_size_of_a_body(live: Live, route: str) -> None:
    """256 KiB pass, one byte more is 413, with a length or in chunks."""
    limit = 256 * 1024
    head = json.dumps({**IDS, "text": "x", "pad": ""})[:-2]
    fits = (head + "x" * (limit - len(head) - 2) + '"}').encode()
    assert len(fits) == limit
    headers = {"content-type": "application/json"}
    path = f"{route}/tok-open"
    assert (await live.http.post(path, content=fits, headers=headers)).status_code == 202
    long = fits[:-2] + b'x"}'
    problem(await live.http.post(path, content=long, headers=headers), 413, "body_too_large")

    async def chunks() -> Any:
        for n in range(0, len(long), 65536):
            yield long[n : n + 65536]

    problem(await live.http.post(path, content=chunks(), headers=headers), 413, "body_too_large")


async def test_an_endpoint_says_how_large_a_body_may_be(
    project: Project, outside: Outside, start: Start
) -> None:
    """More than the server, or less; of what a plugin reads, of compressed bodies, of what flows keep."""
    project.flow(
        "echo",
        'nodes: [{say: "{{ input.data.pad | length }}"}, {set: {context.pad: "{{ input.data.pad }}"}}]',
    )
    project.plugin(
        "form",
        """
        from flowhook import Message, hookimpl

        @hookimpl
        def transform_input(request, message):
            if message is None:
                return Message("u1", "s1", text="form", data={"pad": request.json["pad"]})
        """,
    )
    project.endpoint("large", flow="echo", max_body="3MiB")
    project.endpoint("plugin", flow="echo", max_body="1MiB", transformers={"use": ["form"]})
    project.endpoint("small", flow="echo", max_body="1KiB")
    project.endpoint("usual", flow="echo")
    live = await start()

    def body(size: int) -> bytes:
        return json.dumps({**IDS, "data": {"pad": "x" * size}}).encode()

    async def posted(endpoint: str, content: bytes, **headers: str) -> httpx.Response:
        more = {"content-type": "application/json", "prefer": "wait=30", **headers}
        return await live.http.post(f"/tok-{endpoint}", content=content, headers=more)

    for endpoint, size in (("large", 2_900_000), ("plugin", 900_000), ("small", 900), ("usual", 200_000)):
        answer = await posted(endpoint, body(size))
        assert (answer.status_code, answer.json()["outputs"][0]["text"]) == (200, str(size)), endpoint
    for endpoint, size in (("large", 3 * 1024**2), ("plugin", 1024**2), ("small", 1024), ("usual", 300_000)):
        problem(await posted(endpoint, body(size)), 413, "body_too_large")
    packed = gzip.compress(json.dumps({"pad": "y" * 900_000}).encode())
    answer = await posted("plugin", packed, **{"content-encoding": "gzip"})
    assert answer.json()["outputs"][0]["text"] == "900000"
    packed = gzip.compress(json.dumps({"pad": "y" * 1_200_000}).encode())
    problem(await posted("plugin", packed, **{"content-encoding": "gzip"}), 413, "body_too_large")
    assert (await live.context("large", IDS["sessionId"]))["pad"] == "x" * 2_900_000


@pytest.mark.parametrize("route", ROUTES)
async def test_the_sizes_of_fields(live: Live, route: str) -> None:
    """256 and 10,000 characters are enough, one more is too many; characters, not bytes."""
    fits = {"userId": "ü" * 256, "sessionId": "😀" * 256, "text": "€" * 10_000}
    answer = await live.post(f"{route}/tok-open", fits)
    assert answer.status_code == 202, answer.text
    assert answer.json()["sessionId"] == fits["sessionId"]
    long = {"userId": "ü" * 257, "sessionId": "s" * 257, "text": "€" * 10_001, "messageId": "m" * 256}
    body = problem(await live.post(f"{route}/tok-open", long), 400, "invalid_field")
    assert {error["field"] for error in body["errors"]} == {"userId", "sessionId", "text", "messageId"}


async def test_names_stay_what_they_were(live: Live, outside: Outside) -> None:
    """Digits stay text, a plus stays a plus, and blanks stay where they are."""
    names = {"userId": "+49 12345678901234567890", "sessionId": " 007 "}
    await live.post("/tok-open", {**names, "text": "hi"})
    (one,) = await outside.until(1)
    assert (one.json["userId"], one.json["sessionId"]) == (names["userId"], names["sessionId"])


@pytest.mark.parametrize("bad", ["\ud800", "a\u0000b"])
async def test_what_no_database_takes_is_refused(live: Live, bad: str) -> None:
    """Half a character and NUL are a 400, wherever they stand, never a 500."""
    for body in ({**IDS, "text": bad}, {**IDS, "userId": bad, "text": "x"}, {**IDS, "data": {"a": bad}}):
        answer = await live.http.post(
            "/tok-open", content=json.dumps(body), headers={"content-type": "application/json"}
        )
        assert answer.status_code in (202, 400), answer.text


async def test_the_whole_body_reaches_the_webhook(live: Live, outside: Outside) -> None:
    """The envelope of the contract, letter by letter, with its headers."""
    trace_id = await live.send("open", "hi")
    (one,) = await outside.until(1)
    assert one.json == {
        "userId": "u1",
        "sessionId": "s1",
        "disableSensitiveLogging": False,
        "AIOutput": {
            "text": "You said: hi", "data": {}, "traceId": trace_id, "disableSensitiveLogging": False,
            "source": "bot",
        },
    }  # fmt: skip
    assert one.headers["content-type"] == "application/json"
    assert one.headers["user-agent"].startswith("flowhook/")
    assert one.headers["traceparent"].split("-")[1] == trace_id
    assert one.sequence == 1
    assert "webhook-timestamp" in one.headers
    assert "authorization" not in one.headers
    assert "webhook-signature" not in one.headers


async def test_notify_carries_text_data_and_attachments(live: Live, outside: Outside) -> None:
    """Straight to the user; data of its own stays beside the attachments."""
    attachments = [{"name": "bill", "url": "https://x.example/a.pdf", "type": "file", "caption": "May"}]
    body = {**IDS, "text": "Here", "data": {"a": 1}, "attachments": attachments}
    await live.post("/notify/tok-open", body)
    await live.post("/notify/tok-open", {**IDS, "data": {"only": True}})
    first, second = await outside.until(2)
    assert first.json["AIOutput"]["data"] == {"a": 1, "attachments": attachments}
    assert first.json["AIOutput"]["source"] == "bot"
    assert (second.json["AIOutput"]["text"], second.json["AIOutput"]["data"]) == ("", {"only": True})
    assert "state" not in outside.texts()


@pytest.mark.parametrize("attachments", ["x", [1], {}, [{"url": 5}], [{"name": []}]])
async def test_attachments_of_the_wrong_form(live: Live, attachments: Any) -> None:
    """A 400 that names the field."""
    answer = await live.post("/notify/tok-open", {**IDS, "text": "x", "attachments": attachments})
    assert problem(answer, 400, "invalid_field")["errors"][0]["field"].startswith("attachments")


async def test_keys_guard_every_door(live: Live) -> None:
    """Missing, wrong, of another endpoint, revoked: 401 with WWW-Authenticate. Receipts too."""
    made = await live.api("POST", "/endpoints/keyed/keys", {"name": "one"})
    other = await live.api("POST", "/endpoints/open/keys", {"name": "other"})
    good = {"x-webhook-key": made["key"]}
    first = await live.post("/tok-keyed", {**IDS, "text": "hi"}, good)
    assert first.status_code == 202
    receipt = f"/receipts/{first.json()['traceId']}"
    for key in (None, "", "wrong", other["key"], made["key"][:-1], made["key"] + "x", "ü"):
        headers = {"x-webhook-key": key.encode()} if key is not None else {}
        for route in ROUTES:
            answer = await live.http.post(f"{route}/tok-keyed", json={**IDS, "text": "x"}, headers=headers)
            problem(answer, 401, "unauthorized")
            assert "www-authenticate" in answer.headers
        problem(await live.http.get(receipt, headers=headers), 401, "unauthorized")
        problem(await live.http.delete(receipt, headers=headers), 401, "unauthorized")
    assert (await live.http.get(receipt, headers=good)).status_code == 200
    await live.api("DELETE", f"/endpoints/keyed/keys/{made['id']}")
    problem(await live.post("/tok-keyed", {**IDS, "text": "x"}, good), 401, "unauthorized")


# --- idempotency ------------------------------------------------------------------------------


async def test_a_repeat_gets_the_first_answer(live: Live, outside: Outside) -> None:
    """By header or messageId; it says that it is a replay, and runs nothing."""
    for headers, more in (({"idempotency-key": "k1"}, {}), ({}, {"messageId": "m1"})):
        body = {**IDS, "text": "hi", **more}
        first = await live.post("/tok-open", body, headers)
        again = await live.post("/tok-open", body, headers)
        assert (first.status_code, again.status_code) == (202, 202)
        assert first.json() == again.json()
        assert "idempotent-replayed" not in first.headers
        assert again.headers["idempotent-replayed"] == "true"
        problem(await live.post("/tok-open", {**body, "text": "no"}, headers), 422, "idempotency_mismatch")
    await live.say("open", "last")
    assert (await live.context("open"))["seen"] == ["hi", "hi", "last"]


async def test_the_header_wins(live: Live) -> None:
    """Two keys in the header make two messages of one messageId."""
    body = {**IDS, "text": "hi", "messageId": "m1"}
    answers = [await live.post("/tok-open", body, {"idempotency-key": key}) for key in ("a", "b", "a")]
    traces = [answer.json()["traceId"] for answer in answers]
    assert traces[0] != traces[1]
    assert traces[0] == traces[2]


async def test_the_scope_of_a_key(live: Live) -> None:
    """Endpoint, session and route each make it another key."""
    headers = {"idempotency-key": "k"}
    bodies = [("/tok-open", "s1"), ("/tok-open", "s2"), ("/tok-strict", "s1"), ("/inject/tok-open", "s1"),
              ("/notify/tok-open", "s1"), ("/test/tok-open", "s1")]  # fmt: skip
    traces = set()
    for path, session in bodies:
        answer = await live.post(path, {"userId": "u1", "sessionId": session, "text": path}, headers)
        assert answer.status_code == 202, answer.text
        traces.add(answer.json()["traceId"])
    assert len(traces) == len(bodies)


async def test_concurrent_repeats_run_once(live: Live, outside: Outside) -> None:
    """All get the same answer, one of them as the first."""
    body, headers = {**IDS, "text": "hi"}, {"idempotency-key": "k"}
    answers = await asyncio.gather(*(live.post("/tok-open", body, headers) for _ in range(20)))
    assert len({answer.json()["traceId"] for answer in answers}) == 1
    assert sum("idempotent-replayed" not in answer.headers for answer in answers) == 1
    await live.say("open", "last")
    assert (await live.context("open"))["seen"] == ["hi", "last"]


async def test_only_good_answers_are_remembered(live: Live) -> None:
    """After a 404 and a 400 the same key is still free."""
    headers = {"idempotency-key": "k"}
    body = {**IDS, "text": "hi"}
    problem(await live.post("/inject/tok-strict", body, headers), 404, "session_not_found")
    problem(await live.post("/inject/tok-strict", {**IDS}, headers), 400, "missing_content")
    await live.say("strict", "first")
    assert (await live.post("/inject/tok-strict", body, headers)).status_code == 202


async def test_a_repeat_after_a_restart(live: Live, outside: Outside) -> None:
    """Keys are on disk."""
    body, headers = {**IDS, "text": "hi"}, {"idempotency-key": "k"}
    first = await live.post("/tok-open", body, headers)
    await live.restart()
    again = await live.post("/tok-open", body, headers)
    assert again.json() == first.json()
    assert again.headers["idempotent-replayed"] == "true"


@pytest.mark.parametrize("key", ["", "x" * 256, "ü", "a\tb"])
async def test_a_bad_key_is_400(live: Live, key: str) -> None:
    """1 to 255 printable ASCII characters."""
    answer = await live.http.post(
        "/tok-open", json={**IDS, "text": "x"}, headers={"idempotency-key": key.encode()}
    )
    assert answer.status_code == 400, answer.text


# --- Prefer: wait -----------------------------------------------------------------------------


async def test_a_repeat_with_wait_gets_the_same_outputs(live: Live, outside: Outside) -> None:
    """Of the turn that ran, also when it had ended long before."""
    headers = {"idempotency-key": "k", **WAIT}
    answers = [await live.post("/tok-open", {**IDS, "text": "hi"}, headers) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [200, 200]
    assert answers[0].json() == answers[1].json()
    assert [output["text"] for output in answers[0].json()["outputs"]] == ["You said: hi"]
    assert answers[0].headers["preference-applied"].startswith("wait")
    assert len(await outside.until(1)) == 1


async def test_several_wait_for_one_turn(project: Project, outside: Outside, start: Start) -> None:
    """Each as long as it likes: one that gives up early takes nothing from the other."""
    project.flow("slow", 'nodes:\n  - http_request: {url: "OUT/slow"}\n  - say: late\n')
    project.endpoint("slow")
    gate = asyncio.Event()
    outside.answers["/slow"] = held(gate)
    live = await start()
    body = {**IDS, "text": "x", "messageId": "m"}
    patient = asyncio.create_task(live.post("/tok-slow", body, WAIT))
    await until(lambda: outside.at("/slow"))
    hasty = await live.post("/tok-slow", body, {"prefer": "wait=0"})
    assert hasty.status_code == 202
    second = asyncio.create_task(live.post("/tok-slow", body, {"prefer": "wait=1"}))
    assert (await second).status_code == 202
    gate.set()
    answer = await patient
    assert answer.status_code == 200
    assert [output["text"] for output in answer.json()["outputs"]] == ["late"]


async def test_wait_needs_permission(live: Live) -> None:
    """Neither ``auth: api_key`` nor ``allow_wait``: the preference is ignored."""
    answer = await live.post("/tok-nowait", {**IDS, "text": "hi"}, WAIT)
    assert answer.status_code == 202
    assert "preference-applied" not in answer.headers


async def test_a_failed_turn_is_a_200_that_says_so(project: Project, start: Start) -> None:
    """Waiting tells what became of it."""
    project.flow("broken", "nodes:\n  - say: one\n  - set: {context.x: '{{ 1 / 0 }}'}\n")
    project.endpoint("broken")
    live = await start()
    answer = await live.post("/tok-broken", {**IDS, "text": "hi"}, WAIT)
    assert (answer.status_code, answer.json()["status"], answer.json()["outputs"]) == (200, "failed", [])


# --- receipts ---------------------------------------------------------------------------------


async def test_a_receipt_tells_of_deliveries(live: Live, outside: Outside) -> None:
    """Ids as the webhook saw them, their status and attempts, and the revision after the turn."""
    receipt = await live.ends(await live.send("open", "hi"))
    (one,) = await outside.until(1)
    assert receipt["outputs"][0]["deliveryId"] == one.id
    await live.resolved(receipt["traceId"])
    receipt = await live.receipt(receipt["traceId"])
    assert receipt["outputs"] == [{"deliveryId": one.id, "status": "delivered", "attempts": 1}]
    assert receipt["revision"] == (await live.session("open"))["revision"]


@pytest.mark.parametrize("trace_id", ["0" * 32, "x", "a" * 31, "%00", "a/b", "A" * 32])
async def test_receipts_that_do_not_exist(live: Live, trace_id: str) -> None:
    """404, whatever is asked for."""
    for method in ("GET", "DELETE"):
        assert (await live.http.request(method, f"/receipts/{trace_id}")).status_code in (404, 401)


async def test_what_waits_can_be_cancelled(project: Project, outside: Outside, start: Start) -> None:
    """204 once, then 409; it never runs, and what waited behind it does."""
    project.flow("slow", 'nodes:\n  - http_request: {url: "OUT/slow"}\n  - say: "{{ input.text }}"\n')
    project.endpoint("slow")
    gate = asyncio.Event()
    outside.answers["/slow"] = held(gate)
    live = await start()
    await live.send("slow", "one")
    await until(lambda: outside.at("/slow"))
    two, three = await live.send("slow", "two"), await live.send("slow", "three")
    assert (await live.http.delete(f"/receipts/{two}")).status_code == 204
    assert (await live.http.delete(f"/receipts/{two}")).status_code == 409
    receipt = await live.receipt(two)
    assert (receipt["status"], receipt["reason"]) == ("discarded", "cancelled")
    gate.set()
    await live.ends(three)
    await outside.until(2)
    assert outside.texts() == ["one", "three"]
    assert (await live.session("slow"))["backlog"] == 0


PHOTO = """
nodes:
  - id: photo
    ask: {text: "A photo, please.", type: attachment, store: context.photo}
  - say: "Thank you for {{ context.photo[0].name }}."
"""


async def test_a_message_of_attachments_alone(project: Project, start: Start) -> None:
    """A photo without a caption is a message: neither text nor data is needed."""
    project.flow("photo", PHOTO)
    project.endpoint("photo")
    live = await start()
    assert await live.say("photo", "hello") == ["A photo, please."]
    photo = {"name": "cat.png", "url": "https://x.example/cat.png", "type": "image/png"}
    answer = await live.post("/tok-photo", {**IDS, "attachments": [photo]}, WAIT)
    assert [output["text"] for output in answer.json()["outputs"]] == ["Thank you for cat.png."]
    assert (await live.context("photo"))["photo"] == [photo]
    problem(await live.post("/tok-photo", {**IDS, "attachments": []}), 400, "missing_content")


@pytest.mark.parametrize(
    "written", ["2030-01-31t12:00:00z", "2030-01-31T12:00:00Z", "2030-01-31t13:00:00+01:00"]
)
async def test_times_may_have_small_letters(live: Live, written: str) -> None:
    """As RFC 3339 allows."""
    await live.ends(await live.send("open", "hello"))
    now = await live.post("/notify/tok-open", {**IDS, "text": "x", "expiresAt": written})
    assert now.status_code == 202
    problem(
        await live.post("/notify/tok-open", {**IDS, "text": "x", "expiresAt": "2030-01-31 12:00"}),
        400,
        "invalid_field",
    )


@pytest.mark.parametrize("path", ["/api//status", "/docs//", "//api/status"])
async def test_doubled_slashes_lead_nowhere(live: Live, path: str) -> None:
    """No redirect, least of all to what the Host header says."""
    answer = await live.http.get(path, headers={"host": "evil.example"})
    assert (answer.status_code, answer.headers["content-type"]) == (404, "application/problem+json")
    assert "location" not in answer.headers


async def test_older_callers_have_their_routes(project: Project, outside: Outside, start: Start) -> None:
    """The token in the body, the key in another header or in the query; the same rules, a mark that there is
    something better, in the response and in the reference."""
    project.flow("bot", "nodes: [{say: 'you said {{ input.text }}'}]")
    project.endpoint("bot", auth="api_key", inject_token="backend-token")
    live = await start()
    made = await live.api("POST", "/endpoints/bot/keys", {"name": "old"})
    key = {"x-api-key": made["key"]}
    http, names = live.http, {"userId": "u1", "sessionId": "s1"}
    await http.post("/tok-bot", json={**names, "text": "hi"}, headers={"x-webhook-key": made["key"]})
    await outside.until(1)
    body = {**names, "URLToken": "backend-token"}
    inject, notify = "/v2.0/endpoint/inject", "/v2.0/endpoint/notify"
    answer = await http.post(inject, json={**body, "text": "news"}, headers=key)
    assert (answer.status_code, answer.headers["deprecation"]) == (202, "@1764547200")
    await outside.until(2)
    answer = await http.post(
        f"{notify}/?api_key={made['key']}", json={**body, "text": "psst", "data": {"a": 1}}
    )
    assert answer.status_code == 202
    assert (await outside.until(3))[-1].json["AIOutput"]["data"] == {"a": 1}
    assert outside.texts() == ["you said hi", "you said news", "psst"]
    refused = [
        (await http.post(inject, json={**body, "text": "x"}), "unauthorized"),
        (
            await http.post(inject, json={**body, "text": "x"}, headers={"x-api-key": "fhk_no"}),
            "unauthorized",
        ),
        (await http.post(inject, json={**body, "URLToken": "tok-bot", "text": "x"}), "unknown_endpoint"),
        (await http.post(inject, json={**names, "text": "x"}, headers=key), "invalid_field"),
        (await http.post(notify, json=body, headers=key), "missing_content"),
        (await http.post(inject, content=b"{", headers=key), "unsupported_media_type"),
        (await http.get(notify), "method_not_allowed"),
    ]
    assert [answer.json()["code"] for answer, _ in refused] == [code for _, code in refused]
    paths = (await http.get("/openapi.json")).json()["paths"]
    assert [paths[path]["post"].get("deprecated") for path in (inject, notify, "/inject/{token}")] == [
        True, True, None,
    ]  # fmt: skip
