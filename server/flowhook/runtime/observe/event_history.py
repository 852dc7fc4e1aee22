"""The last events, numbered, for those who watch them live and come back after a break."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Awaitable, Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import NamedTuple

from flowhook.ids import new_token
from flowhook.model.event import Event, EventType
from flowhook.storage.records import PublishedEvent

ROOM = 2000  #: events that are kept


class Numbered(NamedTuple):
    """An event and the id by which a watcher says how far it came."""

    id: str
    event: Event


class EventHistory:
    """A ring of the last events, shared by all watchers: what a watcher costs is its place in it.

    It is filled while somebody watches, and for another :data:`ROOM` events afterwards: whoever comes back
    by then has lost nothing. Ids hold a number and the life of the server, so that those of an earlier one
    are known to be foreign. What is erased of a user is erased here.
    """

    def __init__(self, room: int = ROOM) -> None:
        self._room = room
        self._life = new_token()[:8]
        self._events: deque[tuple[int, Event]] = deque()
        self._dropped = 0  #: the number of the last event that is not kept
        self._watchers = 0
        self._unwatched = 0  #: events since the last watcher left
        self._news = asyncio.Event()
        self._hand_over: Callable[[Event], None] | None = None
        self._on_open: Callable[[], Awaitable[None]] | None = None
        self.is_filling = False  #: whether events are kept at the moment
        self.next = 1  #: the number of the event that comes next

    # --- where several processes serve -----------------------------------------------------------

    def share(
        self, life: str, hand_over: Callable[[Event], None], opened: Callable[[], Awaitable[None]]
    ) -> None:
        """Let events of this process be handed over in the place of being kept: they come back with those of
        the others, by :meth:`load`. ``opened`` is awaited before the first watcher reads."""
        self._life, self._hand_over, self._on_open = life, hand_over, opened

    async def opened(self) -> None:
        """Make ready for somebody who begins to watch."""
        if self._on_open is not None:
            await self._on_open()

    def empty(self) -> None:
        """Keep nothing, as at the beginning."""
        self._events.clear()
        self._dropped, self.next = 0, 1

    def load(self, published: Sequence[PublishedEvent]) -> None:
        """Keep events of all processes, by the numbers that they were given."""
        for one in published:
            if self.next == 1 and not self._events:  # what came before the first one is not here
                self._dropped = one.number - 1
            self.next = one.number + 1
            if one.is_gap:
                self._events.clear()
                self._dropped = one.number
            elif one.event is not None:
                self._keep(one.number, one.event)
        self._news.set()

    @property
    def watchers(self) -> int:
        """How many watch now."""
        return self._watchers

    @contextmanager
    def watching(self) -> Iterator[None]:
        """Keep events for a watcher, and for a while after it."""
        self.is_filling = True
        self._watchers += 1
        try:
            yield
        finally:
            self._watchers -= 1
            self._unwatched = 0

    def note(self, event: Event) -> None:
        """Keep an event, if any are kept at the moment."""
        if not self.is_filling:
            return
        if self._hand_over is not None:
            if event.type is EventType.SESSION_FORGOTTEN:
                self._forget(event)  # here at once, elsewhere when it comes there
            self._hand_over(event)
            return
        if self._watchers == 0:
            self._unwatched += 1
            if self._unwatched > self._room:
                self._stop_filling()
                return
        self._keep(self.next, event)
        self.next += 1
        self._news.set()

    def _keep(self, number: int, event: Event) -> None:
        if event.type is EventType.SESSION_FORGOTTEN:
            self._forget(event)
        self._events.append((number, event))
        if len(self._events) > self._room:
            self._dropped = self._events.popleft()[0]

    def position(self, last_id: str | None) -> int:
        """Return the number of the first event that a watcher wants: the one behind ``last_id``; without
        one, or with one that was never given, the next. -1: ``last_id`` is of another life of the server."""
        if last_id is None:
            return self.next
        life, _, number = last_id.partition("-")
        if life != self._life or not (number.isascii() and number.isdigit() and len(number) < 16):
            return -1
        return min(int(number) + 1, self.next)

    def since(self, position: int) -> tuple[bool, list[Numbered]]:
        """Return whether events are gone that were wanted, and those that are there."""
        found: list[Numbered] = []
        for number, event in reversed(self._events):
            if number < position:
                break
            found.append(Numbered(f"{self._life}-{number}", event))
        return position <= self._dropped, found[::-1] if position > 0 else []

    def id_before(self, position: int) -> str:
        """Return the id that leads to a position."""
        return f"{self._life}-{position - 1}"

    async def wait(self, position: int, seconds: float) -> None:
        """Return when an event of this number is there, or after so many seconds."""
        if self.next > position:
            return
        self._news.clear()
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._news.wait()

    def _stop_filling(self) -> None:
        """What comes now has no number, so the one that is passed over stands for all of it."""
        self.is_filling = False
        self._events.clear()
        self._dropped = self.next
        self.next += 1

    def _forget(self, erased: Event) -> None:
        """Forget what is kept of a session, or of a user in all of them."""
        self._events = deque(
            (number, event)
            for number, event in self._events
            if not (
                event.user_id == erased.user_id
                and (not erased.session_id or event.session_id == erased.session_id)
                and (not erased.endpoint or event.endpoint == erased.endpoint)
            )
        )
