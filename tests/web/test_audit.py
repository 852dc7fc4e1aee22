"""The audit: every change through administration leaves a row, by the declaration of its route."""

from __future__ import annotations

import re
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from flowhook.ids import delivery_id
from flowhook.storage.records import AuditRow
from flowhook.web.admin.auth import AdminGuard
from flowhook.web.admin.changes import MAX_VALUE, NO_CHANGE, Change, differing
from flowhook.web.admin.routes import AdminRoutes
from flowhook.web.asgi_app import create_app

from .conftest import ADMIN_KEY, client_of

ONE = "/api/sessions/pizza/u1/s1"
HANDOVER = "/api/handovers/h1"
TIMER = "/api/timers/t1"
DELIVERY = delivery_id(b"k" * 16, 1, None)

#: What is sent to each route that changes something; a new route has to be added here.
CALLS: dict[str, tuple[str, Any]] = {
    "POST /api/endpoints": ("/api/endpoints", {"name": "new", "flow": "pizza"}),
    "PATCH /api/endpoints/{name}": ("/api/endpoints/pizza", {"locale": "de"}),
    "DELETE /api/endpoints/{name}": ("/api/endpoints/pizza", None),
    "POST /api/endpoints/{name}/enable": ("/api/endpoints/pizza/enable", None),
    "POST /api/endpoints/{name}/disable": ("/api/endpoints/pizza/disable", None),
    "POST /api/endpoints/{name}/resume": ("/api/endpoints/pizza/resume", None),
    "POST /api/endpoints/{name}/keys": ("/api/endpoints/keyed/keys", {"name": "shop"}),
    "POST /api/endpoints/{name}/keys/{id}/rotate": ("/api/endpoints/keyed/keys/{key}/rotate", {}),
    "DELETE /api/endpoints/{name}/keys/{id}": ("/api/endpoints/keyed/keys/{key}", None),
    "PATCH /api/sessions/{endpoint}/{userId}/{sessionId}/context": (f"{ONE}/context", {"a": 1}),
    "POST /api/sessions/{endpoint}/{userId}/{sessionId}/reset": (f"{ONE}/reset", None),
    "POST /api/sessions/{endpoint}/{userId}/{sessionId}/goto": (f"{ONE}/goto", {"node": "pizza/ask"}),
    "DELETE /api/sessions/{endpoint}/{userId}/{sessionId}": (ONE, None),
    "POST /api/sessions/reset": ("/api/sessions/reset", {"endpoint": "pizza"}),
    "POST /api/sessions/goto": ("/api/sessions/goto", {"endpoint": "pizza", "target": "pizza/ask"}),
    "POST /api/sessions/forget": ("/api/sessions/forget", {"endpoint": "pizza", "expected": 1}),
    "DELETE /api/users/{userId}": ("/api/users/u1", None),
    "PUT /api/profiles/{userId}": ("/api/profiles/u1", {"name": "Ada"}),
    "PATCH /api/profiles/{userId}": ("/api/profiles/u1", {"name": "Ada"}),
    "POST /api/profiles/{userId}/merge": ("/api/profiles/u1/merge", {"userId": "u2"}),
    "DELETE /api/profiles/{userId}": ("/api/profiles/u1", None),
    "POST /api/deliveries/replay": ("/api/deliveries/replay", {"ids": [DELIVERY]}),
    "POST /api/deliveries/{id}/skip": (f"/api/deliveries/{DELIVERY}/skip", {}),
    "DELETE /api/deliveries/{id}": (f"/api/deliveries/{DELIVERY}", None),
    "POST /api/deliveries/purge": ("/api/deliveries/purge", {}),
    "POST /api/replays": ("/api/replays", {}),
    "DELETE /api/replays/{id}": ("/api/replays/r1", None),
    "POST /api/endpoints/{name}/pause": ("/api/endpoints/pizza/pause", {"reason": "moving"}),
    "DELETE /api/timers/{id}": (TIMER, None),
    "POST /api/reload": ("/api/reload", None),
    "POST /api/packages": ("/api/packages", {"package": "UEs=", "onConflict": "keep"}),
    "POST /api/packages/installed": ("/api/packages/installed", {"package": "0" * 64, "written": ["a.yaml"]}),
    "POST /api/snapshots": ("/api/snapshots", {"name": "v2"}),
    "DELETE /api/snapshots/{name}": ("/api/snapshots/v1", None),
    "POST /api/handovers/{id}/take": (f"{HANDOVER}/take", None),
    "POST /api/handovers/{id}/reply": (f"{HANDOVER}/reply", {"text": "hello"}),
    "POST /api/handovers/{id}/note": (f"{HANDOVER}/note", {"text": "hello"}),
    "POST /api/handovers/{id}/release": (f"{HANDOVER}/release", None),
    "POST /api/handovers/{id}/transfer": (f"{HANDOVER}/transfer", {"to": "bob"}),
    "POST /api/handovers/{id}/resolve": (f"{HANDOVER}/resolve", {}),
    "POST /api/logout": ("/api/logout", None),
    "POST /api/endpoints/{name}/snapshot": ("/api/endpoints/pizza/snapshot", {"snapshot": "v1"}),
}
#: Routes that change nothing, whatever their method is: ``change=NO_CHANGE``.
QUIET: set[str] = {
    "POST /api/endpoints/{name}/verify",
    "POST /api/operator-events/verify",
    "POST /api/handovers/presence",
    "POST /api/handovers/{id}/typing",
    "POST /api/copilot/{id}/postback",
}


