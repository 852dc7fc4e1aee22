"""What is said to the user, and what became of saying it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, Literal

Source = Literal["bot", "agent"]


@dataclass(slots=True)
class Output:
    """One thing said to the user. ``data`` is any JSON object; a data-only output has no text."""

    text: str = ""
    data: dict[str, Any] = field(default_factory=dict)
    trace_id: str = ""
    disable_sensitive_logging: bool = False
    source: Source = "bot"

    def to_json(self) -> dict[str, Any]:
        """The ``AIOutput`` object of the wire format."""
        return {
            "text": self.text,
            "data": self.data,
            "traceId": self.trace_id,
            "disableSensitiveLogging": self.disable_sensitive_logging,
            "source": self.source,
        }


@dataclass(frozen=True, slots=True)
class Deliver:
    """What ``transform_output`` answers to send an output elsewhere than to the webhook."""

    url: str
    json: Any = None
    headers: dict[str, str] = field(default_factory=dict)
    method: str = "POST"
    body: bytes | None = None


@dataclass(slots=True)
class Delivery:
    """One output on its way out. ``body`` is serialised once and the same on every attempt."""

    endpoint: str
    session_key: bytes  #: SessionRef.key
    sequence: int  #: gapless in the session, from 1
    delivery_id: str  #: the webhook-id: stable over attempts and replays
    body: bytes
    trace_id: str
    user_id: str = ""
    session_id: str = ""
    url: str | None = None  #: where a Deliver sends it; None: the output plugin's own address
    method: str = "POST"
    headers: dict[str, str] = field(default_factory=dict)
    attempts: int = 0  #: attempts that already ended
    created_at: float = 0.0
    replay: bool = False

    @property
    def session(self) -> bytes:
        """:attr:`session_key`, as output engines of plugins have read it since the first version."""
        return self.session_key


@dataclass(frozen=True, slots=True)
class Delivered:
    """The receiver took it."""

    status: int | None = None


@dataclass(frozen=True, slots=True)
class Retry:
    """Not now. ``after`` in seconds is the receiver's wish; None leaves it to the schedule.

    ``counts=False`` leaves the number of attempts as it is (429: the receiver is busy, not broken).
    """

    reason: str
    after: float | None = None
    status: int | None = None
    counts: bool = True


@dataclass(frozen=True, slots=True)
class Rejected:
    """Refused: never again (``dead``), or, with ``pause``, hold the whole endpoint (410)."""

    reason: str
    status: int | None = None
    pause: bool = False


DeliveryAnswer = Delivered | Retry | Rejected
