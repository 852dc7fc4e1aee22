"""The stage of one test: the whole application in memory, with a clock that the test moves."""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from pydantic_core import from_json

from flowhook.app import open_application
from flowhook.errors import FlowhookError
from flowhook.flowtest.files.model import Message, Start, Test
from flowhook.flowtest.run.mocks import MockOutgoing, Mocks
from flowhook.harness.callbacks import call_back
from flowhook.harness.clocks import FakeClock
from flowhook.harness.settle import advance, until_idle
from flowhook.hooks.api.output_plugin import OutputPlugin
from flowhook.model.delivery import Delivered, Delivery, DeliveryResult, Retry
from flowhook.model.inbound import Inbound
from flowhook.model.session import Frame, Session
from flowhook.model.session_ref import SessionRef
from flowhook.runtime.project.project import Project
from flowhook.runtime.turns.effects import EffectPerformer, Effects
from flowhook.runtime.turns.overrides import Overrides
from flowhook.runtime.turns.running_turn import RunningTurn
from flowhook.storage.records import ProfileChange

if TYPE_CHECKING:
    from flowhook.config import Config
    from flowhook.engine.effects import EffectResult
    from flowhook.engine.flow import Flow
    from flowhook.engine.turn.executor import TurnExecutor
    from flowhook.model.endpoint import Endpoint
    from flowhook.model.understanding import Understanding
    from flowhook.runtime.application import Application

USER, SESSION = "user", "session"


@dataclass(slots=True)
class Turned:
    """One turn that ended, as steps look at it."""

    inbound: Inbound
    status: str
    input: dict[str, Any] = field(default_factory=dict)
    steps: list[dict[str, Any]] = field(default_factory=list)
    error: str | None = None
    place: str | None = None


class Receiver(OutputPlugin):
    """Takes the deliveries of the test's endpoint; while it ``fails`` it answers 503."""

    name = "receiver"

    def __init__(self) -> None:
        super().__init__()
        self.bodies: list[Any] = []
        self.fails = False

    async def deliver(self, delivery: Delivery, *, endpoint: Endpoint, sender: Any) -> DeliveryResult:
        """One attempt."""
        if self.fails:
            return Retry("the receiver of the test fails", status=503)
        self.bodies.append(from_json(delivery.body))
        return Delivered(200)


class Script:
    """What the test says of chance and of the beginning; it hears how each turn ended."""

    def __init__(self, seed: int | Sequence[int], start: Start) -> None:
        self._seed = seed
        self._start = start
        self.turns: list[Turned] = []

    def seed(self, inbound: Inbound) -> int:
        """Another one for each inbound, the same in each run of the test."""
        if isinstance(self._seed, int):
            return self._seed * 1_000_003 + inbound.seq
        return self._seed[inbound.seq - 1] if 0 < inbound.seq <= len(self._seed) else inbound.seq

    def new_session(self, project: Project, endpoint: Endpoint) -> Session:
        """Where the test begins."""
        session, start = project.new_session(endpoint), self._start
        session.context.update(start.context)
        session.values.update(start.session)
        session.state = start.state
        session.locale = start.locale
        if start.node is not None:
            flow, slash, key = start.node.rpartition("/")
            session.frames = [Frame(flow if slash else endpoint.flow, key or None)]
            session.waiting = start.waiting
        return session

    def ended(self, turn: RunningTurn, status: str) -> None:
        """Keep what ``expect`` may look at."""
        turned = Turned(turn.inbound, status)
        if turn.execution is not None:
            turned.input = dict(turn.execution.turn.input)
            turned.steps = [step.to_json() for step in turn.execution.steps]
        if turn.failure is not None:
            turned.error, turned.place = turn.failure
        self.turns.append(turned)

    def take_turns(self) -> list[Turned]:
        """Those that ended since this was last asked."""
        turns, self.turns = self.turns, []
        return turns


class MockedEffects:
    """Nodes that a test mocks are not run."""

    def __init__(self, effects: Effects, mocks: Mocks) -> None:
        self._effects = effects
        self._mocks = mocks
        mocks.pauses = effects.pauses

    async def perform(self, run: TurnExecutor, endpoint: Endpoint, project: Project) -> EffectResult:
        """The answer of a mock, else what really comes of it."""
        if (armed := self._mocks.node(run)) is not None:
            return self._mocks.result(armed)
        return await self._effects.perform(run, endpoint, project)


@dataclass(frozen=True, slots=True)
class MockedProject(Project):
    """A project in which some texts mean what the test says."""

    mocks: Mocks = field(default_factory=Mocks)

    @classmethod
    def of(cls, project: Project, mocks: Mocks) -> MockedProject:
        """The same project, asking the mocks first."""
        return cls(**{each.name: getattr(project, each.name) for each in fields(Project)}, mocks=mocks)

    def understands(self, endpoint: Endpoint, flow: Flow | None) -> bool:
        """Also where only the test says what texts mean."""
        return self.mocks.understands or super(MockedProject, self).understands(endpoint, flow)

    async def understand(
        self, endpoint: Endpoint, text: str, *rest: Any, **named: Any
    ) -> Understanding | None:
        """What the test says of a text, else what the engine makes of it."""
        mocked = self.mocks.understanding(text) if text else None
        if mocked is not None:
            return mocked
        return await super(MockedProject, self).understand(endpoint, text, *rest, **named)


