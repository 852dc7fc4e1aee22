"""Store: what the rest of flowhook asks of a database, in flowhook's own words.

Every method is one transaction. A method returns only when its transaction is durable.
Sessions are named by ``SessionRef.key`` (16 bytes); times are POSIX seconds.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Literal, Protocol

from flowhook.model.delivery import Delivery
from flowhook.model.inbound import Inbound, JsonObject
from flowhook.model.session_ref import SessionRef


@dataclass(slots=True)
class Arrival:
    """An inbound at the door, with the conditions of its acceptance."""

    inbound: Inbound
    route: str  #: message, inject, notify, test: part of the idempotency scope
    idempotency_key: str | None = None
    fingerprint: bytes = b""  #: SHA-256 of the raw body
    must_exist: bool = False  #: refuse when the session does not exist or has expired
    expires_after: float | None = None  #: seconds without an inbound after which a session is gone
    reject_when_busy: bool = False
    max_backlog: int = 100  #: inbounds of one session that may wait
    #: with a precondition ``if_node``: all names under which its node may be stored
    nodes: frozenset[str] = frozenset()


@dataclass(slots=True)
class Accepted:
    """In the inbox (or among the timers, when ``scheduled``). ``state`` is the session's JSON."""

    inbound: Inbound
    state: bytes | None
    revision: int
    backlog: int  #: inbounds of the session that wait, this one included
    fresh: bool = False  #: the session is new, or had expired and starts anew
    scheduled: bool = False


@dataclass(slots=True)
class Replayed:
    """The same key and body were accepted before: the first answer again."""

    trace_id: str
    user_id: str
    session_id: str


@dataclass(slots=True)
class Refused:
    """Nothing was stored. ``code``: idempotency_mismatch, session_not_found, session_busy,
    precondition_failed."""

    code: str


Acceptance = Accepted | Replayed | Refused


@dataclass(slots=True)
class TimerChange:
    """What a segment does to the timer of the waiting node: None as ``due_at`` takes it away."""

    node: str | None = None
    due_at: float | None = None


@dataclass(slots=True)
class OpenCallback:
    """The one-time URL of a task that starts."""

    hash: bytes  #: SHA-256 of the URL's token
    task: str  #: the key under which the session's state knows the task
    node: str  #: "flow/node"
    kind: Literal["callback", "inject"]  #: as what the body enters: a session waits for a callback
    due_at: float | None = None  #: when the task's time is over


@dataclass(slots=True)
class TaskChange:
    """What a segment does to the callbacks of its session: opens some; those of kind callback that are
    neither opened nor still ``waited`` for become void."""

    opened: list[OpenCallback] = field(default_factory=list)
    waited: list[str] = field(default_factory=list)  #: keys of tasks
    dropped: list[str] = field(default_factory=list)  #: keys of tasks that could not be started: void
    all_void: bool = False  #: those of kind inject too


@dataclass(slots=True)
class CallbackRow:
    """A one-time URL as the door sees it. ``ref`` is None when nothing is left of the session."""

    status: Literal["open", "used", "void"]
    kind: Literal["callback", "inject"]
    node: str
    ref: SessionRef | None


@dataclass(slots=True)
class ProfileChange:
    """One change of the profile, applied to what is stored at commit: last writer wins a path."""

    op: Literal["set", "unset", "append", "erase", "merge"]
    path: tuple[str, ...]  #: empty when it is about all of it: erase, merge
    value: Any = None  #: of merge: the user whose profile is taken over


