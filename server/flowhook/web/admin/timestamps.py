"""Times for people and other machines: RFC 3339, UTC."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from flowhook.errors import ApiError

_TIMES = (
    "createdAt", "updatedAt", "endsAt", "usedAt", "at", "takenAt", "closedAt", "waitingSince",
    "startedAt", "seenAt", "dueSince",
)  # fmt: skip


def rfc3339(at: float | None) -> str | None:
    """POSIX seconds as ``2030-01-31T12:00:00.250Z``."""
    if at is None:
        return None
    return datetime.fromtimestamp(at, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def parse_rfc3339(name: str, given: str | None) -> float | None:
    """POSIX seconds of a parameter that is a time, None when it was not given. Raises ApiError 400."""
    if given is None:
        return None
    try:
        moment = datetime.fromisoformat(given.upper())
        if moment.tzinfo is not None:
            return moment.timestamp()
    except (ValueError, OverflowError):
        pass
    message = "must be a time such as 2030-01-31T12:00:00Z (RFC 3339)"
    errors = [{"field": name, "message": message}]
    raise ApiError(400, "invalid_parameter", f"{name} {message}.", errors=errors)


def with_times(row: dict[str, Any]) -> dict[str, Any]:
    """A copy of ``row`` in which its times are readable."""
    times = {name: rfc3339(row[name]) for name in _TIMES if isinstance(row.get(name), float | int)}
    return {**row, **times}
