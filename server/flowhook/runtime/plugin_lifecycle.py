"""The life of the plugins of one load: opened, started, and ended before those of the next one start."""

from __future__ import annotations

from typing import NamedTuple

from flowhook.hooks.facade import Hooks
from flowhook.runtime.background import BackgroundTasks
from flowhook.runtime.intake.intake import Intake
from flowhook.runtime.intake.receipts import Receipts
from flowhook.runtime.plugin_app import PluginApp
from flowhook.runtime.project.endpoints import Endpoints
from flowhook.runtime.project.project import Project
from flowhook.runtime.project.shared_models import SharedModels
from flowhook.slow import telling_if_slow


class _Running(NamedTuple):
    """Plugins that were started."""

    hooks: Hooks
    app: PluginApp
    tasks: BackgroundTasks


class PluginLifecycle:
    """Starts and stops the plugins of one project at a time. What they spawn ends with them.
    ``models``: what NLU engines learned, here and elsewhere."""

    def __init__(
        self,
        endpoints: Endpoints,
        intake: Intake,
        receipts: Receipts,
        public_url: str,
        models: SharedModels,
    ) -> None:
        self._endpoints = endpoints
        self._intake = intake
        self._receipts = receipts
        self._public_url = public_url
        self._models = models
        self._running: _Running | None = None

    async def open(self, project: Project, endpoints: Endpoints | None = None) -> None:
        """Open the outputs of a project and prepare its engines. ``endpoints``: those that it is to serve,
        where they are not in force yet. Raises PluginError."""
        await self._models.fetch()
        await project.open(endpoints or self._endpoints, self._models.folder)
        await self._models.share()

    async def share_models(self) -> None:
        """Let other processes have what engines have learned since, and keep what is needed here."""
        await self._models.share()

    async def start(self, project: Project, endpoints: Endpoints | None = None) -> None:
        """Call every ``startup``. Raises PluginError, and then nothing of theirs runs."""
        tasks = BackgroundTasks()
        resources = project.hooks.resources
        assert resources is not None, "plugins that run have resources"
        known = endpoints or self._endpoints
        app = PluginApp(known, self._intake, self._receipts, tasks, self._public_url, resources)
        try:
            async with telling_if_slow(lambda: "the startup of plugins"):
                await project.hooks.startup(app)
        except BaseException:
            await tasks.cancel()
            raise
        self._running = _Running(project.hooks, app, tasks)

    async def stop(self) -> None:
        """Call every ``shutdown`` of the plugins that run, and end what they spawned."""
        running, self._running = self._running, None
        if running is not None:
            await running.hooks.shutdown(running.app)
            await running.tasks.cancel()
