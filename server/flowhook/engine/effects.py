"""Effects: what a node asks of the outside, and what comes of performing it.

The engine touches nothing outside. A node returns an effect; whoever drives the turn performs it and
hands its result in, and the node goes on with that.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, NamedTuple, Protocol

from flowhook.model.output import Output
from flowhook.model.understanding import Understanding

if TYPE_CHECKING:
    from flowhook.engine.outcomes import Outcome
    from flowhook.engine.turn.analytics import AnalyticsNotes


@dataclass(frozen=True, slots=True)
class HttpCall:
    """Call an HTTP service; gives an :class:`HttpResult`.

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
    cache: float | None = None  #: seconds for which the result of the same call is used again
    key: str = ""  #: the idempotency key to hand to the called
    unanswered: bool = False  #: nobody reads the answer


@dataclass(frozen=True, slots=True)
class StartTask(HttpCall):
    """Start outside work by an HTTP call whose JSON body carries a one-time URL for the result."""

    callback: str = "callback"  #: the key of the JSON body that holds the URL
    waits: bool = True  #: the session waits for the result; else it enters as an inject
    lasts: float | None = None  #: seconds after which the URL is void


class Pause(NamedTuple):
    """Go on after so many seconds. The session is held meanwhile."""

    seconds: float


class RunNode(NamedTuple):
    """Run a plugin's asynchronous node; gives a :class:`NodeResult`."""

    resuming: bool = False  #: its ``resume`` instead of its ``run``
    returned: bool = False  #: resumed because the flow that it called has ended
    result: Any = None  #: what that flow returned


class Understand(NamedTuple):
    """Let an NLU engine read a text; gives an Understanding, or None: nothing was understood."""

    text: str
    data: dict[str, Any] | None = None
    engine: str | None = None  #: None: the endpoint's


class RunScript(NamedTuple):
    """Run sandboxed Python; gives a :class:`ScriptResult`."""

    source: str
    inputs: dict[str, Any]  #: name → JSON value: input, context, profile
    seconds: float = 1.0
    memory: int = 32 * 1024 * 1024  #: bytes
    now: str = ""  #: ISO 8601 with offset: what the script's clock shows
    seed: int = 0  #: of its random numbers
    line: int = 0  #: of the flow file where the source begins; 0: not known


class Interim(Protocol):
    """Commits what the node of a plugin wants known before it has ended."""

    async def say(self, outputs: Sequence[Output]) -> None:
        """Say what the node said so far, and return once it is durable."""

    async def open_callback(self) -> str:
        """Return a URL that works once; what is posted to it resumes the node, which waits."""
        ...

    async def settled(self) -> None:
        """Return when nothing is being written any more. Raises what kept it from being stored."""


class CheckAvailability(NamedTuple):
    """Ask a handover provider how many agents are there; gives an :class:`AvailableAgents`."""

    provider: str
    settings: dict[str, Any]  #: of the node, as the provider wants them


Effect = HttpCall | Pause | RunNode | Understand | RunScript | CheckAvailability

# --- results ---------------------------------------------------------------------------------------


class HttpResult(NamedTuple):
    """The response of an HTTP service. ``body`` is parsed JSON where it was JSON, else text."""

    status: int
    headers: dict[str, str]
    body: Any


@dataclass(frozen=True, slots=True)
class AvailableAgents:
    """How many agents are there."""

    count: int


class ScriptResult(NamedTuple):
    """What a script left: its variables as JSON, and what it printed."""

    values: dict[str, Any]
    printed: str = ""


@dataclass(frozen=True, slots=True)
class Failure:
    """The effect could not be performed: becomes the node's error."""

    reason: str  #: a stable word: timeout, refused, status, plugin, …
    message: str
    details: dict[str, Any] = field(default_factory=dict)


@dataclass(slots=True)
class NodeResult:
    """All that a plugin's node did, applied at once when it has ended."""

    outcome: Outcome = None
    outputs: list[Output] = field(default_factory=list)
    changes: list[tuple[str, str, Any]] = field(default_factory=list)  #: (set|unset|append, path, value)
    memory: dict[str, Any] | None = None
    logs: list[tuple[str, str]] = field(default_factory=list)
    analytics: AnalyticsNotes | None = None


#: What performing an effect gives; None of a pause, and of a text that nothing was understood of.
EffectResult = HttpResult | NodeResult | ScriptResult | AvailableAgents | Understanding | Failure | None
