"""``check_availability``: is anybody there to take over?

.. code-block:: yaml

    - check_availability: {store: context.agents}
    - if: context.agents > 0
      then: {handover: {text: "I pass you to a colleague."}, id: to_agent}
      else: {say: "Our people are back at nine."}

The number of agents goes to ``store`` and to ``input.availableAgents``. ``provider`` as in ``handover``;
``settings`` are the provider's own: an inbox, skills, languages. A provider that cannot be asked takes
``on_error``. No branches.
"""

from __future__ import annotations

from typing import Any

from pydantic import Field

from flowhook.engine.effects import AvailableAgents, CheckAvailability
from flowhook.engine.node import Node
from flowhook.engine.settings.fields import Path
from flowhook.engine.turn.view import Turn
from flowhook.nodes.handover import provider_of


class CheckAvailabilityNode(Node):
    """Asks a handover provider how many agents are there."""

    key = "check_availability"
    main = "store"
    draws_as = "outside"

    store: Path | None = Field(None, description="where the number of agents is kept")
    provider: str | None = Field(None, description="one of handovers: in config.yaml; the endpoint's without")
    settings: dict[str, Any] = Field(default_factory=dict, description="for the provider: an inbox, skills …")

    def run(self, turn: Turn) -> CheckAvailability:
        return CheckAvailability(provider_of(turn, self.provider), self.settings)

    def after_effect(self, turn: Turn, result: Any) -> None:
        assert isinstance(result, AvailableAgents)
        turn.input["availableAgents"] = result.count
        turn.step.saw["agents"] = result.count
        if self.store is not None:
            turn.set(self.store, result.count)
