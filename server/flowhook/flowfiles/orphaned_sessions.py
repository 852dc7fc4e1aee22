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
        place = _place(library, node)
        yield Standing(endpoint, node, count, fingerprint(place) if place is not None else "")


def fingerprint(place: FlowNode) -> str:
    """Stands for what a node does, whatever its id: its type and its settings."""
    told = repr((place.type.key, place.settings.raw))
    return hashlib.sha256(told.encode("utf-8", "replace")).hexdigest()[:16]


def stranded(standing: Iterable[Standing], library: Library) -> list[Stranded]:
    """Those that these flows would strand, the most sessions first. ``moved:`` is followed."""
    standing = list(standing)
    held = {each.node for each in standing}
    found = [_told(each, library, held) for each in standing if _place(library, each.node) is None]
    return sorted(found, key=lambda each: (-each.count, each.endpoint, each.node))


def moving(standing: Iterable[Standing], library: Library) -> list[tuple[Standing, str]]:
    """Those that ``moved:`` keeps, each with the id of its node from now on."""
    found = []
    for each in standing:
        place, key = _place(library, each.node), each.node.partition("/")[2]
        if place is not None and place.key != key:
            found.append((each, place.key))
    return found


def _told(each: Standing, library: Library, held: set[str]) -> Stranded:
    name, _, key = each.node.partition("/")
    flow = library.flows.get(name)
    if flow is None:
        hint = did_you_mean(name, library.flows)
        return Stranded(each.endpoint, each.node, each.count, "flow", hint)
    renamed = _renamed(each, key, flow, held)
    ids = [place.key for place in flow.nodes.values() if place.has_id]
    return Stranded(each.endpoint, each.node, each.count, "node", did_you_mean(key, ids), renamed)


def _renamed(each: Standing, key: str, flow: Flow, held: set[str]) -> str | None:
    """The node that does the same; else the one with a name like it. Where sessions stand already, and
    where another node was moved to, is no new name."""
    taken = {node.partition("/")[2] for node in held if node.startswith(f"{flow.name}/")}
    taken |= set(flow.moved.values())
    free: Mapping[str, FlowNode] = {
        place.key: place
        for place in flow.nodes.values()
        if place.has_id and place.type.waits and place.key not in taken
    }
    same = [new for new, place in free.items() if each.fingerprint == fingerprint(place)]
    if len(same) == 1:
        return same[0]
    return closest(key, same or free)


def _place(library: Library, node: str) -> FlowNode | None:
    name, _, key = node.partition("/")
    flow = library.flows.get(name)
    return flow.node_at(key) if flow is not None else None
