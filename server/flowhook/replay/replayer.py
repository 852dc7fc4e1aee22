"""Runs a recorded session again: the whole application in memory, at the times of then."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from dataclasses import dataclass, field, fields
from typing import TYPE_CHECKING, Any

from flowhook.config import Config
from flowhook.engine.effects import HttpCall, RunNode, StartTask
from flowhook.errors import FlowhookError
from flowhook.harness.application import Harness, open_harness, stand_in, with_one_endpoint
from flowhook.harness.clocks import FakeClock
from flowhook.harness.fake_http import FakeHttp, FakeOutgoing
from flowhook.harness.receiver import Receiver
from flowhook.hooks.loading.kinds import BUILT_IN_NLU
from flowhook.model.inbound import Inbound, JsonObject, Kind
from flowhook.model.session_ref import SessionRef
from flowhook.problems.suggestion import did_you_mean
from flowhook.replay.recorded_effects import RecordedEffects, Tasks, Unknown
from flowhook.replay.recording import RecordedTurn, Recording, turn_of
from flowhook.runtime.project.project import Project
from flowhook.runtime.turns.callback_urls import key_of
from flowhook.runtime.turns.effects import EffectPerformer, Effects
from flowhook.runtime.turns.overrides import Overrides
from flowhook.storage.records import Accepted, Arrival

if TYPE_CHECKING:
    from flowhook.engine.effects import EffectResult
    from flowhook.engine.turn.executor import TurnExecutor
    from flowhook.model.endpoint import Endpoint
    from flowhook.model.understanding import Understanding

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


async def replay(
    recording: Recording,
    config: Config,
    project: Project,
    on_turn: Callable[[str], None] = lambda text: None,
) -> Replay:
    """Run it again on the flows of ``project``. Nothing leaves the machine, nothing is kept.

    ``on_turn`` is told the text of each inbound before it is submitted.
    """
    replayer = Replayer(recording, config, project)
    async with replayer.open() as harness:
        return await replayer.run(harness, on_turn)


def config_for(config: Config, recording: Recording) -> Config:
    """Return the configuration with the one endpoint of the session.

    Raises FlowhookError when it has none of that name, or one that masks what is kept.
    """
    named = next((endpoint for endpoint in config.endpoints if endpoint.name == recording.endpoint), None)
    if named is None:
        names = [endpoint.name for endpoint in config.endpoints]
        hint = did_you_mean(recording.endpoint, names)
        raise FlowhookError(
            f'there is no endpoint "{recording.endpoint}" any more' + (f"; {hint}" if hint else "")
        )
    privacy = named.privacy
    if privacy.mask_logging or privacy.mask_analytics or not privacy.conversations:
        why = "mask_logging" if privacy.mask_logging else "mask_analytics, conversations"
        raise FlowhookError(
            f'the endpoint "{named.name}" masks what is kept ({why}): its sessions cannot be replayed'
        )
    endpoint = stand_in(named, named.name)
    endpoint.session.concurrency = "queue"
    return with_one_endpoint(config, endpoint)


class Replayer:
    """Submits the inbounds of one session again, each at its time."""

    harness: Harness

    def __init__(self, recording: Recording, config: Config, project: Project) -> None:
        self.recording = recording
        self.config = config
        self.http = FakeHttp()  # without replies: what plugins call by themselves is not known
        self.effects = RecordedEffects(recording, project.library)
        self.tasks = Tasks()
        self.clock = FakeClock(recording.turns[0].at)
        self.ref = SessionRef(recording.endpoint, recording.user_id, recording.session_id)
        self._project = project
        self._ended = 0.0  #: when the last turn that was taken up was over, then

    def open(self) -> AbstractAsyncContextManager[Harness]:
        """Open the application in memory in which the session takes place again."""
        return open_harness(
            self.config,
            self.ref,
            clock=self.clock,
            outgoing=FakeOutgoing(self.http),
            project=replayed_project(self._project, self.effects),
            overrides=self.overrides(),
        )

    def overrides(self) -> Overrides:
        """Return what the recording decides."""

        def recorded(effects: Effects) -> EffectPerformer:
            return _ReplayedEffects(effects, self.effects, self.tasks, self.clock)

        return Overrides(
            seed=self._seed,
            effects=recorded,
            outputs={self.recording.endpoint: Receiver()},
            fast_path=False,  # each inbound of then is asked for once
        )

    def _seed(self, inbound: Inbound) -> int:
        """Alternatives fall as they fell: the seed is made of the trace id of then."""
        known = self.effects.begin(inbound)
        return int((known.trace_id if known is not None else inbound.trace_id)[-8:], 16)

    async def run(self, harness: Harness, on_turn: Callable[[str], None]) -> Replay:
        """Submit all inbounds at their times; what falls due in between does so by itself."""
        await self._begin(harness)
        for turn in self.recording.turns:
            on_turn(turn.text)
            await self._take_up(turn)
        await self._go_to(max(turn.ended for turn in self.recording.turns) + AFTER)
        await self._end_pauses()
        self._note_calls_of_plugins()
        return await self._told()

    async def _begin(self, harness: Harness) -> None:
        self.harness = harness
        await harness.change_profile(self.recording.profile)

    async def _take_up(self, turn: RecordedTurn) -> None:
        """Submit one inbound; those of timers come by themselves when their time has come."""
        if turn.kind != "timer":
            await self._go_to(turn.at + turn.waited if self._ended <= turn.at else turn.at)
            await self._submit(turn)
            await self.harness.settle()
            self._note_calls_of_plugins()
        self._ended = turn.ended

    async def _go_to(self, at: float) -> None:
        await self.harness.advance(max(0.0, at - self.clock.now()))

    async def _end_pauses(self) -> None:
        """A pause of the flow may be longer than it was."""
        for _ in range(MOST_PAUSES):
            if not self.harness.application.turns.pauses or self.clock.next_at is None:
                return
            await self._go_to(self.clock.next_at)

    async def _submit(self, turn: RecordedTurn) -> None:
        inbound = Inbound(
            self.ref, Kind(turn.kind), turn.trace_id, turn.at, turn.text, turn.data, turn.attachments
        )
        self.effects.pairs[turn.trace_id] = turn
        expires_after = self.harness.endpoint.config.session.expires_after
        if turn.task is not None or inbound.kind is Kind.CALLBACK:
            await self._call_back(turn, inbound, expires_after)
            return
        arrival = Arrival(inbound, expires_after=expires_after, max_backlog=BACKLOG)
        (accepted,) = await self.harness.application.store.inbox.accept([arrival])
        assert isinstance(accepted, Accepted)
        self.harness.application.turns.arrived(accepted)

    async def _call_back(self, turn: RecordedTurn, inbound: Inbound, expires_after: float | None) -> None:
        inbound.result = turn.result
        name = self.tasks.take(turn.task, self.effects.library)
        token = await self.harness.application.callback_urls.token(self.ref, name) if name is not None else ""
        key = key_of(token)
        accepted = None
        if key is not None:
            accepted = await self.harness.application.store.callbacks.use(*key, inbound, expires_after)
        if accepted is None:
            del self.effects.pairs[turn.trace_id]
            self.effects.unknown.append(Unknown(turn.trace_id, "no task waits for this callback any more"))
            return
        self.harness.application.turns.arrived(accepted)

    def _note_calls_of_plugins(self) -> None:
        for call in self.http.take_unexpected():
            what = f"{call.partition(' has no reply')[0]} was called by a plugin: nobody knows its answer"
            self.effects.unknown.append(Unknown(self.effects.now, what))

    async def _told(self) -> Replay:
        entries = await self.harness.transcript()
        turns = [turn_of(entry) for entry in entries if entry["status"] != "discarded"]
        return Replay(turns, await self.harness.state(), self.effects.pairs, self.effects.unknown)


class _ReplayedEffects:
    """Services and plugins answer what they answered, in the time that they took."""

    def __init__(self, effects: Effects, recorded: RecordedEffects, tasks: Tasks, clock: FakeClock) -> None:
        self._effects = effects
        self._recorded = recorded
        self._tasks = tasks
        self._clock = clock

    async def perform(self, run: TurnExecutor, endpoint: Endpoint, project: Project) -> EffectResult:
        effect = run.effect
        if isinstance(effect, HttpCall):
            if isinstance(effect, StartTask):
                self._tasks.started.append((run.effect_at, run.effect_key))
            result, seconds = self._recorded.call(run, effect)
            self._clock.jump(self._clock.now() + seconds)
            return result
        if isinstance(effect, RunNode):
            return self._recorded.node(run)
        return await self._effects.perform(run, endpoint, project)


def replayed_project(project: Project, recorded: RecordedEffects) -> Project:
    """Return the same flows and plugins, whose engines understand what they understood."""
    parts = {part.name: getattr(project, part.name) for part in fields(Project)}
    return _ReplayedProject(**parts, recorded=recorded)


@dataclass(frozen=True, slots=True)
class _ReplayedProject(Project):
    """Engines of plugins are not asked: they understand what they understood."""

    recorded: RecordedEffects | None = None

    async def understand(self, endpoint: Endpoint, *rest: Any, **named: Any) -> Understanding | None:
        if (named.get("engine") or endpoint.config.nlu) not in BUILT_IN_NLU and self.recorded is not None:
            return self.recorded.understanding()
        return await super(_ReplayedProject, self).understand(endpoint, *rest, **named)
