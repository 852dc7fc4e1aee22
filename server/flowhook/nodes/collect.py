"""``collect``: several questions in one, asked until all have their answers.

.. code-block:: yaml

    - id: appointment
      collect:
        asks:
          - {text: "Which day?", type: date, store: context.day}
          - {text: "At what time?", type: time, store: context.time, valid_if: "answer >= '08:00'",
             reprompt: "We open at eight. At what time?", attempts: 3}
          - {text: "For how many people?", type: integer, store: context.people}
        confirm: {text: "{{ context.people }} people on {{ context.day }} at {{ context.time }} – right?",
                  change: "What shall I change?"}
        timeout: 10m
      on_timeout: [{say: "Still there?"}]
      on_fail: to_agent

Each of ``asks`` has the settings of an ``ask`` that concern one answer. They are asked in their order, but
those that are not needed: where a value stands at ``store`` already (unless ``again: true``), where
``skip_if`` holds, and where the user has said it without being asked. That is found

- in slots: the question's ``slot``, or a slot called like the last part of ``store``; also in the message
  with which the flow arrived here, which is no answer otherwise;
- in the text of an answer, for the types number, integer, date, time, datetime, duration, money,
  percentage, email, phone and url, when exactly one of the open questions can take the value. An
  answer of type ``text`` or ``any`` is left whole.

A message that gives only such values is no wrong answer. ``valid_if`` holds for all of them.
"No, on Friday" changes what was said before, as does "hmm, rather wednesday at ten", also of a text
that is told by its name ("my name was Ann"): see how to take corrections. With ``confirm`` (a text, or
``{text, reprompt, change}``) the session asks at the end whether all is right; it sees the values where
they are kept. After yes the flow goes on below. A correction is taken and the confirmation asked again.
After a plain no, ``change`` is asked, to which the answer is a correction, or the name of what is asked
again ("the time"); without ``change`` all questions are asked again. After anything else ``reprompt`` and
the confirmation.

``input.result`` maps each path, without its root, to its value. When a question runs out of ``attempts``
its path is set to null, as is ``input.result``, and ``on_fail`` is taken. ``on_timeout``, ``on_intent``
and ``digression`` are those of ``ask``. Branches: ``on_fail``, ``on_timeout``, ``on_intent``.
"""

from __future__ import annotations

import builtins
from collections.abc import Mapping, Sequence
from types import GenericAlias
from typing import Any, ClassVar, Self

from pydantic import Field, create_model, field_validator

from flowhook.engine.expressions.values import to_plain_json
from flowhook.engine.node import Node
from flowhook.engine.outcomes import Outcome, Wait
from flowhook.engine.settings.fields import Deferred, Duration
from flowhook.engine.turn.kept_slots import recall
from flowhook.engine.turn.view import Turn
from flowhook.extraction.match import Match
from flowhook.i18n.normalize import casefolded
from flowhook.nodes.ask import Digression
from flowhook.nodes.parts.answer_types import NO_ANSWER, AskType, UserMessage
from flowhook.nodes.parts.confirmation import Confirmation, reaction
from flowhook.nodes.parts.corrections import (
    AsksQuestions,
    Corrected,
    corrected_in,
    keep_corrected,
    note_answered,
)
from flowhook.nodes.parts.over_answering import (
    NUMBERS,
    CollectQuestion,
    ValueFinder,
    matches_of,
    over_answers,
    said_in_slots,
)
from flowhook.nodes.parts.question import (
    WHOLE_TEXT,
    HasAskTypes,
    Question,
    Texts,
    is_used_by,
    memory_of,
    same,
)
from flowhook.nodes.parts.wording import one_of

#: Types whose answers lie in a closed list, so that a correction may name one.
_LISTED = frozenset({"choice", "pattern"})


class Summary(Confirmation):
    """How all answers are confirmed."""

    change: Deferred | list[Deferred] | None = Field(
        default=None, description="asked after a no: what to change; default: all questions are asked again"
    )


