"""What the rest of flowhook asks of a database, one protocol for each subject.

A part of the runtime takes the protocols that it needs, not the whole store. Each method is one transaction,
and returns when that transaction is durable: what was promised survives a power cut. Methods may be called
concurrently; what is handed in first is done first.

Sessions are named by :class:`~flowhook.model.inbound.SessionRef`, whose ``key`` are the 16 bytes under which
they are stored. Times are POSIX seconds, ages and retentions are seconds. Lists have the newest first
unless they say otherwise. Every method raises :class:`~flowhook.errors.StorageError` when the database
cannot do it: the disk is full, the file is damaged, the store is closed.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from typing import Literal, Protocol

from flowhook.model.delivery import Delivery
from flowhook.model.event import Event
from flowhook.model.inbound import Inbound, JsonObject
from flowhook.model.session_ref import SessionRef
from flowhook.storage.outcomes import OnSettled
from flowhook.storage.ownership import PeerListener
from flowhook.storage.records import (
    Acceptance,
    Accepted,
    AnalyticsRecord,
    ApiKey,
    Arrival,
    Attempt,
    AuditFilter,
    AuditRow,
    CallbackRow,
    Committed,
    DeliveryFilter,
    DeliveryRow,
    GivenUp,
    HandoverClaim,
    HandoverMessage,
    HandoverParcel,
    HandoverRefused,
    HandoverRow,
    IdleRow,
    Member,
    ProfileChange,
    PublishedEvent,
    Receipt,
    Refused,
    Replayed,
    RequestKey,
    Segment,
    SessionRow,
    SnapshotRow,
    Spending,
    StoredProfile,
    TaskChange,
    TextPage,
    TimerChange,
    TimerRow,
    TraceRow,
    Version,
    VersionUse,
    Waiting,
)


class Inbox(Protocol):
    """What enters sessions, in the order of its acceptance."""

    async def accept(self, arrivals: Sequence[Arrival]) -> list[Acceptance]:
        """Put inbounds into their sessions' inboxes (or among the timers, when ``not_before`` lies ahead),
        all or none.

        Several arrivals are accepted together: when one is refused, none is stored and the list holds
        the refusals only. Those that were accepted before are told as :class:`Replayed`, in their places,
        and the rest is accepted. Sets ``inbound.seq``.
        """
        ...

    async def sessions_with_backlog(self) -> list[SessionRef]:
        """All sessions in whose inbox something waits; asked at the start."""
        ...

    async def backlog(self, ref: SessionRef) -> tuple[bytes | None, int, list[Inbound]]:
        """State (JSON, None for a new session), revision, and the waiting inbounds of one session, oldest
        first, all of the same moment."""
        ...

    async def idle(self, ref: SessionRef) -> IdleRow | None:
        """A session in whose inbox nothing waits; one that does not exist has no state and revision 0, and
        its first inbound takes place 1. None where something waits, or where the session has ended."""
        ...


class Receipts(Protocol):
    """What became of an inbound, by its trace id."""

    async def find(self, trace_id: str) -> Receipt | None:
        """None when no such trace id was given out, or its retention is over."""
        ...

    async def discards_of(self, user_id: str) -> list[JsonObject]:
        """The requests of a user that were dropped before they reached a session: ``{traceId, endpoint,
        sessionId, reason, at}``."""
        ...

    async def record_discard(
        self, trace_id: str, ref: SessionRef, reason: str, at: float, key: RequestKey | None = None
    ) -> Replayed | Refused | None:
        """Remember that a request was dropped before it reached a session. With a key that was used before
        nothing is stored and the result is that of :meth:`Inbox.accept`."""
        ...

    async def cancel(self, trace_id: str, at: float) -> Literal["cancelled", "begun", "unknown"]:
        """Discard a queued or scheduled inbound."""
        ...


class Turns(Protocol):
    """What turns leave behind."""

    async def commit(self, segment: Segment) -> Committed:
        """Store a segment as a whole. Raises :class:`~flowhook.storage.records.Stale` when the session was
        changed since it was read, or the inbound waits no longer."""
        ...

    async def accept_and_commit(self, arrival: Arrival, segment: Segment) -> Committed | Acceptance:
        """Accept one inbound and store its whole turn, in one transaction, where the session is as the turn
        found it; else accept the inbound alone, as :meth:`Inbox.accept` does, in the same transaction.

        The turn was computed before anything was stored, from a session in which nothing waited:
        ``segment.seq`` is the place in the inbox that this inbound would take (1: the session does not
        exist), ``segment.base_revision`` the revision that the turn read (0 where there is no session). The
        session is as the turn found it when both hold, nothing waits in its inbox, and it has neither
        ended nor expired. Returns :class:`~flowhook.storage.records.Committed` then; else what
        :meth:`Inbox.accept` returns, and nothing of the segment is stored. A repeat is told so in both cases.

        ``segment`` ends its turn as ``done``, with a state, and changes neither tasks nor the profile;
        ``arrival`` is a message or an inject that enters at once (no ``not_before``, no precondition).
        """
        ...


class Steps(Protocol):
    """Results of the steps of plugins' nodes, kept until the turn of inbound ``seq`` ends."""

    async def get(self, ref: SessionRef, seq: int, name: str) -> bytes | None:
        """The result (JSON), if this turn ran the step before."""
        ...

    async def keep(self, ref: SessionRef, seq: int, name: str, result: bytes) -> None:
        """Replace what is there."""
        ...


