"""``optional_ask``: a question that offers something and does not insist.

.. code-block:: yaml

    - id: offer_drink
      optional_ask: {text: "Something to drink with it?", type: choice, choices: [water, juice],
                     store: context.drink, forget_after: 2}
      then: [{say: "One {{ input.result }}, noted."}]

It is asked, and the flow goes on below at once, without waiting. When one of the next ``forget_after``
inputs answers it, the turn begins with ``then``: the answer is in ``input.result`` and at ``store``, and
after the list the flow goes on below this node. An input that does not answer it goes where it would
have gone. Of several offers the newest one is tried first, and one answer is taken.

``type``, ``choices``, ``pattern``, ``slot``, ``valid_if`` and ``skip_if`` are those of ``ask``; a value
of the ``slot`` in the message with which the flow arrived here is taken at once, without a question.
A question of type ``text`` or ``any`` would take whatever is said next. Branches: ``then``.
"""

from __future__ import annotations

from pydantic import Field

from flowhook.engine.node import Node
from flowhook.engine.outcomes import Outcome
from flowhook.engine.turn.view import Turn
from flowhook.nodes.parts.answer_types import NO_ANSWER
from flowhook.nodes.parts.question import Question, shown


class OptionalAsk(Question, Node):
    """Asks and goes on at once; a later input may answer."""

    key = "optional_ask"
    main = "text"
    draws_as = "ask"
    branches = ("then",)
    remembers = True
    is_question = True

    forget_after: int = Field(1, ge=1, description="inputs that may answer it")

    def run(self, turn: Turn) -> Outcome:
        told = self.told_before(turn)
        if self.skip_if is not None and turn.test(self.skip_if, answer=shown(told)):
            self.skip(turn, told)
            return None
        if told is not NO_ANSWER:
            self.keep(turn, told)
            return "then"
        self.put(turn, self.text)
        turn.offer(inputs=self.forget_after)
        return None

    def hears(self, turn: Turn) -> bool:
        return self.answer_in(turn) is not NO_ANSWER

    def taken(self, turn: Turn) -> str:
        self.keep(turn, self.answer_in(turn))
        return "then"
