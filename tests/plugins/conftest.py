"""Loads the plugins that are shipped, from where they lie."""

from __future__ import annotations

from collections.abc import AsyncIterator, Callable, Iterator
from types import SimpleNamespace
from typing import Any

import httpx
import pytest
from tests.machine import PATIENCE
from tests.plugins.service import Service, running_service

from flowhook.harness.clocks import FakeClock
from flowhook.hooks.facade import EndpointHooks, Hooks, Resources
from flowhook.hooks.loading.loader import EndpointRequirements, PluginRequirements, Use, load_hooks
from flowhook.model.endpoint import Endpoint

Load = Callable[..., EndpointHooks]


@pytest.fixture
def shipped() -> Iterator[Load]:
    """``shipped("telegram", bot_token="x")``: the hooks of an endpoint that uses one plugin."""
    loaded: list[Hooks] = []

    def load(name: str, **settings: Any) -> EndpointHooks:
        use = Use(name, settings, ("endpoints", 0, "transformers", "use", 0))
        none: Any = None
        hooks = load_hooks(
            PluginRequirements(endpoints=(EndpointRequirements("shop", (use,)),)),
            Resources(none, none, FakeClock()),
        )
        loaded.append(hooks)
        rules = SimpleNamespace(abort_on_error=True, timeout=PATIENCE)
        return hooks.for_endpoint(Endpoint("shop", "demo", "shop", SimpleNamespace(transformers=rules)))

    yield load
    for hooks in loaded:
        hooks.close()


@pytest.fixture
async def service() -> AsyncIterator[Service]:
    """A real HTTP server that records and answers as told."""
    async with running_service() as service:
        yield service


@pytest.fixture
async def http() -> AsyncIterator[httpx.AsyncClient]:
    """What engines and hooks call with."""
    async with httpx.AsyncClient() as client:
        yield client
