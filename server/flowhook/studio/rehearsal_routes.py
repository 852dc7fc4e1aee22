"""The routes of ``/api/rehearsals``: conversations in memory, from a page."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from pydantic import BaseModel, ConfigDict, Field

from flowhook.durations import parse_duration
from flowhook.errors import ApiError
from flowhook.harness.mocked_services import ServiceMock
from flowhook.model.roles import Role
from flowhook.studio.rehearsals import Rehearsal, RehearsalOptions, Rehearsals, session_of
from flowhook.studio.tests import with_test
from flowhook.web.admin.changes import NO_CHANGE
from flowhook.web.admin.routes import AdminRequest, AdminRoutes
from flowhook.web.admin.timestamps import rfc3339, with_times

if TYPE_CHECKING:
    from flowhook.runtime.application import Application

MAX_SAID = 20_000  #: characters of a text
FARTHEST = 366 * 86_400.0  #: seconds that a clock is moved at once
MOST_MOCKS = 100

_MAY_REHEARSE: tuple[Role, ...] = ("author", "operator")
_UNKNOWN = {404: "unknown_rehearsal", 503: "rehearsal_busy"}


class _Body(BaseModel):
    model_config = ConfigDict(extra="forbid")


class RehearsalStart(_Body):
    """How it begins: at an ``endpoint``, or in a ``flow`` (with the settings of the first endpoint that has
    it). ``services: real`` calls what is not mocked. ``state`` is that of a session as
    ``GET /api/sessions/…`` shows it; left out, nobody has spoken yet."""

    endpoint: str | None = Field(default=None, min_length=1, max_length=200)
    flow: str | None = Field(default=None, min_length=1, max_length=200)
    locale: str | None = Field(default=None, min_length=1, max_length=35)
    userId: str = Field(default="studio", min_length=1, max_length=256)
    sessionId: str = Field(default="rehearsal", min_length=1, max_length=256)
    services: Literal["mocked", "real"] = "mocked"
    state: dict[str, Any] | None = None
    profile: dict[str, Any] = Field(default_factory=dict)


class RehearsalInput(_Body):
    """What the user says, or a backend (``inject``, ``notify``)."""

    kind: Literal["message", "inject", "notify"] = "message"
    text: str | None = Field(default=None, max_length=MAX_SAID)
    data: dict[str, Any] | None = None
    attachments: list[dict[str, Any]] | None = None


class ClockAdvance(_Body):
    """How far the clock is moved: a duration such as ``10m``; left out, until the next timer falls due."""

    by: str | None = Field(default=None, max_length=50)


class MockedResponse(_Body):
    """What a service answers. ``url`` may be a path alone, with ``*`` for any text."""

    method: str = Field(default="*", pattern=r"^([A-Z]{1,20}|\*)$")
    url: str = Field(min_length=1, max_length=2000)
    status: int = Field(default=200, ge=100, le=599)
    json_: Any = Field(default=None, alias="json")


class MockedResponses(_Body):
    """All mocks of a rehearsal; they take the place of those before."""

    mocks: list[MockedResponse] = Field(max_length=MOST_MOCKS)


class CallbackResult(_Body):
    """The result of the task that waits, any JSON."""

    result: Any = None


class TestName(_Body):
    """What the test is called."""

    name: str = Field(default="", max_length=200)


def add_rehearsals(routes: AdminRoutes, rehearsals: Rehearsals, root: Path) -> None:
    """Add the routes. ``root``: the directory to which paths of files are relative."""

    async def begin_rehearsal(application: Application, request: AdminRequest) -> Any:
        return _told(await rehearsals.begin(request.caller.name, _beginning(request.body)))

    async def show_rehearsal(application: Application, request: AdminRequest) -> Any:
        return await done(request, None)

    async def say(application: Application, request: AdminRequest) -> Any:
        content = request.body.model_dump(exclude={"kind"}, exclude_none=True)
        return await done(request, lambda rehearsal: rehearsal.say(request.body.kind, content))

    async def advance(application: Application, request: AdminRequest) -> Any:
        seconds = _seconds(request.body.by)
        return await done(request, lambda rehearsal: rehearsal.advance(seconds))

    async def set_mocks(application: Application, request: AdminRequest) -> Any:
        mocks = [ServiceMock(one.method, one.url, one.status, one.json_) for one in request.body.mocks]

        async def replace(rehearsal: Rehearsal) -> None:
            rehearsal.services.mocks[:] = mocks

        return await done(request, replace)

    async def call_back(application: Application, request: AdminRequest) -> Any:
        return await done(request, lambda rehearsal: rehearsal.call_back(request.body.result))

    async def make_test(application: Application, request: AdminRequest) -> Any:
        name = request.body.name
        made = await rehearsals.do(request.caller.name, request.path["id"], lambda one: one.as_test(name))
        return with_test(application.config, root, *made)

    async def end_rehearsal(application: Application, request: AdminRequest) -> None:
        await rehearsals.end(request.caller.name, request.path["id"])

    async def done(request: AdminRequest, work: Callable[[Rehearsal], Awaitable[None]] | None) -> Any:
        async def and_shown(rehearsal: Rehearsal) -> dict[str, Any]:
            if work is not None:
                await work(rehearsal)
            return await rehearsal.shown()

        return _told(await rehearsals.do(request.caller.name, request.path["id"], and_shown))

    one = "/api/rehearsals/{id}"
    routes.add(
        "POST /api/rehearsals", begin_rehearsal, "Begin a conversation in memory: nothing is kept, nobody is "
        "told.", role=_MAY_REHEARSE, change=NO_CHANGE, body=RehearsalStart, response="Object", status=201,
        errors={400: "invalid_field", 404: "unknown_endpoint", 422: "flow_refused"},
    )  # fmt: skip
    routes.add(
        f"GET {one}", show_rehearsal, "What was said in it, and why; where it stands, what waits.",
        role=_MAY_REHEARSE, response="Object", errors=_UNKNOWN,
    )  # fmt: skip
    routes.add(
        f"POST {one}/say", say, "Say something in it, as the user or as a backend.", role=_MAY_REHEARSE,
        change=NO_CHANGE, body=RehearsalInput, response="Object",
        errors={400: "invalid_field, missing_content", 404: "unknown_rehearsal, session_not_found",
                503: "rehearsal_busy"},
    )  # fmt: skip
    routes.add(
        f"POST {one}/advance", advance, "Move its clock: what falls due happens.", role=_MAY_REHEARSE,
        change=NO_CHANGE, body=ClockAdvance, response="Object",
        errors={400: "invalid_field", 409: "nothing_waits", **_UNKNOWN},
    )  # fmt: skip
    routes.add(
        f"PUT {one}/mocks", set_mocks, "Say what services answer.", role=_MAY_REHEARSE, change=NO_CHANGE,
        body=MockedResponses, response="Object", errors=_UNKNOWN,
    )  # fmt: skip
    routes.add(
        f"POST {one}/callback", call_back, "Give the result of the task that waits.", role=_MAY_REHEARSE,
        change=NO_CHANGE, body=CallbackResult, response="Object",
        errors={409: "nothing_waits", **_UNKNOWN},
    )  # fmt: skip
    routes.add(
        f"POST {one}/test", make_test, "Write it as a test, and try it. Nothing is saved.",
        role=_MAY_REHEARSE, change=NO_CHANGE, body=TestName, response="Object",
        errors={422: "tests_unusable", **_UNKNOWN},
    )  # fmt: skip
    routes.add(
        f"DELETE {one}", end_rehearsal, "End it.", role=_MAY_REHEARSE, change=NO_CHANGE, status=204,
        errors={404: "unknown_rehearsal"},
    )  # fmt: skip


def _beginning(body: RehearsalStart) -> RehearsalOptions:
    if body.endpoint is None and body.flow is None:
        message = "Name an endpoint, or a flow."
        raise ApiError(400, "invalid_field", message, errors=[{"field": "endpoint", "message": message}])
    return RehearsalOptions(
        body.endpoint,
        body.flow,
        body.locale,
        body.userId,
        body.sessionId,
        body.services,
        session_of(body.state) if body.state is not None else None,
        body.profile,
    )


def _seconds(by: str | None) -> float | None:
    if by is None:
        return None
    try:
        seconds = parse_duration(by)
    except ValueError:
        seconds = None
    if not isinstance(seconds, float) or not 0 < seconds <= FARTHEST:
        message = "must be a duration such as 10m, of a year at most"
        errors = [{"field": "by", "message": message}]
        raise ApiError(400, "invalid_field", f"by {message}.", errors=errors)
    return seconds


def _told(shown: dict[str, Any]) -> dict[str, Any]:
    """With its times in RFC 3339."""
    transcript = [
        {**with_times(entry), "outputs": [with_times(output) for output in entry["outputs"]]}
        for entry in shown["transcript"]
    ]
    timers = [{**timer, "dueAt": rfc3339(timer["dueAt"])} for timer in shown["timers"]]
    return {**shown, "now": rfc3339(shown["now"]), "timers": timers, "transcript": transcript}
