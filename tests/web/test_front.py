"""The public routes: who is let in, what is answered, and with which code."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from flowhook.config import RESERVED
from flowhook.errors import ApiError, PluginError, Reject
from flowhook.web.messages.asgi import MessageApp

from .conftest import MESSAGE, FakeIntake, client_of, make_services, nothing_here

TRACE = "0" * 31 + "a"
ROUTES = [("", "message"), ("/inject", "inject"), ("/notify", "notify"), ("/test", "test")]


async def keyed(services: Any, name: str = "keyed") -> str:
    """A live key of an endpoint."""
    key: str = (await services.keys.create(services.endpoints.by_name(name), "test"))["key"]
    return key


def code(answer: httpx.Response) -> tuple[int, str]:
    return answer.status_code, answer.json()["code"]


# --- accepted ----------------------------------------------------------------------------------
@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize(("prefix", "route"), ROUTES)
async def test_each_route_hands_its_name_to_the_intake(
    client: httpx.AsyncClient, intake: FakeIntake, prefix: str, route: str, slash: str
) -> None:
    """All four routes accept the same body, with and without a trailing slash."""
    answer = await client.post(f"{prefix}/demo-pizza{slash}", json=MESSAGE)
    assert answer.status_code == 202
    assert intake.last is not None
    assert answer.json() == {"traceId": intake.last.trace_id, "userId": "u1", "sessionId": "s1"}
    assert (intake.calls[0].route, intake.calls[0].body) == (route, MESSAGE)
    assert intake.calls[0].endpoint.name == "pizza"
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["content-type"] == "application/json"
    assert "server" not in answer.headers


async def test_the_intake_gets_the_bytes_the_key_and_the_address(
    client: httpx.AsyncClient, intake: FakeIntake
) -> None:
    """The raw body is what the fingerprint of a repeat is made of."""
    raw = b'{"userId": "u", "sessionId": "s",  "text": "x"}'
    headers = {"content-type": "application/json", "idempotency-key": "k-1"}
    await client.post("/demo-pizza", content=raw, headers=headers)
    call = intake.calls[0]
    assert (call.raw, call.idempotency_key, call.remote_address) == (raw, "k-1", "203.0.113.7")
    assert call.request is None  # no plugin looks at it, so nobody made one


async def test_a_repeat_says_so(client: httpx.AsyncClient, intake: FakeIntake) -> None:
    """The first answer again, with the header."""
    intake.replayed = True
    answer = await client.post("/demo-pizza", json=MESSAGE)
    assert answer.status_code == 202
    assert answer.headers["idempotent-replayed"] == "true"


async def test_a_batch_names_all_its_messages(client: httpx.AsyncClient, intake: FakeIntake) -> None:
    """A plugin made several messages of one request."""
    intake.messages = [{"traceId": "a"}, {"traceId": "b"}]
    assert (await client.post("/demo-pizza", json=MESSAGE)).json()["messages"] == intake.messages


@pytest.mark.parametrize("kind", [
    "application/json", "application/json; charset=utf-8", "Application/JSON;charset=UTF-8",
    "application/vnd.api+json", 'application/json; charset="utf-8"',
])  # fmt: skip
async def test_json_by_its_names(client: httpx.AsyncClient, kind: str) -> None:
    """Media types are compared without case, with their parameters aside."""
    body = b'{"userId":"u","sessionId":"s","text":"x"}'
    answer = await client.post("/demo-pizza", content=body, headers={"content-type": kind})
    assert answer.status_code == 202


# --- refused before the body -------------------------------------------------------------------
@pytest.mark.parametrize(("prefix", "_route"), ROUTES)
@pytest.mark.parametrize("method", ["GET", "POST", "PUT"])
async def test_unknown_and_disabled_look_the_same(
    services: Any, client: httpx.AsyncClient, prefix: str, _route: str, method: str
) -> None:
    """Nobody learns that an endpoint exists but is closed, whatever the method."""
    services.endpoints.by_name("pizza").enabled = False
    closed = await client.request(method, f"{prefix}/demo-pizza", json=MESSAGE)
    unknown = await client.request(method, f"{prefix}/nobody", json=MESSAGE)
    assert code(closed) == code(unknown) == (404, "unknown_endpoint")
    first, second = closed.json(), unknown.json()
    del first["traceId"], second["traceId"]
    assert first == second


@pytest.mark.parametrize(("prefix", "_route"), ROUTES)
async def test_wrong_keys_look_the_same(
    services: Any, client: httpx.AsyncClient, intake: FakeIntake, prefix: str, _route: str
) -> None:
    """Missing, wrong, revoked, mutilated, or of another endpoint: one and the same 401."""
    good, other, revoked = await keyed(services), await keyed(services, "other"), ""
    made = await services.keys.create(services.endpoints.by_name("keyed"), "old")
    await services.keys.revoke(services.endpoints.by_name("keyed"), made["id"])
    revoked = made["key"]
    seen = []
    for value in (None, "", "x", other, revoked, good[:-1], good + "0", good.upper(), "\xe4", "k" * 5000):
        headers = {} if value is None else {b"x-webhook-key": value.encode("latin-1")}
        answer = await client.post(f"{prefix}/demo-keyed", json=MESSAGE, headers=headers)
        problem = answer.json()
        del problem["traceId"]
        seen.append((answer.status_code, answer.headers["www-authenticate"], str(problem)))
    assert set(seen) == {seen[0]}
    assert seen[0][0] == 401
    assert intake.calls == []
    right = await client.post(f"{prefix}/demo-keyed", json=MESSAGE, headers={"x-webhook-key": good})
    assert right.status_code == 202


async def test_without_api_keys_the_header_is_ignored(client: httpx.AsyncClient) -> None:
    """``auth: none`` never looks at X-Webhook-Key."""
    answer = await client.post("/demo-pizza", json=MESSAGE, headers={"x-webhook-key": "whatever"})
    assert answer.status_code == 202


@pytest.mark.parametrize("method", ["GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS"])
async def test_other_methods_are_405(client: httpx.AsyncClient, method: str) -> None:
    """Without a plugin only POST makes sense."""
    answer = await client.request(method, "/demo-pizza")
    assert answer.status_code == 405
    assert answer.headers["allow"] == "POST"


@pytest.mark.parametrize("kind", [
    None, "", "text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x",
    "application/json; charset=latin-1", "text/json+xml", "application/jsonp",
])  # fmt: skip
async def test_other_content_types_are_415(client: httpx.AsyncClient, kind: str | None) -> None:
    """Without a plugin only JSON in UTF-8 makes sense."""
    headers = {} if kind is None else {"content-type": kind}
    assert code(await client.post("/demo-pizza", content=b"{}", headers=headers)) == (
        415,
        "unsupported_media_type",
    )


async def test_a_body_that_says_it_is_not_encoded_is_taken(client: httpx.AsyncClient) -> None:
    """``identity`` means just that."""
    headers = {"content-encoding": "identity"}
    assert (await client.post("/demo-pizza", json=MESSAGE, headers=headers)).status_code == 202


async def test_a_charset_that_is_not_read_is_named(client: httpx.AsyncClient) -> None:
    """The caller did send JSON with a Content-Type, and learns what is wrong with it."""
    headers = {"content-type": "application/json; charset=ISO-8859-1"}
    answer = await client.post("/demo-pizza", content=b"{}", headers=headers)
    assert (answer.status_code, "iso-8859-1" in answer.json()["detail"]) == (415, True)


async def test_compressed_bodies_are_415(client: httpx.AsyncClient) -> None:
    """Nobody unpacks a bomb here."""
    headers = {"content-type": "application/json", "content-encoding": "gzip"}
    assert (await client.post("/demo-pizza", content=b"\x1f\x8b", headers=headers)).status_code == 415


@pytest.mark.parametrize("value", ["", "k" * 256, "a\tb", "\xe4", "\x7f"])
async def test_wrong_idempotency_keys_are_400(
    client: httpx.AsyncClient, intake: FakeIntake, value: str
) -> None:
    """1 to 255 printable ASCII characters, nothing else."""
    headers = {b"idempotency-key": value.encode("latin-1")}
    answer = await client.post("/demo-pizza", json=MESSAGE, headers=headers)
    assert code(answer) == (400, "invalid_idempotency_key")
    assert intake.calls == []


@pytest.mark.parametrize("value", ["k", "k" * 255, "a b~!"])
async def test_good_idempotency_keys_pass(client: httpx.AsyncClient, intake: FakeIntake, value: str) -> None:
    """The whole range of printable ASCII."""
    await client.post("/demo-pizza", json=MESSAGE, headers={"idempotency-key": value})
    assert intake.calls[0].idempotency_key == value


@pytest.mark.parametrize("state", ["starting", "stopping"])
async def test_a_server_that_is_not_ready_says_when_to_come_back(
    services: Any, client: httpx.AsyncClient, intake: FakeIntake, state: str
) -> None:
    """503 with Retry-After, and nothing is accepted."""
    services.state = state
    answer = await client.post("/demo-pizza", json=MESSAGE)
    assert code(answer) == (503, state)
    assert int(answer.headers["retry-after"]) > 0
    assert intake.calls == []


async def test_too_many_requests_of_one_address_are_429(services: Any) -> None:
    """The bucket of one caller empties, another's does not, and time fills it again."""
    front = MessageApp(services, nothing_here)
    async with client_of(front) as client:
        for _ in range(2):
            assert (await client.post("/demo-limited", json=MESSAGE)).status_code == 202
        refused = await client.post("/demo-limited", json=MESSAGE)
        assert code(refused) == (429, "rate_limited")
        assert refused.headers["retry-after"] == "5"
        transport = httpx.ASGITransport(app=front, client=("203.0.113.8", 1))
        async with httpx.AsyncClient(transport=transport, base_url="http://bot.example") as other:
            assert (await other.post("/demo-limited", json=MESSAGE)).status_code == 202
        await services.clock.advance(5)
        assert (await client.post("/demo-limited", json=MESSAGE)).status_code == 202


