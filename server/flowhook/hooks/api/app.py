"""The running server as ``startup`` sees it: only what a plugin may do with it."""

from __future__ import annotations

from collections.abc import Coroutine, Sequence
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    from flowhook.hooks.api.storage import PluginStorage
    from flowhook.model.endpoint import Endpoint


class App(Protocol):
    """What ``startup(app)`` gets. ``endpoint`` is the name of one."""

    @property
    def endpoints(self) -> Sequence[Endpoint]:
        """All endpoints of the configuration."""
        ...

    @property
    def public_url(self) -> str:
        """Where the server is reached from outside, without a slash at the end."""
        ...

    def storage(self, endpoint: str) -> PluginStorage:
        """What plugins keep at an endpoint, as the ``storage`` of hooks is."""
        ...

    @property
    def http(self) -> Any:
        """The shared ``httpx.AsyncClient``."""
        ...

    async def message(self, endpoint: str, message: dict[str, Any]) -> Any:
        """Send a message into an endpoint's flow, by the rules of ``POST /{token}``.

        ``message`` is a mapping like the body of that request. Return the receipt, as ``GET
        /receipts/{traceId}`` shows it. Raise what HTTP would respond with.
        """
        ...

    async def inject(self, endpoint: str, message: dict[str, Any]) -> Any:
        """The same by the rules of ``POST /inject/{token}``."""
        ...

    async def notify(self, endpoint: str, message: dict[str, Any]) -> Any:
        """The same by the rules of ``POST /notify/{token}``."""
        ...

    def spawn(self, work: Coroutine[Any, Any, Any]) -> Any:
        """Run something beside the server until it ends or the server does; failures are logged."""
        ...
