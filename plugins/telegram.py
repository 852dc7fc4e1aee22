"""Telegram in, Telegram out.

Set the bot's webhook to the endpoint's URL, name the plugin in the endpoint's ``transformers.use`` and
give it ``plugins.settings.telegram.bot_token``. The webhook ``url`` of the endpoint may be empty. With
``secret_token``, the one given to Telegram's ``setWebhook``, only Telegram gets in.

Messages and pressed buttons come in, with files by their ids; edits, reactions and the like are dropped.
Out go texts, long ones in several messages, with quick replies and buttons as Telegram's own, pictures,
sounds, films and galleries.
"""

import hmac
from collections.abc import Iterator
from typing import Any

from flowhook import DISCARD, Deliver, Field, Output, Reject, Request, Response, Secret, Settings, hookimpl

TEXT_LIMIT = 4096  #: UTF-16 units of one message
CAPTION_LIMIT = 1024  #: UTF-16 units below a picture
MEDIA = {"image": ("sendPhoto", "photo"), "audio": ("sendAudio", "audio"), "video": ("sendVideo", "video")}
FILES = ("photo", "audio", "video", "voice", "document", "animation", "sticker", "video_note")
PAYLOAD_LIMIT = 64  #: bytes that a pressed button may send back


class Settings(Settings):
    bot_token: Secret
    secret_token: str = Field("", repr=False, pattern="^[A-Za-z0-9_-]{0,256}$")
    api_url: str = "https://api.telegram.org"  # or that of a Bot API server of one's own


@hookimpl
async def authenticate(request: Request, settings: Settings) -> None:
    presented = request.headers.get("X-Telegram-Bot-Api-Secret-Token", "")
    expected = settings.secret_token
    if expected and not hmac.compare_digest(presented.encode(), expected.encode()):
        raise Reject(401, "X-Telegram-Bot-Api-Secret-Token is missing or wrong.")


@hookimpl
async def transform_input(request: Request, response: Response) -> Any:
    update = request.json
    if not isinstance(update, dict):
        return None  # no update of Telegram's: 405, 415 or 400
    pressed = update.get("callback_query")
    message = pressed.get("message", {}) if pressed else update.get("message")
    if message is None or "update_id" not in update:
        return DISCARD  # an edit, a reaction, …
    sender = (pressed or message).get("from") or message.get("sender_chat") or message.get("chat") or {}
    chat = message.get("chat") or sender
    if "id" not in sender:
        return DISCARD
    if pressed:  # tells the user's app, in the answer to this request, that the button was heard
        response.body = {"method": "answerCallbackQuery", "callback_query_id": pressed["id"]}
    return {
        "userId": str(sender["id"]),
        "sessionId": str(chat["id"]),
        "messageId": str(update["update_id"]),
        "text": pressed.get("data") if pressed else message.get("text") or message.get("caption"),
        "data": {"update": update},
        "attachments": None if pressed else files_of(message) or None,
    }


def files_of(message: dict[str, Any]) -> list[dict[str, Any]]:
    """Files by their id, which ``getFile`` of the Bot API gives an address; of a picture the largest."""
    found = []
    for kind in FILES:
        file = message.get(kind)
        file = file[-1] if isinstance(file, list) and file else file
        if isinstance(file, dict):
            found.append({"id": file.get("file_id"), "type": file.get("mime_type") or kind,
                          "name": file.get("file_name") or kind})  # fmt: skip
    return found


@hookimpl
async def transform_output(output: Output, session_id: str, settings: Settings) -> Any:
    rich = output.data.get("rich") or {}
    base = f"{settings.api_url.rstrip('/')}/bot{settings.bot_token}"
    if rich.get("type") in MEDIA and rich.get("url"):
        return [
            Deliver(f"{base}/{method}", json=json) for method, json in media_of(rich, output.text, session_id)
        ]
    if rich.get("type") == "gallery" and rich.get("items"):
        return [
            Deliver(f"{base}/{method}", json=json)
            for method, json in gallery_of(rich, output.text, session_id)
        ]
    keyboard = keyboard_of(rich)
    text = output.text if keyboard else rich.get("fallback") or output.text
    parts = list(split(text or rich.get("fallback") or ""))
    if not parts:
        return DISCARD  # data alone: there is nothing that Telegram could show
    url = f"{base}/sendMessage"
    messages: list[dict[str, Any]] = [{"chat_id": session_id, "text": part} for part in parts]
    if keyboard:
        messages[-1]["reply_markup"] = keyboard
    return [Deliver(url, json=message) for message in messages]  # stored, then sent in order with retries


def media_of(rich: dict[str, Any], text: str, chat: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """A picture, sound or film by its address, with the text as its caption; a long one goes before it."""
    method, field = MEDIA[rich["type"]]
    message = {"chat_id": chat, field: rich["url"]}
    if len(text.encode("utf-16-le")) // 2 <= CAPTION_LIMIT:
        yield method, {**message, "caption": text} if text else message
        return
    for part in split(text):
        yield "sendMessage", {"chat_id": chat, "text": part}
    yield method, message


def gallery_of(rich: dict[str, Any], text: str, chat: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The text, then each item with its picture and its buttons."""
    for part in split(text):
        yield "sendMessage", {"chat_id": chat, "text": part}
    for item in rich["items"]:
        words = "\n".join(str(item[name]) for name in ("title", "subtitle") if item.get(name))
        keyboard = keyboard_of({"buttons": item.get("buttons") or []})
        more = {"chat_id": chat, **({"reply_markup": keyboard} if keyboard else {})}
        if item.get("imageUrl"):
            yield "sendPhoto", {**more, "photo": item["imageUrl"], "caption": words[:CAPTION_LIMIT]}
        elif words:
            yield "sendMessage", {**more, "text": words[:TEXT_LIMIT]}


def keyboard_of(rich: dict[str, Any]) -> dict[str, Any] | None:
    """Quick replies and buttons as a keyboard of Telegram's; None for anything else."""
    options = rich.get("quickReplies") or rich.get("buttons") or []
    buttons = [button for option in options if (button := button_of(option)) is not None]
    if not buttons:
        return None
    if any(len(button.get("callback_data", "").encode()) > PAYLOAD_LIMIT for button in buttons):
        keys = [[{"text": option["title"]}] for option in options]  # sends its title back
        return {"keyboard": keys, "one_time_keyboard": True, "resize_keyboard": True}
    return {"inline_keyboard": [[button] for button in buttons]}


def button_of(option: dict[str, Any]) -> dict[str, Any] | None:
    """A button; None for one that calls a number, which Telegram has not."""
    if "phone" in option:
        return None
    if "url" in option:
        return {"text": option["title"], "url": option["url"]}
    return {"text": option["title"], "callback_data": option.get("payload") or option["title"]}


def split(text: str) -> Iterator[str]:
    """The text in parts that Telegram takes, cut between lines or words where it can be."""
    text = text.strip()
    while text:
        length = fitting(text)
        if length < len(text):
            cut = max(text.rfind("\n", 1, length), text.rfind(" ", 1, length))
            length = cut if cut > length // 2 else length
        yield text[:length].rstrip()
        text = text[length:].lstrip()


def fitting(text: str) -> int:
    """How many characters of the text fit into one message; some count twice."""
    length = min(len(text), TEXT_LIMIT)
    while len(text[:length].encode("utf-16-le")) > 2 * TEXT_LIMIT:
        length -= (len(text[:length].encode("utf-16-le")) // 2 - TEXT_LIMIT + 1) // 2
    return length
