"""``say``: one message to the user.

.. code-block:: yaml

    - say: "Hello {{ profile.firstname }}!"
    - id: greeting
      say: {text: ["Hi.", "Hello."], order: loop, data: {mood: good}}
    - say:
        text: "What can I do for you?"
        quick_replies: [Order, {title: Where is my order?, payload: track, if: context.orders}]
    - say:
        text: "Our pizzas"
        gallery:
          - {title: Margherita, subtitle: 7 €, image: "https://pizza.example/m.jpg",
             buttons: [{title: Take it, payload: margherita}]}

Of several texts one is said: at random, or with ``order: linear`` each in turn and then the last one
again and again, or with ``order: loop`` round and round. ``data`` is any JSON that goes with it.

One rich kind may go with the text: ``buttons``, ``quick_replies``, ``image``, ``audio``, ``video``,
``gallery``, ``list`` or ``card`` (an Adaptive Card). A button is a text, which is its title and what a
click says, or ``{title, payload}``, ``{title, url}``, ``{title, phone}``. ``image: https://…`` may also be
written ``{url, alt}``. Any element may have ``if``, an expression: it is left out where that does not hold;
where nothing is left, the text alone is said. There may be 15 buttons, 10 items of a list with one button
each. Elements may come from a template: ``quick_replies: "{{ context.options }}"``.

The message's data then holds ``rich: {type, …, fallback}``; ``fallback`` is for channels that read only
text, and is the message's text where none is given. A click is posted back as the text of its payload.
``channels`` has another message for some channels, by what ``input.channel`` is there: it is said in the
place of this one, with nothing of it.

During a handover the agent reads what the bot says, too: ``to: user`` keeps it from the agent, ``to: agent``
from the user. Else ``to`` stands in the data for those who hand over by themselves. No branches.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Annotated, Any, Final, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, Tag, ValidationInfo, model_validator

from flowhook.engine.node import Node
from flowhook.engine.settings.fields import Text, is_rendered
from flowhook.engine.turn.numbered import payloads_of
from flowhook.engine.turn.view import Turn
from flowhook.nodes.parts.rich_elements import (
    AS_MAPPING,
    AS_TEXT,
    BY_FORM,
    Button,
    Element,
    Film,
    Item,
    Listed,
    Picture,
    Pressed,
    QuickReply,
    Row,
    Rows,
    Shown,
    Suggested,
    element,
    few,
    holds,
    shapes,
)
from flowhook.nodes.parts.wording import Order, one_of
from flowhook.rich.shapes import MAX_BUTTONS, MAX_ITEMS, TYPES, Rich, with_fallback

# Written here, because one of the settings is called ``list``.
_Texts = Text | list[Text]
_Buttons = list[Pressed] | None
_Replies = list[Suggested] | None
_Gallery = list[Shown] | None
_List = Annotated[Annotated[list[Listed], Tag(AS_TEXT)] | Annotated[Rows, Tag(AS_MAPPING)], BY_FORM] | None

#: Settings of ``say`` beside its text that say something by themselves.
KINDS: Final = TYPES

#: Settings of a message that is nothing but a text.
_PLAIN: Final = frozenset({"text", "order", "data"})


class Message(BaseModel):
    """What one message holds."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    text: _Texts = Field("", description="what is said; of a list, one")
    order: Order = Field("random", description="which of several texts: random, linear or loop")
    data: dict[str, Any] = Field(default_factory=dict, description="JSON that travels with the text")
    buttons: _Buttons = Field(None, description="things to press: 15 at most")
    quick_replies: _Replies = Field(None, description="suggestions of what to say")
    image: Picture | None = Field(None, description="a picture: its address, or {url, alt}")
    audio: Picture | None = Field(None, description="a sound: its address, or {url, alt}")
    video: Film | None = Field(None, description="a film: its address, or {url, alt, captions}")
    gallery: _Gallery = Field(None, description="cards beside each other")
    card: dict[str, Any] | None = Field(None, description="an Adaptive Card, as JSON")
    to: Literal["user", "agent", "both"] = Field("user", description="who is to read it")
    list: _List = Field(
        None, description="items below each other, 10 at most; or {items, button, large_first}"
    )

    @model_validator(mode="after")
    def _says_something(self, info: ValidationInfo) -> Self:
        if self.is_plain and (self.text or is_rendered(info)):
            return self
        kinds = [kind for kind in KINDS if getattr(self, kind) is not None]
        if len(kinds) > 1:
            raise ValueError(f"a message is one of these: {', '.join(kinds)}")
        if not self.text and not self.data and not kinds and not is_rendered(info):
            raise ValueError("there is nothing to say: give a text, or data")
        few(self.buttons or (), MAX_BUTTONS, "buttons", info)
        few(self.rows, MAX_ITEMS, "items of a list", info)
        return self

    def put(self, turn: Turn) -> None:
        """Say it."""
        text = one_of(self.text, self.order, turn)
        data = self.data
        if self.is_plain:
            turn.say(text, data)
            return
        rich = self._rich(turn)
        if rich is not None:
            turn.session.numbered = payloads_of(rich)
            rich = with_fallback(rich, text)
            text, data = text or rich["fallback"], {**data, "rich": rich}
        if "to" not in self.model_fields_set:
            turn.say(text, data)
            return
        if self.to != "user":
            data = {**data, "to": self.to}
        turn.say(text, data, to=self.to)

    def _rich(self, turn: Turn) -> Rich | None:
        """The rich part in its neutral shape; None where there is none, or nothing is left of it."""
        for kind, shape_of in _SHAPES.items():
            if getattr(self, kind) is not None:
                shape = shape_of(self, turn)
                return {"type": kind, **shape} if shape else None
        return None

    @property
    def is_plain(self) -> bool:
        """Whether it is nothing but a text, with data or without: the most frequent message by far."""
        return self.__pydantic_fields_set__ <= _PLAIN

    @property
    def rows(self) -> Any:
        """The items of ``list``, however they were written."""
        return self.list.items if isinstance(self.list, Rows) else self.list or ()


