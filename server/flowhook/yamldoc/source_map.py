"""Where things stand in a file: beside the data, never in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, cast

Path = tuple[str | int, ...]


def _nothing() -> Mapping[Any, Span]:
    return _NOTHING


_NOTHING: Mapping[Any, Span] = MappingProxyType({})


@dataclass(slots=True)
class Span:
    """Where a key or value stands, counted from 1; the end is the column after its last character.

    ``text`` is a scalar as written, without quotes and escapes; None for a list or mapping. ``plain``:
    it stood without quotes, so that its type was guessed from its look.
    """

    line: int
    column: int
    end_line: int
    end_column: int
    text: str | None = None
    plain: bool = False
    within: Mapping[str | int, Span] = field(default_factory=_nothing, repr=False, compare=False)
    keys: Mapping[str, Span] = field(default_factory=_nothing, repr=False, compare=False)

    @property
    def length(self) -> int:
        """Characters to underline: up to the end when that is on the same line."""
        return max(1, self.end_column - self.column) if self.end_line == self.line else 1


class SpanMap(Mapping[Path, Span]):
    """Marks by path, such as ``("nodes", 3, "say")``. What an alias brings has the marks of its origin."""

    def __init__(self, root: Span, of_keys: bool = False) -> None:
        self._root = root
        self._of_keys = of_keys

    def __getitem__(self, path: Path) -> Span:
        mark = self._root
        for part in path[:-1] if self._of_keys else path:
            mark = mark.within[part]
        return mark.keys[cast(str, path[-1])] if self._of_keys and path else self._own(mark, path)

    def _own(self, mark: Span, path: Path) -> Span:
        if self._of_keys:
            raise KeyError(path)  # the root has no key
        return mark

    def __iter__(self) -> Iterator[Path]:
        todo: list[tuple[Path, Span]] = [((), self._root)]
        while todo:
            path, mark = todo.pop()
            if not self._of_keys:
                yield path
            for part, child in mark.within.items():
                if self._of_keys and part in mark.keys:
                    yield (*path, part)
                todo.append(((*path, part), child))

    def __len__(self) -> int:
        return sum(1 for _ in self)
