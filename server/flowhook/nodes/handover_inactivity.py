"""``handover_inactivity``: what happens when the user falls silent while a person speaks with him.

.. code-block:: yaml

    - id: to_agent
      handover: {text: "I pass you to a colleague."}
      on_active:
        - id: silence
          handover_inactivity: {after: 10m}
          on_timeout:
            - say: "Are you still there?"
            - if: input.handover.inactivityCount < 2
              then: {goto: silence}
              else: {close_handover: }

The time counts from here, and anew from each message of the user. When it is over, ``on_timeout`` runs once
and the session rests as before; ``input.handover.inactivityCount`` counts the times in a row. To be told
again the node has to run again. Without a handover it does nothing.

Branches: ``on_timeout``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from pydantic import Field

from flowhook.engine.node import Node
from flowhook.engine.settings.fields import Duration
from flowhook.engine.turn import handovers
from flowhook.engine.turn.view import Turn


class HandoverInactivity(Node):
    """Watches how long the user is silent during a handover."""

    key = "handover_inactivity"
    main = "after"
    draws_as = "quiet"
    branches = ("on_timeout",)
    idle_without: ClassVar[Mapping[str, str]] = {"after": "on_timeout"}

    after: Duration = Field(gt=0, le=7 * 86_400, description="how long the user may be silent")

    @classmethod
    def returning(cls, settings: Mapping[str, Any]) -> tuple[str, ...]:
        return ("on_timeout",)

    def run(self, turn: Turn) -> None:
        handover = turn.session.handover
        if handover is None:
            turn.warn("there is no handover to watch")
            return
        handover.watch = [turn.at, self.after]
        turn.watch = handovers.rearm(turn, handover)

    def timed_out(self, turn: Turn) -> str:
        return "on_timeout"
