"""WhatsApp's Cloud API (Meta) in and out.

Set the app's webhook to the endpoint's URL, with ``verify_token``, and subscribe to ``messages``; name
the plugin in ``transformers.use``. The webhook ``url`` of the endpoint may be empty. A session is a user
at a number of ours: ``<phone number id>:<wa_id>``.
"""

import hashlib
import hmac
from collections.abc import Iterator
from typing import Any

from flowhook import (
    DISCARD,
    BaseSettings,
    Deliver,
    Message,
    Output,
    Reject,
    Request,
    Response,
    Secret,
    hookimpl,
)  # fmt: skip

from ._rich import parts, plain, rich_of, shortened
from ._whatsapp import interactive

TEXT_LIMIT, CAPTION_LIMIT = 4096, 1024
FILES = ("image", "audio", "video", "document", "sticker", "voice")


class Settings(BaseSettings):
    access_token: Secret
    app_secret: Secret
    verify_token: Secret
    api_url: str = "https://graph.facebook.com"
    version: str = "v21.0"


@hookimpl
async def authenticate(request: Request, settings: Settings) -> None:
    if request.method == "GET":
        if not settings.verify_token.matches(request.query.get("hub.verify_token", "")):
            raise Reject(403, "hub.verify_token is another one.")
        return
    expected = hmac.new(settings.app_secret.reveal().encode(), request.body, hashlib.sha256).hexdigest()
    presented = request.headers.get("x-hub-signature-256", "")
    if not hmac.compare_digest(presented.encode(), f"sha256={expected}".encode()):
        raise Reject(401, "X-Hub-Signature-256 does not sign this body.")


@hookimpl
async def transform_input(request: Request, response: Response) -> Any:
    if request.method == "GET":
        response.body = request.query.get("hub.challenge", "")
        return DISCARD
    body = request.json
    if not isinstance(body, dict):
        return None
    response.status = 200
    return list(messages_of(body)) or DISCARD  # statuses alone


def messages_of(body: dict[str, Any]) -> Iterator[Message]:
    """All messages of a batch, of whatever entry and change."""
    values = [change.get("value") or {} for entry in body.get("entry") or []
              for change in entry.get("changes") or []]  # fmt: skip
    for value in values:
        number = str((value.get("metadata") or {}).get("phone_number_id", ""))
        names = {contact.get("wa_id"): (contact.get("profile") or {}).get("name")
                 for contact in value.get("contacts") or []}  # fmt: skip
        for message in value.get("messages") or []:
            if message.get("type") in ("reaction", "system", "unsupported"):
                continue
            user = str(message["from"])
            data = {"whatsapp": {**message, "name": names.get(user)}}
            yield Message(user, f"{number}:{user}", text_of(message), data=data,
                          attachments=files_of(message) or None, message_id=message["id"][:255])  # fmt: skip


def text_of(message: dict[str, Any]) -> str | None:
    """What the user says; a pressed button says its payload."""
    kind = str(message.get("type"))
    content = message.get(kind) or {}
    if kind == "interactive":
        reply = content.get("button_reply") or content.get("list_reply") or {}
        return reply.get("id")
    if kind == "button":
        return content.get("payload") or content.get("text")
    return content.get("body") or content.get("caption")


def files_of(message: dict[str, Any]) -> list[dict[str, Any]]:
    """Media by their id, which ``GET /{id}`` of the API gives an address."""
    kind = str(message.get("type"))
    file = message.get(kind) or {}
    if kind not in FILES:
        return []
    return [{"id": file.get("id"), "type": file.get("mime_type"), "name": file.get("filename") or kind}]


@hookimpl
async def transform_output(output: Output, session_id: str, settings: Settings) -> Any:
    number, _, user = session_id.partition(":")
    url = f"{settings.api_url.rstrip('/')}/{settings.version}/{number}/messages"
    headers = {"authorization": f"Bearer {settings.access_token}"}
    to = {"messaging_product": "whatsapp", "recipient_type": "individual", "to": user}
    contents = list(contents_of(output))
    return [Deliver(url, json={**to, **content}, headers=headers) for content in contents] or DISCARD


def contents_of(output: Output) -> Iterator[dict[str, Any]]:
    """The output as messages of WhatsApp."""
    rich = rich_of(output)
    kind = rich.get("type")
    if (asked := interactive(output)) is not None:
        yield {"type": "interactive", "interactive": asked}
        return
    if kind in ("image", "video"):
        caption = {"caption": shortened(output.text, CAPTION_LIMIT)} if output.text else {}
        yield {"type": kind, kind: {"link": rich["url"], **caption}}
        return
    if kind == "audio":
        yield from ({"type": "text", "text": {"body": text}} for text in parts(output.text, TEXT_LIMIT))
        yield {"type": "audio", "audio": {"link": rich["url"]}}
        return
    for text in parts(plain(output), TEXT_LIMIT):
        yield {"type": "text", "text": {"body": text}}
