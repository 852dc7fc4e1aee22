"""Whose turns, deliveries and timers are this process's, where it is the only one."""

from __future__ import annotations

from collections.abc import Collection, Sequence

from flowhook.model.inbound import JsonObject


class PeerListener:
    """Hears what other processes on the store do, and says what they are to know of this one. This one hears
    nothing and says nothing."""

    def wake(self, due: bool) -> None:
        """Called when something may wait in inboxes that this process does not know of; ``due``: timers and
        deliveries may have come as well."""

    def changed(self) -> None:
        """Called when another process changed what this one keeps in memory: keys, switches, pauses."""

    def heard(self, message: JsonObject) -> None:
        """Called with what another process told by :meth:`Ownership.tell`."""

    def met(self, others: Sequence[JsonObject]) -> None:
        """Called now and then with what all the others say of themselves."""

    def suspected(self, sessions: Collection[bytes], is_wary: bool) -> None:
        """Called now and then, and before the first turn of a session may run here, with the keys of this
        process's sessions in which a turn may have ended a process; ``is_wary``: one has died just now."""

    def about(self) -> JsonObject:
        """Return what this process says of itself."""
        return {}


class SoleOwnership:
    """See :class:`flowhook.storage.protocols.Ownership`. All of them, always."""

    is_shared = False
    processes = 1

    def owns(self, key: bytes) -> bool:
        """Return True, whatever the session."""
        return True

    async def start(self, listener: PeerListener) -> None:
        """Do nothing: nobody else writes."""

    def tell(self, message: JsonObject) -> None:
        """Do nothing: nobody hears it."""

    def beat_soon(self) -> None:
        """Do nothing: there are no others."""

    async def stop(self) -> None:
        """Do nothing: nobody waits for it."""
