"""The composition root: opens every part in order, serves, and closes them in reverse."""

from __future__ import annotations

import asyncio
import contextlib
import gc
import logging
import os
import signal
import socket
import threading
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flowhook import logging_config, switch_interval
from flowhook.clock import Clock
from flowhook.config import Config
from flowhook.config.source import ConfigSource
from flowhook.hooks.facade import Resources
from flowhook.model.log_action import LogAction
from flowhook.net.address_policy import AddressRules
from flowhook.net.client import Outgoing
from flowhook.runtime.application import Application
from flowhook.runtime.background import BackgroundTasks
from flowhook.runtime.config_admin import ConfigAdmin
from flowhook.runtime.delivery.delivery_admin import DeliveryAdmin
from flowhook.runtime.delivery.dispatcher import Dispatcher
from flowhook.runtime.delivery.events import delivery_listener
from flowhook.runtime.delivery.operator_endpoint import operator_endpoint
from flowhook.runtime.delivery.operator_events import OperatorEvents
from flowhook.runtime.delivery.replays import Replays
from flowhook.runtime.delivery.targets import delivery_targets
from flowhook.runtime.handover.copilot import Copilot
from flowhook.runtime.handover.desk import HandoverDesk
from flowhook.runtime.handover.dispatcher import HandoverDispatcher
from flowhook.runtime.handover.events import HandoverIntake, HandoverNotices
from flowhook.runtime.handover.presence import Presence
from flowhook.runtime.handover.providers import Providers
from flowhook.runtime.handover.queue_places import QueuePlaces
from flowhook.runtime.handover.silence import SilenceWatch
from flowhook.runtime.intake.intake import Intake
from flowhook.runtime.intake.rate_limits import UserLimits
from flowhook.runtime.intake.receipts import Receipts
from flowhook.runtime.intake.scheduled import ScheduledInbounds
from flowhook.runtime.intake.shared_limits import SharedLimits
from flowhook.runtime.intake.task_results import TaskResults
from flowhook.runtime.lifecycle import running
from flowhook.runtime.observe.crash_guard import CrashGuard
from flowhook.runtime.observe.event_bus import EventBus
from flowhook.runtime.observe.metrics import Metrics
from flowhook.runtime.observe.shared_events import SharedEvents
from flowhook.runtime.observe.watchdog import Watchdog
from flowhook.runtime.package_admin import PackageAdmin
from flowhook.runtime.peers import Peers
from flowhook.runtime.plugin_events import PluginEvents
from flowhook.runtime.plugin_lifecycle import PluginLifecycle
from flowhook.runtime.profile_admin import ProfileAdmin
from flowhook.runtime.project.api_keys import ApiKeys
from flowhook.runtime.project.current import CurrentProject
from flowhook.runtime.project.endpoints import Endpoints
from flowhook.runtime.project.loading import load_in_thread
from flowhook.runtime.project.project import Project
from flowhook.runtime.project.shared_models import SharedModels
from flowhook.runtime.project.versions import VersionedProjects
from flowhook.runtime.reload import Reloader
from flowhook.runtime.session_admin import SessionAdmin
from flowhook.runtime.snapshot_admin import SnapshotAdmin
from flowhook.runtime.turns.backlog import Backlog, backlog_listener
from flowhook.runtime.turns.callback_urls import CallbackUrls
from flowhook.runtime.turns.commit import Committer
from flowhook.runtime.turns.effects import Effects
from flowhook.runtime.turns.event_webhooks import EventWebhooks
from flowhook.runtime.turns.fast_path import FastPath
from flowhook.runtime.turns.http_calls import HttpCalls
from flowhook.runtime.turns.idle_sessions import IdleSessions
from flowhook.runtime.turns.outcomes import TurnOutcomes
from flowhook.runtime.turns.outputs import OutputSerializer
from flowhook.runtime.turns.overrides import Overrides
from flowhook.runtime.turns.pauses import Pauses
from flowhook.runtime.turns.profile_cache import ProfileCache
from flowhook.runtime.turns.request_answers import RequestAnswers
from flowhook.runtime.turns.scheduler import TurnScheduler
from flowhook.runtime.turns.scripts import Scripts
from flowhook.runtime.turns.session_worker import WorkerContext
from flowhook.runtime.turns.timers import Timers
from flowhook.runtime.turns.translation import Translations
from flowhook.runtime.turns.turn import TurnRunner
from flowhook.runtime.user_data import UserData
from flowhook.runtime.verification import Verifier
from flowhook.storage import database_file, open_store, system_clock
from flowhook.storage.protocols import Store
from flowhook.web.admin.auth import load_admin_key
from flowhook.web.asgi_app import create_app
from flowhook.web.server.connections import raise_descriptor_limit
from flowhook.web.server.http_server import HttpServer, bind

