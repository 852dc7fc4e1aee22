"""What every question has, whoever asks it: ``ask``, ``optional_ask``, the fields of ``collect``.

A question knows what answers it: the type reads the message, or else a value of its ``slot`` stands for
the answer, and ``valid_if`` has the last word. Reading has no effect, so that the engine may ask first
whether an input is an answer.
"""

from __future__ import annotations

import builtins
from collections.abc import Iterator, Mapping
from dataclasses import replace
from functools import cached_property
from typing import Annotated, Any, ClassVar, Literal, Self, cast

from pydantic import (
    BaseModel,
    ConfigDict,
    Field,
    GetJsonSchemaHandler,
    ValidationInfo,
    field_validator,
    model_validator,
)
from pydantic.json_schema import JsonSchemaValue

from flowhook.engine.expressions.values import text_of, to_plain_json
from flowhook.engine.settings.fields import SEES_ANSWER, Condition, Path, SlotName, Text, Word, is_rendered
from flowhook.engine.turn.computed_slots import values_of
from flowhook.engine.turn.kept_slots import recall
from flowhook.engine.turn.view import Turn
from flowhook.errors import UnregisteredName
from flowhook.extraction.answers import are_alternatives, read_values
from flowhook.extraction.corrections import after_correction
from flowhook.extraction.match import Context
from flowhook.extraction.named_patterns import PATTERNS
from flowhook.extraction.safe_regex import Pattern
from flowhook.i18n.normalize import casefolded
from flowhook.nodes.parts.answer_types import ASK_TYPES, NO_ANSWER, AskType, UserMessage
from flowhook.nodes.parts.rich_elements import QuickReply, Suggested, shapes
from flowhook.nodes.parts.wording import one_of
from flowhook.problems.suggestion import did_you_mean
from flowhook.rich.shapes import Rich, quick_replies, with_fallback

#: Types whose answer may be any text: a slot's value is the answer itself.
WHOLE_TEXT = frozenset({"text", "any"})
#: Types to which two different values in one message are no answer.
ONE_VALUE = frozenset({"number", "integer", "date", "time", "datetime", "duration", "money", "percentage"})

#: Settings that only questions of some types have a use for.
_USED_BY: Mapping[str, frozenset[str]] = {
    "choices": frozenset({"choice"}),
    "buttons": frozenset({"choice"}),
    "pattern": frozenset({"pattern"}),
    "values_from": frozenset({"choice"}),
    "direction": frozenset({"date", "datetime", "date_range"}),
    "currency": frozenset({"money"}),
    "scale": frozenset({"scale"}),
}

Texts = str | list[str]


def is_used_by(setting: str, kind: Any) -> bool:
    """Whether questions of a type have a use for a setting."""
    return setting not in _USED_BY or kind in _USED_BY[setting]


class Choice(BaseModel):
    """One answer to choose, other words for it, and what its button shows."""

    model_config = ConfigDict(extra="forbid", frozen=True, defer_build=True)

    value: Word = Field(description="the answer, and what a click on its button says")
    synonyms: list[Word] = Field(default_factory=list, description="other words for it")
    title: Text | None = Field(default=None, description="what its button shows; default: the value")


class HasAskTypes:
    """What settings derive from that hold questions, so that these may be of the types of plugins, too.
    A node type that derives from it gets them, whoever brings it."""

    @classmethod
    def with_types(cls, more: Mapping[str, AskType]) -> builtins.type[Self]:
        """Return the same class with further types of questions, by their name in ``type:``."""
        raise NotImplementedError