async def test_too_many_requests_at_once_are_503(services: Any, intake: FakeIntake) -> None:
    """A full house turns the next one away and lets it in when somebody left."""
    intake.gate = asyncio.Event()
    async with client_of(MessageApp(services, nothing_here, max_requests=1)) as client:
        first = asyncio.create_task(client.post("/demo-pizza", json=MESSAGE))
        await intake.entered.wait()
        refused = await client.post("/demo-pizza", json=MESSAGE)
        assert code(refused) == (503, "overloaded")
        assert refused.headers["retry-after"]
        intake.gate.set()
        assert (await first).status_code == 202
        assert (await client.post("/demo-pizza", json=MESSAGE)).status_code == 202


async def test_the_bytes_of_all_bodies_are_bounded(services: Any, intake: FakeIntake) -> None:
    """A large body that does not fit beside those in work is 503, one of ordinary size always fits;
    afterwards there is room again."""
    intake.gate = asyncio.Event()
    large = {**MESSAGE, "data": {"x": "y" * 30_000}}
    async with client_of(MessageApp(services, nothing_here, max_bodies=20_000)) as client:
        first = asyncio.create_task(client.post("/demo-pizza", json=large))
        await intake.entered.wait()
        refused = await client.post("/demo-pizza", json=large)
        assert code(refused) == (503, "overloaded")
        intake.gate.set()
        assert (await client.post("/demo-pizza", json=MESSAGE)).status_code == 202
        await first
        assert (await client.post("/demo-pizza", json=large)).status_code == 202


