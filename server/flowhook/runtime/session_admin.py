"""What administration may do with sessions: look, patch, reset, move, forget, export."""

from __future__ import annotations

import asyncio
from collections.abc import Collection
from dataclasses import fields
from typing import Any, Protocol

from pydantic_core import to_json

from flowhook.clock import Clock
from flowhook.engine.flow import Library
from flowhook.errors import ApiError
from flowhook.model.event import Event, EventType
from flowhook.model.inbound import JsonObject
from flowhook.model.privacy import BlindMode
from flowhook.model.session import Frame, Session
from flowhook.model.session_ref import SessionRef
from flowhook.runtime.observe.event_bus import EventBus
from flowhook.runtime.observe.redaction import Redactor
from flowhook.runtime.project.endpoints import Endpoints
from flowhook.runtime.project.versions import VersionedProjects
from flowhook.runtime.turns.scheduler import TurnScheduler
from flowhook.runtime.user_data import UserData
from flowhook.storage.protocols import Handovers, Sessions, Transcripts
from flowhook.storage.records import SessionRow, Stale, TaskChange, TimerChange


class SessionStore(Protocol):
    """What is kept of sessions and of their users."""

    @property
    def sessions(self) -> Sessions: ...
    @property
    def handovers(self) -> Handovers: ...
    @property
    def transcripts(self) -> Transcripts: ...


class SessionAdmin:
    """Each change is one transaction against the revision it was read at, so that a turn that runs
    meanwhile is never overwritten: the turn is computed again from the changed session."""

    def __init__(
        self,
        store: SessionStore,
        endpoints: Endpoints,
        projects: VersionedProjects,
        users: UserData,
        turns: TurnScheduler,
        events: EventBus,
        clock: Clock,
    ) -> None:
        self._store = store
        self._endpoints = endpoints
        self._projects = projects
        self._users = users
        self._turns = turns
        self._events = events
        self._clock = clock

    async def find(
        self,
        endpoint: str | None = None,
        user_id: str | None = None,
        session_id: str | None = None,
        limit: int = 50,
        before: tuple[float, bytes] | None = None,
        *,
        nodes: Collection[str] | None = None,
        since: float | None = None,
        until: float | None = None,
        waiting: bool = False,
    ) -> list[JsonObject]:
        """Return short descriptions, newest activity first; ``nodes`` are those where they may stand,
        ``waiting`` are those in whose inbox something waits."""
        rows = await self._store.sessions.find(
            endpoint, user_id, session_id, limit, before,
            nodes=nodes, since=since, until=until, waiting=waiting,
        )  # fmt: skip
        return [_short(row) for row in rows]

    async def search(
        self, text: str, limit: int, before: tuple[int, int] | None = None, **wanted: Any
    ) -> tuple[list[JsonObject], tuple[int, int] | None]:
        """Return sessions in which a text was said, each with the newest message that says it, and where to
        go on. Of endpoints that mask what is kept nothing is found. ``wanted`` as in
        :meth:`Transcripts.search`."""
        redactors = ((endpoint.name, Redactor.of(endpoint)) for endpoint in self._endpoints)
        masked = {name for name, one in redactors if one.masks_records or not one.keeps_conversations}
        page = await self._store.transcripts.search(text, limit, before, skip=masked, **wanted)
        sessions = []
        for found in page.found:
            row = await self._store.sessions.get(SessionRef(found.endpoint, found.user_id, found.session_id))
            if row is not None:
                said = {"traceId": found.trace_id, "at": found.at, "text": found.text}
                sessions.append({**_short(row), "found": said})
        return sessions, page.before

    async def show(self, ref: SessionRef) -> JsonObject:
        """Return all that the session holds. Raises :class:`ApiError` 404."""
        row = await self._row(ref)
        return {**_short(row), "state": row.state}

    async def patch_context(
        self, ref: SessionRef, changes: JsonObject, base_revision: int | None = None
    ) -> JsonObject:
        """Merge ``changes`` into the context (RFC 7396: null removes). 409 when it moved on."""

        def change(state: Session) -> None:
            state.context = merge_patch(state.context, changes)

        return await self._change(ref, change, base_revision)

    async def reset(self, ref: SessionRef) -> JsonObject:
        """Make it as if it had never spoken: first node, default context. Counters go on. A turn that has
        touched the outside does not go on; the callbacks of its tasks are void."""
        fresh = self._fresh(ref)

        def change(state: Session) -> None:
            for field in fields(Session):
                setattr(state, field.name, getattr(fresh, field.name))

        tasks = TaskChange(all_void=True)
        shown = await self._change(ref, change, None, timer=TimerChange(every=True), tasks=tasks)
        self._emit(EventType.SESSION_RESET, ref)
        return shown

    async def go_to(self, ref: SessionRef, target: str) -> JsonObject:
        """Stand at ``flow/node`` (or ``node`` of the flow in force) until the next input. A turn that has
        touched the outside does not go on; a task that the session waits for is over."""

        library = await self._library(ref)

        def change(state: Session) -> None:
            state.frames = [_frame_at(library, target, state.top.flow)]
            state.waiting = False
            state.running = None
            state.pending = None
            state.offers, state.tasks = [], []
            state.handover = None

        shown = await self._change(ref, change, None, timer=TimerChange(), tasks=TaskChange())
        self._emit(EventType.SESSION_MOVED, ref, {"node": shown["node"]})
        return shown

    async def require_target(self, ref: SessionRef, target: str) -> None:
        """Raise what :meth:`go_to` would for a target, ``flow/node`` or ``flow/``, and change nothing."""
        _frame_at(await self._library(ref), target)

    async def forget(self, ref: SessionRef | None = None, user_id: str | None = None) -> int:
        """Erase a session, or all that is kept of a user, of whom no byte is left in the database's files
        then. Returns how many sessions went. All of it goes, also when the caller gives up waiting: a part
        that is left would stand in no list."""
        return await asyncio.shield(self._forget(ref, user_id))

    async def _forget(self, ref: SessionRef | None, user_id: str | None) -> int:
        erased = await self._store.sessions.forget(ref=ref) if ref is not None else 0
        if user_id is not None:
            erased += await self._users.erase(user_id)
        self._turns.forget_idle()
        if erased:
            self._emit(EventType.SESSION_FORGOTTEN, ref or SessionRef("", user_id or "", ""))
        return erased

    async def transcript(self, ref: SessionRef, limit: int) -> list[JsonObject]:
        """Return the last inbounds with their traces and outputs, oldest first. Raises :class:`ApiError`
        404."""
        return await self._entries(await self._row(ref), limit)

    async def export(self, ref: SessionRef | None = None, user_id: str | None = None) -> JsonObject:
        """Return everything that is kept, as one JSON document."""
        if ref is not None:
            rows = [await self._row(ref)]
        else:
            rows = await self._store.sessions.of_user(user_id or "")
        sessions = [
            {**_short(row), "state": row.state, "transcript": await self._entries(row)} for row in rows
        ]
        exported: JsonObject = {"sessions": sessions}
        if user_id is not None:
            exported |= await self._users.export(user_id)
        return exported

    async def _entries(self, row: SessionRow, limit: int | None = None) -> list[JsonObject]:
        """Return the transcript of a session, as its endpoint lets it be kept."""
        entries = await self._store.transcripts.entries(row.ref, limit)
        redactor = Redactor.of(self._endpoints.by_name(row.ref.endpoint))
        blind = BlindMode.from_json(row.state["blind"]) if row.state.get("blind") else None
        waiting = redactor.blinded(blind)
        return [
            (waiting if entry["status"] == "queued" else redactor).transcript_entry(entry)
            for entry in entries
        ]

    def _fresh(self, ref: SessionRef) -> Session:
        """Return a session that has not spoken yet."""
        endpoint = self._endpoints.by_name(ref.endpoint)
        if endpoint is None:
            raise ApiError(404, "unknown_endpoint", f"There is no endpoint {ref.endpoint!r}.")
        return self._projects.in_force(endpoint).new_session(endpoint)

    async def _library(self, ref: SessionRef) -> Library:
        """Return the flows that the session's next turn runs on."""
        row = await self._row(ref)
        state = to_json(row.state) if row.state else None
        endpoint = self._endpoints.by_name(ref.endpoint)
        return (await self._projects.of(endpoint, state)).project.library

    def _emit(self, type: EventType, ref: SessionRef, data: JsonObject | None = None) -> None:
        if self._events.hears(type):
            self._events.emit(Event.of(type, self._clock.now(), ref, "", data))

    async def _row(self, ref: SessionRef) -> SessionRow:
        row = await self._store.sessions.get(ref)
        if row is None:
            raise ApiError(404, "session_not_found", "There is no such session.")
        return row

    async def _change(
        self,
        ref: SessionRef,
        change: Any,
        base_revision: int | None,
        timer: TimerChange | None = None,
        tasks: TaskChange | None = None,
    ) -> JsonObject:
        for _ in range(5):
            row = await self._row(ref)
            if base_revision is not None and base_revision != row.revision:
                raise ApiError(409, "revision_mismatch", f"The session is at revision {row.revision}.")
            state = Session.from_json(row.state) if row.state else self._fresh(ref)
            cut = state.running.seq if tasks is not None and state.running is not None else None
            change(state)
            frame = state.top
            node = f"{frame.flow}/{frame.node}" if frame.node else None
            try:
                await self._store.sessions.change(
                    ref, row.revision, to_json(state.to_json()), node, timer, tasks, cut, state.version
                )
            except Stale:
                continue
            if row.state.get("handover") and state.handover is None:
                await self._store.handovers.abandon(ref)
            if tasks is not None:
                self._turns.wake(ref)
            return await self.show(ref)
        raise ApiError(409, "session_busy", "The session changes faster than it can be edited.")


