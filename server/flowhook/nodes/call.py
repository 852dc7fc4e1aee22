"""``call``: run another flow and come back.

.. code-block:: yaml

    - call: address

It comes back below also when that flow waited for the user. No branches.
"""

from __future__ import annotations

from pydantic import Field

from flowhook.engine.node import Node
from flowhook.engine.outcomes import Call as Enter
from flowhook.engine.settings.fields import FlowName
from flowhook.engine.turn.view import Turn


class Call(Node):
    """Runs a flow and comes back."""

    key = "call"
    main = "flow"
    draws_as = "outside"

    flow: FlowName = Field(min_length=1, description="the name of the flow")

    def run(self, turn: Turn) -> Enter:
        return Enter(self.flow.rstrip("/"))
