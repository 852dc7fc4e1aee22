"""Runs a recorded session again: the whole application in memory, at the times of then."""

from __future__ import annotations

from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from flowhook.app import open_application
from flowhook.config import Config, EndpointConfig
from flowhook.engine.effects import HttpCall, RunNode, StartTask
from flowhook.errors import FlowhookError
from flowhook.flowtest.run.mocks import MockOutgoing, Mocks
from flowhook.harness.application import Receiver
from flowhook.harness.clocks import FakeClock
from flowhook.harness.settle import advance, until_idle
from flowhook.model.inbound import Inbound, JsonObject, Kind
from flowhook.model.session_ref import SessionRef
from flowhook.problems.suggestion import did_you_mean
from flowhook.replay.recorded_effects import RecordedEffects, Tasks, Unknown
from flowhook.replay.recording import RecordedTurn, Recording, turn_of
from flowhook.runtime.project.project import BUILT_IN_NLU, Project
from flowhook.runtime.turns.callback_urls import key_of
from flowhook.runtime.turns.effects import EffectPerformer, Effects
from flowhook.runtime.turns.overrides import Overrides
from flowhook.storage.records import Accepted, Arrival, ProfileChange

if TYPE_CHECKING:
    from flowhook.engine.effects import EffectResult
    from flowhook.engine.turn.executor import TurnExecutor
    from flowhook.model.endpoint import Endpoint
    from flowhook.model.understanding import Understanding
    from flowhook.runtime.application import Application

WEBHOOK = "http://webhook.test/"
AFTER = 0.01  #: seconds beyond the last inbound, so that a timer that fell due then falls due now
BACKLOG = 10_000
MOST_PAUSES = 1000  #: of a turn that began with the last inbound


@dataclass(slots=True)
class Replay:
    """What became of a session that was run again."""

    turns: list[RecordedTurn]
    state: JsonObject
    pairs: dict[str, RecordedTurn]  #: trace id of a turn here → the turn that was recorded
    unknown: list[Unknown]
    notes: list[str] = field(default_factory=list)


async def replay(recording: Recording, config: Config, project: Project) -> Replay:
    """Run it again on the flows of ``project``. Nothing leaves the machine, nothing is kept."""
    rerun = Rerun(recording, config, project)
    async with open_application(
        config,
        clock=rerun.clock,
        outgoing=MockOutgoing(rerun.mocks),
        project=_ReplayedProject.of(project, rerun.answers),
        overrides=rerun.overrides(),
    ) as services:
        rerun.services = services
        try:
            return await rerun.run()
        finally:
            await services.turns.stop(0.0)


def config_for(config: Config, recording: Recording) -> Config:
    """The configuration with the one endpoint of the session. Raises FlowhookError when it has none."""
    named = next((endpoint for endpoint in config.endpoints if endpoint.name == recording.endpoint), None)
    if named is None:
        names = [endpoint.name for endpoint in config.endpoints]
        hint = did_you_mean(recording.endpoint, names)
        raise FlowhookError(
            f'there is no endpoint "{recording.endpoint}" any more' + (f"; {hint}" if hint else "")
        )
    if named.privacy.mask_logging:
        raise FlowhookError(
            f'the endpoint "{named.name}" masks what is kept (mask_logging): its sessions cannot be replayed'
        )
    changes = {"storage": "sqlite:///:memory:", "admin_key": "replay", "endpoints": [_door(named)]}
    return config.model_copy(update=changes)


def _door(named: EndpointConfig) -> EndpointConfig:
    session = named.session.model_copy(update={"unknown": "create", "concurrency": "queue"})
    webhook = named.webhook.model_copy(update={"url": WEBHOOK})
    return named.model_copy(
        update={
            "enabled": True,
            "token": named.token or "token-of-the-replay",
            "session": session,
            "webhook": webhook,
        }
    )