if TYPE_CHECKING:
    from flowhook.web.admin.routes import Extension

log = logging.getLogger("flowhook")

MODELS_FOLDER = Path(".flowhook") / "intents"  #: beside the database: learned intents, a cache
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
    overrides: Overrides | None = None,
    source: ConfigSource | None = None,
) -> AsyncIterator[Application]:
    """Open everything but the listening socket.

    With ``serving=False`` nothing runs by itself: no turns, deliveries, timers or plugins' ``startup``;
    that is for administration while no server runs. ``outgoing`` is another HTTP client, for tests;
    ``watchdog`` watches the loop while things run. ``project`` was loaded before and serves again;
    ``overrides`` decide some things in the server's place. ``source``: where the configuration is read again
    at a reload; without it a reload is one of flows and plugins.
    """
    clock = clock or system_clock(config.storage)
    async with AsyncExitStack() as stack:
        metrics = Metrics()
        store = open_store(config.storage, clock, root=config.root, on_commit=metrics.batch)
        await store.open()
        stack.push_async_callback(store.close)
        rules = AddressRules(config.outgoing.allow, config.allow_private_addresses)
        outgoing = await stack.enter_async_context(outgoing or Outgoing(rules))
        resources = Resources(outgoing, store.plugin_data, clock)
        current = CurrentProject(
            project.again(resources) if project is not None else await load_in_thread(config, resources)
        )
        stack.callback(lambda: current.project.hooks.close())
        endpoints = await Endpoints.load(config.endpoints, store.settings)
        keys = ApiKeys(store.api_keys, clock)
        await keys.load()
        scripts = Scripts()
        stack.push_async_callback(scripts.close)
        admin_key = load_admin_key(config.admin_key, config.root)
        application = _compose(
            config,
            clock,
            store,
            metrics,
            outgoing,
            resources,
            current,
            endpoints,
            keys,
            scripts,
            admin_key,
            overrides or Overrides(),
            source,
            serving,
        )
        if watchdog is not None:
            stack.enter_context(watchdog.watching(application.crash_guard.note_computing))
        if serving:
            await stack.enter_async_context(running(application))
        else:
            await application.dispatcher.load_pauses()
        application.state = "ready"
        try:
            yield application
        finally:
            application.state = "stopping"


