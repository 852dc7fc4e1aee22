"""Recognises a database file that went back in time: a backup that was put in its place, or a copy.

Delivery ids are made of session and sequence. After a restore a session counts on from where the backup
stood, so new deliveries would get ids that receivers have seen with other content, and drop. Therefore an
id also holds the number of an **epoch**, which is drawn anew whenever the file is not the one that was used
here last. That is known from two marks, kept both in the database and in ``<database>.epoch`` beside it:

* the *seal*, drawn anew at each start and stop and now and then in between. A file that was put back has
  the seal of the time when it was copied;
* the number of the file's inode. A copy has another one.

When one of them differs, or the file beside is missing, a new epoch begins. That is harmless when it was
not needed: a delivery keeps the epoch in which it was made, ids only become different ones. The marks beside
are not flushed to the disk; what a power cut takes of them costs a new epoch. The file beside holds two
seals for the moment in which one of the two was written and the other not yet.
"""

from __future__ import annotations

import contextlib
import json
import os
import secrets
import sqlite3
from pathlib import Path

READ = "SELECT number, seal, inode FROM epoch"
CLEAR = "DELETE FROM epoch"
WRITE = "INSERT INTO epoch (number, seal, inode) VALUES (?, ?, ?)"
RESEAL = "UPDATE epoch SET seal = ?"


class Epoch:
    """The epoch of a database that is open. ``path`` None: one in memory, which is always new."""

    def __init__(self, path: Path | None, inode: int) -> None:
        self._beside = None if path is None else path.with_name(path.name + ".epoch")
        self._inode = inode
        self._seal = ""
        self.number = 0

    def begin(self, db: sqlite3.Connection) -> bool:
        """Read or draw the number. Returns whether a file that was used before begins a new epoch."""
        row = db.execute(READ).fetchone()
        seals = self._read_beside()
        continues = row is not None and row[1] in seals and row[2] == self._inode
        if row is not None and continues:
            self.number, self._seal = row[0], row[1]
        else:
            self.number, self._seal = secrets.randbits(32), ""
            db.execute(CLEAR)
            db.execute(WRITE, (self.number, self._seal, self._inode))
        self.reseal(db)
        return row is not None and not continues

    def reseal(self, db: sqlite3.Connection) -> None:
        """Draw a new seal. From now on a copy made before is known as one."""
        old, new = self._seal, secrets.token_hex(8)
        self._write_beside([old, new])
        db.execute(RESEAL, (new,))
        self._seal = new
        self._write_beside([new])

    def _read_beside(self) -> list[str]:
        if self._beside is None:
            return []
        try:
            seals = json.loads(self._beside.read_text(encoding="ascii"))["seals"]
        except (OSError, ValueError, KeyError, TypeError):
            return []
        return [seal for seal in seals if isinstance(seal, str) and seal] if isinstance(seals, list) else []

    def _write_beside(self, seals: list[str]) -> None:
        """Whole or not at all. On a full disk the old one stays, which at worst costs a new epoch."""
        if self._beside is None:
            return
        note = {"seals": seals, "about": "belongs to the database beside; not part of a backup"}
        temporary = self._beside.with_name(self._beside.name + ".new")
        with contextlib.suppress(OSError):
            temporary.write_text(json.dumps(note) + "\n", encoding="ascii")
            os.replace(temporary, self._beside)
