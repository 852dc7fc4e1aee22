"""Apple Messages for Business by RingCentral Engage Digital: structured messages out.

RingCentral's connector talks to the endpoint in flowhook's own format; what it gets at the webhook's
``url`` is ``{body, structured_content}`` as its ``POST /1.0/contents`` takes them. Name the plugin in
``transformers.use``.
"""

from typing import Any

from flowhook import DISCARD, Body, Output, hookimpl

from ._rich import choices, payload, plain, rich_of, shortened

MOST_ITEMS = 13
TITLE_LIMIT, PAYLOAD_LIMIT = 80, 1000


@hookimpl
async def transform_output(output: Output, user_id: str, session_id: str) -> Any:
    ids = {"userId": user_id, "sessionId": session_id}
    structured = structured_content(output)
    if structured is not None:
        return Body({**ids, "body": output.text or plain(output), "structured_content": structured})
    text = plain(output)
    return Body({**ids, "body": text}) if text else DISCARD


def structured_content(output: Output) -> dict[str, Any] | None:
    """Options as a ``select``, items of a list or a gallery as a list picker; None for the rest."""
    rich = rich_of(output)
    found = choices(rich)
    if found and fits(found):
        return {"type": "select", "items": [item_of(option) for option in found]}
    items = rich.get("items") or []
    clicked = [{**item, **button_of(item)} for item in items if item.get("title")]
    if clicked and fits(clicked):
        picked = [
            {**item_of(item), **({"subtitle": item["subtitle"]} if item.get("subtitle") else {})}
            for item in clicked
        ]
        return {"type": "list", "title": shortened(output.text or "…", 1024), "items": picked[:10]}
    return None


def button_of(item: dict[str, Any]) -> dict[str, Any]:
    """A click on an item says what its first button would say."""
    said = [button for button in item.get("buttons") or [] if button.get("payload")]
    return {"payload": said[0]["payload"]} if said else {}


def fits(items: list[dict[str, Any]]) -> bool:
    """Whether the platform takes these as they are: it knows ASCII alone in payloads."""
    said = [payload(item) for item in items]
    return len(items) <= MOST_ITEMS and all(len(one) <= PAYLOAD_LIMIT and one.isascii() for one in said)


def item_of(option: dict[str, Any]) -> dict[str, Any]:
    return {"title": shortened(option["title"], TITLE_LIMIT), "payload": payload(option)}
