"""Events of all processes on one store, for those who watch at any of them.

While somebody watches anywhere each process hands what happens in it to the store, which numbers it; those at
which somebody watches read it from there into the ring of :class:`EventHistory`. So the id of an event is the
same everywhere, and a watcher whose process has died goes on at another one. Where nobody watches nothing is
handed over.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections import deque
from collections.abc import Callable

from flowhook.errors import StorageError
from flowhook.model.event import Event
from flowhook.model.log_action import LogAction
from flowhook.runtime.observe.event_history import ROOM, EventHistory
from flowhook.storage.protocols import Cluster

log = logging.getLogger("flowhook")

GATHER_SECONDS = 0.05  #: that events are gathered before they are handed over together
LOOK_SECONDS = 1.0  #: between two looks at what others handed over, where nobody told of it
LINGER_SECONDS = 60.0  #: after the last watcher: whoever comes back by then has lost nothing
PUBLISHED: dict[str, object] = {"events": True}  #: what processes tell each other


class SharedEvents:
    """Hands over and reads. ``tell`` sends a message to the other processes; ``beat`` lets them know soon
    whether somebody watches here."""

    def __init__(
        self,
        cluster: Cluster,
        history: EventHistory,
        tell: Callable[[dict[str, object]], None],
        beat: Callable[[], None],
    ) -> None:
        self._cluster = cluster
        self._history = history
        self._tell = tell
        self._beat = beat
        self._waiting: deque[Event] = deque(maxlen=ROOM)
        self._something = asyncio.Event()  #: to be handed over
        self._news = asyncio.Event()  #: others handed something over
        self._reading = asyncio.Lock()
        self._is_loaded = False
        self._left_at: float | None = None  #: when the last watcher left
        self.watched_elsewhere = False
        history.share(cluster.life, self._hand_over, self._opened)

    @property
    def is_watched(self) -> bool:
        """Whether somebody watches here, or did a moment ago."""
        if self._history.watchers:
            self._left_at = None
            return True
        if not self._is_loaded:
            return False
        now = asyncio.get_running_loop().time()
        self._left_at = now if self._left_at is None else self._left_at
        if now - self._left_at < LINGER_SECONDS:
            return True
        self._is_loaded = False
        self._history.empty()
        return False

    def update(self, *, watched_elsewhere: bool) -> None:
        """Note whether somebody watches at another process, and hand over what happens if anybody does."""
        self.watched_elsewhere = watched_elsewhere
        self._history.is_filling = self.is_watched or watched_elsewhere

    def heard(self) -> None:
        """Note that another process handed something over."""
        self._news.set()

    async def run(self) -> None:
        """Hand over and read; until cancelled."""
        async with asyncio.TaskGroup() as tasks:
            tasks.create_task(self._hand_over_all())
            tasks.create_task(self._read_all())

    def _hand_over(self, event: Event) -> None:
        self._waiting.append(event)
        self._something.set()

    async def _opened(self) -> None:
        """Read what is there before the first watcher reads; tell the others that one is here."""
        async with self._reading:
            if self._is_loaded:
                return
            if not self.watched_elsewhere:
                await self._cluster.mark_gap()
            self._history.is_filling = True
            self._beat()
            self._history.load(await self._cluster.last_published(ROOM))
            self._is_loaded = True

    async def _hand_over_all(self) -> None:
        while True:
            await self._something.wait()
            await asyncio.sleep(GATHER_SECONDS)
            self._something.clear()
            events, self._waiting = list(self._waiting), deque(maxlen=ROOM)
            try:
                await self._cluster.publish(events)
            except StorageError as error:
                log.warning(
                    "%d events could not be handed to the other processes: %s", len(events), error,
                    extra={"action": LogAction.EVENTS_LOST},
                )  # fmt: skip
            else:
                self._tell(PUBLISHED)
                self._news.set()

    async def _read_all(self) -> None:
        while True:
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await self._news.wait()
            self._news.clear()
            if not self._is_loaded or not self.is_watched:
                continue
            with contextlib.suppress(StorageError):  # the next look finds the same
                await self._read()

    async def _read(self) -> None:
        async with self._reading:
            while found := await self._cluster.published(self._history.next - 1, ROOM):
                self._history.load(found)
