"""Administration: every route asks for the admin key and answers what it says."""

from __future__ import annotations

import asyncio
import json
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from quart import Blueprint

from flowhook.errors import ApiError
from flowhook.ids import delivery_id
from flowhook.model.event import Event
from flowhook.model.session_ref import SessionRef
from flowhook.storage.records import DeliveryFilter
from flowhook.web.asgi_app import create_app

from .conftest import ADMIN_KEY, MESSAGE, client_of, serving

ONE = "/api/sessions/pizza/u1/s1"
SESSION = SessionRef("pizza", "u1", "s1")


async def test_every_api_route_asks_for_the_admin_key(services: Any, admin: httpx.AsyncClient) -> None:
    """Without the key, with a wrong one, and with another scheme the answer is the same 401."""
    document = (await admin.get("/openapi.json")).json()
    guarded = [
        (method, path)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if any("admin" in way for way in operation["security"])
    ]
    assert len(guarded) > 25
    app = create_app(services)
    for number, (method, path) in enumerate(guarded):
        seen = set()
        for value in (None, "Bearer wrong", f"Basic {ADMIN_KEY}", "Bearer", "Bearer \xe4"):
            headers = {} if value is None else {b"authorization": value.encode("latin-1")}
            async with client_of(app, f"203.0.113.{number}") as stranger:
                answer = await stranger.request(method, path, headers=headers)
            problem = answer.json()
            del problem["traceId"]
            seen.add(json.dumps(problem))
            assert answer.status_code == 401, (method, path, value)
            assert answer.headers["www-authenticate"].startswith("Bearer")
        assert len(seen) == 1


async def test_endpoints_are_listed_with_their_url(admin: httpx.AsyncClient) -> None:
    """The URL to hand out is there, secrets are not."""
    answer = await admin.get("/api/endpoints")
    assert answer.status_code == 200
    first = answer.json()["endpoints"][0]
    assert first["url"] == "https://bot.example/demo-pizza"
    assert first["enabled"] is True


async def test_a_disabled_endpoint_takes_no_messages_until_enabled(admin: httpx.AsyncClient) -> None:
    """Disabling works at once, and so does enabling."""
    assert (await admin.post("/api/endpoints/pizza/disable")).json()["enabled"] is False
    assert (await admin.post("/demo-pizza", json=MESSAGE)).status_code == 404
    assert (await admin.post("/api/endpoints/pizza/enable")).json()["enabled"] is True
    assert (await admin.post("/demo-pizza", json=MESSAGE)).status_code == 202


async def test_a_paused_webhook_is_resumed(services: Any, admin: httpx.AsyncClient) -> None:
    """After a 410 the endpoint is paused, until somebody says that it works again."""
    services.dispatcher.paused["pizza"] = "HTTP 410"
    assert (await admin.get("/api/endpoints/pizza")).json()["paused"] is True
    assert (await admin.post("/api/endpoints/pizza/resume")).json()["paused"] is False


async def test_an_endpoint_says_when_its_webhook_rests(services: Any, admin: httpx.AsyncClient) -> None:
    """After an outage nothing is sent for a while; the view says until when."""
    assert (await admin.get("/api/endpoints/pizza")).json()["restingUntil"] is None
    services.dispatcher.open_breakers["pizza"] = 1e9
    assert (await admin.get("/api/endpoints/pizza")).json()["restingUntil"] == "2001-09-09T01:46:40.000Z"


@pytest.mark.parametrize("action", ["enable", "disable", "resume", "keys"])
async def test_an_unknown_endpoint_is_404(admin: httpx.AsyncClient, action: str) -> None:
    """Every action on an endpoint that does not exist."""
    answer = await admin.post(f"/api/endpoints/nobody/{action}", json={"name": "x"})
    assert (answer.status_code, answer.json()["code"]) == (404, "unknown_endpoint")


