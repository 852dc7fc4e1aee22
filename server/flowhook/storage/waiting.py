"""What waits at endpoints, put together from what a database counted."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from flowhook.storage.records import Waiting


def waiting_of(inputs: Iterable[Sequence[Any]], deliveries: Iterable[Sequence[Any]]) -> list[Waiting]:
    """Join rows ``(endpoint, count, since)`` of inboxes with rows ``(endpoint, since)`` of outboxes."""
    queued = {endpoint: (count, since) for endpoint, count, since in inputs}
    pending: dict[str, float] = {endpoint: since for endpoint, since in deliveries}
    return [
        Waiting(endpoint, *queued.get(endpoint, (0, None)), pending.get(endpoint))
        for endpoint in sorted(queued.keys() | pending.keys())
    ]
