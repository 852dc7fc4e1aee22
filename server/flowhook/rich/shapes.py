"""The neutral shape of messages that are more than text: what stands under ``rich`` in an output's data.

Every shape has ``type``, and those of ``say`` have ``fallback``: the message for channels that read only
text, with numbered titles. Keys without a value are left out.

.. code-block:: text

    {type: buttons,       buttons: [button], fallback}
    {type: quick_replies, quickReplies: [{title, payload | phone, id, imageUrl, imageAlt}], fallback}
    {type: gallery,       items: [{title, subtitle, imageUrl, imageAlt, buttons: [button]}], fallback}
    {type: list,          items: [{title, subtitle, imageUrl, imageAlt, url, buttons: [button]}],
                          button, largeFirst, fallback}
    {type: image | audio | video, url, alt, captionsUrl, fallback}
    {type: card,          card: {…}, fallback}         an Adaptive Card, as it is

    button: {type: postback, title, payload, id} or {type: url, title, url, id}
            or {type: phone, title, phone, id}

A click on a button or quick reply with a ``payload`` is posted back as ``text: <payload>``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from typing import Any, Final

Rich = dict[str, Any]

TYPES: Final = ("buttons", "quick_replies", "image", "audio", "video", "gallery", "list", "card")
MAX_BUTTONS: Final = 15
MAX_ITEMS: Final = 10  #: of a list
MAX_ITEM_BUTTONS: Final = 1  #: of one item of a list


def quick_replies(options: Iterable[str | Mapping[str, Any]]) -> Rich:
    """Quick replies for options: a text is title and payload, a mapping may name them apart."""
    replies = [
        {"title": option, "payload": option} if isinstance(option, str) else dict(option)
        for option in options
    ]
    return {"type": "quick_replies", "quickReplies": replies}


def with_fallback(rich: Rich, text: str) -> Rich:
    """The shape with ``fallback``: the text, and below it what can be chosen or seen."""
    lines = [text] if text else []
    return {**rich, "fallback": "\n".join([*lines, *_lines(rich)])}


def _lines(rich: Mapping[str, Any]) -> Iterator[str]:
    """What a text tells of a rich message: numbered titles, or where a picture is."""
    titled: Any = rich.get("buttons") or rich.get("quickReplies") or rich.get("items") or ()
    for number, element in enumerate(titled, 1):
        parts = (element.get("title"), element.get("subtitle"), element.get("url"), element.get("phone"))
        yield f"{number}. {' - '.join(str(part) for part in parts if part)}"
        for button in element.get("buttons", ()):
            yield f"   {_button_line(button)}"
    if "button" in rich:
        yield _button_line(rich["button"])
    if "url" in rich:
        yield f"{rich['alt']}: {rich['url']}" if rich.get("alt") else str(rich["url"])
    if rich["type"] == "card":
        yield from _card_texts(rich["card"])


def _button_line(button: Mapping[str, Any]) -> str:
    beyond = button.get("url") or button.get("phone")
    return f"{button['title']}: {beyond}" if beyond else str(button["title"])


def _card_texts(card: Any) -> Iterator[str]:
    """The texts of an Adaptive Card, as far as they stand at its top; its own fallback comes first."""
    if not isinstance(card, Mapping):
        return
    if isinstance(card.get("fallbackText"), str):
        yield card["fallbackText"]
        return
    for element in card.get("body") or ():
        if isinstance(element, Mapping) and isinstance(element.get("text"), str):
            yield element["text"]
