"""``nlu``: let an NLU engine read any text.

.. code-block:: yaml

    - nlu: "{{ context.note }}"
    - nlu: {text: "{{ input.data.subject }}", store: context.subject}
    - switch: context.subject.intent
      cases: {order: to_order}

What is understood takes the place of what the user's text was understood as: ``input.intent``,
``intentScore``, ``intentFlow``, ``intentPath``, ``intentOutOfState``, ``slots``, ``type``, ``nlu`` and
``understood``. With ``store`` the same fields are kept there instead, and ``input`` stays as it is. Either
way the flow goes on below: no intent takes the turn. Conditions, states and thresholds count, rules do not,
because they read the input itself. ``engine`` names another engine than the endpoint's. No branches.
"""

from __future__ import annotations

from pydantic import Field

from flowhook.engine.effects import AvailableAgents, HttpResult, NodeResult, ScriptResult, Understand
from flowhook.engine.node import Node
from flowhook.engine.settings.fields import Path, Text
from flowhook.engine.turn.interpretation import fill_slots, interpret
from flowhook.engine.turn.view import Turn
from flowhook.model.understanding import Understanding


class Nlu(Node):
    """Lets an NLU engine read a text."""

    key = "nlu"
    main = "text"

    text: Text = Field(description="the text to read")
    engine: str | None = Field(None, min_length=1, description="an engine; default: the endpoint's")
    store: Path | None = Field(
        None, description="where the result is kept; without it, it takes the place of the input's"
    )

    def run(self, turn: Turn) -> Understand:
        return Understand(self.text, engine=self.engine)

    def after_effect(
        self,
        turn: Turn,
        result: HttpResult | NodeResult | ScriptResult | AvailableAgents | Understanding | None,
    ) -> None:
        understanding = result if isinstance(result, Understanding) else None
        fields = interpret(turn, understanding)
        if self.store is not None:
            turn.set(self.store, fields)
            return
        turn.input.update(fields)
        if understanding is not None:
            fill_slots(turn, understanding)
