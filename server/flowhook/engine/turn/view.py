"""What a built-in node sees while it runs, and what a turn leaves behind."""

from __future__ import annotations

import hashlib
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import TYPE_CHECKING, Any, Literal, NamedTuple

from flowhook.engine.expressions.values import to_plain_json
from flowhook.engine.turn.analytics import AnalyticsNotes
from flowhook.engine.turn.budget import TURN_SECONDS, TurnBudget
from flowhook.engine.turn.flow_roots import Snippets, Visits
from flowhook.engine.turn.input import TurnInput, input_of
from flowhook.engine.turn.secrets import secret_values
from flowhook.engine.turn.variables import Change, Names, Variables, look_up, names_of
from flowhook.model.event_post import EventPost
from flowhook.model.handover import HandoverChange, HandoverWords
from flowhook.model.inbound import Kind
from flowhook.model.output import Output
from flowhook.model.privacy import BlindMode, with_secret
from flowhook.model.profile_fields import ProfileFields
from flowhook.model.session import Offer
from flowhook.model.trace import TraceStep

if TYPE_CHECKING:
    from flowhook.engine.expressions import Expression, Expressions
    from flowhook.engine.flow import Flow, FlowNode, Library
    from flowhook.model.inbound import Inbound
    from flowhook.model.session import Session
    from flowhook.model.understanding import Understanding

MAX_SHOWN = 200  #: characters of a text that a trace keeps
NODE_LIMIT = 1000  #: nodes that may run in one turn; one more fails it

ProfileOp = Literal["set", "unset", "append", "erase", "merge"]
ProfileEdit = tuple[ProfileOp, tuple[str, ...], Any]


@dataclass(slots=True)
class TurnEnvironment:
    """What a turn is given of the world: plain values, so that the same turn can be run again."""

    now: float  #: POSIX seconds
    timezone: tzinfo
    vars: dict[str, Any] = field(default_factory=dict)
    profile: dict[str, Any] = field(default_factory=dict)
    profile_fields: ProfileFields | None = None  #: None: a profile takes everything
    history: list[dict[str, Any]] = field(default_factory=list)
    endpoint: str = ""
    url_token: str = ""
    locale: str = "en"
    channel: str = "webhook"
    translates: bool = False  #: a translator stands between the user and the flow
    ip: str | None = None  #: of who sent the inbound, as flows may see it
    seed: int = 0  #: of the choice among alternatives
    understanding: Understanding | None = None
    engine: str = ""  #: the NLU engine that read the message, where that is not simply the built-in one
    #: providers of handovers that there are; the endpoint's own is ``handover``, None where it has none
    handovers: frozenset[str] = frozenset()
    handover: str | None = None
    frames: tuple[str, ...] = ()  #: origins whose pages a copilot's tiles may show
    node_limit: int = NODE_LIMIT  #: nodes in one turn
    #: gives seconds from anywhere that only go up, to bound what the turn computes; None: unbounded
    stopwatch: Callable[[], float] | None = None
    computed: float = 0.0  #: seconds of the turn's budget that reading the message took already
    heard: tuple[str, dict[str, Any]] | None = None  #: text and data, where plugins changed the message's

    def hear(self, text: str, data: dict[str, Any]) -> None:
        """Let the flow see another text and other data than the message's."""
        self.heard = (text, data)


class Timer(NamedTuple):
    """The one timer of a waiting node. Without ``due_at``: a timer that runs is taken away."""

    node: str | None = None  #: "flow/node"
    due_at: float | None = None


class NamedTimer(NamedTuple):
    """What becomes of a timer of the session that has a name; ``due_at`` None: it is taken away."""

    name: str
    node: str  #: "flow/node" that armed it
    due_at: float | None


class TurnEnd(NamedTuple):
    """Where a turn stands after it ran as far as it could: it ended, or it waits for an effect.

    ``reason``: ``void`` for a timer whose node is not where the session stands.
    """

    status: Literal["done", "failed", "effect"]
    error: str | None = None
    error_at: str | None = None  #: "flow/node"
    reason: str | None = None


class TurnScope(dict[str, Any]):
    """The roots that expressions read; what costs something is made when it is first read."""

    __slots__ = ("budget", "environment")

    budget: TurnBudget
    environment: TurnEnvironment

    @classmethod
    def of(cls, roots: dict[str, Any], scope: TurnScope) -> TurnScope:
        """A scope of its own with these roots, in the same turn."""
        own = cls(roots)
        own.budget, own.environment = scope.budget, scope.environment
        return own

    def __missing__(self, name: str) -> Any:
        if name != "now":
            raise KeyError(name)
        now = self["now"] = datetime.fromtimestamp(self.environment.now, self.environment.timezone)
        return now


