"""The workspace of a conversation at a signed address: a page with its tiles, and what that page asks for."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from flowhook.errors import ApiError
from flowhook.runtime.handover.signed_addresses import PAGE, session_of
from flowhook.web.admin.auth import AdminGuard
from flowhook.web.admin.changes import NO_CHANGE
from flowhook.web.admin.handovers import Postback
from flowhook.web.admin.routes import AdminRequest, AdminRoutes
from flowhook.web.core.operation import Parameter
from flowhook.web.pages import show_page

if TYPE_CHECKING:
    from flowhook.config.endpoints import CopilotConfig
    from flowhook.runtime.application import Application
    from flowhook.storage.records import HandoverRow

_ADDRESS = (
    Parameter("endpoint", "The endpoint."),
    Parameter("auth", "A JWT (HS256) of `userId` and `sessionId`, signed with `copilot.secret`."),
)
_ERRORS = {401: "unauthorized", 404: "unknown_handover"}


def workspace_routes(application: Application, guard: AdminGuard) -> AdminRoutes:
    """The routes below ``/desk/copilot``."""
    routes = AdminRoutes("workspace", "handovers", application, guard)
    routes.add(
        f"GET {PAGE}", show_workspace, "The tiles of one conversation, in a browser, at a signed address.",
        role="anyone", response="Html", query=_ADDRESS, errors={404: "not_found", 503: "not_built"},
    )  # fmt: skip
    routes.add(
        f"GET {PAGE}/tiles", show_tiles, "What the copilot has drawn, for a signed address.", role="anyone",
        response="Copilot", query=_ADDRESS, errors=_ERRORS,
    )  # fmt: skip
    routes.add(
        f"POST {PAGE}/postback", submit_postback, "Tell the copilot of a click, for a signed address.",
        role="anyone", change=NO_CHANGE, body=Postback, response="HandoverAccepted", status=202,
        query=_ADDRESS, errors={400: "invalid_field", **_ERRORS},
    )  # fmt: skip
    return routes


async def show_workspace(application: Application, request: AdminRequest) -> Any:
    """The page; what it shows it asks for itself."""
    copilot = _copilot(application, request)
    frames, embed_in = (copilot.frames, copilot.embed_in) if copilot is not None else ((), ())
    return show_page(application, "copilot.html", frames, embed_in)


async def show_tiles(application: Application, request: AdminRequest) -> Any:
    return await application.copilot.show(await _row(application, request))


async def submit_postback(application: Application, request: AdminRequest) -> Any:
    row, said = await _row(application, request), request.body
    return {"traceId": await application.copilot.post_back(row, said.tile, said.payload)}


def _copilot(application: Application, request: AdminRequest) -> CopilotConfig | None:
    endpoint = application.endpoints.by_name(request.query["endpoint"] or "")
    return endpoint.config.copilot if endpoint is not None else None


async def _row(application: Application, request: AdminRequest) -> HandoverRow:
    """The conversation that the address names, while it lasts. Raises ApiError 401 and 404."""
    copilot = _copilot(application, request)
    secret = copilot.secret if copilot is not None else ""
    user_id, session_id = session_of(request.query["auth"] or "", secret, application.clock.now())
    row = await application.copilot.row_of(request.query["endpoint"], user_id, session_id)
    if row is None:
        raise ApiError(404, "unknown_handover", "This conversation is not handed over.")
    return row
