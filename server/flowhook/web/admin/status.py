"""How the server does: metrics, status, what is loaded, and the live stream of events."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

from pydantic_core import to_json
from quart import Response

from flowhook.config.changes import without_secrets
from flowhook.errors import ApiError
from flowhook.model.event import Event
from flowhook.model.roles import ROLES, Role, permits
from flowhook.runtime.observe.exposition import CONTENT_TYPE
from flowhook.version import __version__
from flowhook.web.admin.auth import AdminGuard
from flowhook.web.admin.changes import Change
from flowhook.web.admin.routes import AdminRequest, AdminRoutes
from flowhook.web.admin.timestamps import with_times
from flowhook.web.core.http import NO_STORE, HttpResponse
from flowhook.web.core.operation import Parameter

if TYPE_CHECKING:
    from flowhook.runtime.application import Application

PING_SECONDS = 15.0
WAIT_SECONDS = 1.0  #: between two looks at whether the server stops


def metrics_routes(application: Application, guard: AdminGuard) -> AdminRoutes:
    """The route of ``/metrics``."""
    routes = AdminRoutes("metrics", "operation", application, guard)
    routes.add(
        "GET /metrics", metrics, "Metrics in the text format of Prometheus.", response="Text",
        role="anyone" if application.config.server.public_metrics else "reader",
    )  # fmt: skip
    return routes


def operation_routes(application: Application, guard: AdminGuard) -> AdminRoutes:
    """The routes of ``/api/status``, ``plugins``, ``reload`` and ``events``."""
    routes = AdminRoutes("operation", "operation", application, guard)
    routes.add(
        "GET /api/status", status, "Version, state, and how much is stored.", role=ROLES, response="Status"
    )
    routes.add(
        "GET /api/processes", list_processes, "The processes that serve, and what each has to do.",
        role=("reader", "operator"), response="Object",
        description="With SQLite the list is empty: there is one, which answers.",
    )  # fmt: skip
    routes.add(
        "GET /api/plugins", list_plugins, "Plugins and how long they take.", role=("reader", "author"),
        response="Object",
    )  # fmt: skip
    routes.add(
        "POST /api/reload", reload, "Read configuration, flows and plugins again, all or nothing.",
        role="operator", change=Change("project.reload", _project_state), response="Object",
        errors={422: "reload_failed"},
    )  # fmt: skip
    routes.add(
        "GET /api/events", stream_events, "What happens, live, as server-sent events.",
        role=("reader", "agent"),
        description="An agent hears of handovers alone. "
        "With the header Last-Event-ID what has happened since comes first; the event `lost` "
        "says that some of it is not kept any more.",
        query=(Parameter("endpoint", "Of this endpoint only."),), response="EventStream",
    )  # fmt: skip
    return routes


async def metrics(application: Application, request: AdminRequest) -> Any:
    text = application.metrics.render(
        await application.store.counts(),
        application.project.hooks.plugins,
        application.project.hooks.failures,
        ready=application.state == "ready",
    )
    return HttpResponse(200, [(b"content-type", CONTENT_TYPE.encode()), NO_STORE], text)


async def status(application: Application, request: AdminRequest) -> Any:
    return {
        "version": __version__,
        "state": application.state,
        "project": str(application.config.root.resolve()),
        "flowRevision": application.project.library.revision,
        "stored": await application.store.counts(),
    }


async def list_processes(application: Application, request: AdminRequest) -> Any:
    return {"processes": [with_times(process) for process in await application.peers.members()]}


async def list_plugins(application: Application, request: AdminRequest) -> Any:
    hooks = application.project.hooks
    plugins = [
        {
            "name": plugin.name,
            "source": str(plugin.source),
            "idle": plugin.idle or None,
            "loadSeconds": plugin.load_seconds,
            "hooks": {
                hook: {
                    "calls": timing.count,
                    "seconds": timing.total,
                    "failures": hooks.failures_of(plugin.name, hook),
                }
                for hook, timing in plugin.timings.items()
            },
        }
        for plugin in hooks.plugins
    ]
    return {"plugins": plugins}


async def reload(application: Application, request: AdminRequest) -> Any:
    reloaded = await application.reload()
    problems = [
        (
            problem.severity,
            {"field": f"{problem.file}:{problem.line}:{problem.column}", "message": problem.text},
        )
        for problem in reloaded.problems
    ]
    errors = [shown for severity, shown in problems if severity == "error"]
    if errors:
        raise ApiError(422, "reload_failed", "Nothing was changed.", errors=errors)
    return {
        "revision": application.project.library.revision,
        "warnings": [shown for _, shown in problems],
        "changes": reloaded.changes.to_json(),
        "stranded": reloaded.stranded,
        "config": reloaded.config.to_json(),
        "processes": await application.peers.followed(),
    }


async def _project_state(application: Application, request: AdminRequest) -> Any:
    library = application.project.library
    return {
        "revision": library.revision,
        "flows": {flow.name: flow.revision for flow in library.flows.values()},
        "endpoints": {endpoint.name: without_secrets(endpoint.config) for endpoint in application.endpoints},
    }


async def stream_events(application: Application, request: AdminRequest) -> Any:
    last_id = request.header("last-event-id")
    response = Response(
        _event_stream(application, request.query["endpoint"], last_id, only=_only(request.caller.role)),
        content_type="text/event-stream",
    )
    response.timeout = None
    return response


def _only(role: Role) -> tuple[str, ...]:
    """Return how the types of events begin that a role hears of: an agent of the desk's alone."""
    return ("",) if permits(role, ("reader",)) else ("handover.", "copilot.")


async def _event_stream(
    application: Application, endpoint: str | None, last_id: str | None, *, only: tuple[str, ...] = ("",)
) -> AsyncIterator[bytes]:
    """Events as they come, those since ``last_id`` first; ``lost`` where some are not kept any more. A
    comment now and then keeps proxies from cutting the line."""
    history = application.events.history
    quiet = 0.0
    with history.watching():
        await history.opened()
        position = history.position(last_id)
        yield b": flowhook\n\n"
        while application.state != "stopping":
            lost, events = history.since(position)
            if lost:
                yield _lost(None if events else history.id_before(history.next))
            text = b"".join(
                _event_text(id, event)
                for id, event in events
                if endpoint in (None, event.endpoint) and event.type.startswith(only)
            )
            position = history.next
            if text:
                quiet = 0.0
                yield text
                continue
            await history.wait(position, WAIT_SECONDS)
            quiet += WAIT_SECONDS
            if quiet >= PING_SECONDS:
                quiet = 0.0
                yield b": still here\n\n"


def _lost(id: str | None) -> bytes:
    """Say that events are gone. What follows brings ids; where nothing does, this one counts."""
    return b"%sevent: lost\ndata: {}\n\n" % (b"" if id is None else b"id: %s\n" % id.encode())


def _event_text(id: str, event: Event) -> bytes:
    data = to_json(with_times(event.to_json()))
    return b"id: %s\nevent: %s\ndata: %s\n\n" % (id.encode(), event.type.encode(), data)
