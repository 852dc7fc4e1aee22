"""What ``flowhook backup`` and ``flowhook restore`` have in common."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from flowhook.cli.commands.storage import told
from flowhook.errors import StorageError
from flowhook.model.inbound import JsonObject

if TYPE_CHECKING:
    from flowhook.config import Config
    from flowhook.storage.sqlite.backup import Backup


def database_to_copy(config: Config) -> Path:
    """The file of a project's database. Raises StorageError where it has none."""
    from flowhook.storage import database_file

    path = database_file(config.storage, config.root)
    if path is None:
        raise StorageError("the database of this project is no file: see docs/backups.md for what to do")
    return path


def report(made: Backup) -> JsonObject:
    """A backup for programs."""
    found = made.inspection
    return {
        "file": str(made.file),
        "bytes": made.bytes,
        "sha256": made.sha256,
        "schema": found.schema,
        "sessions": found.sessions,
        "pending": found.pending,
        "holds": told(found),
        "replaced": None if made.replaced is None else str(made.replaced),
    }
