"""What the engine did and why: one step for each node that ran."""

from __future__ import annotations

from dataclasses import dataclass, field
from operator import attrgetter
from typing import Any

UNDERSTANDING = "understanding"  #: the type of the step that tells what was understood, which is no node's


@dataclass(slots=True)
class TraceStep:
    """One node's run. ``saw`` holds the values a decision looked at; ``changed`` path to value.

    ``passed`` names the branches that a decision did not take; ``call`` is an HTTP call with what was
    answered: ``{method, url, connection, status, body}``, or ``error`` in the place of an answer.
    """

    flow: str
    node: str
    type: str
    went: str = ""  #: the way out: a branch, ``next``, ``wait``, ``stop``, ``goto x``, ``error`` …
    passed: list[str] = field(default_factory=list)
    saw: dict[str, Any] = field(default_factory=dict)
    changed: dict[str, Any] = field(default_factory=dict)
    said: int = 0
    error: str | None = None
    warnings: list[str] = field(default_factory=list)
    call: dict[str, Any] | None = None
    ms: float | None = None  #: of a need: how long the outside took

    def to_json(self) -> dict[str, Any]:
        """Short: what is empty is left out."""
        told = {name: value for name, value in zip(_TOLD, _told(self), strict=True) if value}
        return {"flow": self.flow, "node": self.node, "type": self.type, **told}


_TOLD = ("went", "passed", "saw", "changed", "said", "error", "warnings", "call", "ms")
_told = attrgetter(*_TOLD)
