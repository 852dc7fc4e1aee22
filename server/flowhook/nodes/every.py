"""``every``: something each n-th time.

.. code-block:: yaml

    - id: reminder
      every: 3
      then: [{say: "By the way, you can always say \\"help\\"."}]

The first two times the flow goes on with ``else``, or below; the third time it takes ``then``, and so on.
Each session counts for itself. Branches: ``then``, ``else``.
"""

from __future__ import annotations

from pydantic import Field

from flowhook.engine.node import Node
from flowhook.engine.turn.view import Turn


class Every(Node):
    """Takes ``then`` each n-th time, otherwise ``else``."""

    key = "every"
    main = "n"
    draws_as = "choose"
    branches = ("then", "else")
    decides = True
    exhaustive = ("then", "else")
    remembers = True

    n: int = Field(ge=1, description="how often: 3 for the third, the sixth, the ninth … time")

    def run(self, turn: Turn) -> str:
        times: int = turn.memory.get("times", 0) + 1
        if times < self.n:
            turn.memory["times"] = times
            return "else"
        turn.forget()
        return "then"
