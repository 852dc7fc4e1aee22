"""Which inbounds wait, run or are to be skipped here, and who waits for their outcome."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable
from typing import Any

from flowhook.model.inbound import Inbound
from flowhook.model.output import Output
from flowhook.storage.protocols import Receipts

Outcome = dict[str, Any]  #: ``{"status": …, "outputs": [AIOutput, …]}``
#: Seconds between two looks at a turn that runs in another process.
FIRST_LOOK, LONGEST_LOOK = 0.02, 0.25
ENDED = ("done", "failed", "discarded")


class TurnOutcomes:
    """Follows inbounds by trace id from the queue to the end of their turn."""

    def __init__(self, receipts: Receipts, *, is_shared: bool = False) -> None:
        """``is_shared``: turns may run in other processes, of which only the store tells."""
        self._receipts = receipts
        self._is_shared = is_shared
        self._known: set[str] = set()  #: trace ids of inbounds that wait or run here
        self._running: set[str] = set()
        self._skipped: set[str] = set()
        self._waiters: dict[str, list[asyncio.Future[Outcome | None]]] = {}
        self._released = False

    # --- what happens to an inbound ---------------------------------------------------------------

    def queued(self, inbound: Inbound) -> None:
        """Note that an inbound is in a worker's queue."""
        self._known.add(inbound.trace_id)

    def began(self, inbound: Inbound) -> None:
        """Note that the turn of an inbound runs."""
        self._running.add(inbound.trace_id)

    def ended(self, inbound: Inbound, status: str | None, outputs: list[Output]) -> None:
        """Note the end of a turn and tell those who wait. Without a status it was cut and goes on later."""
        self._running.discard(inbound.trace_id)
        self._known.discard(inbound.trace_id)
        if waiters := self._waiters.pop(inbound.trace_id, None):
            said = [output.to_json() for output in outputs]
            outcome = None if status is None else {"status": status, "outputs": said}
            for waiter in waiters:
                if not waiter.done():
                    waiter.set_result(outcome)

    def waits_again(self, inbound: Inbound) -> None:
        """Note that an inbound that was about to be taken is back in the queue."""
        self._running.discard(inbound.trace_id)

    def left(self, inbounds: Iterable[Inbound]) -> None:
        """Note that these wait in the store only: their worker ended before they had their turn."""
        self._known.difference_update(inbound.trace_id for inbound in inbounds)

    # --- what others ask --------------------------------------------------------------------------

    def is_running(self, trace_id: str) -> bool:
        """Return whether the turn of this inbound has begun and not ended."""
        return trace_id in self._running

    def is_known(self, trace_id: str) -> bool:
        """Return whether this inbound waits or runs here; else it is in the store only."""
        return trace_id in self._known

    def skip(self, trace_id: str) -> None:
        """Do not begin this inbound's turn: it is about to be cancelled."""
        self._skipped.add(trace_id)

    def unskip(self, trace_id: str) -> None:
        """Take :meth:`skip` back: the inbound was not cancelled after all."""
        self._skipped.discard(trace_id)

    def take_skip(self, trace_id: str) -> bool:
        """Return whether the inbound was cancelled; asked once, when its turn would begin."""
        if trace_id in self._skipped:
            self._skipped.discard(trace_id)
            return True
        return False

    async def wait(self, trace_id: str, seconds: float) -> Outcome | None:
        """Return the outcome of a turn that ends within so many seconds, else None."""
        waiter: asyncio.Future[Outcome | None] = asyncio.get_running_loop().create_future()
        waiters = self._waiters.setdefault(trace_id, [])
        waiters.append(waiter)
        try:
            receipt = None if trace_id in self._known else await self._receipts.find(trace_id)
            if receipt is not None and receipt.status in ENDED:
                return {"status": receipt.status, "outputs": receipt.said}
            if self._is_shared and trace_id not in self._known:
                return await self._wait_elsewhere(trace_id, waiter, seconds)
            return None if self._released else await asyncio.wait_for(waiter, seconds)
        except TimeoutError:
            return None
        finally:
            waiters.remove(waiter)
            if not waiters and self._waiters.get(trace_id) is waiters:
                del self._waiters[trace_id]

    async def held(self, trace_id: str) -> list[Output]:
        """Return what was said to an inbound, in a turn that another process ran, and held for the response
        to its request instead of being delivered."""
        receipt = await self._receipts.find(trace_id) if self._is_shared else None
        return [Output.from_json(words) for words in receipt.held] if receipt is not None else []

    async def _wait_elsewhere(
        self, trace_id: str, waiter: asyncio.Future[Outcome | None], seconds: float
    ) -> Outcome | None:
        """Ask the store, less and less often; the turn may come here after all, with its session."""
        pause, until = FIRST_LOOK, asyncio.get_running_loop().time() + seconds
        while not self._released and (left := until - asyncio.get_running_loop().time()) > 0:
            with contextlib.suppress(TimeoutError):
                return await asyncio.wait_for(asyncio.shield(waiter), min(pause, left))
            receipt = await self._receipts.find(trace_id)
            if receipt is not None and receipt.status in ENDED:
                return {"status": receipt.status, "outputs": receipt.said}
            pause = min(LONGEST_LOOK, pause * 1.5)
        return None

    def release(self) -> None:
        """Let go all who wait for an outcome, now and later: the server stops."""
        self._released = True
        for waiters in self._waiters.values():
            for waiter in waiters:
                if not waiter.done():
                    waiter.set_result(None)