class Say(Message, Node):
    """Says one message."""

    key = "say"
    main = "text"
    draws_as = "say"
    remembers = True

    channels: dict[str, Message] = Field(
        default_factory=dict, description="by the name of a channel: what is said there instead"
    )

    @classmethod
    def keeps_memory(cls, settings: Mapping[str, Any]) -> bool:
        messages = [settings, *settings.get("channels", {}).values()]
        return any(message.get("order", "random") != "random" for message in messages)

    def run(self, turn: Turn) -> None:
        if self.is_plain:
            turn.say(one_of(self.text, self.order, turn), self.data)
            return
        message = self.channels.get(turn.input["channel"]) if self.channels else None
        (message or self).put(turn)


# -- the rich kinds, each in its neutral shape; empty where nothing of it is shown ------------------


def _buttons(say: Message, turn: Turn) -> Rich:
    shown = shapes(turn, say.buttons or (), Button, MAX_BUTTONS, "buttons")
    return {"buttons": shown} if shown else {}


def _quick_replies(say: Message, turn: Turn) -> Rich:
    shown = shapes(turn, say.quick_replies or (), QuickReply, None, "quick replies")
    return {"quickReplies": shown} if shown else {}


def _gallery(say: Message, turn: Turn) -> Rich:
    shown = shapes(turn, say.gallery or (), Item, None, "items")
    return {"items": shown} if shown else {}


def _list(say: Message, turn: Turn) -> Rich:
    shown = shapes(turn, say.rows, Row, MAX_ITEMS, "items of a list")
    if not shown or not isinstance(say.list, Rows):
        return {"items": shown} if shown else {}
    if not holds(turn, say.list):
        return {}
    shape: Rich = {"items": shown}
    button = element(say.list.button, Button) if say.list.button is not None else None
    if button is not None and holds(turn, button):
        shape["button"] = button.shape(turn)
    return shape | ({"largeFirst": True} if say.list.large_first else {})


def _card(say: Message, turn: Turn) -> Rich:
    return {"card": say.card} if say.card else {}


def _media(turn: Turn, media: str | Element | None) -> Rich:
    if isinstance(media, Element):
        return media.shape(turn) if holds(turn, media) else {}
    return {"url": media} if media else {}


_SHAPES: Final[Mapping[str, Callable[[Message, Turn], Rich]]] = {
    "buttons": _buttons,
    "quick_replies": _quick_replies,
    "image": lambda say, turn: _media(turn, say.image),
    "audio": lambda say, turn: _media(turn, say.audio),
    "video": lambda say, turn: _media(turn, say.video),
    "gallery": _gallery,
    "list": _list,
    "card": _card,
}