class Outbox(Protocol):
    """Deliveries, in each session's order.

    A session's *head* is its oldest pending delivery; those behind it are parked and never due.
    """

    async def record_attempt(self, attempt: Attempt) -> Delivery | None:
        """Record what became of an attempt. When it resolved the head, the delivery behind it becomes the
        head and is returned, so that it can leave at once."""
        ...

    async def due(self, now: float, limit: int, skip: Sequence[str] = ()) -> list[Delivery]:
        """Heads whose time has come, longest due first, of endpoints not in ``skip`` (paused ones)."""
        ...

    async def next_due_at(self, skip: Sequence[str] = ()) -> float | None:
        """When the next head of an endpoint not in ``skip`` falls due; in the past when one is due."""
        ...

    def settle(self, attempt: Attempt, written: OnSettled) -> None:
        """Record that a head was delivered, as :meth:`record_attempt` does, but quietly: with the next
        transaction, or within 20 ms. Until ``written`` is called, once, a crash lets the delivery be sent
        again, and whoever asks is told that it is due. A call costs less than a future for each delivery."""
        ...

    async def wake(self, endpoint: str, now: float) -> int:
        """Let all waiting heads of an endpoint be due, and return how many there were."""
        ...

    async def find(
        self, wanted: DeliveryFilter, limit: int = 50, after: str | None = None
    ) -> list[DeliveryRow]:
        """A page, newest first; ``after`` is the last delivery id of the page before."""
        ...

    async def get(self, delivery_id: str) -> DeliveryRow | None:
        """One delivery with its failed attempts."""
        ...

    async def replay(self, delivery_ids: Sequence[str], now: float) -> list[Delivery]:
        """Let those of the deliveries that are resolved be due again, with the same id and bytes."""
        ...

    async def give_up(self, delivery_id: str, reason: str, at: float) -> GivenUp:
        """Let a session's head be dead, for ``reason``: what is parked behind it goes on."""
        ...

    async def drop_one(self, delivery_id: str) -> bool:
        """Delete a dead delivery, and return whether it was one."""
        ...

    async def drop_dead(self, wanted: DeliveryFilter, limit: int) -> int:
        """Delete so many dead deliveries, oldest first, and return how many there were. The filter's status
        does not count."""
        ...


class Timers(Protocol):
    """Timers of waiting nodes and of tasks, and inbounds that wait for their time."""

    async def due(self, now: float, limit: int, full: Collection[str] = ()) -> list[Accepted]:
        """Move what fell due into the inboxes, longest due first; the timers of sessions that accepted a
        message since are dropped. Scheduled inbounds of endpoints that are ``full`` stay where they are."""
        ...

    async def next_due_at(self) -> float | None:
        """When the next timer falls due; None when there is none."""
        ...

    async def scheduled(self) -> dict[str, int]:
        """Count the scheduled inbounds that wait for their time, by endpoint."""
        ...

    async def find(self, limit: int = 50) -> list[TimerRow]:
        """Soonest first; tasks that wait without end come last."""
        ...

    async def of_user(self, user_id: str) -> list[JsonObject]:
        """The inbounds of a user that wait for their time: ``{endpoint, sessionId, traceId, kind, dueAt,
        body}``."""
        ...

    async def cancel(self, timer_id: str, at: float) -> bool:
        """Drop a timer or a scheduled inbound, and return whether there was one. A task is ended as if its
        time were over: its turn is due at once."""
        ...


