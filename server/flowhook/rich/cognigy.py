"""Rich messages in the shapes of Cognigy's channels: ``data._cognigy._default`` instead of ``data.rich``.

For endpoints with ``rich_format: cognigy``. What has no such shape stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any, Final

from flowhook.model.output import Output

Shape = dict[str, Any]


def rendered(output: Output) -> Output:
    """The output with its rich message in Cognigy's shape; the same output where there is none.

    What the author put under ``_cognigy`` stays, and wins.
    """
    shape = default_of(output.data.get("rich"), output.text)
    if shape is None:
        return output
    data = {name: value for name, value in output.data.items() if name != "rich"}
    own = data.get("_cognigy")
    data["_cognigy"] = {"_default": shape, **(own if isinstance(own, Mapping) else {})}
    return replace(output, data=data)


def default_of(rich: Any, text: str = "") -> Shape | None:
    """What stands under ``_default`` for a neutral shape; None where it is none that we know."""
    if not isinstance(rich, Mapping):
        return None
    render = _RENDERERS.get(str(rich.get("type")))
    text = "" if text == rich.get("fallback") else text  # all of it is in the shape
    try:
        return render(rich, text) if render is not None else None
    except (KeyError, TypeError, AttributeError):  # of a plugin or a backend, in a shape of its own
        return None


def _buttons(rich: Mapping[str, Any], text: str) -> Shape:
    buttons = [_button(button) for button in rich["buttons"]]
    return {"_buttons": _shape("buttons", rich, text=text, buttons=buttons)}


def _quick_replies(rich: Mapping[str, Any], text: str) -> Shape:
    replies = [_reply(reply) for reply in rich["quickReplies"]]
    return {"_quickReplies": _shape("quick_replies", rich, text=text, quickReplies=replies)}


def _gallery(rich: Mapping[str, Any], text: str) -> Shape:
    return {"_gallery": _shape("carousel", rich, items=[_item(item) for item in rich["items"]])}


def _list(rich: Mapping[str, Any], text: str) -> Shape:
    button = _button(rich["button"]) if "button" in rich else None
    items = [_kept(**_item(item), defaultActionUrl=item.get("url")) for item in rich["items"]]
    large = True if rich.get("largeFirst") else None
    return {"_list": _shape("list", rich, items=items, button=button, largeTopItem=large)}


def _image(rich: Mapping[str, Any], text: str) -> Shape:
    return {"_image": _kept(type="image", imageUrl=rich["url"], imageAltText=rich.get("alt"))}


def _audio(rich: Mapping[str, Any], text: str) -> Shape:
    return {"_audio": _kept(type="audio", audioUrl=rich["url"], audioAltText=rich.get("alt"))}


def _video(rich: Mapping[str, Any], text: str) -> Shape:
    captions = rich.get("captionsUrl")
    shape = _kept(type="video", videoUrl=rich["url"], videoAltText=rich.get("alt"), videoCaptionsUrl=captions)
    return {"_video": shape}


def _card(rich: Mapping[str, Any], text: str) -> Shape:
    return {"_adaptiveCard": {"type": "adaptiveCard", "adaptiveCard": rich["card"]}}


_RENDERERS: Final[Mapping[str, Callable[[Mapping[str, Any], str], Shape]]] = {
    "buttons": _buttons,
    "quick_replies": _quick_replies,
    "gallery": _gallery,
    "list": _list,
    "image": _image,
    "audio": _audio,
    "video": _video,
    "card": _card,
}


def _shape(kind: str, rich: Mapping[str, Any], **parts: Any) -> Shape:
    return _kept(type=kind, **parts, fallbackText=rich.get("fallback"))


def _item(item: Mapping[str, Any]) -> Shape:
    """One of a gallery or a list."""
    return _kept(
        id=item.get("id"),
        title=item["title"],
        subtitle=item.get("subtitle", ""),
        imageUrl=item.get("imageUrl", ""),
        imageAltText=item.get("imageAlt"),
        buttons=[_button(button) for button in item.get("buttons", ())],
    )


def _button(button: Mapping[str, Any]) -> Shape:
    named = {"id": button.get("id"), "title": button["title"]}
    if "url" in button:
        return _kept(type="web_url", **named, payload="", url=button["url"], target="_blank")
    if "phone" in button:
        return _kept(type="phone_number", **named, payload=button["phone"])
    return _kept(type="postback", **named, payload=button.get("payload", button["title"]))


def _reply(reply: Mapping[str, Any]) -> Shape:
    is_phone = "phone" in reply
    return _kept(
        id=reply.get("id"),
        title=reply["title"],
        contentType="phone_number" if is_phone else "postback",
        payload=reply["phone"] if is_phone else reply.get("payload", reply["title"]),
        imageUrl=reply.get("imageUrl"),
        imageAltText=reply.get("imageAlt"),
    )


def _kept(**parts: Any) -> Shape:
    """Without the parts that are not there."""
    return {name: value for name, value in parts.items() if value is not None}
