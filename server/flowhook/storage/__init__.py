"""What must survive: sessions, inbox, outbox, timers, keys."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flowhook.clock import Clock
from flowhook.errors import StorageError
from flowhook.model.log_action import LogAction
from flowhook.storage.protocols import Store

if TYPE_CHECKING:
    from flowhook.storage.copying import Copied, Tell
    from flowhook.storage.inspection import Inspection

#: The databases there are: by the scheme of their URL, the package with their ``make_store``, ``make_clock``,
#: ``file_of``, ``inspect``, ``copy_source`` and ``copy_target``. A driver is loaded when it is used.
DATABASES = {"sqlite": "flowhook.storage.sqlite", "postgresql": "flowhook.storage.postgres"}


def open_store(
    url: str,
    clock: Clock,
    *,
    root: Path | None = None,
    fatal: Callable[[Exception], None] | None = None,
    on_commit: Callable[[int, float], None] | None = None,
) -> Store:
    """The store that ``url`` names; call its ``open()`` before anything else.

    ``sqlite:///flowhook.db`` lies below ``root`` (else the current directory), ``sqlite:////var/x.db``
    is absolute, ``sqlite://`` lives in memory. ``fatal`` is called when nobody can know whether a commit
    was kept; without one the process ends, to start anew from what is on the disk. ``on_commit`` is told
    of each commit: how many jobs it held, and the seconds it took.
    """
    database, location = _database(url)
    store: Store = database.make_store(location, root or Path.cwd(), clock, fatal or end_process, on_commit)
    return store


def system_clock(url: str) -> Clock:
    """The clock by which the processes on the store of ``url`` go: the machine's, or, where they may be on
    several, one that follows the database's. Raises StorageError."""
    database, _ = _database(url)
    clock: Clock = database.make_clock()
    return clock


def database_file(url: str, root: Path | None = None) -> Path | None:
    """Where the store of ``url`` keeps its data; None when that is no file."""
    database, location = _database(url)
    file: Path | None = database.file_of(location, root or Path.cwd())
    return file


async def inspect_store(url: str, root: Path | None = None) -> Inspection:
    """Whether the database of ``url`` is whole; it is only read, whoever uses it. Raises StorageError."""
    database, location = _database(url)
    inspection: Inspection = await database.inspect(location, root or Path.cwd())
    return inspection


async def copy_store(
    source: str,
    target: str,
    root: Path | None = None,
    *,
    tell: Tell = lambda table, rows: None,
    while_served: bool = False,
    replace: bool = False,
) -> Copied:
    """Copy all that the database of one URL holds into that of another.

    Nobody may serve the target, nor, unless ``while_served`` (PostgreSQL), the source. ``replace`` deletes
    what the target holds; else it has to be empty, or an unfinished copy of the source. Raises StorageError.
    """
    from flowhook.storage.copying import copy_rows  # no server copies

    (reading, from_where), (writing, to_where) = _database(source), _database(target)
    place = root or Path.cwd()
    async with (
        reading.copy_source(from_where, place, while_served=while_served) as rows,
        writing.copy_target(to_where, place) as copy,
    ):
        return await copy_rows(rows, copy, tell, replace=replace)


def _database(url: str) -> tuple[Any, str]:
    """The package of a database, and where in it the data are."""
    scheme, separator, location = url.partition("://")
    if scheme not in DATABASES or not separator:
        raise StorageError(
            f"storage {_without_password(url)!r}: only sqlite:///<file> and postgresql://… can be used"
        )
    return import_module(DATABASES[scheme]), location


def end_process(error: Exception) -> None:
    """Stop at once: what was promised is on the disk, what is in memory can no longer be trusted."""
    logging.getLogger("flowhook.storage").critical("%s", error, extra={"action": LogAction.STORAGE_UNKNOWN})
    logging.shutdown()
    os._exit(70)


def _without_password(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}"
