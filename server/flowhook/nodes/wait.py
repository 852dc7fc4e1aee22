"""``wait``: wait for the next input, whatever it is, and go on below.

.. code-block:: yaml

    - id: pause
      wait: 10m
      on_timeout: [{say: "Still there?"}]

An intent with ``entry`` or ``reply`` takes the input first: a ``wait`` is no question, so nothing is its
answer. ``on_timeout`` runs when the time is out and the session goes on waiting; without this branch the flow
goes on below. Branches: ``on_timeout``.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from pydantic import Field

from flowhook.engine.node import Node
from flowhook.engine.outcomes import Keep, Outcome
from flowhook.engine.outcomes import Wait as Stand
from flowhook.engine.settings.fields import Duration
from flowhook.engine.turn.reminders import take_step
from flowhook.engine.turn.view import Turn


class Wait(Node):
    """Waits for the next input."""

    key = "wait"
    main = "timeout"
    draws_as = "ask"
    branches = ("on_timeout",)
    staying = ("on_timeout",)
    armed_by: ClassVar[Mapping[str, str]] = {"on_timeout": "timeout"}
    reminds = True
    waits = True

    timeout: Duration | None = Field(None, gt=0, description="how long until on_timeout")

    def run(self, turn: Turn) -> Stand:
        return Stand(self.timeout)

    def resume(self, turn: Turn) -> None:
        return None

    def hears(self, turn: Turn) -> bool:
        return False  # whatever means something else goes there

    def timed_out(self, turn: Turn) -> Outcome:
        if turn.node.derived.get("reminders"):
            return take_step(turn) or Keep()
        return "on_timeout" if "on_timeout" in turn.node.branches else None
