"""One message of either side, as a search for a text looks at it."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from pydantic_core import from_json

from flowhook.storage.rows import said


class SaidMessage(NamedTuple):
    """One row, of which table it is, and what it says."""

    at: float
    row: int
    is_output: bool
    shard: int
    session: bytes
    trace_id: str
    bodies: tuple[Any, ...]

    def finds(self, text: str, escaped: str) -> str | None:
        """The text in which another one stands, whatever its case; None when it is not there. ``escaped``
        is that text as it stands in JSON: most messages are not read."""
        if not any(escaped in body.decode().casefold() for body in self.bodies[:2] if body is not None):
            return None
        if self.is_output:
            output, body, privacy = self.bodies
            message = said(output, body, privacy)
        else:
            message = from_json(self.bodies[0])
        parts = (message.get(name) for name in ("text", "data", "attachments", "result"))
        return next((said for part in parts for said in _texts(part) if text in said.casefold()), None)


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)