def _frame_at(library: Library, target: str, in_force: str = "") -> Frame:
    """Return where ``flow/node``, ``flow/``, or a node of the flow in force, is. Raises ApiError 404."""
    flow_name, _, node = target.rpartition("/")
    flow_name = flow_name or in_force
    flow = library.flows.get(flow_name)
    if flow is None:
        raise ApiError(404, "unknown_flow", f"There is no flow {flow_name!r}.")
    if node and node not in flow.nodes:
        raise ApiError(404, "unknown_node", f"There is no node {node!r} in flow {flow_name!r}.")
    return Frame(flow_name, node or None)


def merge_patch(target: JsonObject, changes: JsonObject) -> JsonObject:
    """Apply an RFC 7396 merge patch: null removes, objects merge, anything else replaces."""
    merged = dict(target)
    for name, value in changes.items():
        if value is None:
            merged.pop(name, None)
        elif isinstance(value, dict):
            old = merged.get(name)
            merged[name] = merge_patch(old if isinstance(old, dict) else {}, value)
        else:
            merged[name] = value
    return merged


def _short(row: SessionRow) -> JsonObject:
    shown = {
        "endpoint": row.ref.endpoint,
        "userId": row.ref.user_id,
        "sessionId": row.ref.session_id,
        "revision": row.revision,
        "node": row.node,
        "flowRevision": row.flow_revision,
        "backlog": row.backlog,
        "createdAt": row.created_at,
        "updatedAt": row.updated_at,
    }
    return {**shown, "test": True} if row.test else shown