class Rerun:
    """One session on its way."""

    def __init__(self, recording: Recording, config: Config, project: Project) -> None:
        self.recording = recording
        self.config = config
        self.mocks = Mocks()  # it has none: what plugins call by themselves is not known
        self.answers = RecordedEffects(recording, project.library)
        self.tasks = Tasks()
        self.clock = FakeClock(recording.turns[0].at)
        self.session_id = SessionRef(recording.endpoint, recording.user_id, recording.session_id)
        self.services: Application

    def overrides(self) -> Overrides:
        """What the recording decides."""

        def recorded(effects: Effects) -> EffectPerformer:
            return _Recorded(effects, self.answers, self.tasks, self.clock)

        return Overrides(seed=self._seed, effects=recorded, outputs={self.recording.endpoint: Receiver()})

    def _seed(self, inbound: Inbound) -> int:
        """Alternatives fall as they fell: the seed is made of the trace id of then."""
        known = self.answers.begin(inbound)
        return int((known.trace_id if known is not None else inbound.trace_id)[-8:], 16)

    @property
    def endpoint(self) -> Endpoint:
        """The one that there is."""
        door = self.services.endpoints.by_name(self.recording.endpoint)
        assert door is not None
        return door

    async def run(self) -> Replay:
        """All inbounds at their times; what falls due in between does so by itself."""
        await self._prepare_profile()
        before = 0.0
        for turn in self.recording.turns:
            if turn.kind != "timer":
                await self._go_to(turn.at + turn.waited if before <= turn.at else turn.at)
                await self._submit(turn)
                await until_idle(self.services)
                self._note_calls_of_plugins()
            before = turn.ended
        await self._go_to(max(turn.ended for turn in self.recording.turns) + AFTER)
        await self._end_pauses()
        self._note_calls_of_plugins()
        return await self._told()

    async def _go_to(self, at: float) -> None:
        await advance(self.services, self.clock, max(0.0, at - self.clock.now()))

    async def _end_pauses(self) -> None:
        """A pause of the flow may be longer than it was."""
        for _ in range(MOST_PAUSES):
            if not self.services.turns.pauses or self.clock.next_at is None:
                return
            await self._go_to(self.clock.next_at)

    async def _submit(self, turn: RecordedTurn) -> None:
        inbound = Inbound(
            self.session_id, Kind(turn.kind), turn.trace_id, turn.at, turn.text, turn.data, turn.attachments
        )
        self.answers.pairs[turn.trace_id] = turn
        expires_after = self.endpoint.config.session.expires_after
        if turn.task is not None or inbound.kind is Kind.CALLBACK:
            await self._call_back(turn, inbound, expires_after)
            return
        arrival = Arrival(inbound, turn.kind, expires_after=expires_after, max_backlog=BACKLOG)
        (accepted,) = await self.services.store.inbox.accept([arrival])
        assert isinstance(accepted, Accepted)
        self.services.turns.arrived(accepted)

    async def _call_back(self, turn: RecordedTurn, inbound: Inbound, expires_after: float | None) -> None:
        inbound.result = turn.result
        name = self.tasks.take(turn.task, self.answers.library)
        token = await self.services.callback_urls.token(self.session_id, name) if name is not None else ""
        key = key_of(token)
        accepted = None
        if key is not None:
            accepted = await self.services.store.callbacks.use(*key, inbound, expires_after)
        if accepted is None:
            del self.answers.pairs[turn.trace_id]
            self.answers.unknown.append(Unknown(turn.trace_id, "no task waits for this callback any more"))
            return
        self.services.turns.arrived(accepted)

    async def _prepare_profile(self) -> None:
        changes = [ProfileChange("set", (name,), value) for name, value in self.recording.profile.items()]
        if changes:
            await self.services.store.profiles.change(self.session_id.user_id, changes)

    def _note_calls_of_plugins(self) -> None:
        for call in self.mocks.take_unexpected():
            what = f"{call.partition(' has no mock')[0]} was called by a plugin: nobody knows its answer"
            self.answers.unknown.append(Unknown(self.answers.now, what))

    async def _told(self) -> Replay:
        store = self.services.store
        entries = await store.transcripts.entries(self.session_id)
        turns = [turn_of(entry) for entry in entries if entry["status"] != "discarded"]
        row = await store.sessions.get(self.session_id)
        state = row.state if row is not None and row.state else {}
        return Replay(turns, state, self.answers.pairs, self.answers.unknown)


class _Recorded:
    """Services and plugins answer what they answered, in the time that they took."""

    def __init__(self, effects: Effects, answers: RecordedEffects, tasks: Tasks, clock: FakeClock) -> None:
        self._effects = effects
        self._answers = answers
        self._tasks = tasks
        self._clock = clock

    async def perform(self, run: TurnExecutor, endpoint: Endpoint, project: Project) -> EffectResult:
        need = run.effect
        if isinstance(need, HttpCall):
            if isinstance(need, StartTask):
                self._tasks.started.append((run.effect_at, run.effect_key))
            answer, seconds = self._answers.call(run, need)
            self._clock.jump(self._clock.now() + seconds)
            return answer
        if isinstance(need, RunNode):
            return self._answers.node(run)
        return await self._effects.perform(run, endpoint, project)


@dataclass(frozen=True, slots=True)
class _ReplayedProject(Project):
    """Engines of plugins are not asked: they understand what they understood."""

    answers: RecordedEffects | None = None

    @classmethod
    def of(cls, project: Project, answers: RecordedEffects) -> _ReplayedProject:
        return cls(**{each.name: getattr(project, each.name) for each in fields(Project)}, answers=answers)

    async def understand(self, endpoint: Endpoint, *rest: Any, **named: Any) -> Understanding | None:
        if (named.get("engine") or endpoint.config.nlu) not in BUILT_IN_NLU and self.answers is not None:
            return self.answers.understanding()
        return await super(_ReplayedProject, self).understand(endpoint, *rest, **named)
