"""Slack in, Slack out: messages, pressed buttons and slash commands.

Set the request URLs of events, interactivity and slash commands to the endpoint's URL, and name the
plugin in ``transformers.use`` and as ``output``. A session is a channel, or a thread of it: ``C123`` or
``C123:1700.01``. A slash command is answered in the request, ephemerally; what takes longer than Slack
waits is posted.
"""

import hashlib
import hmac
import json
import time
from typing import Any

from flowhook import (
    DISCARD,
    BaseSettings,
    Body,
    Delivered,
    Delivery,
    Endpoint,
    Field,
    Message,
    Output,
    OutputPlugin,
    Reject,
    Rejected,
    Request,
    Response,
    Retry,
    Secret,
    hookimpl,
)  # fmt: skip

from ._rich import options, payload, plain, rich_of, shortened

TOLERANCE = 300  #: seconds that a signed request may be old
COMMAND_WAIT = 2.5  #: seconds; Slack takes an answer within 3
PASSING = frozenset(
    {"internal_error", "fatal_error", "service_unavailable", "request_timeout", "ratelimited"}
)
KINDS = frozenset({"message", "app_mention"})


class Settings(BaseSettings):
    token: Secret  # xoxb-…, of the bot
    signing_secret: Secret
    threads: bool = True  # a message in a thread is a session of its own
    api_url: str = "https://slack.com/api"
    timeout: float = Field(10.0, gt=0, le=60)


@hookimpl
async def authenticate(request: Request, settings: Settings) -> None:
    stamp = request.headers.get("x-slack-request-timestamp", "")
    if not stamp.isdecimal() or abs(time.time() - int(stamp)) > TOLERANCE:
        raise Reject(401, "The request of Slack is too old.")
    key = settings.signing_secret.reveal().encode()
    expected = hmac.new(key, f"v0:{stamp}:".encode() + request.body, hashlib.sha256).hexdigest()
    presented = request.headers.get("x-slack-signature", "")
    if not hmac.compare_digest(presented.encode(), f"v0={expected}".encode()):
        raise Reject(401, "X-Slack-Signature does not sign this body.")


@hookimpl
async def transform_input(request: Request, response: Response, settings: Settings) -> Any:
    form = request.form
    if "payload" in form:
        return pressed(json.loads(form["payload"]), settings)
    if "command" in form:
        data = {"slack": {name: value for name, value in form.items() if name != "token"}}
        text = form.get("text") or form["command"]
        return Message(form["user_id"], form["channel_id"], text, data=data, wait=COMMAND_WAIT,
                       message_id=form.get("trigger_id"))  # fmt: skip
    body = request.json if isinstance(request.json, dict) else {}
    if body.get("type") == "url_verification":
        response.body = str(body.get("challenge", ""))
        return DISCARD
    event = body.get("event") or {}
    if (
        event.get("type") not in KINDS
        or event.get("bot_id")
        or event.get("subtype") not in (None, "file_share")
    ):
        response.status = 200
        return DISCARD  # an edit, a join, the bot's own message …
    attachments = [
        {"name": file.get("name"), "url": file.get("url_private"), "type": file.get("mimetype")}
        for file in event.get("files") or []
    ]
    return Message(
        str(event.get("user", "")), session_of(event["channel"], event.get("thread_ts"), settings),
        event.get("text"), data={"slack": event}, attachments=attachments or None,
        message_id=body.get("event_id"),
    )  # fmt: skip


def pressed(said: dict[str, Any], settings: Settings) -> Any:
    """A pressed button says its value, a chosen option the option's."""
    action = (said.get("actions") or [{}])[0]
    value = action.get("value") or (action.get("selected_option") or {}).get("value")
    if said.get("type") != "block_actions" or not value:
        return DISCARD
    thread = (said.get("container") or {}).get("thread_ts")
    session = session_of(said["channel"]["id"], thread, settings)
    return Message(said["user"]["id"], session, value, data={"slack": {"action": action}},
                   message_id=f"{action.get('action_ts', '')}{said.get('trigger_id', '')}"[:255])  # fmt: skip


