"""LINE's Messaging API in and out.

Set the channel's webhook to the endpoint's URL, and name the plugin in ``transformers.use``. The webhook
``url`` of the endpoint may be empty. All that leaves together goes out in calls of up to five messages,
by push, each with a key by which LINE knows a repeat.
"""

import base64
import hashlib
import hmac
from collections.abc import Iterator
from typing import Any
from uuid import uuid4

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
)

from ._rich import choices, options, parts, payload, plain, rich_of, shortened

TEXT_LIMIT, PAYLOAD_LIMIT = 5000, 300
PER_CALL = 5
MOST_REPLIES, MOST_ACTIONS, MOST_COLUMNS = 13, 4, 10


class Settings(BaseSettings):
    channel_secret: Secret
    access_token: Secret
    api_url: str = "https://api.line.me"


@hookimpl
async def authenticate(request: Request, settings: Settings) -> None:
    digest = hmac.new(settings.channel_secret.reveal().encode(), request.body, hashlib.sha256).digest()
    presented = request.headers.get("x-line-signature", "")
    if not hmac.compare_digest(presented.encode(), base64.b64encode(digest)):
        raise Reject(401, "X-Line-Signature does not sign this body.")


@hookimpl
async def transform_input(request: Request, response: Response) -> Any:
    body = request.json
    if not isinstance(body, dict):
        return None
    response.status = 200
    return [message for event in body.get("events") or [] if (message := message_of(event))] or DISCARD


def message_of(event: dict[str, Any]) -> Message | None:
    """A message, a pressed button, or somebody who begins to follow; None for the rest."""
    source, kind = event.get("source") or {}, event.get("type")
    session = source.get("groupId") or source.get("roomId") or source.get("userId")
    if session is None or kind not in ("message", "postback", "follow"):
        return None
    said = event.get("message") or {}
    text = said.get("text") or (event.get("postback") or {}).get("data")
    attachments = None
    if kind == "message" and said.get("type") in ("image", "video", "audio", "file"):
        attachments = [
            {"id": said.get("id"), "type": said["type"], "name": said.get("fileName") or said["type"]}
        ]
    # A redelivery differs from the first: it is the same message all the same.
    data = {
        "line": {
            name: value for name, value in event.items() if name not in ("replyToken", "deliveryContext")
        }
    }
    return Message(source.get("userId") or session, session, text, data=data, attachments=attachments,
                   message_id=event.get("webhookEventId"))  # fmt: skip


@hookimpl
async def transform_turn(outputs: list[Output], session_id: str, settings: Settings) -> Any:
    messages = [message for output in outputs for message in messages_of(output)]
    url = f"{settings.api_url.rstrip('/')}/v2/bot/message/push"
    return [
        Deliver(
            url,
            json={"to": session_id, "messages": messages[at : at + PER_CALL]},
            headers={"authorization": f"Bearer {settings.access_token}", "x-line-retry-key": str(uuid4())},
        )
        for at in range(0, len(messages), PER_CALL)
    ]


def messages_of(output: Output) -> Iterator[dict[str, Any]]:
    """The output as messages of LINE."""
    rich = rich_of(output)
    kind, found = rich.get("type"), options(rich)
    if any(len(payload(option)) > PAYLOAD_LIMIT for option in found):
        kind = None  # a button that says something else than it was told is worse than a text
    if kind == "quick_replies" and choices(rich) and output.text and len(found) <= MOST_REPLIES:
        *before, last = parts(output.text, TEXT_LIMIT)
        yield from ({"type": "text", "text": text} for text in before)
        items = [{"type": "action", "action": action_of(option)} for option in found]
        yield {"type": "text", "text": last, "quickReply": {"items": items}}
    elif kind == "buttons" and output.text and len(found) <= MOST_ACTIONS:
        template = {
            "type": "buttons",
            "text": shortened(output.text, 160),
            "actions": list(map(action_of, found)),
        }
        yield {"type": "template", "altText": shortened(plain(output), 400), "template": template}
    elif kind == "gallery" and (columns := columns_of(rich)):
        yield from ({"type": "text", "text": text} for text in parts(output.text, TEXT_LIMIT))
        template = {"type": "carousel", "columns": columns}
        yield {"type": "template", "altText": shortened(plain(output), 400), "template": template}
    elif kind == "image":
        yield from ({"type": "text", "text": text} for text in parts(output.text, TEXT_LIMIT))
        yield {"type": "image", "originalContentUrl": rich["url"], "previewImageUrl": rich["url"]}
    else:
        yield from ({"type": "text", "text": text} for text in parts(plain(output), TEXT_LIMIT))


def columns_of(rich: dict[str, Any]) -> list[dict[str, Any]]:
    """The items as columns, which LINE wants with as many buttons each, one to three; else none."""
    items = rich.get("items") or []
    counts = {len(item.get("buttons") or []) for item in items}
    clicked = [button for item in items for button in item.get("buttons") or []]
    if (
        any(len(payload(button)) > PAYLOAD_LIMIT for button in clicked)
        or len(items) > MOST_COLUMNS
        or len(counts) != 1
        or not 1 <= min(counts) <= 3
    ):
        return []
    columns = []
    for item in items:
        column = {
            "title": shortened(str(item.get("title") or "…"), 40),
            "text": shortened(str(item.get("subtitle") or item.get("title") or "…"), 60),
            "actions": list(map(action_of, item["buttons"])),
        }
        columns.append({**column, "thumbnailImageUrl": item["imageUrl"]} if item.get("imageUrl") else column)
    return columns


def action_of(option: dict[str, Any]) -> dict[str, Any]:
    label = shortened(option["title"], 20)
    if "url" in option:
        return {"type": "uri", "label": label, "uri": option["url"]}
    if "phone" in option:
        return {"type": "uri", "label": label, "uri": f"tel:{option['phone']}"}
    said = {"data": payload(option), "displayText": shortened(option["title"], 300)}
    return {"type": "postback", "label": label, **said}
