"""``ask``: a question that waits for its answer.

.. code-block:: yaml

    - id: ask_size
      ask: {text: "Which size?", type: choice, choices: [small, {value: large, synonyms: [big]}],
            store: context.size, reprompt: "Small or large?", attempts: 3, timeout: 10m}
      on_timeout:
        - say: "Still there?"
      on_fail: to_agent

The answer is in ``input.result`` and at ``store``. A wrong answer is met with ``reprompt``, or with
the question again; the n-th of ``attempts`` takes ``on_fail`` with a null result. ``on_timeout`` runs
once for each asking while the question goes on waiting. ``valid_if`` sees the answer as ``answer``;
with ``skip_if`` true nothing is asked. Branches: ``on_fail``, ``on_timeout``.
"""

from __future__ import annotations

import builtins
from collections.abc import Mapping
from typing import Any, ClassVar, Literal, Self

from pydantic import BaseModel, ConfigDict, Field, field_validator, model_validator

from flowhook.engine.fields import Condition, Duration, Path, Text, Word
from flowhook.engine.node import Node
from flowhook.engine.outcome import Outcome, Wait
from flowhook.engine.patterns import Pattern
from flowhook.engine.turn import Turn
from flowhook.nodes.answers import ASK_TYPES, NO_ANSWER, AskType, fold, words
from flowhook.nodes.say import one_of

#: Types and settings of questions that come with a later version.
LATER_TYPES = words("date time datetime phone url money duration percentage slot intent data attachment")
LATER_SETTINGS = frozenset({"confirm", "digression", "forget_after"})


class Choice(BaseModel):
    """One answer to choose, and other words for it."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    value: Word
    synonyms: list[Word] = Field(default_factory=list)


class Ask(Node):
    """Asks, waits for the answer, checks and keeps it."""

    key = "ask"
    main = "text"
    branches = ("on_fail", "on_timeout")
    staying = ("on_timeout",)
    armed_by: ClassVar[Mapping[str, str]] = {"on_fail": "attempts", "on_timeout": "timeout"}
    waits = True

    types: ClassVar[Mapping[str, AskType]] = ASK_TYPES

    text: Text | list[Text] = Field(description="the question; of a list, one at random")
    type: str = Field("text", description="what counts as an answer")
    choices: list[Choice | Word] = Field(
        default_factory=list, description="for type choice: values, or {value, synonyms}"
    )
    pattern: str | None = Field(
        None, description="for type pattern: a regular expression, found anywhere in the text"
    )
    store: Path | None = Field(None, description="where the answer is kept")
    reprompt: Text | list[Text] | None = Field(
        None, description="said after a wrong answer, instead of the question"
    )
    attempts: int | None = Field(
        None, ge=1, description="the wrong answer that takes on_fail; default: unlimited"
    )
    valid_if: Condition | None = Field(None, description="must hold, with the answer as answer")
    skip_if: Condition | None = Field(None, description="when it holds, nothing is asked")
    timeout: Duration | None = Field(None, gt=0, description="how long until on_timeout")
    buttons: Literal["none"] | None = Field(None, description="none: a choice shows no quick replies")

    @classmethod
    def with_types(cls, more: Mapping[str, AskType]) -> builtins.type[Ask]:
        """The same node with further types of questions, as plugins register them."""

        class AskMore(cls):  # type: ignore[misc, valid-type]
            __doc__ = cls.__doc__
            types = {**cls.types, **more}  # noqa: RUF012 - a ClassVar already

        return AskMore

    @model_validator(mode="before")
    @classmethod
    def _nothing_of_later(cls, values: Any) -> Any:
        if isinstance(values, dict):
            for name in LATER_SETTINGS & values.keys():
                raise ValueError(f"not available yet: {name}")
        return values

    @field_validator("type")
    @classmethod
    def _known_type(cls, value: str) -> str:
        if value in cls.types:
            return value
        if value in LATER_TYPES:
            raise ValueError(f"not available yet: questions of type {value}")
        raise ValueError(f"there are no questions of type {value}, but of: {', '.join(cls.types)}")

    @field_validator("choices")
    @classmethod
    def _each_once(cls, value: list[Choice | Word]) -> list[Choice | Word]:
        said = [fold(item if isinstance(item, str) else item.value) for item in value]
        twice = next((word for word in said if said.count(word) > 1), None)
        if twice is not None:
            raise ValueError(f'the choice "{twice}" is there twice')
        return value

    @field_validator("pattern")
    @classmethod
    def _sound_pattern(cls, value: str | None) -> str | None:
        if value is not None:
            Pattern(value)
        return value

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.type == "choice" and not self.choices:
            raise ValueError("a question of type choice needs choices")
        if self.type == "pattern" and self.pattern is None:
            raise ValueError("a question of type pattern needs a pattern")
        built_in = self.type in ASK_TYPES  # a plugin's type may have a use of its own for them
        if built_in and self.type != "choice" and self.choices:
            raise ValueError("choices are for questions of type choice: add type: choice")
        if built_in and self.type != "pattern" and self.pattern is not None:
            raise ValueError("a pattern is for questions of type pattern: add type: pattern")
        return self

    @property
    def options(self) -> list[Choice]:
        """The choices, each with its synonyms."""
        return [Choice(value=item) if isinstance(item, str) else item for item in self.choices]

    def run(self, turn: Turn) -> Outcome:
        if self.skip_if is not None and turn.test(self.skip_if):
            turn.input["result"] = turn.get(self.store) if self.store else None
            return None
        turn.forget()
        return self._ask(turn, self.text)

    def resume(self, turn: Turn) -> Outcome:
        heard = turn.input
        answer = self.types[self.type](heard["text"], heard["data"], self, heard["locale"])
        if answer is NO_ANSWER or not self._holds(answer, turn):
            return self._wrong(turn)
        turn.forget()
        self._result(answer, turn)
        return None

    def _holds(self, answer: Any, turn: Turn) -> bool:
        return self.valid_if is None or turn.test(self.valid_if, answer=answer)

    def _wrong(self, turn: Turn) -> Outcome:
        if self.attempts is None:
            return self._ask(turn, self.reprompt or self.text)
        wrong = turn.memory["wrong"] = turn.memory.get("wrong", 0) + 1
        if wrong < self.attempts:
            return self._ask(turn, self.reprompt or self.text)
        turn.forget()
        self._result(None, turn)
        return "on_fail"

    def _result(self, answer: Any, turn: Turn) -> None:
        turn.input["result"] = answer
        if self.store is not None:
            turn.set(self.store, answer)

    def _ask(self, turn: Turn, text: str | list[str]) -> Wait:
        turn.say(one_of(text, "random", turn), self._quick_replies())
        return Wait(self.timeout)

    def _quick_replies(self) -> dict[str, Any] | None:
        if self.type != "choice" or self.buttons == "none":
            return None
        replies = [{"title": choice.value, "payload": choice.value} for choice in self.options]
        return {"rich": {"type": "quick_replies", "quickReplies": replies}}
