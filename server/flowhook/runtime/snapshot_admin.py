"""What administration may do with snapshots: create, show, compare, put into force, delete."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING

from flowhook.clock import Clock
from flowhook.engine.flow import Library
from flowhook.errors import ApiError, FlowFileError, PluginError
from flowhook.model.endpoint import Endpoint
from flowhook.model.event import Event, EventType
from flowhook.model.inbound import JsonObject
from flowhook.problems.suggestion import did_you_mean
from flowhook.runtime.observe.event_bus import EventBus
from flowhook.runtime.project.current import CurrentProject
from flowhook.runtime.project.endpoints import Endpoints
from flowhook.runtime.project.versions import VersionedProjects
from flowhook.runtime.turns.scheduler import TurnScheduler
from flowhook.storage.protocols import Versions
from flowhook.storage.records import SnapshotRow

if TYPE_CHECKING:
    from flowhook.versions.contents import Contents

LIVE = "live"  #: stands for what is loaded now, wherever a snapshot is named
MAX_SNAPSHOTS = 100
SessionCounts = Mapping[str, Mapping[str, int]]  #: by version, by endpoint
_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


class SnapshotAdmin:
    """Snapshots are immutable: a name is given once, to what was loaded at that time."""

    def __init__(
        self,
        versions: Versions,
        projects: VersionedProjects,
        endpoints: Endpoints,
        current: CurrentProject,
        turns: TurnScheduler,
        events: EventBus,
        clock: Clock,
    ) -> None:
        self._versions = versions
        self._projects = projects
        self._endpoints = endpoints
        self._current = current
        self._turns = turns
        self._events = events
        self._clock = clock

    async def create(self, name: str) -> JsonObject:
        """Keep what is loaded now under a name. Raises :class:`ApiError` 400, 409."""
        if not _NAME.fullmatch(name) or name == LIVE:
            raise ApiError(
                400,
                "invalid_field",
                "A snapshot's name has 1 to 64 letters, digits, _ . and -, and is not live.",
            )
        if len(await self._versions.named()) >= MAX_SNAPSHOTS:
            raise ApiError(
                409, "too_many_snapshots", f"There are {MAX_SNAPSHOTS} snapshots; delete one first."
            )
        contents = await self._projects.live_contents()
        if not await self._versions.keep(contents.to_version(), name):
            raise ApiError(
                409, "name_taken", f"There is a snapshot named {name!r} already; it does not change."
            )
        return await self.show(name)

    async def find(self) -> list[JsonObject]:
        """Return short descriptions, oldest first."""
        chosen, sessions = await self._projects.chosen(), await self._sessions()
        return [_short(row, chosen, sessions) for row in await self._versions.named()]

    async def show(self, name: str) -> JsonObject:
        """Return all that a snapshot holds but the texts. Raises :class:`ApiError` 404."""
        row = await self._row(name)
        manifest = (await self._projects.contents(row.version)).manifest.to_json()
        manifest.pop("format")
        warnings = await self._projects.warnings(row)
        short = _short(row, await self._projects.chosen(), await self._sessions())
        return {**short, **manifest, "warnings": warnings}

    async def compare(self, old: str, new: str) -> JsonObject:
        """Return what differs between two snapshots, or one and ``live``. Raises :class:`ApiError`
        404, 422."""
        from flowhook.versions.differences import find_differences

        before, after = await self._side(old), await self._side(new)
        return find_differences(*before, *after).to_json()

    async def delete(self, name: str) -> None:
        """Take a snapshot away. Raises :class:`ApiError` 404, and 409 while somebody uses it."""
        row = await self._row(name)
        users = [f"the endpoint {endpoint}" for endpoint in _users(row, await self._projects.chosen())]
        names = [other.name for other in await self._versions.named() if other.version == row.version]
        if len(names) == 1:  # another name would keep the version
            users += [
                f"{count} session{'' if count == 1 else 's'} of {endpoint}"
                for endpoint, count in (await self._sessions()).get(row.version, {}).items()
            ]
        if users:
            raise ApiError(409, "snapshot_in_use", f"The snapshot {name!r} is used by {', '.join(users)}.")
        await self._projects.forget(name)
        await self._versions.drop(name)
        await self._projects.prune()

    async def use(self, endpoint: Endpoint, name: str | None) -> list[str]:
        """Let an endpoint serve a snapshot, or (None) the live flows. Its next turns run on it; none is lost.
        Returns warnings. Raises :class:`ApiError` 404, 422."""
        row = await self._row(name) if name not in (None, LIVE) else None
        before = (await self._projects.chosen()).get(endpoint.name)
        try:
            await self._projects.use(endpoint, row)
        except (FlowFileError, PluginError) as error:
            raise _unusable(name or LIVE, error) from error
        await self._turns.retry_held_back()
        data: JsonObject = {"before": before, "after": row and row.name}
        self._events.emit(
            Event(EventType.SNAPSHOT_USED, self._clock.now(), endpoint=endpoint.name, data=data)
        )
        return await self._projects.warnings(row) if row is not None else []

    async def _side(self, name: str) -> tuple[Contents, Library]:
        """One side of a comparison: its contents, and its flows compiled."""
        if name == LIVE:
            return await self._projects.live_contents(), self._current.project.library
        row = await self._row(name)
        try:
            project = await self._projects.load(row.version, self._current.project, [])
            return await self._projects.contents(row.version), project.library
        except (FlowFileError, PluginError) as error:
            raise _unusable(name, error) from error

    async def _row(self, name: str) -> SnapshotRow:
        row = await self._versions.find(name)
        if row is None:
            hint = did_you_mean(name, [known.name for known in await self._versions.named()])
            text = f"There is no snapshot {name!r}" + (f"; {hint}" if hint else ".")
            raise ApiError(404, "unknown_snapshot", text)
        return row

    async def _sessions(self) -> SessionCounts:
        """How many sessions keep which version."""
        found: dict[str, dict[str, int]] = {}
        for use in await self._versions.sessions():
            found.setdefault(use.version, {})[use.endpoint] = use.sessions
        return found


def _users(row: SnapshotRow, chosen: Mapping[str, str]) -> list[str]:
    """The endpoints that serve it, by its name."""
    return [endpoint for endpoint, name in chosen.items() if name == row.name]


def _short(row: SnapshotRow, chosen: Mapping[str, str], sessions: SessionCounts) -> JsonObject:
    return {
        "name": row.name,
        "hash": row.version,
        "createdAt": row.created_at,
        "usedBy": _users(row, chosen),
        "sessions": sum(sessions.get(row.version, {}).values()),
    }


def _unusable(name: str, error: FlowFileError | PluginError) -> ApiError:
    problems = error.problems if isinstance(error, FlowFileError) else []
    errors = [
        {"field": f"{problem.file}:{problem.line}:{problem.column}", "message": problem.text}
        for problem in problems
        if problem.severity == "error"
    ]
    detail = f"The snapshot {name!r} cannot serve here" + ("." if errors else f": {error}")
    return ApiError(422, "snapshot_unusable", detail, errors=errors)