class Question(BaseModel, HasAskTypes):
    """The settings of a question, and how an input answers it."""

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True, defer_build=True)

    types: ClassVar[Mapping[str, AskType]] = ASK_TYPES

    text: Text | list[Text] = Field(description="the question; of a list, one at random")
    type: str = Field("text", description="what counts as an answer")
    choices: list[Choice | Word] = Field(
        default_factory=list, description="for type choice: values, or {value, synonyms, title}"
    )
    values_from: Condition | None = Field(
        None,
        description="for type choice, instead of choices: an expression that gives them, a list or each "
        "with its synonyms",
    )
    pattern: str | None = Field(
        None,
        description="for type pattern: a regular expression, found anywhere, or a name such as iban",
    )
    slot: SlotName | None = Field(
        None,
        description="the slot whose value is the answer, also when it was said before the question was asked",
    )
    store: Path | None = Field(None, description="where the answer is kept")
    valid_if: Annotated[Condition, SEES_ANSWER] | None = Field(
        None, description="must hold, with the answer as answer"
    )
    skip_if: Annotated[Condition, SEES_ANSWER] | None = Field(
        None, description="when it holds, nothing is asked"
    )
    buttons: Literal["none"] | None = Field(None, description="none: a choice shows no quick replies")
    direction: Literal["past", "future", "any"] | None = Field(
        None,
        description="for types date, datetime and date_range: where a date lies whose words leave that open",
    )
    currency: str | None = Field(
        None,
        pattern=r"^(?:[A-Z]{3}|.*\{\{.*)$",
        description="for type money: the currency of an amount without one, such as EUR",
    )
    scale: int | list[int] | None = Field(
        None, description="for type scale: the highest mark, or [lowest, highest]; default: 1 to 5"
    )
    quick_replies: list[Suggested] | None = Field(
        None, description="suggestions of what to answer, also beside a question that is no choice"
    )

    @field_validator("type")
    @classmethod
    def _known_type(cls, value: str) -> str:
        if value in cls.types:
            return value
        hint = did_you_mean(value, cls.types) or f"there are: {', '.join(cls.types)}"
        raise UnregisteredName(f'there are no questions of type "{value}"; {hint}')

    @field_validator("choices", "pattern", "buttons", "direction", "currency", "scale", "values_from")
    @classmethod
    def _of_its_type(cls, value: Any, info: ValidationInfo) -> Any:
        kind = info.data.get("type", "")
        if value and kind in ASK_TYPES and not is_used_by(info.field_name or "", kind):
            raise ValueError(_ELSEWHERE[info.field_name or ""])  # a plugin's type may have a use of its own
        return value

    @field_validator("scale")
    @classmethod
    def _rising(cls, value: int | list[int] | None) -> int | list[int] | None:
        ends = [1, value] if isinstance(value, int) else value
        if ends is not None and (len(ends) != 2 or not 0 <= ends[0] < ends[1] <= 100):
            raise ValueError("a scale is its highest mark, or [lowest, highest], from 0 to 100")
        return value

    @field_validator("choices", mode="before")
    @classmethod
    def _from_data(cls, value: Any, info: ValidationInfo) -> Any:
        """What a template gave: texts, mappings with more than a choice has, values with their synonyms."""
        if not is_rendered(info):
            return value
        items = value if isinstance(value, list) else ()
        if isinstance(value, Mapping) or any(isinstance(item, Mapping) and "name" in item for item in items):
            return [{"value": key, "synonyms": item["synonyms"]} for key, item in values_of(value).items()]
        return [] if value is None else value

    @field_validator("choices")
    @classmethod
    def _each_once(cls, value: list[Choice | Word]) -> list[Choice | Word]:
        said = [casefolded(item if isinstance(item, str) else item.value) for item in value]
        twice = next((word for word in said if said.count(word) > 1), None)
        if twice is not None:
            raise ValueError(f'the choice "{twice}" is there twice')
        return value

    @field_validator("pattern")
    @classmethod
    def _sound_pattern(cls, value: str | None) -> str | None:
        if value is not None:
            check_pattern(value)
        return value

    @model_validator(mode="after")
    def _complete(self) -> Self:
        for kind, setting in (("choice", "choices"), ("pattern", "pattern"), ("slot", "slot")):
            computed = kind == "choice" and self.values_from is not None
            if self.type == kind and not getattr(self, setting) and not computed:
                raise ValueError(f"a question of type {kind} needs {_ARTICLES[setting]}")
        return self

    @classmethod
    def __get_pydantic_json_schema__(cls, core: Any, handler: GetJsonSchemaHandler) -> JsonSchemaValue:
        """Tell editors which types there are, those of plugins too; a template may stand for one."""
        schema = handler.resolve_ref_schema(handler(core))
        schema["properties"]["type"]["examples"] = list(cls.types)
        return schema

    @classmethod
    def with_types(cls, more: Mapping[str, AskType]) -> builtins.type[Self]:
        """Return the same question with further types, as plugins register them."""

        class More(cls):  # type: ignore[misc, valid-type]  # of a class at hand
            __doc__ = cls.__doc__
            types = {**cls.types, **more}  # noqa: RUF012 - a ClassVar already

        return cast(builtins.type[Self], More)

    @property
    def marks(self) -> tuple[int, int]:
        """The lowest and the highest mark of a scale."""
        if isinstance(self.scale, list):
            return self.scale[0], self.scale[1]
        return 1, self.scale or 5

    @cached_property
    def options(self) -> list[Choice]:
        """The choices, each with its synonyms; the title on its button is one, too."""
        every = [Choice(value=item) if isinstance(item, str) else item for item in self.choices]
        return [
            choice.model_copy(update={"synonyms": [*choice.synonyms, choice.title]})
            if choice.title
            else choice
            for choice in every
        ]

    # --- asking ----------------------------------------------------------------------------------

    def put(self, turn: Turn, texts: Texts) -> None:
        """Say the question, or what is said in its place, with its buttons."""
        text = self.worded(turn, one_of(texts, "random", turn))
        replies = self._replies(turn)
        turn.say(text, {"rich": with_fallback(quick_replies(replies), text)} if replies else None)

    def worded(self, turn: Turn, text: str) -> str:
        """The text as it is said: here its templates are rendered already."""
        return text

    def _replies(self, turn: Turn) -> list[Rich]:
        """The quick replies: those that are written, or those of a choice."""
        if self.quick_replies is not None:
            return shapes(turn, self.quick_replies, QuickReply, None, "quick replies")
        if self.type != "choice" or self.buttons == "none":
            return []
        return [{"title": choice.title or choice.value, "payload": choice.value} for choice in self.options]

    # --- hearing ---------------------------------------------------------------------------------

    def answer_in(self, turn: Turn) -> Any:
        """What the input answers; NO_ANSWER when it does not. No effect but that the reading is kept."""
        return self.valid(turn, self.reading_of(turn))

    def reading_of(self, turn: Turn) -> Any:
        """What the input answers, valid or not."""
        key = (turn.at, self.store, turn.input["text"], turn.input["intent"])
        if key not in turn.readings:
            turn.budget.check()
            turn.readings[key] = self.read(UserMessage.of(turn))
        return turn.readings[key]

    def read(self, message: UserMessage) -> Any:
        """What a message answers, valid or not: read by the type, else a value of the slot."""
        of_slot = self.of_slot(message, message.slots.get(self.slot) or []) if self.slot else iter(())
        if self.type in WHOLE_TEXT and (value := next(of_slot, NO_ANSWER)) is not NO_ANSWER:
            return value
        answer = self.types[self.type](message, self)
        return next(of_slot, NO_ANSWER) if answer is NO_ANSWER else answer

    def told_before(self, turn: Turn) -> Any:
        """A value of the slot in the input that came before the question, or that was kept of an earlier one;
        NO_ANSWER when there is none."""
        if self.slot is None:
            return NO_ANSWER
        recall(turn, [self.slot])
        answers = self.of_slot(UserMessage.of(turn), untaken(turn, self.slot))
        return next((answer for answer in answers if self.valid(turn, answer) is not NO_ANSWER), NO_ANSWER)

    def of_slot(self, message: UserMessage, values: list[Any]) -> Iterator[Any]:
        """The values of a slot that are answers to this type of question."""
        if self.is_undecided(message, values):
            values = self._said_last(message)
        for value in values:
            if self.is_inexact(message, value):
                continue
            if self.type == "slot" or self.type in WHOLE_TEXT or isinstance(value, dict):
                yield value
                continue
            answer = self.types[self.type](replace(message, text=text_of(value), data={}, slots={}), self)
            if answer is not NO_ANSWER:
                yield answer

    def _said_last(self, message: UserMessage) -> list[Any]:
        """The value of the slot that a message says behind "no, wait", in the place of what it said before;
        nothing where it says several there, or takes nothing back."""
        rest = after_correction(message.text, message.locale)
        if rest is None:
            return []
        start = len(message.text) - len(rest)
        found = message.places.get(self.slot or "", ())
        said = [entry["value"] for entry in found if entry["start"] >= start and not entry["negated"]]
        return said[:1] if all(same(value, said[0]) for value in said) else []

    def is_undecided(self, message: UserMessage, values: list[Any]) -> bool:
        """Whether several values are said and one of them is meant: "Monday or Tuesday"."""
        if not any(not same(value, values[0]) for value in values[1:]):
            return False
        text, locale = message.text, message.locale
        is_taken_back = after_correction(text, locale) is not None  # "red, no, blue"
        return self.type in ONE_VALUE or are_alternatives(text, locale) or is_taken_back

    def is_inexact(self, message: UserMessage, value: Any) -> bool:
        """Whether a value stands in the message and is not meant: a limit, as in "after friday"."""
        kinds = [self.type] if self.type in ONE_VALUE else ONE_VALUE if self.type == "slot" else ()
        for kind in kinds:
            read = read_values(kind, message.text, Context(message.locale, message.now))
            if any(same(to_plain_json(match.value), value) for match in read.found):
                return not any(same(to_plain_json(match.value), value) for match in read.meant)
        return False

    def valid(self, turn: Turn, answer: Any) -> Any:
        """The answer, or NO_ANSWER when ``valid_if`` does not hold for it."""
        if (
            answer is NO_ANSWER
            or self.valid_if is None
            or turn.test(self.valid_if, answer=to_plain_json(answer))
        ):
            return answer
        return NO_ANSWER

    def keep(self, turn: Turn, answer: Any) -> None:
        """The answer is this one (null: there is none): into ``input.result`` and to ``store``."""
        if self.type in WHOLE_TEXT and answer is not None and answer == turn.input["text"]:
            turn.heard_whole = True  # what is found in it was no more than a part of this answer
        turn.input["result"] = to_plain_json(answer)
        note_taken(turn, answer, self.slot)
        if self.store is not None:
            turn.set(self.store, answer)

    def skip(self, turn: Turn, told: Any) -> None:
        """Nothing is asked: what is kept is the result, or else what was told before."""
        kept = self.kept(turn)
        if kept is None and told is not NO_ANSWER:
            self.keep(turn, told)
        else:
            turn.input["result"] = kept

    def kept(self, turn: Turn) -> Any:
        """What stands at ``store`` already; null where nothing does."""
        return turn.get(self.store) if self.store else None


