"""Events on their way to plugins: one that is slow or hangs makes no other wait."""

from __future__ import annotations

import asyncio
from types import SimpleNamespace
from typing import Any

import pytest

from flowhook.model.event import Event, EventType
from flowhook.runtime.background import BackgroundTasks
from flowhook.runtime.observe.event_bus import EventBus
from flowhook.runtime.plugin_events import PluginEvents


class Hooks:
    """Plugins that note what they hear; ``stuck`` never comes back."""

    def __init__(self, *listeners: str) -> None:
        self.listeners = frozenset(listeners)
        self.heard: list[tuple[str, str]] = []

    async def event(self, event: Event, plugin: str) -> None:
        if plugin == "stuck":
            await asyncio.Event().wait()
        self.heard.append((plugin, event.trace_id))


def event(number: int) -> Event:
    return Event(EventType.MESSAGE_RECEIVED, 0.0, trace_id=str(number))


async def settle() -> None:
    for _ in range(20):
        await asyncio.sleep(0)


async def test_a_plugin_that_hangs_delays_no_other() -> None:
    """Each has its own queue; after a reload the plugins in force listen, and no others."""
    bus, tasks, hooks = EventBus(), BackgroundTasks(), Hooks("stuck", "fine")
    current: Any = SimpleNamespace(project=SimpleNamespace(hooks=hooks))
    events = PluginEvents(bus, current, tasks)
    events.update()
    await settle()
    for number in range(3):
        bus.emit(event(number))
    await settle()
    assert hooks.heard == [("fine", "0"), ("fine", "1"), ("fine", "2")]
    current.project.hooks = new = Hooks("other")
    events.update()
    await settle()
    bus.emit(event(3))
    await settle()
    assert (hooks.heard[3:], new.heard) == ([], [("other", "3")])
    current.project.hooks = Hooks()
    events.update()
    await settle()
    assert not bus.hears(EventType.MESSAGE_RECEIVED)


async def test_lost_events_are_logged_once(caplog: pytest.LogCaptureFixture) -> None:
    """Until the listener has caught up."""
    bus = EventBus(room=2)
    events = bus.listen("plugin slow")
    first = asyncio.ensure_future(anext(events))
    await settle()
    for number in range(6):
        bus.emit(event(number))
    await first
    lines = [record.getMessage() for record in caplog.records]
    assert lines == ["plugin slow is 2 events behind: the oldest are lost"]
    await events.aclose()
