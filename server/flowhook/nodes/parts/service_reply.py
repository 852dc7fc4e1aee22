"""What a service wants said, as ``json_api`` reads it: checked, and in the neutral shape of rich messages."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlsplit

from flowhook.rich.shapes import MAX_BUTTONS, Rich, quick_replies, with_fallback

CARDS: Final = 20  #: of one reply that are said
TEXT_LENGTH: Final = 10_000  #: characters of one message
ECHOED: Final = ("bot_id", "user_id", "module_id")
MEDIA: Final = ("image", "audio", "video")

FindNode = Callable[[str], object | None]


@dataclass(slots=True)
class Said:
    """The messages of a reply, each with its data, and where buttons lead that lead to nodes."""

    messages: list[tuple[str, dict[str, Any]]] = field(default_factory=list)
    targets: dict[str, str] = field(default_factory=dict)  #: what a click says → id of the node
    warnings: list[str] = field(default_factory=list)


def refusal(status: int, reply: Any, ids: Mapping[str, Any]) -> str:
    """Return why a reply cannot be said; "" when it can. ``ids`` are those of the request."""
    if status > 299:
        return f"the service answered {status}"
    if not isinstance(reply, dict):
        return "the service did not answer with a JSON object"
    message = reply.get("message")
    if not isinstance(message, str) or not message.strip():
        return 'the reply has no "message"'
    if len(message) > TEXT_LENGTH:
        return f'the "message" of the reply has more than {TEXT_LENGTH} characters'
    for name in ECHOED:
        if reply.get(name) is not None and str(reply[name]) != str(ids[name]):
            return f'the reply is for another "{name}"'
    return ""


def messages_of(reply: Mapping[str, Any], find_node: FindNode) -> Said:
    """Read a reply that was not refused. ``find_node`` finds the node of an id."""
    said = Said()
    reader = _Reader(said, find_node)
    replies = [reader.reply(suggested) for suggested in reader.listed(reply, "suggested_replies")]
    rich = quick_replies(button for button in replies if button is not None)
    said.messages.append(_message(reply["message"], rich if rich["quickReplies"] else None))
    cards = reader.listed(reply, "cards")
    if len(cards) > CARDS:
        said.warnings.append(f"the reply has {len(cards)} cards: {CARDS} are said")
    for card in cards[:CARDS]:
        reader.card(card)
    if reply.get("blocked_input") is True:
        text, data = said.messages[-1]
        said.messages[-1] = (text, {**data, "blockedInput": True})
    return said


class _Reader:
    """Reads the parts of a reply; what cannot be shown becomes a warning."""

    def __init__(self, said: Said, find_node: FindNode) -> None:
        self._said = said
        self._find_node = find_node

    def listed(self, holder: Mapping[str, Any], name: str) -> list[Any]:
        """A list; anything else is none."""
        value = holder.get(name)
        if value is None or isinstance(value, list):
            return value or []
        self._leave_out(f'"{name}" is no list')
        return []

    def reply(self, value: Any) -> dict[str, str] | None:
        """A quick reply: a text, or an object with a title."""
        if isinstance(value, str) and value.strip():
            return {"title": value, "payload": value}
        if isinstance(value, dict) and (title := _text(value, "title", "name", "text")):
            return {"title": title, "payload": _text(value, "payload", "value") or title}
        self._leave_out("a suggested reply without a text")
        return None

    def card(self, card: Any) -> None:
        """A message of its own, by its type."""
        kind = card.get("type") if isinstance(card, dict) else None
        if kind == "text":
            self._text_card(card)
        elif kind in MEDIA:
            self._media_card(kind, card)
        elif kind == "gallery":
            self._gallery(card)
        else:
            self._leave_out(f"a card of the type {str(kind)[:40]!r}")

    def _text_card(self, card: Mapping[str, Any]) -> None:
        text = _text(card, "value")
        if text is None:
            self._leave_out("a card without a text")
            return
        buttons = self._buttons(card)
        self._said.messages.append(
            _message(text, {"type": "buttons", "buttons": buttons} if buttons else None)
        )

    def _media_card(self, kind: str, card: Mapping[str, Any]) -> None:
        url = self._address(card, "value")
        if url is not None:
            rich = with_fallback({"type": kind, "url": url}, "")
            self._said.messages.append((rich["fallback"], {"rich": rich}))

    def _gallery(self, card: Mapping[str, Any]) -> None:
        items = [item for item in map(self._item, self.listed(card, "gallery")) if item is not None]
        if not items:
            self._leave_out("a gallery without anything in it")
            return
        rich = with_fallback({"type": "gallery", "items": items}, "")
        self._said.messages.append((rich["fallback"], {"rich": rich}))

    def _item(self, item: Any) -> Rich | None:
        if not isinstance(item, dict) or (heading := _text(item, "heading")) is None:
            self._leave_out("an item of a gallery without a heading")
            return None
        shape: Rich = {"title": heading}
        if subtitle := _text(item, "subtitle"):
            shape["subtitle"] = subtitle
        if item.get("image") and (image := self._address(item, "image")):
            shape["imageUrl"] = image
        buttons = self._buttons(item)
        if item.get("url") and (url := self._address(item, "url")):
            buttons = [{"type": "url", "title": heading, "url": url}, *buttons]
        return {**shape, "buttons": buttons} if buttons else shape

    def _buttons(self, holder: Mapping[str, Any]) -> list[Rich]:
        buttons = self.listed(holder, "buttons")
        if len(buttons) > MAX_BUTTONS:
            self._leave_out(f"{len(buttons) - MAX_BUTTONS} buttons: {MAX_BUTTONS} can be shown")
        return [shape for shape in map(self._button, buttons[:MAX_BUTTONS]) if shape is not None]

    def _button(self, button: Any) -> Rich | None:
        name = _text(button, "name", "title") if isinstance(button, dict) else None
        if name is None:
            self._leave_out("a button without a name")
            return None
        if button.get("type") == "url":
            url = self._address(button, "value")
            return None if url is None else {"type": "url", "title": name, "url": url}
        if button.get("type") == "module":
            return self._module(name, str(button.get("value")))
        self._leave_out(f"a button of the type {str(button.get('type'))[:40]!r}")
        return None

    def _module(self, name: str, target: str) -> Rich | None:
        """A button that leads to a node; two of one name say different things."""
        if self._find_node(target) is None:
            self._leave_out(f"a button to the node {target[:40]!r}, which is not there")
            return None
        targets = self._said.targets
        payload = name if targets.get(name, target) == target else f"{name} ({target})"
        targets[payload] = target
        return {"type": "postback", "title": name, "payload": payload}

    def _address(self, holder: Mapping[str, Any], name: str) -> str | None:
        value = holder.get(name)
        if isinstance(value, str) and not any(character.isspace() for character in value.strip()):
            try:
                parts = urlsplit(value.strip())
            except ValueError:
                parts = urlsplit("")
            if parts.scheme in ("http", "https") and parts.hostname:
                return value.strip()
        self._leave_out(f'"{name}" is no address')
        return None

    def _leave_out(self, what: str) -> None:
        self._said.warnings.append(f"left out of the reply: {what}")


def _message(text: str, rich: Rich | None) -> tuple[str, dict[str, Any]]:
    return text, {} if rich is None else {"rich": with_fallback(rich, text)}


def _text(holder: Mapping[str, Any], *names: str) -> str | None:
    """The first of these that is a text with something in it, no longer than a message may be."""
    found = (holder.get(name) for name in names)
    return next((text[:TEXT_LENGTH] for text in found if isinstance(text, str) and text.strip()), None)
