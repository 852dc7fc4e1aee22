"""What becomes of an error that a node raised."""

from __future__ import annotations

from pydantic import ValidationError
from pydantic_core import ErrorDetails

from flowhook.engine.expressions.parser import ExpressionError
from flowhook.engine.outcomes import Failure, NodeFailed


class TurnFailed(Exception):
    """The turn cannot go on, whatever ``on_error`` says. ``at`` is the place: "flow/key"."""

    def __init__(self, message: str, at: str) -> None:
        super().__init__(message)
        self.at = at


def failure_of(error: Exception) -> Failure:
    """The failure under the stable word for its reason, as ``error`` shows it to ``on_error``."""
    if isinstance(error, NodeFailed):
        return Failure(error.reason, str(error), error.details)
    if isinstance(error, ExpressionError):
        return Failure("expression", error.message)
    if isinstance(error, ValidationError):
        return Failure("settings", "; ".join(map(_setting_wrong, error.errors())))
    return Failure("internal", f"{type(error).__name__}: {error}")


def _setting_wrong(detail: ErrorDetails) -> str:
    message = detail["msg"].removeprefix("Value error, ")
    return f"{'.'.join(map(str, detail['loc']))}: {message}" if detail["loc"] else message
