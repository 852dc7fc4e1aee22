"""``serve --reload``: configuration, flows and plugins are loaded again when somebody saves one."""

from __future__ import annotations

import asyncio
import logging
import os
from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
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
    """The configuration, flows, plugins, and nothing that tools leave beside them."""

    def __init__(self, config_file: Path, folders: Iterable[Path]) -> None:
        super().__init__()
        self._config_file = str(config_file)
        self._folders = tuple(f"{folder}{os.sep}" for folder in folders)

    def __call__(self, change: Change, path: str) -> bool:
        if path == self._config_file:
            return True
        return path.startswith(self._folders) and path.endswith(ENDINGS) and super().__call__(change, path)


async def watch(
    config_file: Path,
    config: Config,
    reload: Callable[[], Awaitable[Reloaded]],
    stopped: asyncio.Event | None = None,
) -> None:
    """Call ``reload`` after each save of the configuration, a flow or a plugin, and say what came of it.

    With an error among the problems of a reload the last good version goes on. ``config`` is the one in
    force: where it names other folders after a reload, these are watched.
    """
    while stopped is None or not stopped.is_set():
        folders = _folders(config)
        async for changes in _changes(config_file, folders, stopped):
            names = sorted({Path(path).name for _, path in changes})
            try:
                report(names, await reload())
            except Exception:
                log.exception("the reload failed", extra={"action": LogAction.RELOAD_FAILED})
            if _folders(config) != folders:
                break


def _folders(config: Config) -> list[Path]:
    return [folder.resolve() for folder in (config.flows_dir, config.plugins_dir) if folder.is_dir()]


def _changes(
    config_file: Path, folders: list[Path], stopped: asyncio.Event | None
) -> AsyncGenerator[set[tuple[Change, str]], None]:
    """Changes of the file and below the folders. Of the file's own folder nothing else counts, and editors
    put another file in its place, so the folder is what is watched."""
    file = config_file.resolve()
    sources = _Sources(file, folders)
    return awatch(file.parent, *folders, watch_filter=sources, step=SETTLE_MS, stop_event=stopped)


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
