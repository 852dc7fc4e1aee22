"""One file, one process: a lock beside the database that dies with its holder."""

from __future__ import annotations

import fcntl
import os
from pathlib import Path

from flowhook.errors import StorageError


class LockFile:
    """An exclusive lock on ``path``. The file holds the process id of its holder, for people."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._handle = -1

    @property
    def was_taken(self) -> bool:
        """Whether any process ever did: the file stays."""
        return self._path.exists()

    def take(self) -> None:
        """Lock, or raise :class:`StorageError` that names the process in the way."""
        handle = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(handle, 32).decode(errors="replace").strip() or "unknown"
            os.close(handle)
            raise StorageError(
                f"the database {self._path.with_suffix('')} is in use by process {holder}; "
                "stop that one first, or give this one another `storage`"
            ) from None
        os.ftruncate(handle, 0)
        os.pwrite(handle, f"{os.getpid()}\n".encode(), 0)
        self._handle = handle

    def release(self) -> None:
        """Let go. The file stays: removing it would let two holders exist."""
        if self._handle >= 0:
            os.close(self._handle)
            self._handle = -1
