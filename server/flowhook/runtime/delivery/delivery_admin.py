"""What operators do with deliveries: hold an endpoint's, give up one that is stuck, drop what is dead."""

from __future__ import annotations

from flowhook.clock import Clock
from flowhook.runtime.delivery.dispatcher import Dispatcher
from flowhook.runtime.delivery.replays import Replays
from flowhook.storage.protocols import Outbox
from flowhook.storage.records import DeliveryFilter, GivenUp

PIECE = 500  #: deliveries dropped in one transaction


class DeliveryAdmin:
    """Deliveries in the hands of administration; ``replays`` sends many again."""

    def __init__(self, outbox: Outbox, dispatcher: Dispatcher, clock: Clock, replays: Replays) -> None:
        self._outbox = outbox
        self._dispatcher = dispatcher
        self._clock = clock
        self.replays = replays

    async def give_up(self, delivery_id: str, reason: str) -> GivenUp:
        """Let the delivery at which a session is stuck be dead, so that what waits behind it goes on.

        An attempt that is under way goes on, and changes nothing any more.
        """
        given_up = await self._outbox.give_up(delivery_id, reason, self._clock.now())
        if given_up.following is not None:
            self._dispatcher.enqueue([given_up.following], True)
        return given_up

    async def drop(self, delivery_id: str, reason: str) -> GivenUp:
        """Give a delivery up, if it is still pending, and delete it with its attempts."""
        given_up = await self.give_up(delivery_id, reason)
        if given_up.outcome in ("given up", "resolved") and await self._outbox.drop_one(delivery_id):
            return GivenUp("given up")
        return given_up

    async def purge(self, wanted: DeliveryFilter) -> int:
        """Delete dead deliveries, piece by piece, and return how many there were."""
        gone = 0
        while piece := await self._outbox.drop_dead(wanted, PIECE):
            gone += piece
        return gone
