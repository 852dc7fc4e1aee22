"""Operator events: what goes wrong, told to an address by deliveries that are kept, ordered and tried again.

They take the road of everything that is said: each enters the inbox of one hidden session and is a delivery
of it, in one transaction. So what was stored survives a crash. They name no user and quote nobody: ids of
deliveries and traces, places, statuses, numbers.
"""

from __future__ import annotations

import asyncio
import logging
from collections import deque
from collections.abc import Callable
from typing import Any

from pydantic_core import to_json

from flowhook.clock import Clock, rfc3339
from flowhook.config import Config
from flowhook.errors import StorageError
from flowhook.ids import new_id
from flowhook.model.delivery import Delivery
from flowhook.model.endpoint import Endpoint
from flowhook.model.event import Event, EventType
from flowhook.model.inbound import Inbound, JsonObject, Kind
from flowhook.model.log_action import LogAction
from flowhook.model.session_ref import OPERATOR
from flowhook.runtime.background import BackgroundTasks
from flowhook.runtime.delivery.dispatcher import Dispatcher
from flowhook.runtime.observe.event_bus import EventBus
from flowhook.storage.protocols import Inbox, Turns
from flowhook.storage.records import Accepted, Arrival, Committed, Segment, Stale

log = logging.getLogger("flowhook.events")

ROOM = 1000  #: events that wait to be stored
STORE_RETRY_SECONDS = 5.0
STATE = b"{}"  #: the session has none
UNBOUNDED = 2**31

#: What is told of each event, beside its type, time, endpoint and trace id. Words of plugins and flows, in
#: which those of a user may be, are none of it.
TOLD: dict[str, tuple[str, ...]] = {
    EventType.DELIVERY_DEAD: ("deliveryId", "status", "error"),
    EventType.DELIVERY_FAILING: ("deliveryId", "status", "error"),
    EventType.ENDPOINT_PAUSED: ("deliveryId",),
    EventType.ENDPOINT_RECOVERED: ("status",),
    EventType.TURN_FAILED: ("at",),
    EventType.BACKLOG_HIGH: ("waiting", "refusedFrom"),
    EventType.FLOW_REJECTED: ("errors", "problems"),
}


class OperatorEvents:
    """Hears the events that the configuration names, and stores them one after the other."""

    def __init__(
        self,
        config: Config,
        inbox: Inbox,
        turns: Turns,
        clock: Clock,
        events: EventBus,
        endpoint_of: Callable[[str], Endpoint | None],
        dispatcher: Dispatcher,
        tasks: BackgroundTasks,
    ) -> None:
        """``endpoint_of`` finds an endpoint by its name."""
        self._config = config
        self._inbox = inbox
        self._turns = turns
        self._clock = clock
        self._events = events
        self._endpoint_of = endpoint_of
        self._dispatcher = dispatcher
        self._tasks = tasks
        self._waiting: deque[JsonObject] = deque()
        self._storing: asyncio.Task[Any] | None = None
        self._seq, self._revision = 1, 0  #: the place that the next one takes, as far as it is known
        self._overflowed = False
        self._is_started = False

    def listen(self) -> None:
        """Begin to listen, before there is anything to hear. What is told waits for the start."""
        self.update(self._config)

    async def start(self) -> None:
        """Make deliveries of what a crash left in the inbox, and then of what was told."""
        if self._config.operator_events.url:
            _, revision, left = await self._inbox.backlog(OPERATOR)
            for inbound in left:
                committed = await self._turns.commit(self._segment(inbound, inbound.seq, revision))
                self._leave(committed, inbound.seq)
                revision = committed.revision
        self._is_started = True
        self._store_soon()

    def update(self, config: Config) -> None:
        """Listen to what a configuration asks for."""
        wanted = config.operator_events
        self._events.subscribe(self.tell, wanted.types if wanted.url else ())

    def tell(self, event: Event) -> None:
        """Take in an event; those of tests are nobody's trouble. Neither waits nor raises."""
        if event.data.get("test"):
            return
        if len(self._waiting) >= ROOM:
            self._note_loss()
            return
        self._waiting.append(self._told(event))
        self._store_soon()

    def _store_soon(self) -> None:
        if self._is_started and self._waiting and self._storing is None:
            self._storing = self._tasks.spawn(self._store_all())

    @property
    def resting(self) -> bool:
        """Whether all that was told is stored."""
        return self._storing is None

    async def stop(self, seconds: float) -> None:
        """Let what was told be stored, for so long at most."""
        if self._storing is not None:
            await asyncio.wait((self._storing,), timeout=seconds)

    def _told(self, event: Event) -> JsonObject:
        data = {name: event.data[name] for name in TOLD[event.type] if event.data.get(name) is not None}
        if "error" in data:
            endpoint = self._endpoint_of(event.endpoint)
            if endpoint is not None and endpoint.config.output == "webhook":
                data["error"] = str(data["error"]).partition(":")[0]
            else:
                del data["error"]  # a plugin's words
        told = {
            "type": event.type.value,
            "at": rfc3339(event.at),
            "endpoint": event.endpoint or None,
            "traceId": event.trace_id or None,
            "data": data,
        }
        return {name: value for name, value in told.items() if value is not None}

    def _note_loss(self) -> None:
        if not self._overflowed:
            self._overflowed = True
            extra = {"action": LogAction.EVENTS_LOST}
            log.warning("operator events come faster than they are stored: some are lost", extra=extra)

    # --- storing -----------------------------------------------------------------------------------

    async def _store_all(self) -> None:
        try:
            while self._waiting:
                try:
                    await self._store(self._waiting[0])
                except StorageError:
                    await self._clock.sleep(STORE_RETRY_SECONDS)
                    continue
                self._waiting.popleft()
            self._overflowed = False
        finally:
            self._storing = None

    async def _store(self, told: JsonObject) -> None:
        """Make a delivery of an event. The place that it takes is a guess: when it is another one, it is
        accepted, and its delivery made by a transaction of its own."""
        inbound = Inbound(OPERATOR, Kind.NOTIFY, new_id(), self._clock.now(), told["type"], told)
        segment = self._segment(inbound, self._seq, self._revision)
        result = await self._turns.accept_and_commit(Arrival(inbound, max_backlog=UNBOUNDED), segment)
        if isinstance(result, Accepted):
            segment.seq, segment.base_revision = result.inbound.seq, result.revision
            result = await self._commit(segment)
        if isinstance(result, Committed):
            self._leave(result, segment.seq)

    async def _commit(self, segment: Segment) -> Committed:
        while True:
            try:
                return await self._turns.commit(segment)
            except Stale:  # somebody reset the session by hand
                _, segment.base_revision, _ = await self._inbox.backlog(OPERATOR)
            except StorageError:  # it is in the inbox, and must not enter it again
                await self._clock.sleep(STORE_RETRY_SECONDS)

    def _segment(self, inbound: Inbound, seq: int, revision: int) -> Segment:
        told = inbound.data or {}
        delivery = Delivery(
            OPERATOR.endpoint,
            OPERATOR.key,
            0,
            "",
            to_json(told),
            inbound.trace_id,
            OPERATOR.user_id,
            OPERATOR.session_id,
            created_at=inbound.received_at,
        )
        shown = {"text": inbound.text, "data": told}
        return Segment(OPERATOR, seq, revision, STATE, deliveries=[delivery], outputs=[shown])

    def _leave(self, committed: Committed, seq: int) -> None:
        self._seq, self._revision = seq + 1, committed.revision
        self._dispatcher.enqueue(committed.deliveries, committed.ready)
