"""Many sessions at once: a plan first, then the deed to exactly those."""

from __future__ import annotations

from collections import Counter
from collections.abc import Awaitable, Callable, Sequence
from typing import TYPE_CHECKING, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field

from flowhook.errors import ApiError
from flowhook.model.inbound import Precondition
from flowhook.model.session_ref import OPERATOR, SessionRef
from flowhook.runtime.turns.preconditions import node_names
from flowhook.web.admin.changes import Change
from flowhook.web.admin.routes import AdminRequest, AdminRoutes

if TYPE_CHECKING:
    from flowhook.runtime.application import Application

PAGE = 500  #: sessions read at a time
MOST = 10_000  #: sessions of one call

_ERRORS = {400: "invalid_field", 409: "plan_changed, too_many"}
_DESCRIPTION = (
    "What is not said does not count. With `dryRun` nothing is done: how many there are is told, by "
    f"endpoint. At most {MOST:,} at once. With `expected`, the number that the plan told, nothing is done "
    "when they are more or fewer by now; without any filter it has to be said. What changes while it is done "
    "is left alone and counted as `left`."
)


class SessionSelection(BaseModel):
    """Which sessions; what is not said does not count. ``expected``: how many a dry run told."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True)
    endpoint: str | None = None
    userId: str | None = None
    sessionId: str | None = None
    node: str | None = Field(
        default=None, min_length=1, max_length=500, description="where they stand: flow/node, or its id"
    )
    since: AwareDatetime | None = Field(default=None, alias="from", description="active since")
    until: AwareDatetime | None = Field(default=None, alias="to", description="active before")
    waiting: bool = Field(default=False, description="only those in whose inbox something waits")
    dryRun: bool = False
    expected: int | None = Field(default=None, ge=0)


class SessionMove(SessionSelection):
    """Which sessions, and where they shall stand."""

    target: str = Field(
        pattern=r"^[^/]+/[^/]*$", max_length=500, description="flow/node, or flow/ for its begin"
    )


Deed = Callable[[SessionRef], Awaitable[Any]]


def add_bulk_routes(routes: AdminRoutes) -> None:
    """Add ``POST /api/sessions/reset``, ``/goto`` and ``/forget``."""
    routes.add(
        "POST /api/sessions/reset", reset_sessions, "Let many sessions begin anew.", role="operator",
        change=Change("session.reset", result=dict), body=SessionSelection, response="SessionsDone",
        description=_DESCRIPTION, errors=_ERRORS,
    )  # fmt: skip
    routes.add(
        "POST /api/sessions/goto", move_sessions, "Let many sessions stand at another node.", role="operator",
        change=Change("session.goto", result=dict), body=SessionMove, response="SessionsDone",
        description=f"{_DESCRIPTION} The plan counts as `left` whose flows have no such node.",
        errors={**_ERRORS, 404: "unknown_flow, unknown_node"},
    )  # fmt: skip
    routes.add(
        "POST /api/sessions/forget", forget_sessions, "Erase many sessions and all that belongs to them.",
        role="operator", change=Change("session.forget", result=dict, anonymous=True),
        body=SessionSelection, response="SessionsDone", description=_DESCRIPTION, errors=_ERRORS,
    )  # fmt: skip


async def reset_sessions(application: Application, request: AdminRequest) -> Any:
    return await _do(application, request, application.sessions.reset)


async def move_sessions(application: Application, request: AdminRequest) -> Any:
    sessions, target = application.sessions, request.body.target

    async def could(ref: SessionRef) -> None:
        await sessions.require_target(ref, target)

    return await _do(application, request, lambda ref: sessions.go_to(ref, target), could)


async def forget_sessions(application: Application, request: AdminRequest) -> Any:
    return await _do(application, request, lambda ref: application.sessions.forget(ref=ref))


async def _do(application: Application, request: AdminRequest, deed: Deed, trial: Deed | None = None) -> Any:
    """Do it to all that are meant. ``trial`` raises ApiError where the deed would, and changes nothing: when
    it does for every one of them, the plan is refused for that reason."""
    wanted: SessionSelection = request.body
    if not (wanted.dryRun or wanted.model_fields_set - {"dryRun", "target"}):
        raise ApiError(
            400, "invalid_field", "expected: this is about all sessions: look with dryRun, and say how many."
        )
    found = await _matching(application, wanted)
    if wanted.expected is not None and wanted.expected != len(found):
        raise ApiError(409, "plan_changed", f"There are {len(found)} by now: nothing was done. Look again.")
    plan = {
        "total": len(found),
        "endpoints": dict(Counter(ref.endpoint for ref in found).most_common()),
    }
    if wanted.dryRun:
        request.changes = False
        refused = await _refusals(found, trial) if trial is not None else []
        if refused and len(refused) == len(found):
            raise refused[0]
        return {**plan, "done": 0, "left": len(refused)}
    left = len(await _refusals(found, deed))
    return {**plan, "done": len(found) - left, "left": left}


async def _refusals(found: Sequence[SessionRef], deed: Deed) -> list[ApiError]:
    """Do something to each, and return why it was refused: it is gone meanwhile, changes all the time, or is
    of an endpoint that is no more."""
    refused: list[ApiError] = []
    for ref in found:
        try:
            await deed(ref)
        except ApiError as error:
            refused.append(error)
    return refused


async def _matching(application: Application, wanted: SessionSelection) -> list[SessionRef]:
    """Those that are meant. Raises ApiError 409 for too many."""
    nodes = None
    if wanted.node is not None:
        nodes = node_names(application.project.library, Precondition(wanted.node)) | {wanted.node}
    since, until = (at.timestamp() if at is not None else None for at in (wanted.since, wanted.until))
    found: dict[SessionRef, None] = {}  # one that is active meanwhile comes up again
    after: tuple[float, bytes] | None = None
    while True:
        rows = await application.sessions.find(
            wanted.endpoint, wanted.userId, wanted.sessionId, PAGE, after,
            nodes=nodes, since=since, until=until, waiting=wanted.waiting,
        )  # fmt: skip
        refs = [SessionRef(row["endpoint"], row["userId"], row["sessionId"]) for row in rows]
        found |= dict.fromkeys(ref for ref in refs if ref != OPERATOR)
        if len(found) > MOST:
            raise ApiError(409, "too_many", f"These are more than {MOST:,}: narrow the filters.")
        if len(rows) < PAGE:
            return list(found)
        after = (rows[-1]["updatedAt"], refs[-1].key)