class Callbacks(Protocol):
    """The one-time URLs of tasks, by shard and the SHA-256 of their token."""

    async def find(self, shard: int, hash: bytes) -> CallbackRow | None:
        """None when it was never given out, or is long over."""
        ...

    async def use(
        self, shard: int, hash: bytes, inbound: Inbound, expires_after: float | None
    ) -> Accepted | None:
        """Use the URL: the inbound enters its session; its ``ref``, ``kind``, ``task`` and ``callback`` are
        filled in. None when the URL was used before or is void, or its session is gone."""
        ...


class Handovers(Protocol):
    """Conversations that people took over, and what is said in them. :meth:`Turns.commit` begins and ends
    them, and puts there what is said.

    What is to reach the provider waits in the order of its handover; only the oldest of it may leave. What
    masked endpoints said goes when a handover is closed and nothing of it waits.
    """

    async def find(
        self,
        status: str | None = None,
        endpoint: str | None = None,
        owner: str | None = None,
        limit: int = 50,
        after: int | None = None,
    ) -> list[HandoverRow]:
        """A page: of the queue the oldest first, else the newest first; ``after`` is the ``row`` of the last
        one of the page before."""
        ...

    async def get(self, id: str) -> HandoverRow | None:
        """None when there is none."""
        ...

    async def by_reference(self, provider: str, reference: str) -> HandoverRow | None:
        """The newest one that a provider knows by this reference, or that has this id."""
        ...

    async def messages(self, id: str) -> list[HandoverMessage]:
        """All that is kept of it, in order."""
        ...

    async def previous_end(self, id: str) -> float | None:
        """When the one before it in the same session was closed."""
        ...

    async def of_user(self, user_id: str) -> list[tuple[HandoverRow, list[HandoverMessage]]]:
        """All of a user, for export."""
        ...

    async def enter(
        self, id: str, inbound: Inbound, claim: HandoverClaim
    ) -> Accepted | Replayed | HandoverRefused:
        """Put an event into the inbox of the session, if the claim holds: compared, changed and accepted in
        one transaction. Sets ``inbound.ref``."""
        ...

    async def note(self, id: str, agent: str, text: str) -> HandoverMessage | HandoverRefused:
        """Keep a note, which agents alone read."""
        ...

    async def due(self, now: float, limit: int) -> list[HandoverParcel]:
        """What may leave now, longest due first; one for each handover."""
        ...

    async def next_due_at(self) -> float | None:
        """When the next thing may leave."""
        ...

    async def settle(
        self,
        parcel: HandoverParcel,
        status: Literal["sent", "dead", "pending"],
        *,
        next_at: float | None = None,
        error: str | None = None,
        reference: str | None = None,
        event: Inbound | None = None,
    ) -> Accepted | None:
        """Note what became of a parcel; ``pending``: it is tried again at ``next_at``. ``reference`` is what
        the provider knows the handover by; ``event`` enters its session with the same transaction. When a
        handover could not be opened, nothing of it leaves any more."""
        ...

    async def silent(self, limit: int) -> list[HandoverRow]:
        """Open ones in which the user waits for a word, longest first."""
        ...

    async def escalate(
        self, row: HandoverRow, step: int, *, requeue: bool = False, event: Inbound | None = None
    ) -> Accepted | bool:
        """Do the next step about an agent's silence, unless something has happened since ``row`` was read:
        then False, and nothing is changed."""
        ...

    async def abandon(self, ref: SessionRef) -> int:
        """Close all of a session, which goes on without them, and return how many there were."""
        ...


