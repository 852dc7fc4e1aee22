"""The elements of rich messages as they are written in flow files: settings of ``say``.

.. code-block:: yaml

    - say:
        text: "Where to?"
        buttons:
          - Berlin                                          # a text is title and payload
          - {title: To Paris, payload: paris, if: context.abroad}
          - {title: Timetable, url: "https://trains.example/timetable"}
          - {title: Call us, phone: "+49 30 123456"}

An element whose ``if`` does not hold is left out. Branches: none, this is no node.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Annotated, Any, TypeVar
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Discriminator,
    Field,
    Tag,
    ValidationInfo,
    WithJsonSchema,
    model_validator,
)

from flowhook.engine.expressions import has_template
from flowhook.engine.outcomes import NodeFailed
from flowhook.engine.settings.fields import Condition, FieldMark, Word, is_rendered
from flowhook.engine.turn.view import Turn
from flowhook.rich.shapes import MAX_BUTTONS, MAX_ITEM_BUTTONS, Rich

Line = Annotated[Word, FieldMark("text")]

_PAGES = ("https", "http", "mailto", "tel")
_FILES = ("https", "http")


def _address(schemes: tuple[str, ...]) -> Callable[[str, ValidationInfo], str]:
    def check(value: str, info: ValidationInfo) -> str:
        if not is_rendered(info) and has_template(value):
            return value  # the turn will tell
        try:
            parts = urlsplit(value)
        except ValueError:
            parts = urlsplit("")
        known = parts.scheme in schemes and (parts.hostname or parts.scheme in ("mailto", "tel"))
        if not known or any(character.isspace() for character in value):
            raise ValueError("an address such as https://example.com/page is needed")
        return value

    return check


_URI = WithJsonSchema({"type": "string", "description": "https://…"})
Page = Annotated[Word, AfterValidator(_address(_PAGES)), FieldMark("text"), _URI]
File = Annotated[Word, AfterValidator(_address(_FILES)), FieldMark("text"), _URI]


def _form(value: Any) -> str:
    """Which way of writing an element was chosen, so that mistakes are told for that way only."""
    return AS_MAPPING if isinstance(value, dict | BaseModel) else AS_TEXT


AS_TEXT, AS_MAPPING = "as text", "as mapping"
BY_FORM = Discriminator(_form)


class Element(BaseModel):
    """A part of a rich message. ``if`` is an expression; where it does not hold, the part is left out."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    if_: Condition | None = Field(None, alias="if", description="a bare expression: else it is left out")

    def shape(self, turn: Turn) -> Rich:
        """The element in the neutral shape."""
        raise NotImplementedError


class Button(Element):
    """Something to press."""

    title: Line = Field(min_length=1, description="what stands on it")
    payload: Line | None = Field(None, description="the text that a click posts; left out: the title")
    url: Page | None = Field(None, description="the page that a click opens")
    phone: Line | None = Field(None, description="the number that a click calls")
    id: Line | None = Field(None, description="a name for the channel's use")

    @model_validator(mode="after")
    def _one_thing(self) -> Button:
        if sum(value is not None for value in (self.payload, self.url, self.phone)) > 1:
            raise ValueError("a button has one of payload, url and phone")
        return self

    def shape(self, turn: Turn) -> Rich:
        shape: Rich = {"type": "postback", "title": self.title}
        if self.url is not None:
            shape |= {"type": "url", "url": self.url}
        elif self.phone is not None:
            shape |= {"type": "phone", "phone": self.phone}
        else:
            shape["payload"] = self.title if self.payload is None else self.payload
        return shape | _given(id=self.id)


class QuickReply(Element):
    """A suggestion of what to say."""

    title: Line = Field(min_length=1, description="what is shown")
    payload: Line | None = Field(None, description="the text that a click posts; left out: the title")
    phone: Line | None = Field(None, description="the number that a click calls")
    image: File | None = Field(None, description="address of a picture beside it")
    image_alt: Line | None = Field(None, description="what the picture shows")
    id: Line | None = Field(None, description="a name for the channel's use")

    @model_validator(mode="after")
    def _one_thing(self) -> QuickReply:
        if self.payload is not None and self.phone is not None:
            raise ValueError("a quick reply has one of payload and phone")
        return self

    def shape(self, turn: Turn) -> Rich:
        said = self.title if self.payload is None else self.payload
        way = {"payload": said} if self.phone is None else {"phone": self.phone}
        picture = _given(imageUrl=self.image, imageAlt=self.image_alt)
        return {"title": self.title} | way | picture | _given(id=self.id)


