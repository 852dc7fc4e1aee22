"""Publishes events to whoever listens: plugins' ``on_event`` and the live stream of ``/api``."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable

from flowhook.model.event import Event, EventType
from flowhook.model.log_action import LogAction
from flowhook.runtime.observe.event_history import EventHistory

log = logging.getLogger("flowhook")

Listener = Callable[[Event], Awaitable[None]]


class EventBus:
    """Hands events on without ever making the publisher wait.

    A listener that falls behind by more than ``room`` events loses the oldest ones, which the log says.
    """

    def __init__(self, room: int = 1000) -> None:
        self.history = EventHistory()  #: for those who watch by ids
        self._room = room
        self._queues: dict[asyncio.Queue[Event], str] = {}  #: whose each is
        self._behind: set[asyncio.Queue[Event]] = set()  #: those that lost events, which was logged
        self._subscribed: frozenset[str] = frozenset()
        self._subscriber: Callable[[Event], None] | None = None

    def hears(self, type: EventType) -> bool:
        """Tell whether anybody listens to events of a type; ask first where making one costs something."""
        return bool(self._queues) or self.history.is_filling or type in self._subscribed

    def subscribe(self, subscriber: Callable[[Event], None], types: Iterable[str]) -> None:
        """Let a function be called with each event of these types, in the place of what was subscribed
        before. It neither waits nor raises, and loses none."""
        self._subscriber, self._subscribed = subscriber, frozenset(types)

    def emit(self, event: Event) -> None:
        """Hand an event to every listener."""
        self.history.note(event)
        if self._subscriber is not None and event.type in self._subscribed:
            self._subscriber(event)
        for queue in self._queues:
            if queue.full():
                queue.get_nowait()
                self._note_loss(queue)
            queue.put_nowait(event)

    async def listen(self, name: str = "a listener") -> AsyncGenerator[Event, None]:
        """Yield events from now on. ``name`` is for the log."""
        queue: asyncio.Queue[Event] = asyncio.Queue(self._room)
        self._queues[queue] = name
        try:
            while True:
                if self._behind and queue.empty():
                    self._behind.discard(queue)
                yield await queue.get()
        finally:
            del self._queues[queue]
            self._behind.discard(queue)

    async def dispatch(self, listener: Listener, *, name: str) -> None:
        """Hand each event to a listener until cancelled; the listener guards its own failures."""
        async for event in self.listen(name):
            await listener(event)

    def _note_loss(self, queue: asyncio.Queue[Event]) -> None:
        """Log, once until it has caught up, that a listener loses events."""
        if queue not in self._behind:
            self._behind.add(queue)
            log.warning(
                "%s is %d events behind: the oldest are lost",
                self._queues[queue],
                self._room,
                extra={"action": LogAction.EVENTS_LOST},
            )
