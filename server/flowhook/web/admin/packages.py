"""Administration of packages: flows that go from one project to another."""

from __future__ import annotations

import base64
import binascii
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from flowhook.errors import ApiError
from flowhook.web.admin.auth import AdminGuard
from flowhook.web.admin.changes import Change
from flowhook.web.admin.routes import AdminRequest, AdminRoutes
from flowhook.web.core.http import NO_STORE, HttpResponse
from flowhook.web.core.operation import Parameter

if TYPE_CHECKING:
    from flowhook.runtime.application import Application


class PackageImport(BaseModel):
    """A package, and what becomes of files that differ."""

    model_config = ConfigDict(extra="forbid")
    package: str = Field(min_length=1, description="The file in base64.")
    onConflict: Literal["ask", "keep", "replace"] = "ask"
    dryRun: bool = False


class PackageInstalled(BaseModel):
    """What a command on this machine has written of a package."""

    model_config = ConfigDict(extra="forbid")
    package: str = Field(pattern="^[0-9a-f]{64}$", description="Its hash.")
    written: list[str] = Field(min_length=1, max_length=10_000)


def package_routes(application: Application, guard: AdminGuard) -> AdminRoutes:
    """The routes of ``/api/packages``."""
    routes = AdminRoutes("packages", "packages", application, guard)
    routes.add(
        "GET /api/packages", export_package, "A package of the flows in force, with what they need.",
        role=("reader", "author"), query=(Parameter("flow", "These flows, separated by commas; else all."),),
        response="Zip", errors={404: "unknown_flow"},
    )  # fmt: skip
    routes.add(
        "POST /api/packages", import_package, "Take a package in and reload: all of it or nothing.",
        description="With dryRun the plan alone. A body may have server.max_body bytes.",
        role=("author", "operator"), change=Change("package.import", result=_written), body=PackageImport,
        response="ImportedPackage",
        errors={400: "invalid_package", 409: "package_conflict", 422: "reload_failed"},
    )  # fmt: skip
    routes.add(
        "POST /api/packages/installed", note_installed,
        "Note in the audit that a command on this machine has written the files of a package.",
        role=("author", "operator"), change=Change("package.import", result=dict), body=PackageInstalled,
        response="Object", errors={400: "invalid_package"},
    )  # fmt: skip
    return routes


async def note_installed(application: Application, request: AdminRequest) -> Any:
    """``flowhook packages import`` decides at the terminal, and writes before any server is asked."""
    body: PackageInstalled = request.body
    return await application.packages.installed(body.package, body.written)


async def export_package(application: Application, request: AdminRequest) -> Any:
    wanted = [flow for flow in (request.query["flow"] or "").split(",") if flow]
    raw = await application.packages.export(wanted)
    headers = [
        (b"content-type", b"application/zip"),
        (b"content-disposition", b'attachment; filename="flows.zip"'),
        NO_STORE,
    ]
    return HttpResponse(200, headers, raw)


async def import_package(application: Application, request: AdminRequest) -> Any:
    body: PackageImport = request.body
    request.changes = not body.dryRun
    try:
        raw = base64.b64decode(body.package, validate=True)
    except (binascii.Error, ValueError):
        raise ApiError(400, "invalid_package", "The package is no base64.") from None
    return await application.packages.take_in(raw, body.onConflict, dry_run=body.dryRun)


def _written(imported: dict[str, Any]) -> dict[str, Any]:
    return {"written": imported["written"]}
