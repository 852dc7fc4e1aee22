"""Administration of sessions and of what is kept of users."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from pydantic import BaseModel, ConfigDict, Field

from flowhook.errors import ApiError
from flowhook.flowfiles.orphaned_sessions import session_counts
from flowhook.model.inbound import Precondition
from flowhook.model.privacy import BlindMode
from flowhook.model.roles import Role
from flowhook.model.session_ref import SessionRef
from flowhook.runtime.turns.preconditions import node_names
from flowhook.web.admin.auth import AdminGuard
from flowhook.web.admin.bulk_sessions import add_bulk_routes
from flowhook.web.admin.changes import Change
from flowhook.web.admin.filtered_page import filtered_page
from flowhook.web.admin.routes import AdminRequest, AdminRoutes
from flowhook.web.admin.tests_only import sees_all
from flowhook.web.admin.timestamps import parse_rfc3339, with_times
from flowhook.web.core.operation import LIMIT, Parameter

if TYPE_CHECKING:
    from flowhook.runtime.application import Application

_CURSOR = re.compile(r"(?P<at>[0-9]{1,12}(\.[0-9]{1,20})?)~(?P<key>[0-9a-f]{32})")
_ROWS = re.compile(r"([0-9]{1,19})-([0-9]{1,19})")
_MAY_READ: tuple[Role, ...] = ("reader", "author")
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


def session_routes(application: Application, guard: AdminGuard) -> AdminRoutes:
    """The routes of ``/api/sessions`` and ``/api/users``."""
    routes = AdminRoutes("sessions", "sessions", application, guard)
    one = "/api/sessions/{endpoint}/{userId}/{sessionId}"
    user = "/api/users/{userId}"
    routes.add(
        "GET /api/sessions", list_sessions, "Find sessions, the latest activity first.", role=_MAY_READ,
        description="An author sees those of tests, and a page of them may be short. With `text` those in "
        "which it was said, by either side and whatever its case, with the newest message that says it. A "
        "page may then be short, and the `next` says where to go on: a session comes up again where older "
        "messages say it, too.",
        query=(
            *_WHOSE,
            Parameter("node", "That stand at this node: flow/node, or its id."),
            Parameter("waiting", "1: in whose inbox something waits.", at_most=1),
            Parameter("text", "In which this was said."),
            Parameter("from", "Active, or said, not before this time (RFC 3339)."),
            Parameter("to", "Before this time."),
            LIMIT,
            Parameter("after", "The `next` of the page before."),
        ),
        response="Sessions", errors={400: "invalid_parameter"},
    )  # fmt: skip
    routes.add(
        "GET /api/sessions/standing", show_standing, "How many live sessions stand where.",
        role=_MAY_READ, response="Standing",
    )  # fmt: skip
    add_bulk_routes(routes)
    routes.add(
        f"GET {one}", show_session, "All that a session holds.", role=_MAY_READ, response="Session",
        errors=_UNKNOWN,
    )  # fmt: skip
    routes.add(
        f"PATCH {one}/context", patch_context, "Change its context.", role="operator",
        change=Change("session.patch", _session_state), query=(_REVISION,),
        description="A merge patch (RFC 7396): objects merge, null removes, anything else replaces.",
        body="Object", response="Session", errors=_CHANGED,
    )  # fmt: skip
    routes.add(
        f"POST {one}/reset", reset_session, "Back to the start.", role="operator",
        change=Change("session.reset", _session_state), response="Session", errors=_CHANGED,
    )  # fmt: skip
    routes.add(
        f"POST {one}/goto", move_session, "Let it stand at another node.", role="operator",
        change=Change("session.goto", _session_state), body=GoTo, response="Session",
        errors={404: "session_not_found, unknown_flow, unknown_node", 409: "session_busy"},
    )  # fmt: skip
    routes.add(
        f"GET {one}/transcript", show_transcript, "Its last inbounds: what the flow did and why.",
        role=_MAY_READ, query=(LIMIT,), response="Transcript", errors=_UNKNOWN,
    )  # fmt: skip
    routes.add(
        f"GET {one}/export", export_session, "All that is kept of it.", role="reader", response="Object",
        errors=_UNKNOWN,
    )  # fmt: skip
    routes.add(
        f"DELETE {one}", forget_session, "Erase it and all that belongs to it.", role="operator",
        change=Change("session.forget", result=dict, anonymous=True), response="Forgotten",
    )  # fmt: skip
    routes.add(f"GET {user}/profile", show_profile, "A user's profile.", role="reader", response="Object")
    routes.add(
        f"GET {user}/export", export_user, "All that is kept of a user.", role="reader", response="Object"
    )
    routes.add(
        f"DELETE {user}", forget_user, "Erase all that is kept of a user.", role="operator",
        change=Change("user.forget", result=_without_others, anonymous=True), response="Forgotten",
    )  # fmt: skip
    return routes


async def list_sessions(application: Application, request: AdminRequest) -> Any:
    query = request.query
    whose = (query["endpoint"], query["userId"], query["sessionId"])
    time: dict[str, Any] = {
        "since": parse_rfc3339("from", query["from"]),
        "until": parse_rfc3339("to", query["to"]),
    }
    if query["text"] is not None:
        found = await _search(application, query, whose, time)
        if not sees_all(request):
            found["sessions"] = [session for session in found["sessions"] if session.get("test")]
        return found
    nodes = None
    if query["node"] is not None:
        nodes = node_names(application.project.library, Precondition(query["node"])) | {query["node"]}
    limit, waiting = query["limit"], bool(query["waiting"])

    async def read(after: str | None) -> list[dict[str, Any]]:
        return await application.sessions.find(
            *whose, limit, _position(after), nodes=nodes, waiting=waiting, **time
        )

    if not sees_all(request):
        tests, last = await filtered_page(
            read, _cursor, lambda row: bool(row.get("test")), limit, query["after"]
        )
        return {"sessions": [with_times(row) for row in tests], "next": last}
    rows = await read(query["after"])
    full = len(rows) == limit
    return {"sessions": [with_times(row) for row in rows], "next": _cursor(rows[-1]) if full else None}


async def _search(
    application: Application, query: Mapping[str, Any], whose: Sequence[str | None], time: dict[str, Any]
) -> Any:
    if query["node"] is not None or query["waiting"]:
        raise ApiError(400, "invalid_parameter", "Give either text, or node and waiting.")
    after = query["after"]
    cursor = _ROWS.fullmatch(after) if after is not None else None
    if after is not None and cursor is None:
        raise ApiError(400, "invalid_parameter", "after is not a place in this list.")
    before = (int(cursor[1]), int(cursor[2])) if cursor is not None else None
    named = dict(zip(("endpoint", "user_id", "session_id"), whose, strict=True))
    found, following = await application.sessions.search(
        query["text"], query["limit"], before, **named, **time
    )
    sessions = [{**with_times(row), "found": with_times(row["found"])} for row in found]
    return {"sessions": sessions, "next": None if following is None else f"{following[0]}-{following[1]}"}


async def show_standing(application: Application, request: AdminRequest) -> Any:
    library = application.project.library
    return {
        "standing": [
            {name: value for name, value in asdict(position).items() if value != ""}
            for endpoint in await application.projects.following_edits()
            for position in session_counts(
                library, endpoint.name, await application.store.sessions.by_node(endpoint.name)
            )
        ]
    }


async def show_session(application: Application, request: AdminRequest) -> Any:
    shown = await application.sessions.show(_ref_of(request))
    _require_visible(request, shown)
    return with_times(shown)


def _require_visible(request: AdminRequest, session: Mapping[str, Any]) -> None:
    """Raise ApiError 404 for a session that the caller is not to know of."""
    if not (session.get("test") or sees_all(request)):
        raise ApiError(404, "session_not_found", "There is no such session of a test.")


async def patch_context(application: Application, request: AdminRequest) -> Any:
    changed = await application.sessions.patch_context(
        _ref_of(request), request.body, request.query["revision"]
    )
    return with_times(changed)


async def reset_session(application: Application, request: AdminRequest) -> Any:
    return with_times(await application.sessions.reset(_ref_of(request)))


async def move_session(application: Application, request: AdminRequest) -> Any:
    return with_times(await application.sessions.go_to(_ref_of(request), request.body.node))


async def show_transcript(application: Application, request: AdminRequest) -> Any:
    entries = await application.sessions.transcript(_ref_of(request), request.query["limit"])
    if not sees_all(request):
        _require_visible(request, await application.sessions.show(_ref_of(request)))
        entries = [entry for entry in entries if entry.get("test")]
    return {"transcript": [inbound_json(entry) for entry in entries]}


async def export_session(application: Application, request: AdminRequest) -> Any:
    return _export_json(await application.sessions.export(ref=_ref_of(request)))


async def forget_session(application: Application, request: AdminRequest) -> Any:
    return {"sessions": await application.sessions.forget(ref=_ref_of(request))}


async def show_profile(application: Application, request: AdminRequest) -> Any:
    return await application.store.profiles.get(request.path["userId"])


async def export_user(application: Application, request: AdminRequest) -> Any:
    return _export_json(await application.sessions.export(user_id=request.path["userId"]))


async def forget_user(application: Application, request: AdminRequest) -> Any:
    user_id = request.path["userId"]
    shared_with = await application.users.sharing_with(user_id)
    return {"sessions": await application.sessions.forget(user_id=user_id), "sharedWith": shared_with}


async def _session_state(application: Application, request: AdminRequest) -> Any:
    """What administration changes of a session, for the audit."""
    shown = await application.sessions.show(_ref_of(request))
    state = shown["state"] or {}
    if names := state.get("blind"):
        request.blind = BlindMode.from_json(names)
    return {"revision": shown["revision"], "node": shown["node"], "context": state.get("context", {})}


def _ref_of(request: AdminRequest) -> SessionRef:
    return SessionRef(request.path["endpoint"], request.path["userId"], request.path["sessionId"])


def _without_others(erased: dict[str, Any]) -> dict[str, Any]:
    """What the audit keeps of an erasure: the other ids of that person are names, too."""
    return {"sessions": erased["sessions"]}


def _export_json(document: dict[str, Any]) -> dict[str, Any]:
    """The document with readable times: ours only, since contexts may hold an ``at`` of their own."""
    sessions = [
        {**with_times(session), "transcript": [inbound_json(entry) for entry in session["transcript"]]}
        for session in document["sessions"]
    ]
    return {**document, "sessions": sessions}


def inbound_json(entry: dict[str, Any]) -> dict[str, Any]:
    """An inbound of a transcript, as a response shows it."""
    return {**with_times(entry), "outputs": [with_times(output) for output in entry["outputs"]]}


def _cursor(row: dict[str, Any]) -> str:
    """The position behind a row: its time, and its key where times are equal."""
    key = SessionRef(row["endpoint"], row["userId"], row["sessionId"]).key
    return f"{row['updatedAt']!r}~{key.hex()}"


def _position(cursor: str | None) -> tuple[float, bytes] | None:
    if cursor is None:
        return None
    match = _CURSOR.fullmatch(cursor)
    if match is None:
        raise ApiError(400, "invalid_parameter", "after is not a place in this list.")
    return float(match["at"]), bytes.fromhex(match["key"])