class Sessions(Protocol):
    """Sessions as administration sees them."""

    async def get(self, ref: SessionRef) -> SessionRow | None:
        """None when there is none, or it has ended."""
        ...

    async def find(
        self,
        endpoint: str | None = None,
        user_id: str | None = None,
        session_id: str | None = None,
        limit: int = 50,
        before: tuple[float, bytes] | None = None,
        *,
        nodes: Collection[str] | None = None,
        since: float | None = None,
        until: float | None = None,
        waiting: bool = False,
    ) -> list[SessionRow]:
        """A page, newest activity first; ``before`` is ``(updated_at, key)`` of the last row of the page
        before. ``waiting``: only those in whose inbox something waits or runs."""
        ...

    async def of_user(self, user_id: str) -> list[SessionRow]:
        """All of a user, for export: also those that ended and whose transcript is kept."""
        ...

    async def by_node(self, endpoint: str) -> list[tuple[str, int]]:
        """Where live sessions stand: ``("flow/node", how many)``, without those at the first node."""
        ...

    async def change(
        self,
        ref: SessionRef,
        base_revision: int,
        state: bytes,
        node: str | None,
        timer: TimerChange | None,
        tasks: TaskChange | None = None,
        abandon: int | None = None,
        version: str | None = None,
    ) -> int:
        """Write a state (JSON) by hand and return the new revision. ``abandon`` is the ``seq`` of an
        inbound whose turn has begun: it is discarded. ``version`` is the one that the state keeps. Raises
        :class:`~flowhook.storage.records.Stale`."""
        ...

    async def forget(self, user_id: str | None = None, ref: SessionRef | None = None) -> int:
        """Erase a session, or all that is kept of a user, and return how many sessions went."""
        ...


class Transcripts(Protocol):
    """What was said in a session."""

    async def history(self, ref: SessionRef, limit: int) -> list[JsonObject]:
        """The last messages of the session's present life, oldest first: ``{role, text, data, traceId, at}``
        each."""
        ...

    async def entries(self, ref: SessionRef, limit: int | None = None) -> list[JsonObject]:
        """The last inbounds (None: all) with their traces and deliveries, oldest first."""
        ...

    async def search(
        self,
        text: str,
        limit: int = 50,
        before: tuple[int, int] | None = None,
        since: float | None = None,
        until: float | None = None,
        *,
        endpoint: str | None = None,
        user_id: str | None = None,
        session_id: str | None = None,
        skip: Collection[str] = (),
    ) -> TextPage:
        """Live sessions in which a text was said by either side, whatever its case, the newest message
        first; ``skip`` are endpoints that are left out. Looks at a bounded number of messages: a page may
        be short, or empty, and still say where to go on (``before``)."""
        ...


class Traces(Protocol):
    """Why turns did what they did."""

    async def find(
        self, endpoint: str | None = None, failed: bool = False, limit: int = 50, before: int | None = None
    ) -> list[TraceRow]:
        """A page, newest first; ``before`` is the ``row`` of the last one of the page before."""
        ...

    async def of(self, trace_id: str) -> list[TraceRow]:
        """Those of what came in under a trace id; several, where a transformer made several of it."""
        ...


class Analytics(Protocol):
    """What was counted of inputs; written by :meth:`Turns.commit`."""

    async def find(
        self,
        since: float | None = None,
        until: float | None = None,
        endpoint: str | None = None,
        tests: bool = False,
        limit: int = 500,
        after: tuple[float, int] | None = None,
    ) -> list[AnalyticsRecord]:
        """A page, oldest first, of inputs that came at ``since`` or later and before ``until``; ``after`` is
        ``(at, row)`` of the last one of the page before. Without ``tests`` those of tests are left out."""
        ...

    async def of_user(self, user_id: str) -> list[AnalyticsRecord]:
        """All records of a user, at all endpoints, for export."""
        ...


class Profiles(Protocol):
    """What is known of users across sessions."""

    async def get(self, user_id: str, endpoint: str = "") -> JsonObject:
        """Empty when nothing is known. ``endpoint`` names one that has profiles of its own; "": those of the
        whole project."""
        ...

    async def find(self, user_id: str, endpoint: str = "") -> StoredProfile:
        """The profile, and under whose id it is kept: two users who were merged share one."""
        ...

    async def linked(self, user_id: str, endpoint: str = "") -> list[str]:
        """The other users who share the profile of a user."""
        ...

    async def endpoints_of(self, user_id: str) -> list[str]:
        """The endpoints at which something is known of a user; "" for the whole project."""
        ...

    async def change(self, user_id: str, changes: Sequence[ProfileChange], endpoint: str = "") -> None:
        """Apply changes to what is stored now."""
        ...


class PluginData(Protocol):
    """What plugins keep, by endpoint, namespace and two strings."""

    async def get(self, endpoint: str, namespace: str, a: str, b: str, now: float) -> JsonObject | None:
        """None when nothing is kept, or it has expired."""
        ...

    async def keep(
        self,
        endpoint: str,
        namespace: str,
        a: str,
        b: str,
        data: JsonObject | None,
        owner: tuple[str, str] | None,
        expires_at: float | None,
    ) -> None:
        """Replace what is there; ``data`` None removes it. ``owner`` is the user and session with whom it is
        forgotten."""
        ...

    async def of_user(self, user_id: str) -> list[JsonObject]:
        """All with this user as its owner: ``{endpoint, namespace, a, b, data}``."""
        ...


