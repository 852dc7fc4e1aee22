"""Which nodes of the flows the tests went through, and which ways out of them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flowhook.engine.flow import Flow, FlowNode, Library

BELOW = "next"
ON_ERROR = "on_error"
FLOW_ERROR = "settings.on_error"


@dataclass(frozen=True, slots=True)
class Gap:
    """A node that no test visited, or a way out of one that no test took."""

    file: str
    line: int
    node: str
    way: str | None = None

    def __str__(self) -> str:
        return self.node if self.way is None else f"{self.node} → {self.way}"


@dataclass(slots=True)
class FlowCoverage:
    """One flow: the ways by node, and those that were taken. The place None is the flow itself."""

    flow: str
    file: str
    lines: dict[str, int] = field(default_factory=dict)
    ways: dict[str, frozenset[str]] = field(default_factory=dict)
    #: nodes under ``settings.questions``, of which each question has its own: by each, the first of them
    firsts: dict[str, str] = field(default_factory=dict)
    visited: set[str] = field(default_factory=set)
    taken: set[tuple[str, str]] = field(default_factory=set)

    @property
    def nodes(self) -> tuple[int, int]:
        """Visited, and all."""
        return len(self.visited), len(self.lines)

    @property
    def edges(self) -> tuple[int, int]:
        """Taken, and all."""
        return len(self.taken), sum(map(len, self.ways.values()))

    @property
    def gaps(self) -> list[Gap]:
        """What is missing, in the order of the file. Ways of an unvisited node go without saying."""
        found = [Gap(self.file, line, node) for node, line in self.lines.items() if node not in self.visited]
        for node, ways in self.ways.items():
            if node in self.lines and node not in self.visited:
                continue
            untaken = sorted(way for way in ways if (node, way) not in self.taken)
            found += [Gap(self.file, self.lines.get(node, 1), node or self.flow, way) for way in untaken]
        return sorted(found, key=lambda gap: (gap.line, gap.node, gap.way or ""))


@dataclass(slots=True)
class Coverage:
    """All flows of a run."""

    flows: dict[str, FlowCoverage]

    @classmethod
    def of(cls, library: Library) -> Coverage:
        """Nothing was visited yet."""
        return cls({name: _of_flow(flow) for name, flow in sorted(library.flows.items())})

    def add(self, library: Library, steps: Iterable[Mapping[str, Any]]) -> None:
        """Take in the trace of a turn."""
        for step in steps:
            flow = library.flows.get(step["flow"])
            flow_node = flow.nodes.get(step["node"]) if flow is not None else None
            if flow is None or flow_node is None or flow_node.disabled:
                continue
            known = self.flows[flow.name]
            key = known.firsts.get(flow_node.key, flow_node.key)
            known.visited.add(key)
            way = _way_of(flow_node, str(step.get("went", "")), known.ways[key])
            if way is not None:
                known.taken.add(("" if way == FLOW_ERROR else key, way))

    def only(self, flows: Iterable[str]) -> Coverage:
        """What concerns some flows, and those that were visited from there."""
        wanted = set(flows)
        return Coverage(
            {name: coverage for name, coverage in self.flows.items() if name in wanted or coverage.visited}
        )

    @property
    def percent(self) -> float:
        """Of nodes and edges of all flows together; 100 when there is nothing to cover."""
        parts = [part for flow in self.flows.values() for part in (flow.nodes, flow.edges)]
        return percent(sum(done for done, _ in parts), sum(count for _, count in parts))

    def to_json(self) -> dict[str, Any]:
        """``{percent, flows: {name: {nodes: {covered, total}, edges: {…}, missing: […]}}}``."""
        return {
            "percent": round(self.percent, 2),
            "flows": {name: _flow_json(coverage) for name, coverage in self.flows.items()},
        }


def percent(done: int, count: int) -> float:
    """A share; nothing to do is all done."""
    return 100.0 * done / count if count else 100.0


def _flow_json(coverage: FlowCoverage) -> dict[str, Any]:
    (nodes, all_nodes), (edges, all_edges) = coverage.nodes, coverage.edges
    return {
        "file": coverage.file,
        "nodes": {"covered": nodes, "total": all_nodes, "percent": round(percent(nodes, all_nodes), 2)},
        "edges": {"covered": edges, "total": all_edges, "percent": round(percent(edges, all_edges), 2)},
        "missing": [{"node": gap.node, "way": gap.way, "line": gap.line} for gap in coverage.gaps],
    }


def _of_flow(flow: Flow) -> FlowCoverage:
    known = FlowCoverage(flow.name, flow.file)
    written: dict[tuple[int, int], str] = {}
    for flow_node in flow.nodes.values():
        if flow_node.disabled:
            continue
        if flow_node.line:
            first = written.setdefault((flow_node.line, flow_node.column), flow_node.key)
            if first != flow_node.key:
                known.firsts[flow_node.key] = first
                continue
        known.lines[flow_node.key] = flow_node.line
        known.ways[flow_node.key] = frozenset(_ways(flow_node))
    if flow.on_error is not False:
        known.ways[""] = frozenset({FLOW_ERROR})
    return known


def _ways(flow_node: FlowNode) -> Iterator[str]:
    """Every way out of a node: its branches, on_error, and below where no branch is bound to be taken."""
    inherited = flow_node.derived.get("inherited", ())
    yield from (branch for branch in flow_node.branches if branch not in inherited)
    if flow_node.on_error is not False:
        yield ON_ERROR
    exhaustive = flow_node.type.exhaustive
    both = {"cases.true", "cases.false"} <= flow_node.branches.keys()  # of a yes or no
    bound = both or (bool(exhaustive) and all(branch in flow_node.branches for branch in exhaustive))
    if not flow_node.type.ends and not bound:
        yield BELOW


def _way_of(flow_node: FlowNode, went: str, ways: frozenset[str]) -> str | None:
    """The way that a step of the trace took; None where the session came to stand at the node."""
    if went in ways or went == FLOW_ERROR:
        return went
    if went in flow_node.derived.get("inherited", ()):
        return None
    word = went.partition(".")[0].partition(" ")[0]
    below = word in (BELOW, "call") or word in flow_node.type.branches or word in flow_node.type.branch_maps
    return BELOW if below and BELOW in ways else None