async def test_a_key_is_shown_once_and_works_until_revoked(admin: httpx.AsyncClient) -> None:
    """Created, used, listed without its secret, revoked."""
    made = await admin.post("/api/endpoints/keyed/keys", json={"name": "shop"})
    assert made.status_code == 201
    key = made.json()
    headers = {"x-webhook-key": key["key"]}
    assert (await admin.post("/demo-keyed", json=MESSAGE, headers=headers)).status_code == 202
    listed = await admin.get("/api/endpoints/keyed/keys")
    assert [row["id"] for row in listed.json()["keys"]] == [key["id"]]
    assert key["key"] not in listed.text
    assert key["key"].split("_")[2] not in listed.text
    assert (await admin.delete(f"/api/endpoints/keyed/keys/{key['id']}")).status_code == 204
    assert (await admin.post("/demo-keyed", json=MESSAGE, headers=headers)).status_code == 401
    gone = await admin.delete(f"/api/endpoints/keyed/keys/{key['id']}")
    assert (gone.status_code, gone.json()["code"]) == (404, "unknown_key")


@pytest.mark.parametrize(
    "body", [{}, {"name": ""}, {"name": 5}, {"name": "x", "more": 1}, {"name": "n" * 101}]
)
async def test_a_key_needs_a_name(admin: httpx.AsyncClient, body: Any) -> None:
    """A body of the wrong shape names the field."""
    answer = await admin.post("/api/endpoints/keyed/keys", json=body)
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_field")
    assert answer.json()["errors"][0]["field"] in {"name", "more"}


async def test_two_keys_of_one_name_are_refused(admin: httpx.AsyncClient) -> None:
    """The name tells keys apart when one must be revoked."""
    await admin.post("/api/endpoints/keyed/keys", json={"name": "shop"})
    again = await admin.post("/api/endpoints/keyed/keys", json={"name": "shop"})
    assert (again.status_code, again.json()["code"]) == (409, "name_taken")


async def test_sessions_are_listed_page_by_page(services: Any, admin: httpx.AsyncClient) -> None:
    """A full page says where the next one begins, and times are readable."""
    services.sessions.rows = 2
    page = (await admin.get("/api/sessions", params={"endpoint": "pizza", "limit": 1})).json()
    assert page["sessions"][0]["updatedAt"] == "2025-06-15T15:06:40.500Z"
    assert page["next"]
    await admin.get("/api/sessions", params={"after": page["next"]})
    before = services.sessions.calls[-3][4]
    assert before == (1_750_000_000.5, SessionRef("pizza", "u1", "s0").key)


@pytest.mark.parametrize(
    "query",
    [
        *("limit=0", "limit=501", "limit=x", "limit=-1", "limit=٣"),
        *("after=nonsense", "after=5", "after=5~", "after=5~00", f"after=nan~{'00' * 16}"),
    ],
)
async def test_wrong_parameters_are_400(admin: httpx.AsyncClient, query: str) -> None:
    """A list is never asked for nonsense."""
    answer = await admin.get(f"/api/sessions?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_parameter")


async def test_a_session_may_have_any_name(services: Any, admin: httpx.AsyncClient) -> None:
    """Slashes, spaces, percent signs and umlauts in ids survive the path."""
    answer = await admin.get("/api/sessions/pizza/a%2Fb%20%25/%C3%A4%3F")
    assert answer.status_code == 200
    assert services.sessions.calls == [(SessionRef("pizza", "a/b %", "ä?"),)]


@pytest.mark.parametrize("name", ["%00", "%FF"])
async def test_a_name_that_cannot_exist_is_404(services: Any, admin: httpx.AsyncClient, name: str) -> None:
    """NUL and broken UTF-8 never reach the database."""
    assert (await admin.get(f"/api/sessions/pizza/{name}/s")).status_code == 404
    assert services.sessions.calls == []


async def test_a_session_is_changed(services: Any, admin: httpx.AsyncClient) -> None:
    """Patch, reset, go to, export and forget reach the session that the path names."""
    assert (await admin.patch(f"{ONE}/context?revision=7", json={"size": None})).status_code == 200
    assert (await admin.post(f"{ONE}/reset")).status_code == 200
    assert (await admin.post(f"{ONE}/goto", json={"node": "pizza/ask"})).status_code == 200
    assert (await admin.get(f"{ONE}/export")).json() == {"sessions": []}
    assert (await admin.delete(ONE)).json() == {"sessions": 1}
    assert [call for call in services.sessions.calls if call != (SESSION,)] == [  # which the audit asks for
        (SESSION, {"size": None}, 7),
        (SESSION, "reset"),
        (SESSION, "pizza/ask"),
        ("export", SESSION, None),
        ("forget", SESSION, None),
    ]


