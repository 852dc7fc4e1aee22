"""The running server as a plugin's ``startup(app)`` gets it."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

from flowhook.errors import ApiError

if TYPE_CHECKING:
    from flowhook.model.endpoint import Endpoint
    from flowhook.runtime.application import Application


class PluginApp:
    """Only what a plugin may do with the server."""

    def __init__(self, services: Application) -> None:
        self._services = services
        self.spawn = services.spawn

    @property
    def endpoints(self) -> list[Endpoint]:
        """All endpoints of the configuration."""
        return list(self._services.endpoints)

    @property
    def public_url(self) -> str:
        """Where the server is reached from outside."""
        return self._services.config.server.public_url.rstrip("/")

    async def message(self, endpoint: str, message: dict[str, Any]) -> dict[str, Any]:
        """By the rules of ``POST /{token}``."""
        return await self._submit(endpoint, "message", message)

    async def inject(self, endpoint: str, message: dict[str, Any]) -> dict[str, Any]:
        """By the rules of ``POST /inject/{token}``."""
        return await self._submit(endpoint, "inject", message)

    async def notify(self, endpoint: str, message: dict[str, Any]) -> dict[str, Any]:
        """By the rules of ``POST /notify/{token}``."""
        return await self._submit(endpoint, "notify", message)

    async def _submit(self, name: str, route: str, message: dict[str, Any]) -> dict[str, Any]:
        endpoint = self._services.endpoints.by_name(name)
        if endpoint is None or not endpoint.enabled:
            raise ApiError(404, "unknown_endpoint", f"There is no open endpoint {name!r}.")
        # Shielded: a hook whose time runs out must not leave an inbound that is stored but not taken up.
        submitting = asyncio.ensure_future(self._services.intake.submit(endpoint, route, message))
        submitted = await asyncio.shield(submitting)
        return await self._services.intake.receipt(submitted.trace_id) or {"traceId": submitted.trace_id}
