"""Hands conversations over to Genesys Cloud, by Open Messaging.

Named in ``handovers:``: ``{provider: genesys, host: mypurecloud.de, integration_id: "…", client_id: "…",
client_secret: "${GENESYS_SECRET}", webhook_secret: "${GENESYS_WEBHOOK}", event_key: "${GENESYS_EVENTS}"}``.
The integration's outbound notifications go to ``/handover/{name}/{token}`` and are signed with
``webhook_secret`` (``X-Hub-Signature-256``); an EventBridge rule for
``v2.detail.events.conversation.{id}.customer.end`` posts to the same address with ``event_key`` as
``Authorization``, which is how the end is known. What was said before comes as one message at the start.
Genesys knows no end from our side.
"""

import base64
import hashlib
import hmac
import re
import time
from datetime import UTC, datetime
from typing import Any

from flowhook import Field, HandoverEvent, HandoverProvider, NodeFailed, Reject, Settings, hookimpl

END = re.compile(r"v2\.detail\.events\.conversation\.[^.]+\.customer\.end\Z")
THERE = frozenset({"IDLE", "INTERACTING", "COMMUNICATING"})  #: states in which an agent serves a queue


class Genesys(HandoverProvider):
    """Genesys Cloud, by Open Messaging."""

    name = "genesys"

    class Settings(Settings):
        host: str = Field(min_length=1)  #: of the region, without api. or login.
        integration_id: str = Field(min_length=1)
        client_id: str = Field(min_length=1)
        client_secret: str = Field(min_length=1, repr=False)
        webhook_secret: str = Field(min_length=1, repr=False)
        event_key: str = Field("", repr=False)
        queue_id: str = ""
        api_url: str = ""  #: in the place of https://api.{host}
        login_url: str = ""

    def __init__(self, settings: Any = None) -> None:
        super().__init__(settings)
        self._token, self._until = "", 0.0

    async def open(self, conversation: Any, http: Any) -> str | None:
        before = "\n".join(
            f"{entry['role']}: {entry['text']}" for entry in conversation.transcript if entry["text"]
        )
        return await self._inbound(http, conversation, f"{conversation.id}-0", before or "…")

    async def send(self, message: Any, http: Any) -> None:
        text = message.text or "\n".join(str(attachment.get("url", "")) for attachment in message.attachments)
        if text:
            await self._inbound(http, message.conversation, message.id, text)

    async def availability(self, settings: Any, http: Any) -> int:
        queue = settings.get("queue_id", self.settings.queue_id)
        if not queue:
            raise NodeFailed("unsupported", "genesys needs a queue_id to tell who is there")
        asked = {
            "filter": {"type": "and", "predicates": [{"dimension": "queueId", "value": queue}]},
            "metrics": ["oOnQueueUsers"],
        }
        found = await self._call(http, "/api/v2/analytics/queues/observations/query", asked)
        rows = [row for result in found.get("results") or () for row in result.get("data") or ()]
        return sum(int(row["stats"]["count"]) for row in rows if row.get("qualifier") in THERE)

    async def receive(self, request: Any) -> list[HandoverEvent]:
        if "authorization" in request.headers:
            return self._event(request)
        signed = hmac.new(self.settings.webhook_secret.encode(), request.body, hashlib.sha256).digest()
        expected = f"sha256={base64.b64encode(signed).decode()}"
        if not hmac.compare_digest(expected, request.headers.get("x-hub-signature-256", "")):
            raise Reject(401, "The signature is wrong.")
        told = request.json or {}
        channel = told.get("channel") or {}
        conversation = str((channel.get("to") or {}).get("id") or "")
        kinds = {event.get("eventType") for event in told.get("events") or ()}
        if told.get("type") == "Event" and "Typing" in kinds:
            return [HandoverEvent(conversation, "typing")]
        files = [
            {
                "url": attachment["url"],
                "type": attachment.get("mime", ""),
                "name": attachment.get("filename", ""),
            }
            for content in told.get("content") or ()
            if (attachment := content.get("attachment")) and attachment.get("url")
        ]
        if told.get("direction") != "Outbound" or not (told.get("text") or files):
            return []
        id = str(channel.get("messageId") or told.get("id") or "")
        if told.get("originatingEntity") == "Bot":
            return [HandoverEvent(conversation, "update", id=id, text=told.get("text") or "")]
        agent = str((channel.get("from") or {}).get("nickname") or "")
        text = told.get("text") or ""
        return [HandoverEvent(conversation, "message", id=id, text=text, attachments=files, agent=agent)]

    def _event(self, request: Any) -> list[HandoverEvent]:
        """The end of a conversation, from EventBridge, or from an older HTTP rule."""
        given, key = request.headers["authorization"], self.settings.event_key
        if not key or not hmac.compare_digest(given.removeprefix("Bearer ").encode(), key.encode()):
            raise Reject(401, "The key of events is wrong.")
        told = request.json or {}
        detail = told.get("detail") or told
        body = detail.get("eventBody") or {}
        topic = str(detail.get("topicName") or detail.get("topic") or "")
        media = body.get("mediaType", "MESSAGE"), body.get("messageType", "OPEN")
        if not END.match(topic) or media != ("MESSAGE", "OPEN"):
            return []  # an agent who declines, and another queue, end nothing
        conversation = str(body.get("conversationId") or detail.get("userId") or "")
        return [HandoverEvent(conversation, "resolved", id=f"end-{conversation}")]

    async def _inbound(self, http: Any, conversation: Any, id: str, text: str) -> str | None:
        name = conversation.profile.get("firstname") or conversation.user_id
        attributes = {
            "userId": conversation.user_id,
            "sessionId": conversation.session_id,
            "queueId": conversation.settings.get("queue_id", self.settings.queue_id),
            **{key: str(value) for key, value in conversation.settings.get("attributes", {}).items()},
        }
        channel = {
            "from": {"id": conversation.id, "idType": "Opaque", "nickname": name},
            "messageId": id,
            "time": datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z"),
            "metadata": {"customAttributes": {key: value for key, value in attributes.items() if value}},
        }
        path = f"/api/v2/conversations/messages/{self.settings.integration_id}/inbound/open/message"
        found = await self._call(http, path, {"channel": channel, "text": text})
        return found.get("conversationId")

    async def _call(self, http: Any, path: str, body: Any) -> Any:
        api = self.settings.api_url or f"https://api.{self.settings.host}"
        headers = {"authorization": f"Bearer {await self._access(http)}"}
        answer = await http.post(api + path, json=body, headers=headers)
        if answer.status_code == 401:
            self._until = 0.0
        return answer.raise_for_status().json()

    async def _access(self, http: Any) -> str:
        """A token, kept until shortly before it ends."""
        if time.monotonic() >= self._until:
            login = self.settings.login_url or f"https://login.{self.settings.host}"
            answer = await http.post(
                f"{login}/oauth/token",
                data={"grant_type": "client_credentials"},
                auth=(self.settings.client_id, self.settings.client_secret),
            )
            found = answer.raise_for_status().json()
            self._token = found["access_token"]
            self._until = time.monotonic() + max(30.0, float(found.get("expires_in", 3600)) - 60.0)
        return self._token


@hookimpl
def register_handover() -> list[type[HandoverProvider]]:
    return [Genesys]
