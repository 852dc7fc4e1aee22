"""``close_handover``: the conversation comes back from a person.

.. code-block:: yaml

    - id: to_agent
      handover: {text: "I pass you to a colleague."}
      on_queue:
        - handover_inactivity: {after: 10m}
          on_timeout:
            - say: "We close this now."
            - close_handover:

The flow goes on below it. ``tell_provider: false`` returns the user to the bot and leaves the conversation
open on the provider's side; what the agent says or does there later changes nothing. Without a handover it
does nothing. No branches.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from flowhook.engine.node import Node
from flowhook.engine.turn import handovers
from flowhook.engine.turn.view import Turn


class CloseHandover(Node):
    """Ends the handover of the session."""

    key = "close_handover"
    draws_as = "outside"

    result: Any = Field(None, description="kept with the handover")
    tell_provider: bool = Field(True, description="false: only the user is returned to the bot")

    def run(self, turn: Turn) -> None:
        handover = turn.session.handover
        if handover is None:
            turn.warn("there is no handover to close")
            return
        handovers.end(turn, handover, "completed", tells=self.tell_provider, result=self.result)
        handovers.show(turn, "completed")