@dataclass(slots=True)
class Segment:
    """What one stretch of a turn leaves behind, committed as a whole or not at all."""

    ref: SessionRef
    seq: int  #: of the inbound
    base_revision: int  #: the revision it was computed from; another one stored: Stale
    state: bytes | None  #: the session's new JSON; None leaves the state as it is
    node: str | None = None  #: "flow/node" where the session now stands, for listing and conditions
    flow_revision: str = ""
    deliveries: list[Delivery] = field(default_factory=list)  #: sequence and id are given by the store
    #: the AIOutput of each delivery whose body is not the usual envelope, else None; or empty
    outputs: list[JsonObject | None] = field(default_factory=list)
    hold: bool = False  #: nothing is to be sent (empty webhook url): deliveries are stored as delivered
    ends: bool = True  #: the turn is over; else more segments follow
    status: Literal["done", "failed", "discarded"] = "done"
    reason: str | None = None
    trace: bytes | None = None
    failed: bool = False  #: something went wrong in the turn, be it that the flow took care of it
    timer: TimerChange | None = None  #: None: leave the timer alone
    tasks: TaskChange | None = None  #: None: leave the callbacks alone
    profile: list[ProfileChange] = field(default_factory=list)


@dataclass(slots=True)
class Committed:
    """``deliveries`` carry sequence and id now; ``ready``: the first of them may leave at once."""

    revision: int
    deliveries: list[Delivery]
    ready: bool


class Stale(Exception):
    """The session was changed by somebody else since it was read; nothing was stored."""


@dataclass(slots=True)
class Outcome:
    """What became of one attempt at a delivery."""

    delivery: Delivery
    status: Literal["delivered", "pending", "dead"]
    next_at: float | None = None  #: pending: when to try again
    http_status: int | None = None
    error: str | None = None
    counts: bool = True
    ms: int = 0
    at: float = 0.0


@dataclass(slots=True)
class SessionRow:
    """A session as administration sees it."""

    ref: SessionRef
    state: JsonObject
    revision: int
    node: str | None
    flow_revision: str
    backlog: int
    created_at: float | None  #: None: it ended, and what was said in it is still kept
    updated_at: float


@dataclass(slots=True)
class DeliveryRow:
    """A delivery as administration sees it."""

    delivery_id: str
    endpoint: str
    user_id: str
    session_id: str
    sequence: int
    status: Literal["pending", "delivered", "dead"]
    attempts: int
    created_at: float
    next_at: float | None
    last_status: int | None
    last_error: str | None
    trace_id: str
    output: JsonObject  #: the AIOutput; empty when the body holds none
    #: failed attempts, oldest first: ``{at, ms, status, error}``; in a list they are left out
    failures: list[JsonObject] = field(default_factory=list)


@dataclass(slots=True)
class TimerRow:
    """A timer, a scheduled inbound, or a task whose callback is open."""

    timer_id: str
    kind: Literal["timeout", "scheduled", "task"]
    ref: SessionRef
    node: str | None
    due_at: float | None  #: None: a task that waits without end
    trace_id: str | None = None


@dataclass(slots=True)
class Receipt:
    """What became of an inbound."""

    trace_id: str
    endpoint: str
    user_id: str
    session_id: str
    status: Literal["scheduled", "queued", "done", "failed", "discarded"]
    reason: str | None = None
    revision: int | None = None
    outputs: list[JsonObject] = field(default_factory=list)  #: deliveryId, status, attempts
    said: list[JsonObject] = field(default_factory=list)  #: the AIOutput of each; not for the receipt


@dataclass(slots=True)
class ApiKey:
    """A key of an endpoint; only its hash is kept."""

    key_id: str
    endpoint: str
    name: str
    hash: bytes
    preview: str
    created_at: float


@dataclass(slots=True)
class TraceRow:
    """Why a turn did what it did, with the inbound that caused it."""

    row: int  #: of later inbounds it is higher: the place in a list
    trace_id: str
    endpoint: str
    user_id: str
    session_id: str
    kind: str
    status: str
    reason: str | None
    at: float  #: when the inbound came
    failed: bool  #: something went wrong in it, be it that the flow took care of it
    text: str
    trace: JsonObject  #: steps, ms, waitedMs, flows; error and at where the turn failed


