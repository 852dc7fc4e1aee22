"""Whose turns, deliveries and timers are this process's, where it is the only one."""

from __future__ import annotations

from collections.abc import Callable


class SoleOwnership:
    """See :class:`flowhook.storage.protocols.Ownership`. All of them, always."""

    is_shared = False
    processes = 1

    def owns(self, key: bytes) -> bool:
        """Return True, whatever the session."""
        return True

    async def start(self, wake: Callable[[bool], None], changed: Callable[[], None]) -> None:
        """Do nothing: nobody else writes."""

    async def stop(self) -> None:
        """Do nothing: nobody waits for it."""
