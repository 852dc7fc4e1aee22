"""What happens to conversations and deliveries, as plugins (``on_event``) and ``/api/events`` hear it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from flowhook.model.session_ref import SessionRef


class EventType(StrEnum):
    """The types of events."""

    MESSAGE_RECEIVED = "message.received"  #: an inbound of any kind was accepted
    MESSAGE_SENT = "message.sent"  #: a delivery was taken by its receiver
    DELIVERY_FAILED = "delivery.failed"  #: an attempt failed and another one follows
    DELIVERY_DEAD = "delivery.dead"  #: a delivery was given up
    DELIVERY_FAILING = "delivery.failing"  #: three attempts of an endpoint in a row failed
    ENDPOINT_PAUSED = "endpoint.paused"  #: its receiver answered 410: nothing is sent until it is resumed
    ENDPOINT_RECOVERED = "endpoint.recovered"  #: its receiver takes deliveries again
    TURN_FAILED = "turn.failed"
    BACKLOG_HIGH = "backlog.high"  #: half as many inbounds of an endpoint wait as are refused
    UNDERSTANDING_FAILED = "understanding.failed"  #: an NLU engine failed; the turn goes on without it
    TRANSLATION_FAILED = "translation.failed"  #: a translator failed; the text goes through as it is
    SESSION_STARTED = "session.started"  #: the first turn of a session, or the first after a reset, has ended
    SESSION_RESET = "session.reset"  #: through the administration: it is as if it had never spoken
    SESSION_MOVED = "session.moved"  #: through the administration, to another node
    SESSION_FORGOTTEN = "session.forgotten"  #: erased; without a session: all those of a user
    SESSION_STRANDED = "session.stranded"  #: the node at which a session stood is gone
    HANDOVER_REQUESTED = "handover.requested"  #: a flow asks for a person
    HANDOVER_QUEUED = "handover.queued"  #: it waits in the queue again
    HANDOVER_ACTIVE = "handover.active"  #: an agent has taken it
    HANDOVER_MESSAGE = "handover.message"  #: something was said in it
    HANDOVER_NOTE = "handover.note"  #: an agent wrote a note
    HANDOVER_TYPING = "handover.typing"  #: an agent writes
    HANDOVER_REMINDER = "handover.reminder"  #: its user has waited long for a word
    HANDOVER_CLOSED = "handover.closed"
    USER_CONNECTED = "user.connected"  #: the channel says so
    USER_DISCONNECTED = "user.disconnected"
    COPILOT_CHANGED = "copilot.changed"  #: what an agent sees beside a handover
    FLOW_RELOADED = "flow.reloaded"
    FLOW_REJECTED = "flow.rejected"  #: a reload was refused: what was loaded before stays in force
    SNAPSHOT_USED = "snapshot.used"  #: an endpoint serves another snapshot, or the live flows again


@dataclass(frozen=True, slots=True)
class Event:
    """One thing that happened. ``type`` is a stable word such as ``message.received``."""

    type: EventType
    at: float  #: POSIX seconds
    endpoint: str = ""
    user_id: str = ""
    session_id: str = ""
    trace_id: str = ""
    data: dict[str, Any] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        type: EventType,
        at: float,
        ref: SessionRef,
        trace_id: str,
        data: dict[str, Any] | None = None,
    ) -> Event:
        """Return an event of a session."""
        return cls(type, at, ref.endpoint, ref.user_id, ref.session_id, trace_id, data or {})

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Event | None:
        """Return what :meth:`to_json` gave; None for a type that is not known."""
        try:
            type = EventType(value["type"])
        except ValueError:
            return None
        ref = (value["endpoint"], value["userId"], value["sessionId"])
        return cls(type, value["at"], *ref, value["traceId"], value["data"])

    def to_json(self) -> dict[str, Any]:
        """As the stream ``/api/events`` shows it."""
        return {
            "type": self.type,
            "at": self.at,
            "endpoint": self.endpoint,
            "userId": self.user_id,
            "sessionId": self.session_id,
            "traceId": self.trace_id,
            "data": self.data,
        }
