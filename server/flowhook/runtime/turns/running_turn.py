"""What is known of one turn while it runs."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from flowhook.engine.flow import Library
from flowhook.engine.turn.executor import TurnExecutor
from flowhook.hooks.endpoint_hooks import EndpointHooks
from flowhook.model.endpoint import Endpoint
from flowhook.model.inbound import Inbound, JsonObject
from flowhook.model.output import Output
from flowhook.model.privacy import BlindMode
from flowhook.model.session import Origin
from flowhook.model.session_ref import SessionRef
from flowhook.model.trace import TraceStep
from flowhook.runtime.observe.redaction import Redactor
from flowhook.runtime.project.project import Project
from flowhook.storage.records import Committed, MergedInput, Segment


@dataclass(slots=True)
class RunningTurn:
    """One inbound on its way to the end of its turn. It begins and ends on one project."""

    inbound: Inbound
    endpoint: Endpoint
    project: Project
    version: str | None  #: of the project, for the session to keep; None: it follows its endpoint
    state: bytes | None  #: JSON of the session after the last committed segment; None: it is new
    revision: int  #: of the session after the last committed segment
    said: list[Output]  #: what was committed and stays said
    on_commit: Callable[[Segment, Committed], None] | None  #: told of each committed segment
    started: float  #: monotonic seconds
    began_at: float  #: POSIX seconds
    execution: TurnExecutor | None = None  #: the engine's side of it
    translated: str | None = None  #: what a translator made of the user's text, which the flow sees
    failure: tuple[str, str | None] | None = None  #: why the turn failed, and at which "flow/node"
    origin: Origin | None = None  #: where the session stood when the turn began
    has_tasks: bool = False  #: the session waits for a task, or may have begun to
    not_started: list[str] = field(default_factory=list)  #: keys of tasks whose call failed
    steps: Sequence[TraceStep] = ()  #: of the trace, once the turn has ended
    failures: list[JsonObject] = field(default_factory=list)  #: of plugins, on the way in and in the turn
    profile_endpoint: str = ""  #: whose profiles count; "": those of the whole project
    blind: BlindMode | None = None  #: of the session, as last seen
    snapshot: str | None = None  #: the name of the snapshot that its project is
    is_tentative: bool = False  #: not accepted yet: what goes wrong is told when it is run again
    secret: bool = False  #: its input may be a secret answer
    merged: MergedInput | None = None  #: not stored yet: other messages that are one input with this one
    told: Redactor | None = None  #: of what nodes told the operator, once the turn has ended
    # what follows from these, and is asked for often
    ref: SessionRef = field(init=False)  #: whose turn it is
    library: Library = field(init=False)  #: the flows of its project
    hooks: EndpointHooks = field(init=False)  #: of its endpoint in its project
    own_redactor: Redactor = field(init=False)  #: what its endpoint asks for
    redactor: Redactor = field(init=False)  #: with the blind mode of the session, as it was and is by now

    def __post_init__(self) -> None:
        self.ref = self.inbound.ref
        self.library = self.project.library
        self.hooks = self.project.hooks.for_endpoint(self.endpoint)
        self.own_redactor = Redactor.of(self.endpoint)
        self.redactor = self.own_redactor.blinded(self.blind)
