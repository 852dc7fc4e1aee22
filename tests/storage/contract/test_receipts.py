"""What became of an inbound, and cancelling what has not begun."""

from __future__ import annotations

from typing import Any

import pytest

from flowhook.harness.clocks import FakeClock
from flowhook.storage.protocols import Store
from flowhook.storage.records import Refused, Replayed, RequestKey, Stale


async def test_a_receipt_follows_the_inbound(store: Store, desk: Any) -> None:
    """Queued, then done with the revision after it and its outputs."""
    accepted = await desk.say()
    trace = accepted.inbound.trace_id
    receipt = await store.receipts.find(trace)
    assert receipt is not None
    assert (receipt.status, receipt.user_id, receipt.outputs) == ("queued", "u1", [])
    (delivery,) = (await desk.turn(accepted, "hello")).deliveries
    receipt = await store.receipts.find(trace)
    assert receipt is not None
    assert (receipt.status, receipt.revision) == ("done", 1)
    assert receipt.outputs == [{"deliveryId": delivery.delivery_id, "status": "pending", "attempts": 0}]
    assert await store.receipts.find("0" * 32) is None


async def test_a_receipt_tells_why(store: Store, desk: Any) -> None:
    """Failed and discarded turns have a reason; so has what a plugin dropped."""
    accepted = await desk.say()
    await desk.turn(accepted, status="failed", reason="boom")
    receipt = await store.receipts.find(accepted.inbound.trace_id)
    assert receipt is not None
    assert (receipt.status, receipt.reason) == ("failed", "boom")
    await store.receipts.record_discard("f" * 32, desk.session(), "discarded_by_plugin", 1.0)
    receipt = await store.receipts.find("f" * 32)
    assert receipt is not None
    assert (receipt.status, receipt.reason) == ("discarded", "discarded_by_plugin")


async def test_what_a_plugin_dropped_is_known_by_its_key(store: Store, desk: Any) -> None:
    """A repeat gets the same trace id, whatever the plugin makes of it this time."""
    key = RequestKey("k", "message", b"1", of_request=True)
    assert await store.receipts.record_discard("a" * 32, desk.session(), "why", 1.0, key) is None
    again = await store.receipts.record_discard("b" * 32, desk.session(), "why", 2.0, key)
    assert again == Replayed("a" * 32, "u1", "s1")
    assert await store.receipts.find("b" * 32) is None
    other = RequestKey("k", "message", b"2", of_request=True)
    refused = await store.receipts.record_discard("c" * 32, desk.session(), "why", 3.0, other)
    assert refused == Refused("idempotency_mismatch")
    assert (await store.counts())["queued"] == 0


async def test_what_has_not_begun_can_be_cancelled(store: Store, desk: Any, clock: FakeClock) -> None:
    """Queued or scheduled: then its turn can no longer commit. Begun or done: too late."""
    accepted = await desk.say()
    trace = accepted.inbound.trace_id
    assert await store.receipts.cancel(trace, clock.now()) == "cancelled"
    assert await store.receipts.cancel(trace, clock.now()) == "begun"
    with pytest.raises(Stale):
        await desk.turn(accepted)
    assert (await desk.say()).backlog == 1
    later = await desk.say(not_before=clock.now() + 60)
    assert await store.receipts.cancel(later.inbound.trace_id, clock.now()) == "cancelled"
    receipt = await store.receipts.find(later.inbound.trace_id)
    assert receipt is not None
    assert (receipt.status, receipt.reason) == ("discarded", "cancelled")
    assert await store.receipts.cancel("0" * 32, clock.now()) == "unknown"


async def test_a_turn_with_a_committed_stretch_has_begun(store: Store, desk: Any, clock: FakeClock) -> None:
    """What was said cannot be taken back."""
    accepted = await desk.say()
    await desk.turn(accepted, "wait …", ends=False)
    assert await store.receipts.cancel(accepted.inbound.trace_id, clock.now()) == "begun"
