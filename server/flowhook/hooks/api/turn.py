"""The turn as ``run`` and ``resume`` of a plugin's node get it."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Protocol

if TYPE_CHECKING:
    import logging
    from datetime import datetime

    from flowhook.hooks.api.storage import PluginStorage
    from flowhook.model.inbound import Inbound, JsonObject
    from flowhook.model.understanding import Understanding


class Turn(Protocol):
    """What a node sees and does. What it does is applied when the node has ended.

    ``input``, ``context``, ``profile`` and ``session`` are read-only: change them with ``set``, ``unset`` and
    ``append``, whose paths look like ``context.order.size``.
    """

    node_id: str  #: of the node, as ``Goto(turn.node_id)`` takes it
    returned: bool  #: ``resume`` runs because the flow of ``Call(…, back=True)`` has ended
    result: Any  #: then: what that flow gave back with ``return``; None where it gave nothing
    key: str  #: names this visit of the node, also when it is run again: a good idempotency key
    settings: Any  #: of the plugin
    storage: PluginStorage
    log: logging.Logger
    memory: JsonObject  #: the node's own durable dictionary in this session

    @property
    def http(self) -> Any:
        """An ``httpx.AsyncClient``, under the rules about addresses."""

    @property
    def now(self) -> datetime:
        """When the turn began, in the configured time zone."""
        ...

    @property
    def inbound(self) -> Inbound:
        """What came in, with its ``kind``, and ``private``, what plugins gave to it on the way in."""
        ...

    @property
    def input(self) -> Mapping[str, Any]:
        """What flows see as ``input``."""
        ...

    @property
    def context(self) -> Mapping[str, Any]:
        """The session's context, with the changes made so far."""
        ...

    @property
    def profile(self) -> Mapping[str, Any]:
        """The user's profile, with the changes made so far."""
        ...

    @property
    def session(self) -> Mapping[str, Any]:
        """What flows see as ``session``, with the changes made so far."""
        ...

    async def say(
        self, text: str | None = None, data: JsonObject | None = None, *, now: bool = False
    ) -> None:
        """Say something to the user, once the node has ended; with ``now`` at once, with all that was said
        before it."""

    async def understand(
        self, text: str, *, engine: str = "builtin", language: str | None = None
    ) -> Understanding | None:
        """Return what an engine makes of a text: flowhook's own, or that of a plugin."""

    async def callback(self) -> str:
        """Return a URL that works once: what is posted to it resumes the node, which returns ``Wait()``."""
        ...

    async def step(self, name: str, function: Callable[[], Any]) -> Any:
        """Return the result of ``function()``, kept: when the node is run again, it is not called again."""

    def get(self, path: str, default: Any = None) -> Any:
        """Return the value at a path; ``default`` when there is none."""

    def set(self, path: str, value: Any) -> None:
        """Put a JSON value at a path; missing objects are made."""

    def unset(self, path: str) -> None:
        """Take the value at a path away."""

    def append(self, path: str, value: Any) -> None:
        """Add a JSON value to the list at a path."""

    def analytics(self, **fields: Any) -> None:
        """Overwrite fields of this input's record in the analytics."""

    def track(self, goal: str | None = None, step: str | None = None) -> None:
        """Note a goal or a step that is reached."""

    def render(self, source: str) -> Any:
        """Return what a template of the plugin's own making gives; never hand in what a user typed."""
