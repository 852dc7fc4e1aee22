"""Where boxes and arrows of a diagram stand: in layers from top to bottom, after Sugiyama.

Four steps: turn the arrows of cycles round, give each box a layer, order every layer so that few
arrows cross, and move the boxes over the middle of what they are joined with. Arrows that pass
through a layer hold a place in it, so that no box stands on them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise

Edge = tuple[str, str]

SWEEPS = 24  #: times the layers are put in order, down and up
GAP, LAYER_GAP, LANE = 34.0, 54.0, 14.0  #: between boxes, between layers; the width of a passing arrow
COMPONENT_GAP = 48.0  #: between what is not joined


@dataclass(slots=True)
class Vertex:
    """A box, or an arrow's place in a layer. ``x, y`` is its middle."""

    key: str
    width: float
    height: float
    layer: int = 0
    x: float = 0.0
    y: float = 0.0
    above: list[str] = field(default_factory=list)
    below: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Layout:
    """The size of the whole, the boxes' places, and for each edge the points on its way."""

    width: float
    height: float
    vertices: dict[str, Vertex]
    routes: dict[int, list[tuple[float, float]]]  #: by the edge's index; from its source to its target


def lay_out(sizes: Mapping[str, tuple[float, float]], edges: Sequence[Edge]) -> Layout:
    """Place boxes of these sizes (width, height). The first of them is at the top; what is not joined with
    it stands beside it, each component for itself."""
    whole = Layout(0.0, 0.0, {}, {})
    for keys in _components(sizes, edges):
        indices = [index for index, (source, _) in enumerate(edges) if source in keys]
        part = _lay_out_component(
            {key: sizes[key] for key in sizes if key in keys}, [edges[index] for index in indices]
        )
        left = whole.width + COMPONENT_GAP if whole.vertices else 0.0
        for vertex in part.vertices.values():
            vertex.x += left
        whole.vertices |= part.vertices
        for own, index in enumerate(indices):
            whole.routes[index] = [(x + left, y) for x, y in part.routes[own]]
        whole.width, whole.height = left + part.width, max(whole.height, part.height)
    return whole


def _components(sizes: Mapping[str, object], edges: Sequence[Edge]) -> Iterator[set[str]]:
    """The boxes that are joined by arrows, whatever their direction, in the order of their first ones."""
    near: dict[str, list[str]] = {key: [] for key in sizes}
    for source, target in edges:
        near[source].append(target)
        near[target].append(source)
    seen: set[str] = set()
    for key in sizes:
        if key not in seen:
            component, todo = {key}, [key]
            while todo:
                for other in near[todo.pop()]:
                    if other not in component:
                        component.add(other)
                        todo.append(other)
            seen |= component
            yield component


def _lay_out_component(sizes: Mapping[str, tuple[float, float]], edges: Sequence[Edge]) -> Layout:
    graph = _Graph(sizes, edges)
    graph.layers = _ordered(graph)
    _set_x(graph)
    height = _set_y(graph)
    left = min((vertex.x - vertex.width / 2 for vertex in graph.vertices.values()), default=0.0)
    for vertex in graph.vertices.values():
        vertex.x -= left
    width = max((vertex.x + vertex.width / 2 for vertex in graph.vertices.values()), default=0.0)
    routes = {
        index: [(graph.vertices[key].x, graph.vertices[key].y) for key in chain]
        for index, chain in graph.chains.items()
    }
    boxes = {key: graph.vertices[key] for key in sizes}
    return Layout(width, height, boxes, routes)