_ELSEWHERE = {
    "choices": "choices are for questions of type choice: add type: choice",
    "pattern": "a pattern is for questions of type pattern: add type: pattern",
    "buttons": "buttons are shown by questions of type choice only",
    "values_from": "values_from is for questions of type choice: add type: choice",
    "direction": "a direction is for questions of type date, datetime and date_range: add type: date",
    "currency": "a currency is for questions of type money: add type: money",
    "scale": "a scale is for questions of type scale: add type: scale",
}
_ARTICLES = {"choices": "choices", "pattern": "a pattern", "slot": "a slot: the name of the slot"}


def check_pattern(written: str) -> None:
    """Raises ValueError for what is neither the name of a pattern nor a regular expression."""
    if written in PATTERNS:
        return
    hint = did_you_mean(written, PATTERNS, cutoff=0.75) if written.isidentifier() else ""
    if hint:
        raise ValueError(f'no pattern is called "{written}"; {hint}')
    Pattern(written)


def shown(answer: Any) -> Any:
    """An answer as expressions see it: null when there is none."""
    return None if answer is NO_ANSWER else to_plain_json(answer)


def memory_of(turn: Turn) -> dict[str, Any]:
    """The node's memory to look at: unlike ``turn.memory`` it is not made by looking."""
    memory = turn.session.memory
    return next((memory[at] for at in (turn.at, *turn.formerly) if at in memory), {})


