"""What expressions read of the flow that runs: ``visits`` of its nodes, and its ``snippets``.

Both look at the flow in force when they are read; they are roots only where a flow names one of them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any, cast

if TYPE_CHECKING:
    from flowhook.engine.turn.view import Turn


class Visits(Mapping[str, int]):
    """How often nodes of the flow in force have run in this session, by id; 0 for those that have not."""

    def __init__(self, turn: Turn) -> None:
        self._turn = turn

    def __getitem__(self, name: str) -> int:
        turn = self._turn
        counts = turn.session.visits
        former = (old for old, new in turn.flow.moved.items() if new == name)
        keys = [f"{turn.flow.name}/{key}" for key in (name, *former)]
        return sum(counts.get(key, 0) for key in keys)

    def __iter__(self) -> Iterator[str]:
        return iter(sorted(self._turn.flow.counts))

    def __len__(self) -> int:
        return len(self._turn.flow.counts)


class Snippets(Mapping[str, str]):
    """The texts under ``snippets`` of the flow in force, each rendered when it is read."""

    def __init__(self, turn: Turn) -> None:
        self._turn = turn

    def __getitem__(self, name: str) -> str:
        turn = self._turn
        flow = turn.flow
        node = flow.nodes[flow.snippets[name]]
        said: Any = node.settings.node(turn.scope, turn.step.warnings)
        texts = said.text
        if isinstance(texts, str):
            return texts
        return cast(str, texts[turn.choose(len(texts))])

    def __iter__(self) -> Iterator[str]:
        return iter(self._turn.flow.snippets)

    def __len__(self) -> int:
        return len(self._turn.flow.snippets)


def count_visit(turn: Turn, at: str) -> None:
    """Count that a node runs, for expressions that ask."""
    visits = turn.session.visits
    visits[at] = visits.get(at, 0) + 1
