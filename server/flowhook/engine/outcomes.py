"""What a node's run answers: types, so that the loop reads as a sentence."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from flowhook.durations import parse_duration
from flowhook.errors import FlowhookError


class NodeFailed(FlowhookError):
    """Raised by a node that cannot do its work; its ``on_error`` branch may take it.

    ``reason`` is a stable word: timeout, refused, status, settings, expression …
    """

    code = "node-failed"

    def __init__(self, reason: str, message: str, details: dict[str, Any] | None = None) -> None:
        super().__init__(message)
        self.reason = reason
        self.details = details or {}


@dataclass(frozen=True, slots=True)
class Goto:
    """Leave for ``target``: ``x`` a node here, ``x/`` a flow, ``x/y`` a node of a flow.

    With ``wait`` the session stands there until the next input.
    """

    target: str
    wait: bool = False


@dataclass(frozen=True, slots=True)
class Call:
    """Run a flow and come back below, also when that flow waits for the user."""

    flow: str


@dataclass(frozen=True, slots=True)
class Think:
    """Run the turn again, as if the user had said ``text``, or as if they had meant ``intent``."""

    text: str = ""
    intent: str | None = None


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


@dataclass(frozen=True, slots=True)
class HttpCall:
    """Call an HTTP service. The driver answers with an :class:`HttpResult` or raises into the node.

    ``connection`` names a connection of the configuration, so that no secret enters the engine.
    """

    method: str
    url: str
    connection: str | None = None
    query: dict[str, Any] | None = None
    headers: dict[str, str] = field(default_factory=dict)
    json: Any = None
    form: dict[str, Any] | None = None
    body: str | None = None
    auth: dict[str, str] | None = None
    timeout: float = 8.0  #: seconds, all in
    retries: int = 0
    cache: float | None = None  #: seconds for which an answer to the same call is used again
    key: str = ""  #: the idempotency key to hand to the called


@dataclass(frozen=True, slots=True)
class StartTask(HttpCall):
    """Start outside work by an HTTP call whose JSON body carries a one-time URL for the result."""

    callback: str = "callback"  #: the key of the JSON body that holds the URL
    waits: bool = True  #: the session waits for the result; else it enters as an inject
    lasts: float | None = None  #: seconds after which the URL is void


@dataclass(frozen=True, slots=True)
class AwaitCallback:
    """Stand here until the result of the task that was just started comes, or its time is over."""

    settings: dict[str, Any]  #: of the node, needed then; they are not rendered anew


@dataclass(frozen=True, slots=True)
class Pause:
    """Go on after so many seconds. The session is held meanwhile."""

    seconds: float


@dataclass(frozen=True, slots=True)
class RunNode:
    """Run a plugin's asynchronous node; answered with a :class:`NodeResult`."""

    resuming: bool = False  #: its ``resume`` instead of its ``run``


@dataclass(frozen=True, slots=True)
class Understand:
    """Let an NLU engine read a text; answered with an Understanding (or None: nothing understood)."""

    text: str
    data: dict[str, Any] | None = None
    engine: str | None = None  #: None: the endpoint's


@dataclass(frozen=True, slots=True)
class RunScript:
    """Run sandboxed Python; answered with a :class:`ScriptResult`, or raises into the node."""

    source: str
    inputs: dict[str, Any]  #: name → JSON value: input, context, profile
    seconds: float = 1.0
    memory: int = 32 * 1024 * 1024  #: bytes
    now: str = ""  #: ISO 8601 with offset: what the script's clock shows
    seed: int = 0  #: of its random numbers
    line: int = 0  #: of the flow file where the source begins; 0: not known


@dataclass(frozen=True, slots=True)
class ScriptResult:
    """What a script left: its variables as JSON, and what it printed."""

    values: dict[str, Any]
    printed: str = ""


Effect = HttpCall | Pause | RunNode | Understand | RunScript


@dataclass(frozen=True, slots=True)
class HttpResult:
    """What an HTTP service answered. ``body`` is parsed JSON where it was JSON, else text."""

    status: int
    headers: dict[str, str]
    body: Any


@dataclass(frozen=True, slots=True)
class Failure:
    """What a need answers when it could not be met: becomes the node's error."""

    reason: str  #: a stable word: timeout, refused, status, plugin, …
    message: str
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class NodeResult:
    """All that a plugin's node did, applied at once when it has ended."""

    outcome: Outcome = None
    outputs: list[Any] = field(default_factory=list)  #: model.output.Output
    changes: list[tuple[str, str, Any]] = field(default_factory=list)  #: (set|unset|append, path, value)
    memory: dict[str, Any] | None = None
    logs: list[tuple[str, str]] = field(default_factory=list)


#: None goes on below; a string is a branch of the node.
Outcome = None | str | Goto | Call | Think | Stop | Wait | Keep | AwaitCallback | Effect
