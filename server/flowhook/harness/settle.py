"""When nothing moves any more: known from the parts themselves, not guessed from time that passes."""

from __future__ import annotations

import asyncio
import time
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flowhook.harness.clocks import MovableClock
    from flowhook.runtime.application import Application

LOOP_ROUNDS = 12  #: of the event loop: more than any of our tasks needs between two things that are counted
STORE_WAITS = 50  #: waits for the store in a row, before something else must be what takes so long
NAP_SECONDS = 0.001
PATIENCE_SECONDS = 30.0


async def until_idle(application: Application) -> None:
    """Return when every part rests or waits for the clock.

    A turn moves until its runner ends or pauses; the dispatcher until it holds nothing; the store until
    all that was asked is done. Raises TimeoutError for what moves for longer than half a minute.
    """
    deadline = time.monotonic() + PATIENCE_SECONDS
    for attempt in range(1_000_000):
        await _let_run()  # what was just woken asks the store for what it needs
        await application.store.settled()
        if await _rests_for_long(application):
            return
        if attempt >= STORE_WAITS:
            await asyncio.sleep(NAP_SECONDS)
        if time.monotonic() > deadline:
            raise TimeoutError(
                f"something moves for more than {PATIENCE_SECONDS:g} s: {_movers(application)}"
            )


async def advance(application: Application, clock: MovableClock, seconds: float) -> None:
    """Let time pass: what falls due on the way happens at its own time, and its consequences too."""
    await until_idle(application)
    target = clock.now() + seconds
    while (due := await _next_due(application, clock)) is not None and due <= target:
        await _go_to(application, clock, due)
    await _go_to(application, clock, target)


async def _go_to(application: Application, clock: MovableClock, at: float) -> None:
    clock.jump(at)
    application.timers.wake()  # it may have been about to sleep when time moved
    application.dispatcher.wake()
    application.handover_dispatcher.wake()
    application.silence.wake()
    await until_idle(application)


async def _next_due(application: Application, clock: MovableClock) -> float | None:
    """When something happens next. What is due by now is in nobody's hands any more."""
    paused = list(application.dispatcher.paused)
    times = [await application.store.timers.next_due_at(), await application.store.outbox.next_due_at(paused)]
    times += [await application.store.handovers.next_due_at(), await application.silence.next_due_at()]
    if application.turns.pauses:
        times.append(clock.next_at)
    return min((at for at in times if at is not None and at > clock.now()), default=None)


async def _let_run() -> None:
    for _ in range(LOOP_ROUNDS):
        await asyncio.sleep(0)


async def _rests_for_long(application: Application) -> bool:
    """Whether nothing moves while every task that can run does so."""
    for _ in range(LOOP_ROUNDS):
        await asyncio.sleep(0)
        if not _rests(application):
            return False
    return True


def _rests(application: Application) -> bool:
    return (
        application.turns.resting
        and application.dispatcher.resting
        and application.event_webhooks.resting
        and application.timers.resting
        and application.handover_dispatcher.resting
        and application.silence.resting
        and application.queue_places.resting
        and not application.project.hooks.caller.threads.awaited
    )


def _movers(application: Application) -> str:
    parts: dict[str, Any] = {
        "turns": application.turns,
        "deliveries": application.dispatcher,
        "event webhooks": application.event_webhooks,
        "timers": application.timers,
        "handovers": application.handover_dispatcher,
        "silence": application.silence,
        "places of queues": application.queue_places,
    }
    return ", ".join(name for name, part in parts.items() if not part.resting) or "a plugin"
