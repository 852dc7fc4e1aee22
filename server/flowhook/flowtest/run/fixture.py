"""The fixture of one test: a conversation in memory with what the test says of its beginning, chance and the
outside."""

from __future__ import annotations

import os
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import AsyncExitStack, ExitStack, asynccontextmanager
from dataclasses import dataclass, field, fields
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flowhook.errors import FlowhookError
from flowhook.flowtest.files.model import Message, Start, Test
from flowhook.flowtest.run.mocks import Mocks
from flowhook.harness.application import Harness, open_harness
from flowhook.harness.clocks import FakeClock
from flowhook.harness.fake_http import FakeOutgoing
from flowhook.harness.receiver import Receiver, output_of
from flowhook.model.inbound import Inbound
from flowhook.model.session import Frame, Session
from flowhook.model.session_ref import SessionRef
from flowhook.runtime.project.project import Project
from flowhook.runtime.turns.effects import EffectPerformer, Effects
from flowhook.runtime.turns.overrides import Overrides
from flowhook.runtime.turns.running_turn import RunningTurn

if TYPE_CHECKING:
    from flowhook.config import Config
    from flowhook.engine.effects import EffectResult
    from flowhook.engine.flow import Flow
    from flowhook.engine.turn.executor import TurnExecutor
    from flowhook.model.endpoint import Endpoint
    from flowhook.model.understanding import Understanding

USER, SESSION = "user", "session"


@dataclass(slots=True)
class EndedTurn:
    """One turn that ended, as steps look at it."""

    inbound: Inbound
    status: str
    input: dict[str, Any] = field(default_factory=dict)
    steps: list[dict[str, Any]] = field(default_factory=list)
    error: str | None = None
    position: str | None = None


class Script:
    """What the test says of chance and of the beginning; it is told how each turn ended."""

    def __init__(self, seed: int | Sequence[int], start: Start) -> None:
        self._seed = seed
        self._start = start
        self.turns: list[EndedTurn] = []

    def seed(self, inbound: Inbound) -> int:
        """Return another seed for each inbound, the same in each run of the test."""
        if isinstance(self._seed, int):
            return self._seed * 1_000_003 + inbound.seq
        return self._seed[inbound.seq - 1] if 0 < inbound.seq <= len(self._seed) else inbound.seq

    def new_session(self, project: Project, endpoint: Endpoint) -> Session:
        """Return the session with which the test begins."""
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

    def on_turn_end(self, turn: RunningTurn, status: str) -> None:
        """Keep what ``expect`` may look at."""
        ended = EndedTurn(turn.inbound, status)
        if turn.execution is not None:
            ended.input = dict(turn.execution.turn.input)
            ended.steps = [step.to_json() for step in turn.execution.steps]
        if turn.failure is not None:
            ended.error, ended.position = turn.failure
        self.turns.append(ended)

    def take_turns(self) -> list[EndedTurn]:
        """Return those that ended since this was last asked."""
        turns, self.turns = self.turns, []
        return turns


class MockedEffects:
    """Performs effects but for those of nodes that a test mocks."""

    def __init__(self, effects: Effects, mocks: Mocks) -> None:
        self._effects = effects
        self._mocks = mocks
        mocks.pauses = effects.pauses

    async def perform(self, run: TurnExecutor, endpoint: Endpoint, project: Project) -> EffectResult:
        """Return what a mock says, else what really comes of it."""
        if (armed := self._mocks.node(run)) is not None:
            return self._mocks.result(armed)
        return await self._effects.perform(run, endpoint, project)


@dataclass(frozen=True, slots=True)
class MockedProject(Project):
    """A project in which some texts mean what the test says."""

    mocks: Mocks = field(default_factory=Mocks)

    @classmethod
    def of(cls, project: Project, mocks: Mocks) -> MockedProject:
        """Return the same project, asking the mocks first."""
        parts = {part.name: getattr(project, part.name) for part in fields(Project)}
        return cls(**parts, mocks=mocks)

    def understands(self, endpoint: Endpoint, flow: Flow | None) -> bool:
        """Also where only the test says what texts mean."""
        return self.mocks.understands or super(MockedProject, self).understands(endpoint, flow)

    async def understand(
        self, endpoint: Endpoint, text: str, *rest: Any, **named: Any
    ) -> Understanding | None:
        """Return what the test says of a text, else what the engine makes of it."""
        mocked = self.mocks.understanding(text) if text else None
        if mocked is not None:
            return mocked
        return await super(MockedProject, self).understand(endpoint, text, *rest, **named)


