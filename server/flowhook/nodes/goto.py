"""``goto``: leave for another place, for good.

.. code-block:: yaml

    - goto: ask_size          # a node of this flow
    - goto: billing/          # another flow, from its first node
    - goto: {to: billing/start, wait: true}

With ``wait: true`` the session stands there until the next input. Flows that were called are not come
back to. No branches.
"""

from __future__ import annotations

from pydantic import Field

from flowhook.engine.node import Node
from flowhook.engine.outcomes import Goto as Leave
from flowhook.engine.settings.fields import Text
from flowhook.engine.turn.view import Turn


class Goto(Node):
    """Leaves for another place."""

    key = "goto"
    main = "to"
    ends = True

    to: Text = Field(min_length=1, description="x a node here, x/ a flow, x/y a node of a flow")
    wait: bool = Field(False, description="stop there until the next input")

    def run(self, turn: Turn) -> Leave:
        return Leave(self.to, wait=self.wait)