# --- what is no token --------------------------------------------------------------------------
@pytest.mark.parametrize("word", [*sorted(RESERVED), "_x", "_", ""])
async def test_reserved_words_are_no_tokens(client: httpx.AsyncClient, word: str) -> None:
    """They belong to others, who answer in their own way; what is of health takes no POST."""
    for slash in ("", "/"):
        answer = await client.post(f"/{word}{slash}", json=MESSAGE)
        known = answer.status_code == 405 and word in ("healthz", "readyz")
        assert known or answer.headers.get("x-inner") == "yes", word


@pytest.mark.parametrize("path", ["/demo-pizza/more", "/inject/demo-pizza/more", "/inject//", "//demo-pizza"])
async def test_longer_paths_are_no_endpoints(client: httpx.AsyncClient, path: str) -> None:
    """A token stands alone."""
    answer = await client.post(f"http://bot.example{path}", json=MESSAGE)
    assert answer.headers.get("x-inner") == "yes"


# --- Prefer: wait ------------------------------------------------------------------------------
DONE = {"status": "done", "outputs": [{"text": "hi", "data": {}}]}


@pytest.mark.parametrize(("prefer", "seconds"), [
    ("wait=5", 5), ("wait=100", 30), ("respond-async, wait=2", 2), ('WAIT = "7"', 7), ("wait=3; foo", 3),
])  # fmt: skip
async def test_waiting_gets_the_outputs(
    client: httpx.AsyncClient, intake: FakeIntake, prefer: str, seconds: int
) -> None:
    """An endpoint that allows it answers 200 with what was said, and says how long it waited."""
    intake.ends = DONE
    answer = await client.post("/demo-waiting", json=MESSAGE, headers={"prefer": prefer})
    assert answer.status_code == 200
    assert intake.last is not None
    assert answer.json() == {"traceId": intake.last.trace_id, "userId": "u1", "sessionId": "s1", **DONE}
    assert answer.headers["preference-applied"] == f"wait={seconds}"
    assert intake.last.waited == [seconds]


