"""What hooks are given of the running server."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from flowhook.clock import Clock
from flowhook.hooks.api.storage import Locks, PluginStorage
from flowhook.storage.protocols import PluginData

if TYPE_CHECKING:
    import httpx


class ResourcesLike(Protocol):
    """What hooks are given of the running server."""

    @property
    def http(self) -> Any: ...

    @property
    def sync_http(self) -> Any: ...

    def storage_for(self, endpoint: str) -> PluginStorage: ...


class HttpClients(Protocol):
    """The HTTP clients of plugins. Each is made when it is first asked for: httpx takes long to import."""

    @property
    def http(self) -> httpx.AsyncClient: ...

    @property
    def sync_http(self) -> httpx.Client: ...


@dataclass(slots=True)
class Resources:
    """One for the life of the server, so that a reload keeps the locks of the storage."""

    clients: HttpClients
    rows: PluginData
    clock: Clock
    locks: Locks = field(default_factory=Locks)

    @property
    def http(self) -> httpx.AsyncClient:
        """The client of asynchronous hooks and nodes."""
        return self.clients.http

    @property
    def sync_http(self) -> httpx.Client:
        """The client of plain hooks."""
        return self.clients.sync_http

    def storage_for(self, endpoint: str) -> PluginStorage:
        """The same data for every plugin of the endpoint."""
        return PluginStorage(self.rows, self.clock, self.locks, endpoint)
