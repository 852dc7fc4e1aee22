"""Times for people and other machines: RFC 3339, UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

_TIMES = ("createdAt", "updatedAt", "at")


def rfc3339(at: float | None) -> str | None:
    """POSIX seconds as ``2030-01-31T12:00:00.250Z``."""
    if at is None:
        return None
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def with_times(row: dict[str, Any]) -> dict[str, Any]:
    """A copy of ``row`` in which its times are readable."""
    times = {name: rfc3339(row[name]) for name in _TIMES if isinstance(row.get(name), float | int)}
    return {**row, **times}
