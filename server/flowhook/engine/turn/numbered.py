"""A number as the answer to a message with numbered choices.

A channel that shows only text shows ``fallback``: the message and its buttons or quick replies, numbered.
There the user says "2", and means what a click on the second would have said. Where the choices have
numbers themselves, or a question waits, a number is what it says.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from flowhook.engine.flow import Library
    from flowhook.model.session import Session

_NUMBER = re.compile(r"\s*([1-9][0-9]?)\s*[.)]?\s*")
_DIGIT = re.compile(r"\d")


def payloads_of(rich: Mapping[str, Any]) -> list[str | None]:
    """Return what the numbers below a message stand for, in their order; empty where for nothing."""
    elements = rich.get("buttons") or rich.get("quickReplies") or ()
    payloads: list[str | None] = [element.get("payload") for element in elements]
    words = [str(element.get("title", "")) for element in elements] + [text or "" for text in payloads]
    return [] if any(map(_DIGIT.search, words)) else payloads


def meant_by(text: str, session: Session, library: Library) -> str | None:
    """Return what a message stands for that is nothing but the number of a choice; None for any other."""
    number = _NUMBER.fullmatch(text)
    if number is None or int(number[1]) > len(session.numbered) or _is_asked(session, library):
        return None
    return session.numbered[int(number[1]) - 1]


def _is_asked(session: Session, library: Library) -> bool:
    """Whether a question waits, or a person speaks with the user."""
    top = session.top
    flow = library.flows.get(top.flow)
    node = flow.node_at(top.node) if flow is not None and top.node is not None else None
    asked = session.waiting and node is not None and node.type.is_question
    return asked or session.handover is not None
