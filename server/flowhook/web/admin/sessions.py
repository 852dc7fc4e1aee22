"""Administration of sessions and of what is kept of users."""

from __future__ import annotations

import re
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from flowhook.errors import ApiError
from flowhook.flowfiles.orphaned_sessions import standing_at
from flowhook.model.session_ref import SessionRef
from flowhook.web.admin.routes import LIMIT, AdminRequest, AdminRoutes, Parameter
from flowhook.web.admin.timestamps import with_times

if TYPE_CHECKING:
    from flowhook.runtime.application import Application

_CURSOR = re.compile(r"(?P<at>[0-9]{1,12}(\.[0-9]{1,20})?)~(?P<key>[0-9a-f]{32})")
_UNKNOWN = {404: "session_not_found"}
_CHANGED = {**_UNKNOWN, 409: "revision_mismatch, session_busy"}
_REVISION = Parameter("revision", "Change it only if the session is at this revision.", at_most=2**31 - 1)
_WHOSE = (
    Parameter("endpoint", "Of this endpoint."),
    Parameter("userId", "Of this user."),
    Parameter("sessionId", "With this session id."),
)


class GoTo(BaseModel):
    """Where the session shall stand: ``flow/node``, ``flow/``, or a node of the flow in force."""

    model_config = ConfigDict(extra="forbid")
    node: str = Field(min_length=1, max_length=500)


def session_routes(services: Application) -> AdminRoutes:
    """``/api/sessions`` and ``/api/users``."""
    routes = AdminRoutes("sessions", "sessions", services)
    one = "/api/sessions/{endpoint}/{userId}/{sessionId}"
    user = "/api/users/{userId}"
    routes.add(
        "GET /api/sessions", list_sessions, "Find sessions, the latest activity first.",
        query=(*_WHOSE, LIMIT, Parameter("after", "The `next` of the page before.")),
        answer="Sessions", errors={400: "invalid_parameter"},
    )  # fmt: skip
    routes.add(
        "GET /api/sessions/standing", show_standing, "How many live sessions stand where.", answer="Standing"
    )
    routes.add(f"GET {one}", show_session, "All that a session holds.", answer="Session", errors=_UNKNOWN)
    routes.add(
        f"PATCH {one}/context", patch_context, "Change its context.", query=(_REVISION,),
        text="A merge patch (RFC 7396): objects merge, null removes, anything else replaces.",
        body="Object", answer="Session", errors=_CHANGED,
    )  # fmt: skip
    routes.add(f"POST {one}/reset", reset_session, "Back to the start.", answer="Session", errors=_CHANGED)
    routes.add(
        f"POST {one}/goto", move_session, "Let it stand at another node.", body=GoTo, answer="Session",
        errors={404: "session_not_found, unknown_flow, unknown_node", 409: "session_busy"},
    )  # fmt: skip
    routes.add(
        f"GET {one}/transcript", show_transcript, "Its last inbounds: what the flow did and why.",
        query=(LIMIT,), answer="Transcript", errors=_UNKNOWN,
    )  # fmt: skip
    routes.add(
        f"GET {one}/export", export_session, "All that is kept of it.", answer="Object", errors=_UNKNOWN
    )
    routes.add(f"DELETE {one}", forget_session, "Erase it and all that belongs to it.", answer="Forgotten")
    routes.add(f"GET {user}/profile", show_profile, "A user's profile.", answer="Object")
    routes.add(f"GET {user}/export", export_user, "All that is kept of a user.", answer="Object")
    routes.add(f"DELETE {user}", forget_user, "Erase all that is kept of a user.", answer="Forgotten")
    return routes


async def list_sessions(services: Application, ask: AdminRequest) -> Any:
    query = ask.query
    found = await services.sessions.find(
        query["endpoint"], query["userId"], query["sessionId"], query["limit"], _place(query["after"])
    )
    full = len(found) == query["limit"]
    return {"sessions": [with_times(row) for row in found], "next": _cursor(found[-1]) if full else None}


async def show_standing(services: Application, ask: AdminRequest) -> Any:
    library = services.project.library
    return {
        "standing": [
            {name: value for name, value in asdict(each).items() if value != ""}
            for endpoint in services.endpoints
            for each in standing_at(
                library, endpoint.name, await services.store.sessions_by_node(endpoint.name)
            )
        ]
    }


async def show_session(services: Application, ask: AdminRequest) -> Any:
    return with_times(await services.sessions.show(_session(ask)))


async def patch_context(services: Application, ask: AdminRequest) -> Any:
    changed = await services.sessions.patch_context(_session(ask), ask.body, ask.query["revision"])
    return with_times(changed)


async def reset_session(services: Application, ask: AdminRequest) -> Any:
    return with_times(await services.sessions.reset(_session(ask)))


async def move_session(services: Application, ask: AdminRequest) -> Any:
    return with_times(await services.sessions.go_to(_session(ask), ask.body.node))


async def show_transcript(services: Application, ask: AdminRequest) -> Any:
    entries = await services.sessions.transcript(_session(ask), ask.query["limit"])
    return {"transcript": [_inbound(entry) for entry in entries]}


async def export_session(services: Application, ask: AdminRequest) -> Any:
    return _exported(await services.sessions.export(session=_session(ask)))


async def forget_session(services: Application, ask: AdminRequest) -> Any:
    return {"sessions": await services.sessions.forget(session=_session(ask))}


async def show_profile(services: Application, ask: AdminRequest) -> Any:
    return await services.store.profile(ask.path["userId"])


async def export_user(services: Application, ask: AdminRequest) -> Any:
    return _exported(await services.sessions.export(user_id=ask.path["userId"]))


async def forget_user(services: Application, ask: AdminRequest) -> Any:
    return {"sessions": await services.sessions.forget(user_id=ask.path["userId"])}


def _session(ask: AdminRequest) -> SessionRef:
    return SessionRef(ask.path["endpoint"], ask.path["userId"], ask.path["sessionId"])


def _exported(document: dict[str, Any]) -> dict[str, Any]:
    """The document with readable times: ours only, since contexts may hold an ``at`` of their own."""
    sessions = [
        {**with_times(session), "transcript": [_inbound(entry) for entry in session["transcript"]]}
        for session in document["sessions"]
    ]
    return {**document, "sessions": sessions}


def _inbound(entry: dict[str, Any]) -> dict[str, Any]:
    """An inbound of a transcript."""
    return {**with_times(entry), "outputs": [with_times(output) for output in entry["outputs"]]}


def _cursor(row: dict[str, Any]) -> str:
    """The place behind a row: its time, and its key where times are equal."""
    key = SessionRef(row["endpoint"], row["userId"], row["sessionId"]).key
    return f"{row['updatedAt']!r}~{key.hex()}"


def _place(cursor: str | None) -> tuple[float, bytes] | None:
    if cursor is None:
        return None
    found = _CURSOR.fullmatch(cursor)
    if found is None:
        raise ApiError(400, "invalid_parameter", "after is not a place in this list.")
    return float(found["at"]), bytes.fromhex(found["key"])
