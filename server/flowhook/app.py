"""Puts the rooms together: opens every part in order, serves, and closes them in reverse."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import os
import signal
import threading
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

from hypercorn.asyncio import serve as hypercorn_serve

from flowhook import logging_config
from flowhook.clock import Clock, SystemClock
from flowhook.config import Config
from flowhook.hooks.facade import Resources
from flowhook.net.address_policy import AddressRules
from flowhook.net.client import Outgoing
from flowhook.runtime.application import Application
from flowhook.runtime.delivery.dispatcher import Dispatcher
from flowhook.runtime.intake.intake import Intake
from flowhook.runtime.lifecycle import delivery_listener, running
from flowhook.runtime.observe.metrics import Metrics
from flowhook.runtime.observe.watchdog import Watchdog
from flowhook.runtime.project.api_keys import Keys
from flowhook.runtime.project.endpoints import Endpoints
from flowhook.runtime.project.project import Project, load_project
from flowhook.runtime.reload import Reloader
from flowhook.runtime.session_admin import SessionAdmin
from flowhook.runtime.turns.callback_urls import Callbacks
from flowhook.runtime.turns.effects import Effects
from flowhook.runtime.turns.scheduler import TurnScheduler
from flowhook.runtime.turns.scripts import Scripts
from flowhook.runtime.turns.timers import Timers
from flowhook.storage import open_store
from flowhook.web.admin.auth import load_admin_key
from flowhook.web.hypercorn import hypercorn_config
from flowhook.web.quart_app import create_app

GARBAGE_THRESHOLDS = (10_000, 20, 20)
LAST_RESORT_SECONDS = 28.0  #: after a stop was asked for, whatever hangs is cut


@asynccontextmanager
async def open_application(
    config: Config,
    *,
    clock: Clock | None = None,
    serving: bool = True,
    outgoing: Outgoing | None = None,
    watchdog: Watchdog | None = None,
    project: Project | None = None,
    arrange: Callable[[Application], None] | None = None,
) -> AsyncIterator[Application]:
    """Everything but the listening socket. With ``serving=False`` nothing runs by itself: no turns,
    deliveries, timers or plugins' ``startup``; that is for administration while no server runs.
    ``outgoing`` is another way out, for tests; ``watchdog`` watches the loop while things run. ``project``
    was loaded before and serves again; ``arrange`` has the last word before anything runs."""
    clock = clock or SystemClock()
    async with AsyncExitStack() as stack:
        metrics = Metrics()
        store = open_store(config.storage, clock, root=config.root, on_commit=metrics.batch)
        await store.open()
        stack.push_async_callback(store.close)
        rules = AddressRules(config.outgoing.allow, config.allow_private_addresses)
        outgoing = await stack.enter_async_context(outgoing or Outgoing(rules))
        resources = Resources(outgoing.http, outgoing.sync_http, store.plugin_data, clock)
        project = project.again(resources) if project is not None else load_project(config, resources)
        stack.callback(lambda: services.project.hooks.close())
        services = Application(
            config=config,
            clock=clock,
            store=store,
            metrics=metrics,
            outgoing=outgoing,
            endpoints=await Endpoints.load(config.endpoints, store),
            project=project,
            resources=resources,
            admin_key=load_admin_key(config.admin_key, config.root),
        )
        services.turns = TurnScheduler(services)
        services.intake = Intake(services)
        services.effects = Effects(services)
        services.scripts = Scripts()
        stack.push_async_callback(services.scripts.close)
        services.timers = Timers(services)
        services.callbacks = Callbacks(store, config)
        services.sessions = SessionAdmin(services)
        services.reloader = Reloader(services)
        services.keys = Keys(store, clock)
        await services.keys.load()
        services.dispatcher = Dispatcher(
            store,
            clock,
            project.routes(list(services.endpoints)),
            outgoing,
            meter=services.metrics,
            on_event=delivery_listener(services),
        )
        if watchdog is not None:
            stack.enter_context(watchdog.watching())
        if arrange is not None:
            arrange(services)
        if serving:
            await stack.enter_async_context(running(services))
        services.state = "ready"
        try:
            yield services
        finally:
            services.state = "stopping"


async def serve(
    config: Config,
    *,
    on_ready: Callable[[Application], Any] | None = None,
    stop: asyncio.Event | None = None,
) -> None:
    """Run the server until SIGINT or SIGTERM (or until ``stop`` is set)."""
    logging_config.set_up(config.log.level, config.log.format)
    stop = stop or asyncio.Event()
    _stop_on_signals(stop)
    last_resort = threading.Timer(LAST_RESORT_SECONDS, os._exit, (70,))
    last_resort.daemon = True
    try:
        async with open_application(config, watchdog=Watchdog.of(os.environ)) as services:
            stopping = asyncio.create_task(_stopping(services, stop, last_resort))
            if on_ready is not None:
                on_ready(services)
            app: Any = create_app(services)
            _spare_the_collector()
            await hypercorn_serve(app, hypercorn_config(config.server), shutdown_trigger=stop.wait)
            stopping.cancel()
    finally:
        last_resort.cancel()


def _spare_the_collector() -> None:
    """What was loaded stays: the garbage collector need not look at it again and again. Hardly anything
    of a message is in a circle, so it may also look less often."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(*GARBAGE_THRESHOLDS)


async def _stopping(services: Application, stop: asyncio.Event, last_resort: threading.Timer) -> None:
    """Tell everybody at once that the server stops, and see to it that it does."""
    await stop.wait()
    services.state = "stopping"
    services.turns.begin_to_stop()
    last_resort.start()


def _stop_on_signals(stop: asyncio.Event) -> None:
    """Where signals can be heard: on POSIX, in the main thread. Elsewhere ``stop`` is for the caller."""
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
            loop.add_signal_handler(name, stop.set)
