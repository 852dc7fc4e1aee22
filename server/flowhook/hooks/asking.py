"""Types of questions that plugins bring: a function of theirs as ``ask`` calls it."""

from __future__ import annotations

import inspect
from typing import Any

from flowhook.hooks.calls import wanted
from flowhook.nodes.answers import NO_ANSWER, AskType


def ask_type_of(name: str, function: Any) -> AskType:
    """``function`` names any of text, data, settings, locale and answers the value; None means that
    the message is no answer. Raises TypeError for what cannot be called like that.
    """
    if not callable(function) or inspect.iscoroutinefunction(function):
        raise TypeError(f"the type of question {name!r} is not a plain function")
    wants = wanted(function)
    unknown = (wants or frozenset()) - {"text", "data", "settings", "locale"}
    if unknown:
        raise TypeError(f"the type of question {name!r} has no argument {sorted(unknown)[0]!r}")

    def answer(text: str, data: dict[str, Any], settings: Any, locale: str) -> Any:
        offered = {"text": text, "data": data, "settings": settings, "locale": locale}
        asked = offered if wants is None else {each: offered[each] for each in wants}
        value = function(**asked)
        return NO_ANSWER if value is None else value

    return answer
