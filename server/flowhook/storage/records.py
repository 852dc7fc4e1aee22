"""Records: what is handed to the store, and what it hands back. Times are POSIX seconds."""

# Without "from __future__ import annotations": a named tuple compiles each annotation that is a text.
from dataclasses import dataclass, field
from typing import Any, Literal, NamedTuple

from flowhook.model.delivery import Delivery
from flowhook.model.event import Event
from flowhook.model.handover import HandoverChange
from flowhook.model.inbound import Inbound, JsonObject
from flowhook.model.session_ref import SessionRef

KEY_LIFETIME = 24 * 3600.0  #: seconds for which an idempotency key is remembered by default


class RequestKey(NamedTuple):
    """By which a repeat of a request, or of one of its messages, is known: within a session and a route.

    Of a list of messages the n-th has the key of the request and its number. When the first of them is a
    repeat, so is the request, and what it has more than the first time is left out.
    """

    text: str
    route: str  #: message, inject, notify, test
    fingerprint: bytes  #: SHA-256 of what a repeat must have in common with the first
    of_request: bool = False  #: given for the whole request, not for this message alone
    number: int = 0  #: of the message in its request
    wait: float | None = None  #: seconds for which the caller wants to wait for the outputs
    lifetime: float = KEY_LIFETIME  #: seconds for which it is remembered
    older_fingerprint: bytes = b""  #: the one that versions without :attr:`wait` would have stored

    @property
    def stored(self) -> str:
        """The text under which it is kept; keys are printable, so no two are the same."""
        return f"{self.text}\n{self.number}" if self.number else self.text


@dataclass(slots=True)
class Arrival:
    """An inbound at the door, with the conditions of its acceptance."""

    inbound: Inbound
    key: RequestKey | None = None
    must_exist: bool = False  #: refuse when the session does not exist or has expired
    expires_after: float | None = None  #: seconds without an inbound after which a session is gone
    reject_when_busy: bool = False
    max_backlog: int = 100  #: inbounds of one session that may wait
    #: with a precondition ``if_node``: all names under which its node may be stored
    nodes: frozenset[str] = frozenset()


class Accepted(NamedTuple):
    """In the inbox (or among the timers, when ``scheduled``). ``state`` is the session's JSON."""

    inbound: Inbound
    state: bytes | None
    revision: int
    backlog: int  #: inbounds of the session that wait, this one included
    fresh: bool = False  #: the session is new, or had expired and starts anew
    scheduled: bool = False


class IdleRow(NamedTuple):
    """A session in which nothing waits, as the store has it."""

    state: bytes | None  #: JSON; None: it has not changed anything yet
    revision: int
    next_seq: int  #: the place in the inbox that its next inbound takes
    node: str | None  #: "flow/node" where it stands
    test: bool  #: its last message was a test


@dataclass(slots=True)
class Replayed:
    """The same key and content were accepted before: the caller is told the same again."""

    trace_id: str
    user_id: str
    session_id: str
    discarded: bool = False
    wait: float | None = None  #: the first request waited so many seconds for its outputs, and got them …
    patience: float = 0.0  #: … or may still: seconds that are left of them


class Refused(NamedTuple):
    """Nothing was stored. ``code``: idempotency_mismatch, session_not_found, session_busy,
    precondition_failed."""

    code: str


Acceptance = Accepted | Replayed | Refused


class TimerChange(NamedTuple):
    """What a segment does to the timer of the waiting node, or to one with a name: None as ``due_at`` takes
    it away."""

    node: str | None = None
    due_at: float | None = None
    name: str | None = None  #: of the session's timer that has this name
    every: bool = False  #: takes all timers of the session away, those with names too


class OpenCallback(NamedTuple):
    """The one-time URL of a task that starts."""

    hash: bytes  #: SHA-256 of the URL's token
    task: str  #: the key under which the session's state knows the task
    node: str  #: "flow/node"
    kind: Literal["callback", "inject"]  #: as what the body enters: a session waits for a callback
    due_at: float | None = None  #: when the task's time is over
    tells: bool = True  #: the session is told when the time is over, not only the URL void