class _Graph:
    def __init__(self, sizes: Mapping[str, tuple[float, float]], edges: Sequence[Edge]) -> None:
        self.vertices = {key: Vertex(key, *size) for key, size in sizes.items()}
        self.layers: list[list[str]] = []
        self.chains: dict[int, list[str]] = {}
        downward = _downward(list(sizes), edges)
        self._set_layers(downward)
        for index, (source, target, turned) in enumerate(downward):
            if source != target:
                chain = self._chain(index, source, target)
                self.chains[index] = chain[::-1] if turned else chain
            else:
                self.chains[index] = [source, source]
        self.layers = [[] for _ in range(1 + max((s.layer for s in self.vertices.values()), default=0))]
        for vertex in self.vertices.values():
            self.layers[vertex.layer].append(vertex.key)

    def _set_layers(self, edges: Sequence[tuple[str, str, bool]]) -> None:
        """Each box one layer below the lowest that leads to it."""
        above: dict[str, list[str]] = {key: [] for key in self.vertices}
        below: dict[str, list[str]] = {key: [] for key in self.vertices}
        for source, target, _ in edges:
            if source != target:
                above[target].append(source)
                below[source].append(target)
        left = {key: len(sources) for key, sources in above.items()}
        todo = [key for key, count in left.items() if count == 0]
        order: list[str] = []
        while todo:
            key = todo.pop(0)
            order.append(key)
            for target in below[key]:
                self.vertices[target].layer = max(self.vertices[target].layer, self.vertices[key].layer + 1)
                left[target] -= 1
                if left[target] == 0:
                    todo.append(target)
        for key in reversed(order):  # what only enters somewhere stands close to where it enters
            if not above[key] and below[key]:
                self.vertices[key].layer = min(self.vertices[target].layer for target in below[key]) - 1

    def _chain(self, index: int, source: str, target: str) -> list[str]:
        """The vertices on the way, one in each layer."""
        chain = [source]
        for layer in range(self.vertices[source].layer + 1, self.vertices[target].layer):
            key = f"\0{index}.{layer}"
            self.vertices[key] = Vertex(key, LANE, 0.0, layer)
            chain.append(key)
        chain.append(target)
        for upper, lower in pairwise(chain):
            self.vertices[upper].below.append(lower)
            self.vertices[lower].above.append(upper)
        return chain


def _downward(keys: list[str], edges: Sequence[Edge]) -> list[tuple[str, str, bool]]:
    """The edges without cycles: those that lead back are turned round (and marked so).

    So are those that lead back to where the first box leads, from what does not follow it: the beginning
    stays at the top, whatever comes back to it.
    """
    ways: dict[str, list[int]] = {key: [] for key in keys}
    for index, (source, _) in enumerate(edges):
        ways[source].append(index)
    state: dict[str, int] = {}  # 1: on the way, 2: done
    turned: set[int] = set()
    for root in keys:
        if root in state:
            continue
        state[root] = 1
        walk = [(root, iter(ways[root]))]
        while walk:
            key, rest = walk[-1]
            for index in rest:
                target = edges[index][1]
                if state.get(target) == 1:
                    turned.add(index)
                elif target not in state:
                    state[target] = 1
                    walk.append((target, iter(ways[target])))
                    break
            else:
                state[key] = 2
                walk.pop()
    turned |= set(_back_to_the_beginning(keys, edges))
    return [
        (target, source, True) if index in turned else (source, target, False)
        for index, (source, target) in enumerate(edges)
    ]


def _back_to_the_beginning(keys: list[str], edges: Sequence[Edge]) -> Iterator[int]:
    """The edges that lead to where the first box leads, but for those of boxes that only enter there.

    No new cycle comes of turning them: one would pass through the beginning, into which nothing leads any
    more but boxes that nothing leads to.
    """
    targets = {target for source, target in edges if source != target}
    if not keys or keys[0] in targets:
        return
    sources = {source for source, _ in edges}
    beginnings = {target for source, target in edges if source == keys[0] and target in sources}
    if len(beginnings) == 1:
        for index, (source, target) in enumerate(edges):
            if target in beginnings and source in targets and source != target:
                yield index


# --- order within layers ---------------------------------------------------------------------------