def _compose(
    config: Config,
    clock: Clock,
    store: Store,
    metrics: Metrics,
    outgoing: Outgoing,
    resources: Resources,
    current: CurrentProject,
    endpoints: Endpoints,
    keys: ApiKeys,
    scripts: Scripts,
    admin_key: str,
    overrides: Overrides,
    source: ConfigSource | None,
    serving: bool,
) -> Application:
    """Make the parts and hand them to each other. Nothing runs yet."""
    tasks, events = BackgroundTasks(), EventBus()
    backlog = Backlog(backlog_listener(events, clock))
    timers = Timers(store.timers, clock, backlog)
    public_url = config.server.public_url
    dispatcher = Dispatcher(
        store.outbox,
        store.settings,
        clock,
        delivery_targets(
            endpoints, current.project.hooks, overrides.outputs, tasks, operator_endpoint(config)
        ),
        outgoing,
        metrics=metrics,
        on_event=delivery_listener(events, clock),
        owns=store.ownership.owns if store.ownership.is_shared else None,
        processes=lambda: store.ownership.processes,
        on_breaker=lambda endpoint, origin, until: store.ownership.tell(
            {"breaker": [endpoint, origin, until]}
        ),
    )
    operator_events = OperatorEvents(
        config, store.inbox, store.turns, clock, events, endpoints.by_name, dispatcher, tasks
    )
    profiles, callback_urls = (
        ProfileCache(store.profiles, store.ownership),
        CallbackUrls(store.settings, public_url),
    )
    outcomes, pauses = TurnOutcomes(store.receipts, is_shared=store.ownership.is_shared), Pauses(clock)
    http_calls = HttpCalls(
        outgoing, lambda: config.connections, clock, pauses, retry_delay=overrides.retry_delay
    )
    event_webhooks = EventWebhooks(http_calls, clock, metrics, tasks)
    verifier = Verifier(outgoing, http_calls, clock)
    answers = RequestAnswers()
    presence, notices = Presence(clock), HandoverNotices(events, clock)
    providers = Providers(
        config,
        clock,
        current,
        endpoints,
        presence,
        store.handovers,
        store.transcripts,
        store.profiles,
        outgoing.load_http,
        overrides.handovers,
    )
    translations = Translations(store.steps, clock, events, retry_delay=overrides.retry_delay)
    committer = Committer(
        store.turns,
        store.outbox,
        clock,
        OutputSerializer(clock, config.server.max_body),
        callback_urls,
        profiles,
        timers,
        dispatcher,
        event_webhooks,
        translations,
        answers,
        tasks,
        notices,
        max_body=config.server.max_body,
    )
    effects = Effects(config, clock, store.steps, http_calls, callback_urls, scripts, pauses, providers)
    performer = overrides.effects(effects) if overrides.effects is not None else effects
    database = database_file(config.storage, config.root)
    crash_guard = CrashGuard(database and database.with_name(database.name + ".inflight"), store.cluster)
    runner = TurnRunner(
        config,
        clock,
        store.transcripts,
        profiles,
        performer,
        committer,
        metrics,
        events,
        crash_guard,
        translations,
        overrides,
    )
    home = database.parent if database is not None else config.root if store.ownership.is_shared else None
    models = home and home / MODELS_FOLDER
    projects = VersionedProjects(config, store.versions, store.settings, endpoints, current, models)
    idle = IdleSessions()
    turns = TurnScheduler(
        WorkerContext(
            store.inbox,
            clock,
            endpoints,
            projects,
            runner,
            outcomes,
            backlog,
            pauses,
            crash_guard,
            idle,
            store.ownership,
        )
    )
    handover_intake = HandoverIntake(store.handovers, clock, providers, turns, endpoints, events)
    copilot = Copilot(
        store.inbox, store.sessions, store.handovers, clock, endpoints, providers, turns, events
    )
    notices.on_said.append(copilot.said)
    handover_dispatcher = HandoverDispatcher(store.handovers, clock, providers, handover_intake, copilot)
    silence = SilenceWatch(store.handovers, clock, config, handover_intake)
    queue_places = QueuePlaces(store.handovers, clock, providers, handover_intake)
    notices.on_change += [handover_dispatcher.wake, silence.wake, queue_places.wake]
    fast_path = FastPath(
        store,
        clock,
        projects,
        runner,
        turns,
        idle,
        crash_guard,
        dispatcher,
        tasks,
        enabled=overrides.fast_path,
    )
    limits = SharedLimits(store.cluster, store.ownership)
    intake = Intake(
        store.inbox, store.receipts, ScheduledInbounds(store.timers, clock), clock, current, projects, turns,
        fast_path, outcomes, backlog, timers, metrics, events, event_webhooks, answers,
        limits=UserLimits(clock, limits.share),
        max_body=config.server.max_body,
        key_lifetime=lambda: config.retention.idempotency,
    )  # fmt: skip
    receipts = Receipts(store.receipts, clock, outcomes)
    users = UserData(store, profiles)
    plugins = PluginLifecycle(endpoints, intake, receipts, public_url, SharedModels(store.cluster, models))
    plugin_events = PluginEvents(events, current, tasks)
    reloader = Reloader(
        config,
        resources,
        outgoing,
        store.sessions,
        clock,
        endpoints,
        current,
        projects,
        dispatcher,
        turns,
        events,
        plugin_events,
        tasks,
        plugins,
        overrides.outputs,
        source,
        serving,
    )
    if serving:
        reloader.on_config.append(operator_events.update)
    shared_events = None
    if store.cluster is not None and serving:
        ownership = store.ownership
        shared_events = SharedEvents(store.cluster, events.history, ownership.tell, ownership.beat_soon)
    peers = Peers(store, current, turns, dispatcher, timers, keys, endpoints, reloader, shared_events)
    return Application(
        config=config,
        clock=clock,
        store=store,
        metrics=metrics,
        events=events,
        endpoints=endpoints,
        keys=keys,
        current=current,
        projects=projects,
        admin_key=admin_key,
        dispatcher=dispatcher,
        event_webhooks=event_webhooks,
        operator_events=operator_events,
        verifier=verifier,
        deliveries=DeliveryAdmin(
            store.outbox, dispatcher, clock, Replays(store.outbox, clock, dispatcher.wake, tasks)
        ),
        timers=timers,
        turns=turns,
        intake=intake,
        receipts=receipts,
        task_results=TaskResults(store.callbacks, clock, endpoints, intake),
        callback_urls=callback_urls,
        profiles=profiles,
        users=users,
        profile_admin=ProfileAdmin(config, store.profiles, profiles, endpoints),
        sessions=SessionAdmin(store, endpoints, projects, users, turns, events, clock),
        packages=PackageAdmin(config, current, reloader.reload),
        snapshots=SnapshotAdmin(store.versions, projects, endpoints, current, turns, events, clock),
        plugins=plugins,
        plugin_events=plugin_events,
        reloader=reloader,
        configuration=ConfigAdmin(source, reloader, endpoints),
        crash_guard=crash_guard,
        handover_intake=handover_intake,
        handover_dispatcher=handover_dispatcher,
        silence=silence,
        queue_places=queue_places,
        copilot=copilot,
        desk=HandoverDesk(
            store.handovers,
            store.profiles,
            clock,
            config,
            current,
            endpoints,
            handover_intake,
            providers,
            presence,
        ),
        tasks=tasks,
        limits=limits,
        peers=peers,
    )