@dataclass(slots=True)
class TaskChange:
    """What a segment does to the callbacks of its session: opens some; those of kind callback that are
    neither opened nor still ``waited`` for become void."""

    opened: list[OpenCallback] = field(default_factory=list)
    waited: list[str] = field(default_factory=list)  #: keys of tasks
    dropped: list[str] = field(default_factory=list)  #: keys of tasks that could not be started: void
    all_void: bool = False  #: those of kind inject too


class CallbackRow(NamedTuple):
    """A one-time URL as the door sees it. ``ref`` is None when nothing is left of the session."""

    status: Literal["open", "used", "void"]
    kind: Literal["callback", "inject"]
    node: str
    ref: SessionRef | None


class ProfileChange(NamedTuple):
    """One change of the profile, applied to what is stored at commit: last writer wins a path."""

    op: Literal["set", "unset", "append", "replace", "erase", "merge"]
    path: tuple[str, ...]  #: empty when it is about all of it: replace, erase, merge
    value: Any = None  #: of merge: the user whose profile is taken over


class AnalyticsRecord(NamedTuple):
    """What is counted of one input."""

    at: float  #: when the input came
    endpoint: str
    session: bytes  #: SessionRef.key
    contact: bytes  #: ``contact_key`` of the user
    test: bool
    record: bytes  #: JSON
    row: int = 0  #: given by the store: with ``at`` the place in a list


class StoredProfile(NamedTuple):
    """A profile, and the user under whose id it is kept: another one where two were merged."""

    main_user: str
    body: JsonObject


class MergedInput(NamedTuple):
    """Further inbounds that a turn takes together with its own. They end with its first segment."""

    seqs: tuple[int, ...]  #: of the further ones
    inbound: Inbound  #: the turn's own, as it is with their words


@dataclass(slots=True)
class Segment:
    """What one stretch of a turn leaves behind, committed as a whole or not at all."""

    ref: SessionRef
    seq: int  #: of the inbound
    base_revision: int  #: the revision it was computed from; another one stored: Stale
    state: bytes | None  #: the session's new JSON; None leaves the state as it is
    node: str | None = None  #: "flow/node" where the session now stands, for listing and conditions
    flow_revision: str = ""
    version: str | None = None  #: the version that the session keeps; counts where there is a state
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
    named_timers: list[TimerChange] = field(default_factory=list)
    tasks: TaskChange | None = None  #: None: leave the callbacks alone
    trace_id: str = ""  #: of the inbound, for what is said in a handover
    handovers: list[HandoverChange] = field(default_factory=list)  #: in their order
    profile: list[ProfileChange] = field(default_factory=list)
    profile_endpoint: str = ""  #: whose profiles these are; "": those of the whole project
    privacy: int = 0  #: what is told and kept of the inbound's words, see ``model/privacy.py``
    analytics: AnalyticsRecord | None = None
    #: of a turn's first segment; never on the fast path. With one that waits no longer: Stale
    merged: MergedInput | None = None
    #: of a session that is another process's: seconds for which its owner leaves the first delivery to this
    #: one; 0: the owner sends it
    claim: float = 0.0


@dataclass(slots=True)
class HandoverRow:
    """A handover as it is kept."""

    id: str
    ref: SessionRef
    provider: str  #: as ``handovers:`` names it
    status: Literal["queue", "active", "closed"]
    outcome: str | None  #: of a closed one: completed, cancelled, error
    owner: str | None  #: the agent who has it
    closing: bool  #: its end was accepted
    reference: str | None  #: by which its provider knows it
    node: str  #: "flow/node" that asked for it
    settings: JsonObject
    trace_id: str  #: of the turn that asked for it
    test: bool
    privacy: int
    created_at: float
    taken_at: float | None
    closed_at: float | None
    waiting_since: float | None  #: the oldest word of the user that nobody has answered
    step: int  #: of what was done about that
    ending: JsonObject  #: ``{result, note, reason}``
    row: int


