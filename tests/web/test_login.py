"""Browsers log in with an admin key, and get a cookie that counts as the key would."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from flowhook.web.admin.browser_logins import LIFETIME, MAX_LOGINS
from flowhook.web.asgi_app import create_app

from .conftest import ADMIN_KEY, client_of

OPERATOR = "operator-key-of-the-tests"


async def logged_in(client: httpx.AsyncClient, key: str = ADMIN_KEY) -> dict[str, str]:
    """Log in; return the headers that a page of ours sends with what it changes."""
    response = await client.post("/api/login", json={"key": key})
    assert response.status_code == 200, response.text
    name, _, value = response.headers["set-cookie"].partition(";")[0].partition("=")
    client.cookies.clear()
    client.headers["cookie"] = f"{name}={value}"
    return {"x-flowhook-csrf": response.json()["csrf"]}


@pytest.fixture
def app(services: Any) -> Any:
    return create_app(services)


async def test_a_browser_logs_in_and_out(app: Any, services: Any) -> None:
    """The cookie is for the browser alone, and ends with the logout."""
    async with client_of(app) as client:
        response = await client.post("/api/login", json={"key": OPERATOR})
        assert (response.json()["name"], response.json()["role"]) == ("a-operator", "operator")
        cookie = response.headers["set-cookie"]
        for part in ("HttpOnly", "SameSite=Strict", "Path=/", "Secure", f"Max-Age={LIFETIME}"):
            assert f"; {part}" in cookie
        word = await logged_in(client, OPERATOR)
        me = (await client.get("/api/me")).json()
        assert (me["role"], me["csrf"]) == ("operator", word["x-flowhook-csrf"])
        assert (await client.post("/api/logout", headers=word)).status_code == 204
        assert (await client.get("/api/me")).status_code == 401


async def test_what_a_browser_does_is_audited_as_its_key(app: Any, services: Any) -> None:
    """Who logged in stands in the rows, and neither key nor cookie does."""
    async with client_of(app) as client:
        word = await logged_in(client, OPERATOR)
        await client.post("/api/endpoints/pizza/disable", headers=word)
    rows = services.store.audit.rows
    assert [(row.who, row.role, row.action) for row in rows] == [
        ("a-operator", "operator", "browser.login"),
        ("a-operator", "operator", "endpoint.disable"),
    ]
    assert OPERATOR not in repr(rows)


async def test_roles_count_for_browsers(app: Any) -> None:
    """A refused call is 403 with the role it needs."""
    async with client_of(app) as client:
        word = await logged_in(client, "reader-key-of-the-tests")
        refused = await client.post("/api/endpoints/pizza/disable", headers=word)
        assert (refused.status_code, refused.json()["code"]) == (403, "forbidden")


@pytest.mark.parametrize(
    "headers",
    [{}, {"x-flowhook-csrf": "0" * 32}, {"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}],
)
async def test_a_page_of_another_site_changes_nothing(
    app: Any, services: Any, headers: dict[str, str]
) -> None:
    """Without the word, or where the browser says that it is one."""
    async with client_of(app) as client:
        word = await logged_in(client)
        sent = {**(word if "sec-fetch-site" in headers else {}), **headers}
        refused = await client.post("/api/endpoints/pizza/disable", headers=sent)
        assert (refused.status_code, refused.json()["code"]) == (403, "cross_site")
        assert (await client.get("/api/endpoints")).status_code == 200
    assert services.endpoints.by_name("pizza").enabled


async def test_guesses_at_the_login_are_slowed_then_refused(app: Any, services: Any) -> None:
    """As with keys: the fourth waits, the eleventh is not looked at."""
    async with client_of(app) as stranger:
        for number in range(10):
            guessing = asyncio.ensure_future(stranger.post("/api/login", json={"key": "a guess"}))
            await services.clock.settle()
            if number >= 3:
                assert not guessing.done()
                await services.clock.advance(1.0)
            wrong = await guessing
            assert wrong.status_code == 401
            assert "set-cookie" not in wrong.headers
        refused = await stranger.post("/api/login", json={"key": ADMIN_KEY})
        assert (refused.status_code, refused.json()["code"]) == (429, "rate_limited")
    assert services.store.audit.rows == []


async def test_a_login_ends_by_itself(app: Any, services: Any) -> None:
    """After twelve hours."""
    async with client_of(app) as client:
        await logged_in(client)
        await services.clock.advance(LIFETIME - 1)
        assert (await client.get("/api/me")).status_code == 200
        await services.clock.advance(1)
        assert (await client.get("/api/me")).status_code == 401


async def test_logins_are_bounded(app: Any, services: Any) -> None:
    """One more than there may be ends the oldest."""
    async with client_of(app) as first:
        await logged_in(first)
        for _ in range(MAX_LOGINS):
            await services.clock.advance(1)
            async with client_of(app) as client:
                await logged_in(client)
        assert (await first.get("/api/me")).status_code == 401
    kept = [name for name in services.store.settings.kept if name.startswith("browser-login:")]
    assert len(kept) == MAX_LOGINS


async def test_a_login_outlives_the_server_but_not_its_key(services: Any) -> None:
    """Another process knows the cookie; it is worth nothing once the key has left the configuration."""
    async with client_of(create_app(services)) as client:
        await logged_in(client, OPERATOR)
        cookie = client.headers["cookie"]
    async with client_of(create_app(services)) as client:
        client.headers["cookie"] = cookie
        assert (await client.get("/api/me")).json()["role"] == "operator"
    services.config.admin_keys = [key for key in services.config.admin_keys if key.role != "operator"]
    async with client_of(create_app(services)) as client:
        client.headers["cookie"] = cookie
        assert (await client.get("/api/me")).status_code == 401


async def test_the_database_holds_no_cookie(app: Any, services: Any) -> None:
    """Hashes alone: whoever reads it cannot log in."""
    async with client_of(app) as client:
        await logged_in(client)
        token = client.headers["cookie"].partition("=")[2]
    assert token not in repr(services.store.settings.kept)
    assert ADMIN_KEY not in repr(services.store.settings.kept)


async def test_there_is_no_login_without_pages(app: Any, services: Any) -> None:
    """``studio: {enabled: false}``."""
    services.config.studio.enabled = False
    async with client_of(app) as client:
        assert (await client.post("/api/login", json={"key": ADMIN_KEY})).status_code == 404
