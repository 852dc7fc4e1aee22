"""``think``: run the turn again, as if the user had said something.

.. code-block:: yaml

    - think: "order {{ context.last_order }}"

The turn begins anew at the first node with this text; at most four times. No branches.
"""

from __future__ import annotations

from pydantic import Field

from flowhook.engine.fields import Text
from flowhook.engine.node import Node
from flowhook.engine.outcome import Think as Again
from flowhook.engine.turn import Turn


class Think(Node):
    """Runs the turn again with another text."""

    key = "think"
    main = "text"
    ends = True

    text: Text = Field(min_length=1, description="what the user is taken to have said")

    def run(self, turn: Turn) -> Again:
        return Again(self.text)
