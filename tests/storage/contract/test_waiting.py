"""Since when something waits, by endpoint."""

from __future__ import annotations

from typing import Any

from flowhook.harness.clocks import FakeClock
from flowhook.storage.protocols import Store
from flowhook.storage.records import Waiting


async def test_the_oldest_that_waits_is_known_by_endpoint(store: Store, desk: Any, clock: FakeClock) -> None:
    """Of inputs and of deliveries, also of those behind a head; where nothing waits nothing is told."""
    begin = clock.now()
    web, other = desk.session("u1"), desk.session("u2", endpoint="other")
    committed = await desk.exchange(web, "a", "b")
    await clock.advance(5)
    accepted = await desk.say(other)
    await clock.advance(5)
    await desk.say(other)
    assert await store.waiting() == [
        Waiting("other", 2, begin + 5, None),
        Waiting("web", 0, None, begin),
    ]
    await desk.turn(accepted)
    behind = await desk.deliver(committed.deliveries[0])
    assert await store.waiting() == [Waiting("other", 1, begin + 10, None), Waiting("web", 0, None, begin)]
    await desk.deliver(behind, "dead", error="gone")
    assert await store.waiting() == [Waiting("other", 1, begin + 10, None)]


async def test_what_is_sent_again_waits_from_then_on(store: Store, desk: Any, clock: FakeClock) -> None:
    """Not since it was made, which may be long ago."""
    committed = await desk.exchange(None, "a")
    await desk.deliver(committed.deliveries[0])
    await clock.advance(1000)
    await store.outbox.replay([committed.deliveries[0].delivery_id], clock.now())
    assert await store.waiting() == [Waiting("web", 0, None, clock.now())]
