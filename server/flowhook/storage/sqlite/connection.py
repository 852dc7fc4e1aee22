"""SQLite connections, each on a thread of its own.

One connection writes and checkpoints (two that checkpoint at once can damage a file in SQLite before
3.51.3); the others read only. Work is handed to a connection as whole functions, because a hop
between threads costs more than a statement.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar, TypeVarTuple

import aiosqlite

from flowhook.errors import StorageError

T = TypeVar("T")
Ts = TypeVarTuple("Ts")

APPLICATION_ID = 0x464C4F57  #: "FLOW", in the file's header
MEMORY = ":memory:"
BUSY_TIMEOUT = 5000  #: milliseconds
CACHED_STATEMENTS = 512  #: more than there are SQL texts: each is prepared once

#: Runs statements: a connection, which makes a cursor for each, or a cursor that serves for several.
StatementRunner = sqlite3.Connection | sqlite3.Cursor

# For a parameter of these types the sqlite3 module looks for an adapter, for ``__adapt__`` and for
# ``__conform__``, and writes an error message for each that is not there. These change nothing, and end the
# search: that is a sixth of what SQLite's thread does for a message. All three are functions of C: one of
# Python would cost more than the search.
_NOTHING: dict[None, None] = {}
sqlite3.register_adapter(bytes, bytes)
sqlite3.register_adapter(bool, int)
sqlite3.register_adapter(type(None), _NOTHING.get)


class Connection(aiosqlite.Connection):
    """aiosqlite's thread and connection; the only place that knows their insides."""

    def __init__(self, connector: Callable[[], sqlite3.Connection]) -> None:
        super().__init__(connector, iter_chunk_size=64)
        self._thread.daemon = True  # a forgotten close() must not keep the process from ending

    async def run(self, function: Callable[[sqlite3.Connection, *Ts], T], *args: *Ts) -> T:
        """Call ``function(connection, *args)`` on the thread and wait for its answer."""
        result: T = await self._execute(function, self._conn, *args)  # type: ignore[no-untyped-call]
        return result

    def start(self, function: Callable[[sqlite3.Connection], None]) -> None:
        """Call ``function(connection)`` on the thread, after what was handed in before. It must
        not raise: nobody waits for it."""
        connection = self._conn
        self._tx.put_nowait((None, lambda: function(connection)))


async def connect_writer(path: str) -> Connection:
    """The connection that writes."""
    connection = Connection(lambda: _connect(path))
    try:
        await connection
        await connection.run(_prepare_writer, path)
    except BaseException as error:
        await connection.close()
        if isinstance(error, sqlite3.DatabaseError):
            raise StorageError(f"cannot open the database {path}: {error}") from error
        raise
    return connection


async def connect_reader(path: str) -> Connection:
    """A connection that cannot write."""
    connection = Connection(lambda: _connect(_read_only(path)))
    await connection
    await connection.run(_prepare_reader)
    return connection


def _connect(address: str) -> sqlite3.Connection:
    return sqlite3.connect(
        address,
        isolation_level=None,  # BEGIN and COMMIT are ours
        check_same_thread=False,  # made and used on the connection's thread, closed from it too
        cached_statements=CACHED_STATEMENTS,
        uri=address.startswith("file:"),
    )


def _read_only(path: str) -> str:
    return f"{Path(path).absolute().as_uri()}?mode=ro"


def _prepare_writer(db: sqlite3.Connection, path: str) -> None:
    db.execute(f"PRAGMA busy_timeout = {BUSY_TIMEOUT}")
    _refuse_strangers(db, path)
    db.execute("PRAGMA auto_vacuum = INCREMENTAL")  # has effect on an empty file only
    if path != MEMORY:
        (mode,) = db.execute("PRAGMA journal_mode = WAL").fetchone()
        if mode != "wal":
            raise StorageError(f"the database {path} cannot use a write-ahead log (a network file system?)")
    for pragma in (
        "PRAGMA secure_delete = ON",  # zeros over what is deleted; see scrub.py for what that misses
        "PRAGMA synchronous = FULL",  # an accepted message survives a power cut
        "PRAGMA foreign_keys = OFF",
        "PRAGMA temp_store = MEMORY",
        "PRAGMA cache_size = -16384",  # 16 MiB: a commit may walk over all of it
        "PRAGMA wal_autocheckpoint = 0",  # the writer checkpoints between batches
        "PRAGMA trusted_schema = OFF",
    ):
        db.execute(pragma)


def _refuse_strangers(db: sqlite3.Connection, path: str) -> None:
    """Leave a database of another program as it is."""
    (application,) = db.execute("PRAGMA application_id").fetchone()
    (tables,) = db.execute("SELECT count(*) FROM sqlite_schema").fetchone()
    if application != APPLICATION_ID and (application or tables):
        raise StorageError(f"{path} is a database of another program")


def _prepare_reader(db: sqlite3.Connection) -> None:
    for pragma in ("PRAGMA busy_timeout = 5000", "PRAGMA query_only = ON", "PRAGMA cache_size = -16384"):
        db.execute(pragma)
