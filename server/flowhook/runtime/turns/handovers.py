"""What turns ask of the room of handovers, which stands above them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Protocol

from flowhook.engine.effects import AvailableAgents, Failure
from flowhook.model.handover import HandoverChange
from flowhook.model.output import Output
from flowhook.model.session_ref import SessionRef
from flowhook.runtime.observe.redaction import Redactor


class HandoverWays(Protocol):
    """The ways to people."""

    async def availability(self, name: str, settings: Mapping[str, Any]) -> AvailableAgents | Failure:
        """Return how many agents are there."""
        ...


class HandoverListener(Protocol):
    """Is told of what turns have done to handovers."""

    def committed(
        self, ref: SessionRef, trace_id: str, changes: list[HandoverChange], redactor: Redactor, *, test: bool
    ) -> None:
        """Take note of changes that are durable."""
        ...

    def said(self, ref: SessionRef, outputs: list[Output], redactor: Redactor) -> None:
        """Take note of what was said, which may be for an agent's eyes."""
        ...
