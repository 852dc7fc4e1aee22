"""Receipts: what became of an inbound, and cancelling one that has not begun."""

from __future__ import annotations

from flowhook.clock import Clock
from flowhook.model.inbound import JsonObject
from flowhook.runtime.turns.outcomes import TurnOutcomes
from flowhook.storage.protocols import Receipts as StoredReceipts


class Receipts:
    """Reads receipts from the store; what runs now is known in memory."""

    def __init__(self, stored: StoredReceipts, clock: Clock, outcomes: TurnOutcomes) -> None:
        self._stored = stored
        self._clock = clock
        self._outcomes = outcomes

    async def receipt(self, trace_id: str) -> JsonObject | None:
        """Return what became of an inbound, as ``GET /receipts/{traceId}`` shows it; None: unknown."""
        receipt = await self._stored.find(trace_id)
        if receipt is None:
            return None
        status: str = receipt.status
        if status == "queued" and self._outcomes.is_running(trace_id):
            status = "running"
        shown: JsonObject = {
            "traceId": receipt.trace_id,
            "endpoint": receipt.endpoint,
            "userId": receipt.user_id,
            "sessionId": receipt.session_id,
            "status": status,
            "outputs": receipt.outputs,
        }
        if receipt.turn is not None:
            shown["turn"] = receipt.turn
        if receipt.test:
            shown["test"] = True
        if receipt.reason:
            shown["reason"] = receipt.reason
        if receipt.revision is not None:
            shown["revision"] = receipt.revision
        return shown

    async def cancel(self, trace_id: str) -> str:
        """Discard an inbound that has not begun. Returns ``cancelled``, ``begun`` or ``unknown``."""
        if self._outcomes.is_running(trace_id):
            return "begun"
        self._outcomes.skip(trace_id)
        result = await self._stored.cancel(trace_id, self._clock.now())
        if result != "cancelled" or not self._outcomes.is_known(trace_id):
            self._outcomes.unskip(trace_id)
        return result
