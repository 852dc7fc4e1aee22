"""Forks: the state of a session before a step of a turn, for a rehearsal that goes on from there."""

from __future__ import annotations

import asyncio
import copy
from typing import TYPE_CHECKING, Any

from flowhook.config import Config
from flowhook.errors import ApiError, FlowhookError
from flowhook.model.session_ref import SessionRef
from flowhook.replay.fork import ForkedState, state_before
from flowhook.replay.recording import RecordedTurn, Recording, recording_of
from flowhook.replay.replayer import config_for
from flowhook.runtime.project.project import load_project
from flowhook.web.admin.routes import AdminRequest, AdminRoutes
from flowhook.web.admin.tests_only import sees_all
from flowhook.web.core.operation import Parameter

if TYPE_CHECKING:
    from flowhook.runtime.application import Application

MOST_STEPS = 100_000  #: as a bound of the parameter


def add_forks(routes: AdminRoutes) -> None:
    """Add the route of the state before a step."""
    routes.add(
        "GET /api/traces/{inbound}/state", show_state_before, "The session before a step of a turn.",
        role=("author", "reader"),
        description="What was said before is run again in memory, on the flows as they are, with what "
        "services answered then: the session itself is not touched. An author sees sessions of tests. "
        "`notes` tells what is not kept any more, so that the state may differ.",
        query=(
            Parameter("step", "Of the trace, from 1: the state before it.", at_most=MOST_STEPS, default=1),
        ),
        response="ForkedState", errors={404: "trace_not_found, session_not_found", 409: "not_replayable"},
    )  # fmt: skip


async def show_state_before(application: Application, request: AdminRequest) -> Any:
    rows = await application.store.traces.of(request.path["inbound"])
    row = next((row for row in rows if row.test or sees_all(request)), None)
    if row is None:
        raise ApiError(404, "trace_not_found", "No trace of that id is kept.")
    ref = SessionRef(row.endpoint, row.user_id, row.session_id)
    (exported,) = (await application.sessions.export(ref=ref))["sessions"]
    profile = await application.profiles.get(
        row.user_id, application.config.profiles.endpoint_of(row.endpoint)
    )
    try:
        if exported["createdAt"] is None:
            raise FlowhookError("the session has ended")
        recording = recording_of(exported, copy.deepcopy(profile))
        turn = recording.turn(row.trace_id)
        if turn is None:
            raise FlowhookError("this turn belongs to an earlier life of the session, or to another input")
        forked = await asyncio.to_thread(
            asyncio.run, _forked(application.config, recording, turn, request.query["step"] - 1)
        )
    except FlowhookError as error:
        raise ApiError(409, "not_replayable", str(error)) from error
    return {
        "endpoint": row.endpoint,
        "userId": row.user_id,
        "sessionId": row.session_id,
        "text": turn.text,
        "node": forked.node,
        "state": forked.state,
        "profile": forked.profile,
        "notes": forked.notes,
    }


async def _forked(config: Config, recording: Recording, turn: RecordedTurn, step: int) -> ForkedState:
    """In a thread with a loop of its own: a long session takes its time, and turns go on meanwhile."""
    narrowed = config_for(config, recording)
    project = load_project(config, None)
    try:
        return await state_before(recording, narrowed, project, turn, step)
    finally:
        project.hooks.close()