async def test_a_transcript_says_what_the_flow_did(services: Any, admin: httpx.AsyncClient) -> None:
    """The last inbounds with their traces; times are readable, what users sent stays as it is."""
    (one,) = (await admin.get(f"{ONE}/transcript?limit=3")).json()["transcript"]
    assert services.sessions.calls == [("transcript", SESSION, 3)]
    assert (one["at"], one["data"]) == ("2001-09-09T01:46:40.000Z", {"at": 5})
    assert one["outputs"][0]["at"] == "2001-09-09T01:46:40.000Z"
    assert one["trace"]["steps"][0]["changed"] == {"context.at": 5}


async def test_an_export_has_readable_times(services: Any, admin: httpx.AsyncClient) -> None:
    """Ours are RFC 3339; a context's own ``at`` is left alone."""
    shown = await services.sessions.show(SESSION)
    transcript = await services.sessions.transcript(SESSION, 1)
    services.sessions.exported = [{**shown, "state": {"context": {"at": 5}}, "transcript": transcript}]
    for path in (f"{ONE}/export", "/api/users/u1/export"):
        (session,) = (await admin.get(path)).json()["sessions"]
        assert session["createdAt"] == "2025-06-15T15:06:40.000Z"
        assert session["state"] == {"context": {"at": 5}}
        assert session["transcript"][0]["outputs"][0]["at"] == "2001-09-09T01:46:40.000Z"


async def test_refusals_of_the_runtime_pass_through(services: Any, admin: httpx.AsyncClient) -> None:
    """A session that moved on is 409."""
    services.sessions.error = ApiError(409, "revision_mismatch", "The session is at revision 8.")
    answer = await admin.patch(f"{ONE}/context?revision=7", json={})
    assert (answer.status_code, answer.json()["code"]) == (409, "revision_mismatch")


async def test_what_is_kept_of_a_user(services: Any, admin: httpx.AsyncClient) -> None:
    """Profile, export, and erasure."""
    assert (await admin.get("/api/users/u%2F1/profile")).json() == {"name": "u/1"}
    assert (await admin.get("/api/users/u1/export")).json() == {"sessions": []}
    assert (await admin.delete("/api/users/u1")).json() == {"sessions": 1, "sharedWith": []}
    assert services.sessions.calls == [("export", None, "u1"), ("forget", None, "u1")]


async def test_a_delivery_says_why_it_failed(admin: httpx.AsyncClient) -> None:
    """Each failed attempt with its time; an id that leads nowhere is 404."""
    found = (await admin.get(f"/api/deliveries/{delivery_id(b'k' * 16, 1, None)}")).json()
    assert (found["status"], found["output"]) == ("dead", {"text": "hi"})
    (failure,) = found["failures"]
    told = {"ms": 12, "status": 500, "error": "HTTP 500", "response": None}
    assert failure == {"at": "2001-09-09T01:46:40.000Z", **told}
    unknown = await admin.get("/api/deliveries/evt_nonsense")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown_delivery")


async def test_deliveries_are_found_and_replayed(services: Any, admin: httpx.AsyncClient) -> None:
    """A dead delivery is sent again under its own id, and the dispatcher is woken."""
    page = (await admin.get("/api/deliveries?status=dead&limit=1")).json()
    one = page["deliveries"][0]
    assert (one["deliveryId"], one["status"], page["next"]) == (
        delivery_id(b"k" * 16, 1, None),
        "dead",
        one["deliveryId"],
    )
    assert services.store.outbox.asked == (DeliveryFilter("dead"), 1, None)
    answer = await admin.post("/api/deliveries/replay", json={"ids": [one["deliveryId"]]})
    assert answer.json() == {"replayed": [one["deliveryId"]]}
    assert services.dispatcher.woken == 1


@pytest.mark.parametrize("query", ["status=lost", "after=evt_nonsense"])
async def test_wrong_delivery_queries_are_400(admin: httpx.AsyncClient, query: str) -> None:
    """A state that does not exist, and a place that is none."""
    assert (await admin.get(f"/api/deliveries?{query}")).json()["code"] == "invalid_parameter"


