"""One database, one process: locks that die with their holder.

Two are taken. The first is on ``<database>.lock``: it names its holder for people, and is the one that
every version of flowhook knows. The second is on the database's own inode, so that no symbolic link, hard
link or second path, and no removed lock file, lets another process in. SQLite's own locks are of another
kind (fcntl, not flock) and do not meet them.
"""

from __future__ import annotations

import fcntl
import os
import pwd
from pathlib import Path

from flowhook.errors import StorageError

Inode = tuple[int, int]  #: device and number

#: Databases that this process holds. Asked before a file is opened once more: to close a descriptor of a
#: file drops all the locks that SQLite has on it in this process.
_held: set[Inode] = set()


class DatabaseLock:
    """Holds a database file for this process, making it if need be. The lock file stays when it is let
    go: removing it would let two holders exist."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.file = path  #: where the path leads
        self._lock_file = -1
        self._database = -1
        self._inode: Inode = (0, 0)

    @property
    def inode(self) -> int:
        """The number of the file that is held."""
        return self._inode[1]

    @property
    def descriptor(self) -> int:
        """Of the file that is held, to read and write beside SQLite. Never close it: that would drop all the
        locks that SQLite has on it."""
        return self._database

    def take(self) -> bool:
        """Lock, and return whether the database file is new although one was used here before. Raises
        :class:`StorageError` that names the process in the way, or what else is."""
        try:
            self.file = path = self.path.resolve()  # the lock lies beside the file, not beside a link to it
            path.parent.mkdir(parents=True, exist_ok=True)
            lock_path = path.with_name(path.name + ".lock")
            used_before = lock_path.exists()
            self._lock_file = self._take_lock_file(lock_path)
            is_new = self._take_database(path)
        except (OSError, RuntimeError) as error:
            self.release()
            raise StorageError(_explained(self.path, error)) from error
        except BaseException:
            self.release()
            raise
        return is_new and used_before

    def release(self) -> None:
        """Let go."""
        for descriptor in (self._database, self._lock_file):
            if descriptor >= 0:
                os.close(descriptor)
        self._database = self._lock_file = -1
        _held.discard(self._inode)
        self._inode = (0, 0)

    def check(self) -> None:
        """Raise :class:`StorageError` when the path leads to another file by now, or to none: what is
        written to the file that is held would be lost with this process."""
        try:
            found = os.stat(self.path)
        except OSError:
            found = None
        if found is None or (found.st_dev, found.st_ino) != self._inode:
            happened = "removed" if found is None else "replaced"
            raise StorageError(
                f"the database {self.path} was {happened} while the server runs; nothing more is accepted. "
                "Stop the server, put the right file in place, and start it again"
            )

    def _take_lock_file(self, lock_path: Path) -> int:
        descriptor = os.open(lock_path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            holder = os.read(descriptor, 32).decode(errors="replace").strip()
            os.close(descriptor)
            raise self._in_use(f"process {holder or 'unknown'}") from None
        os.ftruncate(descriptor, 0)
        os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        return descriptor

    def _take_database(self, path: Path) -> bool:
        is_new = _make_private(path)
        found = os.stat(path)
        inode = (found.st_dev, found.st_ino)
        if inode in _held:
            raise self._in_use("this process, under another path")
        self._database = os.open(path, os.O_RDWR | os.O_CLOEXEC)
        try:
            fcntl.flock(self._database, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise self._in_use("another process, under another path") from None
        self._inode = inode
        _held.add(inode)
        return is_new

    def _in_use(self, holder: str) -> StorageError:
        return StorageError(
            f"the database {self.path} is in use by {holder}; "
            "stop that one first, or give this one another `storage`"
        )


def _make_private(path: Path) -> bool:
    """Make the file, readable by its owner alone, if there is none. Returns whether it was made."""
    try:
        os.close(os.open(path, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600))
    except FileExistsError:
        return False
    return True


def _explained(path: Path, error: OSError | RuntimeError) -> str:
    """Why the database cannot be used, for people."""
    if not isinstance(error, OSError):
        return f"cannot use the database {path}: its path is a circle of links"
    where = Path(os.fsdecode(error.filename)) if error.filename else path
    reason = f"cannot use the database {path}: {error.strerror} ({where})"
    if not isinstance(error, PermissionError):
        return reason
    while not where.exists() and where != where.parent:
        where = where.parent
    try:
        owner, user = pwd.getpwuid(where.stat().st_uid).pw_name, pwd.getpwuid(os.geteuid()).pw_name
    except (KeyError, OSError):
        return reason
    return f"{reason}; {where} belongs to {owner}, this process runs as {user}"
