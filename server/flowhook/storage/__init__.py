"""What must survive: sessions, inbox, outbox, timers, keys."""

from __future__ import annotations

import logging
import os
from collections.abc import Callable
from pathlib import Path

from flowhook.clock import Clock
from flowhook.errors import StorageError
from flowhook.model.log_action import LogAction
from flowhook.storage.store import Store

MEMORY_URLS = ("sqlite://", "sqlite:///:memory:")


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
    scheme, separator, _ = url.partition("://")
    if scheme != "sqlite" or not separator:
        raise StorageError(f"storage {_without_password(url)!r}: only sqlite:///<file> can be used so far")
    from flowhook.storage.sqlite.store import SqliteStore  # a driver is loaded when it is used

    path = database_file(url, root)
    return SqliteStore(str(path or ":memory:"), clock, fatal or end_process, on_commit)


def database_file(url: str, root: Path | None = None) -> Path | None:
    """Where the store of ``url`` keeps its data; None when it lives in memory."""
    if url in MEMORY_URLS:
        return None
    return (root or Path.cwd()) / url.partition("://")[2].removeprefix("/")


def end_process(error: Exception) -> None:
    """Stop at once: what was promised is on the disk, what is in memory can no longer be trusted."""
    logging.getLogger("flowhook.storage").critical("%s", error, extra={"action": LogAction.STORAGE_UNKNOWN})
    logging.shutdown()
    os._exit(70)


def _without_password(url: str) -> str:
    scheme, separator, rest = url.partition("://")
    return f"{scheme}{separator}{rest.rpartition('@')[2]}"
