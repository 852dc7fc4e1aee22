"""``serve --reload``: configuration, flows and plugins are loaded again when somebody saves one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Collection
from pathlib import Path
from typing import TYPE_CHECKING

from watchfiles import Change, DefaultFilter, awatch

from flowhook.cli.console import dim, good, say, show_problems, warn
from flowhook.model.log_action import LogAction
from flowhook.problems.problem import has_errors

if TYPE_CHECKING:
    from flowhook.config import Config
    from flowhook.config.changes import ConfigChanges
    from flowhook.runtime.reload import Reloaded

log = logging.getLogger("flowhook")

SETTLE_MS = 200  #: editors save in several steps
ENDINGS = (".yaml", ".yml", ".py")


class _Sources(DefaultFilter):
    """Flows, plugins, and nothing that tools leave beside them."""

    def __call__(self, change: Change, path: str) -> bool:
        return path.endswith(ENDINGS) and super().__call__(change, path)


async def watch(config_file: Path, config: Config, reload: Callable[[], Awaitable[Reloaded]]) -> None:
    """Call ``reload`` after each save of the configuration, a flow or a plugin, and say what came of it;
    until it is cancelled.

    With an error among the problems of a reload the last good version goes on. ``config`` is the one in
    force: where it names other folders after a reload, these are watched.
    """
    watcher = _Watcher(config_file, config, reload)
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(watcher.watch_config())
        tasks.create_task(watcher.watch_sources())


class _Watcher:
    """Watches the file by itself, in its folder, and all that is below the folders of flows and plugins."""

    def __init__(self, file: Path, config: Config, reload: Callable[[], Awaitable[Reloaded]]) -> None:
        self._file = file.resolve()
        self._config = config
        self._reload = reload
        self._moved = asyncio.Event()  #: the configuration names other folders
        self._watching = asyncio.Event()  #: the folders that it names

    async def watch_config(self) -> None:
        """Editors put another file in the place of one, so the folder is what is watched."""
        folder, name = self._file.parent, str(self._file)
        changes = awatch(folder, watch_filter=lambda _, path: path == name, step=SETTLE_MS, recursive=False)
        async for _ in changes:
            await self._saved({self._file.name}, self._watching.wait)

    async def watch_sources(self) -> None:
        """Begin anew when the configuration names other folders."""
        while True:
            self._moved.clear()
            if not (folders := self._folders()):
                self._watching.set()
                await self._moved.wait()
                continue
            changes = awatch(*folders, watch_filter=_Sources(), step=SETTLE_MS, stop_event=self._moved)
            upcoming = asyncio.ensure_future(anext(changes, None))
            await asyncio.sleep(0)  # its first step is to watch
            self._watching.set()
            while (saved := await upcoming) is not None:
                await self._saved({Path(path).name for _, path in saved}, _at_once)
                upcoming = asyncio.ensure_future(anext(changes, None))

    def _folders(self) -> list[Path]:
        config = self._config
        return [folder for folder in (config.flows_dir, config.plugins_dir) if folder.is_dir()]

    async def _saved(self, names: Collection[str], watched: Callable[[], Awaitable[object]]) -> None:
        """Reload, and tell of it once the folders that it brought are ``watched``."""
        before = self._folders()
        try:
            reloaded = await self._reload()
            if self._folders() != before:
                self._watching.clear()
                self._moved.set()
                await watched()
            report(sorted(names), reloaded)
        except Exception:
            log.exception("the reload failed", extra={"action": LogAction.RELOAD_FAILED})


async def _at_once() -> None:
    """Wait for nothing: who watches the folders cannot wait for itself."""


def report(names: list[str], reloaded: Reloaded) -> None:
    """What a reload came to."""
    changed = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    show_problems(reloaded.problems)
    if has_errors(reloaded.problems):
        warn(f"{changed} saved, not loaded: the last good version goes on")
        return
    say(f"{good('reloaded')} {changed}")
    for change in [*_told(reloaded.config), *reloaded.changes]:
        say(dim(f"  {change}"))
    for section in reloaded.config.restart:
        warn(f"{section} changed: that takes effect with the next start")
    for node, count in sorted(reloaded.stranded.items()):
        sessions = "1 live session stands" if count == 1 else f"{count} live sessions stand"
        cure = reloaded.renames.get(node) or "moved:"
        warn(
            f"{sessions} at {node}, which is gone: the next input enters at the first node ({cure} keeps it)"
        )


def _told(changes: ConfigChanges) -> list[str]:
    """What of the configuration is in force now, a line each."""
    lines = [f"config: {section} changed" for section in changes.sections]
    for what in ("added", "changed", "removed"):
        lines += [f"endpoint {name}: {what}" for name in getattr(changes, what)]
    return lines
