"""``think``: the turn begins anew, with another text or with an intent that is taken as meant.

.. code-block:: text

    think: {text} ──► an NLU engine reads it (an effect) ──► the session stands at its first node,
                                                              and the text enters like a message
    think: {intent} ──► the session stands at the first node of the flow in force, and the intent wins
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, NamedTuple

from flowhook.engine.effects import Understand
from flowhook.engine.outcomes import NodeFailed, Think, TurnFailed
from flowhook.engine.turn import interpretation
from flowhook.engine.turn.intent_scope import in_force, intent_scope
from flowhook.model.session import Frame, Session

if TYPE_CHECKING:
    from flowhook.engine.flow import Flow, FlowNode, Intent
    from flowhook.engine.turn.input import TurnInput
    from flowhook.engine.turn.intent_scope import IntentScope
    from flowhook.engine.turn.navigator import Navigator
    from flowhook.engine.turn.opening import Opening
    from flowhook.engine.turn.view import Turn
    from flowhook.model.understanding import Understanding

MAX_THINKS = 4  #: times a turn may begin anew


class ThoughtRead(NamedTuple):
    """An NLU engine has read the text of a ``think``."""

    thought: Think
    understanding: Understanding | None


class Rethinker:
    """Begins one turn anew, a few times at most."""

    __slots__ = ("_navigator", "_opening", "_thinks", "_turn", "thought")

    def __init__(self, turn: Turn, navigator: Navigator, opening: Opening) -> None:
        self._turn = turn
        self._navigator = navigator
        self._opening = opening
        self._thinks = 0
        self.thought: Think | None = None  #: whose text an NLU engine reads now

    def text_to_read(self, thought: Think) -> Understand | None:
        """Begin a ``think``: what an NLU engine has to read first, if anything. Raises NodeFailed for an
        unknown intent, TurnFailed when the turn began anew too often."""
        turn = self._turn
        self._thinks += 1
        if self._thinks > MAX_THINKS:
            message = f"the turn began anew more than {MAX_THINKS} times (think at {turn.at})"
            raise TurnFailed(message, turn.at)
        turn.step.went = "think" if thought.intent is None else f"think {thought.intent}"
        flow = self._flow_of(thought) if thought.text else None
        if flow is None or not intent_scope(turn.library, flow).reads:
            return None
        self.thought = thought
        return Understand(thought.text)

    def take_thought(self) -> Think | None:
        """The ``think`` whose text was read, if it was one's."""
        thought, self.thought = self.thought, None
        return thought

    def again(self, thought: Think, understanding: Understanding | None = None) -> FlowNode | None:
        """Begin the turn anew. Raises NodeFailed for an unknown intent."""
        turn = self._turn
        if thought.intent is not None:
            return self._again_with(thought.intent, thought, understanding)
        turn.input.update(_said(thought))
        turn.input.update({"result": None, "activeQuestion": None, "understood": False})
        node = self._navigator.restart()
        return self._opening.receive(node, understanding, turn.session.offers)

    def _again_with(self, name: str, thought: Think, understanding: Understanding | None) -> FlowNode | None:
        """Begin the turn anew as if an intent had been meant. Raises NodeFailed for an unknown one."""
        turn = self._turn
        intents, intent = self._find_intent(name)
        turn.input.update({"result": None, "activeQuestion": None})
        self._stand_under(intents.flow)
        if thought.data is not None and not thought.text:  # what was said stays, with other data
            mode = _said(Think(turn.input["text"], data=thought.data))["mode"]
            turn.input.update({"data": thought.data, "mode": mode})
        if thought.text:
            turn.input.update(_said(thought))
            turn.readings.clear()
            turn.input.pop("slotsTaken", None)
            interpretation.read(turn, understanding)
        return self._opening.force(intents, intent)

    @property
    def flow_that_reads(self) -> Flow | None:
        """The flow whose intents and slots count for the text of an Understand effect."""
        turn = self._turn
        if self.thought is None:
            return in_force(turn.library, turn.session)
        try:
            return self._flow_of(self.thought)
        except NodeFailed:  # the intent is gone since the turn began, which the think will tell
            return self._root_in_force()

    def _flow_of(self, thought: Think) -> Flow | None:
        """The flow whose intents and slots count for the text of a ``think``. Raises NodeFailed."""
        return self._root_in_force() if thought.intent is None else self._find_intent(thought.intent)[0].flow

    def _root_in_force(self) -> Flow | None:
        turn = self._turn
        return in_force(turn.library, Session([Frame(turn.session.frames[0].flow)]))

    def _find_intent(self, name: str) -> tuple[IntentScope, Intent]:
        """An intent of the flows in force here, or in force where the turn begins anew."""
        turn = self._turn
        flow, _, plain = name.rpartition("/")
        for home in (in_force(turn.library, turn.session), self._root_in_force()):
            intents = intent_scope(turn.library, home) if home is not None else None
            if intents is not None and (intent := intents.named(plain, flow)) is not None:
                return intents, intent
        raise NodeFailed("unknown-intent", f'no intent "{name}" is in force here')

    def _stand_under(self, flow: Flow) -> None:
        """Stand at the first node of the flow whose intents are in force."""
        session = self._turn.session
        heights = [height for height, frame in enumerate(session.frames) if frame.flow == flow.name]
        self._navigator.cut_to(heights[-1] if heights else 0)
        session.waiting = False

    # --- between two segments ----------------------------------------------------------------------

    def suspend(self) -> dict[str, Any]:
        """What :meth:`restore` wants, as JSON; what is as in a new turn is left out."""
        state: dict[str, Any] = {"thinks": self._thinks}
        if self.thought is not None:
            thought = self.thought
            state |= {"thinking": thought.text, "thinkingOf": thought.intent, "thinkingWith": thought.data}
        return {name: value for name, value in state.items() if value}

    def restore(self, state: dict[str, Any]) -> None:
        """Take up what was suspended."""
        self._thinks = state.get("thinks", 0)
        if "thinking" in state:
            self.thought = Think(state["thinking"], state.get("thinkingOf"), state.get("thinkingWith"))


def _said(thought: Think) -> TurnInput:
    """The fields of ``input`` that hold what was said."""
    text, data = thought.text, thought.data or {}
    mode = "text+data" if text and data else "data" if data else "text"
    return {"text": text, "data": data, "attachments": [], "mode": mode}
