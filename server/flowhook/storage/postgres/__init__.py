"""The store in a PostgreSQL database. Needs the extra ``flowhook[postgres]``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from flowhook.clock import Clock
from flowhook.errors import StorageError
from flowhook.storage.inspection import Inspection
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
    with _driver_needed():
        from flowhook.storage.postgres.database import Database
        from flowhook.storage.postgres.store import PostgresStore
    database = Database(f"postgresql://{location}", clock, on_commit)
    # mypy proves that all parts are there; basedpyright tells a Coroutine from a CoroutineType.
    return PostgresStore(database)  # pyright: ignore[reportReturnType]


async def inspect(location: str, root: Path) -> Inspection:
    """Say whether the database is whole. Raises StorageError."""
    with _driver_needed():
        from flowhook.storage.postgres.inspection import inspect_database
    return await inspect_database(f"postgresql://{location}", f"postgresql://{location.rpartition('@')[2]}")


def file_of(location: str, root: Path) -> Path | None:
    """None: it is no file."""
    return None


@contextmanager
def _driver_needed() -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name != "asyncpg":
            raise
        raise StorageError("storage: PostgreSQL needs an extra: pip install 'flowhook[postgres]'") from error
