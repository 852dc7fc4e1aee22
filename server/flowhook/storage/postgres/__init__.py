"""The store in a PostgreSQL database. Needs the extra ``flowhook[postgres]``."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractAsyncContextManager, contextmanager
from pathlib import Path

from flowhook.clock import Clock, SharedClock
from flowhook.errors import StorageError
from flowhook.storage.copying import Source, Target
from flowhook.storage.inspection import Inspection
from flowhook.storage.protocols import Store


def make_clock() -> Clock:
    """One that follows the database's."""
    return SharedClock()


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
    return await inspect_database(f"postgresql://{location}", _shown(location))


def copy_source(location: str, root: Path, *, while_served: bool) -> AbstractAsyncContextManager[Source]:
    """What is copied from here; unless ``while_served``, no server may run."""
    with _driver_needed():
        from flowhook.storage.postgres.copying import open_source
    return open_source(f"postgresql://{location}", _shown(location), while_served=while_served)


def copy_target(location: str, root: Path) -> AbstractAsyncContextManager[Target]:
    """Where a copy is written to."""
    with _driver_needed():
        from flowhook.storage.postgres.copying import open_target
    return open_target(f"postgresql://{location}", _shown(location))


def file_of(location: str, root: Path) -> Path | None:
    """None: it is no file."""
    return None


def _shown(location: str) -> str:
    """The URL without its password."""
    return f"postgresql://{location.rpartition('@')[2]}"


@contextmanager
def _driver_needed() -> Iterator[None]:
    try:
        yield
    except ModuleNotFoundError as error:
        if error.name != "asyncpg":
            raise
        raise StorageError("storage: PostgreSQL needs an extra: pip install 'flowhook[postgres]'") from error
