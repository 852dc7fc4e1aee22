"""Flows that were loaded together: what all rules look at."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Sequence
from functools import cached_property

from flowhook.engine.flow import Flow
from flowhook.flowfiles.compile.compiler import CompiledFlow
from flowhook.flowfiles.rules.graph import FlowGraph, keys_in, waits
from flowhook.flowfiles.rules.known_values import KnownValues


class FlowSet:
    """Compiled flow files, with what the rules work out of them once.

    ``vars`` and ``connections`` are the names that the configuration has; None: not known, so that nothing
    is said about them.
    """

    def __init__(
        self,
        files: Sequence[CompiledFlow],
        *,
        vars: Collection[str] | None = None,
        connections: Collection[str] | None = None,
    ) -> None:
        self.files = files
        self.vars = vars
        self.connections = connections
        self.by_name: dict[str, CompiledFlow] = {}  #: of two flows with one name the first
        for compiled in files:
            if compiled.name is not None:
                self.by_name.setdefault(compiled.name, compiled)

    @property
    def complete(self) -> bool:
        """Whether all flows compiled: what seems to be missing cannot stand in one that did not."""
        return all(compiled.flow is not None for compiled in self.files)

    @cached_property
    def known(self) -> KnownValues:
        """What may stand at the paths of the flows."""
        return KnownValues(self)

    @cached_property
    def entries(self) -> Entries:
        """Where flows may be entered from other flows."""
        return Entries(self.files)

    @cached_property
    def compiled(self) -> list[tuple[CompiledFlow, FlowGraph]]:
        """The files that compiled, with their graphs."""
        return [
            (compiled, FlowGraph(compiled.flow, compiled.jumps, self._entered(compiled, compiled.flow)))
            for compiled in self.files
            if compiled.flow is not None
        ]

    @cached_property
    def graphs(self) -> dict[str, FlowGraph]:
        """The graphs of the flows that compiled, by name."""
        found: dict[str, FlowGraph] = {}
        for _, graph in self.compiled:
            found.setdefault(graph.flow.name, graph)
        return found

    def _entered(self, compiled: CompiledFlow, flow: Flow) -> Iterator[str]:
        """The nodes at which a session may enter from outside of the flow's graph."""
        yield from keys_in([flow.on_error])
        yield from self.entries.of(compiled)
        yield from flow.moved.values()
        yield from intent_targets(flow)
        yield from flow.timers.values()
        yield from flow.snippets.values()


def intent_targets(flow: Flow) -> Iterator[str]:
    """The nodes to which the flow's own intents lead: their entries and replies."""
    for intent in flow.intents.values():
        yield from keys_in([intent.entry, intent.reply, intent.confirm])


class Entries:
    """The nodes at which other flows, or jumps whose target is computed, may enter a flow."""

    def __init__(self, files: Iterable[CompiledFlow]) -> None:
        self._anywhere = False
        self._nodes: dict[str, set[str]] = {}
        self._called: set[str] = set()
        self._calls_anything = False
        for jump in (jump for compiled in files for jump in compiled.jumps):
            self._anywhere |= jump.anywhere
            self._calls_anything |= jump.anywhere and jump.comes_back
            if jump.flow is not None and jump.node is not None:
                self._nodes.setdefault(jump.flow, set()).add(jump.node)
            if jump.comes_back and jump.flow is not None:
                self._called.add(jump.flow)

    def of(self, compiled: CompiledFlow) -> Collection[str]:
        """The ids at which a flow may be entered."""
        if self._anywhere:
            return compiled.ids or ()
        return self._nodes.get(compiled.name or "", ())

    def is_called(self, name: str) -> bool:
        """Whether a flow is called for certain."""
        return name in self._called

    def may_be_called(self, name: str) -> bool:
        """Whether it may be."""
        return self._calls_anything or name in self._called


def flows_that_wait(flows: FlowSet) -> set[str]:
    """Flows in which a session can come to stand, themselves or through the flows they call."""
    waiting = {name for name in flows.by_name if name not in flows.graphs}
    waiting |= {name for name, graph in flows.graphs.items() if any(map(waits, graph.flow.nodes.values()))}
    callers: dict[str, list[str]] = {}
    for name, compiled in flows.by_name.items():
        for jump in compiled.jumps:
            if jump.comes_back and jump.flow is not None:
                callers.setdefault(jump.flow, []).append(name)
    todo = list(waiting)
    while todo:
        for caller in callers.get(todo.pop(), ()):
            if caller not in waiting:
                waiting.add(caller)
                todo.append(caller)
    return waiting
