"""Live sessions whose node an edit of the flows removed: counted, with the rename that would keep them.

``flowhook impact`` asks before an edit takes effect, a reload tells it afterwards.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from flowhook.engine.flow import Flow, FlowNode, Library
from flowhook.problems.suggestion import closest, did_you_mean


@dataclass(frozen=True, slots=True)
class SessionCount:
    """How many live sessions of an endpoint stand at a node, ``flow/key``."""

    endpoint: str
    node: str
    count: int
    #: what the node did (:func:`fingerprint`) in the flows that run; empty where that is not known
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class OrphanedSessions:
    """Sessions whose node is gone: their next input enters at the first node."""

    endpoint: str
    node: str
    count: int
    gone: Literal["flow", "node"]
    hint: str = ""  #: ``did you mean "size"?``
    renamed: str | None = None  #: the id that the node most likely has now

    @property
    def moved(self) -> str:
        """The line for the flow file that keeps the sessions; empty where no rename was seen."""
        return f"moved: {{{self.node.partition('/')[2]}: {self.renamed}}}" if self.renamed else ""

    def to_json(self) -> dict[str, Any]:
        """As ``flowhook impact --json`` shows it: only what there is."""
        shown: dict[str, Any] = {
            "endpoint": self.endpoint, "node": self.node, "count": self.count, "gone": self.gone
        }  # fmt: skip
        if self.hint:
            shown["hint"] = self.hint
        if self.renamed:
            shown["moved"] = {self.node.partition("/")[2]: self.renamed}
        return shown


def session_counts(
    library: Library, endpoint: str, counts: Iterable[tuple[str, int]]
) -> Iterator[SessionCount]:
    """Yield the counts by node, as a store gives them, with what the nodes do in the flows that run."""
    for name, count in counts:
        node = _node_at(library, name)
        yield SessionCount(endpoint, name, count, fingerprint(node) if node is not None else "")


def fingerprint(node: FlowNode) -> str:
    """Return a digest of what a node does, whatever its id: of its type and its settings."""
    behaviour = repr((node.type.key, node.settings.raw))
    return hashlib.sha256(behaviour.encode("utf-8", "replace")).hexdigest()[:16]


def find_orphaned(counts: Iterable[SessionCount], library: Library) -> list[OrphanedSessions]:
    """Return the sessions that these flows would orphan, the most first. ``moved:`` is followed."""
    counts = list(counts)
    occupied = {count.node for count in counts}
    found = [_describe(count, library, occupied) for count in counts if _node_at(library, count.node) is None]
    return sorted(found, key=lambda orphaned: (-orphaned.count, orphaned.endpoint, orphaned.node))


def find_moved(counts: Iterable[SessionCount], library: Library) -> list[tuple[SessionCount, str]]:
    """Return the sessions that ``moved:`` keeps, each with the id of its node from now on."""
    found = []
    for count in counts:
        node, key = _node_at(library, count.node), count.node.partition("/")[2]
        if node is not None and node.key != key:
            found.append((count, node.key))
    return found


def _describe(count: SessionCount, library: Library, occupied: set[str]) -> OrphanedSessions:
    name, _, key = count.node.partition("/")
    flow = library.flows.get(name)
    if flow is None:
        hint = did_you_mean(name, library.flows)
        return OrphanedSessions(count.endpoint, count.node, count.count, "flow", hint)
    ids = [node.key for node in flow.nodes.values() if node.has_id]
    return OrphanedSessions(
        count.endpoint,
        count.node,
        count.count,
        "node",
        did_you_mean(key, ids),
        _likely_rename(count, key, flow, occupied),
    )


def _likely_rename(count: SessionCount, key: str, flow: Flow, occupied: set[str]) -> str | None:
    """The id of the node that does the same; else of the one with a name like it. A node where sessions
    stand already, or to which another one was moved, is no candidate."""
    taken = {node.partition("/")[2] for node in occupied if node.startswith(f"{flow.name}/")}
    taken |= set(flow.moved.values())
    free: Mapping[str, FlowNode] = {
        node.key: node
        for node in flow.nodes.values()
        if node.has_id and node.type.waits and node.key not in taken
    }
    same = [new for new, node in free.items() if count.fingerprint == fingerprint(node)]
    if len(same) == 1:
        return same[0]
    return closest(key, same or free)


def _node_at(library: Library, name: str) -> FlowNode | None:
    flow_name, _, key = name.partition("/")
    flow = library.flows.get(flow_name)
    return flow.node_at(key) if flow is not None else None
