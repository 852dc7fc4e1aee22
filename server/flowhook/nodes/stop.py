"""``stop``: end the turn.

.. code-block:: yaml

    - stop:

The next input enters at the first node. No settings, no branches.
"""

from __future__ import annotations

from flowhook.engine.node import Node
from flowhook.engine.outcomes import Stop as End
from flowhook.engine.turn.view import Turn


class Stop(Node):
    """Ends the turn."""

    key = "stop"
    draws_as = "end"
    ends = True

    def run(self, turn: Turn) -> End:
        return End()
