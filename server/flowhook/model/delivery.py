"""An output on its way out, and what became of an attempt to deliver it."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(slots=True)
class Delivery:
    """One output on its way out, as ``OutputPlugin.deliver`` gets it.

    ``body`` are the bytes to send, made once and the same on every attempt: JSON, unless a plugin made them.
    Times are POSIX seconds.
    """

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
    headers: dict[str, str] = field(default_factory=dict)  #: that a Deliver adds, by name
    attempts: int = 0  #: attempts that already ended
    created_at: float = 0.0
    replay: bool = False  #: sent again by administration
    test: bool = False  #: of a test message, or of what follows from one
    privacy: int = 0  #: what is told and kept of its words, see ``model/privacy.py``
    row: int = field(default=0, repr=False, compare=False)  #: where the store keeps it; 0: to be looked up
    #: of a session that is another process's: until when its owner leaves the delivery to this one
    claimed_until: float | None = field(default=None, repr=False, compare=False)

    @property
    def session(self) -> bytes:
        """:attr:`session_key`, as output engines of plugins have read it since the first version."""
        return self.session_key


@dataclass(frozen=True, slots=True)
class Egress:
    """How ``sender.send(…, egress=)`` sends a request, where that is not straight.

    ``ca`` is a PEM file of the authorities to trust in the place of the system's, ``client_cert`` one with
    our certificate and its key, ``proxy`` the address of a forward proxy; "" for none.
    """

    ca: str = ""
    client_cert: str = ""
    proxy: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class Delivered:
    """The receiver took it: the delivery is done. ``status`` is that of HTTP, where there was one, for the
    records; ``body`` what the receiver said, for the hook ``delivery_finished``."""

    status: int | None = None
    body: bytes = field(default=b"", repr=False, compare=False)


@dataclass(frozen=True, slots=True, init=False)
class Retry:
    """Not now: ``Retry("the printer is busy", after=60)``, or shorter ``Retry(60)``.

    ``reason`` is a sentence for people. ``after`` in seconds is the receiver's wish; None leaves it to the
    schedule. ``status`` is that of HTTP, if any. ``counts=False`` leaves the number of attempts as it is
    (429: the receiver is busy, not broken). ``response`` is what the receiver said, of which the first
    500 characters are kept with the attempt.
    """

    reason: str
    after: float | None
    status: int | None
    counts: bool
    response: str

    def __init__(
        self,
        reason: str | float = "",
        after: float | None = None,
        status: int | None = None,
        counts: bool = True,
        response: str = "",
    ) -> None:
        if isinstance(reason, int | float) and not isinstance(reason, bool):
            after = reason if after is None else after
            reason = ""
        for name, value in (
            ("reason", "the output asks for another attempt" if reason == "" else reason),
            ("after", after),
            ("status", status),
            ("counts", counts),
            ("response", response),
        ):
            object.__setattr__(self, name, value)


@dataclass(frozen=True, slots=True)
class Rejected:
    """Refused: this delivery is never tried again (``dead``), or, with ``pause``, all of the endpoint wait
    until administration resumes it (410). ``reason`` is a sentence for people, ``status`` that of HTTP, if
    any, ``response`` what the receiver said, of which the first 500 characters are kept."""

    reason: str
    status: int | None = None
    pause: bool = False
    response: str = ""


DeliveryResult = Delivered | Retry | Rejected