class Harness:
    """One conversation. Made by :func:`open_stage`."""

    def __init__(self, test: Test, endpoint: str, config: Config, project: Project, mocks: Mocks) -> None:
        self.test = test
        self.config = config
        self.project = project
        self.mocks = mocks
        mocks.connections = config.connections
        self.clock = FakeClock(start_of(test, config))
        self.receiver = Receiver()
        self.script = Script(test.seed, test.start)
        self.session_id = SessionRef(endpoint, USER, SESSION)
        self.services: Application
        self._open = AsyncExitStack()
        self._taken = 0

    # -- its life ---------------------------------------------------------------------------------

    async def open(self) -> None:
        """Open the application on the stage's storage."""
        self.services = await self._open.enter_async_context(
            open_application(
                self.config,
                clock=self.clock,
                outgoing=MockOutgoing(self.mocks),
                project=MockedProject.of(self.project, self.mocks),
                overrides=self._overrides(),
            )
        )
        await self.settle()

    async def close(self) -> None:
        """Close it; what waits for the clock is cut."""
        await self.services.turns.stop(0.0)
        await self._open.aclose()
        self._open = AsyncExitStack()

    async def restart(self) -> None:
        """The whole stack closed, and opened on the same storage."""
        await self.close()
        await self.open()

    def _overrides(self) -> Overrides:
        """A test says what comes of a call, not how long it takes to try again."""

        def mocked(effects: Effects) -> EffectPerformer:
            return MockedEffects(effects, self.mocks)

        return Overrides(
            seed=self.script.seed,
            new_session=self.script.new_session,
            on_turn_end=self.script.ended,
            effects=mocked,
            outputs={self.session_id.endpoint: self.receiver},
            retry_delay=0.0,
        )

    async def prepare(self) -> None:
        """Put what the test starts with where it belongs."""
        await self.change_profile(self.test.start.profile)

    # -- what happens -----------------------------------------------------------------------------

    async def submit(self, route: str, message: Message) -> None:
        """Something enters; returns when all that it sets going has come to rest. Raises ApiError."""
        endpoint = self.services.endpoints.by_name(self.session_id.endpoint)
        assert endpoint is not None
        body: dict[str, Any] = {
            "userId": USER, "sessionId": SESSION, "text": message.text, **message.fields
        }  # fmt: skip
        if message.data is not None:
            body["data"] = message.data
        if message.attachments:
            body["attachments"] = list(message.attachments)
        await self.services.intake.submit(endpoint, route, body)
        await self.settle()

    async def advance(self, seconds: float) -> None:
        """Move time: everything that falls due does so at its own time."""
        await advance(self.services, self.clock, seconds)

    async def recover(self) -> None:
        """The receiver is well again: what waited leaves."""
        self.receiver.fails = False
        await self.services.dispatcher.enable(self.session_id.endpoint)
        await self.settle()

    async def change_context(self, changes: Mapping[str, Any]) -> None:
        """Merge values into the session's context; null takes a key away."""
        if await self.services.store.sessions.get(self.session_id) is None:
            raise FlowhookError("there is no session yet: use start, or let the user speak first")
        await self.services.sessions.patch_context(self.session_id, dict(changes))

    async def callback(self, body: Any) -> None:
        """Post a body to the one-time URL of the task that waits."""
        await call_back(self.services, reversed(self.mocks.callbacks), body)
        await self.settle()

    async def settle(self) -> None:
        """Wait until nothing moves; what waits for the clock goes on waiting."""
        await until_idle(self.services)

    async def change_profile(self, values: Mapping[str, Any]) -> None:
        """Put values into the user's profile."""
        if values:
            changes = [ProfileChange("set", (name,), value) for name, value in values.items()]
            await self.services.store.profiles.change(USER, changes)
            self.services.profiles.forget(USER)

    # -- what can be seen -------------------------------------------------------------------------

    def take_outputs(self) -> list[dict[str, Any]]:
        """What arrived since this was last asked: ``{text, data, source, body}`` of each."""
        bodies = self.receiver.bodies[self._taken :]
        self._taken += len(bodies)
        return [_output(body) for body in bodies]

    async def state(self) -> dict[str, Any]:
        """The session as it is stored."""
        row = await self.services.store.sessions.get(self.session_id)
        if row is None or not row.state:
            endpoint = self.services.endpoints.by_name(self.session_id.endpoint)
            assert endpoint is not None
            return self.script.new_session(self.project, endpoint).to_json()
        return row.state


def start_of(test: Test, config: Config) -> float:
    """When a test begins: POSIX seconds."""
    at = test.start.at or datetime(2026, 1, 5, 9, 0)  # a Monday, 9 o'clock
    return (at if at.tzinfo is not None else at.replace(tzinfo=config.zone)).timestamp()


@asynccontextmanager
async def open_stage(
    test: Test, endpoint: str, config: Config, project: Project, mocks: Mocks
) -> AsyncIterator[Harness]:
    """A stage for one test; everything is closed and forgotten afterwards."""
    with ExitStack() as things:
        if test.restarts:
            folder = things.enter_context(tempfile.TemporaryDirectory(prefix="flowhook-test-", dir=_memory()))
            config = config.model_copy(update={"storage": f"sqlite:///{Path(folder, 'test.db')}"})
        stage = Harness(test, endpoint, config, project, mocks)
        await stage.open()
        try:
            await stage.prepare()
            yield stage
        finally:
            await stage.close()


def _memory() -> str | None:
    """A directory in memory, where the machine has one: a restart needs a file, not a disk."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def _output(body: Any) -> dict[str, Any]:
    """One POST as ``bot`` looks at it; a plugin may have made anything of it."""
    said = body.get("AIOutput") if isinstance(body, dict) else None
    if not isinstance(said, dict):
        text = body.get("text") if isinstance(body, dict) else body
        said = {"text": text if isinstance(text, str) else ""}
    data = said.get("data") or {}
    return {"text": said.get("text", ""), "data": data, "source": said.get("source"), "body": body}