class Settings(Protocol):
    """Small facts of the installation: generated tokens, paused endpoints."""

    async def get(self, name: str) -> str | None: ...

    async def set(self, name: str, value: str | None) -> None:
        """None removes."""
        ...

    async def keep_first(self, name: str, value: str) -> str:
        """Keep a value unless there is one, and return the one that is kept."""
        ...

    async def with_prefix(self, prefix: str) -> dict[str, str]:
        """Those whose name begins with ``prefix``, by full name."""
        ...


class ApiKeys(Protocol):
    """The keys of endpoints, as hashes."""

    async def all(self) -> list[ApiKey]:
        """Oldest first."""
        ...

    async def add(self, key: ApiKey) -> None:
        """``key_id`` must be new."""
        ...

    async def note_use(self, used: Mapping[str, float]) -> None:
        """Keep when keys were last presented, by their ids."""
        ...

    async def end(self, endpoint: str, key_id: str, at: float) -> bool:
        """Let a key stop to work at a time. Return whether there is such a key."""
        ...

    async def revoke(self, endpoint: str, key_id: str) -> bool:
        """Return whether there was such a key."""
        ...


class Audit(Protocol):
    """Changes through administration. What is forgotten of a user or session is forgotten here as well: that
    something was done stays, to whom it was done does not."""

    async def add(self, row: AuditRow) -> None:
        """Keep a change; its ``row`` is given by the database."""
        ...

    async def find(self, wanted: AuditFilter, limit: int = 50, before: int | None = None) -> list[AuditRow]:
        """A page, newest first; ``before`` is the ``row`` of the last one of the page before."""
        ...


class Versions(Protocol):
    """What was loaded together at some time, by its hash; the names that people gave to versions; and the
    sessions that keep one. Equal texts are stored once."""

    async def keep(self, version: Version, name: str | None = None) -> bool:
        """Keep a version, with a name for it if one is given. False, and nothing is kept, when the name is
        taken. A version that is kept already stays as it is."""
        ...

    async def named(self) -> list[SnapshotRow]:
        """All names, oldest first."""
        ...

    async def find(self, name: str) -> SnapshotRow | None:
        """None when no version has this name."""
        ...

    async def get(self, hash: str) -> Version | None:
        """A version with all its texts; None when it is not kept."""
        ...

    async def sessions(self) -> list[VersionUse]:
        """How many sessions keep which version, by endpoint."""
        ...

    async def drop(self, name: str) -> bool:
        """Take a name away, and return whether there was one. The version goes with :meth:`prune`."""
        ...

    async def prune(self, keep: Collection[str]) -> int:
        """Delete the versions that have no name and no session and whose hash is not in ``keep``, with the
        texts that no other one has. Return how many versions went."""
        ...


class Retention(Protocol):
    """Deleting what is old."""

    async def sweep(self, now: float, ages: Mapping[str, float]) -> dict[str, int]:
        """Delete a bounded piece of what is older than its age (seconds, by name: sessions, transcripts,
        profiles, traces, analytics, dead_deliveries, idempotency, audit) and return the number of rows by
        name, and of ``pages`` that were given back to the disk; call again until all are 0."""
        ...

    async def scrub(self) -> None:
        """Return when nothing of what was deleted before is left in the database's files, whoever looks at
        their bytes. Others go on meanwhile."""
        ...


class Ownership(Protocol):
    """Whose turns, deliveries and timers are this process's, where several serve on one database.

    Any process accepts; the owner of a session runs its turns and sends what it says. Ownership makes double
    work rare; the compare-and-set of :meth:`Turns.commit` makes it harmless.
    """

    @property
    def is_shared(self) -> bool:
        """Whether there may be other processes at all."""
        ...

    @property
    def processes(self) -> int:
        """How many serve now, this one included, as far as is known here."""
        ...

    def owns(self, key: bytes) -> bool:
        """Return whether a session, by its key, is this process's now."""
        ...

    async def start(self, listener: PeerListener) -> None:
        """Take a share, and keep it. ``listener`` hears of the other processes. Raises StorageError."""
        ...

    def tell(self, message: JsonObject) -> None:
        """Tell the other processes something small, soon. It may be lost."""
        ...

    def beat_soon(self) -> None:
        """Let all of them say anew what they say of themselves."""
        ...

    async def stop(self) -> None:
        """Give the share back, for others to take at once."""
        ...