class HandoverMessage(NamedTuple):
    """One thing in a handover: its beginning (``open``), its end (``close``), or something said."""

    seq: int  #: from 1
    kind: Literal["open", "message", "close"]
    source: str  #: user, agent, bot, note, system
    agent: str
    status: Literal["pending", "sent", "dead", "kept"]  #: kept: it is not for the provider
    attempts: int
    error: str | None
    trace_id: str
    at: float
    text: str
    data: JsonObject
    attachments: list[JsonObject]


class HandoverParcel(NamedTuple):
    """What leaves for a provider next, in one handover."""

    handover: HandoverRow
    message: HandoverMessage


class HandoverClaim(NamedTuple):
    """Under which conditions something enters a handover, and what it changes there.

    ``agent`` must have it; None: its provider speaks. ``takes``: the agent takes it, if nobody has it.
    ``gives``: the agent hands it to another one, or with "" back to the queue. ``ends``: nothing else may
    enter after this. ``forces``: whoever has it.
    """

    agent: str | None = None
    takes: bool = False
    gives: str | None = None
    ends: bool = False
    forces: bool = False
    key: RequestKey | None = None


class HandoverRefused(NamedTuple):
    """Nothing was stored. ``code``: unknown_handover, handover_closed, handover_taken, not_owner,
    idempotency_mismatch. ``owner`` is the agent who has it."""

    code: str
    owner: str | None = None


class Committed(NamedTuple):
    """``deliveries`` carry sequence and id now; ``ready``: the first may leave at once; ``blocked``: an
    earlier one of the session is not resolved, so that they wait, also where the segment holds them."""

    revision: int
    deliveries: list[Delivery]
    ready: bool
    blocked: bool = False


class Stale(Exception):
    """The session was changed by somebody else since it was read; nothing was stored."""


@dataclass(slots=True)
class Attempt:
    """What became of one attempt at a delivery."""

    delivery: Delivery
    status: Literal["delivered", "pending", "dead"]
    next_at: float | None = None  #: pending: when to try again
    http_status: int | None = None
    error: str | None = None
    counts: bool = True
    ms: int = 0
    at: float = 0.0
    response: str | None = None  #: failed: the beginning of what the receiver said
    body: bytes = b""  #: what the receiver said, for plugins; not kept
    claim: float = 0.0  #: as of a segment, for the delivery that follows it


class Member(NamedTuple):
    """A process that serves on a store. Times are POSIX seconds."""

    id: str
    about: JsonObject  #: what it says of itself: version, host, pid, flowRevision, watches
    started_at: float
    seen_at: float
    shards: int  #: of 256: whose sessions are its own
    waiting: int  #: inbounds that wait or run there
    waiting_since: float | None  #: the oldest of them
    due: int  #: deliveries that could leave
    due_since: float | None


class PublishedEvent(NamedTuple):
    """An event of any process with its number; None: of a type that this version does not know."""

    number: int
    event: Event | None
    is_gap: bool = False  #: nobody watched before it: events are missing here


class Spending(NamedTuple):
    """What was taken from a token bucket here."""

    name: bytes  #: the same at all processes
    taken: float
    rate: float  #: tokens that come back in a second


class SessionRow(NamedTuple):
    """A session as administration sees it."""

    ref: SessionRef
    state: JsonObject
    revision: int
    node: str | None
    flow_revision: str
    backlog: int
    created_at: float | None  #: None: it ended, and what was said in it is still kept
    updated_at: float
    test: bool = False  #: its last message was a test


class Waiting(NamedTuple):
    """Since when something waits at an endpoint, in POSIX seconds; None where nothing does."""

    endpoint: str
    inputs: int = 0  #: inbounds whose turn has not ended
    input_since: float | None = None  #: when the oldest of them came
    #: since when the oldest pending delivery waits; of a replay: when it is sent again
    delivery_since: float | None = None


