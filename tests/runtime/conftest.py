"""Conversations on a clock that the tests move, with the endpoint's settings and storage of choice."""

from __future__ import annotations

import textwrap
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from pathlib import Path
from typing import Any

import pytest

from flowhook.config import config_from_mapping
from flowhook.harness.application import open_harness
from flowhook.harness.clocks import FakeClock
from flowhook.harness.fake_http import FakeOutgoing
from flowhook.harness.receiver import Receiver
from flowhook.model.session_ref import SessionRef
from flowhook.runtime.turns.overrides import Overrides
from flowhook.testing import Bot, FakeHttp

Open = Callable[..., AbstractAsyncContextManager[Bot]]


@pytest.fixture
def clock() -> FakeClock:
    """Goes on over restarts."""
    return FakeClock()


@pytest.fixture
def open_turns(tmp_path: Path, clock: FakeClock) -> Open:
    """``async with open_turns(flow_text, endpoint={…}) as bot``; open it again for a restart."""

    @asynccontextmanager
    async def opened(
        flow: str | Mapping[str, str] = "",
        *,
        endpoint: dict[str, Any] | None = None,
        plugins: Mapping[str, str] | None = None,
        fast_path: bool = True,
        **sections: Any,
    ) -> AsyncIterator[Bot]:
        write(tmp_path, flow, plugins or {})
        data = {
            "storage": "sqlite:///bot.db",
            "admin_key": "test",
            **sections,
            "endpoints": [
                {"name": "test", "token": "tok-test", "flow": "main",
                 "webhook": {"url": "http://webhook.test/"}, **(endpoint or {})}
            ],
        }  # fmt: skip
        http, receiver = FakeHttp(), Receiver()
        config = config_from_mapping(data, tmp_path, {})
        async with open_harness(
            config,
            SessionRef("test", "user", "session"),
            clock=clock,
            outgoing=FakeOutgoing(http),
            overrides=Overrides(outputs={"test": receiver}, fast_path=fast_path),
        ) as harness:
            yield Bot(harness, clock, http, receiver)

    return opened


def write(root: Path, flow: str | Mapping[str, str], plugins: Mapping[str, str]) -> None:
    """Flows and plugins of a project."""
    flows = {"main": flow} if isinstance(flow, str) else flow
    for directory, ending in (("flows", ".yaml"), ("plugins", ".py")):
        (root / directory).mkdir(exist_ok=True)
        for name, text in (flows if directory == "flows" else plugins).items():
            head = f"flow: {name}\n" if directory == "flows" else '"""A plugin of the tests."""\n'
            if text:
                (root / directory / (name + ending)).write_text(head + textwrap.dedent(text))
