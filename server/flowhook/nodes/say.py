"""``say``: one message to the user.

.. code-block:: yaml

    - say: "Hello {{ profile.firstname }}!"
    - id: greeting
      say: {text: ["Hi.", "Hello."], order: loop, data: {mood: good}}

Of several texts one is said: at random, or with ``order: linear`` each in turn and then the last one
again and again, or with ``order: loop`` round and round. ``data`` is any JSON that goes with it.
No branches.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field, ValidationInfo, model_validator

from flowhook.engine.fields import Text, is_rendered
from flowhook.engine.node import Node
from flowhook.engine.turn import Turn

Order = Literal["random", "linear", "loop"]


class Say(Node):
    """Says one message."""

    key = "say"
    main = "text"
    remembers = True

    text: Text | list[Text] = Field("", description="what is said; of a list, one")
    order: Order = Field("random", description="which of several texts: random, linear or loop")
    data: dict[str, Any] = Field(default_factory=dict, description="JSON that travels with the text")

    @model_validator(mode="after")
    def _says_something(self, info: ValidationInfo) -> Say:
        if not self.text and not self.data and not is_rendered(info):
            raise ValueError("there is nothing to say: give a text, or data")
        return self

    @classmethod
    def keeps_memory(cls, settings: Mapping[str, Any]) -> bool:
        return bool(settings.get("order", "random") != "random")

    def run(self, turn: Turn) -> None:
        turn.say(one_of(self.text, self.order, turn), self.data)


def one_of(texts: str | list[str], order: Order, turn: Turn) -> str:
    """The text, or the one of several whose turn it is."""
    if isinstance(texts, str):
        return texts
    if not texts:
        return ""
    if order == "random":
        return texts[turn.choose(len(texts))]
    said: int = turn.memory.get("said", 0)
    turn.memory["said"] = said + 1
    index = said % len(texts) if order == "loop" else min(said, len(texts) - 1)
    return texts[index]
