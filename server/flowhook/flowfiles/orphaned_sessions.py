"""Live sessions that stand at nodes which the flows do not have: counted, with the rename that would keep
them. ``flowhook impact`` asks before an edit counts, a reload tells it afterwards."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Literal

from flowhook.engine.flow import Flow, FlowNode, Library
from flowhook.problems.suggestion import closest, did_you_mean


@dataclass(frozen=True, slots=True)
class Standing:
    """How many live sessions of an endpoint stand at a node, "flow/key"."""

    endpoint: str
    node: str
    count: int
    #: what the node did (:func:`fingerprint`) in the flows that run; empty where that is not known
    fingerprint: str = ""


@dataclass(frozen=True, slots=True)
class Stranded:
    """Sessions that stand where nothing is: their next input enters at the first node."""

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
        """Only what there is."""
        told: dict[str, Any] = {
            "endpoint": self.endpoint, "node": self.node, "count": self.count, "gone": self.gone
        }  # fmt: skip
        if self.hint:
            told["hint"] = self.hint
        if self.renamed:
            told["moved"] = {self.node.partition("/")[2]: self.renamed}
        return told


def standing_at(library: Library, endpoint: str, counts: Iterable[tuple[str, int]]) -> Iterator[Standing]:
    """Counts by node, as a store gives them, with what the nodes do in the flows that run."""
    for node, count in counts:
        known = _node_at(library, node)
        yield Standing(endpoint, node, count, fingerprint(known) if known is not None else "")


def fingerprint(node: FlowNode) -> str:
    """Stands for what a node does, whatever its id: its type and its settings."""
    told = repr((node.type.key, node.settings.raw))
    return hashlib.sha256(told.encode("utf-8", "replace")).hexdigest()[:16]


def stranded(standing: Iterable[Standing], library: Library) -> list[Stranded]:
    """Those that these flows would strand, the most sessions first. ``moved:`` is followed."""
    standing = list(standing)
    held = {group.node for group in standing}
    found = [_told(group, library, held) for group in standing if _node_at(library, group.node) is None]
    return sorted(found, key=lambda group: (-group.count, group.endpoint, group.node))


def moving(standing: Iterable[Standing], library: Library) -> list[tuple[Standing, str]]:
    """Those that ``moved:`` keeps, each with the id of its node from now on."""
    found = []
    for group in standing:
        node, key = _node_at(library, group.node), group.node.partition("/")[2]
        if node is not None and node.key != key:
            found.append((group, node.key))
    return found


def _told(group: Standing, library: Library, held: set[str]) -> Stranded:
    name, _, key = group.node.partition("/")
    flow = library.flows.get(name)
    if flow is None:
        hint = did_you_mean(name, library.flows)
        return Stranded(group.endpoint, group.node, group.count, "flow", hint)
    renamed = _renamed(group, key, flow, held)
    ids = [node.key for node in flow.nodes.values() if node.has_id]
    return Stranded(group.endpoint, group.node, group.count, "node", did_you_mean(key, ids), renamed)


def _renamed(group: Standing, key: str, flow: Flow, held: set[str]) -> str | None:
    """The node that does the same; else the one with a name like it. Where sessions stand already, and
    where another node was moved to, is no new name."""
    taken = {node.partition("/")[2] for node in held if node.startswith(f"{flow.name}/")}
    taken |= set(flow.moved.values())
    free: Mapping[str, FlowNode] = {
        node.key: node
        for node in flow.nodes.values()
        if node.has_id and node.type.waits and node.key not in taken
    }
    same = [new for new, node in free.items() if group.fingerprint == fingerprint(node)]
    if len(same) == 1:
        return same[0]
    return closest(key, same or free)


def _node_at(library: Library, position: str) -> FlowNode | None:
    name, _, key = position.partition("/")
    flow = library.flows.get(name)
    return flow.node_at(key) if flow is not None else None
