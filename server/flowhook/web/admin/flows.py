"""The flows in force: their text, and the picture that the command line draws of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowhook.diagram.diagram import diagram_of
from flowhook.diagram.picture import picture_of
from flowhook.errors import ApiError
from flowhook.flowfiles.compile.compiler import CompiledFlow
from flowhook.model.roles import Role
from flowhook.runtime.project.project import Project
from flowhook.web.admin.auth import AdminGuard
from flowhook.web.admin.routes import AdminRequest, AdminRoutes

if TYPE_CHECKING:
    from flowhook.runtime.application import Application

_MAY_READ: tuple[Role, ...] = ("reader", "author")


def flow_routes(application: Application, guard: AdminGuard) -> AdminRoutes:
    """The routes of ``/api/flows``."""
    routes = AdminRoutes("flows", "flows", application, guard)
    routes.add("GET /api/flows", list_flows, "The flows in force.", role=_MAY_READ, response="Object")
    routes.add(
        "GET /api/flows/{flow}", show_flow, "One of them: its text as it runs, and its picture.",
        role=_MAY_READ, response="Flow", errors={404: "unknown_flow"},
    )  # fmt: skip
    return routes


async def list_flows(application: Application, request: AdminRequest) -> Any:
    library = application.project.library
    flows = [
        {
            "name": flow.name,
            "revision": flow.revision,
            "description": flow.description,
            "nodes": len(flow.nodes),
        }
        for flow in library.flows.values()
    ]
    return {"revision": library.revision, "flows": flows}


async def show_flow(application: Application, request: AdminRequest) -> Any:
    name, project = request.path["flow"], application.project
    file, compiled = _compiled(project, name)
    assert compiled.flow is not None
    flow = compiled.flow
    return {
        "name": flow.name,
        "revision": flow.revision,
        "description": flow.description,
        "file": file,
        "source": project.loaded.sources.text(file) or "",
        "attached": [use.name for use in compiled.attached],
        "called": sorted({jump.flow for jump in compiled.jumps if jump.flow not in (None, flow.name)}),
        "nodes": [
            {"key": node.key, "type": node.type.key, "line": node.line, "waits": node.type.waits}
            for node in flow.nodes.values()
        ],
        "picture": picture_of(diagram_of(compiled)).to_json(),
    }


def _compiled(project: Project, name: str) -> tuple[str, CompiledFlow]:
    for file, compiled in project.loaded.files.items():
        if compiled.name == name and compiled.flow is not None:
            return file, compiled
    raise ApiError(404, "unknown_flow", "There is no flow of that name.")
