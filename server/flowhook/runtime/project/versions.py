"""Which version of the project serves whom: the live flows, an endpoint's snapshot, or the version in which a
session began.

An endpoint follows the live flows unless it is pinned to a snapshot. Where its setting ``session.pin`` is
true, a session keeps the version in which it began until its conversation has ended. For all other endpoints
nothing is looked at: :meth:`VersionedProjects.of` returns the live project.
"""

from __future__ import annotations

import asyncio
import logging
from collections import OrderedDict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from pydantic_core import from_json, to_json

from flowhook.config import Config
from flowhook.errors import FlowFileError, PluginError
from flowhook.model.endpoint import Endpoint
from flowhook.model.log_action import LogAction
from flowhook.model.session import Session, version_of
from flowhook.problems.catalogue import BAD_VALUE, UNKNOWN_FLOW
from flowhook.problems.problem import Problem
from flowhook.runtime.project.current import CurrentProject
from flowhook.runtime.project.endpoints import Endpoints
from flowhook.runtime.project.project import Project, load_version
from flowhook.storage.protocols import Settings, Versions
from flowhook.storage.records import SnapshotRow
from flowhook.versions.contents import Contents, contents_of
from flowhook.versions.plugin_versions import plugin_versions, plugin_warnings

log = logging.getLogger("flowhook")

MAX_LOADED = 8  #: versions in memory beside those that endpoints serve; the one used longest ago goes first
USED = "snapshot:"  #: settings of the store: what ``snapshots use`` said, by endpoint


class Serving(NamedTuple):
    """What a turn runs on, and the version that its session is to keep (None: it follows the endpoint).
    ``snapshot`` is the name of the snapshot that it is, if it is one that an endpoint serves."""

    project: Project
    version: str | None = None
    snapshot: str | None = None


class Pinned(NamedTuple):
    """The snapshot that an endpoint serves."""

    snapshot: SnapshotRow
    project: Project


@dataclass(slots=True)
class Staged:
    """What is to serve beside one live project: made ready before it is put into force."""

    live: str | None = None  #: the hash of the live version, where sessions may keep it
    pinned: dict[str, Pinned] = field(default_factory=dict)  #: by endpoint


