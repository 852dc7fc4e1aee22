"""The Quart application: administration, health, documentation, and the routes of plugins."""

from __future__ import annotations

import asyncio
import logging
from typing import TYPE_CHECKING, cast

from quart import Quart, Response, has_request_context, request
from werkzeug.exceptions import HTTPException

from flowhook.web.admin.deliveries import delivery_routes, timer_routes
from flowhook.web.admin.endpoints import endpoint_routes
from flowhook.web.admin.routes import as_response
from flowhook.web.admin.sessions import session_routes
from flowhook.web.admin.status import health_routes, operation_routes
from flowhook.web.admin.traces import trace_routes
from flowhook.web.core.http import App, Receive, Scope, Send
from flowhook.web.core.problem_json import from_http_exception, problem_response
from flowhook.web.docs.reader import docs_routes
from flowhook.web.messages.asgi import MessageApp

if TYPE_CHECKING:
    from flowhook.runtime.application import Application
    from flowhook.runtime.project.project import Project

log = logging.getLogger("flowhook.web")


def create_app(services: Application) -> MessageApp:
    """The whole of HTTP: the front, and Quart behind it. This is what the server runs."""
    return MessageApp(services, ReloadingQuart(services))


class ReloadingQuart:
    """The Quart app of the project in force: made anew after a reload, since plugins bring routes."""

    def __init__(self, services: Application) -> None:
        self._services = services
        self._made_for: Project | None = None
        self._app: Quart | None = None
        self._making = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Anything that the front does not answer."""
        if scope["type"] == "lifespan":
            await self._live(receive, send)
            return
        if self._made_for is not self._services.project:
            async with self._making:
                await self._make()
        if scope["path"].startswith("/api/"):
            # As it was sent: a user id in the path may hold an encoded slash.
            scope["path"] = scope["raw_path"].decode("ascii")
        await cast(App, self._app)(scope, receive, send)

    async def _make(self) -> None:
        project, old = self._services.project, self._app
        if self._made_for is project:
            return
        try:
            app = create_quart(self._services)
            await app.startup()
        except Exception:
            if old is None:
                raise
            log.exception("the routes of the plugins cannot be used; the last good ones stay")
            self._made_for = project
            return
        self._app, self._made_for = app, project
        if old is not None:
            await old.shutdown()

    async def _live(self, receive: Receive, send: Send) -> None:
        """The protocol of start and stop."""
        while True:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                if self._app is not None:
                    await self._app.shutdown()
                await send({"type": "lifespan.shutdown.complete"})
                return
            try:
                await self._make()
            except Exception as error:
                log.exception("the routes cannot be used")
                await send({"type": "lifespan.startup.failed", "message": str(error)})
                return
            await send({"type": "lifespan.startup.complete"})


def create_quart(services: Application) -> Quart:
    """Everything but the routes that carry messages."""
    app = Quart("flowhook", static_folder=None)
    app.config.update(
        MAX_CONTENT_LENGTH=services.config.server.max_body,
        BODY_TIMEOUT=10,
        RESPONSE_TIMEOUT=30,
        PROPAGATE_EXCEPTIONS=False,
    )
    app.url_map.strict_slashes = False
    documented = [
        endpoint_routes(services),
        session_routes(services),
        trace_routes(services),
        delivery_routes(services),
        timer_routes(services),
        operation_routes(services),
        health_routes(services),
    ]
    for routes in (*documented, docs_routes(services, documented)):
        app.register_blueprint(routes.blueprint)
    for plugin, blueprint in services.project.hooks.routes():
        app.register_blueprint(blueprint, url_prefix=f"/x/{plugin}", name=f"plugin-{plugin}-{blueprint.name}")
    _shape_errors(app, services)
    return app


def _shape_errors(app: Quart, services: Application) -> None:
    """One shape for errors, and nothing is kept in a cache."""

    async def problem(error: Exception) -> Response:
        if isinstance(error, HTTPException):
            if error.code is not None and error.code < 400:
                return error.get_response()  # type: ignore[return-value]
            error = from_http_exception(error)
        version = request.http_version if has_request_context() else "1.1"  # else a websocket's handshake
        answer, code = problem_response(error, http_version=version)
        services.metrics.refused(code)
        return as_response(answer)

    async def no_store(response: Response) -> Response:
        response.headers.setdefault("cache-control", "no-store")
        return response

    app.register_error_handler(HTTPException, problem)
    app.register_error_handler(Exception, problem)
    app.after_request(no_store)
