"""What a flow tells an event webhook of its own."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class EventPost:
    """A POST that nobody waits for, from the node ``at`` ("flow/node")."""

    at: str
    url: str
    text: str
    connection: str | None = None  #: a connection of the configuration; the url is a path under its base
    headers: dict[str, str] = field(default_factory=dict)
    extras: bool = False  #: who, where and when beside time, data and ip