class DeliveryFilter(NamedTuple):
    """Which deliveries: those for which all that is said holds. Times are POSIX seconds of creation."""

    status: str | None = None
    endpoint: str | None = None
    user_id: str | None = None
    session_id: str | None = None
    since: float | None = None
    until: float | None = None  #: not included


class GivenUp(NamedTuple):
    """What came of giving up a delivery by hand. ``parked``: another of its session is before it;
    ``following`` may leave now."""

    outcome: Literal["given up", "unknown", "resolved", "parked"]
    following: Delivery | None = None


class FoundText(NamedTuple):
    """A session in which something was said, and the newest message that says it."""

    endpoint: str
    user_id: str
    session_id: str
    trace_id: str
    at: float
    text: str  #: the whole text of the message


class TextPage(NamedTuple):
    """What a search found, newest first, and where to go on; None: there is no more."""

    found: list[FoundText]
    before: tuple[int, int] | None


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
    #: failed attempts, oldest first: ``{at, ms, status, error, response}``; in a list they are left out
    failures: list[JsonObject] = field(default_factory=list)
    test: bool = False
    done_at: float | None = None  #: when it was delivered or given up; None while it is pending
    #: what is sent, with the names of secrets in their place; None in a list
    request: Delivery | None = None


class TimerRow(NamedTuple):
    """A timer, a scheduled inbound, or a task whose callback is open."""

    timer_id: str
    kind: Literal["timeout", "scheduled", "task", "named"]
    ref: SessionRef
    node: str | None
    due_at: float | None  #: None: a task that waits without end
    trace_id: str | None = None
    name: str | None = None  #: of one that the node ``timer`` armed


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
    held: list[JsonObject] = field(default_factory=list)  #: of those that arrived without an attempt
    test: bool = False
    turn: str | None = (
        None  #: the trace id of the inbound in whose turn it was taken, where that is another one
    )


@dataclass(slots=True)
class ApiKey:
    """A key of an endpoint; only its hash is kept."""

    key_id: str
    endpoint: str
    name: str
    hash: bytes
    preview: str
    created_at: float
    ends_at: float | None = None  #: when it stops to work by itself
    used_at: float | None = None  #: when it was last presented, give or take some minutes
    scopes: tuple[str, ...] | None = None  #: the kinds of routes that it opens; None: all


class AuditRow(NamedTuple):
    """A change through administration: who made it, to what, and what was different."""

    at: float
    who: str  #: the name of the admin key
    role: str
    action: str  #: such as "session.reset"
    subject: str  #: such as "sessions/pizza/u1/s1"
    endpoint: str | None = None
    user_id: str | None = None
    session_id: str | None = None
    before: Any = None  #: JSON, of what differs
    after: Any = None
    row: int = 0  #: of later changes it is higher: the position in a list


class AuditFilter(NamedTuple):
    """Which changes are looked for; None: any. ``action`` also names a group: "session" for all of its."""

    who: str | None = None
    action: str | None = None
    endpoint: str | None = None
    user_id: str | None = None
    since: float | None = None
    until: float | None = None  #: exclusive


class Version(NamedTuple):
    """What a version of the project consists of. Immutable: its ``hash`` says all of it."""

    hash: str  #: SHA-256 of the manifest, in hex
    manifest: bytes  #: JSON in its canonical form
    blobs: dict[str, bytes]  #: the texts that the manifest names, by their SHA-256 in hex


class SnapshotRow(NamedTuple):
    """A name that somebody gave to a version."""

    name: str
    version: str  #: its hash
    created_at: float


class VersionUse(NamedTuple):
    """How many sessions of an endpoint keep a version."""

    version: str
    endpoint: str
    sessions: int


class TraceRow(NamedTuple):
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
    trace: JsonObject  #: steps, ms, waitedMs, flows; failures of plugins; error and at where the turn failed
    test: bool = False
