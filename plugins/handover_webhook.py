"""Hands conversations over to any service, by signed POSTs; it answers by signed POSTs.

Named in ``handovers:``: ``{provider: webhook, url: "https://desk.example/flowhook", secret:
"${DESK_SECRET}"}``. What goes out is ``{type, conversation, …}`` with the type ``open``, ``message``,
``close`` or ``availability``; what comes back, at ``/handover/{name}/{token}``, is an event or a list of
events: ``{conversation, type, id, text, data, attachments, agent, result, note, reason}``. Both are signed
as Standard Webhooks are: the headers ``webhook-id``, ``webhook-timestamp`` and ``webhook-signature``.
"""

import base64
import hashlib
import hmac
import json
import time
from typing import Any

from flowhook import Field, HandoverEvent, HandoverProvider, NodeFailed, Reject, Settings, hookimpl

TOLERANCE = 300.0  #: seconds that a signature may be old, or ahead
FIELDS = ("id", "text", "data", "attachments", "agent", "result", "note", "reason")


class Webhook(HandoverProvider):
    """Any service that takes and sends signed POSTs."""

    name = "webhook"

    class Settings(Settings):
        url: str = Field(pattern="^https?://")
        secret: str = Field(min_length=8, repr=False)

    async def open(self, conversation: Any, http: Any) -> str | None:
        told = {
            **_named(conversation),
            "settings": dict(conversation.settings),
            "profile": dict(conversation.profile),
            "transcript": [dict(entry) for entry in conversation.transcript],
            "callback": conversation.callback_url,
            **({"copilot": conversation.copilot_url} if conversation.copilot_url else {}),
        }
        answer = await self._post(http, conversation.id, {"type": "open", "conversation": told})
        if 400 <= answer.status_code < 500 and answer.status_code not in (408, 425, 429):
            raise NodeFailed("error", f"the service answered {answer.status_code}")
        found = _json(answer.raise_for_status())
        return str(found["id"]) if isinstance(found, dict) and found.get("id") is not None else None

    async def send(self, message: Any, http: Any) -> None:
        said = {
            "id": message.id,
            "source": message.source,
            "text": message.text,
            "data": dict(message.data),
            "attachments": [dict(attachment) for attachment in message.attachments],
            "at": message.at,
        }
        told = {"type": "message", "conversation": _named(message.conversation), "message": said}
        (await self._post(http, message.id, told)).raise_for_status()

    async def close(self, conversation: Any, http: Any) -> None:
        told = {
            "type": "close",
            "conversation": _named(conversation),
            "outcome": conversation.outcome,
            "note": conversation.note,
        }
        (await self._post(http, f"{conversation.id}-close", told)).raise_for_status()

    async def availability(self, settings: Any, http: Any) -> int:
        told = {"type": "availability", "settings": dict(settings)}
        answer = await self._post(http, f"availability-{time.time_ns()}", told)
        return int(_json(answer.raise_for_status())["agents"])

    async def receive(self, request: Any) -> list[HandoverEvent]:
        self._require_signature(request)
        told = request.json
        events = told if isinstance(told, list) else [told]
        if not all(isinstance(event, dict) and {"conversation", "type"} <= event.keys() for event in events):
            raise Reject(400, "An event is an object with conversation and type.")
        return [
            HandoverEvent(
                str(event["conversation"]),
                event["type"],
                **{name: event[name] for name in FIELDS if event.get(name) is not None},
            )
            for event in events
        ]

    async def _post(self, http: Any, id: str, told: dict[str, Any]) -> Any:
        body, at = json.dumps(told).encode(), str(int(time.time()))
        headers = {
            "content-type": "application/json",
            "webhook-id": id,
            "webhook-timestamp": at,
            "webhook-signature": f"v1,{self._signature(id, at, body)}",
        }
        return await http.post(self.settings.url, content=body, headers=headers)

    def _signature(self, id: str, at: str, body: bytes) -> str:
        signed = hmac.new(self.settings.secret.encode(), f"{id}.{at}.".encode() + body, hashlib.sha256)
        return base64.b64encode(signed.digest()).decode()

    def _require_signature(self, request: Any) -> None:
        id, at = request.headers.get("webhook-id", ""), request.headers.get("webhook-timestamp", "")
        expected = f"v1,{self._signature(id, at, request.body)}"
        given = request.headers.get("webhook-signature", "").split()
        fresh = at.isdigit() and abs(time.time() - int(at)) <= TOLERANCE
        if not fresh or not any(hmac.compare_digest(expected, signature) for signature in given):
            raise Reject(401, "The signature is wrong, or too old.")


def _named(conversation: Any) -> dict[str, Any]:
    return {
        "id": conversation.id,
        "reference": conversation.reference,
        "endpoint": conversation.endpoint,
        "userId": conversation.user_id,
        "sessionId": conversation.session_id,
    }


def _json(answer: Any) -> Any:
    try:
        return answer.json()
    except ValueError:
        return None


@hookimpl
def register_handover() -> list[type[HandoverProvider]]:
    return [Webhook]
