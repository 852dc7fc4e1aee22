"""WhatsApp by tyntec's Conversations API, in and out.

Set the callback of the number to the endpoint's URL, and name the plugin in ``transformers.use``. tyntec
signs nothing: with ``key``, add ``?key=…`` to that URL, and only who knows it gets in. The webhook
``url`` of the endpoint may be empty.
"""

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

from ._rich import choices, parts, payload, plain, rich_of, shortened

TEXT_LIMIT, CAPTION_LIMIT = 4096, 1024
MOST_BUTTONS = 3


class Settings(BaseSettings):
    api_key: Secret
    key: Secret = Secret("")
    api_url: str = "https://api.tyntec.com/conversations/v3"


@hookimpl
async def authenticate(request: Request, settings: Settings) -> None:
    if settings.key and not settings.key.matches(request.query.get("key", "")):
        raise Reject(401, "The key of the callback is missing or wrong.")


@hookimpl
async def transform_input(request: Request, response: Response) -> Any:
    body = request.json
    if not isinstance(body, dict):
        return None
    response.status = 200
    content = body.get("content")
    if not isinstance(content, dict) or "from" not in body:
        return DISCARD  # a status
    reply = content.get("reply") or content.get("postback") or content.get("button") or {}
    reply = reply if isinstance(reply, dict) else {}
    media = content.get("media") or {}
    text = reply.get("payload") or reply.get("data") or content.get("text") or media.get("caption")
    attachments = [{"url": media.get("url"), "type": media.get("type"), "name": media.get("filename")}]
    user, ours = str(body["from"]), str(body.get("to", ""))
    return Message(
        user, f"{ours}:{user}", text, data={"tyntec": body}, attachments=attachments if media else None,
        message_id=body.get("messageId"),
    )  # fmt: skip


@hookimpl
async def transform_output(output: Output, session_id: str, settings: Settings) -> Any:
    ours, _, user = session_id.partition(":")
    url = f"{settings.api_url.rstrip('/')}/messages"
    headers = {"apikey": f"{settings.api_key}", "accept": "application/json"}
    to = {"from": ours, "to": user, "channel": "whatsapp"}
    contents = contents_of(output)
    return [Deliver(url, json={**to, "content": content}, headers=headers) for content in contents] or DISCARD


def contents_of(output: Output) -> Iterator[dict[str, Any]]:
    """The output as contents of the API."""
    rich = rich_of(output)
    kind, found = rich.get("type"), choices(rich)
    if (
        found
        and output.text
        and len(found) <= MOST_BUTTONS
        and all(len(payload(one)) <= 256 for one in found)
    ):
        buttons = [
            {"type": "reply", "reply": {"payload": payload(one), "title": shortened(one["title"], 20)}}
            for one in found
        ]
        body = {"type": "text", "text": shortened(output.text, 1024)}
        components = {"body": body, "buttons": buttons}
        yield {"contentType": "interactive", "interactive": {"subType": "buttons", "components": components}}
    elif kind in ("image", "audio", "video"):
        media = {"type": kind, "url": rich["url"]}
        if output.text and kind != "audio":
            media["caption"] = shortened(output.text, CAPTION_LIMIT)
        if output.text and kind == "audio":
            yield from ({"contentType": "text", "text": text} for text in parts(output.text, TEXT_LIMIT))
        yield {"contentType": "media", "media": media}
    else:
        yield from ({"contentType": "text", "text": text} for text in parts(plain(output), TEXT_LIMIT))
