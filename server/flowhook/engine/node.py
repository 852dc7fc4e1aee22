"""The base of every node type, built in or of a plugin."""

from __future__ import annotations

from collections.abc import Mapping
from inspect import iscoroutinefunction
from typing import TYPE_CHECKING, Any, ClassVar

from pydantic import BaseModel, ConfigDict

from flowhook.engine.outcomes import Keep, Outcome

if TYPE_CHECKING:
    from flowhook.engine.flow import FlowNode
    from flowhook.engine.outcomes import HttpResult, NodeResult, ScriptResult
    from flowhook.engine.turn.view import Turn
    from flowhook.model.inbound import Kind
    from flowhook.model.understanding import Understanding


class Node(BaseModel):
    """A node type. Fields are its settings, validated after their templates were rendered.

    A plugin's node has ``async def run(self, turn)``; a built-in one has a plain ``run``, which
    must not touch the outside but may answer a need and is then given the result by ``answered``.
    Types in ``flowhook.engine.settings.fields`` tell how a field is read: as an expression, a text, a path.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, arbitrary_types_allowed=True)

    key: ClassVar[str]  #: the key in YAML
    main: ClassVar[str | None] = None  #: the setting that a bare scalar or list stands for
    branches: ClassVar[tuple[str, ...]] = ()  #: keys beside the node type that hold one branch
    branch_maps: ClassVar[tuple[str, ...]] = ()  #: keys that map values to branches: ``cases``
    staying: ClassVar[tuple[str, ...]] = ()  #: branches whose list ends in waiting again
    armed_by: ClassVar[Mapping[str, str]] = {}  #: branch → the setting without which it is never taken
    exhaustive: ClassVar[tuple[str, ...]] = ()  #: where all of these branches stand, one is always taken
    waits: ClassVar[bool] = False  #: a session can stand here, so the node needs an id
    is_question: ClassVar[bool] = False  #: waits for an answer; how often it was put is counted
    awaits: ClassVar[bool] = False  #: a session that waits here waits for a callback
    remembers: ClassVar[bool] = False  #: keeps a memory, so a node without id is warned about
    ends: ClassVar[bool] = False  #: never goes on below (stop, goto): what follows is unreachable
    asynchronous: ClassVar[bool] = False  #: has ``async def run``; worked out from the class
    resumes_late: ClassVar[bool] = False  #: ``resume`` gets the timer too: asynchronous, no ``on_timeout``

    @classmethod
    def __pydantic_init_subclass__(cls, **kwargs: Any) -> None:
        super().__pydantic_init_subclass__(**kwargs)
        cls.asynchronous = iscoroutinefunction(cls.run) or iscoroutinefunction(cls.resume)
        cls.resumes_late = cls.asynchronous and "on_timeout" not in cls.branches

    @classmethod
    def keeps_memory(cls, settings: Mapping[str, Any]) -> bool:
        """Whether a node with these settings, as written, keeps a memory."""
        return cls.remembers

    @classmethod
    def reads(cls, settings: Mapping[str, Any]) -> frozenset[str]:
        """The roots that a node with these settings, as written, reads beside its expressions.

        ``profile`` and ``history`` are loaded for a turn only where something reads them.
        """
        return frozenset({"profile"} if cls.asynchronous else ())

    @classmethod
    def admits(cls, place: FlowNode, kind: Kind) -> bool:
        """Whether a session that waits at this place takes an inbound of this kind now; else it stays
        queued."""
        return True

    def run(self, turn: Turn) -> Any:
        """Arrive at the node. Answers an outcome."""
        raise NotImplementedError

    def resume(self, turn: Turn) -> Any:
        """An input came in while the session stood here. Only for nodes that wait."""
        raise NotImplementedError

    def timed_out(self, turn: Turn) -> Any:
        """The timer fell due while the session stood here. Answers an outcome."""
        return "on_timeout" if "on_timeout" in turn.place.ways else Keep()

    def hears(self, turn: Turn) -> bool:
        """Whether the input is what this waiting node waits for; without any effect. Where it is not,
        an intent of the input may take the turn before ``resume`` sees it."""
        return True

    def again(self, turn: Turn) -> Any:
        """After a digression the session is back at this waiting node. Answers an outcome."""
        return Keep()

    def taken(self, turn: Turn) -> Any:
        """An input answered the offer that this node made earlier. Answers an outcome."""
        raise NotImplementedError

    def digressions(self, turn: Turn) -> str:
        """What becomes of this waiting node when the user means something else: ``reask``, ``silent``,
        or ``none``: only an answer counts."""
        return str(turn.flow.settings.get("digressions", "reask"))

    def answered(
        self, turn: Turn, answer: HttpResult | NodeResult | ScriptResult | Understanding | None
    ) -> Outcome:
        """A need of this node was met. Answers an outcome."""
        return None