async def test_a_turn_that_takes_longer_is_202(client: httpx.AsyncClient, intake: FakeIntake) -> None:
    """Waiting in vain is the usual answer."""
    answer = await client.post("/demo-waiting", json=MESSAGE, headers={"prefer": "wait=5"})
    assert answer.status_code == 202
    assert "preference-applied" not in answer.headers


async def test_endpoints_with_keys_may_wait(
    services: Any, client: httpx.AsyncClient, intake: FakeIntake
) -> None:
    """Who shows a key may wait without ``allow_wait``."""
    intake.ends = DONE
    headers = {"prefer": "wait=5", "x-webhook-key": await keyed(services)}
    assert (await client.post("/demo-keyed", json=MESSAGE, headers=headers)).status_code == 200


@pytest.mark.parametrize(
    "prefer", ["wait=0", "wait=-1", "wait=x", "wait", "wait=1.5", "", "wait=" + "9" * 99]
)
async def test_wishes_that_make_no_sense_are_ignored(
    client: httpx.AsyncClient, intake: FakeIntake, prefer: str
) -> None:
    """RFC 7240: what is not understood does not matter."""
    intake.ends = DONE
    assert (await client.post("/demo-waiting", json=MESSAGE, headers={"prefer": prefer})).status_code == 202


async def test_open_endpoints_do_not_wait(client: httpx.AsyncClient, intake: FakeIntake) -> None:
    """Anybody may post there, so nobody may hold a connection."""
    intake.ends = DONE
    answer = await client.post("/demo-pizza", json=MESSAGE, headers={"prefer": "wait=5"})
    assert answer.status_code == 202
    assert intake.last is not None
    assert intake.last.waited == []


# --- receipts ----------------------------------------------------------------------------------
def receipt(intake: FakeIntake, endpoint: str = "pizza") -> dict[str, Any]:
    shown = {"traceId": TRACE, "endpoint": endpoint, "status": "queued", "outputs": []}
    intake.receipts[TRACE] = shown
    return shown


async def test_a_receipt_is_shown(client: httpx.AsyncClient, intake: FakeIntake) -> None:
    """What the intake knows, as it is."""
    shown = receipt(intake)
    for path in (f"/receipts/{TRACE}", f"/receipts/{TRACE}/"):
        answer = await client.get(path)
        assert (answer.status_code, answer.json()) == (200, shown)
    assert (await client.head(f"/receipts/{TRACE}")).status_code == 200


