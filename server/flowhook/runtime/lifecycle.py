"""What runs by itself beside the requests: recovery, turns, deliveries, timers, the sweep."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from typing import TYPE_CHECKING, Any

from flowhook.clock import SystemClock
from flowhook.model.delivery import Delivery
from flowhook.model.event import Event, EventType
from flowhook.model.log_action import LogAction
from flowhook.runtime.plugin_app import PluginApp

if TYPE_CHECKING:
    from flowhook.runtime.application import Application
    from flowhook.runtime.project.project import Project

log = logging.getLogger("flowhook")

STOP_SECONDS = 8.0  #: for turns and deliveries to end
LEAST_STOP_SECONDS = 2.0  #: for deliveries, however long the turns took
SWEEP_EVERY_SECONDS = 300.0
SWEEP_PAUSE_SECONDS = 0.05  #: between two pieces, so that messages get through


@asynccontextmanager
async def running(services: Application) -> AsyncIterator[None]:
    """What runs by itself: recovery first, then turns, deliveries, timers and the sweep."""
    app = PluginApp(services)
    if allowed := services.config.outgoing.allow:
        log.info(
            "outgoing calls may reach %s", ", ".join(allowed), extra={"action": LogAction.OUTGOING_ALLOWED}
        )
    await services.project.open(services.endpoints)
    await services.project.hooks.startup(app)
    tell_plugins(services)
    await services.turns.recover()
    await services.dispatcher.start()
    services.spawn(services.timers.run())
    services.spawn(_sweep(services))
    services.spawn(services.metrics.watch_loop(SystemClock()))  # the event loop's lag is real
    try:
        yield
    finally:
        services.state = "stopping"
        began = services.clock.monotonic()
        await services.turns.stop(STOP_SECONDS)
        left = STOP_SECONDS - (services.clock.monotonic() - began)
        await services.dispatcher.stop(max(LEAST_STOP_SECONDS, left))
        await services.project.hooks.shutdown(app)
        await services.cut()
        await close_outputs(services.project)


async def close_outputs(project: Project) -> None:
    """The failure of one keeps none of the others from closing."""
    for name, output in project.outputs.items():
        try:
            await output.close()
        except Exception:
            log.exception("output %s cannot be closed", name, extra={"action": LogAction.OUTPUT_NOT_CLOSED})


def tell_plugins(services: Application) -> None:
    """Let the plugins in force hear events from now on, if any of them listens."""
    wanted = services.project.hooks.has("on_event")
    if wanted and services.telling is None:

        async def hears(event: Event) -> None:
            await services.project.hooks.event(event)

        services.telling = services.spawn(services.events.dispatch(hears))
    elif not wanted and services.telling is not None:
        services.telling.cancel()
        services.telling = None


def delivery_listener(services: Application) -> Callable[[EventType, Delivery, dict[str, Any]], None]:
    def tell(name: EventType, delivery: Delivery, data: dict[str, Any]) -> None:
        if services.events.heard:
            services.events.emit(
                Event(
                    name,
                    services.clock.now(),
                    delivery.endpoint,
                    delivery.user_id,
                    delivery.session_id,
                    delivery.trace_id,
                    {"deliveryId": delivery.delivery_id, **data},
                )
            )

    return tell


async def _sweep(services: Application) -> None:
    """Delete what is past its retention, a piece at a time."""
    while True:
        try:
            retention = services.config.retention.model_dump()
            while any((await services.store.retention.sweep(services.clock.now(), retention)).values()):
                await services.clock.sleep(SWEEP_PAUSE_SECONDS)
        except asyncio.CancelledError:
            raise
        except Exception:
            log.exception("sweep failed", extra={"action": LogAction.SWEEP_FAILED})
        await services.clock.sleep(SWEEP_EVERY_SECONDS)