async def serve(
    config: Config,
    *,
    on_ready: Callable[[Application], Any] | None = None,
    on_listening: Callable[[], None] = lambda: None,
    listener: socket.socket | None = None,
    stop: asyncio.Event | None = None,
    source: ConfigSource | None = None,
    extensions: Sequence[Extension] = (),
) -> None:
    """Run the server until SIGINT or SIGTERM (or until ``stop`` is set). ``source``: as for
    :func:`open_application`; ``extensions``: as for :func:`~flowhook.web.asgi_app.create_app`. ``listener``:
    a socket to take connections from, in the place of the configured address; ``on_listening`` is called when
    the first one may come."""
    _configure_logging(config)
    asked = stop or asyncio.Event()
    stop = asked if listener is None else asyncio.Event()  # others listen on, so this one ends a moment later
    raise_descriptor_limit()
    _stop_on_signals(asked)
    last_resort = threading.Timer(LAST_RESORT_SECONDS, _end_process)
    last_resort.daemon = True
    task = asyncio.current_task()
    assert task is not None
    opening = asyncio.create_task(_cancel_when_asked(task, asked, last_resort))
    asyncio.get_running_loop().set_default_executor(switch_interval.Executor(thread_name_prefix="asyncio"))
    try:
        async with open_application(config, watchdog=Watchdog.of(os.environ), source=source) as application:
            opening.cancel()
            application.reloader.on_config.append(_configure_logging)
            stopping = asyncio.create_task(_stop_when_asked(application, stop, last_resort))
            if on_ready is not None:
                on_ready(application)
            server = HttpServer(create_app(application, extensions), fast_lane=config.server.fast_lane)
            _tune_garbage_collector()
            switch_interval.lengthen()
            async with server.listening(listener or bind(config.server.host, config.server.port)):
                on_listening()
                await asked.wait()
                if listener is not None:
                    await server.hand_over()
                stop.set()
                await asyncio.sleep(0)  # for all to be told
            stopping.cancel()
    except asyncio.CancelledError:
        if not asked.is_set():
            raise
        task.uncancel()  # it was asked to stop while it started
    finally:
        opening.cancel()
        last_resort.cancel()
        switch_interval.restore()


def _configure_logging(config: Config) -> None:
    logging_config.configure_logging(config.log.level, config.log.format)


def _tune_garbage_collector() -> None:
    """Exempt what was loaded: the garbage collector need not look at it again and again. Hardly anything
    of a message is in a circle, so it may also look less often. During the start it is off, since nearly
    all that is made then stays."""
    gc.freeze()
    gc.set_threshold(*GARBAGE_THRESHOLDS)
    gc.enable()


def _end_process() -> None:
    """End what does not end, such as a thread of a plugin; and say so."""
    threads = [thread.name for thread in threading.enumerate() if not thread.daemon]
    log.critical(
        "not stopped within %g s: the process ends now, with status 70; threads: %s",
        LAST_RESORT_SECONDS,
        ", ".join(threads),
        extra={"action": LogAction.STOP_FORCED},
    )
    os._exit(70)


async def _cancel_when_asked(
    opening: asyncio.Task[Any], stop: asyncio.Event, last_resort: threading.Timer
) -> None:
    """Cut a start that lasts: a plugin that hangs keeps nobody from stopping the server."""
    await stop.wait()
    last_resort.start()
    opening.cancel()


async def _stop_when_asked(
    application: Application, stop: asyncio.Event, last_resort: threading.Timer
) -> None:
    """Tell everybody at once that the server stops, and see to it that it does."""
    await stop.wait()
    application.state = "stopping"
    application.turns.begin_to_stop()
    if not last_resort.is_alive():
        last_resort.start()


def _stop_on_signals(stop: asyncio.Event) -> None:
    """Set ``stop`` on SIGINT and SIGTERM, where signals can be heard: on POSIX, in the main thread.
    Elsewhere ``stop`` is for the caller."""
    loop = asyncio.get_running_loop()
    for name in (signal.SIGINT, signal.SIGTERM):
        with contextlib.suppress(NotImplementedError, RuntimeError, ValueError):
            loop.add_signal_handler(name, stop.set)
