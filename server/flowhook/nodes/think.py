"""``think``: run the turn again, as if the user had said something, or as if they had meant an intent.

.. code-block:: yaml

    - think: "order {{ context.last_order }}"
    - think: {intent: cancel}
    - think: {intent: order, text: "two large ones"}
    - think: {data: {order: "{{ context.last_order }}"}}

With a text the turn begins anew at the first node of the session's flow: the text is understood like a
new input, so that an intent may take it elsewhere. With ``intent`` it is that intent which takes the turn:
its entry, its reply, or the flow from its first node, with ``input.intent`` set; the text and what was
found in it stay, unless ``text`` gives another, which is then read for slots. The intent is one of the
flows in force, ``flow/name`` for one of an attached flow; an unknown one is the node's failure
(``unknown-intent``). ``data`` takes the place of the input's data; with ``data`` alone there is no text,
and with an intent alone the data stays. A waiting question is left in either case. At most four times in
one turn. No branches.
"""

from __future__ import annotations

from typing import Any, Self

from pydantic import Field, model_validator

from flowhook.engine.node import Node
from flowhook.engine.outcomes import Think as Again
from flowhook.engine.settings.fields import IntentName, Text
from flowhook.engine.turn.view import Turn


class Think(Node):
    """Runs the turn again with another text, or with an intent."""

    key = "think"
    main = "text"
    draws_as = "quiet"
    ends = True

    text: Text | None = Field(None, min_length=1, description="what the user is taken to have said")
    data: dict[str, Any] | None = Field(None, description="the data that the input is taken to have had")
    intent: IntentName | None = Field(None, min_length=1, description="what the user is taken to have meant")

    @model_validator(mode="after")
    def _of_something(self) -> Self:
        if self.text is None and self.intent is None and not self.data:
            raise ValueError("think of something: give a text, data, or an intent")
        return self

    def run(self, turn: Turn) -> Again:
        return Again(self.text or "", self.intent, self.data)
