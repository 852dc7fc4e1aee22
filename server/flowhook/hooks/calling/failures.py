"""The one place that reports a plugin's failure: to the plugin's log, to the trace of the turn or the message
that it happened to, and to the counts that the metrics show."""

from __future__ import annotations

import functools
import logging
import traceback
from collections import Counter
from collections.abc import Callable
from contextvars import ContextVar
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from flowhook.errors import FlowhookError, PluginError, Reject
from flowhook.ids import new_id
from flowhook.logging_config import redact_urls
from flowhook.model.inbound import JsonObject
from flowhook.model.log_action import LogAction

_HOOKS_ROOM: Final = Path(__file__).parents[1]
MASK: Final = "****"

#: How often what failed: (plugin, hook, endpoint) → number; endpoint "" of what knows none.
FailureCounts = Counter[tuple[str, str, str]]


@dataclass(slots=True)  # not frozen: one is made for each message, and freezing triples that
class CallContext:
    """What hooks are called for just now: a turn, or a request."""

    trace_id: str = ""
    endpoint: str = ""
    masked: bool = False  #: no value of the conversation may reach the log
    test: bool = False  #: of a test message
    failures: list[JsonObject] | None = None  #: what failed for it, for its trace
    is_tentative: bool = False  #: of a turn that is run again when anything fails, which is told then


call_context: ContextVar[CallContext] = ContextVar("call_context", default=CallContext())  # noqa: B039


def mask_words(record: logging.LogRecord) -> bool:
    """Filter of the loggers of plugins: where a conversation is masked, a plugin's own words are, too."""
    if call_context.get().masked and not hasattr(record, "action"):
        record.msg, record.args = MASK, ()
        record.exc_info = record.exc_text = record.stack_info = None
    return True


def describe(error: BaseException) -> str:
    """The kind of an error and its line in the plugin, as ``ValueError at …/shop.py:12``.

    Not its text, which may hold anything and is for the log alone; only the text of an error of ours.
    """
    kind = f"{type(error).__name__}: {error}" if isinstance(error, FlowhookError) else type(error).__name__
    position = innermost_position(error)
    return kind if position is None else f"{kind} at {position[0]}:{position[1]}"


def innermost_position(error: BaseException) -> tuple[str, int] | None:
    """File and line in the plugin at which an error came up; None when none of it is in the plugin."""
    stack = traceback.extract_tb(error.__traceback__)
    frames = [frame for frame in stack if not Path(frame.filename).is_relative_to(_HOOKS_ROOM)]
    if not frames:
        return None
    directory = Path(frames[0].filename).parent
    own = [frame for frame in frames if Path(frame.filename).is_relative_to(directory)]
    return own[-1].filename, own[-1].lineno or 1


def reporting(
    plugin: str, what: str, function: Callable[..., Any], counts: FailureCounts
) -> Callable[..., Any]:
    """A function of a plugin that the engine calls, such as a filter: what it raises is reported with its
    plugin, and goes on to whoever called it."""

    @functools.wraps(function)
    def reported(*args: Any, **kwargs: Any) -> Any:
        try:
            return function(*args, **kwargs)
        except Exception as error:
            context = call_context.get()
            failure = PluginError(plugin, what, context.endpoint, describe(error))
            failure.masked = context.masked
            failure.__cause__ = error
            report_failure(failure, counts)
            raise

    return reported


def report_failure(
    error: PluginError, counts: FailureCounts, told: Callable[[PluginError], None] | None = None
) -> None:
    """Report a failure: log it with plugin, hook, endpoint, line, text of the error and trace id; put it into
    the trace; count it; then tell ``told``.

    Where the endpoint masks its logs, the text and the traceback stay out: both may hold what a user
    said. The error keeps the trace id, so that the response to the caller names the same one.
    """
    context = call_context.get()
    error.trace_id = error.trace_id or context.trace_id or new_id()
    if context.failures is not None:
        shown = _shown(error, error.message)
        context.failures.append(
            {"plugin": error.plugin, "hook": error.hook, "endpoint": error.endpoint, "error": shown}
        )
    if context.is_tentative:
        return
    marks = {"test": True} if context.test else {}
    logging.getLogger(f"flowhook.plugin.{error.plugin}").error(
        "%s",
        _shown(error, str(error)),
        exc_info=None if error.masked else error.__cause__,
        extra={
            "action": LogAction.PLUGIN_FAILED,
            "traceId": error.trace_id,
            "endpoint": error.endpoint,
            **marks,
        },
    )
    counts[error.plugin, error.hook, error.endpoint] += 1
    if told is not None:
        told(error)


def _shown(error: PluginError, message: str) -> str:
    """A message with what the plugin's own error says, each as it may be shown."""
    cause = error.__cause__
    if cause is None or (isinstance(cause, FlowhookError) and not isinstance(cause, Reject)):
        return message
    text = redact_urls(str(cause))
    if not text:
        return message
    if text in message:
        return message.replace(text, MASK) if error.masked else message
    return f"{message}: {MASK if error.masked else text}"
