"""The strings of a value, wherever they stand in it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

RawPath = tuple[str | int, ...]


def strings_in(path: RawPath, value: Any, *, keys: bool = False) -> Iterator[tuple[RawPath, str]]:
    """Every string in a value, with the path to it, which begins with ``path``; with ``keys`` the keys of
    mappings too."""
    if isinstance(value, str):
        yield path, value
    elif isinstance(value, dict | Mapping):  # dict first: the other takes ten times as long
        for key, item in value.items():
            if keys:
                yield path, str(key)
            if isinstance(item, str):  # most are: no generator for each
                yield (*path, key), item
            elif item is not None:
                yield from strings_in((*path, key), item, keys=keys)
    elif isinstance(value, list | tuple):
        for index, item in enumerate(value):
            yield from strings_in((*path, index), item, keys=keys)
