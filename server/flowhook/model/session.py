"""A session's state: everything that one conversation remembers between turns."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any, NamedTuple

from flowhook.model.handover import Handover
from flowhook.model.privacy import BlindMode
from flowhook.model.translation import TranslationState


@dataclass(slots=True)
class Frame:
    """Where a flow stands. Frames stack when a flow calls a flow.

    ``node`` is the key of a node: of the waiting one, of the ``call`` in a lower frame, or None, when
    the next input enters at the first node.
    """

    flow: str
    node: str | None = None
    #: while the frame above is a digression: "waiting" when the node waits for an input, else "standing"
    resting: str | None = None
    #: what expressions know while the flow stands here, by name, and of a digression its ``intent``;
    #: replaced, never changed, because those who keep a position share it
    values: dict[str, Any] = field(default_factory=dict)

    def to_json(self) -> list[Any]:
        """Flow and node, how it rests, if it does, and its values, if it has some."""
        frame = [self.flow, self.node]
        if self.values:
            return [*frame, self.resting, self.values]
        return [*frame, self.resting] if self.resting else frame


class Offer(NamedTuple):
    """An optional question: its node takes one of the next ``inputs`` inputs if that answers it."""

    flow: str
    node: str
    inputs: int

    def is_at(self, other: Offer) -> bool:
        """Whether both are of the same node."""
        return (self.flow, self.node) == (other.flow, other.node)

    def to_json(self) -> dict[str, Any]:
        """As it is kept."""
        return {"flow": self.flow, "node": self.node, "inputs": self.inputs}


class PendingIntent(NamedTuple):
    """An intent of a middling score: the user was asked "did you mean …?"."""

    flow: str  #: as a ranking names it: "" for the flow in force
    intent: str
    score: float
    input: dict[str, Any]  #: what was said, to be taken up again after a yes

    def to_json(self) -> dict[str, Any]:
        """As it is kept."""
        return {"flow": self.flow, "intent": self.intent, "score": self.score, "input": self.input}


class TaskWait(NamedTuple):
    """Outside work for whose callback the session waits at a node."""

    task: str  #: names this very run of the node
    flow: str
    node: str
    depth: int  #: frames up to the node's own
    settings: dict[str, Any]  #: of the node, needed when the result comes; they are not rendered anew

    def to_json(self) -> dict[str, Any]:
        """As it is kept."""
        return {
            "task": self.task, "flow": self.flow, "node": self.node, "depth": self.depth,
            "settings": self.settings,
        }  # fmt: skip


@dataclass(slots=True)  # not frozen: one is made for each message, and freezing triples that
class Origin:
    """Where a session stood when a turn began: a turn that fails brings it back here."""

    frames: list[list[Any]]  #: as JSON, because frames change while the turn runs
    waiting: bool
    tasks: list[TaskWait] = field(default_factory=list)
    pending: PendingIntent | None = None
    offers: list[Offer] = field(default_factory=list)

    def to_json(self) -> dict[str, Any]:
        """As it is kept."""
        position: dict[str, Any] = {"frames": self.frames, "waiting": self.waiting}
        if self.tasks:
            position["tasks"] = [wait.to_json() for wait in self.tasks]
        if self.pending is not None:
            position["pending"] = self.pending.to_json()
        if self.offers:
            position["offers"] = [offer.to_json() for offer in self.offers]
        return position

    @classmethod
    def from_json(cls, position: dict[str, Any]) -> Origin:
        """The reverse of :meth:`to_json`."""
        return cls(
            position["frames"],
            position["waiting"],
            [TaskWait(**wait) for wait in position.get("tasks") or ()],
            _pending(position.get("pending")),
            [Offer(**offer) for offer in position.get("offers") or ()],
        )


class SuspendedTurn(NamedTuple):
    """A turn between two of its segments: a crash here goes on with it."""

    seq: int  #: of its inbound
    origin: Origin
    run: dict[str, Any]  #: what :meth:`flowhook.engine.turn.executor.TurnExecutor.suspend` gave

    def to_json(self) -> dict[str, Any]:
        """As it is kept."""
        return {"seq": self.seq, "origin": self.origin.to_json(), "run": self.run}

    @classmethod
    def from_json(cls, running: dict[str, Any]) -> SuspendedTurn:
        """The reverse of :meth:`to_json`."""
        return cls(running["seq"], Origin.from_json(running["origin"]), running["run"])


#: What a session holds as plain JSON beside its frames.
_PLAIN = (
    "context",
    "values",
    "memory",
    "execution",
    "locale",
    "waiting",
    "state",
    "topic",
    "told",
    "answered",
    "visits",
    "numbered",
)
_plain = attrgetter(*_PLAIN)


@dataclass(slots=True)
class Session:
    """Mutable while a turn runs; kept as JSON between turns."""

    frames: list[Frame]
    context: dict[str, Any] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)  #: what flows see as ``session``
    memory: dict[str, dict[str, Any]] = field(default_factory=dict)  #: of nodes, by "flow/node"
    execution: int = 0  #: turns so far that a person or a backend caused
    locale: str | None = None
    waiting: bool = False  #: the top frame's node waits for an input
    state: str | None = None  #: which intents may win; None: the flow's default
    topic: str | None = None  #: the intent whose entry was taken last, where slots are kept
    told: dict[str, list[Any]] = field(default_factory=dict)  #: see engine/turn/kept_slots.py
    #: the questions answered lately, the last one last: "flow/node" and where the answer is kept
    answered: list[list[str]] = field(default_factory=list)
    visits: dict[str, int] = field(default_factory=dict)  #: "flow/node" → runs, of nodes that are counted
    #: what the numbers below the last message stand for; None: for nothing that can be said
    numbered: list[str | None] = field(default_factory=list)
    pending: PendingIntent | None = None
    offers: list[Offer] = field(default_factory=list)  #: newest first
    tasks: list[TaskWait] = field(default_factory=list)  #: see engine/turn/task_waits.py
    running: SuspendedTurn | None = None
    handover: Handover | None = None  #: a person speaks with the user, or is asked to
    blind: BlindMode | None = None  #: what is not told or kept from here on
    translation: TranslationState | None = None  #: what is known of the user's language
    version: str | None = None  #: the version of the project that it keeps; None: it follows its endpoint

    @property
    def top(self) -> Frame:
        """The frame in force."""
        return self.frames[-1]

    @property
    def origin(self) -> Origin:
        """Where it stands, for a turn that begins now."""
        frames = [frame.to_json() for frame in self.frames]
        return Origin(frames, self.waiting, self.tasks, self.pending, self.offers)

    def return_to(self, origin: Origin) -> None:
        """Stand again where a turn began; nothing of it runs any more."""
        self.frames = [Frame(*frame) for frame in origin.frames]
        self.waiting = origin.waiting
        self.tasks, self.pending, self.offers = origin.tasks, origin.pending, origin.offers
        self.running = None

    def to_json(self) -> dict[str, Any]:
        """Only what differs from a new session, so that small sessions stay small."""
        state: dict[str, Any] = {} if self.version is None else {"version": self.version}  # see version_of
        state["frames"] = [frame.to_json() for frame in self.frames]
        for name, value in zip(_PLAIN, _plain(self), strict=True):
            if value:
                state[name] = value
        if self.pending is not None:
            state["pending"] = self.pending.to_json()
        if self.offers:
            state["offers"] = [offer.to_json() for offer in self.offers]
        if self.tasks:
            state["tasks"] = [wait.to_json() for wait in self.tasks]
        if self.running is not None:
            state["running"] = self.running.to_json()
        if self.handover is not None:
            state["handover"] = self.handover.to_json()
        if self.translation is not None:
            state["translation"] = self.translation.to_json()
        if self.blind is not None:
            state["blind"] = self.blind.to_json()
        return state

    @property
    def is_at_rest(self) -> bool:
        """Whether its conversation has ended: the next input enters at the first node, whatever it is."""
        has_more = self.pending or self.offers or self.tasks or self.running or self.handover
        return len(self.frames) == 1 and self.top.node is None and not self.waiting and not has_more

    @classmethod
    def from_json(cls, state: dict[str, Any]) -> Session:
        """The reverse of :meth:`to_json`, of this version and of those before it."""
        return cls(**{
            name: _READERS[name](value) if name in _READERS else value for name, value in state.items()
        })  # fmt: skip


_VERSION = b'{"version":"'


def version_of(state: bytes) -> str | None:
    """Return the version that a session keeps, of its state as JSON. It stands in front of everything, so
    that nothing is parsed for those that keep none."""
    if not state.startswith(_VERSION):
        return None
    return state[len(_VERSION) : state.index(b'"', len(_VERSION))].decode()


def _pending(pending: dict[str, Any] | None) -> PendingIntent | None:
    return PendingIntent(**pending) if pending else None


#: How the fields are read that are more than plain JSON.
_READERS: dict[str, Callable[[Any], Any]] = {
    "translation": lambda state: TranslationState(**state),
    "frames": lambda frames: [Frame(*frame) for frame in frames],
    "pending": _pending,
    "offers": lambda offers: [Offer(**offer) for offer in offers],
    "tasks": lambda tasks: [TaskWait(**wait) for wait in tasks],
    "running": lambda running: SuspendedTurn.from_json(running) if running else None,
    "handover": lambda handover: Handover(**handover),
    "blind": BlindMode.from_json,
}
