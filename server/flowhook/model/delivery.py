"""An output on its way out, and what became of an attempt to deliver it."""

from __future__ import annotations

from dataclasses import dataclass, field


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


DeliveryResult = Delivered | Retry | Rejected
