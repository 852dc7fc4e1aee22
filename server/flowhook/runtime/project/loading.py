"""Loading a project in a thread of its own: within a time, and telling where it hangs."""

from __future__ import annotations

import asyncio
import sys
import threading
from pathlib import Path

from flowhook.config import Config
from flowhook.hooks.calling.threads import ThreadPool
from flowhook.hooks.facade import Resources
from flowhook.hooks.loading.loader import PluginLoadError
from flowhook.problems.catalogue import PLUGIN
from flowhook.problems.problem import Problem
from flowhook.runtime.project.project import Project, load_project
from flowhook.slow import telling_if_slow

LOAD_SECONDS = 60.0  #: for all flows and plugins


async def load_in_thread(config: Config, resources: Resources, previous: Project | None = None) -> Project:
    """Load flows and plugins; the event loop goes on, whatever a plugin does while it is imported.

    Raises PluginLoadError or FlowFileError with all problems; a plugin that hangs is one of them.
    """
    pool, thread = ThreadPool(1), _LoadingThread(config.plugins_dir)

    def load() -> Project:
        thread.ident = threading.get_ident()
        return load_project(config, resources, previous)

    try:
        async with telling_if_slow(thread.describe), asyncio.timeout(LOAD_SECONDS):
            project: Project = await pool.run(load)
            return project
    except TimeoutError:
        file, line = thread.position() or ("plugins", 1)
        message = f"loading takes more than {LOAD_SECONDS:g} s"
        raise PluginLoadError([Problem(PLUGIN, message, file, line)]) from None
    finally:
        pool.close()


class _LoadingThread:
    """Where the thread stands that loads."""

    def __init__(self, plugins: Path) -> None:
        self.ident = 0
        self._plugins = plugins.absolute()

    def position(self) -> tuple[str, int] | None:
        """Return file and line of the plugin that is being imported; None when none is."""
        frame = sys._current_frames().get(self.ident)
        while frame is not None:
            file = Path(frame.f_code.co_filename)
            if file.is_relative_to(self._plugins):
                return str(file), frame.f_lineno
            frame = frame.f_back
        return None

    def describe(self) -> str:
        """Say what is waited for."""
        position = self.position()
        return "flows and plugins to load" + (f", at {position[0]}:{position[1]}" if position else "")
