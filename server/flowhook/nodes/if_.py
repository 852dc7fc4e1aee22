"""``if``: one of two ways.

.. code-block:: yaml

    - if: context.quantity > 10
      then: [{say: "That is a lot."}]
      else: [{say: "Coming up."}]

The condition is a bare expression; what cannot be evaluated does not hold. Branches: ``then``, ``else``.
"""

from __future__ import annotations

from pydantic import Field

from flowhook.engine.node import Node
from flowhook.engine.settings.fields import Condition
from flowhook.engine.turn.view import Turn


class If(Node):
    """Takes ``then`` when the condition holds, otherwise ``else``."""

    key = "if"
    main = "condition"
    draws_as = "choose"
    branches = ("then", "else")
    decides = True
    exhaustive = ("then", "else")

    condition: Condition = Field(description="a bare expression")

    def run(self, turn: Turn) -> str:
        return "then" if turn.test(self.condition) else "else"
