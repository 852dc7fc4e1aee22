"""Endpoints made, changed and deleted: edits of the text of ``config.yaml`` that take effect at once."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowhook.config.changes import without_secrets
from flowhook.runtime.config_admin import ConfigEdit
from flowhook.web.admin.auth import AdminGuard
from flowhook.web.admin.changes import Change
from flowhook.web.admin.endpoints import endpoint_of
from flowhook.web.admin.routes import AdminRequest, AdminRoutes
from flowhook.web.core.operation import Parameter

if TYPE_CHECKING:
    from flowhook.runtime.application import Application

_HOW = (
    Parameter("dryRun", "1: only check it, and show the difference.", at_most=1),
    Parameter("fingerprint", "Of a dry run: the file must still be the same."),
)
_ERRORS = {
    409: "config_changed, config_not_writable, config_unreadable, no_config_file",
    422: "reload_failed, edit_refused",
}
_ABOUT = (
    "Edits config.yaml as text, all else in it stays as it is; it is checked as a reload checks it, written "
    "whole, and in force."
)


def config_edit_routes(application: Application, guard: AdminGuard) -> AdminRoutes:
    """The routes of ``/api/endpoints`` that change the configuration."""
    routes = AdminRoutes("config_edits", "endpoints", application, guard)
    one = "/api/endpoints/{name}"
    routes.add(
        "POST /api/endpoints", create_endpoint, "Add an endpoint to config.yaml.", role="admin",
        description=f"The body has the keys of an endpoint in config.yaml. {_ABOUT}",
        change=Change("endpoint.create", _settings), query=_HOW, body="Object", response="ConfigEdit",
        errors=_ERRORS,
    )  # fmt: skip
    routes.add(
        f"PATCH {one}", change_endpoint, "Change an endpoint in config.yaml.", role="admin",
        description=f"A merge patch (RFC 7396): objects merge, null removes a key. {_ABOUT}",
        change=Change("endpoint.change", _settings), query=_HOW, body="Object", response="ConfigEdit",
        errors={404: "unknown_endpoint", **_ERRORS},
    )  # fmt: skip
    routes.add(
        f"DELETE {one}", delete_endpoint, "Take an endpoint out of config.yaml.", role="admin",
        description=f"Its sessions, timers and deliveries are kept, and go on when it comes back. {_ABOUT}",
        change=Change("endpoint.delete", _settings), query=_HOW, response="ConfigEdit",
        errors={404: "unknown_endpoint", **_ERRORS},
    )  # fmt: skip
    return routes


async def create_endpoint(application: Application, request: AdminRequest) -> Any:
    return _shown(await application.configuration.create(request.body, **_how(request)))


async def change_endpoint(application: Application, request: AdminRequest) -> Any:
    endpoint = endpoint_of(application, request)
    return _shown(await application.configuration.change(endpoint, request.body, **_how(request)))


async def delete_endpoint(application: Application, request: AdminRequest) -> Any:
    return _shown(await application.configuration.delete(endpoint_of(application, request), **_how(request)))


def _how(request: AdminRequest) -> dict[str, Any]:
    request.changes = not request.query["dryRun"]
    return {"dry_run": bool(request.query["dryRun"]), "fingerprint": request.query["fingerprint"]}


async def _settings(application: Application, request: AdminRequest) -> Any:
    name = request.path.get("name") or str(request.body.get("name"))
    endpoint = application.endpoints.by_name(name)
    return without_secrets(endpoint.config) if endpoint is not None else None


def _shown(edit: ConfigEdit) -> dict[str, Any]:
    return {
        "diff": edit.diff,
        "fingerprint": edit.fingerprint,
        "config": edit.reloaded.config.to_json(),
        "warnings": [
            {"field": f"{problem.file}:{problem.line}:{problem.column}", "message": problem.text}
            for problem in edit.reloaded.problems
        ],
    }
