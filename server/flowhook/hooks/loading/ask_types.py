"""Types of questions that plugins bring: a function of theirs as ``ask`` calls it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from flowhook.hooks.calling.caller import parameter_names
from flowhook.nodes.parts.answer_types import NO_ANSWER, AskType, UserMessage
from flowhook.nodes.parts.question import Question


def ask_type_of(name: str, function: Any) -> AskType:
    """Make a type of question of a plugin's function.

    ``function`` names any of text, data, settings, locale, now, input and returns the value; None
    means that the message is no answer. Raises TypeError for what cannot be called like that.
    """
    if not callable(function) or inspect.iscoroutinefunction(function):
        raise TypeError(f"the type of question {name!r} is not a plain function")
    parameters = parameter_names(function)
    unknown = (parameters or frozenset()) - _ARGUMENTS.keys()
    if unknown:
        raise TypeError(f"the type of question {name!r} has no argument {sorted(unknown)[0]!r}")
    names = _ARGUMENTS.keys() if parameters is None else parameters

    def read_answer(message: UserMessage, settings: Question) -> Any:
        value = function(**{name: _ARGUMENTS[name](message, settings) for name in names})
        return NO_ANSWER if value is None else value

    return read_answer


def _input(message: UserMessage, settings: Question) -> dict[str, Any]:
    """What expressions read as ``input``, as far as an answer may depend on it."""
    return {
        "text": message.text,
        "data": message.data,
        "attachments": list(message.attachments),
        "locale": message.locale,
        "slots": dict(message.slots),
        "intent": message.intent,
        "type": message.type,
    }


#: The arguments that a function may name, each with what it gets.
_ARGUMENTS: Mapping[str, Callable[[UserMessage, Question], Any]] = {
    "text": lambda message, settings: message.text,
    "data": lambda message, settings: message.data,
    "settings": lambda message, settings: settings,
    "locale": lambda message, settings: message.locale,
    "now": lambda message, settings: message.now,
    "input": _input,
}
