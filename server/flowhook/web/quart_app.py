"""The Quart application: administration, documentation, and the routes of plugins."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from quart import Quart, Response
from werkzeug.exceptions import HTTPException

from flowhook.web.admin.analytics import analytics_routes
from flowhook.web.admin.audit import audit_routes
from flowhook.web.admin.auth import AdminGuard
from flowhook.web.admin.config_edits import config_edit_routes
from flowhook.web.admin.deliveries import delivery_routes, timer_routes
from flowhook.web.admin.endpoints import endpoint_routes
from flowhook.web.admin.flows import flow_routes
from flowhook.web.admin.handovers import handover_routes
from flowhook.web.admin.http_exceptions import from_http_exception
from flowhook.web.admin.log_lines import log_routes
from flowhook.web.admin.login import login_routes
from flowhook.web.admin.overview import overview_routes
from flowhook.web.admin.packages import package_routes
from flowhook.web.admin.profiles import profile_routes
from flowhook.web.admin.routes import Extension, to_quart
from flowhook.web.admin.sessions import session_routes
from flowhook.web.admin.snapshots import snapshot_routes
from flowhook.web.admin.status import metrics_routes, operation_routes
from flowhook.web.admin.traces import trace_routes
from flowhook.web.core.problem_json import problem_response
from flowhook.web.docs.reader import docs_routes
from flowhook.web.messages.route_table import PUBLIC_ROUTES
from flowhook.web.pages import page_routes
from flowhook.web.url_rule import LazyUrlRule
from flowhook.web.workspace import workspace_routes

if TYPE_CHECKING:
    from flowhook.runtime.application import Application


def create_quart(
    application: Application,
    guard: AdminGuard,
    *,
    plugin_routes: bool = True,
    extensions: Sequence[Extension] = (),
) -> Quart:
    """Return everything but the routes that carry messages; without the routes of plugins when they cannot
    be used. ``extensions`` bring further routes of administration, from rooms above this one."""
    app = Quart("flowhook", static_folder=None)
    app.url_rule_class = LazyUrlRule
    app.config.update(
        MAX_CONTENT_LENGTH=application.config.server.max_body,
        BODY_TIMEOUT=10,
        RESPONSE_TIMEOUT=30,
        PROPAGATE_EXCEPTIONS=False,
    )
    app.extensions["flowhook"] = application.project.hooks.app  # for the routes of plugins
    app.url_map.strict_slashes = False
    app.url_map.merge_slashes = False  # it redirects, to whatever the Host header says
    groups = [
        endpoint_routes(application, guard),
        config_edit_routes(application, guard),
        snapshot_routes(application, guard),
        package_routes(application, guard),
        session_routes(application, guard),
        profile_routes(application, guard),
        trace_routes(application, guard),
        analytics_routes(application, guard),
        delivery_routes(application, guard),
        timer_routes(application, guard),
        handover_routes(application, guard),
        operation_routes(application, guard),
        audit_routes(application, guard),
        login_routes(application, guard),
        overview_routes(application, guard),
        log_routes(application, guard),
        flow_routes(application, guard),
        page_routes(application, guard),
        workspace_routes(application, guard),
        *(extension(application, guard) for extension in extensions),
        metrics_routes(application, guard),
    ]
    operations = [route.operation for route in PUBLIC_ROUTES]
    operations += [operation for group in groups for operation in group.operations]
    for routes in (*groups, docs_routes(application, guard, operations)):
        app.register_blueprint(routes.blueprint)
    for plugin, blueprint in application.project.hooks.routes() if plugin_routes else ():
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