class Collect(Node, HasAskTypes, AsksQuestions):
    """Asks for several things until it has them all."""

    key = "collect"
    main = "asks"
    draws_as = "ask"
    branches = ("on_fail", "on_timeout")
    branch_maps = ("on_intent",)
    intent_maps = ("on_intent",)
    staying = ("on_timeout", "on_intent")
    armed_by: ClassVar[Mapping[str, str]] = {"on_timeout": "timeout"}
    idle_without: ClassVar[Mapping[str, str]] = {"timeout": "on_timeout"}
    reminds = True
    waits = True

    asks: list[CollectQuestion] = Field(min_length=1, description="the questions, each with its store")
    confirm: Deferred | Summary | None = Field(
        None, description="asks whether all is right: a text, or {text, reprompt, change}"
    )
    timeout: Duration | None = Field(None, gt=0, description="how long until on_timeout")
    digression: Digression | None = Field(
        None,
        description="after an intent that is no answer: reask, silent or none; default: the flow's setting",
    )

    @classmethod
    def questions_in(cls, settings: Mapping[str, Any]) -> list[Mapping[str, Any]]:
        asks = settings.get("asks")
        return [ask for ask in asks if isinstance(ask, Mapping)] if isinstance(asks, list) else []

    @classmethod
    def open_defaults(
        cls, settings: Mapping[str, Any], names: Sequence[str]
    ) -> Sequence[tuple[str | int, ...]]:
        own = [name for name in names if name in ("timeout", "digression") and name not in settings]
        asks = settings.get("asks")
        return [(name,) for name in own] + [
            ("asks", index, name)
            for index, ask in enumerate(asks if isinstance(asks, list) else ())
            for name in names
            if isinstance(ask, Mapping) and name in CollectQuestion.model_fields and name not in ask
            if is_used_by(name, ask.get("type", "text"))
        ]

    @classmethod
    def with_types(cls, more: Mapping[str, AskType]) -> builtins.type[Self]:
        """Return the same node with further types of questions, as plugins register them."""
        known = cls.model_fields["asks"]
        asks = Field(min_length=1, description=known.description)
        fields: Any = {"asks": (GenericAlias(list, CollectQuestion.with_types(more)), asks)}
        return create_model(cls.__name__, __base__=cls, __doc__=cls.__doc__, **fields)

    @field_validator("asks")
    @classmethod
    def _each_store_once(cls, value: list[CollectQuestion]) -> list[CollectQuestion]:
        stores = [asked.store for asked in value]
        twice = next((store for store in stores if stores.count(store) > 1), None)
        if twice is not None:
            raise ValueError(f"two of the questions have the store {twice}")
        return value

    def run(self, turn: Turn) -> Outcome:
        turn.forget()
        recall(turn, [asked.slot_name for asked in self.asks if not asked.secret])
        self._keep(turn, said_in_slots(turn, self._open(turn)))
        return self._go_on(turn)

    def takes_any_text(self, turn: Turn) -> bool:
        asked = self._asked(turn)
        return asked is not None and asked.type in WHOLE_TEXT and asked.valid_if is None

    def wording(self, turn: Turn) -> str:
        asked = self._asked(turn)
        if asked is None:
            return ""
        return asked.text if isinstance(asked.text, str) else " ".join(asked.text)

    def hears(self, turn: Turn) -> bool:
        if memory_of(turn).get("stage"):
            said, changes = self._reaction(turn)
            return said is not None or changes is not NO_ANSWER
        return bool(self._answers_in(turn, self._asked(turn)))

    def resume(self, turn: Turn) -> Outcome:
        stage = memory_of(turn).get("stage")
        if stage:
            return self._confirmed(turn, stage)
        asked = self._asked(turn)
        answers = self._answers_in(turn, asked)
        self._keep(turn, answers)
        if (
            asked is not None
            and asked.store not in answers
            and (not answers or self._is_refused(turn, asked))
        ):
            return self._wrong(turn, asked)
        return self._go_on(turn)

    def questions(self) -> list[Question]:
        return [asked for asked in self.asks if not asked.secret]

    def corrects(self, turn: Turn) -> bool:
        return self._corrected(turn) is not None

    def correct(self, turn: Turn) -> None:
        keep_corrected(turn, self._corrected(turn) or {})

    def again(self, turn: Turn) -> Outcome:
        return self._go_on(turn)

    def digressions(self, turn: Turn) -> str:
        return self.digression or super().digressions(turn)

    def _corrected(self, turn: Turn) -> Corrected | None:
        memory = memory_of(turn)
        asked = None if "stage" in memory else self._asked(turn)
        refused = asked is not None and memory.get("refused") == asked.store
        return corrected_in(turn, self, asked, settled=refused or "stage" in memory)

    # --- asking ----------------------------------------------------------------------------------

    def _go_on(self, turn: Turn) -> Outcome:
        """Ask the next thing; when there is none, have it all confirmed; then it is done."""
        if memory_of(turn).get("stage") == "change":
            return self._ask_for_changes(turn)
        missing = self._open(turn)
        if missing:
            turn.memory.pop("stage", None)
            turn.memory["question"] = missing[0].store
            return self._ask(turn, missing[0], missing[0].text)
        if self.confirm is not None:
            return self._ask_to_confirm(turn)
        self._finish(turn)
        return None

    def _ask(self, turn: Turn, asked: CollectQuestion, texts: Texts) -> Wait:
        asked.put(turn, texts)
        return Wait(self.timeout)

    def _wrong(self, turn: Turn, asked: CollectQuestion) -> Outcome:
        texts = asked.reprompt or asked.text
        if turn.session.answered:
            turn.memory["refused"] = asked.store
        if asked.attempts is None:
            return self._ask(turn, asked, texts)
        counts: dict[str, int] = turn.memory.setdefault("wrong", {})
        wrong = counts[asked.store] = counts.get(asked.store, 0) + 1
        if wrong < asked.attempts:
            return self._ask(turn, asked, texts)
        turn.forget()
        asked.keep(turn, None)
        return "on_fail"

    def _finish(self, turn: Turn) -> None:
        turn.forget()
        turn.input["result"] = {
            asked.store.partition(".")[2]: to_plain_json(turn.get(asked.store)) for asked in self.asks
        }

    # --- what is still open ----------------------------------------------------------------------

    def _open(self, turn: Turn) -> list[CollectQuestion]:
        """The questions that have no answer yet and need one."""
        return [asked for asked in self.asks if self._is_open(turn, asked)]

    def _is_open(self, turn: Turn, asked: CollectQuestion) -> bool:
        memory = memory_of(turn)
        if asked.store in memory.get("done", ()):
            return False
        anew = asked.again or asked.store in memory.get("anew", ())
        if not anew and asked.kept(turn) is not None:
            return False
        return asked.skip_if is None or not turn.test(asked.skip_if, answer=None)

    def _asked(self, turn: Turn) -> CollectQuestion | None:
        """The question that was asked last; None when an edit took it away."""
        store = memory_of(turn).get("question")
        return next((asked for asked in self.asks if asked.store == store), None)

    def _keep(self, turn: Turn, answers: Mapping[str, Any]) -> None:
        for asked in self.asks:
            if asked.store in answers:
                asked.keep(turn, answers[asked.store])
                done = turn.memory.setdefault("done", [])
                if asked.store not in done:
                    done.append(asked.store)
                if not asked.secret:
                    note_answered(turn, asked.store)

    # --- what the input tells --------------------------------------------------------------------

    def _answers_in(self, turn: Turn, asked: CollectQuestion | None) -> dict[str, Any]:
        """Answers to the question asked and to others, by their store."""
        message, answers = UserMessage.of(turn), dict[str, Any]()
        finder = self._finder(turn, message)
        taken: list[Match] | None = []
        if asked is not None and (read := self._read(turn, asked, finder)) is not NO_ANSWER:
            taken = matches_of(
                finder, asked, read
            )  # also when it is not valid: it was meant for this question
            if (answer := asked.valid(turn, read)) is not NO_ANSWER:
                answers[asked.store] = answer
        others = [ask for ask in self._open(turn) if ask is not asked]
        answers |= said_in_slots(turn, others if asked is None or answers else [asked, *others], answers)
        if asked is not None and asked.type in WHOLE_TEXT:
            return answers
        said, named = reaction(message, lambda rest: self._named(turn, rest))
        if said is False and asked is not None and asked.type != "yes_no":  # "no, on Friday"
            others = [ask for ask in self.asks if ask is not asked]
            answers = said_in_slots(turn, others, answers) | answers
            if not answers and isinstance(named, dict):
                answers |= named
        answers = over_answers(turn, finder, others, taken) | answers
        if asked is not None and not answers and (answer := asked.answer_in(turn)) is not NO_ANSWER:
            answers[asked.store] = answer  # "for 5" is no time where nobody asks for one
        return answers

    def _read(self, turn: Turn, asked: CollectQuestion, finder: ValueFinder) -> Any:
        """What answers the question asked: of several numbers the one that is no part of a date …"""
        if asked.type not in NUMBERS or not finder.kinds - NUMBERS:
            return asked.reading_of(turn)
        found = finder.only(asked.type)
        return NO_ANSWER if found is None else found.value

    def _is_refused(self, turn: Turn, asked: CollectQuestion) -> bool:
        """Whether there is an answer to the question asked, but not a valid one."""
        return self._read(turn, asked, self._finder(turn, UserMessage.of(turn))) is not NO_ANSWER

    def _finder(self, turn: Turn, message: UserMessage) -> ValueFinder:
        key = (turn.at, "finder", message.text)
        if key not in turn.readings:
            turn.readings[key] = ValueFinder(message, (asked.type for asked in self.asks))
        finder: ValueFinder = turn.readings[key]
        return finder

    # --- confirming ------------------------------------------------------------------------------

    @property
    def _summary(self) -> Summary:
        confirm = self.confirm
        return confirm if isinstance(confirm, Summary) else Summary(text=confirm or "")

    def _ask_to_confirm(self, turn: Turn) -> Wait:
        turn.memory["stage"] = "confirm"
        return self._say(turn, self._summary.text)

    def _ask_for_changes(self, turn: Turn) -> Wait:
        turn.memory["stage"] = "change"
        return self._say(turn, self._summary.change or "")

    def _say(self, turn: Turn, texts: Texts) -> Wait:
        turn.say(turn.text(one_of(texts, "random", turn)))
        return Wait(self.timeout)

    def _confirmed(self, turn: Turn, stage: str) -> Outcome:
        """The user was asked whether all is right, or what to change."""
        said, changes = self._reaction(turn)
        if changes is not NO_ANSWER:
            turn.memory.pop("stage", None)
            self._keep(turn, changes)
            return self._go_on(turn)
        if stage == "change":
            return self._ask_to_confirm(turn) if said is False else self._named_again(turn)
        if said is True:
            self._finish(turn)
            return None
        if said is False:
            return self._not_right(turn)
        if self._summary.reprompt is not None:
            self._say(turn, self._summary.reprompt)
        return self._ask_to_confirm(turn)

    def _not_right(self, turn: Turn) -> Outcome:
        if self._summary.change is not None:
            return self._ask_for_changes(turn)
        return self._ask_anew(turn, [asked.store for asked in self.asks])

    def _named_again(self, turn: Turn) -> Outcome:
        """Ask those questions again that the user names by what they are stored as."""
        words = casefolded(turn.input["text"]).replace(",", " ").split()
        named = [asked.store for asked in self.asks if casefolded(asked.store.rpartition(".")[2]) in words]
        return self._ask_anew(turn, named) if named else self._ask_for_changes(turn)

    def _ask_anew(self, turn: Turn, stores: list[str]) -> Outcome:
        memory = turn.memory
        memory.pop("stage", None)
        memory["done"] = [store for store in memory.get("done", ()) if store not in stores]
        memory["anew"] = stores
        return self._go_on(turn)

    def _reaction(self, turn: Turn) -> tuple[bool | None, Any]:
        return reaction(UserMessage.of(turn), lambda message: self._changes(turn, message))

    def _changes(self, turn: Turn, message: UserMessage) -> Any:
        """Values that differ from what is kept; NO_ANSWER when there are none."""
        answers = over_answers(turn, ValueFinder(message, (asked.type for asked in self.asks)), self.asks, ())
        answers |= self._named(turn, message)
        answers |= said_in_slots(turn, self.asks)
        changed = {
            store: value
            for store, value in answers.items()
            if not same(turn.get(store), to_plain_json(value))
        }
        return changed or NO_ANSWER

    def _named(self, turn: Turn, message: UserMessage) -> dict[str, Any]:
        """The answer out of a closed list that is named, by its store; nothing when there are several."""
        listed = [asked for asked in self.asks if asked.type in _LISTED]
        read = {asked.store: asked.valid(turn, asked.read(message)) for asked in listed}
        answers = {store: answer for store, answer in read.items() if answer is not NO_ANSWER}
        return answers if len(answers) == 1 else {}
