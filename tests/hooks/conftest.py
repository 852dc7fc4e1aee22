"""A bench on which a test writes plugins as files, loads them, and calls their hooks."""

from __future__ import annotations

import copy
import textwrap
from collections.abc import AsyncIterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from flowhook import builtin
from flowhook.harness.clocks import FakeClock
from flowhook.hooks.facade import EndpointHooks, Hooks, Resources
from flowhook.hooks.loading.kinds import NLU, OUTPUT
from flowhook.hooks.loading.loader import EndpointRequirements, PluginRequirements, Use, load_hooks
from flowhook.model.endpoint import Endpoint


class Rows:
    """What plugins keep, in a dictionary that tests look into."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, ...], dict[str, Any]] = {}
        self.owners: dict[tuple[str, ...], tuple[str, str] | None] = {}
        self.expires: dict[tuple[str, ...], float | None] = {}
        self.writes = 0

    async def get(self, endpoint: str, namespace: str, a: str, b: str, now: float) -> dict[str, Any] | None:
        expires_at = self.expires.get((endpoint, namespace, a, b))
        if expires_at is not None and expires_at <= now:
            return None
        return copy.deepcopy(self.kept.get((endpoint, namespace, a, b)))

    async def keep(
        self,
        endpoint: str,
        namespace: str,
        a: str,
        b: str,
        data: dict[str, Any] | None,
        owner: tuple[str, str] | None,
        expires_at: float | None,
    ) -> None:
        key = (endpoint, namespace, a, b)
        self.writes += 1
        self.kept.pop(key, None)
        if data is not None:
            self.kept[key] = data
        self.owners[key], self.expires[key] = owner, expires_at

    async def of_user(self, user_id: str) -> list[dict[str, Any]]:
        raise NotImplementedError("hooks never ask for it")


class KeptSteps:
    """Results of the steps of nodes, in a dictionary."""

    def __init__(self) -> None:
        self.kept: dict[tuple[Any, ...], bytes] = {}

    async def get(self, ref: Any, seq: int, name: str) -> bytes | None:
        return self.kept.get((ref, seq, name))

    async def keep(self, ref: Any, seq: int, name: str, result: bytes) -> None:
        self.kept[ref, seq, name] = result


class Bench:
    """Plugins, written as text, and what they are given."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory / "plugins"
        self.directory.mkdir()
        self.shipped = directory / "shipped"
        self.shipped.mkdir()
        self.rows = Rows()
        self.steps = KeptSteps()
        self.clock = FakeClock()
        self.requests: list[httpx.Request] = []
        transport = httpx.MockTransport(self._answer)
        self.resources = Resources(
            httpx.AsyncClient(transport=transport), httpx.Client(transport=transport), self.rows, self.clock
        )
        self.failures: list[str] = []
        self.loaded: list[Hooks] = []

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.requests.append(request)
        return httpx.Response(200, json={"path": request.url.path})

    def write(self, name: str, source: str, *, shipped: bool = False) -> Path:
        """One plugin file; its usual imports are added."""
        path = (self.shipped if shipped else self.directory) / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("from flowhook import *\n" + textwrap.dedent(source))
        return path

    def load(self, *use: str | dict[str, dict[str, Any]], **requirements: Any) -> Hooks:
        """Load with the endpoint ``pizza`` using these plugins, in this order."""
        named = {kind: requirements.pop(kind.name, None) for kind in (OUTPUT, NLU)}
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

    def endpoint(self, *, abort: bool = True, timeout: float = 5.0) -> Endpoint:
        """The endpoint ``pizza``."""
        rules = SimpleNamespace(abort_on_error=abort, timeout=timeout)
        return Endpoint("pizza", "demo-pizza", "pizza", SimpleNamespace(transformers=rules))

    def hooks(
        self,
        *use: str | dict[str, dict[str, Any]],
        abort: bool = True,
        timeout: float = 5.0,
        **requirements: Any,
    ) -> EndpointHooks:
        """Load, and answer the hooks at the endpoint."""
        return self.load(*use, **requirements).for_endpoint(self.endpoint(abort=abort, timeout=timeout))


@pytest.fixture
async def bench(tmp_path: Path) -> AsyncIterator[Bench]:
    """Closed with all that was loaded on it."""
    made = Bench(tmp_path)
    yield made
    for hooks in made.loaded:
        hooks.close()
    await made.resources.http.aclose()
    made.resources.sync_http.close()
