"""``goto``: leave for another place, for good.

.. code-block:: yaml

    - goto: ask_size          # a node of this flow
    - goto: billing/          # another flow, from its first node
    - goto: {to: billing/start, wait: true}

With ``wait: true`` the session stands there until the next input. Flows that were called are not come
back to. No branches.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from pydantic import Field

from flowhook.engine.node import Node
from flowhook.engine.outcomes import Goto as Leave
from flowhook.engine.settings.fields import Target
from flowhook.engine.turn.view import Turn


class Goto(Node):
    """Leaves for another place."""

    key = "goto"
    main = "to"
    draws_as = "quiet"
    ends = True

    to: Target = Field(min_length=1, description="x a node here, x/ a flow, x/y a node of a flow")
    wait: bool = Field(False, description="stop there until the next input")

    @classmethod
    def stops_at_target(cls, settings: Mapping[str, Any]) -> bool:
        return bool(settings.get("wait"))

    def run(self, turn: Turn) -> Leave:
        return Leave(self.to, wait=self.wait)