class Fixture:
    """The conversation of one test. Made by :func:`open_fixture`."""

    harness: Harness

    def __init__(self, test: Test, endpoint: str, config: Config, project: Project, mocks: Mocks) -> None:
        self.test = test
        self.config = config
        self.project = project
        self.mocks = mocks
        mocks.connections = config.connections
        self.clock = FakeClock(start_of(test, config))
        self.receiver = Receiver()
        self.script = Script(test.seed, test.start)
        self.ref = SessionRef(endpoint, USER, SESSION)
        self._open = AsyncExitStack()
        self._taken = 0

    async def open(self) -> None:
        """Open the application on the storage of the test."""
        self.harness = await self._open.enter_async_context(
            open_harness(
                self.config,
                self.ref,
                clock=self.clock,
                outgoing=FakeOutgoing(self.mocks),
                project=MockedProject.of(self.project, self.mocks),
                overrides=self._overrides(),
            )
        )

    async def close(self) -> None:
        """Close it; what waits for the clock is cut."""
        await self._open.aclose()
        self._open = AsyncExitStack()

    async def restart(self) -> None:
        """Close the whole application, and open it on the same storage."""
        await self.close()
        await self.open()

    def _overrides(self) -> Overrides:
        """A test says what comes of a call, not how long it takes to try again."""

        def mocked(effects: Effects) -> EffectPerformer:
            return MockedEffects(effects, self.mocks)

        return Overrides(
            seed=self.script.seed,
            new_session=self.script.new_session,
            on_turn_end=self.script.on_turn_end,
            effects=mocked,
            outputs={self.ref.endpoint: self.receiver},
            retry_delay=0.0,
        )

    # --- what happens ----------------------------------------------------------------------------

    async def submit(self, kind: str, message: Message) -> None:
        """Submit what a user or a backend says. Raises ApiError."""
        content: dict[str, Any] = {"text": message.text, **message.fields}
        if message.data is not None:
            content["data"] = message.data
        if message.attachments:
            content["attachments"] = list(message.attachments)
        await self.harness.submit(kind, content)

    async def call_back(self, result: Any) -> None:
        """Post the result of a task to its one-time URL, of the latest that is still open."""
        await self.harness.call_back(reversed(self.mocks.callbacks), result)

    async def recover(self) -> None:
        """The receiver is well again: what waited leaves."""
        self.receiver.fails = False
        await self.harness.application.dispatcher.enable(self.ref.endpoint)
        await self.harness.settle()

    async def change_context(self, changes: Mapping[str, Any]) -> None:
        """Merge values into the session's context; null takes a key away."""
        if not await self.harness.application.store.sessions.get(self.ref):
            raise FlowhookError("there is no session yet: use start, or let the user speak first")
        await self.harness.change_context(changes)

    # --- what can be seen ------------------------------------------------------------------------

    def take_outputs(self) -> list[dict[str, Any]]:
        """Return what arrived since this was last asked: ``{text, data, source, body}`` of each."""
        sent = self.receiver.sent[self._taken :]
        self._taken += len(sent)
        return [output_of(delivery.content) for delivery in sent]

    async def state(self) -> dict[str, Any]:
        """Return the session as it is stored, or as it will begin."""
        state = await self.harness.state()
        return state or self.script.new_session(self.project, self.harness.endpoint).to_json()


def start_of(test: Test, config: Config) -> float:
    """Return when a test begins, in POSIX seconds."""
    at = test.start.at or datetime(2026, 1, 5, 9, 0)  # a Monday, 9 o'clock
    return (at if at.tzinfo is not None else at.replace(tzinfo=config.zone)).timestamp()


@asynccontextmanager
async def open_fixture(
    test: Test, endpoint: str, config: Config, project: Project, mocks: Mocks
) -> AsyncIterator[Fixture]:
    """Open the conversation of one test; everything is closed and forgotten afterwards."""
    with ExitStack() as folders:
        if test.restarts:
            folder = folders.enter_context(
                tempfile.TemporaryDirectory(prefix="flowhook-test-", dir=_memory())
            )
            config = config.model_copy(update={"storage": f"sqlite:///{Path(folder, 'test.db')}"})
        fixture = Fixture(test, endpoint, config, project, mocks)
        await fixture.open()
        try:
            await fixture.harness.change_profile(test.start.profile)
            yield fixture
        finally:
            await fixture.close()


def _memory() -> str | None:
    """A directory in memory, where the machine has one: a restart needs a file, not a disk."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None
