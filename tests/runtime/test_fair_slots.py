"""Slots are taken in turns, whoever asks most."""

from __future__ import annotations

import asyncio

from tests.machine import PATIENCE

from flowhook.runtime.turns.fair_slots import FairSlots


async def test_owners_take_turns() -> None:
    """One that asks once waits behind one other, not behind all that were there before."""
    slots, order = FairSlots(1), []

    async def work(owner: str) -> None:
        async with slots.slot(owner):
            order.append(owner)
            await asyncio.sleep(0)

    async with asyncio.TaskGroup() as group:
        for owner in ("greedy",) * 5 + ("modest",):
            group.create_task(work(owner))
    assert order.index("modest") <= 2
    assert len(order) == 6


async def test_who_gives_up_gives_the_slot_on() -> None:
    """A cancelled waiter takes no slot with it."""
    slots = FairSlots(1)
    async with slots.slot("a"):
        waiting = asyncio.create_task(slots.slot("b").__aenter__())
        await asyncio.sleep(0)
        waiting.cancel()
    async with asyncio.timeout(PATIENCE), slots.slot("c"):
        pass
