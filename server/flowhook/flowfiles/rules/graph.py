"""The graph of a flow as the rules see it: where a session may go from each node, what can be reached, and
its cycles."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from functools import cache

from flowhook.engine.flow import Flow, FlowNode, Loop, Stay, Target
from flowhook.flowfiles.compile.references import Jump

Jumps = Mapping[str, Sequence[Jump]]  #: by the key of the node that makes them
Successors = Callable[[str], Iterable[str]]


def keys_in(targets: Iterable[Target | bool]) -> Iterator[str]:
    """Those of the targets that are nodes of the flow: their keys."""
    return (target for target in targets if isinstance(target, str))


def jumps_by_node(jumps: Iterable[Jump]) -> dict[str, list[Jump]]:
    """The jumps and calls of a flow by the key of the node that makes them."""
    found: dict[str, list[Jump]] = {}
    for jump in jumps:
        found.setdefault(jump.source, []).append(jump)
    return found


def waits(node: FlowNode) -> bool:
    """Whether a session stands here until something comes in."""
    return node.type.waits and not node.disabled


def is_offer(node: FlowNode) -> bool:
    """Whether a node asks and does not wait: a later input may answer it."""
    return node.type.is_question and not node.type.waits


def display_name(node: FlowNode) -> str:
    """The name of a node in messages: its id, or its type and line."""
    return node.key if node.has_id else f"{node.type.key} in line {node.line}"


class FlowGraph:
    """The nodes of one flow by key, and the steps between them.

    ``entries`` are the nodes at which a session may enter from outside of the graph: by intents, renames,
    errors of the flow, and from other flows.
    """

    def __init__(self, flow: Flow, jumps: Iterable[Jump], entries: Iterable[str] = ()) -> None:
        self.flow = flow
        self.jumps: Jumps = jumps_by_node(jumps)
        self.entries = frozenset(entries)
        self._successors: dict[str, list[str]] = {}

    def successors(self, key: str) -> list[str]:
        """The nodes of the same flow that may run after this one: several rules ask, so it is found once."""
        known = self._successors.get(key)
        if known is None:
            known = self._successors[key] = self._find_successors(key)
        return known

    def _find_successors(self, key: str) -> list[str]:
        flow, node = self.flow, self.flow.nodes[key]
        if node.disabled:
            return [*keys_in([node.below])]
        targets = [*node.branches.values(), node.on_error, node.below if node.goes_below else None]
        for jump in self.jumps.get(key, ()):
            if not jump.anywhere and not jump.comes_back and jump.flow in (None, flow.name):
                targets.append(jump.node or flow.first)
        return [target for target in targets if isinstance(target, str) and target in flow.nodes]

    def next_from(self, key: str) -> list[str]:
        """The successors, and the node that goes on once the list under it has ended here: with its next
        round, or waiting. Its rounds are no cycle of the flow, so that these are no successors."""
        node = self.flow.nodes[key]
        ends = (*node.branches.values(), node.on_error, node.below)
        return self.successors(key) + [end.node for end in ends if isinstance(end, Stay | Loop)]

    def interruptions(self) -> Iterator[str]:
        """The nodes to which a session may leave from nodes that it has not yet come to the end of, or
        long ago: what takes their errors, and answers to their offers."""
        for node in self.flow.nodes.values():
            yield from keys_in([node.on_error])
        yield from self._beside()

    def digressions(self) -> Iterator[str]:
        """The nodes that run beside what the session does, at any time, and after which it stands where it
        stood."""
        yield from keys_in(intent.reply for intent in self.flow.intents.values())
        yield from self.flow.timers.values()
        yield from self._beside()

    def _beside(self) -> Iterator[str]:
        for node in self.flow.nodes.values():
            returning = node.type.returning(node.settings.raw)
            yield from keys_in(node.branches[branch] for branch in returning if branch in node.branches)
            if is_offer(node):
                yield from keys_in(node.branches.values())

    def reachable(self, starts: Iterable[str], barriers: Collection[str] = ()) -> set[str]:
        """All nodes from ``starts`` on, these too. A barrier is reached, what lies behind it is not."""
        seen: set[str] = set()
        todo = [start for start in starts if start in self.flow.nodes]
        while todo:
            key = todo.pop()
            if key not in seen:
                seen.add(key)
                if key not in barriers:
                    todo += self.next_from(key)
        return seen

    def leading_to(self, ends: Iterable[str], barriers: Collection[str] = ()) -> set[str]:
        """All nodes from which one of ``ends`` is reached, these too: the same from the other side.
        Where the ends are the same for many starts, one walk is enough for all of them."""
        before: dict[str, list[str]] = {}
        for key in self.flow.nodes:
            for target in self.next_from(key) if key not in barriers else ():
                before.setdefault(target, []).append(key)
        seen: set[str] = set()
        todo = list(ends)
        while todo:
            key = todo.pop()
            if key not in seen:
                seen.add(key)
                todo += before.get(key, ())
        return seen


def reached_from(keys: Iterable[str], successors: Successors, seeds: Mapping[str, int]) -> dict[str, int]:
    """For each node the bits of all seeds from which it can be come to, its own included: a data-flow
    analysis with bit vectors, in one pass over the strongly connected components, what comes first first."""
    bits = dict(seeds)
    for component in reversed(list(_components(keys, successors))):
        together = 0
        for key in component:
            together |= bits.get(key, 0)
        if together:
            for key in component:
                bits[key] = together
                for target in successors(key):
                    bits[target] = bits.get(target, 0) | together
    return bits


# -- cycles ---------------------------------------------------------------------------------------


def cycles(keys: Iterable[str], successors: Successors) -> Iterator[list[str]]:
    """One cycle out of each strongly connected component of a graph, the earliest key of it first."""
    order = {key: index for index, key in enumerate(keys)}
    known = cache(lambda key: tuple(successors(key)))
    for component in _components(order, known):
        start = component[0] if len(component) == 1 else min(component, key=order.__getitem__)
        if len(component) > 1 or start in known(start):
            yield _shortest_cycle(start, set(component), known)


def _components(keys: Iterable[str], successors: Successors) -> Iterator[list[str]]:
    """The strongly connected components: Tarjan's algorithm, without recursion.

    ``low`` is the lowest index that can be reached from a key by the keys on the stack; where it is the
    key's own, everything above the key on the stack is one component.
    """
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    on_stack: set[str] = set()

    def enter(key: str) -> tuple[str, Iterator[str]]:
        index[key] = low[key] = len(index)
        stack.append(key)
        on_stack.add(key)
        return key, iter(successors(key))

    for root in keys:
        walk = [enter(root)] if root not in index else []
        while walk:
            key, rest = walk[-1]
            for target in rest:
                if target not in index:
                    walk.append(enter(target))
                    break
                if target in on_stack:
                    low[key] = min(low[key], index[target])
            else:
                walk.pop()
                if walk:
                    caller = walk[-1][0]
                    low[caller] = min(low[caller], low[key])
                if low[key] == index[key]:
                    component = [stack.pop()]
                    while component[-1] != key:
                        component.append(stack.pop())
                    on_stack.difference_update(component)
                    yield component


def _shortest_cycle(start: str, component: set[str], successors: Successors) -> list[str]:
    """A shortest way from ``start`` back to it: a breadth-first search within its component."""
    came_from: dict[str, str] = {}
    level = [start]
    while level:
        found: list[str] = []
        for key in level:
            for target in successors(key):
                if target == start:
                    return _way_back(start, key, came_from)
                if target in component and target not in came_from:
                    came_from[target] = key
                    found.append(target)
        level = found
    return [start]


def _way_back(start: str, key: str, came_from: dict[str, str]) -> list[str]:
    way = [key]
    while way[-1] != start:
        way.append(came_from[way[-1]])
    return way[::-1]
