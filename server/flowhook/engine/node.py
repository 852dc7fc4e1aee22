"""The base of every node type, built in or of a plugin: what it does, and what it says of itself."""

# Without "from __future__ import annotations": pydantic evaluates what is annotated here for each node type
# anew, and evaluating texts is a good part of a start. So names that only type checkers know are quoted.
from collections.abc import Mapping, Sequence
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from pydantic import BaseModel, ConfigDict

from flowhook.durations import parse_duration
from flowhook.engine.outcomes import Keep, NodeFailed, Outcome
from flowhook.engine.turn.reminders import take_step

if TYPE_CHECKING:
    from pydantic._internal._model_construction import ModelMetaclass

    from flowhook.engine.effects import (
        AvailableAgents,
        Failure,
        HttpCall,
        HttpResult,
        NodeResult,
        ScriptResult,
    )
    from flowhook.engine.flow import FlowNode
    from flowhook.engine.turn.view import Turn
    from flowhook.model.inbound import Kind
    from flowhook.model.understanding import Understanding

else:
    ModelMetaclass = type(BaseModel)

#: How a node looks in drawings: speaks, waits for the user, chooses a way, works with the outside, changes
#: where the session is without a word, ends; or a plain box.
DrawnAs = Literal["say", "ask", "choose", "outside", "quiet", "end", "plain"]


LONGEST_NODE_SECONDS = 600.0  #: it holds its session meanwhile


class _NodeMeta(ModelMetaclass):
    """Takes ``timeout = "60s"`` in a class for its time limit; annotated, it is a setting like any other.
    What validates a built-in type is built when a flow has one; a plugin's is at once, which may fail."""

    def __new__(mcs, name: str, bases: tuple[type, ...], namespace: dict[str, Any], **kwargs: Any) -> type:
        if "timeout" in namespace and "timeout" not in namespace.get("__annotations__", {}):
            namespace["time_limit"] = namespace.pop("timeout")
        kwargs.setdefault("defer_build", namespace["__module__"].startswith("flowhook."))
        made: type = super().__new__(mcs, name, bases, namespace, **kwargs)
        return made


