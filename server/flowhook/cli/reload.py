"""``serve --reload``: flows and plugins are loaded again when somebody saves one."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Iterable
from pathlib import Path
from typing import Any

from watchfiles import Change, DefaultFilter, awatch

from flowhook.cli.console import good, say, show_problems, warn
from flowhook.flowfiles.diagnostics import has_errors

log = logging.getLogger("flowhook")

SETTLE_MS = 200  #: editors save in several steps
ENDINGS = (".yaml", ".yml", ".py")


class _Sources(DefaultFilter):
    """Flows, plugins, and nothing that tools leave beside them."""

    def __call__(self, change: Change, path: str) -> bool:
        return path.endswith(ENDINGS) and super().__call__(change, path)


async def watch(
    directories: Iterable[Path],
    reload: Callable[[], Awaitable[list[Any]]],
    stopped: asyncio.Event | None = None,
) -> None:
    """Call ``reload`` after each save below the directories, and say what came of it.

    ``reload`` answers the problems; with an error among them the last good version goes on.
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
            log.exception("the reload failed", extra={"action": "reload_failed"})


def report(names: list[str], problems: list[Any]) -> None:
    """What a reload came to."""
    changed = ", ".join(names[:3]) + (f" and {len(names) - 3} more" if len(names) > 3 else "")
    show_problems(problems)
    if has_errors(problems):
        warn(f"{changed} saved, not loaded: the last good version goes on")
    else:
        say(f"{good('reloaded')} {changed}")