class Cluster(Protocol):
    """What processes on one store tell each other beside the data."""

    @property
    def life(self) -> str:
        """As long as it is the same, numbers of events mean the same."""
        ...

    async def members(self) -> list[Member]:
        """All that serve, the oldest first."""
        ...

    async def publish(self, events: Sequence[Event]) -> None:
        """Number events, in their order. What becomes visible later has a higher number."""
        ...

    async def mark_gap(self) -> None:
        """Note that events before now may be missing: nobody watched."""
        ...

    async def published(self, after: int, limit: int) -> list[PublishedEvent]:
        """Those with a higher number, by their numbers."""
        ...

    async def last_published(self, limit: int) -> list[PublishedEvent]:
        """The last ones, by their numbers."""
        ...

    async def spend(self, spent: Sequence[Spending]) -> dict[bytes, float]:
        """Add what was taken from token buckets here to what was taken elsewhere; by their names, what is
        used up of them now."""
        ...

    async def note_suspect(self, key: bytes, seq: int, revision: int) -> int | None:
        """Note that the turn of an inbound begins in this process, in a session that is a suspect. Return how
        many processes it has ended, in a row and without a commit; None: the session is none any longer."""
        ...

    def clear_suspect(self, key: bytes) -> None:
        """Note, soon, that a turn of the session has ended here: it is no suspect any longer."""
        ...

    async def models(self) -> list[str]:
        """The names of what engines of all processes have learned."""
        ...

    async def model(self, name: str) -> bytes | None:
        """What was kept under a name; None when it is gone."""
        ...

    async def keep_model(self, name: str, body: bytes) -> None:
        """Keep what was learned. When there is too much of it, what was used longest ago goes."""
        ...

    async def use_models(self, names: Collection[str]) -> set[str]:
        """Note that these are needed here, so that they stay. Return those that are there."""
        ...


class Store(Protocol):
    """A database: its parts, and its life. Nothing may be asked of a part before :meth:`open`."""

    @property
    def inbox(self) -> Inbox: ...
    @property
    def receipts(self) -> Receipts: ...
    @property
    def turns(self) -> Turns: ...
    @property
    def steps(self) -> Steps: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def timers(self) -> Timers: ...
    @property
    def callbacks(self) -> Callbacks: ...
    @property
    def handovers(self) -> Handovers: ...
    @property
    def sessions(self) -> Sessions: ...
    @property
    def transcripts(self) -> Transcripts: ...
    @property
    def traces(self) -> Traces: ...
    @property
    def analytics(self) -> Analytics: ...
    @property
    def profiles(self) -> Profiles: ...
    @property
    def plugin_data(self) -> PluginData: ...
    @property
    def settings(self) -> Settings: ...
    @property
    def api_keys(self) -> ApiKeys: ...
    @property
    def audit(self) -> Audit: ...
    @property
    def versions(self) -> Versions: ...
    @property
    def retention(self) -> Retention: ...
    @property
    def ownership(self) -> Ownership: ...
    @property
    def cluster(self) -> Cluster | None:
        """None where one process owns the store."""
        ...

    @property
    def waiting_jobs(self) -> int:
        """Transactions that nobody has taken up yet: the measure of overload."""
        ...

    async def open(self) -> None:
        """Open, bring to the newest schema, and see to it that nobody else writes. Raises StorageError."""
        ...

    async def close(self) -> None:
        """Finish what was handed in, and close."""
        ...

    async def settled(self) -> None:
        """Return when all that was asked before is done."""
        ...

    async def check(self) -> None:
        """Raise StorageError when messages cannot be kept: the disk is full, the file is damaged or gone.
        Costs the same however much is stored."""
        ...

    async def counts(self) -> dict[str, int]:
        """For metrics: sessions, queued, heads, pending, dead, timers; each from an index, never a scan."""
        ...

    async def waiting(self) -> list[Waiting]:
        """What waits, by endpoint, in the order of their names; endpoints at which nothing waits are left
        out. Costs what waits, not what is stored."""
        ...