class VersionedProjects:
    """The projects of all versions that are in use. :meth:`stage` and :meth:`adopt` bring those of the
    endpoints; those that only sessions keep are loaded when the first of these speaks."""

    def __init__(
        self,
        config: Config,
        versions: Versions,
        settings: Settings,
        endpoints: Endpoints,
        current: CurrentProject,
        cache: Path | None = None,
    ) -> None:
        """``cache`` is the folder in which engines may keep what they learned."""
        self._config = config
        self._versions = versions
        self._settings = settings
        self._endpoints = endpoints
        self._current = current
        self._cache = cache
        self.changing = asyncio.Lock()  #: held by whoever stages and adopts, or uses
        self._staged = Staged()
        self._served: set[str] = set()  #: versions that were served since the last :meth:`prune`
        self._plain: set[str] = set()  #: endpoints for which there is nothing to decide
        self._loaded: OrderedDict[str, Project] = OrderedDict()
        self._unusable: set[str] = set()  #: versions that do not load with the plugins of now
        self._loading = asyncio.Lock()

    # --- who is served what -----------------------------------------------------------------------

    async def of(self, endpoint: Endpoint | None, state: bytes | None) -> Serving:
        """Return what a session with this state (JSON; None: a new one) is served at an endpoint."""
        serving = self.at_once(endpoint, state)
        if serving is None:
            assert endpoint is not None
            assert state is not None
            began = version_of(state)
            assert began is not None
            kept = await self._kept(began)
            serving = Serving(kept, began) if kept is not None else self._in_force(endpoint)
        return serving

    def at_once(self, endpoint: Endpoint | None, state: bytes | None) -> Serving | None:
        """Return the same without waiting; None when the version that the session keeps is to be loaded."""
        if endpoint is None or endpoint.name in self._plain:
            return Serving(self._current.project)
        pinned = self._staged.pinned.get(endpoint.name)
        if not endpoint.config.session.pin:
            if pinned is None:
                return Serving(self._current.project)
            return Serving(pinned.project, snapshot=pinned.snapshot.name)
        in_force = self._in_force(endpoint)
        began = version_of(state) if state is not None else None
        if began is None or began == in_force.version or began in self._unusable or _is_at_rest(state):
            return in_force
        if began == self._staged.live:
            return Serving(self._current.project, began)
        kept = self._loaded.get(began)
        if kept is None:
            return None
        self._loaded.move_to_end(began)
        return Serving(kept, began)

    def in_force(self, endpoint: Endpoint) -> Project:
        """Return what a session is served that begins now."""
        return self._in_force(endpoint).project

    def all_of(self, endpoint: Endpoint) -> Iterable[Project]:
        """Return every project that a session of this endpoint may run on, as far as they are loaded."""
        yield self.in_force(endpoint)
        if endpoint.config.session.pin:
            yield from self._loaded.values()

    async def following_edits(self) -> list[Endpoint]:
        """Return the endpoints whose sessions an edit of the flows moves to the edited ones."""
        chosen = await self.chosen()
        return [
            endpoint
            for endpoint in self._endpoints
            if endpoint.name not in chosen and not endpoint.config.session.pin
        ]

    def _hashes(self) -> set[str]:
        """The versions that are served: they have to be kept, though no session may stand in them."""
        kept = {pinned.snapshot.version for pinned in self._staged.pinned.values()}
        return kept | ({self._staged.live} if self._staged.live is not None else set())

    def _in_force(self, endpoint: Endpoint) -> Serving:
        pinned = self._staged.pinned.get(endpoint.name)
        if pinned is not None:
            return Serving(pinned.project, pinned.snapshot.version, pinned.snapshot.name)
        return Serving(self._current.project, self._staged.live)

    # --- bringing versions into force ---------------------------------------------------------------

    async def stage(
        self, live: Project, config: Config | None = None, endpoints: Endpoints | None = None
    ) -> Staged:
        """Make ready what the endpoints are to serve beside ``live``: load their snapshots for its plugins,
        and keep what is live itself where sessions may stand in it. ``config`` and ``endpoints`` are those
        that come into force with it, where they are others. Raises FlowFileError with everything that is
        wrong, PluginError."""
        config, endpoints = config or self._config, endpoints or self._endpoints
        staged, problems = Staged(), []
        chosen = await self.chosen(endpoints)
        named = {row.name: row for row in await self._versions.named()} if chosen else {}
        for number, endpoint in enumerate(endpoints):
            name = chosen.get(endpoint.name)
            if name is None:
                continue
            row = named.get(name)
            try:
                if row is None:
                    raise FlowFileError("no snapshot", [_unknown(config, number, endpoint, name)])
                project = await self.load(row.version, live, [endpoint], config)
                staged.pinned[endpoint.name] = Pinned(row, project)
            except FlowFileError as error:
                problems += error.problems
        if problems:
            raise FlowFileError("endpoints cannot serve their snapshots", problems)
        if any(endpoint.config.session.pin for endpoint in endpoints):
            contents = await asyncio.to_thread(contents_of, config, live.loaded, live.hooks.plugins)
            version = contents.to_version()
            await self._versions.keep(version)
            staged.live = version.hash
        return staged

    async def chosen(self, endpoints: Endpoints | None = None) -> dict[str, str]:
        """Return endpoint → the name of the snapshot that it is to serve, whether it serves now or not."""
        used = await self._settings.with_prefix(USED)
        endpoints = endpoints or self._endpoints
        chosen = {endpoint.name: _chosen(endpoint, used.get(USED + endpoint.name)) for endpoint in endpoints}
        return {endpoint: name for endpoint, name in chosen.items() if name is not None}

    async def forget(self, snapshot: str) -> None:
        """Forget where a snapshot was used that is gone: an endpoint that was removed may come back."""
        for setting, used in (await self._settings.with_prefix(USED)).items():
            if from_json(used)["use"] == snapshot:
                await self._settings.set(setting, None)

    def adopt(self, staged: Staged) -> None:
        """Let staged versions serve, beside the live project for which they were made ready."""
        self._loaded.clear()
        self._unusable.clear()
        self._put(staged)

    def _put(self, staged: Staged) -> None:
        self._staged = staged
        self._served |= self._hashes()
        self._plain = {
            endpoint.name
            for endpoint in self._endpoints
            if endpoint.name not in staged.pinned and not endpoint.config.session.pin
        }

    async def use(self, endpoint: Endpoint, snapshot: SnapshotRow | None) -> None:
        """Let an endpoint serve a snapshot from its next turn on, or (None) the live flows, and remember it.
        Raises FlowFileError, PluginError: then it serves what it served before."""
        async with self.changing:
            pinned = dict(self._staged.pinned)
            before = pinned.pop(endpoint.name, None)
            if snapshot is not None:
                project = await self.load(snapshot.version, self._current.project, [endpoint])
                pinned[endpoint.name] = Pinned(snapshot, project)
            choice = {"use": snapshot and snapshot.name, "config": endpoint.config.snapshot}
            await self._settings.set(USED + endpoint.name, to_json(choice).decode())
            if before is not None and endpoint.config.session.pin:
                self._loaded[before.snapshot.version] = before.project  # its sessions stay in it
            self._put(Staged(self._staged.live, pinned))

    async def prune(self) -> None:
        """Let go of the versions that nobody serves or keeps any more: in memory, and in the store."""
        async with self.changing:
            kept = {use.version for use in await self._versions.sessions()}
            for hash in self._loaded.keys() - kept:
                del self._loaded[hash]
            # What was served until now may run in a turn that has yet to be committed.
            await self._versions.prune(self._served)
            self._served = self._hashes()

    async def load(
        self, hash: str, live: Project, endpoints: Iterable[Endpoint], config: Config | None = None
    ) -> Project:
        """Load a version for the plugins of ``live``, ready to serve these endpoints: compiled in a thread,
        and learned by the engines that they name. Raises FlowFileError, PluginError."""
        endpoints = list(endpoints)
        project = self._known(hash, live)
        if project is None:
            contents = await self.contents(hash)
            project = await asyncio.to_thread(load_version, config or self._config, live, contents)
        problems = [
            Problem(
                UNKNOWN_FLOW, f'there is no flow "{endpoint.flow}" for "{endpoint.name}" in it', "config.yaml"
            )
            for endpoint in endpoints
            if project.entries.get(endpoint.name, endpoint.flow) not in project.library.flows
        ]
        if problems:
            raise FlowFileError("the snapshot lacks flows", problems)
        await project.prepare(endpoints, self._cache)
        return project

    async def contents(self, hash: str) -> Contents:
        """Return what a version consists of. Raises FlowFileError when it is not kept, or not readable."""
        version = await self._versions.get(hash)
        if version is None:
            raise FlowFileError("no such version", [Problem(BAD_VALUE, "the version is not kept", hash[:12])])
        try:
            return Contents.of_version(version)
        except ValueError as error:
            raise FlowFileError("unreadable version", [Problem(BAD_VALUE, str(error), hash[:12])]) from error

    async def live_contents(self) -> Contents:
        """Return what is live now."""
        return await asyncio.to_thread(self._contents, self._current.project)

    async def warnings(self, snapshot: SnapshotRow) -> list[str]:
        """Return what is not here as it was when a snapshot was taken: its plugins."""
        kept = (await self.contents(snapshot.version)).manifest.plugins
        here = plugin_versions(self._current.project.hooks.plugins)
        return plugin_warnings(kept, here, f"the snapshot {snapshot.name}")

    async def warn(self) -> None:
        """Log what is not as it was in the snapshots that are served."""
        for name, pinned in self._staged.pinned.items():
            for warning in await self.warnings(pinned.snapshot):
                log.warning("endpoint %s: %s", name, warning, extra={"action": LogAction.SNAPSHOT_DIFFERS})

    def _contents(self, project: Project) -> Contents:
        return contents_of(self._config, project.loaded, project.hooks.plugins)

    def _known(self, hash: str, live: Project) -> Project | None:
        """A project of this version that is loaded for the plugins of ``live``."""
        if live is not self._current.project:
            return None
        pinned = (stage.project for stage in self._staged.pinned.values() if stage.snapshot.version == hash)
        return self._loaded.get(hash) or next(pinned, None)

    async def _kept(self, hash: str) -> Project | None:
        """Load the version that a session keeps; None when it cannot serve any more."""
        async with self._loading:
            project = self._loaded.get(hash)
            if project is None and hash not in self._unusable:
                project = await self._load_kept(hash)
        if project is not None:
            self._loaded[hash] = project
            self._loaded.move_to_end(hash)
            while len(self._loaded) > MAX_LOADED:
                self._loaded.popitem(last=False)
        return project

    async def _load_kept(self, hash: str) -> Project | None:
        pinning = [endpoint for endpoint in self._endpoints if endpoint.config.session.pin]
        while True:
            live = self._current.project
            try:
                contents = await self.contents(hash)
                project = await asyncio.to_thread(load_version, self._config, live, contents)
                await project.prepare(pinning, self._cache)
            except (FlowFileError, PluginError) as error:
                self._unusable.add(hash)
                reasons = [problem.text for problem in getattr(error, "problems", ())] or [str(error)]
                log.warning(
                    "the version %s, which sessions keep, cannot serve: %s; they go on with the one in force",
                    hash[:12],
                    "; ".join(reasons),
                    extra={"action": LogAction.VERSION_UNUSABLE},
                )
                return None
            if live is self._current.project:
                return project


def _unknown(config: Config, number: int, endpoint: Endpoint, name: str) -> Problem:
    file, line, column = config.locate(("endpoints", number, "snapshot"))
    message = f'no snapshot "{name}" for endpoint "{endpoint.name}"'
    return Problem(BAD_VALUE, message, file, line, column, hint=f"flowhook snapshots create {name}")


def _chosen(endpoint: Endpoint, used: str | None) -> str | None:
    """The snapshot of an endpoint: what was said last, by ``snapshots use`` or by an edit of its setting."""
    choice: Mapping[str, str | None] = from_json(used) if used is not None else {}
    configured: str | None = endpoint.config.snapshot
    return choice["use"] if choice and choice["config"] == configured else configured


def _is_at_rest(state: bytes | None) -> bool:
    return state is None or Session.from_json(from_json(state)).is_at_rest
