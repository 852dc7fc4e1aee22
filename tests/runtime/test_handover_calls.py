"""How providers of handovers are called."""

from __future__ import annotations

import logging
from types import SimpleNamespace
from typing import Any

import pytest

from flowhook.engine.outcomes import NodeFailed
from flowhook.errors import PluginError, PluginTimeout
from flowhook.hooks.api.handover_provider import HandoverProvider
from flowhook.hooks.facade import Hooks
from flowhook.hooks.loading.discovery import Modules
from flowhook.hooks.loading.kinds import HANDOVER
from flowhook.hooks.loading.plugin import Loaded
from flowhook.hooks.loading.registry import Registry
from flowhook.runtime.handover.providers import Providers


class Pager(HandoverProvider):
    """Any provider."""

    name = "pager"


class Client:
    """An HTTP client that is dear to make, until somebody has made it ready."""

    ready = False

    async def load(self) -> None:
        self.ready = True

    @property
    def http(self) -> str:
        assert self.ready, "made on the event loop, which holds up every message"
        return "client"


def providers(client: Client) -> Providers:
    registry = Registry()
    registry.engines[HANDOVER].add("pager", Pager, "night")
    modules = Modules(())
    modules.close()
    hooks = Hooks(Loaded([], registry, {}, {}, modules), client)  # type: ignore[arg-type]  # an HTTP client alone
    current: Any = SimpleNamespace(project=SimpleNamespace(hooks=hooks))
    none: Any = None
    return Providers(none, none, current, none, none, none, none, none, client.load)


async def test_the_client_is_ready_before_it_is_asked_for() -> None:
    """A server that was held up by its import was ended by the watchdog."""

    async def send(message: str, http: Any) -> tuple[str, Any]:
        return message, http

    client = Client()
    called = await providers(client).call(Pager(), send, message="hello", conversation="unused")
    assert called == ("hello", "client")


async def test_who_does_not_name_it_does_not_wait_for_it() -> None:
    """A method gets what it names, and nothing else."""

    async def close(conversation: str) -> str:
        return conversation

    client = Client()
    assert await providers(client).call(Pager(), close, message="unused", conversation="c") == "c"
    assert not client.ready


async def test_what_takes_too_long_is_cut() -> None:
    """Each call has its time."""

    async def hang() -> None:
        import asyncio

        await asyncio.Event().wait()

    with pytest.raises(
        PluginTimeout, match=r"plugin night, hook handover pager.hang: not done within 0.01 s"
    ):
        await providers(Client()).call(Pager(), hang, 0.01)


async def test_a_failure_names_plugin_method_and_line(caplog: pytest.LogCaptureFixture) -> None:
    """With its text, in the log and among the plugin's failures; what it says on purpose goes up as it is."""

    async def send(message: str) -> None:
        raise ValueError(f"no room for {message}")

    async def refuse() -> None:
        raise NodeFailed("full", "the service is full")

    calls = providers(Client())
    with caplog.at_level(logging.ERROR), pytest.raises(PluginError) as failed:
        await calls.call(Pager(), send, message="hello")
    assert isinstance(failed.value.__cause__, ValueError)
    (record,) = caplog.records
    line = send.__code__.co_firstlineno + 1
    expected = f"plugin night, hook handover pager.send: ValueError at {__file__}:{line}: no room for hello"
    assert (record.name, record.getMessage()) == ("flowhook.plugin.night", expected)
    with pytest.raises(NodeFailed):
        await calls.call(Pager(), refuse)
    assert calls._current.project.hooks.failures_of("night", "handover pager.send") == 1
