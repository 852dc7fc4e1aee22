"""Hands conversations over to RingCentral Engage Digital, through a source of the kind SDK.

Named in ``handovers:``: ``{provider: ringcentral, api_url: "https://shop.api.engagement.dimelo.com/1.0",
api_token: "…", realtime_url: "https://shop.engagement.dimelo.com/realtime/sdk/…", realtime_token: "…",
verification_token: "…", webhook_secret: "…", agent_category: "…"}``. The source's base URI and the webhook
for ``intervention.closed`` are both ``/handover/{name}/{token}``: the first signs its calls with the
realtime token, the second sends ``webhook_secret`` and is checked with ``verification_token`` when it is
set up. A conversation is a thread; it is in the categories of the agents, and of the node's ``settings:
{categories: […]}``, while a person has it.
"""

import hashlib
import hmac
import json
from typing import Any

from flowhook import Field, HandoverEvent, HandoverProvider, Reject, Settings, hookimpl

OBJECTS = {"messages": ["create", "show"], "threads": [], "users": []}


class RingCentral(HandoverProvider):
    """RingCentral Engage Digital."""

    name = "ringcentral"

    class Settings(Settings):
        api_url: str = Field(pattern="^https?://")
        api_token: str = Field(min_length=1, repr=False)
        realtime_url: str = Field(pattern="^https?://")
        realtime_token: str = Field(min_length=1, repr=False)
        verification_token: str = Field(min_length=1, repr=False)
        webhook_secret: str = Field(min_length=1, repr=False)
        agent_category: str = Field(min_length=1)
        bot_category: str = ""

    async def open(self, conversation: Any, http: Any) -> None:
        lines = [f"{entry['role']}: {entry['text']}" for entry in conversation.transcript if entry["text"]]
        await self._create(http, conversation, f"{conversation.id}-0", "\n".join(lines) or "…")

    async def send(self, message: Any, http: Any) -> None:
        files = [{"url": attachment["url"]} for attachment in message.attachments if attachment.get("url")]
        await self._create(http, message.conversation, message.id, message.text, files)

    async def close(self, conversation: Any, http: Any) -> None:
        if self.settings.bot_category:
            text, category = "The conversation is with the bot again.", self.settings.bot_category
            await self._create(http, conversation, f"{conversation.id}-close", text, category=category)

    async def availability(self, settings: Any, http: Any) -> int:
        headers = {"authorization": f"Bearer {self.settings.api_token}"}
        answer = await http.get(f"{self.settings.api_url}/status/agents", headers=headers)
        records = answer.raise_for_status().json().get("records", ())
        return sum(record.get("status") in ("available", "busy") for record in records)

    async def receive(self, request: Any, response: Any, http: Any) -> list[HandoverEvent]:
        if request.method == "GET":  # a webhook is being set up
            return self._verify(request, response)
        if "x-smccsdk-signature" in request.headers:
            return self._called(request, response)
        if not _same(request.headers.get("x-dimelo-secret", ""), self.settings.webhook_secret):
            raise Reject(401, "The secret is wrong.")
        found = []
        for event in (request.json or {}).get("events") or ():
            if event.get("type") == "intervention.closed":
                thread = await self._thread(http, event["resource"]["metadata"]["thread_id"])
                found.append(HandoverEvent(thread, "resolved", id=f"closed-{event['id']}"))
        return found

    def _verify(self, request: Any, response: Any) -> list[HandoverEvent]:
        query = request.query
        if query.get("hub.mode") != "subscribe" or not _same(
            query.get("hub.verify_token", ""), self.settings.verification_token
        ):
            raise Reject(401, "The verification token is wrong.")
        response.body = query.get("hub.challenge", "")
        return []

    def _called(self, request: Any, response: Any) -> list[HandoverEvent]:
        """Engage asks what we can do, or creates an agent's message with us."""
        signature = request.headers["x-smccsdk-signature"]
        if not _same(signature, self._signature(request.body)):
            raise Reject(401, "The signature is wrong.")
        told = request.json or {}
        params = told.get("params") or {}
        if told.get("action") == "implementation.info":
            response.body = {"objects": OBJECTS, "options": ["messages.no_title"]}
            return []
        if told.get("action") != "messages.create":
            response.body = []
            return []
        id = str(params.get("id") or params.get("in_reply_to_id") or "") + f"-{_digest(request.body)}"
        thread, author = str(params.get("thread_id") or ""), params.get("author") or {}
        files = [
            {"url": attachment["url"]}
            for attachment in params.get("attachments") or ()
            if attachment.get("url")
        ]
        response.body = {**params, "id": id, "actions": ["show"]}
        agent = str(author.get("screenname") or author.get("firstname") or "")
        text = str(params.get("body") or "")
        return [HandoverEvent(thread, "message", id=id, text=text, attachments=files, agent=agent)]

    async def _create(
        self, http: Any, conversation: Any, id: str, text: str, files: Any = (), category: str = ""
    ) -> None:
        """Put a message into the thread; one whose id is known there is the same message."""
        more = [str(category) for category in conversation.settings.get("categories", ())]
        name = conversation.profile.get("firstname") or conversation.user_id
        params: dict[str, Any] = {
            "id": id,
            "thread_id": conversation.id,
            "author": {"id": f"{conversation.endpoint}:{conversation.user_id}", "screenname": name},
            "body": text,
            "format": "text",
            "actions": ["show", "reply"],
            "categories": [category] if category else [self.settings.agent_category, *more],
        }
        if files:
            params["attachments"] = list(files)
        body = json.dumps({"action": "messages.create", "params": params}).encode()
        headers = {"content-type": "application/json", "x-smccsdk-signature": self._signature(body)}
        (await http.post(self.settings.realtime_url, content=body, headers=headers)).raise_for_status()

    async def _thread(self, http: Any, id: str) -> str:
        """Our name of a thread of theirs."""
        headers = {"authorization": f"Bearer {self.settings.api_token}"}
        answer = await http.get(f"{self.settings.api_url}/content_threads/{id}", headers=headers)
        return str(answer.raise_for_status().json()["foreign_id"])

    def _signature(self, body: bytes) -> str:
        return hmac.new(self.settings.realtime_token.encode(), body, hashlib.sha512).hexdigest()


def _same(one: str, other: str) -> bool:
    return hmac.compare_digest(one.encode(), other.encode())


def _digest(body: bytes) -> str:
    return hashlib.sha256(body).hexdigest()[:12]


@hookimpl
def register_handover() -> list[type[HandoverProvider]]:
    return [RingCentral]
