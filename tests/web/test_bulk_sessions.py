"""Many sessions at once: a plan, then exactly that."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from flowhook.errors import ApiError
from flowhook.model.session_ref import OPERATOR, SessionRef


async def test_a_dry_run_tells_how_many_and_does_nothing(services: Any, admin: httpx.AsyncClient) -> None:
    """By endpoint; the audit has no row of it."""
    services.sessions.rows = 3
    told = await admin.post("/api/sessions/forget", json={"endpoint": "pizza", "dryRun": True})
    assert told.json() == {"total": 3, "endpoints": {"pizza": 3}, "done": 0, "left": 0}
    assert [call for call in services.sessions.calls if call[0] == "forget"] == []
    assert services.store.audit.rows == []


async def test_as_many_are_erased_as_the_plan_told(services: Any, admin: httpx.AsyncClient) -> None:
    """Are they more or fewer by now nobody is; the audit says how many there were, and of whom nothing."""
    services.sessions.rows = 3
    refused = await admin.post("/api/sessions/forget", json={"expected": 2})
    assert (refused.status_code, refused.json()["code"]) == (409, "plan_changed")
    assert services.store.audit.rows == []
    done = await admin.post("/api/sessions/forget", json={"expected": 3})
    assert done.json()["done"] == 3
    erased = [call[1] for call in services.sessions.calls if call[0] == "forget"]
    assert erased == [SessionRef("pizza", "u1", f"s{n}") for n in range(3)]
    (row,) = services.store.audit.rows
    assert (row.action, row.user_id, row.after["done"]) == ("session.forget", None, 3)


@pytest.mark.parametrize("path", ["/api/sessions/reset", "/api/sessions/forget"])
async def test_all_that_there_are_are_never_meant_by_saying_nothing(
    services: Any, admin: httpx.AsyncClient, path: str
) -> None:
    """An empty body is a mistake: who means all says how many."""
    services.sessions.rows = 3
    refused = await admin.post(path, json={})
    assert (refused.status_code, refused.json()["code"]) == (400, "invalid_field")
    assert services.sessions.calls == []


async def test_many_are_moved_as_planned(services: Any, admin: httpx.AsyncClient) -> None:
    """The plan moves nobody; a node that none of their flows has is refused, whoever says it; without a
    filter the number has to be said."""
    services.sessions.rows = 2
    about = {"endpoint": "pizza", "target": "pizza/size"}
    told = await admin.post("/api/sessions/goto", json={**about, "dryRun": True})
    assert told.json() == {"total": 2, "endpoints": {"pizza": 2}, "done": 0, "left": 0}
    assert [call for call in services.sessions.calls if call[1:] == ("pizza/size",)] == []
    unknown = await admin.post("/api/sessions/goto", json={**about, "target": "pizza/no", "dryRun": True})
    assert (unknown.status_code, unknown.json()["code"]) == (404, "unknown_node")
    for wrong in ({"target": "size", "endpoint": "pizza"}, {"target": "pizza/size"}, {"endpoint": "pizza"}):
        refused = await admin.post("/api/sessions/goto", json=wrong)
        assert (refused.status_code, refused.json()["code"]) == (400, "invalid_field")
    done = await admin.post("/api/sessions/goto", json={**about, "expected": 2})
    assert done.json()["done"] == 2
    moved = [call[0] for call in services.sessions.calls if call[1:] == ("pizza/size",)]
    assert moved == [SessionRef("pizza", "u1", f"s{n}") for n in range(2)]
    (row,) = services.store.audit.rows
    assert (row.action, row.after["done"]) == ("session.goto", 2)


async def test_the_plan_counts_those_whose_flows_have_no_such_node(
    services: Any, admin: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """They would be left alone."""
    services.sessions.rows = 3

    async def one_cannot(session: SessionRef, target: str) -> None:
        if session.session_id == "s1":
            raise ApiError(404, "unknown_node", "There is no such node.")

    monkeypatch.setattr(services.sessions, "require_target", one_cannot)
    body = {"endpoint": "pizza", "target": "pizza/size", "dryRun": True}
    told = (await admin.post("/api/sessions/goto", json=body)).json()
    assert (told["total"], told["done"], told["left"]) == (3, 0, 1)


async def test_what_cannot_be_reset_is_left_alone(services: Any, admin: httpx.AsyncClient) -> None:
    """One that changes all the time does not keep the others from it."""
    services.sessions.rows = 2
    reset = services.sessions.reset

    async def reset_but_one(session: SessionRef) -> Any:
        if session.session_id == "s0":
            raise ApiError(409, "session_busy", "The session changes faster than it can be edited.")
        return await reset(session)

    services.sessions.reset = reset_but_one
    told = (await admin.post("/api/sessions/reset", json={"endpoint": "pizza"})).json()
    assert (told["total"], told["done"], told["left"]) == (2, 1, 1)


async def test_the_servers_own_session_is_none_of_them(
    services: Any, admin: httpx.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Operator events that wait are not erased with the sessions of users."""
    operator = {"endpoint": OPERATOR.endpoint, "userId": OPERATOR.user_id, "sessionId": OPERATOR.session_id}

    async def find(*about: Any, **more: Any) -> list[Any]:
        return [{**operator, "updatedAt": 1.0}]

    monkeypatch.setattr(services.sessions, "find", find)
    assert (await admin.post("/api/sessions/forget", json={"expected": 0})).json()["total"] == 0


async def test_a_replay_is_of_as_many_as_its_plan(services: Any, admin: httpx.AsyncClient) -> None:
    """And so is a purge: with another number by now nothing is sent, and nothing deleted."""

    class Plan:
        ids = ("a", "b")

    async def plan(wanted: Any) -> Any:
        return Plan

    services.deliveries.plan = plan
    for path in ("/api/replays", "/api/deliveries/purge"):
        assert (await admin.post(path, json={"expected": 1})).json()["code"] == "plan_changed"
        assert (await admin.post(path, json={"expected": 2})).is_success
