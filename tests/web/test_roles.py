"""Roles: each route of administration says which it needs, and refuses the others."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

from flowhook.model.roles import ROLES, permits
from flowhook.web.asgi_app import create_app

from .conftest import ADMIN_KEY, client_of


async def guarded(services: Any) -> list[tuple[str, str, dict[str, Any]]]:
    """Method, path and operation of each route that needs a role."""
    async with client_of(create_app(services)) as client:
        document = (await client.get("/openapi.json")).json()
    return [
        (method, path, operation)
        for path, methods in document["paths"].items()
        for method, operation in methods.items()
        if any("admin" in way for way in operation["security"])
    ]


@pytest.mark.parametrize("role", ROLES)
async def test_a_route_lets_the_roles_pass_that_it_declares(services: Any, role: Any) -> None:
    """OpenAPI says which; 403 names the role that is needed, and nothing was done."""
    key = ADMIN_KEY if role == "admin" else f"{role}-key-of-the-tests"
    name = "admin" if role == "admin" else f"a-{role}"
    async with client_of(create_app(services)) as client:
        client.headers["authorization"] = f"Bearer {key}"
        for method, path, operation in await guarded(services):
            needed = tuple(one for way in operation["security"] for one in way["admin"])
            assert needed, path
            assert f"Needs the role {' or '.join(needed)}." in operation["description"]
            if path == "/api/events" and permits(role, needed):
                continue  # it does not end
            response = await client.request(method, path.replace("{name}", "pizza"), json={})
            if permits(role, needed):
                assert response.status_code != 403, (method, path)
                continue
            problem = response.json()
            assert (response.status_code, problem["code"]) == (403, "forbidden"), (method, path)
            assert problem["detail"].startswith(f"This needs the role {' or '.join(needed)};")
            assert f"the key '{name}' has {role}." in problem["detail"]
    if role in ("reader", "author", "agent"):
        desk = {f"handover.{what}" for what in ("take", "release", "resolve")} if role == "agent" else set()
        assert {row.action for row in services.store.audit.rows} == desk | {"browser.logout"}  # everybody's


@pytest.mark.parametrize(
    ("role", "may", "may_not"),
    [
        ("operator", ["POST /api/reload", "GET /api/sessions", "POST /api/endpoints/pizza/disable"], []),
        ("author", ["GET /api/flows", "GET /api/traces"], ["GET /api/audit", "POST /api/reload"]),
        ("agent", ["GET /api/me"], ["GET /api/sessions", "GET /api/traces", "GET /metrics"]),
        ("reader", ["GET /api/sessions", "GET /api/audit", "GET /metrics"], ["POST /api/reload"]),
    ],
)
async def test_what_a_role_is_for(services: Any, role: str, may: list[str], may_not: list[str]) -> None:
    """The roles as the documentation tells them."""
    services.store.traces = services.store.outbox
    async with client_of(create_app(services)) as client:
        client.headers["authorization"] = f"Bearer {role}-key-of-the-tests"
        for route in may + may_not:
            response = await client.request(*route.split())
            assert (response.status_code == 403) is (route in may_not), route


async def test_tokens_are_for_those_who_may_change_endpoints(services: Any) -> None:
    """A token opens an endpoint, so a reader sees none."""
    async with client_of(create_app(services)) as client:
        for role, shown in (("operator", True), ("reader", False), ("author", False)):
            client.headers["authorization"] = f"Bearer {role}-key-of-the-tests"
            assert ("demo-pizza" in (await client.get("/api/endpoints")).text) is shown, role


async def test_a_key_is_told_whose_it_is(admin: httpx.AsyncClient) -> None:
    """Name and role, for pages and for people with several keys."""
    assert (await admin.get("/api/me")).json() == {"name": "admin", "role": "admin"}
    admin.headers["authorization"] = "Bearer agent-key-of-the-tests"
    assert (await admin.get("/api/me")).json() == {"name": "a-agent", "role": "agent"}
