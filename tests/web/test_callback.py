"""``/callback/{once}``: what the door lets through to the intake, and what it answers."""

from __future__ import annotations

from typing import Any

import httpx
import pytest

JSON = {"content-type": "application/json"}


@pytest.fixture
def once(services: Any) -> str:
    """An open callback of the endpoint ``pizza``."""
    services.intake.callbacks["once"] = next(iter(services.endpoints))
    return "/callback/once"


@pytest.mark.parametrize(
    ("raw", "body"),
    [(b'{"a": 1}', {"a": 1}), (b"[1, 2]", [1, 2]), (b'"done"', "done"), (b"null", None), (b"0", 0)],
)
async def test_any_json_is_taken(
    admin: httpx.AsyncClient, services: Any, once: str, raw: bytes, body: Any
) -> None:
    """And answered with nothing but the trace id; no key is asked for."""
    answer = await admin.post(once, content=raw, headers=JSON)
    assert (answer.status_code, answer.json()) == (202, {"traceId": "t" * 32})
    assert services.intake.calls[-1].body == body
    assert answer.headers["cache-control"] == "no-store"


async def test_an_empty_body_is_null(admin: httpx.AsyncClient, services: Any, once: str) -> None:
    """Some services only ring."""
    assert (await admin.post(once + "/")).status_code == 202
    assert services.intake.calls[-1].body is None


@pytest.mark.parametrize(
    ("raw", "headers", "status", "code"),
    [
        (b"{", JSON, 400, "invalid_json"),
        (b'{"a": 1, "a": 2}', JSON, 400, "invalid_json"),
        (b"a=1", {"content-type": "application/x-www-form-urlencoded"}, 415, "unsupported_media_type"),
        (b'"' + b"x" * 300_000 + b'"', JSON, 413, "body_too_large"),
    ],
)
async def test_a_refused_body_leaves_it_open(
    admin: httpx.AsyncClient, services: Any, once: str, raw: bytes, headers: Any, status: int, code: str
) -> None:
    """The next try is taken."""
    answer = await admin.post(once, content=raw, headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert services.intake.calls == []
    assert (await admin.post(once, content=b"1", headers=JSON)).status_code == 202


async def test_a_server_that_stops_asks_to_come_back(
    admin: httpx.AsyncClient, services: Any, once: str
) -> None:
    """503, and the URL is as it was."""
    services.state = "stopping"
    answer = await admin.post(once)
    assert (answer.status_code, answer.json()["code"]) == (503, "stopping")
    assert "retry-after" in answer.headers


async def test_the_rate_limit_of_its_endpoint_holds(
    admin: httpx.AsyncClient, services: Any, once: str
) -> None:
    """The URL is as it was."""
    limited = next(endpoint for endpoint in services.endpoints if endpoint.config.rate_limit is not None)
    for _ in range(2):
        services.intake.callbacks["limited"] = limited
        assert (await admin.post("/callback/limited")).status_code == 202
    services.intake.callbacks["limited"] = limited
    assert (await admin.post("/callback/limited")).json()["code"] == "rate_limited"
    assert "limited" in services.intake.callbacks