Pressed = Annotated[Annotated[Line, Tag(AS_TEXT)] | Annotated[Button, Tag(AS_MAPPING)], BY_FORM]
Suggested = Annotated[Annotated[Line, Tag(AS_TEXT)] | Annotated[QuickReply, Tag(AS_MAPPING)], BY_FORM]


class Media(Element):
    """A picture, a sound or a film."""

    url: File = Field(description="its address")
    alt: Line | None = Field(None, description="what it shows or says, for those who cannot see or hear it")

    def shape(self, turn: Turn) -> Rich:
        return {"url": self.url} | _given(alt=self.alt)


class Video(Media):
    """A film."""

    captions: File | None = Field(None, description="address of its captions, a .vtt file")

    def shape(self, turn: Turn) -> Rich:
        return super().shape(turn) | _given(captionsUrl=self.captions)


class Item(Element):
    """A card of a gallery."""

    title: Line = Field(min_length=1, description="its heading")
    subtitle: Line | None = Field(None, description="below the heading")
    image: File | None = Field(None, description="address of its picture")
    image_alt: Line | None = Field(None, description="what the picture shows")
    buttons: list[Pressed] = Field(default_factory=list, description="below it")
    id: Line | None = Field(None, description="a name for the channel's use")

    def shape(self, turn: Turn) -> Rich:
        picture = _given(subtitle=self.subtitle, imageUrl=self.image, imageAlt=self.image_alt)
        buttons = shapes(turn, self.buttons, Button, self.limit, "buttons of one item")
        return (
            {"title": self.title} | picture | ({"buttons": buttons} if buttons else {}) | _given(id=self.id)
        )

    @property
    def limit(self) -> int:
        """Of its buttons."""
        return MAX_BUTTONS

    @model_validator(mode="after")
    def _few_buttons(self, info: ValidationInfo) -> Item:
        few(self.buttons, self.limit, "buttons of one item", info)
        return self


class Row(Item):
    """An item of a list; its page opens when it is pressed."""

    url: Page | None = Field(None, description="the page that opens when it is pressed")

    @property
    def limit(self) -> int:
        return MAX_ITEM_BUTTONS

    def shape(self, turn: Turn) -> Rich:
        return super().shape(turn) | _given(url=self.url)


Shown = Annotated[Annotated[Line, Tag(AS_TEXT)] | Annotated[Item, Tag(AS_MAPPING)], BY_FORM]
Listed = Annotated[Annotated[Line, Tag(AS_TEXT)] | Annotated[Row, Tag(AS_MAPPING)], BY_FORM]
Picture = Annotated[Annotated[File, Tag(AS_TEXT)] | Annotated[Media, Tag(AS_MAPPING)], BY_FORM]
Film = Annotated[Annotated[File, Tag(AS_TEXT)] | Annotated[Video, Tag(AS_MAPPING)], BY_FORM]


class Rows(Element):
    """A list with settings of its own."""

    items: list[Listed] = Field(min_length=1, description="what is listed, 10 at most")
    button: Pressed | None = Field(None, description="below the list")
    large_first: bool = Field(False, description="the first item is shown large, as a header")


# --- many elements --------------------------------------------------------------------------------------

One = TypeVar("One", bound=Element)


def holds(turn: Turn, element: Element) -> bool:
    """Whether an element is shown. A condition counts only where the author's file has it: elements may
    come out of a template, and what a user wrote is never evaluated."""
    if element.if_ is None:
        return True
    if element.if_ not in turn.node.settings.conditions:
        raise NodeFailed("condition", "the condition of an element has to stand in the flow file")
    return turn.test(element.if_)


def shapes(
    turn: Turn, elements: Sequence[str | One], kind: type[One], limit: int | None, what: str
) -> list[Rich]:
    """The elements whose condition holds; those beyond the limit are cut, with a warning."""
    found = [element(written, kind) for written in elements]
    shown = [item.shape(turn) for item in found if holds(turn, item)]
    if limit is not None and len(shown) > limit:
        turn.warn(f"{len(shown)} {what}, of which {limit} are shown")
    return shown[:limit]


def element(written: str | One, kind: type[One]) -> One:
    """A plain text is an element's title."""
    return kind.model_validate({"title": written}) if isinstance(written, str) else written


def few(elements: Sequence[Any], limit: int, what: str, info: ValidationInfo) -> None:
    """Raises ValueError in a file where too many elements are always shown."""
    always = [item for item in elements if isinstance(item, str) or item.if_ is None]
    if len(always) > limit and not is_rendered(info):
        raise ValueError(f"{len(always)} {what}; there may be {limit} at most")


def _given(**parts: Any) -> Rich:
    return {name: value for name, value in parts.items() if value is not None}