class Node(BaseModel, metaclass=_NodeMeta):
    """A node type of the flow language.

    A subclass has a ``key``, its settings as pydantic fields, which are validated after their templates
    were rendered, and ``run``. A plugin's node has ``async def run(self, turn)``; a built-in one has a
    plain ``run``, which must not touch the outside: it returns an effect instead, and gets what came of
    it by ``after_effect``. ``run`` and the other plain methods return an outcome: None (go on below), the
    name of a branch, or one of ``Goto, Call, Stop, Think, Wait`` and the effects of
    ``flowhook.engine.outcomes``. What ``run`` raises takes the node's ``on_error``.

    The class says what the node is, in the attributes below; the types in
    ``flowhook.engine.settings.fields`` say how a field is read and what it names. Checks, drawings, the
    schema for editors and test coverage know a node by these alone, whoever brought it.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    key: ClassVar[str]  #: the key in YAML
    main: ClassVar[str | None] = None  #: the setting that a bare scalar or list stands for
    draws_as: ClassVar[DrawnAs] = "plain"

    #: of one run of a plugin's node, seconds or "60s"; ``timeout = "60s"`` says the same
    time_limit: ClassVar[float | str | None] = None

    # its branches
    branches: ClassVar[tuple[str, ...]] = ()  #: keys beside the node type that hold one branch
    branch_maps: ClassVar[tuple[str, ...]] = ()  #: keys that map values to branches: ``cases``
    intent_maps: ClassVar[tuple[str, ...]] = ()  #: those of ``branch_maps`` whose keys are names of intents
    value_maps: ClassVar[tuple[str, ...]] = ()  #: those whose keys are compared with the main setting's value
    staying: ClassVar[tuple[str, ...]] = ()  #: branches whose list ends in waiting again
    looping: ClassVar[tuple[str, ...]] = ()  #: branches after whose list the node is ``looped``
    reminds: ClassVar[bool] = False  #: its ``on_timeout`` may be a list of ``{after, do}``
    armed_by: ClassVar[Mapping[str, str]] = {}  #: branch → the setting without which it is never taken
    idle_without: ClassVar[Mapping[str, str]] = {}  #: setting → the branch without which it does nothing
    exhaustive: ClassVar[tuple[str, ...]] = ()  #: where all of these branches stand, one is always taken
    decides: ClassVar[bool] = False  #: is of no use without a branch: all it does is to choose one
    leaves_result: ClassVar[bool] = False  #: puts what it found into ``input.result``
    leads_anywhere: ClassVar[bool] = False  #: to any node of its flow that has an id: only a turn tells
    first_takes: ClassVar[str | None] = None  #: the branch that is taken the first time, whatever happens

    # waiting
    waits: ClassVar[bool] = False  #: a session can stand here, so the node needs an id
    is_question: ClassVar[bool] = False  #: its settings are a question's; how often it waited is counted
    awaits: ClassVar[bool] = False  #: a session that waits here waits for a callback
    ends: ClassVar[bool] = False  #: never goes on below (stop, goto): what follows is unreachable

    # what it keeps
    remembers: ClassVar[bool] = False  #: keeps a memory, so a node without id is warned about
    returned: ClassVar[str | None] = None  #: the setting whose value goes to the caller of its flow
    empties_paths: ClassVar[bool] = False  #: the paths in its settings are emptied, not filled
    appends: ClassVar[bool] = False  #: what stands at the paths in its settings has to be a list

    # worked out from the class
    asynchronous: ClassVar[bool] = False  #: has ``async def run``
    resumes_late: ClassVar[bool] = False  #: ``resume`` gets the timer too: asynchronous, no ``on_timeout``

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        cls.asynchronous = iscoroutinefunction(cls.run) or iscoroutinefunction(cls.resume)
        cls.resumes_late = cls.asynchronous and "on_timeout" not in cls.branches

    # -- what a node with these settings is: for the checks; settings are as written in the file ---------

    @classmethod
    def keeps_memory(cls, settings: Mapping[str, Any]) -> bool:
        """Whether a node with these settings keeps a memory."""
        return cls.remembers

    @classmethod
    def reads(cls, settings: Mapping[str, Any]) -> frozenset[str]:
        """The roots that a node with these settings reads beside its expressions.

        ``profile`` and ``history`` are loaded for a turn only where something reads them.
        """
        return frozenset({"profile"} if cls.asynchronous else ())

    @classmethod
    def sets_freely(cls, settings: Mapping[str, Any]) -> bool:
        """Whether it may set variables that its settings do not name: then nobody can tell what stands
        anywhere. The code of a plugin may; one that keeps to its fields says False."""
        return cls.asynchronous or not cls.__module__.startswith("flowhook.")

    @classmethod
    def questions_in(cls, settings: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
        """The questions in its settings, each with the keys of ``ask``: ``type, choices, slot, store`` …"""
        if not cls.is_question:
            return []
        known = cls.model_fields.get("type")
        return [{"type": known.default, **settings}] if known is not None else [settings]

    @classmethod
    def open_defaults(
        cls, settings: Mapping[str, Any], names: Sequence[str]
    ) -> Sequence[tuple[str | int, ...]]:
        """Where those of the settings called ``names``, of ``settings.questions`` of the flow, would stand
        among these settings, which do not say them: ``("attempts",)``. Nowhere in what is no question."""
        if not (cls.is_question and cls.waits):
            return ()
        return [(name,) for name in names if name in cls.model_fields and name not in settings]

    @classmethod
    def asks_secret(cls, settings: Mapping[str, Any]) -> bool:
        """Whether what answers a node with these settings is told and kept nowhere but where it is stored."""
        return any(question.get("secret") for question in cls.questions_in(settings)) and cls.waits

    @classmethod
    def stops_at_target(cls, settings: Mapping[str, Any]) -> bool:
        """Whether a session that leaves by its ``Target`` field stands there until the next input."""
        return False

    @classmethod
    def returning(cls, settings: Mapping[str, Any]) -> tuple[str, ...]:
        """The branches that are taken while the session stands elsewhere: after their list it stands there
        again, and a question is asked again."""
        return ()

    @classmethod
    def names_in(cls, settings: Mapping[str, Any]) -> tuple[str, ...]:
        """The names that expressions under its branches know because of a node with these settings."""
        return ()

    @classmethod
    def arguments(cls, settings: Mapping[str, Any]) -> Mapping[str, Any] | None:
        """What a node that calls a flow gives to it as ``args``; None where only a turn can tell."""
        return {}

    @classmethod
    def assignments(cls, settings: Mapping[str, Any]) -> Mapping[str, Any]:
        """The values, or templates of them, that a node with these settings keeps as they are, by path."""
        return {}

    @classmethod
    def never_taken(cls, settings: Mapping[str, Any]) -> Mapping[str, str]:
        """The branches that no session takes, each with the reason."""
        return {
            branch: f'this "{cls.key}" has no "{setting}"'
            for branch, setting in cls.armed_by.items()
            if setting not in settings
        }

    @classmethod
    def trial_call(cls, settings: Mapping[str, Any], node: str, text: str, now: float) -> "HttpCall | None":
        """The call that tries out the service of a node with these settings; None where it has none. ``node``
        is its key, ``text`` what is said, ``now`` POSIX seconds. Raises ValueError where only a turn can tell
        what is called."""
        return None

    @classmethod
    def trial_problem(cls, call: "HttpCall", result: "HttpResult") -> str:
        """What is wrong with the answer of a :meth:`trial_call`, whose status is 2xx; "" for nothing."""
        return ""

    # -- in a turn --------------------------------------------------------------------------------

    @classmethod
    def admits(cls, flow_node: "FlowNode", kind: "Kind") -> bool:
        """Whether a session that waits at this node takes an inbound of this kind now; else it stays
        queued."""
        return True

    def run(self, turn: Any) -> Any:
        """Arrive at the node. Returns an outcome. ``turn`` is the engine's, that of a plugin's node
        ``flowhook.Turn``."""
        raise NotImplementedError

    def resume(self, turn: Any) -> Any:
        """Take the input that came in while the session stood here. Only for nodes that wait. Returns an
        outcome."""
        raise NotImplementedError

    def timed_out(self, turn: "Turn") -> Any:
        """Go on after the timer fell due while the session stood here. Returns an outcome."""
        if turn.node.derived.get("reminders"):
            return take_step(turn) or Keep()
        return "on_timeout" if "on_timeout" in turn.node.branches else Keep()

    def hears(self, turn: "Turn") -> bool:
        """Whether the input is what this waiting node waits for; without any effect. Where it is not,
        an intent of the input may take the turn before ``resume`` sees it."""
        return True

    def takes_any_text(self, turn: "Turn") -> bool:
        """Whether any text is what this waiting node waits for: then an intent that is clearly meant goes
        before it."""
        return False

    def wording(self, turn: "Turn") -> str:
        """What this waiting node asks, as it is said; "" where that is not known."""
        return ""

    def corrects(self, turn: "Turn") -> bool:
        """Whether the input corrects answers to earlier questions, and is none to this one; without any
        effect."""
        return False

    def correct(self, turn: "Turn") -> None:
        """Keep the earlier answers as the input corrects them; then this node comes back as by ``again``."""
        raise NotImplementedError

    def again(self, turn: "Turn") -> Any:
        """Come back to this waiting node after a digression. Returns an outcome."""
        return Keep()

    def taken(self, turn: "Turn") -> Any:
        """Take the input that answers the offer which this node made earlier. Returns an outcome."""
        raise NotImplementedError

    def looped(self, turn: "Turn") -> Any:
        """Go on after the list of one of the branches in ``looping`` has ended. Returns an outcome."""
        raise NotImplementedError

    def digressions(self, turn: "Turn") -> str:
        """What becomes of this waiting node when the user means something else: ``reask``, ``silent``,
        or ``none``: only an answer counts."""
        return str(turn.flow.settings.get("digressions", "reask"))

    def effect_failed(self, turn: "Turn", failure: "Failure") -> Outcome:
        """Go on although the effect that ``run`` returned could not be performed. Returns an outcome; what
        it raises takes the node's ``on_error``, which is the rule."""
        raise NodeFailed(failure.reason, failure.message, failure.details)

    def after_effect(
        self,
        turn: "Turn",
        result: "HttpResult | NodeResult | ScriptResult | AvailableAgents | Understanding | None",
    ) -> Outcome:
        """Go on with the result of the effect that ``run`` returned. Returns an outcome."""
        return None


#: For each node type pydantic would evaluate the annotations of its base anew, a thousand in all, which was a
#: thirtieth of a start. Which names are class variables it knows without them.
Node.__annotations__ = {
    name: hint for name, hint in Node.__annotations__.items() if name not in Node.__class_vars__
}


def node_seconds(node_type: type[Node]) -> float | None:
    """The seconds that one run of a plugin's node may take; None where its class does not say. Raises
    ValueError for what is no duration, or too long."""
    limit = node_type.time_limit
    seconds: float | None = parse_duration(limit)
    if seconds is not None and not 0 < seconds <= LONGEST_NODE_SECONDS:
        raise ValueError(f"timeout must lie between 0 and {LONGEST_NODE_SECONDS:g} seconds, not {limit!r}")
    return seconds
