"""Administration of snapshots, and of which one an endpoint serves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from flowhook.model.roles import Role
from flowhook.web.admin.auth import AdminGuard
from flowhook.web.admin.changes import Change
from flowhook.web.admin.endpoints import endpoint_json, endpoint_of
from flowhook.web.admin.routes import AdminRequest, AdminRoutes
from flowhook.web.admin.timestamps import with_times

if TYPE_CHECKING:
    from flowhook.runtime.application import Application

_UNKNOWN = {404: "unknown_snapshot"}
_MAY_READ: tuple[Role, ...] = ("reader", "author")
_MAY_KEEP: tuple[Role, ...] = ("author", "operator")


class NewSnapshot(BaseModel):
    """What a snapshot is called."""

    model_config = ConfigDict(extra="forbid")
    name: str = Field(min_length=1, max_length=64)


class ServedSnapshot(BaseModel):
    """Which snapshot an endpoint is to serve; null: the flows as they are."""

    model_config = ConfigDict(extra="forbid")
    snapshot: str | None


def snapshot_routes(application: Application, guard: AdminGuard) -> AdminRoutes:
    """The routes of ``/api/snapshots`` and ``/api/endpoints/{name}/snapshot``."""
    routes = AdminRoutes("snapshots", "snapshots", application, guard)
    one = "/api/snapshots/{name}"
    routes.add(
        "GET /api/snapshots", list_snapshots, "All snapshots, oldest first.", role=_MAY_READ,
        response="Snapshots",
    )  # fmt: skip
    routes.add(
        "POST /api/snapshots", create_snapshot, "Keep what is loaded now under a name. It never changes.",
        role=_MAY_KEEP, change=Change("snapshot.create", result=_name_and_hash), body=NewSnapshot,
        response="Snapshot", status=201, errors={409: "name_taken, too_many_snapshots"},
    )  # fmt: skip
    routes.add(
        f"GET {one}", show_snapshot, "What a snapshot holds.", role=_MAY_READ, response="Snapshot",
        errors=_UNKNOWN,
    )  # fmt: skip
    routes.add(
        f"GET {one}/diff/{{other}}", compare_snapshots,
        "What differs between two snapshots, by flow and node, in words. live stands for what is loaded now.",
        role=_MAY_READ, response="Differences", errors={**_UNKNOWN, 422: "snapshot_unusable"},
    )  # fmt: skip
    routes.add(
        f"DELETE {one}", delete_snapshot, "Delete a snapshot that nobody uses.",
        role=_MAY_KEEP, change=Change("snapshot.delete", _kept), status=204,
        errors={**_UNKNOWN, 409: "snapshot_in_use"},
    )  # fmt: skip
    routes.add(
        "POST /api/endpoints/{name}/snapshot", use_snapshot,
        "Serve a snapshot from the next turn on, or (null) the flows as they are.",
        role="operator", change=Change("snapshot.use", _served), body=ServedSnapshot,
        response="SnapshotUsed", errors={404: "unknown_endpoint, unknown_snapshot", 422: "snapshot_unusable"},
    )  # fmt: skip
    return routes


async def list_snapshots(application: Application, request: AdminRequest) -> Any:
    return {"snapshots": [with_times(row) for row in await application.snapshots.find()]}


async def create_snapshot(application: Application, request: AdminRequest) -> Any:
    return with_times(await application.snapshots.create(request.body.name))


async def show_snapshot(application: Application, request: AdminRequest) -> Any:
    return with_times(await application.snapshots.show(request.path["name"]))


async def compare_snapshots(application: Application, request: AdminRequest) -> Any:
    return await application.snapshots.compare(request.path["name"], request.path["other"])


async def delete_snapshot(application: Application, request: AdminRequest) -> None:
    await application.snapshots.delete(request.path["name"])


async def use_snapshot(application: Application, request: AdminRequest) -> Any:
    endpoint = endpoint_of(application, request)
    warnings = await application.snapshots.use(endpoint, request.body.snapshot)
    return {"endpoint": await endpoint_json(application, request, endpoint), "warnings": warnings}


async def _served(application: Application, request: AdminRequest) -> Any:
    endpoint = endpoint_of(application, request)
    return {"snapshot": (await application.projects.chosen()).get(endpoint.name)}


async def _kept(application: Application, request: AdminRequest) -> Any:
    return _name_and_hash(await application.snapshots.show(request.path["name"]))


def _name_and_hash(snapshot: dict[str, Any]) -> dict[str, Any]:
    return {"name": snapshot["name"], "hash": snapshot["hash"]}
