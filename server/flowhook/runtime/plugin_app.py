"""The running server as a plugin's ``startup(app)`` gets it."""

from __future__ import annotations

import asyncio
from typing import Any

from flowhook.errors import ApiError
from flowhook.hooks.api.resources import ResourcesLike
from flowhook.hooks.api.storage import PluginStorage
from flowhook.model.endpoint import Endpoint
from flowhook.runtime.background import BackgroundTasks
from flowhook.runtime.intake.intake import Intake
from flowhook.runtime.intake.receipts import Receipts
from flowhook.runtime.project.endpoints import Endpoints


class PluginApp:
    """Only what a plugin may do with the server. See ``hooks.api.app.App``."""

    def __init__(
        self,
        endpoints: Endpoints,
        intake: Intake,
        receipts: Receipts,
        tasks: BackgroundTasks,
        public_url: str,
        resources: ResourcesLike,
    ) -> None:
        self._resources = resources
        self._endpoints = endpoints
        self._intake = intake
        self._receipts = receipts
        self.public_url = public_url.rstrip("/")
        self.spawn = tasks.spawn

    @property
    def endpoints(self) -> list[Endpoint]:
        """All endpoints of the configuration."""
        return list(self._endpoints)

    @property
    def http(self) -> Any:
        """The shared ``httpx.AsyncClient``."""
        return self._resources.http

    def storage(self, endpoint: str) -> PluginStorage:
        """What plugins keep at an endpoint."""
        return self._resources.storage_for(endpoint)

    async def message(self, endpoint: str, message: dict[str, Any]) -> dict[str, Any]:
        """Send by the rules of ``POST /{token}``, and return a receipt."""
        return await self._submit(endpoint, "message", message)

    async def inject(self, endpoint: str, message: dict[str, Any]) -> dict[str, Any]:
        """Send by the rules of ``POST /inject/{token}``, and return a receipt."""
        return await self._submit(endpoint, "inject", message)

    async def notify(self, endpoint: str, message: dict[str, Any]) -> dict[str, Any]:
        """Send by the rules of ``POST /notify/{token}``, and return a receipt."""
        return await self._submit(endpoint, "notify", message)

    async def _submit(self, name: str, route: str, message: dict[str, Any]) -> dict[str, Any]:
        endpoint = self._endpoints.by_name(name)
        if endpoint is None or not endpoint.enabled:
            raise ApiError(404, "unknown_endpoint", f"There is no open endpoint {name!r}.")
        # Shielded: a hook whose time runs out must not leave an inbound that is stored but not taken up.
        submitting = asyncio.ensure_future(self._intake.submit(endpoint, route, message))
        submitted = await asyncio.shield(submitting)
        return await self._receipts.receipt(submitted.trace_id) or {"traceId": submitted.trace_id}
