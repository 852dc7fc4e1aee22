"""``return``: end the flow that was called, and give its caller a value.

.. code-block:: yaml

    - return: "{{ context.address }}"

The flow goes on below the ``call``; the value is in ``input.result``, and where the ``store`` of the call
says. Without a value that is null, as where the called flow comes to its end. In a flow that nobody called it
ends the turn like ``stop``; in nodes that run as a digression it ends that. No branches.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from flowhook.engine.node import Node
from flowhook.engine.outcomes import Return as Give
from flowhook.engine.turn.view import Turn


class Return(Node):
    """Ends a called flow with a value."""

    key = "return"
    main = "value"
    draws_as = "end"
    ends = True
    returned = "value"

    value: Any = Field(None, description="what the caller gets: any value")

    def run(self, turn: Turn) -> Give:
        return Give(self.value)
