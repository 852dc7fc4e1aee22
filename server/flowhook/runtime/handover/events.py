"""What providers and agents tell, on its way into sessions; and who is told of handovers."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import Any, Literal

from pydantic_core import to_json

from flowhook.clock import Clock
from flowhook.engine.outcomes import NodeFailed
from flowhook.errors import ApiError, PluginError, Reject
from flowhook.hooks.api.request import Request, Response
from flowhook.ids import new_id
from flowhook.model.event import Event, EventType
from flowhook.model.handover import (
    EVENT_TYPES,
    HandoverChange,
    HandoverEnd,
    HandoverEvent,
    HandoverMove,
    HandoverRequest,
    HandoverWords,
)
from flowhook.model.inbound import Inbound, JsonObject, Kind
from flowhook.model.output import Output
from flowhook.model.session_ref import SessionRef
from flowhook.runtime.handover.providers import Providers
from flowhook.runtime.observe.event_bus import EventBus
from flowhook.runtime.observe.redaction import Redactor
from flowhook.runtime.project.endpoints import Endpoints
from flowhook.runtime.turns.scheduler import TurnScheduler
from flowhook.storage.protocols import Handovers
from flowhook.storage.records import (
    Accepted,
    HandoverClaim,
    HandoverRefused,
    HandoverRow,
    Replayed,
    RequestKey,
)

ROUTE = "handover"  #: as the keys of repeats name it
NOBODY = SessionRef("", "", "")  #: the store knows whose a handover is
REMEMBERED = 7 * 86_400.0  #: seconds for which an event is known by its id
FAILED = "The plugin of this handover provider failed."
MAX_TEXT = 10_000  #: characters; what is longer is cut, because its provider would send it again and again
CUT = "…"


class HandoverIntake:
    """Accepts events of handovers: durable when it returns, and each once."""

    def __init__(
        self,
        handovers: Handovers,
        clock: Clock,
        providers: Providers,
        turns: TurnScheduler,
        endpoints: Endpoints,
        events: EventBus,
    ) -> None:
        self._handovers = handovers
        self._clock = clock
        self._providers = providers
        self._turns = turns
        self._endpoints = endpoints
        self._events = events

    async def receive(self, name: str, token: str, request: Request, response: Response) -> JsonObject:
        """Let a provider read a request, and accept what it tells. Raises ApiError."""
        endpoint, entry = self._providers.endpoint_of(name, token)
        provider = self._providers.get(entry)
        assert provider is not None
        try:
            found = await self._providers.call(
                provider, provider.receive, endpoint=endpoint.name, request=request, response=response
            )
            events = _checked(found)
        except Reject as error:
            raise error.as_api_error() from error
        except NotImplementedError:
            raise ApiError(404, "not_found", "There is nothing here.") from None
        except TypeError as error:
            failure = self._providers.failed(provider, "receive", endpoint.name, str(error))
            raise ApiError(500, "plugin_failed", FAILED) from failure
        except (NodeFailed, PluginError) as error:
            raise ApiError(500, "plugin_failed", FAILED) from error
        accepted = 0
        for event in events:
            row = await self._handovers.by_reference(entry, event.conversation)
            if row is None or row.ref.endpoint != endpoint.name:
                continue
            accepted += await self._take(row, event)
        return {"accepted": accepted, "ignored": len(events) - accepted}

    async def _take(self, row: HandoverRow, event: HandoverEvent) -> bool:
        """Take an event of a provider; False for what changes nothing."""
        if event.type == "typing":
            self.tell(EventType.HANDOVER_TYPING, row, {"agent": event.agent})
            return True
        key = RequestKey(event.id, ROUTE, b"", lifetime=REMEMBERED) if event.id else None
        claim = HandoverClaim(ends=event.type in ("resolved", "error"), key=key)
        return not isinstance(await self.enter(row.id, event, claim), HandoverRefused)

    async def enter(
        self, id: str, event: HandoverEvent, claim: HandoverClaim, *, timed: bool = False
    ) -> Accepted | Replayed | HandoverRefused:
        """Put an event into the inbox of its session, under a claim. ``timed``: it came by itself."""
        accepted = await self._handovers.enter(id, self.inbound(id, event, timed=timed), claim)
        if isinstance(accepted, Accepted):
            self.take_up(accepted)
        return accepted

    def inbound(self, id: str, event: HandoverEvent, *, timed: bool = False) -> Inbound:
        """Return what enters the session."""
        told: JsonObject = {"id": id, "event": event.type, **({"timed": True} if timed else {})}
        more = {"agent": event.agent, "result": event.result, "note": event.note, "reason": event.reason}
        told |= {name: value for name, value in more.items() if value not in (None, "")}
        text = event.text if len(event.text) <= MAX_TEXT else event.text[: MAX_TEXT - 1] + CUT
        return Inbound(
            NOBODY,
            Kind.HANDOVER,
            new_id(),
            self._clock.now(),
            text,
            event.data or None,
            event.attachments,
            handover=told,
        )

    def take_up(self, accepted: Accepted | bool | None) -> None:
        """Let an event have its turn. Where no turns run, because administration opened the storage alone, it
        waits for the next start."""
        if isinstance(accepted, Accepted) and self._turns.runs_here:
            self._turns.arrived(accepted)

    def tell(self, type: EventType, row: HandoverRow, data: JsonObject) -> None:
        """Tell those who listen."""
        if self._events.hears(type):
            told = {"handover": row.id, **data}
            self._events.emit(Event.of(type, self._clock.now(), row.ref, row.trace_id, told))


class HandoverNotices:
    """Tells who cares that turns have changed handovers: listeners, dispatcher, watch over silence."""

    def __init__(self, events: EventBus, clock: Clock) -> None:
        self._events = events
        self._clock = clock
        self.on_change: list[Callable[[], None]] = []
        self.on_said: list[Callable[[SessionRef, list[Output], Redactor], None]] = []

    def said(self, ref: SessionRef, outputs: list[Output], redactor: Redactor) -> None:
        """Tell of what was said, now that it is durable."""
        for hear in self.on_said:
            hear(ref, outputs, redactor)

    def committed(
        self, ref: SessionRef, trace_id: str, changes: list[HandoverChange], redactor: Redactor, *, test: bool
    ) -> None:
        """Tell of changes that are durable."""
        for wake in self.on_change:
            wake()
        now = self._clock.now()
        for change in changes:
            type, data = _told(change, redactor)
            if not self._events.hears(type):
                continue
            if test:
                data["test"] = True
            self._events.emit(Event.of(type, now, ref, trace_id, {"handover": change.id, **data}))


def _told(change: HandoverChange, redactor: Redactor) -> tuple[EventType, JsonObject]:
    match change:
        case HandoverRequest():
            return EventType.HANDOVER_REQUESTED, {"provider": change.provider, "node": change.node}
        case HandoverWords():
            text = redactor.event_text(change.text)
            said: JsonObject = {"source": change.source, "text": text}
            return EventType.HANDOVER_MESSAGE, said | ({"agent": change.agent} if change.agent else {})
        case HandoverMove(status="active"):
            return EventType.HANDOVER_ACTIVE, {"agent": change.agent}
        case HandoverMove():
            return EventType.HANDOVER_QUEUED, {}
        case HandoverEnd():
            return EventType.HANDOVER_CLOSED, {"outcome": change.outcome}


def _checked(found: Any) -> list[HandoverEvent]:
    """The events that a provider returned. Raises TypeError for anything else."""
    if found is None:
        return []
    if isinstance(found, str | bytes) or not isinstance(found, Iterable):
        raise TypeError(f"returned {type(found).__name__}, not a list of HandoverEvent")
    events = list(found)
    for event in events:
        if not isinstance(event, HandoverEvent):
            raise TypeError(f"returned a list with {type(event).__name__}, which is no HandoverEvent")
        if event.type not in EVENT_TYPES:
            raise TypeError(f"returned an event of the type {event.type!r:.40}, not {', '.join(EVENT_TYPES)}")
        texts = (event.conversation, event.id, event.text, event.agent, event.note, event.reason)
        if not all(isinstance(text, str) for text in texts) or not isinstance(event.data, dict | None):
            raise TypeError("returned an event whose ids and words are no texts, or whose data is no mapping")
        try:
            to_json((event.data, event.attachments, event.result))
        except ValueError as error:
            raise TypeError(f"returned an event that is not JSON: {error}") from None
    return events


def fingerprint(*parts: Any) -> bytes:
    """Return what two repeats have in common."""
    return hashlib.sha256(to_json(parts)).digest()


Step = Literal[1, 2, 3]
