"""``ask``: a question that waits for its answer.

.. code-block:: yaml

    - id: ask_size
      ask: {text: "Which size?", type: choice, choices: [small, {value: large, synonyms: [big]}],
            store: context.size, reprompt: "Small or large?", attempts: 3, timeout: 10m,
            confirm: "{{ answer }} – right?"}
      on_timeout:
        - say: "Still there?"
      on_intent: {cancel: bye}
      on_fail: to_agent

The answer is in ``input.result`` and at ``store``. A wrong answer is met with ``reprompt``, or with
the question again; the n-th of ``attempts`` takes ``on_fail`` with a null result. ``valid_if`` sees the
answer as ``answer``. 0 and "no" are answers like all others.

As a mapping a ``reprompt`` has a ``text`` or a ``flow``, which runs like one that is called, whereupon the
question is asked again. Where its ``if`` does not hold, or with ``skip_on_intent: true`` when an intent was
understood, there is none: the question waits on without a word. With ``repeat: true`` the question is asked
again, below the reprompt or in its place. Each ``escalate_every``-th wrong answer takes ``on_escalate``
instead, after which the question goes on waiting.

The message with which the flow arrived here is not the answer, but a value of the question's ``slot`` in
it is: it is taken without asking, unless a question before took it in the same turn. With ``skip_if``
true nothing is asked: the result is what stands at ``store``, or else what was just said for the slot,
which ``skip_if`` sees as ``answer``.

With ``secret: true`` the answer is told and kept nowhere but at ``store`` and in ``input.result``: traces,
transcripts, ``history``, logs, events and analytics show ``****`` for the message that answers, for what the
bot says to it, and later wherever the kept value appears. It is never taken from a message that came before.

``confirm`` asks whether the answer, its ``answer``, is right. After yes it counts. After no the question
is asked again, no attempt counted. "No, large" is taken for another answer, to be confirmed in its turn
(where any text answers the question, only yes and no are understood). After anything else ``reprompt``
of ``confirm: {text, reprompt}`` is said, and the confirmation again.

"No wait, tuesday" at a later question corrects an answer that is kept at ``store``: see how to take
corrections. The question that waits is asked again, and no attempt is counted.

``on_timeout`` runs once for each asking, or is a list of reminders, ``{after: 10m, do: …}`` each, whose
times count from the question. ``on_intent`` runs when one of its intents is meant, before the
message is looked at as an answer; after their lists the question goes on waiting and no attempt is
counted. When the user means something else, ``digression`` tells what follows: ``reask`` asks again
afterwards, ``silent`` goes on waiting without a word, ``none`` keeps to the question.
``settings.questions`` of the flow says what holds for all its questions.
After ``forget_after`` inputs that reached the question without an answer the next one is not taken: the
question begins anew. Branches: ``on_fail``, ``on_timeout``, ``on_escalate``, ``on_intent``.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import Field, StrictBool, Tag

from flowhook.engine.expressions.values import to_plain_json
from flowhook.engine.node import Node
from flowhook.engine.outcomes import Call, Outcome, Wait
from flowhook.engine.settings.fields import SEES_ANSWER, Deferred, Duration, Text
from flowhook.engine.turn.view import Turn
from flowhook.nodes.parts.answer_types import NO_ANSWER, UserMessage
from flowhook.nodes.parts.confirmation import Confirmation, reaction
from flowhook.nodes.parts.corrections import (
    AsksQuestions,
    Corrected,
    corrected_in,
    keep_corrected,
    note_answered,
)
from flowhook.nodes.parts.question import WHOLE_TEXT, Question, Texts, is_used_by, memory_of, same, shown
from flowhook.nodes.parts.reprompt import Reprompt
from flowhook.nodes.parts.rich_elements import AS_MAPPING, AS_TEXT, BY_FORM
from flowhook.nodes.parts.wording import one_of

Digression = Literal["reask", "silent", "none"]


class Ask(Question, Node, AsksQuestions):
    """Asks, waits for the answer, checks and keeps it."""

    key = "ask"
    main = "text"
    draws_as = "ask"
    branches = ("on_fail", "on_timeout", "on_escalate")
    branch_maps = ("on_intent",)
    intent_maps = ("on_intent",)
    staying = ("on_timeout", "on_intent", "on_escalate")
    armed_by: ClassVar[Mapping[str, str]] = {
        "on_fail": "attempts",
        "on_timeout": "timeout",
        "on_escalate": "escalate_every",
    }
    idle_without: ClassVar[Mapping[str, str]] = {"timeout": "on_timeout", "escalate_every": "on_escalate"}
    reminds = True
    waits = True
    is_question = True

    secret: StrictBool = Field(
        False, description="true: the answer is in no trace, transcript, history, log or event"
    )
    reprompt: (
        Annotated[Annotated[Text | list[Text], Tag(AS_TEXT)] | Annotated[Reprompt, Tag(AS_MAPPING)], BY_FORM]
        | None
    ) = Field(
        None,
        description="said after a wrong answer, instead of the question: a text, or "
        "{text or flow, if, repeat, skip_on_intent}",
    )
    attempts: int | None = Field(
        None, ge=1, description="the wrong answer that takes on_fail; default: unlimited"
    )
    escalate_every: int | None = Field(
        None, ge=1, description="each so many wrong answers take on_escalate in the place of the reprompt"
    )
    confirm: Annotated[Deferred | Confirmation, SEES_ANSWER] | None = Field(
        None, description="asks whether the answer is right: a text, or {text, reprompt}"
    )
    timeout: Duration | None = Field(None, gt=0, description="how long until on_timeout")
    digression: Digression | None = Field(
        None,
        description="after an intent that is no answer: reask, silent or none; default: the flow's setting",
    )
    forget_after: int | None = Field(
        None, ge=1, description="inputs that may answer before the question is asked anew; default: all"
    )

    @classmethod
    def open_defaults(
        cls, settings: Mapping[str, Any], names: Sequence[str]
    ) -> Sequence[tuple[str | int, ...]]:
        kind = settings.get("type", "text")
        return [path for path in super().open_defaults(settings, names) if is_used_by(str(path[-1]), kind)]

    def run(self, turn: Turn) -> Outcome:
        turn.forget()
        told = NO_ANSWER if self.secret else self.told_before(turn)
        if self.skip_if is not None and turn.test(self.skip_if, answer=shown(told)):
            self.skip(turn, told)
            return None
        return self._ask(turn, self.text) if told is NO_ANSWER else self._take(turn, told)

    def takes_any_text(self, turn: Turn) -> bool:
        return self.type in WHOLE_TEXT and self.valid_if is None and "tentative" not in memory_of(turn)

    def wording(self, turn: Turn) -> str:
        return self.text if isinstance(self.text, str) else " ".join(self.text)

    def hears(self, turn: Turn) -> bool:
        memory = memory_of(turn)
        if self.forget_after is not None and memory.get("inputs", 0) >= self.forget_after:
            return False
        if "tentative" in memory:
            said, other = self._reaction(turn)
            return said is not None or other is not NO_ANSWER
        return self.answer_in(turn) is not NO_ANSWER

    def resume(self, turn: Turn) -> Outcome:
        if self._is_forgotten(turn):
            turn.forget()
            return self._ask(turn, self.text)
        memory = memory_of(turn)
        if "tentative" in memory:
            return self._confirmed(turn, memory["tentative"])
        answer = self.answer_in(turn)
        return self._wrong(turn) if answer is NO_ANSWER else self._take(turn, answer)

    def questions(self) -> list[Question]:
        return [] if self.secret else [self]

    def corrects(self, turn: Turn) -> bool:
        return self._corrected(turn) is not None

    def correct(self, turn: Turn) -> None:
        keep_corrected(turn, self._corrected(turn) or {})

    def again(self, turn: Turn) -> Outcome:
        memory = memory_of(turn)
        if "tentative" in memory:
            return self._ask_to_confirm(turn, memory["tentative"])
        return self._ask(turn, self.text)

    def digressions(self, turn: Turn) -> str:
        return self.digression or super().digressions(turn)

    def _corrected(self, turn: Turn) -> Corrected | None:
        memory = memory_of(turn)
        settled = "tentative" in memory or "refused" in memory
        return corrected_in(turn, self, self, settled=settled)

    # --- asking ----------------------------------------------------------------------------------

    def _ask(self, turn: Turn, texts: Texts) -> Wait:
        self.put(turn, texts)
        return Wait(self.timeout)

    def _is_forgotten(self, turn: Turn) -> bool:
        """Count this input; whether it is one too many."""
        if self.forget_after is None:
            return False
        inputs: int = turn.memory.get("inputs", 0) + 1
        turn.memory["inputs"] = inputs
        return inputs > self.forget_after

    def _wrong(self, turn: Turn) -> Outcome:
        if self.attempts is not None or self.escalate_every is not None:
            wrong = turn.memory["wrong"] = turn.memory.get("wrong", 0) + 1
            if self.attempts is not None and wrong >= self.attempts:
                turn.forget()
                self.keep(turn, None)
                return "on_fail"
            if self.escalate_every is not None and wrong % self.escalate_every == 0:
                return "on_escalate"
        return self._reprompt(turn)

    def _reprompt(self, turn: Turn) -> Outcome:
        """Meet a wrong answer: with the reprompt, the question, or both."""
        if turn.session.answered:
            turn.memory["refused"] = True
        reprompt = self.reprompt
        if not isinstance(reprompt, Reprompt):
            return self._ask(turn, reprompt or self.text)
        if not reprompt.applies(turn):
            return self._ask(turn, self.text) if reprompt.repeat else Wait(self.timeout)
        if reprompt.flow is not None:
            return Call(reprompt.flow, asks_again=True)
        if not reprompt.repeat:
            return self._ask(turn, reprompt.text or "")
        turn.say(one_of(reprompt.text or "", "random", turn))
        return self._ask(turn, self.text)

    # --- an answer -------------------------------------------------------------------------------

    def _take(self, turn: Turn, answer: Any) -> Outcome:
        if self.confirm is not None:
            turn.memory["tentative"] = to_plain_json(answer)
            turn.memory.pop("inputs", None)
            return self._ask_to_confirm(turn, answer)
        self._accept(turn, answer)
        return None

    def _accept(self, turn: Turn, answer: Any) -> None:
        turn.forget()
        self.keep(turn, answer)
        if self.store is not None and not self.secret:
            note_answered(turn, self.store)

    def _ask_to_confirm(self, turn: Turn, answer: Any) -> Wait:
        assert self.confirm is not None
        self._say_with(turn, self._confirmation.text, answer)
        return Wait(self.timeout)

    def _confirmed(self, turn: Turn, tentative: Any) -> Outcome:
        """The user was asked whether the answer is right."""
        said, other = self._reaction(turn)
        if other is not NO_ANSWER and not same(to_plain_json(other), tentative):
            return self._take(turn, other)
        if said is False:
            del turn.memory["tentative"]
            return self._ask(turn, self.text)
        if said is True or other is not NO_ANSWER:
            self._accept(turn, tentative)
            return None
        if self._confirmation.reprompt is not None:
            self._say_with(turn, self._confirmation.reprompt, tentative)
        return self._ask_to_confirm(turn, tentative)

    def _reaction(self, turn: Turn) -> tuple[bool | None, Any]:
        """Yes, no or neither, and another answer, where not just any text would be one."""
        closed = self.type not in WHOLE_TEXT and self.type != "yes_no"
        said, other = reaction(UserMessage.of(turn), self.read if closed else lambda message: NO_ANSWER)
        return said, self.valid(turn, other)

    @property
    def _confirmation(self) -> Confirmation:
        confirm = self.confirm
        return confirm if isinstance(confirm, Confirmation) else Confirmation(text=confirm or "")

    def _say_with(self, turn: Turn, texts: Texts, answer: Any) -> None:
        turn.say(turn.text(one_of(texts, "random", turn), answer=answer))
