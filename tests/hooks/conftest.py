"""A bench on which a test writes plugins as files, loads them, and calls their hooks."""

from __future__ import annotations

import json
import textwrap
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from tests.machine import PATIENCE

from flowhook import builtin
from flowhook.harness.clocks import FakeClock
from flowhook.hooks.facade import EndpointHooks, Hooks, Resources
from flowhook.hooks.loading.kinds import NLU, OUTPUT, TRANSLATOR
from flowhook.hooks.loading.loader import EndpointRequirements, PluginRequirements, Use, load_hooks
from flowhook.model.endpoint import Endpoint
from flowhook.storage import open_store
from flowhook.storage.sqlite.store import SqliteStore


class Bench:
    """Plugins, written as text, and what they are given: a database in memory, and HTTP that answers with the
    path that was asked for."""

    def __init__(self, directory: Path, store: SqliteStore, clock: FakeClock) -> None:
        self.directory = directory / "plugins"
        self.directory.mkdir()
        self.shipped = directory / "shipped"
        self.shipped.mkdir()
        self.store = store
        self.steps = store.steps
        self.clock = clock
        self.requests: list[httpx.Request] = []
        transport = httpx.MockTransport(self._answer)
        clients = SimpleNamespace(
            http=httpx.AsyncClient(transport=transport), sync_http=httpx.Client(transport=transport)
        )
        self.resources = Resources(clients, store.plugin_data, clock)
        self.failures: list[str] = []
        self.loaded: list[Hooks] = []

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return httpx.Response(200, json={"path": request.url.path})

    async def ask(self, sql: str) -> list[tuple[Any, ...]]:
        """What stands in the database."""
        return await self.store.database.reads.run(lambda db: db.execute(sql).fetchall())

    async def kept(self) -> dict[tuple[str, ...], Any]:
        """All that plugins keep, by endpoint, namespace and the two strings."""
        rows = await self.ask("SELECT endpoint, namespace, a, b, body FROM plugin_data")
        return {tuple(key): json.loads(body) for *key, body in rows}

    async def changes(self) -> int:
        """How many rows were written so far."""
        return await self.store.database.reads.run(lambda db: db.total_changes)

    def write(self, name: str, source: str, *, shipped: bool = False) -> Path:
        """One plugin file; its usual imports are added."""
        path = (self.shipped if shipped else self.directory) / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("from flowhook import *\n" + textwrap.dedent(source))
        return path

    def load(self, *use: str | dict[str, dict[str, Any]], **requirements: Any) -> Hooks:
        """Load with the endpoint ``pizza`` using these plugins, in this order."""
        named = {kind: requirements.pop(kind.name, None) for kind in (OUTPUT, NLU, TRANSLATOR)}
        engines = {kind: name for kind, name in named.items() if name is not None}
        uses = []
        for number, item in enumerate(use):
            [(name, settings)] = item.items() if isinstance(item, dict) else [(item, {})]
            uses.append(Use(name, settings, ("endpoints", 0, "transformers", "use", number)))
        endpoint = EndpointRequirements("pizza", tuple(uses), engines, ("endpoints", 0))
        hooks = load_hooks(
            PluginRequirements(self.directory, shipped=self.shipped, endpoints=(endpoint,), **requirements),
            self.resources,
            builtin=builtin,
            locate=lambda path: (".".join(map(str, path)), 7, 3),
            on_failure=lambda error: self.failures.append(f"{error.plugin}.{error.hook}@{error.endpoint}"),
        )
        self.loaded.append(hooks)
        return hooks

    def endpoint(self, *, abort: bool = True, timeout: float = PATIENCE, **config: Any) -> Endpoint:
        """The endpoint ``pizza``; ``config`` are further settings of it."""
        rules = SimpleNamespace(abort_on_error=abort, timeout=timeout)
        return Endpoint("pizza", "demo-pizza", "pizza", SimpleNamespace(transformers=rules, **config))

    def hooks(
        self,
        *use: str | dict[str, dict[str, Any]],
        abort: bool = True,
        timeout: float = PATIENCE,
        **requirements: Any,
    ) -> EndpointHooks:
        """Load, and answer the hooks at the endpoint."""
        return self.load(*use, **requirements).for_endpoint(self.endpoint(abort=abort, timeout=timeout))


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """Closed with all that was loaded on it."""
    clock = FakeClock()
    store = open_store("sqlite://", clock)
    await store.open()
    made = Bench(tmp_path, store, clock)
    yield made
    for hooks in made.loaded:
        hooks.close()
    await made.resources.http.aclose()
    made.resources.sync_http.close()
    await store.close()