async def test_every_route_that_changes_writes_a_row(services: Any, admin: httpx.AsyncClient) -> None:
    """Whatever is no GET is called as it should be, and leaves exactly one row that says who and what."""
    document = (await admin.get("/openapi.json")).json()
    changing = {
        f"{method.upper()} {path}"
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if method != "get" and any("admin" in way for way in operation["security"])
    }
    assert changing == CALLS.keys() | QUIET
    made = (await admin.post("/api/endpoints/keyed/keys", json={"name": "till"})).json()
    for route, (path, body) in CALLS.items():
        services.store.audit.rows.clear()
        response = await admin.request(route.split()[0], path.format(key=made["id"]), json=body)
        assert response.is_success, (route, response.text)
        (row,) = services.store.audit.rows
        assert (row.who, row.role, row.at) == ("admin", "admin", services.clock.now()), route
        assert re.fullmatch(r"[a-z]+\.[a-z]+", row.action), route
        assert re.fullmatch(r"[a-z]+(/[^{}/]+)*", row.subject), route


async def test_a_route_cannot_be_declared_without_its_change(services: Any) -> None:
    """The server does not start with a route that forgot it, nor with a GET that has one."""
    routes = AdminRoutes("x", "x", services, AdminGuard(ADMIN_KEY, services.clock))

    async def handler(application: Any, request: Any) -> None: ...

    with pytest.raises(TypeError, match="POST /api/x: all methods but GET declare their change"):
        routes.add("POST /api/x", handler, "X.", role="admin")
    with pytest.raises(TypeError, match="GET /api/x"):
        routes.add("GET /api/x", handler, "X.", role="admin", change=Change("x.do"))
    routes.add("POST /api/x", handler, "X.", role="admin", change=NO_CHANGE)


async def test_a_row_says_what_differs(services: Any, admin: httpx.AsyncClient) -> None:
    """Before and after hold what is not the same, and nothing else."""
    await admin.post("/api/endpoints/pizza/disable")
    (row,) = services.store.audit.rows
    assert (row.action, row.subject, row.endpoint) == ("endpoint.disable", "endpoints/pizza", "pizza")
    assert (row.before, row.after) == ({"enabled": True}, {"enabled": False})


async def test_what_is_refused_leaves_no_row(services: Any, admin: httpx.AsyncClient) -> None:
    """An unknown endpoint, a wrong body, a wrong role: nothing was changed."""
    assert (await admin.post("/api/endpoints/nobody/disable")).status_code == 404
    assert (await admin.post("/api/endpoints/keyed/keys", json={})).status_code == 400
    admin.headers["authorization"] = "Bearer reader-key-of-the-tests"
    assert (await admin.post("/api/endpoints/pizza/disable")).status_code == 403
    assert services.store.audit.rows == []


async def test_no_secret_is_written(services: Any, admin: httpx.AsyncClient) -> None:
    """A key is shown to its maker, not to the audit."""
    made = (await admin.post("/api/endpoints/keyed/keys", json={"name": "shop"})).json()
    (row,) = services.store.audit.rows
    assert (row.subject, row.after["id"], row.after["name"]) == ("endpoints/keyed", made["id"], "shop")
    assert made["key"] not in repr(row)
    assert made["key"].split("_")[2] not in repr(row)


async def test_what_is_erased_is_not_named(services: Any, admin: httpx.AsyncClient) -> None:
    """That a user was forgotten is written down, not which."""
    await admin.delete("/api/users/u1")
    await admin.delete(ONE)
    assert [(row.action, row.subject) for row in services.store.audit.rows] == [
        ("user.forget", "users/…"),
        ("session.forget", "sessions/pizza/…/…"),
    ]
    assert all(row.user_id is row.session_id is None for row in services.store.audit.rows)


async def test_a_masked_endpoint_is_masked_here_too(services: Any, admin: httpx.AsyncClient) -> None:
    """Neither the user's id nor what is in the session."""

    async def show(session: Any) -> dict[str, Any]:
        return {"revision": 7, "node": "pizza/ask", "state": {"context": {"pin": next(pins)}}}

    pins = iter(["4711", "4712", "4713", "4714"])
    services.sessions.show = show
    await admin.post(f"{ONE}/reset")
    services.endpoints.by_name("pizza").config.privacy.mask_logging = True
    await admin.post(f"{ONE}/reset")
    await admin.delete("/api/users/u1")
    open_, masked, user = services.store.audit.rows
    assert (open_.subject, open_.user_id) == ("sessions/pizza/u1/s1", "u1")
    assert (open_.before, open_.after) == ({"context": {"pin": "4711"}}, {"context": {"pin": "4712"}})
    assert (masked.subject, masked.user_id) == ("sessions/pizza/****/****", None)
    assert (masked.before, masked.after) == ({"context": {"pin": "****"}}, {"context": {"pin": "****"}})
    assert "u1" not in repr(user)


