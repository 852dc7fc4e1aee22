"""One shape for all errors, whoever answers, and the cause stays in the log."""

from __future__ import annotations

import logging
from typing import Any

import httpx
import pytest
from quart import Blueprint, abort, url_for

from flowhook.errors import StorageError
from flowhook.web.asgi_app import create_app

from .conftest import ADMIN_KEY, MESSAGE, client_of

#: method, path, headers, body → status, code
PROBLEMS = [
    ("POST", "/nobody", {}, b"", 404, "unknown_endpoint"),
    ("GET", "/demo-pizza", {}, b"", 405, "method_not_allowed"),
    ("POST", "/demo-pizza", {}, b"{}", 415, "unsupported_media_type"),
    ("POST", "/demo-pizza", {"content-type": "application/json"}, b"{", 400, "invalid_json"),
    ("POST", "/demo-pizza", {"content-type": "application/json"}, b"x" * 300_000, 413, "body_too_large"),
    ("POST", "/demo-keyed", {}, b"", 401, "unauthorized"),
    ("GET", "/receipts/x", {}, b"", 404, "unknown_receipt"),
    ("GET", "/", {}, b"", 404, "not_found"),
    ("GET", "/static", {}, b"", 404, "not_found"),
    ("GET", "/x/nobody/y", {}, b"", 404, "not_found"),
    ("POST", "/callback/once", {}, b"", 404, "unknown_callback"),
    ("GET", "/callback/once", {}, b"", 405, "method_not_allowed"),
    ("POST", "/callback/once/more", {}, b"", 404, "not_found"),
    ("GET", "/api/nothing", {}, b"", 404, "not_found"),
    ("GET", "/static/../etc/passwd", {}, b"", 404, "not_found"),
    ("PUT", "/api/endpoints", {}, b"", 405, "method_not_allowed"),
    ("POST", "/healthz", {}, b"", 405, "method_not_allowed"),
    ("GET", "/api/endpoints", {"authorization": "Bearer x"}, b"", 401, "unauthorized"),
    ("GET", "/metrics", {"authorization": ""}, b"", 401, "unauthorized"),
    ("GET", "/api/endpoints/nobody", {}, b"", 404, "unknown_endpoint"),
    ("POST", "/api/endpoints/keyed/keys", {}, b"[]", 400, "invalid_body"),
    ("POST", "/api/endpoints/keyed/keys", {}, b"\xff", 400, "invalid_json"),
    ("POST", "/api/endpoints/keyed/keys", {}, b"x" * 300_000, 413, "body_too_large"),
]


@pytest.mark.parametrize(("method", "path", "headers", "body", "status", "code"), PROBLEMS)
async def test_every_error_has_the_same_shape(
    admin: httpx.AsyncClient, method: str, path: str, headers: Any, body: bytes, status: int, code: str
) -> None:
    """problem+json with all its members, never cached, with the headers that its status asks for."""
    answer = await admin.request(method, path, headers=headers, content=body)
    assert answer.status_code == status
    problem = answer.json()
    assert {"type", "title", "status", "detail", "code", "traceId"} <= problem.keys() <= {
        "type", "title", "status", "detail", "code", "traceId", "errors",
    }  # fmt: skip
    assert (problem["status"], problem["code"]) == (status, code)
    assert problem["type"] == f"urn:flowhook:problem:{code}"
    assert problem["title"]
    assert problem["detail"].endswith((".", "?"))
    assert len(problem["traceId"]) == 32
    assert answer.headers["content-type"] == "application/problem+json"
    assert answer.headers["cache-control"] == "no-store"
    assert ("www-authenticate" in answer.headers) == (status == 401)
    assert ("allow" in answer.headers) == (status == 405)
    assert "server" not in answer.headers


async def test_each_problem_has_a_trace_id_of_its_own(client: httpx.AsyncClient) -> None:
    """Otherwise it could not be found in a log."""
    first, second = [(await client.post("/nobody")).json()["traceId"] for _ in range(2)]
    assert first != second


async def test_the_cause_of_a_surprise_is_in_the_log_only(
    services: Any, admin: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    """The caller gets a trace id, the log gets the rest under that id."""
    services.intake.error = RuntimeError("the cause")
    services.sessions.error = StorageError("another cause")
    with caplog.at_level(logging.ERROR):
        for answer, expected in (
            (await admin.post("/demo-pizza", json=MESSAGE), (500, "internal")),
            (await admin.get("/api/sessions/pizza/u/s"), (503, "storage_unavailable")),
        ):
            assert (answer.status_code, answer.json()["code"]) == expected
            assert "cause" not in answer.text
            assert answer.json()["traceId"] in caplog.text
    assert "the cause" in caplog.text
    assert "another cause" in caplog.text


async def test_errors_of_a_plugin_s_routes_have_the_shape_too(services: Any) -> None:
    """A plugin's blueprint lives under /x/ and cannot break the shape."""
    blueprint = Blueprint("pages", __name__)

    @blueprint.get("/teapot")
    async def teapot() -> str:
        abort(418)

    @blueprint.get("/crash")
    async def crash() -> str:
        raise RuntimeError("secret")

    @blueprint.get("/page")
    async def page() -> str:
        return "hello"

    services.hooks.blueprints = [("shop", blueprint)]
    async with client_of(create_app(services)) as client:
        assert (await client.get("/x/shop/page")).text == "hello"
        for path, status in (("teapot", 418), ("crash", 500), ("nothing", 404)):
            answer = await client.get(f"/x/shop/{path}")
            assert answer.status_code == status
            assert answer.headers["content-type"] == "application/problem+json"
            assert answer.json()["status"] == status
            assert "secret" not in answer.text


async def test_a_plugin_s_routes_are_told_their_addresses(services: Any) -> None:
    """By url_for, with what a path holds escaped and what it does not hold as a query, each time."""
    blueprint = Blueprint("pages", __name__)

    @blueprint.get("/orders/<number>/<int:line>")
    async def order(number: str, line: int) -> list[str]:
        return [
            url_for(".order", number="a b", line=line),
            url_for(".order", number=number, line=2, shown="all"),
        ]

    services.hooks.blueprints = [("shop", blueprint)]
    async with client_of(create_app(services)) as client:
        for _ in range(2):
            told = (await client.get("/x/shop/orders/7/1")).json()
            assert told == ["/x/shop/orders/a%20b/1", "/x/shop/orders/7/2?shown=all"]


async def test_refusals_are_counted_by_their_code(services: Any) -> None:
    """Front and Quart alike."""
    async with client_of(create_app(services)) as client:
        await client.post("/nobody")
        await client.get("/api/endpoints")
        text = (await client.get("/metrics", headers={"authorization": f"Bearer {ADMIN_KEY}"})).text
    assert 'flowhook_requests_refused_total{code="unknown_endpoint"} 1.0' in text
    assert 'flowhook_requests_refused_total{code="unauthorized"} 1.0' in text
