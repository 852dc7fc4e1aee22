"""What counts as an answer: one function for each type of question.

An ask type is a function ``(message, settings) -> value`` that returns ``NO_ANSWER`` when the message
is none. ``message`` comes with what was understood of it, ``settings`` is the
:class:`~flowhook.nodes.parts.question.Question` that is asked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any, Final

from flowhook.extraction.answers import read_values, values_meant
from flowhook.extraction.choices import find_choice
from flowhook.extraction.corrections import after_correction
from flowhook.extraction.counts import count_meant
from flowhook.extraction.digit_groups import find_in_groups
from flowhook.extraction.match import Context, Match
from flowhook.extraction.named_patterns import PATTERNS, find_pattern
from flowhook.extraction.safe_regex import Pattern
from flowhook.extraction.said_back import says_back, says_back_in_part
from flowhook.extraction.yes_no import yes_no

if TYPE_CHECKING:
    from flowhook.engine.turn.view import Turn
    from flowhook.nodes.parts.question import Question


class NoAnswer:
    """The type of :data:`NO_ANSWER`."""

    def __repr__(self) -> str:
        return "NO_ANSWER"


NO_ANSWER: Final = NoAnswer()  #: null, 0 and "no" are answers, so none of them can say this


@dataclass(frozen=True, slots=True)
class UserMessage:
    """A message that may be an answer, and what is known of it."""

    text: str
    data: Any
    attachments: Sequence[Any]
    locale: str  #: such as ``de-AT``
    now: datetime  #: aware, in the project's time zone
    slots: Mapping[str, Any] = field(default_factory=dict)  #: slot → the list of values found
    intent: str | None = None
    type: str | None = None  #: the kind of sentence
    #: slot → all that was found of it, with its places: ``input.nlu.slots``
    places: Mapping[str, Sequence[Mapping[str, Any]]] = field(default_factory=dict)

    @classmethod
    def of(cls, turn: Turn) -> UserMessage:
        """The message that a turn handles."""
        said = turn.input
        return cls(
            said["text"],
            said["data"],
            said["attachments"],
            said["locale"],
            turn.scope["now"],
            said["slots"] or {},
            said["intent"],
            said["type"],
            (said["nlu"] or {}).get("slots") or {},
        )


AskType = Callable[[UserMessage, "Question"], Any]


def text_answer(message: UserMessage, settings: Question) -> Any:
    """Any text that is not blank, as it was typed."""
    return message.text if message.text.strip() else NO_ANSWER


def any_answer(message: UserMessage, settings: Question) -> Any:
    """Any text, or else any data."""
    return message.text if message.text.strip() else message.data or NO_ANSWER


def choice_answer(message: UserMessage, settings: Question) -> Any:
    """The one choice that the text names; see :func:`~flowhook.extraction.choices.find_choice`."""
    options = [(choice.value, choice.synonyms) for choice in settings.options]
    chosen = find_choice(message.text, options, message.locale)
    if chosen is None:
        rest = after_correction(message.text, message.locale)  # "tea, no, coffee"
        chosen = find_choice(rest, options, message.locale) if rest is not None else None
    return NO_ANSWER if chosen is None else chosen


def yes_no_answer(message: UserMessage, settings: Question) -> Any:
    """True or false, by the words for it in the locale's language, or else in English. Who says back what was
    asked means yes: "Shall I block it?" "Block it!"."""
    asked = _wording(settings)
    if says_back_in_part(message.text, asked, message.locale):
        return True
    said = yes_no(message.text, message.locale)
    if said is None and says_back(message.text, asked, message.locale):
        return True
    return NO_ANSWER if said is None else said


def _wording(settings: Question) -> str:
    """What is asked; a form confirms without a question."""
    text: str | list[str] = getattr(settings, "text", "")
    return text if isinstance(text, str) else " ".join(text)


def one_of_a_kind(kind: str) -> AskType:
    """The type of question whose answer is the value of a kind. Two different ones are no answer."""

    def answer(message: UserMessage, settings: Question) -> Any:
        values = [match.value for match in _found(kind, message)]
        if values and all(value == values[0] for value in values):
            return values[0]
        rest = after_correction(message.text, message.locale)  # "monday, no wait, tuesday"
        return NO_ANSWER if rest is None else answer(replace(message, text=rest), settings)

    return answer


def first_of_a_kind(kind: str) -> AskType:
    """The type of question whose answer is the first value of a kind, or the one that replaces it."""

    def answer(message: UserMessage, settings: Question) -> Any:
        found = _found(kind, message)
        if not found or all(match.value == found[0].value for match in found):
            return found[0].value if found else NO_ANSWER
        rest = after_correction(message.text, message.locale)
        return found[0].value if rest is None else answer(replace(message, text=rest), settings)

    return answer


def _found(kind: str, message: UserMessage) -> list[Match]:
    return values_meant(kind, message.text, Context(message.locale, message.now))


def _is_named(kind: str, message: UserMessage) -> bool:
    """Whether there are values of a kind, meant or not: a number of "10 % or more" is none of itself."""
    return bool(read_values(kind, message.text, Context(message.locale, message.now)).found)


def directed_answer(kind: str) -> AskType:
    """The type of question whose answer is a date, towards the direction that the question asks for."""
    plain = one_of_a_kind(kind)

    def answer(message: UserMessage, settings: Question) -> Any:
        if settings.direction is None or settings.direction == "any":
            return plain(message, settings)
        from flowhook.extraction.direction import directed

        def read(context: Context) -> str | None:
            value = plain(replace(message, now=context.now), settings)
            return None if value is NO_ANSWER else str(value)

        found = directed(read, message.text, Context(message.locale, message.now), settings.direction)
        return NO_ANSWER if found is None else found

    return answer


def money_answer(message: UserMessage, settings: Question) -> Any:
    """The one sum of money in the text, or else its one number, in the ``currency`` of the question."""
    sum_ = _one_sum(message, settings)
    if sum_ is not NO_ANSWER or settings.currency is None or _is_named("money", message):
        return sum_
    number = _one_number(message, settings)
    return NO_ANSWER if number is NO_ANSWER else {"value": number, "currency": settings.currency}


_one_sum = one_of_a_kind("money")


def name_answer(message: UserMessage, settings: Question) -> Any:
    """The name of a person, without what is said around it."""
    from flowhook.extraction.names import find_name

    return _or_none(find_name(message.text, Context(message.locale, message.now)))


def scale_answer(message: UserMessage, settings: Question) -> Any:
    """A whole mark on the scale of the question."""
    from flowhook.extraction.scales import find_mark

    lowest, highest = settings.marks
    return _or_none(find_mark(message.text, Context(message.locale, message.now), lowest, highest))


def date_range_answer(message: UserMessage, settings: Question) -> Any:
    """A span of days, towards the direction that the question asks for."""
    from flowhook.extraction.direction import directed_span
    from flowhook.extraction.spans import find_date_range

    def read(context: Context) -> dict[str, str | None] | None:
        return find_date_range(message.text, context)

    context = Context(message.locale, message.now)
    return _or_none(directed_span(read, message.text, context, settings.direction))


def time_range_answer(message: UserMessage, settings: Question) -> Any:
    """A span of hours."""
    from flowhook.extraction.spans import find_time_range

    return _or_none(find_time_range(message.text, Context(message.locale, message.now)))


def _or_none(value: Any) -> Any:
    return NO_ANSWER if value is None else value


def number_answer(message: UserMessage, settings: Question) -> Any:
    """The one number in the text, or a count that only this question makes one of: "How many?" "None."."""
    value = _one_number(message, settings)
    if value is not NO_ANSWER:
        return value
    return _or_none(count_meant(message.text, _wording(settings), message.locale))


_one_number = one_of_a_kind("number")


def integer_answer(message: UserMessage, settings: Question) -> Any:
    """The one number in the text, when it is whole."""
    value = ASK_TYPES["number"](message, settings)
    return value if isinstance(value, int) else NO_ANSWER


def percentage_answer(message: UserMessage, settings: Question) -> Any:
    """The one percentage in the text, or else its one number: who is asked for percent may leave the sign
    out. A fraction in words ("half") is none: is it 0.5 or 50?"""
    if _is_named("percentage", message):
        return _one_percentage(message, settings)
    number = _one_number(message, settings)
    in_words = isinstance(number, float) and not any(map(str.isdigit, message.text))
    return NO_ANSWER if in_words else number


_one_percentage = one_of_a_kind("percentage")


def pattern_answer(message: UserMessage, settings: Question) -> Any:
    """What a named pattern finds first, or a regular expression anywhere in the text, there also when digits
    are written in groups."""
    pattern = settings.pattern or ""
    if pattern in PATTERNS:
        named = find_pattern(pattern, message.text, Context(message.locale, message.now))
        return named[0].value if named else NO_ANSWER
    compiled = Pattern(pattern)
    try:
        found = compiled.find(message.text)
        grouped = find_in_groups(compiled, message.text) if found is None else []
    except TimeoutError:
        return NO_ANSWER
    if grouped:
        return grouped[0][0]
    return NO_ANSWER if found is None else found


def slot_answer(message: UserMessage, settings: Question) -> Any:
    """The first value found for the slot that the question names; none of two that are alternatives."""
    found = message.slots.get(settings.slot or "")
    if not isinstance(found, list | tuple):
        return NO_ANSWER if found is None else found
    return next(settings.of_slot(message, list(found)), NO_ANSWER)


def intent_answer(message: UserMessage, settings: Question) -> Any:
    """The name of the intent that was understood."""
    return message.intent or NO_ANSWER


def data_answer(message: UserMessage, settings: Question) -> Any:
    """The data of the message, when it has some."""
    return message.data or NO_ANSWER


def attachment_answer(message: UserMessage, settings: Question) -> Any:
    """The list of attachments, when there is one."""
    return list(message.attachments) or NO_ANSWER


ASK_TYPES: Mapping[str, AskType] = {
    "text": text_answer,
    "any": any_answer,
    "choice": choice_answer,
    "yes_no": yes_no_answer,
    "number": number_answer,
    "integer": integer_answer,
    "date": directed_answer("date"),
    "time": one_of_a_kind("time"),
    "datetime": directed_answer("datetime"),
    "date_range": date_range_answer,
    "time_range": time_range_answer,
    "name": name_answer,
    "scale": scale_answer,
    "email": first_of_a_kind("email"),
    "phone": first_of_a_kind("phone"),
    "url": first_of_a_kind("url"),
    "money": money_answer,
    "duration": one_of_a_kind("duration"),
    "percentage": percentage_answer,
    "pattern": pattern_answer,
    "slot": slot_answer,
    "intent": intent_answer,
    "data": data_answer,
    "attachment": attachment_answer,
}