async def test_a_receipt_without_a_key_does_not_say_why_a_turn_failed(
    services: Any, client: httpx.AsyncClient, intake: FakeIntake
) -> None:
    """Templates, addresses and names of the inside are for whoever has the key, the log and the trace."""
    inside = "flow/a: {{ secret.path }}: 127.0.0.1 is not a public address"
    receipt(intake).update(status="failed", reason=inside)
    shown = (await client.get(f"/receipts/{TRACE}")).json()
    assert shown["reason"] == "the turn failed; the log has the cause under this trace id"
    receipt(intake).update(status="discarded", reason="expired")
    assert (await client.get(f"/receipts/{TRACE}")).json()["reason"] == "expired"
    key = (await services.keys.create(services.endpoints.by_name("keyed"), "shop"))["key"]
    receipt(intake, "keyed").update(status="failed", reason=inside)
    answer = await client.get(f"/receipts/{TRACE}", headers={"x-webhook-key": key})
    assert answer.json()["reason"] == inside


@pytest.mark.parametrize("trace_id", [TRACE, "x", "é" * 32, "a" * 33, "' or 1=1"])
async def test_unknown_receipts_are_404(client: httpx.AsyncClient, trace_id: str) -> None:
    """Whatever it looks like."""
    for method in ("GET", "DELETE"):
        assert code(await client.request(method, f"/receipts/{trace_id}")) == (404, "unknown_receipt")


async def test_a_receipt_asks_for_the_key_of_its_endpoint(
    services: Any, client: httpx.AsyncClient, intake: FakeIntake
) -> None:
    """Neither shown nor cancelled without it."""
    receipt(intake, "keyed")
    intake.cancels[TRACE] = "cancelled"
    for method in ("GET", "DELETE"):
        assert code(await client.request(method, f"/receipts/{TRACE}")) == (401, "unauthorized")
        other = {"x-webhook-key": await keyed(services, "other")} if method == "GET" else {}
        assert (await client.request(method, f"/receipts/{TRACE}", headers=other)).status_code == 401
    headers = {"x-webhook-key": await keyed(services)}
    assert (await client.get(f"/receipts/{TRACE}", headers=headers)).status_code == 200
    assert (await client.delete(f"/receipts/{TRACE}", headers=headers)).status_code == 204


@pytest.mark.parametrize(("became", "expected"), [
    ("cancelled", (204, None)), ("begun", (409, "already_begun")), ("unknown", (404, "unknown_receipt")),
])  # fmt: skip
async def test_cancelling(
    client: httpx.AsyncClient, intake: FakeIntake, became: str, expected: tuple[int, str | None]
) -> None:
    """Only what has not begun can be cancelled."""
    receipt(intake)
    intake.cancels[TRACE] = became
    answer = await client.delete(f"/receipts/{TRACE}")
    assert (answer.status_code, answer.json()["code"] if answer.content else None) == expected


async def test_receipts_know_two_methods(client: httpx.AsyncClient) -> None:
    """Look and cancel."""
    answer = await client.post(f"/receipts/{TRACE}", json={})
    assert code(answer) == (405, "method_not_allowed")
    assert answer.headers["allow"] == "DELETE, GET, HEAD"


# --- plugins -----------------------------------------------------------------------------------
async def test_get_reaches_a_plugin(services: Any, client: httpx.AsyncClient, intake: FakeIntake) -> None:
    """A plugin that transforms sees the request under the public URL and may make a message of it."""
    services.hooks.routes_taken = {"message"}
    intake.hook = lambda call: {"userId": call.request.query["id"], "sessionId": "s", "text": "x"}
    answer = await client.get("/demo-pizza/?id=a%2Bb")
    assert (answer.status_code, answer.json()["userId"]) == (202, "a+b")
    request = intake.calls[0].request
    assert request.url == "https://bot.example/demo-pizza/?id=a%2Bb"
    assert (request.method, request.path, request.remote_address) == ("GET", "/demo-pizza/", "203.0.113.7")
    assert (await client.get("/inject/demo-pizza?id=x")).status_code == 405


