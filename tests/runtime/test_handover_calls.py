"""How providers of handovers are called."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest

from flowhook.runtime.handover.providers import Providers


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
    hooks = SimpleNamespace(resources=client, handovers=dict)
    current: Any = SimpleNamespace(project=SimpleNamespace(hooks=hooks))
    none: Any = None
    return Providers(none, none, current, none, none, none, none, none, client.load)


async def test_the_client_is_ready_before_it_is_asked_for() -> None:
    """A server that was held up by its import was ended by the watchdog."""

    async def send(message: str, http: Any) -> tuple[str, Any]:
        return message, http

    client = Client()
    assert await providers(client).call(send, message="hello", conversation="unused") == ("hello", "client")


async def test_who_does_not_name_it_does_not_wait_for_it() -> None:
    """A method gets what it names, and nothing else."""

    async def close(conversation: str) -> str:
        return conversation

    client = Client()
    assert await providers(client).call(close, message="unused", conversation="c") == "c"
    assert not client.ready


async def test_what_takes_too_long_is_cut() -> None:
    """Each call has its time."""

    async def hang() -> None:
        import asyncio

        await asyncio.Event().wait()

    with pytest.raises(TimeoutError):
        await providers(Client()).call(hang, 0.01)
