"""Outcomes: what a node returns when it has run, and what becomes of what it raises."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any, NamedTuple

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from flowhook.durations import parse_duration
from flowhook.engine.effects import Effect, Failure
from flowhook.errors import FlowhookError


@dataclass(frozen=True, slots=True)
class Goto:
    """Leave for ``target``: ``x`` a node of this flow, ``x/`` a flow, ``x/y`` a node of a flow.

    With ``wait`` the session stands there until the next input. A target that does not exist takes the
    node's ``on_error`` with the reason ``unknown-target``.
    """

    target: str
    wait: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """Run a flow, by its name, and come back below, also when that flow waits for the user.

    With ``back`` the node of a plugin is resumed when the flow has ended: ``turn.returned`` is true then, and
    ``turn.result`` what the flow returned.
    With ``asks_again`` the node waits for the user then, and says again what it asks. Expressions of the flow
    know ``args``; what it returns is kept at the path ``store``. With ``defaults`` its default context fills
    what the session's lacks.
    """

    flow: str
    back: bool = False
    asks_again: bool = False
    args: dict[str, Any] = field(default_factory=dict)
    store: str | None = None
    defaults: bool = False


class Return(NamedTuple):
    """End a flow that was called, or a digression, with a value for the caller."""

    value: Any = None


@dataclass(frozen=True, slots=True)
class Think:
    """Run the turn again, as if the user had said ``text`` with ``data``, or had meant ``intent``."""

    text: str = ""
    intent: str | None = None
    data: dict[str, Any] | None = None


@dataclass(frozen=True, slots=True)
class Stop:
    """End the turn; the next input enters at the first node."""


@dataclass(frozen=True, slots=True, init=False)
class Wait:
    """Stand here until the next input. ``timeout``, in seconds or as in flows (``5m``), arms the branch
    ``on_timeout``; a node of a plugin is resumed by the timer. Raises ValueError for what is no duration."""

    timeout: float | None

    def __init__(self, timeout: float | str | None = None) -> None:
        object.__setattr__(self, "timeout", parse_duration(timeout))


@dataclass(frozen=True, slots=True)
class Keep:
    """Stay waiting as before: the timer, if one runs, runs on."""


class AwaitCallback(NamedTuple):
    """Stand here until the result of the task that was just started comes, or its time is over."""

    settings: dict[str, Any]  #: of the node, needed then; they are not rendered anew


class BeginHandover(NamedTuple):
    """Hand the conversation over to a person, and rest here until it comes back."""

    provider: str
    settings: dict[str, Any]  #: of the node, needed as long as it lasts; they are not rendered anew
    text: str
    shown: dict[str, Any]  #: data of that message


#: None goes on below; a string is a branch of the node.
Outcome = (
    None | str | Goto | Call | Return | Think | Stop | Wait | Keep | AwaitCallback | BeginHandover | Effect
)

# --- failures --------------------------------------------------------------------------------------


class NodeFailed(FlowhookError):
    """Raise it in a node that cannot do its work: its ``on_error`` branch takes it.

    The branch sees ``error.reason``, a stable word such as timeout or refused, ``error.message``, and
    ``error.details``, a JSON object.
    """

    code = "node-failed"

    def __init__(self, reason: str, message: str, details: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.details = details or {}


class TurnFailed(Exception):
    """The turn cannot go on, whatever ``on_error`` says. ``at`` is where: "flow/node", or "": at the
    node that runs."""

    def __init__(self, message: str, at: str) -> None:
        super().__init__(message)
        self.at = at


def failure_of(error: Exception) -> Failure:
    """The failure under the stable word for its reason, as ``error`` shows it to ``on_error``."""
    if isinstance(error, NodeFailed):
        return Failure(error.reason, str(error), error.details)
    from flowhook.engine.expressions.parser import ExpressionError  # plugins import outcomes, not templates

    if isinstance(error, ExpressionError):
        return Failure("expression", error.message)
    if isinstance(error, ValidationError):
        return Failure("settings", "; ".join(map(_setting_wrong, error.errors())))
    return Failure("internal", f"{type(error).__name__}: {error}")


def _setting_wrong(detail: ErrorDetails) -> str:
    message = detail["msg"].removeprefix("Value error, ")
    return f"{'.'.join(map(str, detail['loc']))}: {message}" if detail["loc"] else message