# --- values of slots: each answers one question of a turn ------------------------------------------


def untaken(turn: Turn, slot: str) -> list[Any]:
    """The values of a slot in this input that no question of this turn has taken and nobody denied."""
    taken = list(turn.input.get("slotsTaken", {}).get(slot, ()))
    nlu = turn.input.get("nlu") or {}
    denied = [entry.get("value") for entry in (nlu.get("slots") or {}).get(slot, ()) if entry.get("negated")]
    left = []
    for value in (turn.input["slots"] or {}).get(slot) or []:
        gone = next((values for values in (taken, denied) if value in values), None)
        if gone is None:
            left.append(value)
        else:
            gone.remove(value)
    return left


def note_taken(turn: Turn, answer: Any, own: str | None) -> None:
    """Let no later question of this turn take the same value again."""
    for slot in turn.input["slots"] or {}:
        left = untaken(turn, slot)
        value = next((other for other in left if same(other, answer)), NO_ANSWER)
        if value is NO_ANSWER and slot == own and left and answer is not None:
            value = left[0]  # the answer was made of it: "big" answers "large"
        if value is not NO_ANSWER:
            turn.input.setdefault("slotsTaken", {}).setdefault(slot, []).append(value)


def same(one: Any, other: Any) -> bool:
    """Whether two answers are equal; 1 is not true."""
    return isinstance(one, bool) == isinstance(other, bool) and bool(one == other)
