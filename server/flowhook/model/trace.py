"""What the engine did and why: one step for each node that ran."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
        return step_of(_row_of(self))


#: The fields of a stored step, in their order. New ones come at the end: stored steps may be shorter.
_FIELDS = (
    "flow", "node", "type", "went", "passed", "saw", "changed", "said", "error", "warnings", "call", "ms",
)  # fmt: skip
_row_of = attrgetter(*_FIELDS)
_ALWAYS = 3  #: fields that are told also when they are empty


def rows_of(steps: Iterable[TraceStep]) -> list[tuple[Any, ...]]:
    """Return steps as traces are stored, without names: half the work, for every message."""
    return [*map(_row_of, steps)]


def step_of(row: Sequence[Any]) -> dict[str, Any]:
    """Return a stored step as it is told: what is empty is left out."""
    step: dict[str, Any] = dict(zip(_FIELDS[:_ALWAYS], row, strict=False))
    step.update((name, value) for name, value in zip(_FIELDS[_ALWAYS:], row[_ALWAYS:], strict=False) if value)
    return step


def trace_of(stored: dict[str, Any]) -> dict[str, Any]:
    """Return a stored trace as it is told. Steps of older versions, and masked ones, are stored as told."""
    if "steps" not in stored:
        return stored
    return {
        **stored,
        "steps": [step if isinstance(step, dict) else step_of(step) for step in stored["steps"]],
    }
