"""flowhook, broken on purpose: the fault plan must catch each of these, or it proves nothing.

Usage: python mutants.py NAME serve --config config.yaml
"""

from __future__ import annotations

import asyncio
import copy
import sys
import time
from collections.abc import Callable
from typing import Any

from flowhook.cli import main
from flowhook.model.delivery import Delivered
from flowhook.runtime.delivery.dispatcher import Dispatcher
from flowhook.runtime.delivery.output_call import OutputCaller
from flowhook.runtime.turns.fast_path import FastPath
from flowhook.storage.records import Accepted, Attempt, Committed, DeliveryFilter
from flowhook.storage.sqlite.inbox import SqliteInbox
from flowhook.storage.sqlite.store import SqliteStore
from flowhook.storage.sqlite.turns import SqliteTurns

HESITATION = 0.04  #: seconds; makes the window of a mutant wide enough for a kill to fall into


def acknowledge_before_commit() -> None:
    """202 first, the inbox row a moment later."""
    accept = SqliteInbox.accept

    async def hasty(self: SqliteInbox, arrivals: Any) -> Any:
        async def later() -> None:
            await asyncio.sleep(HESITATION)
            for acceptance in await accept(self, arrivals):
                if isinstance(acceptance, Accepted):
                    self.services.turns.arrived(acceptance)  # type: ignore[attr-defined]

        self.pending = asyncio.create_task(later())  # type: ignore[attr-defined]
        inbound = arrivals[0].inbound
        return [Accepted(inbound, None, 0, 0, scheduled=True)]

    SqliteInbox.accept = hasty  # type: ignore[method-assign]
    _remember_services()


def acknowledge_before_the_one_commit() -> None:
    """202 first, message and turn in their one transaction a moment later."""
    accept_and_commit = SqliteTurns.accept_and_commit

    async def hasty(self: SqliteTurns, arrival: Any, segment: Any) -> Any:
        services = self.services  # type: ignore[attr-defined]

        async def later() -> None:
            await asyncio.sleep(HESITATION)
            result = await accept_and_commit(self, arrival, segment)
            if isinstance(result, Committed):
                services.dispatcher.enqueue(result.deliveries, result.ready)
            elif isinstance(result, Accepted):
                services.turns.arrived(result)

        self.pending = asyncio.create_task(later())  # type: ignore[attr-defined]
        return Accepted(arrival.inbound, None, 0, 0, scheduled=True)

    SqliteTurns.accept_and_commit = hasty  # type: ignore[method-assign]
    _remember_services()


def deliver_before_commit() -> None:
    """The webhook hears of a turn that is not on the disk yet."""
    commit = SqliteTurns.commit

    async def hasty(self: SqliteTurns, segment: Any) -> Any:
        store: SqliteStore = self.services.store  # type: ignore[attr-defined]
        row = await store.sessions.get(segment.ref)
        first = await _next_sequence(store, segment)
        if row is not None and first is not None:
            await _send_early(self.services.dispatcher, segment, first, store.database.epoch.number)  # type: ignore[attr-defined]
        await asyncio.sleep(HESITATION)
        return await commit(self, segment)

    SqliteTurns.commit = hasty  # type: ignore[method-assign]
    _remember_services()


def commit_apart() -> None:
    """State and outbox in two transactions."""
    commit = SqliteTurns.commit

    async def torn(self: SqliteTurns, segment: Any) -> Any:
        state = copy.copy(segment)
        state.deliveries, state.outputs = [], []
        if not segment.deliveries:
            return await commit(self, segment)
        state.ends = False
        committed = await commit(self, state)
        await asyncio.sleep(HESITATION)
        segment.base_revision = committed.revision
        kept, segment.state = segment.state, None
        try:
            return await commit(self, segment)
        finally:
            segment.state = kept  # a copy of what is in force, as without the mistake

    SqliteTurns.commit = torn  # type: ignore[method-assign]


def mark_before_send() -> None:
    """Delivered, it says, and sends a moment later."""
    send = OutputCaller.call

    async def hasty(self: OutputCaller, target: Any, delivery: Any) -> Any:
        async def later() -> None:
            await asyncio.sleep(HESITATION)
            await send(self, target, delivery)

        self.pending = asyncio.create_task(later())  # type: ignore[attr-defined]
        return "delivered", Delivered(200)

    OutputCaller.call = hasty  # type: ignore[method-assign]


def settle_before_the_answer() -> None:
    """The quiet resolve is handed in before the receiver has answered."""
    send = OutputCaller.call

    async def hasty(self: OutputCaller, target: Any, delivery: Any) -> Any:
        outbox = self.services.store.outbox  # type: ignore[attr-defined]
        early = Attempt(delivery, "delivered", http_status=200, at=time.time())
        outbox.settle(early, lambda following, error: None)
        await asyncio.sleep(HESITATION)
        return await send(self, target, delivery)

    OutputCaller.call = hasty  # type: ignore[method-assign]
    _remember_services()


def _on_the_usual_path(mistake: Callable[[], None]) -> Callable[[], None]:
    """A mistake that is made where acceptance and turn are two transactions: then all messages go there."""

    def broken() -> None:
        FastPath._may_attempt = lambda *_: False  # type: ignore[method-assign]
        mistake()

    return broken


async def _next_sequence(store: SqliteStore, segment: Any) -> int | None:
    rows = await store.outbox.find(
        DeliveryFilter(endpoint=segment.ref.endpoint, user_id=segment.ref.user_id), limit=1000
    )
    return len(rows) + 1 if len(rows) < 1000 else None


async def _send_early(dispatcher: Dispatcher, segment: Any, first: int, epoch: int) -> None:
    from flowhook.ids import delivery_id

    for sequence, delivery in enumerate(segment.deliveries, first):
        early = copy.copy(delivery)
        early.sequence, early.delivery_id = sequence, delivery_id(delivery.session_key, sequence, epoch)
        lane = dispatcher._lanes.of(delivery.endpoint)
        if lane.target is not None:
            await dispatcher._attempts.outputs.call(lane.target, early)


def _remember_services() -> None:
    """Let the broken store reach the rest of the server."""
    import flowhook.runtime.application as services

    made = services.Application.__init__

    def remembering(self: Any, *args: Any, **kwargs: Any) -> None:
        made(self, *args, **kwargs)
        self.store.inbox.services = self.store.turns.services = self
        self.dispatcher._attempts.outputs.services = self

    services.Application.__init__ = remembering  # type: ignore[method-assign]


MUTANTS = {
    "acknowledge-before-commit": _on_the_usual_path(acknowledge_before_commit),
    "acknowledge-before-the-one-commit": acknowledge_before_the_one_commit,
    "deliver-before-commit": _on_the_usual_path(deliver_before_commit),
    "commit-apart": _on_the_usual_path(commit_apart),
    "mark-before-send": mark_before_send,
    "settle-before-the-answer": settle_before_the_answer,
}

if __name__ == "__main__":
    MUTANTS[sys.argv.pop(1)]()
    main()
