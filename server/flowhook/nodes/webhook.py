"""``webhook``: tell a service that the conversation passed here, and do not wait.

.. code-block:: yaml

    - webhook: "https://crm.example/hooks/chat"
    - webhook: {url: /hooks/chat, connection: crm, text: "ordered {{ context.size }}", extras: true}

The service gets a POST of ``{"time": "2030-01-31T12:00:00.250Z", "data": "\\"hello\\"", "ip": "192.0.2.7"}``:
when, the text as JSON once more, and the address of the caller (null where nobody called, or it is masked).
``text`` is what the user said, unless you say otherwise. ``extras: true`` adds ``userId, sessionId,
endpoint, traceId, source, kind`` and ``node``.

It leaves once what the turn did so far is kept; the flow does not wait, its answer is never read, and a
service that fails costs nobody anything: that is counted and logged. In tests it needs no mock. For an
answer use ``json_api`` or ``http_request``. No branches.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from pydantic import Field

from flowhook.clock import rfc3339
from flowhook.engine.effects import HttpCall
from flowhook.engine.node import Node
from flowhook.engine.settings.fields import ConnectionName, Text
from flowhook.engine.turn.view import Turn
from flowhook.model.event_post import EventPost
from flowhook.nodes.http_request import literal


class Webhook(Node):
    """Tells a service that the conversation passed here."""

    key = "webhook"
    main = "url"
    draws_as = "outside"

    url: Text = Field(min_length=1, description="where to; with connection, a path under its base")
    connection: ConnectionName | None = Field(None, description="a connection of config.yaml")
    text: Text | None = Field(None, description="what is told; default: what the user said")
    headers: dict[str, Text] = Field(default_factory=dict, description="headers")
    extras: bool = Field(False, description="true: who, where and in which node, too")

    @classmethod
    def trial_call(cls, settings: Mapping[str, Any], node: str, text: str, now: float) -> HttpCall:
        return HttpCall(
            "POST",
            literal(settings["url"], "url"),
            settings.get("connection"),
            headers={"flowhook-test": "true", **literal(settings.get("headers", {}), "headers")},
            json={"time": rfc3339(now), "data": json.dumps(text, ensure_ascii=False), "ip": None},
        )

    def run(self, turn: Turn) -> None:
        text = turn.input["text"] if self.text is None else self.text
        turn.event_posts.append(
            EventPost(turn.at, self.url, text, self.connection, dict(self.headers), self.extras)
        )
