"""What runs by itself beside the requests: recovery, turns, deliveries, timers, the sweep."""

from __future__ import annotations

import asyncio
import contextlib
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from flowhook.clock import SystemClock
from flowhook.errors import StorageError
from flowhook.model.log_action import LogAction
from flowhook.runtime.application import Application

log = logging.getLogger("flowhook")

STOP_SECONDS = 8.0  #: for turns and deliveries to end
LEAST_STOP_SECONDS = 2.0  #: for deliveries, however long the turns took
EVENT_STOP_SECONDS = 1.0  #: for event webhooks to be told what happened last, and for it to be stored
SWEEP_EVERY_SECONDS = 300.0
SWEEP_PAUSE_SECONDS = 0.05  #: between two pieces, so that messages get through


@asynccontextmanager
async def running(application: Application) -> AsyncIterator[None]:
    """Start recovery first, then turns, deliveries, timers and the sweep; end them in order."""
    if allowed := application.config.outgoing.allow:
        log.info(
            "outgoing calls may reach %s", ", ".join(allowed), extra={"action": LogAction.OUTGOING_ALLOWED}
        )
    await application.plugins.open(application.project)
    application.projects.adopt(await application.projects.stage(application.project))
    await application.projects.warn()
    await application.plugins.start(application.project)
    application.plugin_events.update()
    application.operator_events.listen()
    peers = application.peers
    await application.store.ownership.start(peers)
    await application.turns.recover()
    await application.dispatcher.start()
    await application.operator_events.start()
    spawn = application.tasks.spawn
    if application.store.ownership.is_shared:
        spawn(peers.run())
        spawn(application.limits.run())
    spawn(application.timers.run(application.turns.arrived))
    spawn(application.handover_dispatcher.run())
    spawn(application.silence.run())
    spawn(application.queue_places.run())
    spawn(_sweep(application))
    spawn(application.metrics.watch_loop(SystemClock()))  # the event loop's lag is real
    try:
        yield
    finally:
        application.state = "stopping"
        began = application.clock.monotonic()
        await application.turns.stop(STOP_SECONDS)
        left = STOP_SECONDS - (application.clock.monotonic() - began)
        await application.dispatcher.stop(max(LEAST_STOP_SECONDS, left))
        await application.store.ownership.stop()
        await application.event_webhooks.stop(EVENT_STOP_SECONDS)
        await application.operator_events.stop(EVENT_STOP_SECONDS)
        await application.plugins.stop()
        await application.tasks.cancel()
        with contextlib.suppress(StorageError):
            await application.keys.note_uses()
        await application.project.close_outputs()


async def _sweep(application: Application) -> None:
    """Delete what is past its retention, a piece at a time; and note which API keys were used."""
    retention, clock = application.store.retention, application.clock
    ages = application.config.retention.model_dump()
    while True:
        try:
            await application.keys.note_uses()
            while any((swept := await retention.sweep(clock.now(), ages)).values()):
                if swept.get("sessions"):
                    application.turns.forget_idle()
                await clock.sleep(SWEEP_PAUSE_SECONDS)
            await application.projects.prune()
            await application.plugins.share_models()
        except asyncio.CancelledError:
            raise
        except Exception:
            log.exception("sweep failed", extra={"action": LogAction.SWEEP_FAILED})
        await clock.sleep(SWEEP_EVERY_SECONDS)
