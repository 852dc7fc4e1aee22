"""What a server leaves to chance and to its first message: tests put their own in its place."""

from __future__ import annotations

from typing import TYPE_CHECKING

from flowhook.runtime.session_admin import new_session

if TYPE_CHECKING:
    from flowhook.engine.flow import Library
    from flowhook.model.endpoint import Endpoint
    from flowhook.model.inbound import Inbound
    from flowhook.model.session import Session
    from flowhook.runtime.turns.turn import TurnRunner


class Overrides:
    """As a server does it. ``flowhook test`` overrides what a test decides."""

    def seed(self, inbound: Inbound) -> int:
        """Of the choice among alternatives: another one in each turn, the same when it is run again."""
        return int(inbound.trace_id[-8:], 16)

    def new_session(self, endpoint: Endpoint, library: Library) -> Session:
        """A session that has not spoken yet."""
        return new_session(endpoint, library)

    def ended(self, turn: TurnRunner, status: str) -> None:
        """A turn has ended: ``done``, ``failed`` or ``discarded``."""
