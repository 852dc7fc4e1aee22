"""LEKAB's Rich API, in and out: SMS, RCS, WhatsApp and whatever else an account has.

Set the callback for incoming messages to the endpoint's URL, and name the plugin in ``transformers.use``.
LEKAB signs nothing: with ``key``, add ``?key=…`` to that URL, and only who knows it gets in. A session is
a channel and an address: ``WHATSAPP:46701234567``. The webhook ``url`` of the endpoint may be empty.
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

from ._rich import options, parts, payload, plain, rich_of

TEXT_LIMIT = 2000


class Settings(BaseSettings):
    api_key: Secret
    key: Secret = Secret("")
    api_url: str = "https://secure.lekab.com/rich/lekabrich"


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
    if body.get("status") or "from_address" not in body:
        return DISCARD  # what became of a message of ours
    user = str(body["from_address"])
    text = body.get("postback_data") or body.get("incoming_data")
    identity = body.get("id") or body.get("message_id")
    return Message(
        user, f"{body.get('from_channel', '')}:{user}", text if isinstance(text, str) else None,
        data={"lekab": body}, message_id=str(identity) if identity else None,
    )  # fmt: skip


@hookimpl
async def transform_output(output: Output, session_id: str, settings: Settings) -> Any:
    channel, _, address = session_id.partition(":")
    url = f"{settings.api_url.rstrip('/')}/send"
    headers = {"x-api-key": f"{settings.api_key}", "accept": "application/json"}
    to = [{"channel": channel, "address": address}]
    contents = contents_of(output)
    return [
        Deliver(url, json={"to": to, "message": content}, headers=headers) for content in contents
    ] or DISCARD


def contents_of(output: Output) -> Iterator[dict[str, Any]]:
    """The output as messages of the API."""
    rich = rich_of(output)
    kind, found = rich.get("type"), options(rich)
    if kind in ("buttons", "quick_replies") and found and output.text:
        text = {"text": output.text}
        yield {"choice_message": {"text_message": text, "choices": list(map(choice_of, found))}}
        return
    if kind in ("image", "audio", "video"):
        yield from ({"text_message": {"text": text}} for text in parts(output.text, TEXT_LIMIT))
        yield {"media_message": {"url": rich["url"]}}
        return
    cards = [card_of(item) for item in rich.get("items") or []] if kind == "gallery" else []
    if cards and all("media_message" in card for card in cards):
        yield from ({"text_message": {"text": text}} for text in parts(output.text, TEXT_LIMIT))
        yield {"card_message": cards[0]} if len(cards) == 1 else {"carousel_message": {"cards": cards}}
        return
    yield from ({"text_message": {"text": text}} for text in parts(plain(output), TEXT_LIMIT))


def card_of(item: dict[str, Any]) -> dict[str, Any]:
    card = {"title": item.get("title"), "description": item.get("subtitle")}
    card = {name: value for name, value in card.items() if value}
    if item.get("imageUrl"):
        card["media_message"] = {"url": item["imageUrl"]}
    if item.get("buttons"):
        card["choices"] = list(map(choice_of, item["buttons"]))
    return card


def choice_of(option: dict[str, Any]) -> dict[str, Any]:
    if "url" in option:
        return {"url_message": {"title": option["title"], "url": option["url"]}}
    if "phone" in option:
        return {"call_message": {"title": option["title"], "phone_number": option["phone"]}}
    return {"text_message": {"text": option["title"]}, "postback_data": payload(option)}
