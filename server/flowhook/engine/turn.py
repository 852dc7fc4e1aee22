"""What a built-in node sees while it runs, and what a turn leaves behind."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any, Literal

from flowhook.model.inbound import Inbound
from flowhook.model.output import Output
from flowhook.model.session import Session
from flowhook.model.trace import TraceStep
from flowhook.model.understanding import Understanding


@dataclass(slots=True)
class Surroundings:
    """What a turn is given of the world: plain values, so that the same turn can be run again."""

    now: float  #: POSIX seconds
    timezone: tzinfo
    vars: dict[str, Any] = field(default_factory=dict)
    profile: dict[str, Any] = field(default_factory=dict)
    history: list[dict[str, Any]] = field(default_factory=list)
    endpoint: str = ""
    url_token: str = ""
    locale: str = "en"
    seed: int = 0  #: of the choice among alternatives
    understanding: Understanding | None = None
    node_limit: int = 1000  #: nodes in one turn


@dataclass(slots=True)
class Timer:
    """The one timer of a waiting node."""

    node: str
    due_at: float


@dataclass(slots=True)
class TurnEnd:
    """Where a turn stands after it ran as far as it could: it ended, or it needs the outside."""

    status: Literal["done", "failed", "needs"]
    error: str | None = None
    error_place: str | None = None  #: "flow/node"


class Turn:
    """One inbound being handled: the view that nodes get.

    Created by :class:`flowhook.engine.run.Run`, which owns the loop. Paths are dotted and start
    with ``context``, ``profile`` or ``session``: ``context.order.size``.
    """

    inbound: Inbound
    session: Session
    surroundings: Surroundings
    input: dict[str, Any]
    scope: dict[str, Any]  #: the roots that expressions read
    outputs: list[Output]
    step: TraceStep
    memory: dict[str, Any]  #: of the node that runs, durable

    # The bodies are engine/run.py's business and are written there.
