"""Values that a message holds beside the answer that was asked for: "for four, tomorrow at seven"."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final

from pydantic import Field, StrictBool

from flowhook.engine.settings.fields import Deferred, Path
from flowhook.engine.turn.view import Turn
from flowhook.extraction.answers import Values, read_values
from flowhook.extraction.match import Context, Match
from flowhook.nodes.parts.answer_types import NO_ANSWER, UserMessage
from flowhook.nodes.parts.question import Question, same, untaken

#: Kinds of values that tell by themselves which question they answer; each is a type of question.
DISTINCT: Final = frozenset(
    {
        "number", "integer", "date", "time", "datetime", "duration", "money", "percentage", "email", "phone",
        "url",
    }
)  # fmt: skip
#: A number may be a part of any other value: "at 7", "5 euros".
NUMBERS: Final = frozenset({"number", "integer"})


#: Of what the answers of other types consist: what was taken for them answers nothing else.
_PARTS: Final = {"date_range": ("date", "datetime"), "time_range": ("time",), "scale": ("integer", "number")}


class CollectQuestion(Question):
    """One of the questions of ``collect``."""

    text: Deferred | list[Deferred] = Field(description="the question; of a list, one at random")
    store: Path = Field(description="where the answer is kept")  # pyright: ignore[reportIncompatibleVariableOverride]
    reprompt: Deferred | list[Deferred] | None = Field(
        None, description="said after a wrong answer, instead of the question"
    )
    attempts: int | None = Field(
        None, ge=1, description="the wrong answer that takes on_fail; default: unlimited"
    )
    secret: StrictBool = Field(
        False, description="true: the answer is in no trace, transcript, history, log or event"
    )
    again: bool = Field(False, description="true: asked also when a value stands at store already")

    @property
    def slot_name(self) -> str:
        """The slot whose values are answers."""
        return self.slot or self.store.rpartition(".")[2]

    def worded(self, turn: Turn, text: str) -> str:
        return turn.text(text)


class ValueFinder:
    """Finds values in one message, each kind once. ``kinds`` are those that may be meant at all."""

    __slots__ = ("_values", "kinds", "message")

    def __init__(self, message: UserMessage, kinds: Iterable[str]) -> None:
        self.kinds = DISTINCT.intersection(kinds)
        self.message = message
        self._values: dict[str, Values] = {}

    def all(self, kind: str) -> list[Match]:
        """Every value of a kind; of numbers only those that are no part of another value, meant or not."""
        found = self._read(kind).meant
        if kind not in NUMBERS:
            return found
        others = [match for other in self.kinds - NUMBERS for match in self._read(other).found]
        return [number for number in found if not any(_is_part(number, other) for other in others)]

    def only(self, kind: str, taken: Collection[Match] = ()) -> Match | None:
        """The one value of a kind that does not lie where something else was taken; None for several."""
        left = [match for match in self.all(kind) if not any(overlap(match, other) for other in taken)]
        return left[0] if left and all(match.value == left[0].value for match in left) else None

    def found(self, kind: str) -> list[Match]:
        """Every value of a kind, meant or not."""
        return self._read(kind).found

    def _read(self, kind: str) -> Values:
        if kind not in self._values:
            message = self.message
            self._values[kind] = read_values(kind, message.text, Context(message.locale, message.now))
        return self._values[kind]


def overlap(one: Match, other: Match) -> bool:
    """Whether two values share some of the text."""
    return one.start < other.end and other.start < one.end


def _is_part(number: Match, other: Match) -> bool:
    return overlap(number, other) and other.end - other.start > number.end - number.start


def over_answers(
    turn: Turn, finder: ValueFinder, fields: Sequence[CollectQuestion], taken: Collection[Match] | None
) -> dict[str, Any]:
    """Values in the text that exactly one of the questions can take. ``taken`` None: it is unknown
    what was taken, so that a number may be a part of it."""
    found: dict[str, Match] = {}
    answers: dict[str, Any] = {}
    for asked in fields:
        if asked.type not in DISTINCT or (taken is None and asked.type in NUMBERS):
            continue
        value = finder.only(asked.type, taken or ())
        answer = NO_ANSWER if value is None else _directed(asked, finder.message, value)
        if value is not None and answer is not NO_ANSWER and asked.valid(turn, answer) is not NO_ANSWER:
            found[asked.store], answers[asked.store] = value, answer
    return {
        store: answers[store]
        for store, one in found.items()
        if not any(overlap(one, other) for which, other in found.items() if which != store)
    }


def _directed(asked: CollectQuestion, message: UserMessage, value: Match) -> Any:
    """The value, towards the past or the future where the question asks for one."""
    if asked.direction in (None, "any"):
        return value.value
    text = message.text
    alone = " " * value.start + text[value.start : value.end] + " " * (len(text) - value.end)
    return asked.types[asked.type](replace(message, text=alone), asked)


def said_in_slots(
    turn: Turn, fields: Sequence[CollectQuestion], told: Mapping[str, Any] | None = None
) -> dict[str, Any]:
    """Values of slots, each for one question; those that are ``told`` already are gone."""
    if not turn.input["slots"]:
        return {}
    message = UserMessage.of(turn)
    left = {slot: untaken(turn, slot) for slot in turn.input["slots"]}
    for answer in (told or {}).values():
        for values in left.values():
            values[:] = [value for value in values if not same(value, answer)]
    found: dict[str, Any] = {}
    for asked in fields:
        sharing = sum(other.slot_name == asked.slot_name for other in fields)
        if sharing == 1 and asked.is_undecided(message, left.get(asked.slot_name, [])):
            continue
        for value in left.get(asked.slot_name, ()):
            answer = next((asked.valid(turn, said) for said in asked.of_slot(message, [value])), NO_ANSWER)
            if answer is not NO_ANSWER:
                found[asked.store] = answer
                left[asked.slot_name].remove(value)
                break
    return found


def matches_of(finder: ValueFinder, asked: CollectQuestion, answer: Any) -> list[Match] | None:
    """Where in the text the answer stands; None when that cannot be told."""
    if asked.type in _PARTS:
        return [match for kind in _PARTS[asked.type] for match in finder.found(kind)]
    if asked.type not in DISTINCT:
        return None
    return [match for match in finder.all(asked.type) if match.value == answer]