@pytest.mark.parametrize("ids", [[], ["evt_nonsense"], [5], "evt_x"])
async def test_only_delivery_ids_are_replayed(admin: httpx.AsyncClient, ids: Any) -> None:
    """Anything else is refused as a whole."""
    answer = await admin.post("/api/deliveries/replay", json={"ids": ids})
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_field")


async def test_timers_are_listed_and_cancelled(admin: httpx.AsyncClient) -> None:
    """A timer can be taken away once."""
    assert (await admin.get("/api/timers")).json()["timers"][0]["dueAt"] == "2001-09-09T01:46:40.000Z"
    assert (await admin.delete("/api/timers/t1")).status_code == 204
    assert (await admin.delete("/api/timers/t2")).json()["code"] == "unknown_timer"


async def test_status_plugins_and_flows(admin: httpx.AsyncClient) -> None:
    """What runs here."""
    assert (await admin.get("/api/status")).json()["state"] == "ready"
    assert (await admin.get("/api/plugins")).json() == {"plugins": []}
    assert (await admin.get("/api/flows")).json() == {"revision": "r1", "flows": []}


async def test_a_reload_is_all_or_nothing(services: Any, admin: httpx.AsyncClient) -> None:
    """Errors are answered with their place; warnings do not stop it."""
    place = {"file": "flows/pizza.yaml", "line": 3, "column": 5, "text": 'no node "x"'}
    services.problems.append(SimpleNamespace(severity="warning", **place))
    done = await admin.post("/api/reload")
    told = [{"field": "flows/pizza.yaml:3:5", "message": 'no node "x"'}]
    changed = {"added": [], "removed": [], "changed": [{"flow": "pizza", "nodesChanged": ["x"]}]}
    news = {"changes": changed, "stranded": {"pizza/x": 2}}
    answer = done.json()
    assert answer.pop("config")["restart"] == []
    assert answer.pop("processes") == {"count": 1, "differ": []}
    assert (done.status_code, answer) == (200, {"revision": "r1", "warnings": told, **news})
    services.problems.append(SimpleNamespace(severity="error", **place))
    failed = await admin.post("/api/reload")
    assert (failed.status_code, failed.json()["code"], failed.json()["errors"]) == (
        422,
        "reload_failed",
        told,
    )


async def test_a_reload_brings_the_routes_of_the_new_plugins(services: Any, admin: httpx.AsyncClient) -> None:
    """Those of the old ones are gone."""
    for name in ("old", "new"):
        blueprint = Blueprint("pages", __name__)
        blueprint.add_url_rule("/", view_func=lambda name=name: name, endpoint="page")
        services.hooks.blueprints = [(name, blueprint)]
        services.project = SimpleNamespace(hooks=services.hooks, library=services.project.library)
        assert (await admin.get(f"/x/{name}/")).text == name
    assert (await admin.get("/x/old/")).status_code == 404


def twice() -> Blueprint:
    """A plugin's routes that contradict themselves."""
    blueprint = Blueprint("pages", __name__)

    def one() -> str:
        return "one"

    def two() -> str:
        return "two"

    blueprint.record(lambda state: state.add_url_rule("/", "page", one))
    blueprint.record(lambda state: state.add_url_rule("/", "page", two))
    return blueprint


async def test_broken_routes_stop_the_start(services: Any) -> None:
    """The server says so instead of running without them."""
    services.hooks.blueprints = [("shop", twice())]
    with pytest.raises(RuntimeError, match="overwriting an existing endpoint"):
        async with serving(create_app(services)):
            pass


async def test_broken_routes_of_a_reload_leave_the_old_ones(services: Any, admin: httpx.AsyncClient) -> None:
    """Administration has to work, or nobody could mend it."""
    assert (await admin.get("/api/status")).status_code == 200
    services.hooks.blueprints = [("shop", twice())]
    services.project = SimpleNamespace(hooks=services.hooks, library=services.project.library)
    assert (await admin.get("/api/status")).status_code == 200