def _ordered(graph: _Graph) -> list[list[str]]:
    """The order of each layer with the fewest crossings that were found."""
    layers = [list(layer) for layer in graph.layers]
    best, fewest = layers, _crossings(graph, layers)
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        layers = [list(layer) for layer in layers]
        for number in range(1, len(layers)) if down else range(len(layers) - 2, -1, -1):
            fixed = layers[number - 1 if down else number + 1]
            index_of = {key: index for index, key in enumerate(fixed)}
            layers[number] = _by_median(graph, layers[number], index_of, down)
        crossings = _crossings(graph, layers)
        if crossings < fewest:
            best, fewest = layers, crossings
        if fewest == 0:
            break
    return best


def _by_median(graph: _Graph, layer: list[str], index_of: Mapping[str, int], down: bool) -> list[str]:
    """The layer by where each vertex's neighbours stand; without neighbours a vertex keeps its place."""

    def weight(index: int, key: str) -> float:
        vertex = graph.vertices[key]
        seats = sorted(index_of[other] for other in (vertex.above if down else vertex.below))
        if not seats:
            return float(index)
        middle = len(seats) // 2
        return float(seats[middle]) if len(seats) % 2 else (seats[middle - 1] + seats[middle]) / 2

    weights = {key: weight(index, key) for index, key in enumerate(layer)}
    return sorted(layer, key=weights.__getitem__)


def _crossings(graph: _Graph, layers: list[list[str]]) -> int:
    total = 0
    for upper, lower in pairwise(layers):
        index_of = {key: index for index, key in enumerate(lower)}
        ends = [
            index for key in upper for index in sorted(index_of[other] for other in graph.vertices[key].below)
        ]
        total += _inversions(ends)
    return total


def _inversions(numbers: list[int]) -> int:
    """Pairs that stand in the wrong order, by merging."""
    if len(numbers) < 2:
        return 0
    middle = len(numbers) // 2
    left, right = numbers[:middle], numbers[middle:]
    count = _inversions(left) + _inversions(right)
    left.sort()
    right.sort()
    position = 0
    for number in left:
        while position < len(right) and right[position] < number:
            position += 1
        count += position
    return count


# --- places ----------------------------------------------------------------------------------------


def _set_x(graph: _Graph) -> None:
    """Move every vertex over the middle of its neighbours, as far as its layer has room."""
    for layer in graph.layers:
        right = 0.0
        for key in layer:
            vertex = graph.vertices[key]
            vertex.x = right + vertex.width / 2
            right += vertex.width + GAP
    for sweep in range(SWEEPS):
        down = sweep % 2 == 0
        for layer in graph.layers if down else reversed(graph.layers):
            _settle(graph, layer, down)


def _settle(graph: _Graph, layer: list[str], down: bool) -> None:
    """Spots to where they would like to be; those that would overlap share the space between them."""
    groups: list[tuple[list[str], list[float], float]] = []  # keys, wished left ends, width
    for key in layer:
        vertex = graph.vertices[key]
        near = vertex.above if down else vertex.below
        target = _median([graph.vertices[other].x for other in near]) if near else vertex.x
        keys, targets, width = [key], [target - vertex.width / 2], vertex.width
        while groups:
            before, earlier, span = groups[-1]
            if _mean(earlier) + span + GAP <= _mean(targets):
                break
            groups.pop()
            keys = before + keys
            targets = earlier + [left - span - GAP for left in targets]
            width = span + GAP + width
        groups.append((keys, targets, width))
    for keys, targets, _ in groups:
        left = _mean(targets)
        for key in keys:
            vertex = graph.vertices[key]
            vertex.x = left + vertex.width / 2
            left += vertex.width + GAP


def _mean(values: list[float]) -> float:
    return sum(values) / len(values)


def _median(values: list[float]) -> float:
    ordered = sorted(values)
    middle = len(ordered) // 2
    return ordered[middle] if len(ordered) % 2 else (ordered[middle - 1] + ordered[middle]) / 2


def _set_y(graph: _Graph) -> float:
    """The layers one below the other. Return the height of all."""
    top = 0.0
    for layer in graph.layers:
        tallest = max((graph.vertices[key].height for key in layer), default=0.0)
        for key in layer:
            graph.vertices[key].y = top + tallest / 2
        top += tallest + LAYER_GAP
    return max(0.0, top - LAYER_GAP)
