"""Every error that flowhook raises on purpose.

FlowhookError
├── ConfigError          config.yaml, or the flags of a command: all problems at once
├── FlowFileError        flow files: all problems at once
├── PluginError          a hook or a node of a plugin failed; names plugin, hook and endpoint
│   └── PluginTimeout    it outlasted its time
├── Reject               a plugin says no to a request
├── SendError            an outgoing request got no response
├── UnregisteredName     a name that a plugin might bring, and none does
├── TurnTooLarge         a turn left more behind than a session or an output may hold
├── StorageError         the database refuses or is not ours
└── ApiError             a response of 4xx or 5xx to a caller
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from flowhook.problems.problem import Problem


class FlowhookError(Exception):
    """The base. ``str(error)`` is one sentence for the person who can mend it."""

    code = "error"


class ConfigError(FlowhookError):
    """The configuration cannot be used; ``problems`` says why."""

    code = "config"

    def __init__(self, message: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.problems = list(problems)


class FlowFileError(FlowhookError):
    """The flow files cannot be used; ``problems`` says why."""

    code = "flow-file"

    def __init__(self, message: str, problems: Sequence[Problem] = ()) -> None:
        super().__init__(message)
        self.problems = list(problems)


class PluginError(FlowhookError):
    """A plugin failed. The cause is kept as ``__cause__`` and never sent to a caller.

    ``masked`` says that the endpoint's logs hold no value of a conversation, ``trace_id`` what the log
    has the failure under, once it was reported. ``position`` is file and line, where they are known.
    """

    code = "plugin"

    def __init__(self, plugin: str, hook: str, endpoint: str = "", message: str = "failed") -> None:
        where = f" at endpoint {endpoint}" if endpoint else ""
        super().__init__(f"plugin {plugin}, hook {hook}{where}: {message}")
        self.plugin = plugin
        self.hook = hook
        self.endpoint = endpoint
        self.message = message
        self.masked = False
        self.trace_id = ""
        self.position: tuple[str, int] | None = None


class PluginTimeout(PluginError):
    """A plugin's hook outlasted its time."""

    code = "plugin-timeout"


class Reject(FlowhookError):
    """Raised by a plugin to refuse a request: ``Reject(403, "not from here")``, or ``Reject("not so")``.

    ``status`` is one of 400 to 599, another one counts as 400; ``detail`` is a sentence for the caller.
    """

    code = "rejected"

    def __init__(self, status: int = 400, detail: str = "") -> None:
        if isinstance(status, str) and not detail:  # Reject("why not")
            status, detail = 400, status
        super().__init__(detail or "rejected by a plugin")
        self.status = status
        self.detail = detail

    def as_api_error(self) -> ApiError:
        """Return the response that the caller gets. A status that refuses nothing counts as 400."""
        status = self.status if isinstance(self.status, int) and 400 <= self.status <= 599 else 400
        return ApiError(status, "rejected", self.detail or "The request was rejected.")


class SendError(FlowhookError):
    """An outgoing request got no response.

    ``reason``: ``timeout, connect, dns, tls, blocked, protocol, closed``. The message names the
    host, never path, query or credentials.
    """

    code = "send"

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class UnregisteredName(FlowhookError, ValueError):
    """Nothing registers a name that a plugin might bring, such as a type of question."""

    code = "unregistered-name"


class TurnTooLarge(FlowhookError):
    """What a turn left behind is not kept: the turn fails."""

    code = "too-large"


class StorageError(FlowhookError):
    """The database cannot be used: another process holds it, or its schema is of another version."""

    code = "storage"


class ApiError(FlowhookError):
    """A response of 4xx or 5xx to a caller.

    ``errors`` lists ``{field, message}`` when several things are wrong.
    """

    def __init__(
        self,
        status: int,
        code: str,
        detail: str,
        *,
        errors: Sequence[Mapping[str, str]] = (),
        headers: Mapping[str, str] | None = None,
    ) -> None:
        super().__init__(detail)
        self.status = status
        self.code = code
        self.detail = detail
        self.errors = list(errors)
        self.headers = dict(headers or {})
