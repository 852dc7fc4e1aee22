"""``serve --reload``: flows and plugins are loaded again when somebody saves one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from watchfiles import Change, DefaultFilter, awatch

from flowhook.cli.console import dim, good, say, show_problems, warn
from flowhook.model.log_action import LogAction
from flowhook.problems.problem import has_errors

if TYPE_CHECKING:
    from flowhook.runtime.reload import Reloaded

log = logging.getLogger("flowhook")

SETTLE_MS = 200  #: editors save in several steps
ENDINGS = (".yaml", ".yml", ".py")


class _Sources(DefaultFilter):
    """Flows, plugins, and nothing that tools leave beside them."""

    def __call__(self, change: Change, path: str) -> bool:
        return path.endswith(ENDINGS) and super().__call__(change, path)


async def watch(
    directories: Iterable[Path],
    reload: Callable[[], Awaitable[Reloaded]],
    stopped: asyncio.Event | None = None,
) -> None:
    """Call ``reload`` after each save below the directories, and say what came of it.

    With an error among the problems of a reload the last good version goes on.
    """
    watched = [directory for directory in directories if directory.is_dir()]
    if not watched:
        warn("there is nothing to watch: neither a flows nor a plugins directory")
        return
    async for changes in awatch(*watched, watch_filter=_Sources(), step=SETTLE_MS, stop_event=stopped):
        names = sorted({Path(path).name for _, path in changes})
        try:
            report(names, await reload())
        except Exception:
            log.exception("the reload failed", extra={"action": LogAction.RELOAD_FAILED})


async def watch_config(file: Path, stopped: asyncio.Event | None = None) -> None:
    """Say so when the configuration is saved: it counts from the next start."""
    name, directory = file.name, file.parent

    def is_it(change: Change, path: str) -> bool:
        return Path(path).name == name

    async for _ in awatch(directory, watch_filter=is_it, step=SETTLE_MS, recursive=False, stop_event=stopped):
        warn(f"{name} saved: restart the server to use it; flows and plugins alone reload by themselves")


def report(names: list[str], reloaded: Reloaded) -> None:
    """What a reload came to."""
    changed = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    show_problems(reloaded.problems)
    if has_errors(reloaded.problems):
        warn(f"{changed} saved, not loaded: the last good version goes on")
        return
    say(f"{good('reloaded')} {changed}")
    for change in reloaded.changes:
        say(dim(f"  {change}"))
    for node, count in sorted(reloaded.stranded.items()):
        sessions = "1 live session stands" if count == 1 else f"{count} live sessions stand"
        cure = reloaded.renames.get(node) or "moved:"
        warn(
            f"{sessions} at {node}, which is gone: the next input enters at the first node ({cure} keeps it)"
        )
