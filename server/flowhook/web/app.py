"""The Quart application: administration, health, documentation, and the routes of plugins."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from quart import Quart, Response, request
from werkzeug.exceptions import HTTPException

from flowhook.web.admin_deliveries import delivery_routes, timer_routes
from flowhook.web.admin_endpoints import endpoint_routes
from flowhook.web.admin_sessions import session_routes
from flowhook.web.docs import docs_routes
from flowhook.web.front import Front
from flowhook.web.operations import health_routes, operation_routes
from flowhook.web.problems import http_error, problem_answer
from flowhook.web.routes import as_response
from flowhook.web.wire import App, Receive, Scope, Send

if TYPE_CHECKING:
    from flowhook.runtime.services import Services


def create_app(services: Services) -> Front:
    """The whole of HTTP: the front, and Quart behind it. This is what the server runs."""
    return Front(services, encoded_paths(cast(App, create_quart(services))))


def create_quart(services: Services) -> Quart:
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


def encoded_paths(app: App) -> App:
    """Let /api see its paths as they were sent: a user id may hold an encoded slash."""

    async def sees_encoded(scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http" and scope["path"].startswith("/api/"):
            scope["path"] = scope["raw_path"].decode("ascii")
        await app(scope, receive, send)

    return sees_encoded


def _shape_errors(app: Quart, services: Services) -> None:
    """One shape for errors, and nothing is kept in a cache."""

    async def problem(error: Exception) -> Response:
        if isinstance(error, HTTPException):
            if error.code is not None and error.code < 400:
                return error.get_response()  # type: ignore[return-value]
            error = http_error(error)
        answer, code = problem_answer(error, http_version=request.http_version)
        services.metrics.refused(code)
        return as_response(answer)

    async def no_store(response: Response) -> Response:
        response.headers.setdefault("cache-control", "no-store")
        return response

    app.register_error_handler(HTTPException, problem)
    app.register_error_handler(Exception, problem)
    app.after_request(no_store)