def session_of(channel: str, thread: str | None, settings: Settings) -> str:
    return f"{channel}:{thread}" if thread and settings.threads else channel


@hookimpl
def answer(outputs: list[Output], response: Response) -> None:
    texts = [text for output in outputs if (text := plain(output))]
    response.body = {"response_type": "ephemeral", "text": "\n".join(texts)} if texts else None
    response.status = 200


@hookimpl
async def transform_output(output: Output, session_id: str) -> Any:
    if not (text := plain(output)):
        return DISCARD
    channel, _, thread = session_id.partition(":")
    message: dict[str, Any] = {"channel": channel, "text": text}
    if blocks := blocks_of(output):
        message["blocks"] = blocks
    return Body({**message, "thread_ts": thread} if thread else message)


def blocks_of(output: Output) -> list[dict[str, Any]]:
    """Buttons, quick replies, pictures and galleries as Slack's blocks; none for what has no such shape."""
    rich, blocks = rich_of(output), []
    if output.text and rich:
        blocks.append({"type": "section", "text": {"type": "mrkdwn", "text": shortened(output.text, 3000)}})
    if rich.get("type") in ("buttons", "quick_replies"):
        return [*blocks, *actions(options(rich))]
    if rich.get("type") == "image":
        return [*blocks, {"type": "image", "image_url": rich["url"], "alt_text": rich.get("alt") or "image"}]
    if rich.get("type") not in ("gallery", "list"):
        return []
    for item in rich.get("items") or []:
        text = f"*{item.get('title', '')}*\n{item.get('subtitle', '')}".strip()
        block: dict[str, Any] = {"type": "section", "text": {"type": "mrkdwn", "text": shortened(text, 3000)}}
        if image := item.get("imageUrl"):
            alt = item.get("imageAlt") or item.get("title") or "image"
            block["accessory"] = {"type": "image", "image_url": image, "alt_text": alt}
        blocks += [block, *actions(item.get("buttons") or [])]
    return blocks[:50]


def shown(option: dict[str, Any]) -> bool:
    """Whether Slack has a button like this; what has none is in the text."""
    return "phone" not in option and len(payload(option)) <= 2000


def actions(found: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """Buttons in rows of 25."""
    buttons: list[dict[str, Any]] = []
    for number, option in enumerate(option for option in found if shown(option)):
        title = {"type": "plain_text", "text": shortened(option["title"], 75)}
        button = {"type": "button", "text": title, "action_id": f"b{number}"}
        more = {"url": option["url"]} if "url" in option else {"value": payload(option)}
        buttons.append({**button, **more})
    return [{"type": "actions", "elements": buttons[at : at + 25]} for at in range(0, len(buttons), 25)]


class SlackOutput(OutputPlugin):
    """Posts with ``chat.postMessage``, whose 200 may hold an error."""

    name = "slack"

    async def deliver(
        self, delivery: Delivery, *, endpoint: Endpoint, sender: Any
    ) -> Delivered | Retry | Rejected:
        headers = {
            "content-type": "application/json; charset=utf-8",
            "authorization": f"Bearer {self.settings.token.reveal()}",
        }
        url, timeout = f"{self.settings.api_url.rstrip('/')}/chat.postMessage", self.settings.timeout
        response = await sender.send("POST", url, headers, delivery.body, timeout=timeout)
        if response.status == 429:
            after = response.headers.get("Retry-After", "")
            return Retry("Slack: too many messages", float(after) if after.isdecimal() else None, 429, False)
        if response.status != 200:
            return Retry(f"Slack: HTTP {response.status}", status=response.status)
        said = json.loads(response.body)
        if said.get("ok"):
            return Delivered(200, response.body)
        error = str(said.get("error", ""))
        return Retry(f"Slack: {error}") if error in PASSING else Rejected(f"Slack: {error}", response=error)


@hookimpl
def register_outputs() -> list[type[OutputPlugin]]:
    return [SlackOutput]
