"""The flows in force: their text, and the picture that the command line draws of them."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from flowhook.diagram.diagram import diagram_of
from flowhook.diagram.lanes import lanes_of
from flowhook.diagram.picture import picture_of
from flowhook.engine.flow import Flow, FlowNode, Library
from flowhook.errors import ApiError
from flowhook.flowfiles.compile.compiler import CompiledFlow
from flowhook.flowfiles.ways_in import ways_in
from flowhook.model.roles import Role
from flowhook.runtime.project.project import Project
from flowhook.web.admin.auth import AdminGuard
from flowhook.web.admin.routes import AdminRequest, AdminRoutes
from flowhook.web.core.operation import Parameter

if TYPE_CHECKING:
    from flowhook.runtime.application import Application

_MAY_READ: tuple[Role, ...] = ("reader", "author")


def flow_routes(application: Application, guard: AdminGuard) -> AdminRoutes:
    """The routes of ``/api/flows``."""
    routes = AdminRoutes("flows", "flows", application, guard)
    pictures = Pictures()

    async def show_flow(application: Application, request: AdminRequest) -> Any:
        name, project = request.path["flow"], application.project
        picture = await pictures.of(project, name, lanes=bool(request.query["lanes"]))
        return {**_flow_json(project, name), "picture": picture}

    routes.add("GET /api/flows", list_flows, "The flows in force.", role=_MAY_READ, response="Object")
    routes.add(
        "GET /api/flows/{flow}", show_flow, "One of them: its text as it runs, and its picture.",
        role=_MAY_READ, response="Flow", errors={404: "unknown_flow"},
        description="`waysIn` of a question tells who may take an input there, in their order, and which "
        "intents never do. With `lanes` the picture holds the flows that it calls or attaches, too.",
        query=(Parameter("lanes", "1: with the flows that it calls or attaches.", at_most=1),),
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


class Pictures:
    """Draws flows in a thread, because a large one takes its time, and keeps the pictures of the flows in
    force."""

    def __init__(self) -> None:
        self._revision = ""
        self._drawn: dict[tuple[str, bool], dict[str, Any]] = {}

    async def of(self, project: Project, name: str, *, lanes: bool) -> dict[str, Any]:
        """Return the picture of a flow as JSON. Raises ApiError 404."""
        compiled = _compiled(project, name)[1]
        revision = project.library.revision
        if revision != self._revision:
            self._revision, self._drawn = revision, {}
        drawn = self._drawn
        if (name, lanes) not in drawn:
            drawn[name, lanes] = await asyncio.to_thread(_draw, project, compiled, lanes)
        return drawn[name, lanes]


def _draw(project: Project, compiled: CompiledFlow, lanes: bool) -> dict[str, Any]:
    if not lanes:
        return picture_of(diagram_of(compiled)).to_json()
    known = {file.name: file for file in project.loaded.files.values() if file.name is not None}
    return lanes_of(str(compiled.name), known).to_json()


def _flow_json(project: Project, name: str) -> dict[str, Any]:
    file, compiled = _compiled(project, name)
    assert compiled.flow is not None
    flow, library = compiled.flow, project.library
    return {
        "name": flow.name,
        "revision": flow.revision,
        "description": flow.description,
        "file": file,
        "source": project.loaded.sources.text(file) or "",
        "attached": [use.name for use in compiled.attached],
        "called": sorted({jump.flow for jump in compiled.jumps if jump.flow not in (None, flow.name)}),
        "nodes": [_node_json(library, flow, node) for node in flow.nodes.values()],
    }


def _node_json(library: Library, flow: Flow, node: FlowNode) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "key": node.key, "type": node.type.key, "line": node.line, "waits": node.type.waits
    }  # fmt: skip
    ways = ways_in(library, flow, node)
    return shown if ways is None else {**shown, "waysIn": ways.to_json()}


def _compiled(project: Project, name: str) -> tuple[str, CompiledFlow]:
    for file, compiled in project.loaded.files.items():
        if compiled.name == name and compiled.flow is not None:
            return file, compiled
    raise ApiError(404, "unknown_flow", "There is no flow of that name.")