async def test_health_says_alive_and_ready(services: Any, admin: httpx.AsyncClient) -> None:
    """Alive always; ready only while messages are accepted and the storage answers."""
    assert (await admin.get("/healthz")).json() == {"status": "ok"}
    assert (await admin.get("/readyz")).json() == {"status": "ready"}
    services.store.failing = True
    assert (await admin.get("/readyz")).status_code == 503
    services.store.failing = False
    services.state = "stopping"
    stopping = await admin.get("/readyz")
    assert (stopping.status_code, stopping.json()["code"]) == (503, "not_ready")
    assert stopping.headers["retry-after"]
    assert (await admin.get("/healthz")).status_code == 200


async def test_events_are_streamed_as_they_happen(services: Any) -> None:
    """A listener hears the events of its endpoint, and what it missed when it comes back; the stream ends
    when the server stops."""
    async with serving(create_app(services)) as port:
        headers = {"authorization": f"Bearer {ADMIN_KEY}"}
        url = f"http://127.0.0.1:{port}/api/events?endpoint=pizza"
        async with httpx.AsyncClient() as client, client.stream("GET", url, headers=headers) as answer:
            assert answer.headers["content-type"].startswith("text/event-stream")
            lines = answer.aiter_lines()
            assert await anext(lines) == ": flowhook"
            services.events.emit(Event("message.received", 1e9, "other"))
            services.events.emit(Event("message.received", 1e9, "pizza", "u1", "s1", "t1"))
            assert await anext(lines) == ""
            last_id = (await anext(lines)).removeprefix("id: ")
            assert await anext(lines) == "event: message.received"
            data = json.loads((await anext(lines)).removeprefix("data: "))
            assert (data["endpoint"], data["userId"], data["at"]) == (
                "pizza",
                "u1",
                "2001-09-09T01:46:40.000Z",
            )
        services.events.emit(Event("message.sent", 1e9, "pizza", "u1", "s1", "t2"))
        assert await _first_events(url, {**headers, "last-event-id": last_id}, 1) == ["message.sent"]
        assert await _first_events(url, {**headers, "last-event-id": "another-life-3"}, 1) == ["lost"]
        services.state = "stopping"


async def _first_events(url: str, headers: dict[str, str], count: int) -> list[str]:
    """The types of the first events that a watcher gets."""
    async with httpx.AsyncClient() as client, client.stream("GET", url, headers=headers) as answer:
        found: list[str] = []
        async for line in answer.aiter_lines():
            if line.startswith("event: "):
                found.append(line.removeprefix("event: "))
            if len(found) == count:
                break
    return found


async def guess(app: Any, key: str, address: str = "203.0.113.7") -> httpx.Response:
    async with client_of(app, address) as stranger:
        return await stranger.get("/api/status", headers={"authorization": f"Bearer {key}"})


async def test_guesses_at_the_admin_key_are_slowed_then_refused(services: Any, caplog: Any) -> None:
    """By the address that they come from; the log says so twice, not for each."""
    app = create_app(services)
    assert [(await guess(app, f"wrong-{n}")).status_code for n in range(3)] == [401] * 3
    for n in range(3, 10):
        slow = asyncio.ensure_future(guess(app, f"wrong-{n}"))
        await services.clock.settle()
        assert not slow.done()
        await services.clock.advance(1.0)
        assert (await slow).status_code == 401
    refused = await guess(app, "wrong")
    assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
    assert 280 <= int(refused.headers["retry-after"]) <= 300
    assert (await guess(app, ADMIN_KEY)).status_code == 429
    assert (await guess(app, ADMIN_KEY, "203.0.113.8")).status_code == 200
    lines = [record.getMessage() for record in caplog.records if record.action == "admin_key_guessed"]
    assert lines == [
        "wrong admin key from 203.0.113.7",
        "wrong admin key from 203.0.113.7; refused for a while",
    ]
    await services.clock.advance(300)
    assert (await guess(app, ADMIN_KEY)).status_code == 200


async def test_asking_without_a_key_is_no_guess(services: Any) -> None:
    """A probe of a load balancer locks nobody out."""
    app = create_app(services)
    async with client_of(app) as stranger:
        assert {(await stranger.get("/api/status")).status_code for _ in range(20)} == {401}
    assert (await guess(app, ADMIN_KEY)).status_code == 200