async def test_a_blind_session_is_masked_here_too(services: Any, admin: httpx.AsyncClient) -> None:
    """A node has switched it on, for this session alone."""

    async def show(session: Any) -> dict[str, Any]:
        blind = {"blind": ["mask_logging"]} if session.user_id == "u1" else {}
        return {"revision": 7, "node": "pizza/ask", "state": {"context": {"pin": next(pins)}, **blind}}

    pins = iter(["4711", "4712", "4713", "4714"])
    services.sessions.show = show
    await admin.post(f"{ONE}/reset")
    await admin.post(f"{ONE.replace('u1', 'u2')}/reset")
    masked, open_ = services.store.audit.rows
    assert (masked.subject, masked.after) == ("sessions/pizza/****/****", {"context": {"pin": "****"}})
    assert (open_.subject, open_.after) == ("sessions/pizza/u2/s1", {"context": {"pin": "4714"}})


async def test_the_audit_is_read_page_by_page(services: Any, admin: httpx.AsyncClient) -> None:
    """Filters, times, and where the next page begins."""
    services.store.audit.rows = [
        AuditRow(1e9, "kim", "operator", "session.reset", "sessions/pizza/u1/s1", "pizza", row=9)
    ]
    query = (
        "who=kim&action=session&endpoint=pizza&userId=u1&from=2001-09-09T00:00:00Z&to=2001-09-10t00:00:00z"
    )
    page = (await admin.get(f"/api/audit?{query}&limit=1&after=12")).json()
    assert page == {
        "audit": [
            {
                "at": "2001-09-09T01:46:40.000Z", "who": "kim", "role": "operator",
                "action": "session.reset", "subject": "sessions/pizza/u1/s1", "before": None, "after": None,
            }
        ],
        "next": 9,
    }  # fmt: skip
    wanted, limit, before = services.store.audit.asked
    assert (wanted.who, wanted.action, wanted.endpoint, wanted.user_id) == ("kim", "session", "pizza", "u1")
    assert (wanted.since, wanted.until, limit, before) == (999_993_600.0, 1_000_080_000.0, 1, 12)


@pytest.mark.parametrize("query", ["from=yesterday", "to=2001-09-09", "from=2001-09-09T00:00:00", "limit=0"])
async def test_a_wrong_time_is_told(admin: httpx.AsyncClient, query: str) -> None:
    """A time without its zone is none."""
    answer = await admin.get(f"/api/audit?{query}")
    assert (answer.status_code, answer.json()["code"]) == (400, "invalid_parameter")


async def test_too_much_is_left_out(services: Any, admin: httpx.AsyncClient) -> None:
    """A context of any size does not fill the audit."""

    async def show(session: Any) -> dict[str, Any]:
        return {"revision": next(revisions), "node": None, "state": {"context": next(contexts)}}

    revisions, contexts = iter([1, 2]), iter([{}, {"x": "x" * MAX_VALUE}])
    services.sessions.show = show
    await admin.patch(f"{ONE}/context", json={"x": "y"})
    (row,) = services.store.audit.rows
    assert row.before == {"revision": 1, "context": {}}
    assert row.after["omittedBytes"] > MAX_VALUE


def test_the_same_is_left_out_at_any_depth() -> None:
    """Keys that came, went, changed; lists count as a whole."""
    before = {"a": 1, "b": {"c": 2, "d": [1]}, "gone": None}
    after = {"a": 1, "b": {"c": 3, "d": [1]}, "new": None}
    assert differing(before, after) == ({"b": {"c": 2}, "gone": None}, {"b": {"c": 3}, "new": None})
    assert differing(None, {"a": 1}) == (None, {"a": 1})


async def test_a_dry_run_writes_nothing(services: Any) -> None:
    """A handler says when it has changed nothing."""
    services.project.hooks.blueprints = []
    routes = AdminRoutes("x", "x", services, AdminGuard(ADMIN_KEY, services.clock))

    async def handler(application: Any, request: Any) -> Any:
        request.changes = False
        return {}

    routes.add("POST /api/x", handler, "X.", role="admin", change=Change("x.do"), response="Object")
    app = create_app(services)
    await app._inner._rebuild()  # type: ignore[attr-defined]
    app._inner._app.register_blueprint(routes.blueprint)  # type: ignore[attr-defined]
    async with client_of(app) as client:
        client.headers["authorization"] = f"Bearer {ADMIN_KEY}"
        assert (await client.post("/api/x")).status_code == 200
    assert services.store.audit.rows == []
    assert isinstance(services, SimpleNamespace)
