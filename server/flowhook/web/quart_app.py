"""The Quart application: administration, health, documentation, and the routes of plugins."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, cast

from quart import Quart, Response
from werkzeug.exceptions import HTTPException

from flowhook.model.log_action import LogAction
from flowhook.web.admin.auth import AdminGuard
from flowhook.web.admin.deliveries import delivery_routes, timer_routes
from flowhook.web.admin.endpoints import endpoint_routes
from flowhook.web.admin.routes import to_quart
from flowhook.web.admin.sessions import session_routes
from flowhook.web.admin.status import health_routes, operation_routes
from flowhook.web.admin.traces import trace_routes
from flowhook.web.core.http import App, Receive, Scope, Send
from flowhook.web.core.problem_json import from_http_exception, problem_response
from flowhook.web.docs.reader import docs_routes
from flowhook.web.messages.asgi import MessageApp
from flowhook.web.messages.route_table import PUBLIC_ROUTES

if TYPE_CHECKING:
    from flowhook.runtime.application import Application
    from flowhook.runtime.project.project import Project

log = logging.getLogger("flowhook.web")


def create_app(application: Application) -> MessageApp:
    """All of HTTP: the public routes, and Quart behind them. This is what the server runs."""
    return MessageApp(application, ReloadingQuart(application))


class ReloadingQuart:
    """The Quart app of the project in force: made anew after a reload, since plugins bring routes."""

    def __init__(self, application: Application) -> None:
        self._application = application
        server = application.config.server
        self._guard = AdminGuard(application.admin_key, application.clock, server.trusted_proxies)
        self._built_for: Project | None = None
        self._app: Quart | None = None
        self._building = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request that no public route takes."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        if self._built_for is not self._application.project:
            async with self._building:
                await self._rebuild()
        if scope["path"].startswith("/api/"):
            # As it was sent: a user id in the path may hold an encoded slash.
            scope["path"] = scope["raw_path"].decode("ascii")
        await cast(App, self._app)(scope, receive, send)

    async def _rebuild(self) -> None:
        project, old = self._application.project, self._app
        if self._built_for is project:
            return
        try:
            app = create_quart(self._application, self._guard)
            await app.startup()
        except Exception:
            if old is None:
                raise
            log.exception(
                "the routes of the plugins cannot be used; the last good ones stay",
                extra={"action": LogAction.ROUTES_REFUSED},
            )
            self._built_for = project
            return
        self._app, self._built_for = app, project
        if old is not None:
            await old.shutdown()

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        """ASGI's protocol of start and stop."""
        while True:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                if self._app is not None:
                    await self._app.shutdown()
                await send({"type": "lifespan.shutdown.complete"})
                return
            try:
                await self._rebuild()
            except Exception as error:
                log.exception("the routes cannot be used", extra={"action": LogAction.ROUTES_REFUSED})
                await send({"type": "lifespan.startup.failed", "message": str(error)})
                return
            await send({"type": "lifespan.startup.complete"})


def create_quart(application: Application, guard: AdminGuard) -> Quart:
    """Everything but the routes that carry messages."""
    app = Quart("flowhook", static_folder=None)
    app.config.update(
        MAX_CONTENT_LENGTH=application.config.server.max_body,
        BODY_TIMEOUT=10,
        RESPONSE_TIMEOUT=30,
        PROPAGATE_EXCEPTIONS=False,
    )
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False  # it redirects, to whatever the Host header says
    groups = [
        endpoint_routes(application, guard),
        session_routes(application, guard),
        trace_routes(application, guard),
        delivery_routes(application, guard),
        timer_routes(application, guard),
        operation_routes(application, guard),
        health_routes(application, guard),
    ]
    operations = [route.operation for route in PUBLIC_ROUTES]
    operations += [operation for group in groups for operation in group.operations]
    for routes in (*groups, docs_routes(application, guard, operations)):
        app.register_blueprint(routes.blueprint)
    for plugin, blueprint in application.project.hooks.routes():
        app.register_blueprint(blueprint, url_prefix=f"/x/{plugin}", name=f"plugin-{plugin}-{blueprint.name}")
    _shape_errors(app, application)
    return app


def _shape_errors(app: Quart, application: Application) -> None:
    """Give all errors one shape, and let nothing be kept in a cache."""

    async def problem(error: Exception) -> Response:
        if isinstance(error, HTTPException):
            if error.code is not None and error.code < 400:
                return error.get_response()  # type: ignore[return-value]
            error = from_http_exception(error)
        response, code = problem_response(error)
        application.metrics.refused(code)
        return to_quart(response)

    async def no_store(response: Response) -> Response:
        response.headers.setdefault("cache-control", "no-store")
        return response

    app.register_error_handler(HTTPException, problem)
    app.register_error_handler(Exception, problem)
    app.after_request(no_store)
