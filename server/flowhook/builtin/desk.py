"""The desk: people at ``/desk``, who take conversations over through the API of administration.

What is said in a handover lies in the store, and there the desk reads it, so that nothing has to be sent."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flowhook.errors import Reject
from flowhook.hooks.api.handover_provider import Conversation, ConversationMessage, HandoverProvider
from flowhook.hooks.api.request import Request
from flowhook.hooks.api.settings import Settings as PluginSettings
from flowhook.model.handover import HandoverEvent


class Desk(HandoverProvider):
    """The handover provider that is built in."""

    name = "desk"

    class Settings(PluginSettings):
        """It has none of its own."""

    async def open(self, conversation: Conversation, *args: Any, **kwargs: Any) -> str | None:
        return None

    async def send(self, message: ConversationMessage, *args: Any, **kwargs: Any) -> None:
        return None

    async def availability(
        self, settings: Mapping[str, Any], *args: Any, agents: Sequence[str] = (), **kwargs: Any
    ) -> int:
        return len(agents)

    async def receive(self, request: Request, *args: Any, **kwargs: Any) -> Sequence[HandoverEvent]:
        raise Reject(404, "The desk speaks through /api/handovers.")
