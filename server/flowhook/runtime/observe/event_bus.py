"""Publishes events to whoever listens: plugins' ``on_event`` and the live stream of ``/api``."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable

from flowhook.model.event import Event

Listener = Callable[[Event], Awaitable[None]]


class EventBus:
    """Hands events on without ever making the publisher wait.

    A listener that falls behind by more than ``room`` events loses the oldest ones.
    """

    def __init__(self, room: int = 1000) -> None:
        self._room = room
        self._queues: set[asyncio.Queue[Event]] = set()

    @property
    def heard(self) -> bool:
        """Tell whether anybody listens; ask first where making the event costs something."""
        return bool(self._queues)

    def emit(self, event: Event) -> None:
        """Hand an event to every listener."""
        for queue in self._queues:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(event)

    async def listen(self) -> AsyncGenerator[Event, None]:
        """Yield events from now on."""
        queue: asyncio.Queue[Event] = asyncio.Queue(self._room)
        self._queues.add(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            self._queues.discard(queue)

    async def dispatch(self, listener: Listener) -> None:
        """Hand each event to a listener until cancelled; the listener guards its own failures."""
        async for event in self.listen():
            await listener(event)
