"""A flow, compiled: a graph in which every reference is resolved."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flowhook.engine.node import Node
    from flowhook.engine.settings import Settings


@dataclass(frozen=True, slots=True)
class Stay:
    """A way that leads back to waiting: the list under ``on_timeout`` or ``on_intent`` has ended.

    ``place`` is the key of the node that goes on waiting: no attempt counted, its timer not armed.
    """

    place: str


#: Where a way leads: the key of a place in the same flow; None: the end of the flow; or Stay.
Target = str | None | Stay


@dataclass(slots=True)
class Place:
    """A node in its flow."""

    key: str  #: the id, or, without one, a path such as ``greeting.then.0``
    type: type[Node]
    settings: Settings  #: gives the validated node for a scope; constant ones are validated once
    has_id: bool = False
    disabled: bool = False
    below: Target = None  #: where the flow goes on when the node takes no branch
    ways: dict[str, Target] = field(default_factory=dict)  #: branch, or ``cases.large`` → first place
    on_error: Target | bool = False  #: False: no such branch
    line: int = 0  #: in the flow file, from 1
    column: int = 0
    derived: dict[str, Any] = field(default_factory=dict)  #: what a node type worked out of its ways once


@dataclass(slots=True)
class Flow:
    """One flow file, compiled. Immutable once it serves traffic."""

    name: str
    revision: str  #: hash of the file's text
    places: dict[str, Place]
    first: str | None
    context: dict[str, Any] = field(default_factory=dict)  #: the default context
    settings: Mapping[str, Any] = field(default_factory=dict)  #: on_error, loop_limit …
    on_error: Target | bool = False  #: of the whole flow
    moved: dict[str, str] = field(default_factory=dict)  #: old node id → new one
    roots: frozenset[str] = frozenset()  #: names its expressions read: profile, history …
    description: str = ""
    file: str = ""

    @property
    def loop_limit(self) -> int:
        """Visits of one node in one turn before the turn fails."""
        return int(self.settings.get("loop_limit", 100))


@dataclass(frozen=True, slots=True)
class Library:
    """All flows that were loaded together; a turn runs on one library from end to end."""

    flows: Mapping[str, Flow]
    revision: str = ""
