"""What happens, told to whoever listens: plugins' ``on_event`` and the live stream of ``/api``."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

Listener = Callable[["Event"], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Event:
    """``type`` is a stable word such as ``message.received``; ``at`` is POSIX seconds."""

    type: str
    at: float
    endpoint: str = ""
    user_id: str = ""
    session_id: str = ""
    trace_id: str = ""
    data: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> dict[str, Any]:
        """As the stream shows it."""
        return {
            "type": self.type,
            "at": self.at,
            "endpoint": self.endpoint,
            "userId": self.user_id,
            "sessionId": self.session_id,
            "traceId": self.trace_id,
            "data": self.data,
        }


class EventBus:
    """Hands events on without ever making the teller wait.

    A listener that falls behind by more than ``room`` events loses the oldest ones.
    """

    def __init__(self, room: int = 1000) -> None:
        self._room = room
        self._queues: set[asyncio.Queue[Event]] = set()

    @property
    def heard(self) -> bool:
        """Whether anybody listens; ask first where making the event costs something."""
        return bool(self._queues)

    def emit(self, event: Event) -> None:
        """Tell everybody."""
        for queue in self._queues:
            if queue.full():
                queue.get_nowait()
            queue.put_nowait(event)

    async def listen(self) -> AsyncGenerator[Event, None]:
        """Events from now on."""
        queue: asyncio.Queue[Event] = asyncio.Queue(self._room)
        self._queues.add(queue)
        try:
            while True:
                yield await queue.get()
        finally:
            self._queues.discard(queue)

    async def tell(self, listener: Listener) -> None:
        """Hand each event to a listener until cancelled; the listener guards its own failures."""
        async for event in self.listen():
            await listener(event)
