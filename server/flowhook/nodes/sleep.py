"""``sleep``: a pause in the middle of a turn.

.. code-block:: yaml

    - sleep: 2s

At most 60 seconds; what was said before is sent before. The session takes nothing in meanwhile.
No branches.
"""

from __future__ import annotations

from pydantic import Field

from flowhook.engine.effects import Pause
from flowhook.engine.node import Node
from flowhook.engine.settings.fields import Duration
from flowhook.engine.turn.view import Turn


class Sleep(Node):
    """Pauses."""

    key = "sleep"
    main = "duration"
    draws_as = "quiet"

    duration: Duration = Field(ge=0, le=60, description="how long, at most 60 seconds")

    def run(self, turn: Turn) -> Pause | None:
        return Pause(self.duration) if self.duration else None
