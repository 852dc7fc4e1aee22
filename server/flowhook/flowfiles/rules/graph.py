"""Circles in a directed graph."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

WaysOut = Callable[[str], list[str]]


def cycles(keys: Iterable[str], ways_out: WaysOut) -> Iterator[list[str]]:
    """One circle out of each strongly connected part of the graph, the earliest key of it first."""
    order = {key: index for index, key in enumerate(keys)}
    for part in _parts(order, ways_out):
        start = min(part, key=order.__getitem__)
        if len(part) > 1 or start in ways_out(start):
            yield _circle(start, set(part), ways_out)


def _parts(keys: Iterable[str], ways_out: WaysOut) -> Iterator[list[str]]:
    """Tarjan's strongly connected parts, without recursion."""
    index: dict[str, int] = {}
    low: dict[str, int] = {}
    stack: list[str] = []
    on_stack: set[str] = set()
    for root in keys:
        if root in index:
            continue
        walk: list[tuple[str, Iterator[str]]] = []
        _enter(root, index, low, stack, on_stack)
        walk.append((root, iter(ways_out(root))))
        while walk:
            key, rest = walk[-1]
            for target in rest:
                if target not in index:
                    _enter(target, index, low, stack, on_stack)
                    walk.append((target, iter(ways_out(target))))
                    break
                if target in on_stack:
                    low[key] = min(low[key], index[target])
            else:
                walk.pop()
                if walk:
                    caller = walk[-1][0]
                    low[caller] = min(low[caller], low[key])
                if low[key] == index[key]:
                    yield _leave(key, stack, on_stack)


def _enter(
    key: str, index: dict[str, int], low: dict[str, int], stack: list[str], on_stack: set[str]
) -> None:
    index[key] = low[key] = len(index)
    stack.append(key)
    on_stack.add(key)


def _leave(key: str, stack: list[str], on_stack: set[str]) -> list[str]:
    part: list[str] = []
    while not part or part[-1] != key:
        part.append(stack.pop())
        on_stack.discard(part[-1])
    return part


def _circle(start: str, part: set[str], ways_out: WaysOut) -> list[str]:
    """A shortest way from ``start`` back to it."""
    came_from: dict[str, str] = {}
    level = [start]
    while level:
        found: list[str] = []
        for key in level:
            for target in ways_out(key):
                if target == start:
                    return _way_back(start, key, came_from)
                if target in part and target not in came_from:
                    came_from[target] = key
                    found.append(target)
        level = found
    return [start]


def _way_back(start: str, key: str, came_from: dict[str, str]) -> list[str]:
    way = [key]
    while way[-1] != start:
        way.append(came_from[way[-1]])
    return way[::-1]
