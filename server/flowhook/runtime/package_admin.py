"""What administration may do with packages: export the flows in force, import others and reload.

What packages are made with is imported with the first of them, in its thread.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from flowhook.config import Config
from flowhook.errors import ApiError, FlowhookError
from flowhook.model.inbound import JsonObject
from flowhook.problems.problem import Problem
from flowhook.runtime.project.current import CurrentProject
from flowhook.runtime.project.project import Project
from flowhook.runtime.reload import Reloaded

if TYPE_CHECKING:
    from flowhook.versions.importing import ImportPlan, PlannedFile

OnConflict = Literal["ask", "keep", "replace"]


class PackageAdmin:
    """Imports one after the other. The files of the project are what is changed; the reload follows."""

    def __init__(
        self, config: Config, current: CurrentProject, reload: Callable[[], Awaitable[Reloaded]]
    ) -> None:
        self._config = config
        self._current = current
        self._reload = reload
        self._lock = asyncio.Lock()

    async def export(self, flows: Sequence[str]) -> bytes:
        """Return a package of these flows (none: all) and what they lead to. Raises :class:`ApiError` 404."""
        return await asyncio.to_thread(self._export, self._current.project, flows)

    def _export(self, project: Project, flows: Sequence[str]) -> bytes:
        from flowhook.versions.exporting import make_package
        from flowhook.versions.package import write_package

        try:
            package, _ = make_package(self._config, project.loaded, project.hooks, flows)
        except FlowhookError as error:
            raise ApiError(404, "unknown_flow", str(error)) from error
        return write_package(package)

    async def take_in(self, raw: bytes, on_conflict: OnConflict, *, dry_run: bool) -> JsonObject:
        """Import a package, and return the plan with the paths that were written (none for a dry run).

        Raises :class:`ApiError`: 400 for what is no package; 409 when files differ and ``on_conflict`` is
        ask; 422 when the flows would have errors or do not load. Then nothing is changed.
        """
        async with self._lock:
            project = self._current.project
            plan = await asyncio.to_thread(self._plan, project, raw)
            from flowhook.versions.importing import check_import, install

            if dry_run:
                return {**plan.to_json(), "written": []}
            if on_conflict == "ask" and (differing := plan.of("differs")):
                raise ApiError(409, "package_conflict", "Some files differ.", errors=_differing(differing))
            writes = plan.writes(lambda _: on_conflict == "replace")
            problems = await asyncio.to_thread(
                check_import, self._config, project.loaded, project.hooks, writes
            )
            _refuse(problems)
            installed = await asyncio.to_thread(install, self._config.flows_dir, writes)
            try:
                _refuse((await self._reload()).problems)
            except BaseException:
                installed.undo()
                raise
        return {**plan.to_json(), "written": sorted(writes)}

    async def installed(self, package: str, written: Sequence[str]) -> JsonObject:
        """Return what somebody else has written of a package, by its hash. Raises :class:`ApiError` 400 for a
        path that is no file among the flows."""
        for path in written:
            if not await asyncio.to_thread(_is_file_below, self._config.flows_dir, path):
                raise ApiError(400, "invalid_package", f"There is no file {path!r} among the flows.")
        return {"package": package, "written": sorted(written)}

    def _plan(self, project: Project, raw: bytes) -> ImportPlan:
        from flowhook.versions.importing import plan_import
        from flowhook.versions.package import PackageError, read_package

        try:
            return plan_import(self._config, project.loaded, project.hooks, read_package(raw))
        except PackageError as error:
            raise ApiError(400, "invalid_package", f"The package cannot be used: {error}.") from error


def _is_file_below(directory: Path, path: str) -> bool:
    try:
        file = (directory / path).resolve()
        return file.is_relative_to(directory.resolve()) and file.is_file()
    except (OSError, ValueError):
        return False


def _refuse(problems: Sequence[Problem]) -> None:
    errors = [
        {"field": f"{problem.file}:{problem.line}:{problem.column}", "message": problem.text}
        for problem in problems
        if problem.severity == "error"
    ]
    if errors:
        raise ApiError(422, "reload_failed", "Nothing was changed.", errors=errors)


def _differing(files: Sequence[PlannedFile]) -> list[dict[str, str]]:
    return [{"field": file.path, "message": "is another one here"} for file in files]
