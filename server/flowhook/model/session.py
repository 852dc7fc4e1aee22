"""A session's state: everything that one conversation remembers between turns."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class Frame:
    """Where a flow stands. Frames stack when a flow calls a flow.

    ``node`` is the key of a place: of the waiting node, of the ``call`` node in a lower frame, or
    None, when the next input enters at the first node.
    """

    flow: str
    node: str | None = None


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
    running: dict[str, Any] | None = None  #: an unfinished turn, between its segments

    @property
    def top(self) -> Frame:
        """The frame in force."""
        return self.frames[-1]

    def to_json(self) -> dict[str, Any]:
        """Only what differs from a new session, so that small sessions stay small."""
        state: dict[str, Any] = {"frames": [[f.flow, f.node] for f in self.frames]}
        for name in ("context", "values", "memory", "execution", "locale", "waiting", "running"):
            if value := getattr(self, name):
                state[name] = value
        return state

    @classmethod
    def from_json(cls, state: dict[str, Any]) -> Session:
        """The reverse of :meth:`to_json`."""
        frames = [Frame(flow, node) for flow, node in state["frames"]]
        return cls(frames, **{name: value for name, value in state.items() if name != "frames"})
