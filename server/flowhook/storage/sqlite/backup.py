"""Backs up a database into a single file while a server writes, and puts such a file in its place.

The copy is of one moment: a read transaction holds it while SQLite's online backup goes over the pages, in
pieces, so that no commit makes it begin again. Until it was looked at, page by page and rule by rule, it has
another name; a file under the name that was asked for is whole.

A backup has no seal (see ``epoch.py``), so whoever puts it in place, by hand too, begins a new epoch.
"""

from __future__ import annotations

import asyncio
import contextlib
import hashlib
import os
import sqlite3
from collections.abc import Awaitable, Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

from flowhook.errors import StorageError
from flowhook.storage.inspection import Inspection
from flowhook.storage.sqlite.inspection import inspect_file, reading
from flowhook.storage.sqlite.lockfile import DatabaseLock

PIECE = 1024  #: pages between two calls of the progress
BESIDE = ("-wal", "-shm", ".epoch", ".inflight")  #: of the database that is replaced
REPLACED = ".replaced"

Progress = Callable[[int, int], None]  #: pages that are done, of how many


@dataclass(frozen=True, slots=True)
class Backup:
    """A file that was written and looked at. ``replaced``: where the database is that was there before."""

    file: Path
    bytes: int
    sha256: str
    inspection: Inspection
    replaced: Path | None = None


def back_up(database: Path, file: Path, *, force: bool, progress: Progress | None = None) -> Backup:
    """Write what ``database`` holds now into ``file``, which must not be there unless ``force``. Raises
    StorageError, and then ``file`` is as it was."""
    _refuse_existing(file, force=force)
    if file.exists() and database.exists() and file.samefile(database):
        raise StorageError(f"{file} is the database itself")
    with _draft(file) as draft:
        inspection = _copied(database, draft, progress)
        return _complete(draft, file, inspection)


async def back_up_rows(fill: Callable[[Path], Awaitable[object]], file: Path, *, force: bool) -> Backup:
    """The same for a database that is no file: ``fill`` copies its rows into one. Raises StorageError."""
    _refuse_existing(file, force=force)
    with _draft(file) as draft:
        await fill(draft)
        with contextlib.closing(sqlite3.connect(draft, isolation_level=None)) as copy:
            copy.execute("PRAGMA journal_mode = DELETE")
        return await asyncio.to_thread(lambda: _complete(draft, file, _inspected(draft, "the database")))


def restore(file: Path, database: Path, *, force: bool, progress: Progress | None = None) -> Backup:
    """Put a backup in the place of ``database``, which nobody may use, and which must not be there unless
    ``force``: then it is kept under another name. Raises StorageError, and then nothing has changed."""
    was_there = database.is_file() and database.stat().st_size > 0
    if was_there and file.exists() and file.samefile(database):
        raise StorageError(f"{file} is the database itself")
    with reading(file):
        pass  # before a lock makes an empty database
    lock = DatabaseLock(database)
    lock.take()
    try:
        if was_there and not force:
            raise StorageError(f"{database} is there already; --force replaces it, and keeps it beside")
        place = lock.file
        with _draft(place) as draft:
            inspection = _copied(file, draft, progress)
            replaced = _set_aside(place) if was_there else None
            for suffix in BESIDE:
                place.with_name(place.name + suffix).unlink(missing_ok=True)
            os.replace(draft, place)
            _flush(place.parent)
        return Backup(place, place.stat().st_size, _sha256(place), inspection, replaced)
    except BaseException:
        if not was_there:
            with contextlib.suppress(OSError):
                if database.stat().st_size == 0:
                    database.unlink()
        raise
    finally:
        lock.release()


def _refuse_existing(file: Path, *, force: bool) -> None:
    if file.exists() and not force:
        raise StorageError(f"{file} is there already; name another file, or replace it with --force")


def _complete(draft: Path, file: Path, inspection: Inspection) -> Backup:
    """Give what was looked at its name."""
    made = Backup(file, draft.stat().st_size, _sha256(draft), inspection)
    os.replace(draft, file)
    _flush(file.parent)
    return made


@contextlib.contextmanager
def _draft(file: Path) -> Iterator[Path]:
    """A file beside, for its owner alone, that is gone when something fails."""
    draft = file.with_name(f".{file.name}.{os.getpid()}")
    os.close(os.open(draft, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_CLOEXEC, 0o600))
    try:
        yield draft
    finally:
        for suffix in ("", "-journal", "-wal", "-shm", ".lock"):
            draft.with_name(draft.name + suffix).unlink(missing_ok=True)


def _copied(source: Path, draft: Path, progress: Progress | None) -> Inspection:
    """Copy, and look at the copy."""
    with reading(source) as db:
        db.execute("SELECT count(*) FROM sqlite_schema").fetchone()  # from here on it is one moment
        with contextlib.closing(sqlite3.connect(draft, isolation_level=None)) as copy:
            _copy_pages(db, copy, progress)
            copy.execute("PRAGMA journal_mode = DELETE")  # a single file; the server logs anew
            if copy.execute("SELECT 1 FROM sqlite_schema WHERE name = 'epoch'").fetchone():
                copy.execute("UPDATE epoch SET seal = ''")
    return _inspected(draft, str(source))


def _inspected(draft: Path, source: str) -> Inspection:
    """Refuse what no server could open. A rule that is broken is told, and no reason to have no backup."""
    _flush(draft)
    inspection = inspect_file(draft)
    if not inspection.is_usable:
        first = inspection.findings[0]
        raise StorageError(f"{source} is not whole, so nothing was written: {first.rule}: {first.sentence}")
    return inspection


def _copy_pages(db: sqlite3.Connection, copy: sqlite3.Connection, progress: Progress | None) -> None:
    def tell(_status: int, left: int, pages: int) -> None:
        if progress is not None:
            progress(pages - left, pages)

    db.backup(copy, pages=PIECE, progress=tell)


def _set_aside(database: Path) -> Path:
    """Keep the database that is replaced, with its log: under this name it is whole."""
    aside = database.with_name(database.name + REPLACED)
    for path in (aside, aside.with_name(aside.name + "-wal"), aside.with_name(aside.name + "-shm")):
        path.unlink(missing_ok=True)
    log = database.with_name(database.name + "-wal")
    if log.exists():
        os.link(log, aside.with_name(aside.name + "-wal"))
    os.link(database, aside)
    return aside


def _flush(path: Path) -> None:
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _sha256(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
