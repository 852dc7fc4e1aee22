"""What a built-in node sees while it runs, and what a turn leaves behind."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from typing import Any, Literal

from flowhook.engine.expressions import Expression, Expressions
from flowhook.engine.expressions.values import to_plain_json
from flowhook.engine.flow import Flow, FlowNode
from flowhook.engine.outcomes import NodeFailed
from flowhook.engine.turn.variables import Names, holder_of, look_up, names_of, remove
from flowhook.model.inbound import Inbound
from flowhook.model.output import Output
from flowhook.model.session import Session
from flowhook.model.trace import TraceStep
from flowhook.model.understanding import Understanding

SHOWN = 200  #: characters of a text that a trace keeps

ProfileOp = Literal["set", "unset", "append", "erase", "merge"]
ProfileEdit = tuple[ProfileOp, tuple[str, ...], Any]


@dataclass(slots=True)
class TurnEnvironment:
    """What a turn is given of the world: plain values, so that the same turn can be run again."""

    now: float  #: POSIX seconds
    timezone: tzinfo
    vars: dict[str, Any] = field(default_factory=dict)
    profile: dict[str, Any] = field(default_factory=dict)
    history: list[dict[str, Any]] = field(default_factory=list)
    endpoint: str = ""
    url_token: str = ""
    locale: str = "en"
    channel: str = "webhook"
    seed: int = 0  #: of the choice among alternatives
    understanding: Understanding | None = None
    node_limit: int = 1000  #: nodes in one turn


@dataclass(slots=True)
class Timer:
    """The one timer of a waiting node. Without ``due_at``: a timer that runs is taken away."""

    node: str | None = None  #: "flow/key"
    due_at: float | None = None


@dataclass(slots=True)
class TurnEnd:
    """Where a turn stands after it ran as far as it could: it ended, or it needs the outside.

    ``reason``: ``void`` for a timer whose node is not where the session stands.
    """

    status: Literal["done", "failed", "needs"]
    error: str | None = None
    error_place: str | None = None  #: "flow/node"
    reason: str | None = None


class TurnScope(dict[str, Any]):
    """The roots that expressions read; what costs something is made when it is first read."""

    __slots__ = ("surroundings",)

    def __init__(self, roots: dict[str, Any], surroundings: TurnEnvironment) -> None:
        super().__init__(roots)
        self.surroundings = surroundings

    def __missing__(self, name: str) -> Any:
        if name != "now":
            raise KeyError(name)
        now = self["now"] = datetime.fromtimestamp(self.surroundings.now, self.surroundings.timezone)
        return now


class Turn:
    """One inbound being handled: the view that nodes get.

    Created by :class:`flowhook.engine.turn.executor.Run`, which owns the loop. Paths are dotted and start
    with ``context``, ``profile`` or ``session``: ``context.order.size``.
    """

    __slots__ = (
        "_need_count",
        "_roots",
        "flow",
        "inbound",
        "input",
        "logs",
        "outputs",
        "place",
        "profile_changes",
        "readings",
        "scope",
        "session",
        "step",
        "surroundings",
        "visit",
    )

    inbound: Inbound
    session: Session
    surroundings: TurnEnvironment
    input: dict[str, Any]
    scope: TurnScope  #: the roots that expressions read
    outputs: list[Output]
    profile_changes: list[ProfileEdit]
    logs: list[tuple[str, str]]  #: (level, text), for the runtime to write
    readings: dict[Any, Any]  #: what questions read from the input, so that none reads it twice
    step: TraceStep  #: of the node that runs
    flow: Flow  #: in which the node that runs stands
    place: FlowNode  #: of the node that runs
    visit: int  #: how often this node has run in this turn, from 1
    _roots: dict[str, dict[str, Any]]
    _need_count: int

    # --- speaking --------------------------------------------------------------------------------

    def say(self, text: str = "", data: dict[str, Any] | None = None) -> None:
        """Say one thing to the user. With neither text nor data nothing is said."""
        if not text and not data:
            self.warn("nothing to say")
            return
        self.outputs.append(Output(text, to_plain_json(data) if data else {}, self.inbound.trace_id))
        self.step.said += 1

    def log(self, level: str, text: str) -> None:
        """A line for the log of the server."""
        self.logs.append((level, text))

    def warn(self, text: str) -> None:
        """A warning for the trace."""
        self.step.warnings.append(text)

    def offer(self, inputs: int = 1) -> None:
        """Keep this place open for so many further inputs: one that its node ``hears`` and that nothing
        weightier takes is ``taken`` there. Of several offers the newest one wins."""
        mine = {"flow": self.flow.name, "node": self.place.key, "inputs": inputs}
        others = [offer for offer in self.session.offers if not same_place(offer, mine)]
        self.session.offers = [mine, *others]

    def enter_state(self, name: str | None) -> None:
        """From the next input on this state says which intents may win; None: the flow's default."""
        raise NotImplementedError

    def interpret(self, understanding: Understanding | None) -> dict[str, Any]:
        """The fields of ``input`` that an understanding fills (``intent``, ``slots`` …), under the
        conditions, states and thresholds of the flows in force. Rules read the input itself, not this."""
        raise NotImplementedError

    def fill_slots(self, understanding: Understanding) -> None:
        """Keep the values that were found where the slots say."""
        raise NotImplementedError

    # --- evaluating --------------------------------------------------------------------------------

    def test(self, condition: str, **names: Any) -> bool:
        """Whether a bare expression holds; ``names`` are seen beside the usual ones."""
        expression = self._compiled(condition)
        scope = self._with(names) if names else self.scope
        self._show(expression, scope)
        return expression.test(scope, self.step.warnings)

    def evaluate(self, expression: str) -> Any:
        """The value of a bare expression; one that fails is null, with a warning."""
        compiled = self._compiled(expression)
        self._show(compiled, self.scope)
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
        return self.place.settings.expressions

    def _compiled(self, source: str) -> Expression:
        known = self.place.settings.conditions.get(source)
        return known if known is not None else self.expressions.compile_condition(source)

    def _with(self, names: dict[str, Any]) -> TurnScope:
        return TurnScope({**self.scope, **names}, self.surroundings)

    def _show(self, expression: Expression, scope: TurnScope) -> None:
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
        """Where the turn is: "flow/key"."""
        return f"{self.flow.name}/{self.place.key}"

    @property
    def formerly(self) -> list[str]:
        """Where this place was before it moved."""
        moved = self.flow.moved.items()
        return [f"{self.flow.name}/{old}" for old, new in moved if new == self.place.key]

    @property
    def key(self) -> str:
        """Names this visit of this node in this turn: the same when the turn is run again."""
        raise NotImplementedError

    def choose(self, count: int) -> int:
        """One of so many, at random but the same whenever this turn is run again."""
        raise NotImplementedError

    # --- context, profile, session -----------------------------------------------------------------

    def get(self, path: str | Names, default: Any = None) -> Any:
        """What is kept at a path: dotted, or given as its names."""
        return look_up(self._roots, names_of(path), default)

    def set(self, path: str | Names, value: Any) -> None:
        """Keep a copy of a value. Missing mappings on the way are made. Raises NodeFailed."""
        if self._is_closed(path):
            return
        names, value = self._writable(path), to_plain_json(value)
        holder, key = holder_of(self._roots, names)
        holder[key] = value
        self._changed("set", names, value)

    def append(self, path: str | Names, value: Any) -> None:
        """Put a copy of a value at the end of a list, which is made if need be. Raises NodeFailed."""
        if self._is_closed(path):
            return
        names, value = self._writable(path), to_plain_json(value)
        items = look_up(self._roots, names)
        if items is None:
            holder, key = holder_of(self._roots, names)
            items = holder[key] = []
        if not isinstance(items, list):
            raise NodeFailed("path", f"{'.'.join(names)} holds no list")
        items.append(value)
        self._changed("append", names, value)

    def unset(self, path: str | Names) -> None:
        """Take away what is kept at a path, if anything is."""
        if self._is_closed(path):
            return
        names = self._writable(path)
        remove(self._roots, names)
        self._changed("unset", names, None)

    def change_profile(self, op: Literal["erase", "merge"], value: Any = None) -> None:
        """Change the profile as a whole: ``erase`` it, or ``merge`` what is known of the user ``value``
        into it, which the next turn sees. An inactive profile takes nothing in."""
        if op == "merge" and self._is_closed("profile.*"):
            return
        self._writable(("profile",))
        if op == "erase":
            self._roots["profile"].clear()
        self.step.changed["profile"] = op
        self.profile_changes.append((op, (), value))

    def _is_closed(self, path: str | Names) -> bool:
        """Whether a path lies in a profile that its user made inactive: it is read, but not changed."""
        names = names_of(path)
        if names[0] != "profile" or self._roots["profile"].get("active") is not False:
            return False
        if tuple(names) == ("profile", "active"):
            return False
        self.warn("the profile is inactive: nothing in it is changed")
        return True

    def _writable(self, path: str | Names) -> Names:
        """The names of a path whose root may be changed from now on."""
        return names_of(path)

    def _changed(self, op: Literal["set", "unset", "append"], names: Names, value: Any) -> None:
        self.step.changed[".".join(names)] = shown(value)
        if names[0] == "profile":
            self.profile_changes.append((op, tuple(names[1:]), value))


def same_place(one: Mapping[str, Any], other: Mapping[str, Any]) -> bool:
    """Whether two offers are of the same node."""
    return (one["flow"], one["node"]) == (other["flow"], other["node"])


def shown(value: Any) -> Any:
    """A value as a trace keeps it: short."""
    if isinstance(value, str):
        return value if len(value) <= SHOWN else value[: SHOWN - 1] + "…"
    if isinstance(value, dict):
        return (
            f"{{{len(value)} keys}}" if len(value) > 10 else {key: shown(item) for key, item in value.items()}
        )
    if isinstance(value, list):
        return f"[{len(value)} items]" if len(value) > 10 else [shown(item) for item in value]
    return value if value is None or isinstance(value, bool | int | float) else str(value)
