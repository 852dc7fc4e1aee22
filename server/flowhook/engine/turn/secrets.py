"""Secret answers: those of questions with ``secret: true``.

While a session waits at such a question its blind mode says ``secret``, so that whoever meets its next input
knows that it may be the answer (:mod:`flowhook.runtime.observe.redaction`). Later the values that stand where
these answers are kept are known by their paths, and hidden wherever they appear.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from flowhook.model.privacy import with_secret

if TYPE_CHECKING:
    from flowhook.engine.turn.view import Turn

SHORTEST = 3  #: characters of a value that is hidden in other texts; shorter ones stand in any text


def secret_values(turn: Turn) -> tuple[str, ...]:
    """The secrets that the session keeps, as texts, the longest first."""
    paths = turn.library.secrets
    if not paths:
        return ()
    found = {text for path in paths for text in _texts(turn.get(path)) if len(text) >= SHORTEST}
    return tuple(sorted(found, key=len, reverse=True))


def _texts(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for part in value.values():
            yield from _texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from _texts(part)
    elif value is not None and not isinstance(value, bool):
        yield str(value)


def note_waiting(turn: Turn) -> None:
    """The turn has ended: the session says whether its next input may be a secret answer."""
    session = turn.session
    waits = session.waiting and bool(turn.library.secrets) and _stands_at_secret(turn)
    if waits or session.blind is not None:
        session.blind = with_secret(session.blind, waits)


def _stands_at_secret(turn: Turn) -> bool:
    frame = turn.session.top
    flow = turn.library.flows.get(frame.flow)
    node = flow.node_at(frame.node) if flow is not None and frame.node is not None else None
    return node is not None and node.type.asks_secret(node.settings.raw)
