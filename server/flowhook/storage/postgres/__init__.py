"""The store in a PostgreSQL database. Needs the extra ``flowhook[postgres]``."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from flowhook.clock import Clock
from flowhook.errors import StorageError
from flowhook.storage.protocols import Store


def make_store(
    location: str,
    root: Path,
    clock: Clock,
    fatal: Callable[[Exception], None],
    on_commit: Callable[[int, float], None] | None,
) -> Store:
    """``location`` is what follows ``postgresql://``. ``fatal`` is never called: a commit whose fate is
    unknown fails those who wait for it, and what it did is read from the database."""
    try:
        from flowhook.storage.postgres.database import Database
        from flowhook.storage.postgres.store import PostgresStore
    except ModuleNotFoundError as error:
        if error.name != "asyncpg":
            raise
        raise StorageError("storage: PostgreSQL needs an extra: pip install 'flowhook[postgres]'") from error
    database = Database(f"postgresql://{location}", clock, on_commit)
    # mypy proves that all parts are there; basedpyright tells a Coroutine from a CoroutineType.
    return PostgresStore(database)  # pyright: ignore[reportReturnType]


def file_of(location: str, root: Path) -> Path | None:
    """None: it is no file."""
    return None
