"""Results of the steps of plugins' nodes."""

from __future__ import annotations

from typing import Any

from flowhook.storage.protocols import Store


async def test_steps_are_kept_until_the_turn_ends(store: Store, desk: Any) -> None:
    """A turn that runs again finds what it did; the next turn does not."""
    accepted = await desk.say()
    seq = accepted.inbound.seq
    await store.steps.keep(desk.session(), seq, "pay", b"1")
    assert await store.steps.get(desk.session(), seq, "pay") == b"1"
    await desk.turn(accepted)
    assert await store.steps.get(desk.session(), seq, "pay") is None
