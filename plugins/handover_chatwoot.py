"""Hands conversations over to Chatwoot, through an inbox of the kind API.

Named in ``handovers:``: ``{provider: chatwoot, base_url: "https://app.chatwoot.com/api/v1", account_id: 1,
api_key: "${CHATWOOT_KEY}", inbox_id: 7}``. The inbox's webhook, or one of the account with
``message_created`` and ``conversation_status_changed``, calls ``/handover/{name}/{token}``; with
``webhook_secret`` its signature is required. A node may name another inbox: ``settings: {inbox_id: 8}``.
Services with Chatwoot's API, such as Live Agent, differ in ``base_url`` alone.

Nothing is there twice: what we write carries our id in ``content_attributes``, is looked for before it is
written again, and is no word of an agent when it comes back.
"""

import hashlib
import hmac
from typing import Any

from flowhook import Field, HandoverEvent, HandoverProvider, Reject, Settings, hookimpl

OURS = "flowhook"  #: the attribute that carries our ids
MAX_FILE = 20 * 1024 * 1024


class Chatwoot(HandoverProvider):
    """An inbox of the kind API."""

    name = "chatwoot"

    class Settings(Settings):
        base_url: str = Field(pattern="^https?://.*/api/v1/?$")
        account_id: int
        api_key: str = Field(min_length=1, repr=False)
        inbox_id: int
        webhook_secret: str = Field("", repr=False)

    async def open(self, conversation: Any, http: Any) -> str:
        inbox = conversation.settings.get("inbox_id", self.settings.inbox_id)
        contact, source = await self._contact(conversation, inbox, http)
        id = await self._opened(contact, conversation.id, http)
        if id is None:
            copilot = {"copilot": conversation.copilot_url} if conversation.copilot_url else {}
            made = await self._call(
                http, "POST", "/conversations",
                json={
                    "source_id": source, "inbox_id": inbox, "contact_id": contact, "status": "open",
                    "custom_attributes": {OURS: conversation.id, **copilot},
                },
            )  # fmt: skip
            id = made["id"]
        before = "\n".join(f"{entry['role']}: {entry['text']}" for entry in conversation.transcript)
        if before:
            await self._write(http, id, f"{conversation.id}-transcript", before, private=True)
        return str(id)

    async def send(self, message: Any, http: Any) -> None:
        files = [await _file(http, attachment) for attachment in message.attachments if attachment.get("url")]
        kind = "incoming" if message.source == "user" else "outgoing"
        to = message.conversation.reference
        await self._write(http, to, message.id, message.text, kind=kind, files=files)

    async def close(self, conversation: Any, http: Any) -> None:
        path = f"/conversations/{conversation.reference}/toggle_status"
        await self._call(http, "POST", path, json={"status": "resolved"})

    async def availability(self, settings: Any, http: Any) -> int:
        inbox = settings.get("inbox_id", self.settings.inbox_id)
        members = await self._call(http, "GET", f"/inbox_members/{inbox}")
        return sum(agent.get("availability_status") == "online" for agent in members["payload"])

    async def receive(self, request: Any) -> list[HandoverEvent]:
        self._require_signature(request)
        told = request.json
        if not isinstance(told, dict) or "event" not in told:
            raise Reject(400, "This is no event of Chatwoot.")
        account = (told.get("account") or {}).get("id", self.settings.account_id)
        if account != self.settings.account_id:
            return []
        match told["event"]:
            case "message_created":
                return self._message(told)
            case "conversation_status_changed" if told.get("status") == "resolved":
                id = f"resolved-{told['id']}-{told.get('updated_at', told.get('timestamp', ''))}"
                return [HandoverEvent(str(told["id"]), "resolved", id=id)]
            case "conversation_typing_on":
                id = str((told.get("conversation") or {}).get("id"))
                return [HandoverEvent(id, "typing", agent=_agent(told.get("user")))]
        return []

    def _message(self, told: dict[str, Any]) -> list[HandoverEvent]:
        """A word of an agent: neither a note, nor what the user or we have written."""
        ours = (told.get("content_attributes") or {}).get(OURS)
        if told.get("message_type") not in ("outgoing", 1) or told.get("private") or ours:
            return []
        files = [
            {
                "url": attachment.get("data_url"),
                "type": attachment.get("file_type"),
                "name": attachment.get("fallback_title"),
            }
            for attachment in told.get("attachments") or ()
        ]
        return [
            HandoverEvent(
                str(told["conversation"]["id"]),
                "message",
                id=f"message-{told['id']}",
                text=told.get("content") or "",
                attachments=[{name: value for name, value in file.items() if value} for file in files],
                agent=_agent(told.get("sender")),
            )
        ]

    async def _contact(self, conversation: Any, inbox: int, http: Any) -> tuple[int, str | None]:
        """The contact of the user, found or made, and its source id in the inbox."""
        identifier = f"{conversation.endpoint}:{conversation.user_id}"
        found = await self._call(http, "GET", "/contacts/search", params={"q": identifier})
        for contact in found["payload"]:
            if contact.get("identifier") == identifier:
                inboxes = contact.get("contact_inboxes") or ()
                sources = (place["source_id"] for place in inboxes if place["inbox"]["id"] == inbox)
                return contact["id"], next(sources, None)
        name = conversation.profile.get("firstname") or conversation.user_id
        made = await self._call(
            http, "POST", "/contacts", json={"inbox_id": inbox, "identifier": identifier, "name": name}
        )
        contact = made["payload"]["contact"]
        return contact["id"], (made["payload"].get("contact_inbox") or {}).get("source_id")

    async def _opened(self, contact: int, ours: str, http: Any) -> int | None:
        """The conversation of an attempt that was cut before we heard its answer."""
        found = await self._call(http, "GET", f"/contacts/{contact}/conversations")
        same = (
            earlier["id"]
            for earlier in found["payload"]
            if (earlier.get("custom_attributes") or {}).get(OURS) == ours
        )
        return next(same, None)

    async def _write(
        self,
        http: Any,
        conversation: Any,
        id: str,
        text: str,
        *,
        kind: str = "outgoing",
        private: bool = False,
        files: Any = (),
    ) -> None:
        path = f"/conversations/{conversation}/messages"
        written = await self._call(http, "GET", path)
        if any((kept.get("content_attributes") or {}).get(OURS) == id for kept in written["payload"]):
            return
        if files:
            fields = {"content": text, "message_type": kind, f"content_attributes[{OURS}]": id}
            await self._call(http, "POST", path, data=fields, files=files)
            return
        said = {"content": text, "message_type": kind, "private": private, "content_attributes": {OURS: id}}
        await self._call(http, "POST", path, json=said)

    async def _call(self, http: Any, method: str, path: str, **more: Any) -> Any:
        url = f"{self.settings.base_url.rstrip('/')}/accounts/{self.settings.account_id}{path}"
        answer = await http.request(method, url, headers={"api_access_token": self.settings.api_key}, **more)
        return answer.raise_for_status().json()

    def _require_signature(self, request: Any) -> None:
        secret = self.settings.webhook_secret
        if not secret:
            return
        signed = f"{request.headers.get('x-chatwoot-timestamp', '')}.".encode() + request.body
        expected = "sha256=" + hmac.new(secret.encode(), signed, hashlib.sha256).hexdigest()
        if not hmac.compare_digest(expected, request.headers.get("x-chatwoot-signature", "")):
            raise Reject(401, "The signature is wrong.")


def _agent(who: Any) -> str:
    return str((who or {}).get("name") or "")


async def _file(http: Any, attachment: Any) -> tuple[str, tuple[str, bytes, str]]:
    """What the user attached, to be handed on."""
    answer = (await http.get(attachment["url"])).raise_for_status()
    name = attachment.get("name") or attachment["url"].rpartition("/")[2] or "file"
    kind = answer.headers.get("content-type", "application/octet-stream")
    return "attachments[]", (name, answer.content[:MAX_FILE], kind)


@hookimpl
def register_handover() -> list[type[HandoverProvider]]:
    return [Chatwoot]