class Store(Protocol):
    """See the module's text. SQLite today; PostgreSQL can follow without a change of meaning."""

    async def open(self) -> None:
        """Open, migrate to the newest schema, check that nobody else writes the file."""

    async def close(self) -> None:
        """Finish what was handed in, checkpoint, close."""

    async def settled(self) -> None:
        """Return when all that was asked before is done."""

    @property
    def waiting_jobs(self) -> int:
        """Transactions that nobody has taken up yet: the measure of overload."""
        ...

    # --- the three transactions ---------------------------------------------------------------
    async def accept(self, arrivals: Sequence[Arrival]) -> list[Acceptance]:
        """Put inbounds into their sessions' inboxes (or timers), all or none.

        Several arrivals are accepted together: when one is refused, none is stored and the answer
        holds the refusals only. Sets ``inbound.seq``.
        """
        ...

    async def commit(self, segment: Segment) -> Committed:
        """Store what a stretch of a turn left behind. Raises :class:`Stale`."""
        ...

    async def resolve(self, outcome: Outcome) -> Delivery | None:
        """Record an attempt. When it resolved the head, the next delivery of the session is
        promoted and answered, so that it can leave at once."""
        ...

    # --- coming back to life, and falling due ---------------------------------------------------
    async def sessions_with_backlog(self) -> list[SessionRef]:
        """All sessions whose inbox is not empty, at start."""
        ...

    async def backlog(self, session: SessionRef) -> tuple[bytes | None, int, list[Inbound]]:
        """State, revision and the waiting inbounds of one session in order."""
        ...

    async def due_deliveries(self, now: float, limit: int, skip: Sequence[str] = ()) -> list[Delivery]:
        """Heads whose time has come, oldest first, of endpoints not in ``skip`` (paused ones)."""
        ...

    async def next_delivery_at(self, skip: Sequence[str] = ()) -> float | None:
        """When the next head of an endpoint not in ``skip`` falls due; in the past when it is due."""
        ...

    async def wake_deliveries(self, endpoint: str, now: float, spread: float) -> int:
        """The endpoint is well again: all its waiting heads become due, spread over so many
        seconds. Answers how many."""
        ...

    async def due_timers(self, now: float, limit: int) -> list[Accepted]:
        """Move timers and scheduled inbounds that fell due into the inboxes, in due order; void
        the timers of sessions that accepted a message since."""
        ...

    async def next_timer_at(self) -> float | None:
        """When the next timer falls due."""
        ...

    # --- callbacks of tasks -----------------------------------------------------------------------
    async def callback(self, part: int, hash: bytes) -> CallbackRow | None:
        """A one-time URL; None when it was never given, or is long over."""
        ...

    async def use_callback(
        self, part: int, hash: bytes, inbound: Inbound, expires_after: float | None
    ) -> Accepted | None:
        """Use a one-time URL: the inbound enters its session, whose names, kind and task are filled in.
        None when it was used before, or is void, or its session is gone."""
        ...

    # --- receipts -------------------------------------------------------------------------------
    async def receipt(self, trace_id: str) -> Receipt | None: ...

    async def record_discard(
        self, trace_id: str, endpoint: str, user_id: str, session_id: str, reason: str, at: float
    ) -> None:
        """Remember that a request was dropped before it reached a session."""

    async def cancel(self, trace_id: str, at: float) -> Literal["cancelled", "begun", "unknown"]:
        """Discard a queued or scheduled inbound."""
        ...

    # --- what turns read ------------------------------------------------------------------------
    async def profile(self, user_id: str) -> JsonObject: ...

    async def change_profile(self, user_id: str, changes: Sequence[ProfileChange]) -> None:
        """Change a profile outside a turn."""

    async def history(self, session: SessionRef, limit: int) -> list[JsonObject]:
        """The last messages, oldest first: ``{role, text, data, traceId, at}``."""
        ...

    async def step(self, session: SessionRef, seq: int, name: str) -> bytes | None:
        """The kept result of a plugin node's step, if this turn ran it before."""
        ...

    async def keep_step(self, session: SessionRef, seq: int, name: str, result: bytes) -> None: ...

    # --- administration -------------------------------------------------------------------------
    async def session(self, session: SessionRef) -> SessionRow | None: ...

    async def find_sessions(
        self,
        endpoint: str | None = None,
        user_id: str | None = None,
        session_id: str | None = None,
        limit: int = 50,
        before: tuple[float, bytes] | None = None,
    ) -> list[SessionRow]:
        """Newest activity first; ``before`` is ``(updated_at, key)`` of the last row of a page."""
        ...

    async def sessions_of(self, user_id: str) -> list[SessionRow]:
        """All sessions of a user, for export: also those that ended and whose transcript is kept."""
        ...

    async def change_session(
        self,
        session: SessionRef,
        base_revision: int,
        state: bytes,
        node: str | None,
        timer: TimerChange | None,
        tasks: TaskChange | None = None,
        abandon: int | None = None,
    ) -> int:
        """Write a state by hand. ``abandon`` is the seq of an inbound whose turn has begun: it is discarded.
        Answers the new revision; raises :class:`Stale`."""
        ...

    async def sessions_by_node(self, endpoint: str) -> list[tuple[str, int]]:
        """Live sessions by where they stand, ``("flow/node", count)``; not those at the first node."""
        ...

    async def forget(self, user_id: str | None = None, session: SessionRef | None = None) -> int:
        """Erase a session, or all that is kept of a user. Answers how many sessions went."""
        ...

    async def transcript(self, session: SessionRef, limit: int | None = None) -> list[JsonObject]:
        """The last inbounds, or all, with their traces and deliveries, oldest first."""
        ...

    async def find_traces(
        self, endpoint: str | None = None, failed: bool = False, limit: int = 50, before: int | None = None
    ) -> list[TraceRow]:
        """Newest first. ``before`` is the row of the last one of the page before."""
        ...

    async def traces(self, trace_id: str) -> list[TraceRow]:
        """Those of what came in under a trace id; several, where a transformer made several of it."""
        ...

    async def find_deliveries(
        self,
        status: str | None = None,
        endpoint: str | None = None,
        user_id: str | None = None,
        session_id: str | None = None,
        limit: int = 50,
        after: str | None = None,
    ) -> list[DeliveryRow]:
        """Newest first; ``after`` is the last delivery id of a page."""
        ...

    async def delivery(self, delivery_id: str) -> DeliveryRow | None:
        """One delivery with its failed attempts."""
        ...

    async def replay(self, delivery_ids: Sequence[str], now: float) -> list[Delivery]:
        """Dead (or delivered) deliveries become due again, with the same id and bytes."""
        ...

    async def find_timers(self, limit: int = 50) -> list[TimerRow]: ...

    async def cancel_timer(self, timer_id: str, at: float) -> bool:
        """Take a timer or a scheduled inbound away. A task is ended, as if its time were over: its turn is
        due at once."""
        ...

    async def keys(self) -> list[ApiKey]: ...

    async def add_key(self, key: ApiKey) -> None: ...

    async def revoke_key(self, endpoint: str, key_id: str) -> bool: ...

    async def setting(self, name: str) -> str | None:
        """Small facts of the installation: generated tokens, paused endpoints."""
        ...

    async def set_setting(self, name: str, value: str | None) -> None: ...

    async def settings(self, prefix: str) -> dict[str, str]: ...

    async def plugin_data(
        self, endpoint: str, namespace: str, a: str, b: str, now: float
    ) -> JsonObject | None: ...

    async def keep_plugin_data(
        self,
        endpoint: str,
        namespace: str,
        a: str,
        b: str,
        data: JsonObject | None,
        owner: tuple[str, str] | None,
        expires_at: float | None,
    ) -> None:
        """``data`` None removes. ``owner`` (user, session): with whom it is forgotten."""

    async def plugin_data_of(self, user_id: str) -> list[JsonObject]:
        """What plugins keep with this user as its owner: ``{endpoint, namespace, a, b, data}``."""
        ...

    async def sweep(self, now: float, retention: dict[str, float]) -> dict[str, int]:
        """Delete what is older than its retention (seconds, by name), a bounded piece at a time.
        Answers the number of rows by name; call again until it is all 0."""
        ...

    async def counts(self) -> dict[str, int]:
        """For metrics: sessions, queued, pending, dead, timers … each by an index, never a scan."""
        ...
