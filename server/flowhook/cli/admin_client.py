"""The admin API as commands use it: of the running server, or, when there is none, of the same
application opened in this process on the same storage. One code path for both."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar
from urllib.parse import quote

import httpx

from flowhook.cli.asyncio_runner import run_async
from flowhook.cli.console import warn
from flowhook.cli.ports import local_url
from flowhook.errors import ApiError, FlowhookError, StorageError

if TYPE_CHECKING:
    from flowhook.config import Config

T = TypeVar("T")

OWN_KEY = "FLOWHOOK_KEY"  #: variable of the environment: the admin key of who uses the command line
PROBE_SECONDS = 5.0
OTHER_PROJECT = "serves another project"
ANSWER_SECONDS = 120.0  #: an export of much takes its time
PAGE = 500  #: what one answer of a list holds at most


class Admin:
    """Calls under ``/api``. What the server refuses is raised as ApiError with its own sentence."""

    def __init__(self, client: httpx.AsyncClient, *, server: str | None) -> None:
        self._client = client
        self.server = server  #: the URL of the running server; None: this process

    async def get(self, path: str, **query: Any) -> Any:
        """GET; None among the query is left out."""
        return await self._call("GET", path, query=query)

    async def post(self, path: str, body: Any = None, **query: Any) -> Any:
        """POST with a JSON body."""
        return await self._call("POST", path, body=body, query=query)

    async def patch(self, path: str, body: Any, **query: Any) -> Any:
        """PATCH with a JSON body."""
        return await self._call("PATCH", path, body=body, query=query)

    async def delete(self, path: str, **query: Any) -> Any:
        """DELETE."""
        return await self._call("DELETE", path, query=query)

    async def request(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """Any method."""
        return await self._call(method, path, body=body, query=query)

    async def _call(
        self, method: str, path: str, *, body: Any = None, query: dict[str, Any] | None = None
    ) -> Any:
        query = {name: value for name, value in (query or {}).items() if value is not None}
        try:
            response = await self._client.request(method, f"/api{path}", params=query, json=body)
        except httpx.HTTPError as error:
            raise FlowhookError(f"the server at {self.server} went away: {_why(error)}") from error
        return _result(response)


def administer(config: Config, work: Callable[[Admin], Awaitable[T]]) -> T:
    """Run ``work`` with an :class:`Admin` in an event loop of its own."""

    async def run() -> T:
        async with open_admin(config) as admin:
            return await work(admin)

    return run_async(run())


@asynccontextmanager
async def open_admin(config: Config) -> AsyncIterator[Admin]:
    """The running server if it answers, else the application opened here without serving.

    Raises FlowhookError when a process holds the storage but does not answer.
    """
    async with AsyncExitStack() as opened:
        running, silence = await opened.enter_async_context(find_server(config))
        if running is not None:
            yield running
            return
        if OTHER_PROJECT in silence:
            warn(f"{silence}; working on the storage of this one")
        try:
            admin = await opened.enter_async_context(_open_here(config))
        except StorageError as error:
            raise FlowhookError(f"{error}. Its server cannot be asked: {silence}") from error
        yield admin


@asynccontextmanager
async def find_server(config: Config) -> AsyncIterator[tuple[Admin | None, str]]:
    """The running server of this project, or None and why it cannot be asked."""
    url = server_url(config)
    async with httpx.AsyncClient(
        base_url=url,
        headers=_login(known_key(config)),
        timeout=PROBE_SECONDS,
        trust_env=False,
        verify=False,  # it is http, and to read certificates takes a tenth of a command's time
    ) as client:
        silence = await _silence(client, config.root.resolve())
        client.timeout = httpx.Timeout(ANSWER_SECONDS)
        yield (None, f"{url} {silence}") if silence else (Admin(client, server=url), "")


@asynccontextmanager
async def _open_here(config: Config) -> AsyncIterator[Admin]:
    from flowhook.app import open_application
    from flowhook.config.source import ConfigSource
    from flowhook.web.asgi_app import create_app

    source = ConfigSource(Path(config.document.file), os.environ) if config.document is not None else None
    async with open_application(config, serving=False, source=source) as application:
        transport = httpx.ASGITransport(create_app(application))
        async with httpx.AsyncClient(
            transport=transport,
            base_url=server_url(config),
            headers=_login(os.environ.get(OWN_KEY) or application.admin_key),
            timeout=None,
        ) as client:
            yield Admin(client, server=None)


async def _silence(client: httpx.AsyncClient, project: Path) -> str:
    """Why the server cannot be asked; empty when it can."""
    try:
        response = await client.get("/api/status")
    except httpx.ConnectError:
        return "does not listen"
    except httpx.HTTPError as error:
        return f"does not answer: {_why(error)}"
    if response.status_code == 401:
        if os.environ.get(OWN_KEY):
            raise FlowhookError(f"the server refuses the key in {OWN_KEY}")
        return "refuses this project's admin key"
    if response.status_code != 200 or "version" not in _json(response):
        return "is not a flowhook server"
    other = _json(response).get("project", "")
    return f"{OTHER_PROJECT}, {other}" if other != str(project) else ""


def server_url(config: Config) -> str:
    """Where this machine reaches the server."""
    return local_url(config.server.host, config.server.port)


def known_key(config: Config) -> str:
    """One's own admin key from the environment, else that of the configuration, or the one that the first
    start generated."""
    return os.environ.get(OWN_KEY) or config.admin_key or _read(config.state_dir / "admin_key")


def _read(path: Path) -> str:
    try:
        return path.read_text("utf-8").strip()
    except OSError:
        return ""


def _login(key: str) -> dict[str, str]:
    return {"authorization": f"Bearer {key}"} if key else {}


def _result(response: httpx.Response) -> Any:
    if response.is_success:
        return _json(response) if response.content else None
    problem = _json(response)
    detail = problem.get("detail") or f"the server answered {response.status_code}"
    raise ApiError(
        response.status_code, problem.get("code", "error"), detail, errors=problem.get("errors", ())
    )


def _json(response: httpx.Response) -> Any:
    try:
        return response.json()
    except ValueError:
        return {}


def _why(error: Exception) -> str:
    return str(error) or type(error).__name__


async def pages(
    admin: Admin, path: str, key: str, *, limit: int | None, **filters: str | None
) -> list[dict[str, Any]]:
    """What a list holds under ``key``, page after page; all of it when ``limit`` is None."""
    found: list[dict[str, Any]] = []
    after = None
    while limit is None or len(found) < limit:
        room = PAGE if limit is None else min(PAGE, limit - len(found))
        page = await admin.get(path, **filters, limit=room, after=after)
        found += page[key]
        after = page["next"]
        if after is None:
            break
    return found


def in_path(name: str) -> str:
    """A name as one segment of a path, whatever it holds. Dots too: ``..`` would be taken for a step up."""
    return quote(name, safe="").replace(".", "%2E")
