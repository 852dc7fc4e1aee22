"""A session's state: everything that one conversation remembers between turns."""

from __future__ import annotations

from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any


@dataclass(slots=True)
class Frame:
    """Where a flow stands. Frames stack when a flow calls a flow.

    ``node`` is the key of a place: of the waiting node, of the ``call`` node in a lower frame, or
    None, when the next input enters at the first node.
    """

    flow: str
    node: str | None = None
    #: while the frame above is a digression: "waiting" when the node waits for an input, else "standing"
    resting: str | None = None

    def to_json(self) -> list[str | None]:
        """Flow and node, and how it rests, if it does."""
        frame = [self.flow, self.node]
        return [*frame, self.resting] if self.resting else frame


#: What a session holds beside its frames.
HELD = (
    "context", "values", "memory", "execution", "locale", "waiting", "state", "pending", "offers", "tasks",
    "running",
)  # fmt: skip
_held = attrgetter(*HELD)


@dataclass(slots=True)
class Session:
    """Mutable while a turn runs; kept as JSON between turns."""

    frames: list[Frame]
    context: dict[str, Any] = field(default_factory=dict)
    values: dict[str, Any] = field(default_factory=dict)  #: what flows see as ``session``
    memory: dict[str, dict[str, Any]] = field(default_factory=dict)  #: of nodes, by "flow/place"
    execution: int = 0  #: turns so far that a person or a backend caused
    locale: str | None = None
    waiting: bool = False  #: the top frame's node waits for an input
    state: str | None = None  #: which intents may win; None: the flow's default
    pending: dict[str, Any] | None = None  #: an intent that the user was asked to confirm
    offers: list[dict[str, Any]] = field(default_factory=list)  #: of optional questions, newest first
    tasks: list[dict[str, Any]] = field(default_factory=list)  #: that the session waits for; engine/tasks.py
    running: dict[str, Any] | None = None  #: an unfinished turn, between its segments

    @property
    def top(self) -> Frame:
        """The frame in force."""
        return self.frames[-1]

    def to_json(self) -> dict[str, Any]:
        """Only what differs from a new session, so that small sessions stay small."""
        held = {name: value for name, value in zip(HELD, _held(self), strict=True) if value}
        return {"frames": [frame.to_json() for frame in self.frames], **held}

    @classmethod
    def from_json(cls, state: dict[str, Any]) -> Session:
        """The reverse of :meth:`to_json`."""
        frames = [Frame(*frame) for frame in state["frames"]]
        return cls(frames, **{name: value for name, value in state.items() if name != "frames"})