class Turn:
    """One inbound being handled: what nodes see of it, and what they do to it.

    The parts of :class:`flowhook.engine.turn.executor.TurnExecutor` share it: the executor sets ``node``,
    ``step`` and ``visit`` before a node runs, the navigator ``flow``. Paths are dotted and start with
    ``context``, ``profile`` or ``session``: ``context.order.size``.
    """

    __slots__ = (
        "analytics",
        "budget",
        "effects",
        "environment",
        "event_posts",
        "flow",
        "frame_values",
        "handovers",
        "heard_whole",
        "inbound",
        "input",
        "library",
        "logs",
        "named_timers",
        "node",
        "outputs",
        "profile_changes",
        "readings",
        "scope",
        "session",
        "step",
        "steps",
        "variables",
        "visit",
        "watch",
    )

    flow: Flow  #: in which the node that runs stands
    node: FlowNode  #: that runs
    step: TraceStep  #: of the node that runs

    def __init__(
        self, library: Library, session: Session, inbound: Inbound, environment: TurnEnvironment
    ) -> None:
        self.library = library
        self.session = session
        self.inbound = inbound
        self.environment = environment
        self.input: TurnInput = input_of(session, inbound, environment)
        #: the roots that expressions read
        self.scope = TurnScope({
            "input": self.input,
            "context": session.context,
            "session": session.values,
            "profile": environment.profile,
            "vars": environment.vars,
            "history": environment.history,
        })  # fmt: skip
        if library.reads_flows:
            self.scope["visits"], self.scope["snippets"] = Visits(self), Snippets(self)
        self.budget = self.scope.budget = TurnBudget(
            environment.stopwatch, TURN_SECONDS - environment.computed
        )
        self.scope.environment = environment
        self.frame_values: dict[str, Any] = _NO_VALUES  #: of the frame whose names expressions know
        if session.frames[-1].values:
            self.adopt_names()
        self.variables = Variables(self.scope)
        self.outputs: list[Output] = []
        self.profile_changes: list[ProfileEdit] = []
        self.logs: list[tuple[str, str]] = []  #: (level, text), for the runtime to write
        self.steps: list[TraceStep] = []
        self.readings: dict[Any, Any] = {}  #: what questions read from the input, so that none reads it twice
        self.heard_whole = False  #: the whole text was taken as an answer
        self.watch: Timer | None = None  #: the timer that watches the user's silence in a handover
        self.visit = 0  #: how often this node has run in this turn, from 1
        self.effects = 0  #: of this visit, so far
        self.analytics: AnalyticsNotes | None = None  #: what nodes say of this input
        self.named_timers: list[NamedTimer] = []  #: since the last commit
        self.handovers: list[HandoverChange] = []  #: what happened to handovers, since the last commit
        self.event_posts: list[EventPost] = []  #: for event webhooks, since the last commit

    # --- speaking --------------------------------------------------------------------------------

    def say(
        self,
        text: str = "",
        data: dict[str, Any] | None = None,
        *,
        to: Literal["user", "agent", "both"] | None = None,
    ) -> None:
        """Say one thing to the user. With neither text nor data nothing is said. During a handover the agent
        reads it, too, unless ``to`` says who is to."""
        if not text and not data:
            self.warn("nothing to say")
            return
        handover = self.session.handover
        if handover is not None and to != "user":
            words = HandoverWords(handover.id, "bot", text, to_plain_json(data or {}), leaves=True)
            self.handovers.append(words)
            if to == "agent":
                self.step.said += 1
                return
        output = Output(text, to_plain_json(data) if data else {}, self.inbound.trace_id)
        output.blind = self.blind_for(output)
        self.outputs.append(output)
        self.step.said += 1

    def blind_for(self, output: Output) -> BlindMode | None:
        """What is not told or kept of an output: nothing of one that tells a secret answer."""
        mode = self.session.blind
        if mode is not None and mode.secret and self.inbound.kind not in (Kind.MESSAGE, Kind.INJECT):
            mode = with_secret(mode, False)
        if self.library.secrets and not (mode is not None and mode.secret):
            told = f"{output.text}\n{output.data}"
            if any(secret in told for secret in secret_values(self)):
                return with_secret(mode, True)
        return mode

    def log(self, level: str, text: str) -> None:
        """Write a line into the log of the server."""
        self.logs.append((level, text))

    def warn(self, text: str) -> None:
        """Put a warning into the trace."""
        self.step.warnings.append(text)

    def offer(self, inputs: int = 1) -> None:
        """Keep this node open for so many further inputs: one that it ``hears`` and that nothing weightier
        takes is ``taken`` there. Of several offers the newest one wins."""
        mine = Offer(self.flow.name, self.node.key, inputs)
        others = [offer for offer in self.session.offers if not offer.is_at(mine)]
        self.session.offers = [mine, *others]

    def arm(self, name: str, due_at: float | None) -> None:
        """Arm a timer of the session under a name, due at POSIX seconds; None takes it away."""
        self.named_timers.append(NamedTimer(name, self.at, due_at))

    def note_analytics(self, notes: AnalyticsNotes) -> None:
        """Say something of this input for its record in the analytics."""
        if self.analytics is None:
            self.analytics = AnalyticsNotes()
        self.analytics.add(notes)
        told = {**notes.fields, "goals": notes.goals, "steps": notes.steps}
        self.step.changed |= {
            f"analytics.{name}": shown(value) for name, value in told.items() if value != []
        }

    # --- names of a frame ------------------------------------------------------------------------

    def adopt_names(self) -> None:
        """Let expressions know the names of the frame on top: ``args`` of its call, those of its rounds."""
        for name in _names_of(self.frame_values):
            self.scope.pop(name, None)
        self.frame_values = self.session.frames[-1].values
        self.scope.update(_names_of(self.frame_values))

    def name(self, names: dict[str, Any]) -> None:
        """Let expressions know values by these names while the session stands in this flow."""
        frame = self.session.frames[-1]
        frame.values = {**frame.values, "names": {**frame.values.get("names", {}), **names}}
        self.adopt_names()

    def unname(self, *names: str) -> None:
        """Let expressions know these names no more."""
        frame = self.session.frames[-1]
        left = {name: value for name, value in frame.values.get("names", {}).items() if name not in names}
        frame.values = {name: value for name, value in frame.values.items() if name != "names"}
        if left:
            frame.values["names"] = left
        self.adopt_names()

    # --- evaluating --------------------------------------------------------------------------------

    def test(self, condition: str, **names: Any) -> bool:
        """Whether a bare expression holds; ``names`` are seen beside the usual ones."""
        expression = self._compiled(condition)
        scope = self._with(names) if names else self.scope
        self._note_read(expression, scope)
        return expression.test(scope, self.step.warnings)

    def evaluate(self, expression: str) -> Any:
        """The value of a bare expression; one that fails is null, with a warning."""
        compiled = self._compiled(expression)
        self._note_read(compiled, self.scope)
        try:
            return compiled.evaluate(self.scope, self.step.warnings)
        except Exception as error:
            self.warn(str(error))
            return None

    def value(self, template: Any) -> Any:
        """A template of an author's, evaluated. Never hand in what a user wrote."""
        return self.expressions.compile_value(template).evaluate(self.scope, self.step.warnings)

    def text(self, template: str, **names: Any) -> str:
        """A text of an author's, rendered; ``names`` are seen beside the usual ones. Never hand in what a
        user wrote."""
        scope = self._with(names) if names else self.scope
        compiled = self.expressions.compile_value(template, text=True)
        return str(compiled.evaluate(scope, self.step.warnings))

    @property
    def expressions(self) -> Expressions:
        """Where the expressions of this library are compiled."""
        return self.node.settings.expressions

    def _compiled(self, source: str) -> Expression:
        known = self.node.settings.conditions.get(source)
        return known if known is not None else self.expressions.compile_condition(source)

    def _with(self, names: dict[str, Any]) -> TurnScope:
        return TurnScope.of({**self.scope, **names}, self.scope)

    def _note_read(self, expression: Expression, scope: TurnScope) -> None:
        """Keep for the trace what a decision saw."""
        for path in expression.paths:
            self.step.saw[path] = shown(look_up(scope, path.split(".")))

    # --- remembering -------------------------------------------------------------------------------

    @property
    def memory(self) -> dict[str, Any]:
        """The node's own durable dict, of this session."""
        memory = self.session.memory
        if self.at not in memory:
            earlier = (memory.pop(at) for at in self.formerly if at in memory)
            memory[self.at] = next(earlier, {})
        return memory[self.at]

    def forget(self) -> None:
        """Drop the node's memory."""
        self.session.memory.pop(self.at, None)

    @property
    def at(self) -> str:
        """Where the turn is: "flow/node"."""
        return f"{self.flow.name}/{self.node.key}"

    @property
    def formerly(self) -> list[str]:
        """Where this node was before it moved."""
        moved = self.flow.moved.items()
        return [f"{self.flow.name}/{old}" for old, new in moved if new == self.node.key]

    @property
    def key(self) -> str:
        """Names the next effect of this visit of this node in this turn: the same when it is run again."""
        name = f"{self.inbound.trace_id}:{self.at}:{self.visit}:{self.effects}"
        return hashlib.sha256(name.encode()).hexdigest()[:32]

    def choose(self, count: int) -> int:
        """One of so many, at random but the same whenever this turn is run again."""
        name = f"{self.environment.seed}/{self.at}/{self.visit}"
        return zlib.crc32(name.encode()) % count

    # --- context, profile, session -----------------------------------------------------------------

    def get(self, path: str | Names, default: Any = None) -> Any:
        """What is kept at a path: dotted, or given as its names."""
        return self.variables.get(path, default)

    def set(self, path: str | Names, value: Any) -> None:
        """Keep a copy of a value. Missing mappings on the way are made. Raises NodeFailed."""
        if self.environment.profile_fields is not None:
            try:
                value = self._checked(path, value)
            except ValueError as error:
                self.warn(f"{error}; nothing is changed")
                return
        self._note_change(self.variables.set(path, value))

    def append(self, path: str | Names, value: Any) -> None:
        """Put a copy of a value at the end of a list, which is made if need be. Raises NodeFailed."""
        if self.environment.profile_fields is not None:
            try:
                value = self._checked(path, value, appended=True)
            except ValueError as error:
                self.warn(f"{error}; nothing is changed")
                return
        self._note_change(self.variables.append(path, value))

    def unset(self, path: str | Names) -> None:
        """Take away what is kept at a path, if anything is."""
        self._note_change(self.variables.unset(path))

    def _checked(self, path: str | Names, value: Any, *, appended: bool = False) -> Any:
        """A value as the fields of profiles have it. Raises ValueError."""
        names = names_of(path)
        fields = self.environment.profile_fields
        if fields is None or names[0] != "profile" or len(names) < 2:
            return value
        return fields.coerced(names[1:], to_plain_json(value), appended=appended)

    def erase_profile(self) -> None:
        """Take away all that is known of the user, also that the profile was inactive."""
        self.variables.erase_profile()
        self._note_profile("erase", None)

    def merge_profile(self, user_id: str) -> None:
        """Share one profile with another user; the next turn sees it."""
        if self.variables.is_profile_active:
            self._note_profile("merge", user_id)
        else:
            self._note_change(None)

    def _note_profile(self, op: Literal["erase", "merge"], value: Any) -> None:
        self.step.changed["profile"] = op
        self.profile_changes.append((op, (), value))

    def _note_change(self, change: Change | None) -> None:
        """Keep a change for the trace, and one of the profile for the store."""
        if change is None:
            self.warn("the profile is inactive: nothing in it is changed")
            return
        op, names, value = change
        self.step.changed[".".join(names)] = shown(value)
        if names[0] == "profile":
            self.profile_changes.append((op, tuple(names[1:]), value))


_NO_VALUES: dict[str, Any] = {}


def _names_of(values: dict[str, Any]) -> dict[str, Any]:
    """What expressions know because of a frame."""
    if not values:
        return {}
    names: dict[str, Any] = values.get("names", {})
    return {**names, "args": values["args"]} if "args" in values else names


_NUMBERS = (int, float)


def shown(value: Any) -> Any:
    """A value as a trace keeps it: short."""
    if isinstance(value, str):
        return value if len(value) <= MAX_SHOWN else value[: MAX_SHOWN - 1] + "…"
    if isinstance(value, dict):
        return (
            f"{{{len(value)} keys}}" if len(value) > 10 else {key: shown(item) for key, item in value.items()}
        )
    if isinstance(value, list):
        return f"[{len(value)} items]" if len(value) > 10 else [shown(item) for item in value]
    return value if value is None or isinstance(value, _NUMBERS) else str(value)