async def test_other_content_types_reach_a_plugin(
    services: Any, client: httpx.AsyncClient, intake: FakeIntake
) -> None:
    """A form, for instance."""
    services.hooks.routes_taken = {"message"}
    intake.hook = lambda call: {"userId": call.request.form["From"], "sessionId": "s", "text": "x"}
    answer = await client.post("/demo-pizza", data={"From": "+49 1"})
    assert answer.json()["userId"] == "+49 1"
    assert intake.calls[0].raw == b"From=%2B49+1"


@pytest.mark.parametrize(("method", "kind", "expected"), [
    ("GET", None, (405, "method_not_allowed")),
    ("POST", "text/plain", (415, "unsupported_media_type")),
])  # fmt: skip
async def test_what_no_plugin_wants_is_refused_as_without_one(
    services: Any, client: httpx.AsyncClient, method: str, kind: str | None, expected: tuple[int, str]
) -> None:
    """None from all of them means 405 or 415."""
    services.hooks.routes_taken = {"message"}
    headers = {} if kind is None else {"content-type": kind}
    assert code(await client.request(method, "/demo-pizza", headers=headers)) == expected


@pytest.mark.parametrize(
    ("raw", "expected"),
    [
        (b"{", "invalid_json"),
        (b"", "invalid_json"),
        (b"[1]", "invalid_body"),
        (b'{"a": 1, "a": 2}', "invalid_json"),
        (b'\xef\xbb\xbf{"a": 1}', "invalid_json"),
    ],
)
async def test_a_plugin_sees_any_body_first(
    services: Any, client: httpx.AsyncClient, intake: FakeIntake, raw: bytes, expected: str
) -> None:
    """Our rules are for what it makes of it; when it makes nothing, the body is judged as without it."""
    services.hooks.routes_taken = {"message"}
    answer = await client.post("/demo-pizza", content=raw, headers={"content-type": "application/json"})
    assert code(answer) == (400, expected)
    assert (intake.calls[0].body, intake.calls[0].request.body) == (None, raw)
    intake.hook = lambda call: {"userId": "u9", "sessionId": "s9", "text": "made of it"}
    answer = await client.post("/demo-pizza", content=raw, headers={"content-type": "application/json"})
    assert (answer.status_code, answer.json()["userId"]) == (202, "u9")


async def test_an_authenticating_plugin_sees_the_request(
    services: Any, client: httpx.AsyncClient, intake: FakeIntake
) -> None:
    """Whatever its word, it is asked; its no is a 401 with all that belongs to one."""
    services.hooks.has_authenticate = True
    intake.error = Reject(401, "The signature is wrong.")
    answer = await client.post("/demo-pizza", json=MESSAGE, headers={"X-Signature": "abc"})
    assert code(answer) == (401, "rejected")
    assert answer.headers["www-authenticate"]
    assert intake.calls[0].request.headers["x-signature"] == "abc"
    assert (await client.get("/demo-pizza")).status_code == 405


def plugin_writes(**values: Any) -> Any:
    """A plugin that sets parts of the response and passes the message on."""

    def hook(call: Any) -> None:
        for name, value in values.items():
            setattr(call.response, name, value)

    return hook


@pytest.mark.parametrize(("values", "status", "kind", "body"), [
    ({"body": "ok"}, 200, "text/plain; charset=utf-8", b"ok"),
    ({"body": {"a": 1}, "status": 201}, 201, "application/json", b'{"a":1}'),
    ({"body": b"\0"}, 200, "application/octet-stream", b"\0"),
    ({"headers": {"Content-Type": "text/xml"}, "body": "<a/>"}, 200, "text/xml", b"<a/>"),
    ({"status": 204}, 204, None, b""),
])  # fmt: skip
async def test_a_plugin_writes_the_answer(
    services: Any,
    client: httpx.AsyncClient,
    intake: FakeIntake,
    values: Any,
    status: int,
    kind: str | None,
    body: bytes,
) -> None:
    """Anything set on the response makes it the answer; the message is accepted all the same."""
    services.hooks.routes_taken = {"message"}
    intake.hook = plugin_writes(**values)
    answer = await client.post("/demo-pizza", json=MESSAGE)
    assert (answer.status_code, answer.headers.get("content-type"), answer.content) == (status, kind, body)
    assert answer.headers["cache-control"] == "no-store"
    assert intake.finished.is_set()


