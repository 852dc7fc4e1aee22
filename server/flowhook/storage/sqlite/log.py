"""The write-ahead log: what was committed and stands not yet in the database file.

It is moved into the file when it is long, when nothing was written for a while, and at the end, so that a
file at rest is whole without its log.
"""

from __future__ import annotations

import os
import sqlite3
from pathlib import Path

from flowhook import failpoints

#: Seldom: a page that was written many times is copied into the file once.
LONG_BYTES = 32 * 1024 * 1024
SHORT_BYTES = 256 * 1024  #: on a small disk not below this
SHARE_OF_DISK = 8  #: the log takes at most this part of what is free


class WriteAheadLog:
    """The log of the database at ``path``. All methods run on the thread of the connection that writes."""

    def __init__(self, path: Path) -> None:
        self._directory = path.parent
        self._path = path.with_name(path.name + "-wal")
        self._has_unmoved = True
        self.limit = LONG_BYTES  #: bytes from which on it is moved
        self._move_at = self.limit

    def prepare(self, db: sqlite3.Connection) -> None:
        """Fit the limit to the disk."""
        self.limit = self._move_at = self._fitting_limit()
        # To write over a log is cheaper than to let it grow, so that much of it stays.
        db.execute(f"PRAGMA journal_size_limit = {self.limit}")

    def keep_short(self, db: sqlite3.Connection) -> None:
        """Called after each batch: move the log if it is long."""
        self._has_unmoved = True
        try:
            size = os.stat(self._path).st_size
            if size > self._move_at:
                self.limit = self._fitting_limit()
                is_moved = self._move(db, "PASSIVE")
                self._move_at = self.limit if is_moved else size + self.limit // 2
        except (OSError, sqlite3.Error):
            return  # the log is as good a place as the file; the next batch tries again

    def move(self, db: sqlite3.Connection) -> None:
        """Called when nothing is being written: let the file be whole without its log."""
        if self._has_unmoved:
            try:
                self._move(db, "PASSIVE")
            except sqlite3.Error:
                return

    def empty(self, db: sqlite3.Connection) -> None:
        """Move all of it and cut it off. Nobody may be reading."""
        self._move(db, "TRUNCATE")

    def make_room(self, db: sqlite3.Connection) -> None:
        """Called when the disk is full: what was written over and over takes less room in the file."""
        try:
            self._move(db, "TRUNCATE")
        except sqlite3.Error:
            return

    def _move(self, db: sqlite3.Connection, how: str) -> bool:
        failpoints.hit("checkpoint")
        busy, frames, moved = db.execute(f"PRAGMA wal_checkpoint({how})").fetchone()
        self._has_unmoved = bool(busy) or frames != moved
        return not self._has_unmoved

    def _fitting_limit(self) -> int:
        try:
            disk = os.statvfs(self._directory)
        except OSError:
            return LONG_BYTES
        return max(SHORT_BYTES, min(LONG_BYTES, disk.f_bavail * disk.f_frsize // SHARE_OF_DISK))
