"""Types of questions that plugins bring: a function of theirs as ``ask`` calls it."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from typing import Any

from flowhook.hooks.calling.caller import parameter_names
from flowhook.nodes.parts.answer_types import NO_ANSWER, AskType, UserMessage
from flowhook.nodes.parts.question import Question


def ask_type_of(name: str, function: Any) -> AskType:
    """``function`` names any of text, data, settings, locale, now, input and answers the value; None
    means that the message is no answer. Raises TypeError for what cannot be called like that.
    """
    if not callable(function) or inspect.iscoroutinefunction(function):
        raise TypeError(f"the type of question {name!r} is not a plain function")
    wants = parameter_names(function)
    unknown = (wants or frozenset()) - _OFFERED.keys()
    if unknown:
        raise TypeError(f"the type of question {name!r} has no argument {sorted(unknown)[0]!r}")
    names = _OFFERED.keys() if wants is None else wants

    def answer(heard: UserMessage, settings: Question) -> Any:
        value = function(**{each: _OFFERED[each](heard, settings) for each in names})
        return NO_ANSWER if value is None else value

    return answer


def _input(heard: UserMessage, settings: Question) -> dict[str, Any]:
    """What expressions read as ``input``, as far as an answer may depend on it."""
    return {
        "text": heard.text,
        "data": heard.data,
        "attachments": list(heard.attachments),
        "locale": heard.locale,
        "slots": dict(heard.slots),
        "intent": heard.intent,
        "type": heard.type,
    }


#: The arguments that a function may name, each with what it gets.
_OFFERED: Mapping[str, Callable[[UserMessage, Question], Any]] = {
    "text": lambda heard, settings: heard.text,
    "data": lambda heard, settings: heard.data,
    "settings": lambda heard, settings: settings,
    "locale": lambda heard, settings: heard.locale,
    "now": lambda heard, settings: heard.now,
    "input": _input,
}
