"""The ASGI application of the server: the public routes, and Quart behind them.

Quart and all of administration are imported at the first request that needs them: a server that carries
messages and answers probes does without, and starts sooner.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Sequence
from importlib import import_module
from typing import TYPE_CHECKING, cast

from flowhook.model.log_action import LogAction
from flowhook.web.admin.auth import AdminGuard
from flowhook.web.admin.browser_logins import BrowserLogins
from flowhook.web.core.http import App, Receive, Scope, Send
from flowhook.web.messages.asgi import MessageApp

if TYPE_CHECKING:
    from quart import Quart

    from flowhook.runtime.application import Application
    from flowhook.runtime.project.project import Project
    from flowhook.web.admin.routes import Extension

log = logging.getLogger("flowhook.web")


def create_app(application: Application, extensions: Sequence[Extension] = ()) -> MessageApp:
    """Return all of HTTP, which is what the server runs. ``extensions`` bring further routes of
    administration; they are called when the first request to administration comes."""
    return MessageApp(application, ReloadingQuart(application, extensions))


class ReloadingQuart:
    """The Quart app of the project in force: made when it is first needed, and anew after a reload, since
    plugins bring routes."""

    def __init__(self, application: Application, extensions: Sequence[Extension] = ()) -> None:
        self._application = application
        self._extensions = extensions
        server = application.config.server
        self._guard = AdminGuard(
            application.admin_key,
            application.clock,
            server.trusted_proxies,
            application.config.admin_keys,
            BrowserLogins(application.store.settings, application.clock, server.public_url),
        )
        self._built_for: Project | None = None
        self._app: Quart | None = None
        self._building = asyncio.Lock()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request that no public route takes."""
        if scope["type"] == "lifespan":
            await self._lifespan(receive, send)
            return
        if self._built_for is not self._application.project:
            async with self._building:
                await self._rebuild()
        if scope["path"].startswith("/api/"):
            # As it was sent: a user id in the path may hold an encoded slash.
            scope["path"] = scope["raw_path"].decode("ascii")
        await cast(App, self._app)(scope, receive, send)

    async def _rebuild(self) -> None:
        """Make the app of the project in force, unless another request did. Routes of plugins that cannot be
        used leave administration as it is."""
        project, old = self._application.project, self._app
        if self._built_for is project:
            return
        try:
            self._app = await self._build()
        except Exception:
            log.exception(
                "the routes of the plugins cannot be used; the last good ones stay",
                extra={"action": LogAction.ROUTES_REFUSED},
            )
            if old is None:
                self._app = await self._build(plugin_routes=False)
        self._built_for = project
        if old is not None and old is not self._app:
            await old.shutdown()

    async def _build(self, *, plugin_routes: bool = True) -> Quart:
        # In a thread: the import takes a fifth of a second, and messages go on meanwhile.
        module = await asyncio.to_thread(import_module, "flowhook.web.quart_app")
        app: Quart = module.create_quart(
            self._application, self._guard, plugin_routes=plugin_routes, extensions=self._extensions
        )
        await app.startup()
        return app

    async def _lifespan(self, receive: Receive, send: Send) -> None:
        """ASGI's protocol of start and stop. Routes of plugins are tried at the start, so that broken ones
        stop it."""
        while True:
            message = await receive()
            if message["type"] == "lifespan.shutdown":
                if self._app is not None:
                    await self._app.shutdown()
                await send({"type": "lifespan.shutdown.complete"})
                return
            project = self._application.project
            try:
                if project.hooks.routes():
                    self._app, self._built_for = await self._build(), project
            except Exception as error:
                log.exception("the routes cannot be used", extra={"action": LogAction.ROUTES_REFUSED})
                await send({"type": "lifespan.startup.failed", "message": str(error)})
                return
            await send({"type": "lifespan.startup.complete"})
