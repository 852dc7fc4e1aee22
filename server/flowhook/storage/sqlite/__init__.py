"""The store in a SQLite file."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from pathlib import Path
from typing import TYPE_CHECKING

from flowhook.clock import Clock, SystemClock
from flowhook.errors import StorageError
from flowhook.storage.protocols import Store
from flowhook.storage.sqlite.connection import MEMORY
from flowhook.storage.sqlite.database import Database
from flowhook.storage.sqlite.store import SqliteStore

if TYPE_CHECKING:
    from flowhook.storage.copying import Source, Target
    from flowhook.storage.inspection import Inspection

MEMORY_LOCATIONS = ("", "/:memory:")


def make_clock() -> Clock:
    """The machine's: there is one process."""
    return SystemClock()


def make_store(
    location: str,
    root: Path,
    clock: Clock,
    fatal: Callable[[Exception], None],
    on_commit: Callable[[int, float], None] | None,
) -> Store:
    """``location`` is what follows ``sqlite://``: ``/flowhook.db`` (below ``root``),
    ``//var/x.db``, or nothing for memory."""
    path = file_of(location, root)
    database = Database(MEMORY if path is None else str(path), clock, fatal, on_commit)
    # mypy proves that all parts are there; basedpyright tells a Coroutine from a CoroutineType.
    return SqliteStore(database)  # pyright: ignore[reportReturnType]


async def inspect(location: str, root: Path) -> Inspection:
    """Say whether the file is whole. Raises StorageError."""
    from flowhook.storage.sqlite.inspection import inspect_file

    return await asyncio.to_thread(inspect_file, _file(location, root))


def copy_source(location: str, root: Path, *, while_served: bool) -> AbstractAsyncContextManager[Source]:
    """What is copied from here; unless ``while_served``, no server may run."""
    from flowhook.storage.sqlite.copying import open_source

    return open_source(_file(location, root), while_served=while_served)


def copy_target(location: str, root: Path) -> AbstractAsyncContextManager[Target]:
    """Where a copy is written to."""
    from flowhook.storage.sqlite.copying import open_target

    return open_target(_file(location, root))


def file_of(location: str, root: Path) -> Path | None:
    """None when it lives in memory."""
    return None if location in MEMORY_LOCATIONS else root / location.removeprefix("/")


def _file(location: str, root: Path) -> Path:
    path = file_of(location, root)
    if path is None:
        raise StorageError("a database in memory is gone with its process; name a file or postgresql://…")
    return path
