"""``state``: from now on only some intents may win.

.. code-block:: yaml

    states:
      paying: {allow: [confirm, cancel]}
    nodes:
      - state: paying
      - id: sure
        ask: {text: "Shall I order it?", type: yes_no, store: context.sure}
      - state:                # back to the default

The state counts from the next input on, until it is set anew. An intent that it holds back does not win:
``input.intent`` is null and ``input.intentOutOfState`` has its name. Without a value the session goes back
to the flow's default state. A state that the flow in force does not have restricts nothing, with a warning
in the trace. ``input.state`` is the state in force. No branches.
"""

from __future__ import annotations

from pydantic import Field

from flowhook.engine.node import Node
from flowhook.engine.settings.fields import StateName
from flowhook.engine.turn.interpretation import enter_state
from flowhook.engine.turn.view import Turn


class State(Node):
    """Sets the session's state."""

    key = "state"
    main = "name"

    name: StateName | None = Field(None, description="a state of the flow; nothing: back to the default")

    def run(self, turn: Turn) -> None:
        enter_state(turn, self.name)
