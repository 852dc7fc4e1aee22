"""The interactive messages of WhatsApp, as its Cloud API and those of its partners take them."""

from typing import Any

from flowhook import Output

from ._rich import choices, payload, rich_of, shortened

MOST_BUTTONS, MOST_ROWS = 3, 10


def interactive(output: Output) -> dict[str, Any] | None:
    """Up to three options as buttons, up to ten as a list; None for what has no such shape, or no text."""
    rich = rich_of(output)
    found = choices(rich)
    if rich.get("type") == "list" and not found:
        found = [item for item in rich.get("items") or [] if item.get("title")]
    text = output.text
    if not text or not found or len(found) > MOST_ROWS:
        return None
    if any(len(payload(option)) > 200 for option in found):
        return None
    body = {"text": shortened(text, 1024)}
    if len(found) <= MOST_BUTTONS and rich.get("type") != "list":
        buttons = [
            {"type": "reply", "reply": {"id": payload(option), "title": shortened(option["title"], 20)}}
            for option in found
        ]
        return {"type": "button", "body": body, "action": {"buttons": buttons}}
    rows = [row(option) for option in found]
    label = shortened(str((rich.get("button") or {}).get("title") or "…"), 20)
    return {"type": "list", "body": body, "action": {"button": label, "sections": [{"rows": rows}]}}


def row(option: dict[str, Any]) -> dict[str, Any]:
    """A row of a list; a click says what its button would say."""
    button = next(iter(option.get("buttons") or []), option)
    made = {"id": payload(button), "title": shortened(option["title"], 24)}
    subtitle = option.get("subtitle")
    return {**made, "description": shortened(subtitle, 72)} if subtitle else made