async def test_a_plugin_redirects(services: Any, client: httpx.AsyncClient, intake: FakeIntake) -> None:
    """The caller is sent elsewhere."""
    services.hooks.routes_taken = {"message"}
    intake.hook = lambda call: call.response.redirect("https://elsewhere.example/")
    answer = await client.post("/demo-pizza", json=MESSAGE)
    assert (answer.status_code, answer.headers["location"]) == (302, "https://elsewhere.example/")


@pytest.mark.parametrize("headers", [{"x-a": "b\r\nset-cookie: c"}, {"x a": "b"}, {"": "b"}])
async def test_a_plugin_cannot_break_the_answer(
    services: Any, client: httpx.AsyncClient, intake: FakeIntake, headers: dict[str, str]
) -> None:
    """A header that holds another one is a fault of the plugin, not an answer."""
    services.hooks.routes_taken = {"message"}
    intake.hook = plugin_writes(headers=headers)
    assert (await client.post("/demo-pizza", json=MESSAGE)).status_code == 500


async def test_an_error_beats_the_answer_of_a_plugin(
    services: Any, client: httpx.AsyncClient, intake: FakeIntake
) -> None:
    """Setting a response does not hide that nothing was accepted."""
    services.hooks.routes_taken = {"message"}

    def hook(call: Any) -> None:
        call.response.body = "fine"
        raise ApiError(422, "idempotency_mismatch", "Another body.")

    intake.hook = hook
    assert code(await client.post("/demo-pizza", json=MESSAGE)) == (422, "idempotency_mismatch")


@pytest.mark.parametrize(("error", "expected"), [
    (Reject(403, "no"), (403, "rejected")),
    (Reject(200, "odd"), (400, "rejected")),
    (PluginError("p", "transform_input", "pizza"), (500, "plugin_failed")),
    (RuntimeError("secret cause"), (500, "internal")),
    (ApiError(409, "precondition_failed", "no"), (409, "precondition_failed")),
    (ApiError(429, "session_busy", "no"), (429, "session_busy")),
])  # fmt: skip
async def test_errors_of_the_intake(
    client: httpx.AsyncClient, intake: FakeIntake, error: Exception, expected: tuple[int, str]
) -> None:
    """Each sort of error has its status; a cause is never told."""
    intake.error = error
    answer = await client.post("/demo-pizza", json=MESSAGE)
    assert code(answer) == expected
    assert "secret" not in answer.text


# --- across origins ----------------------------------------------------------------------------
async def test_no_cors_unless_configured(client: httpx.AsyncClient) -> None:
    """No origin is named, and a preflight is an unknown method."""
    headers = {"origin": "https://shop.example", "access-control-request-method": "POST"}
    answer = await client.options("/demo-pizza", headers=headers)
    assert answer.status_code == 405
    assert not [name for name in answer.headers if name.startswith("access-control")]


async def test_cors_for_listed_origins() -> None:
    """A listed origin may ask and read, also errors; another one sees nothing of it."""
    services = make_services(cors_origins=["https://shop.example"])
    async with client_of(MessageApp(services, nothing_here)) as client:
        good = {"origin": "https://shop.example"}
        asked = await client.options("/demo-pizza", headers={**good, "access-control-request-method": "POST"})
        assert asked.status_code == 204
        assert asked.headers["access-control-allow-origin"] == "https://shop.example"
        assert "POST" in asked.headers["access-control-allow-methods"]
        for token in ("demo-pizza", "nobody", "api/x"):
            answer = await client.post(f"/{token}", json=MESSAGE, headers=good)
            assert answer.headers["access-control-allow-origin"] == "https://shop.example"
            assert answer.headers["vary"] == "Origin"
        stranger = await client.post("/demo-pizza", json=MESSAGE, headers={"origin": "https://evil.example"})
        assert "access-control-allow-origin" not in stranger.headers
