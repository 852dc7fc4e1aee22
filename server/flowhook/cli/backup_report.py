"""What ``flowhook backup`` and ``flowhook restore`` have in common."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowhook.cli.commands.storage import told
from flowhook.cli.console import warn
from flowhook.model.inbound import JsonObject

if TYPE_CHECKING:
    from flowhook.storage.sqlite.backup import Backup


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
        "whole": found.is_whole,
        "replaced": None if made.replaced is None else str(made.replaced),
    }


def warn_of_findings(found: JsonObject) -> None:
    """Say that something in a backup does not hold."""
    if not found["whole"]:
        warn("not all holds in it that must hold; `flowhook storage check` tells what")
