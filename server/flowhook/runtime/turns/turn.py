"""One turn: a chain of committed segments.

The engine runs until it needs the outside or ends; what it said and changed so far is committed and
sent before the outside is touched. After a crash the turn goes on from its last committed segment.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any

from pydantic_core import from_json

from flowhook.clock import Clock
from flowhook.config import Config
from flowhook.engine.effects import (
    Effect,
    Failure,
    HttpCall,
    HttpResult,
    RunNode,
    RunScript,
    StartTask,
    Understand,
)
from flowhook.engine.flow import Flow
from flowhook.engine.turn.executor import TurnExecutor
from flowhook.engine.turn.intent_scope import in_force
from flowhook.engine.turn.numbered import meant_by
from flowhook.engine.turn.secrets import secret_values
from flowhook.engine.turn.view import TurnEnd, TurnEnvironment
from flowhook.errors import PluginError, Reject, TurnTooLarge
from flowhook.hooks.calling.failures import CallContext, call_context
from flowhook.hooks.loading.kinds import BUILT_IN_NLU, BUILTIN
from flowhook.i18n.normalize import language
from flowhook.languages import LANGUAGES
from flowhook.languages.detection import detect_language
from flowhook.model.event import Event, EventType
from flowhook.model.inbound import Kind
from flowhook.model.log_action import LogAction
from flowhook.model.output import Output
from flowhook.model.privacy import with_secret
from flowhook.model.session import Session, SuspendedTurn
from flowhook.model.trace import TraceStep
from flowhook.model.understanding import Understanding
from flowhook.net.trace_context import current_trace
from flowhook.nlu.interpreter import read_sentence
from flowhook.runtime.observe.crash_guard import CrashGuard
from flowhook.runtime.observe.event_bus import EventBus
from flowhook.runtime.observe.metrics import Metrics
from flowhook.runtime.observe.redaction import Redactor, call_summary
from flowhook.runtime.turns.commit import Committer, PreparedSegment
from flowhook.runtime.turns.effects import EffectPerformer
from flowhook.runtime.turns.interim import Interim
from flowhook.runtime.turns.overrides import Overrides
from flowhook.runtime.turns.preconditions import unmet
from flowhook.runtime.turns.profile_cache import ProfileCache
from flowhook.runtime.turns.running_turn import RunningTurn
from flowhook.runtime.turns.translation import Translations
from flowhook.storage.protocols import Transcripts
from flowhook.storage.records import Committed

log = logging.getLogger("flowhook.turns")
flow_log = logging.getLogger("flowhook.flow")  #: what ``log`` nodes write

HISTORY = 50  #: messages that ``history`` holds


class TurnRunner:
    """Handles inbounds to their end."""

    def __init__(
        self,
        config: Config,
        clock: Clock,
        transcripts: Transcripts,
        profiles: ProfileCache,
        effects: EffectPerformer,
        committer: Committer,
        metrics: Metrics,
        events: EventBus,
        crash_guard: CrashGuard,
        translations: Translations,
        overrides: Overrides,
    ) -> None:
        self._config = config
        self._clock = clock
        self._transcripts = transcripts
        self._profiles = profiles
        self._effects = effects
        self._committer = committer
        self._metrics = metrics
        self._events = events
        self._crash_guard = crash_guard
        self._translations = translations
        self._overrides = overrides

    async def run(self, turn: RunningTurn) -> str:
        """Return how the turn ended: done, failed or discarded. Raises :class:`Stale`."""
        if turn.blind is not None:
            _note_secret(turn)
        turn.failures.extend(turn.inbound.failures)
        _set_call_context(turn)
        if reason := unmet(turn, self._clock.now()):
            await self._committer.discard(turn, reason)
            status = "discarded"
        else:
            handle = self._notify if turn.inbound.kind is Kind.NOTIFY else self._converse
            try:
                status = await handle(turn)
            except (PluginError, Reject, TurnTooLarge) as error:
                status = await self._fail(turn, str(error), None, [])
        self._note_end(turn, status)
        return status

    async def compute(self, turn: RunningTurn) -> PreparedSegment | None:
        """Run a turn whose inbound is not accepted yet, and tell nobody. Returns what it leaves behind when
        it ended well in one segment, without the profile; else None, and nothing has happened."""
        if turn.blind is not None:
            _note_secret(turn)
        turn.failures.extend(turn.inbound.failures)
        _set_call_context(turn)
        session = self._session(turn)
        held = session.tasks or session.running or session.handover
        if held or session.frames[0].flow not in turn.library.flows:
            return None
        try:
            environment = await self._environment(turn, session)
            turn.execution = run = TurnExecutor(turn.library, session, turn.inbound, environment)
            if self._ends_at_once(turn, run) and len(turn.failures) == len(turn.inbound.failures):
                turn.told, turn.redactor = turn.redactor, _redactor_at_end(turn, run)
                return await self._committer.prepare(turn, run)
        except Exception:
            return None  # the usual path meets it again, and tells it
        return None

    def _ends_at_once(self, turn: RunningTurn, run: TurnExecutor) -> bool:
        """Run the engine, and return whether the turn is over and well, and leaves the profile alone."""
        try:
            end = self._watched(turn, run, run.start)
        except BaseException:  # SystemExit as well: it would end the event loop
            return False
        plain = end.status == "done" and end.reason is None
        return plain and not (run.turn.profile_changes or run.turn.handovers)

    def finish(self, turn: RunningTurn, prepared: PreparedSegment, committed: Committed) -> None:
        """Tell everybody of a computed turn that became durable."""
        assert turn.execution is not None
        self._committer.committed(turn, prepared, committed)
        self._tell_end(turn, turn.execution, turn.told or turn.redactor)
        self._note_end(turn, "done")

    def _note_end(self, turn: RunningTurn, status: str) -> None:
        if not turn.inbound.test:
            self._metrics.turn(turn.endpoint.name, status, self._clock.monotonic() - turn.started)
        if self._overrides.on_turn_end is not None:
            self._overrides.on_turn_end(turn, status)

    async def give_up(self, turn: RunningTurn, reason: str) -> str:
        """Fail a turn without running it, so that its session can go on."""
        return await self._fail(turn, reason, None, [], ours=True)

    async def _notify(self, turn: RunningTurn) -> str:
        """Say something straight to the user: no flow, no NLU."""
        inbound = turn.inbound
        data = dict(inbound.data or {})
        if inbound.attachments:
            data["attachments"] = inbound.attachments
        output = Output(inbound.text, data, inbound.trace_id)
        output.blind = turn.blind
        await self._committer.outputs_only(turn, [output])
        return "done"

    # --- a conversation's turn ------------------------------------------------------------------

    async def _converse(self, turn: RunningTurn) -> str:
        """Let the engine run, and perform the effects that it asks for in between."""
        session = self._session(turn)
        turn.has_tasks = bool(session.tasks) or session.running is not None
        if session.frames[0].flow not in turn.library.flows:
            return await self._fail(turn, f"flow {session.frames[0].flow!r} does not exist", None, [])
        environment = await self._environment(turn, session)
        resumes = session.running is not None and session.running.seq == turn.inbound.seq
        if resumes:
            try:
                run = _restored(turn, session, environment)
            except Exception as error:
                self._report(turn, "turn cannot be resumed", LogAction.TURN_NOT_RESTORED, error)
                reason = f"cannot go on in the changed flow: {type(error).__name__}"
                return await self._fail(turn, reason, None, [])
            end = TurnEnd("effect")
        else:
            run = _begun(turn, session, environment)
            end = self._advance(turn, run, run.start)
        turn.execution = run
        while end.status == "effect":
            if not resumes and self._is_visible_outside(turn, run.effect):
                await self._commit_before_effect(turn, run)
            resumes = False
            result = await self._perform(turn, run)
            if run.interim is not None:
                await run.interim.settled()
                run.interim = None
            _move_time(run, self._clock.now())
            end = self._advance(turn, run, run.resume, result)
        if end.status == "failed":
            self._write_logs(turn, run, turn.redactor)
            return await self._fail(turn, end.error or "failed", end.error_at, run.steps)
        if end.reason == "void":
            await self._committer.discard(turn, "void", gone=_gone_handover(turn))
            return "discarded"
        await self._finish(turn, run)
        return "done"

    def _is_visible_outside(self, turn: RunningTurn, effect: Effect | None) -> bool:
        """Return whether others see the effect being performed. What they do not see is done again after a
        crash, with all that came before it, so that nothing has to be committed first."""
        if isinstance(effect, Understand):
            return (effect.engine or turn.endpoint.config.nlu) not in BUILT_IN_NLU
        return not isinstance(effect, RunScript)

    def _advance(
        self, turn: RunningTurn, run: TurnExecutor, step: Callable[..., TurnEnd], *result: Any
    ) -> TurnEnd:
        """Let the engine go on. A mistake inside a node type or filter fails its turn and nothing else;
        also one that raises SystemExit, which would end the event loop."""
        try:
            return self._watched(turn, run, step, *result)
        except BaseException as error:
            self._report(turn, "node raised", LogAction.NODE_RAISED, error)
            return TurnEnd("failed", f"{type(error).__name__}: {error}")

    def _watched(
        self, turn: RunningTurn, run: TurnExecutor, step: Callable[..., TurnEnd], *result: Any
    ) -> TurnEnd:
        """Let the engine go on, with the turn known to hold the event loop meanwhile."""
        self._crash_guard.computing(turn.ref.key, turn.inbound.seq)
        try:
            return step(*result)
        finally:
            self._crash_guard.computing(None)
            if turn.blind is not None or run.session.blind is not None or turn.secret:
                _note_blind_mode(turn, run)
            if turn.library.secrets:
                turn.redactor = turn.redactor.hiding(secret_values(run.turn))

    def _session(self, turn: RunningTurn) -> Session:
        if turn.state is not None:
            return Session.from_json(from_json(turn.state))
        return self._overrides.new_session(turn.project, turn.endpoint)

    async def _environment(self, turn: RunningTurn, session: Session) -> TurnEnvironment:
        """Return what the engine is told of the world."""
        inbound, endpoint = turn.inbound, turn.endpoint
        profiles = self._config.profiles
        turn.profile_endpoint, fields = profiles.endpoint_of(endpoint.name), profiles.checked
        environment = TurnEnvironment(
            self._clock.now(),
            self._config.zone,
            self._config.vars,
            endpoint=endpoint.name,
            url_token=endpoint.token,
            locale=endpoint.config.locale,
            profile_fields=None if fields.takes_everything else fields,
            ip=turn.redactor.shown_address(inbound.remote_address),
            seed=self._overrides.seed(inbound),
            node_limit=self._overrides.node_limit(inbound),
            handovers=turn.project.hooks.handover_names,
            handover=turn.hooks.handover,
            translates=endpoint.config.translation is not None,
            frames=tuple(endpoint.config.copilot.frames) if endpoint.config.copilot is not None else (),
            stopwatch=self._clock.monotonic,
        )
        roots = turn.project.roots
        if "profile" in roots and endpoint.config.privacy.contact_profiles:
            environment.profile = dict(await self._profiles.get(inbound.ref.user_id, turn.profile_endpoint))
        if "history" in roots:
            environment.history = await self._transcripts.history(inbound.ref, HISTORY)
        if session.numbered and inbound.kind in (Kind.MESSAGE, Kind.INJECT):
            _take_number(turn, session, environment)
        if inbound.kind not in (Kind.TIMER, Kind.CALLBACK, Kind.HANDOVER, Kind.PRESENCE):
            if endpoint.config.translation is not None:
                await self._hear(turn, session, environment)
            if turn.library.understands or turn.hooks.read_messages:
                await self._understand(turn, session, environment)
        return environment

    async def _hear(self, turn: RunningTurn, session: Session, environment: TurnEnvironment) -> None:
        """Let a translator make the flow's language of what was said."""
        if turn.secret or environment.heard is not None:
            return  # what a number chose is the flow's own word
        turn.translated = await self._translations.to_flow(turn, session, turn.inbound.text)
        if turn.translated is not None:
            environment.hear(turn.translated, turn.inbound.data or {})

    async def _understand(self, turn: RunningTurn, session: Session, environment: TurnEnvironment) -> None:
        """Let an NLU engine read the message, where anything could come of it. What the built-in one computes
        counts as the turn's; one of a plugin has a time limit of its own."""
        project, endpoint = turn.project, turn.endpoint
        flow = in_force(turn.library, session)
        if flow is not None and flow.settings.get("detect_locale") and turn.inbound.kind is Kind.MESSAGE:
            _detect_locale(turn.inbound.text, flow, session, environment)
        if not project.understands(endpoint, flow):
            return
        computes = project.reads_alone(endpoint)
        language = session.locale or environment.locale
        began = self._clock.monotonic()
        if endpoint.config.nlu not in BUILT_IN_NLU:
            environment.engine = endpoint.config.nlu
        if computes:
            self._crash_guard.computing(turn.ref.key, turn.inbound.seq)
        try:
            environment.understanding = await project.understand(
                endpoint,
                turn.inbound.text if environment.heard is None else environment.heard[0],
                turn.inbound.data,
                language,
                turn.ref.session_id,
                flow,
                now=datetime.fromtimestamp(environment.now, environment.timezone),
                fallback=lambda text, error: self._without_engine(turn, environment, text, language, error),
                on_change=environment.hear,
            )
        finally:
            if computes:
                self._crash_guard.computing(None)
                environment.computed = self._clock.monotonic() - began

    def _without_engine(
        self,
        turn: RunningTurn,
        environment: TurnEnvironment,
        text: str,
        language: str,
        error: PluginError,
    ) -> Understanding:
        """Return what can be understood without the engine that failed, and tell of it: no intent, no slot,
        but the kind of sentence, yes or no. The flow goes on with that."""
        if turn.is_tentative:
            raise error
        engine = turn.endpoint.config.nlu
        failure = {"engine": engine, "error": turn.redactor.event_text(error.message)}
        environment.engine = ""
        if engine != BUILTIN:
            failure["fallback"] = turn.endpoint.config.nlu_fallback
            environment.engine = BUILTIN if failure["fallback"] == BUILTIN else ""
        self._emit(turn, EventType.UNDERSTANDING_FAILED, failure)
        return Understanding() if engine == BUILTIN else read_sentence(text, language)

    async def _perform(self, turn: RunningTurn, run: TurnExecutor) -> Any:
        """Perform the effect that the engine asks for; what goes wrong outside is a result, not an
        exception."""
        started = self._clock.monotonic()
        if isinstance(run.effect, RunNode):
            run.interim = Interim(turn, run, self._committer)
        try:
            result = await self._effects.perform(run, turn.endpoint, turn.project)
            if isinstance(run.effect, HttpCall):
                run.turn.step.call = call_summary(run.effect, result)
            if isinstance(run.effect, StartTask) and _is_refusal(result):
                turn.not_started.append(run.effect_key)
            return result
        except asyncio.CancelledError:
            raise
        except Exception as error:
            self._report(turn, "effect failed", LogAction.EFFECT_FAILED, error)
            return Failure("internal", f"{type(error).__name__}: {error}")
        finally:
            run.turn.step.ms = round((self._clock.monotonic() - started) * 1000, 3)

    # --- committing -----------------------------------------------------------------------------

    async def _commit_before_effect(self, turn: RunningTurn, run: TurnExecutor) -> None:
        """Commit what was said and changed so far, before the outside is touched."""
        assert turn.origin is not None
        run.session.running = SuspendedTurn(turn.inbound.seq, turn.origin, run.suspend())
        await self._committer.segment(turn, run, ends=False)
        run.session.running = None

    async def _finish(self, turn: RunningTurn, run: TurnExecutor) -> None:
        told = turn.redactor
        # The input that led to the node that switches masking off is not masked.
        turn.redactor = _redactor_at_end(turn, run)
        await self._committer.segment(turn, run, ends=True)
        self._tell_end(turn, run, told)

    def _tell_end(self, turn: RunningTurn, run: TurnExecutor, told: Redactor) -> None:
        if run.turn.logs:
            self._write_logs(turn, run, told)
        if run.session.execution == 1 and turn.inbound.kind in (Kind.MESSAGE, Kind.INJECT):
            self._emit(turn, EventType.SESSION_STARTED)
        for name in run.events:
            self._emit(turn, name)

    async def _fail(
        self,
        turn: RunningTurn,
        error: str,
        at: str | None,
        steps: Sequence[TraceStep],
        *,
        ours: bool = False,
    ) -> str:
        """Keep what was committed, drop the rest; the session waits again where it waited. ``ours``: no word
        of the error is a user's."""
        turn.failure = (error, at)
        told = error if ours else turn.redactor.text(error)
        kept = error if ours else turn.redactor.reason(error)
        log.warning(
            "turn failed at %s: %s",
            at or "the flow",
            told,
            extra=_told_with(turn, LogAction.TURN_FAILED),
        )
        await self._committer.failure(turn, kept, at, steps)
        told = told if ours else turn.redactor.event_text(told)
        self._emit(turn, EventType.TURN_FAILED, {"error": told, "at": at})
        return "failed"

    # --- telling --------------------------------------------------------------------------------

    def _write_logs(self, turn: RunningTurn, run: TurnExecutor, redactor: Redactor) -> None:
        """Write what nodes had to say to the operator; the engine itself logs nothing."""
        for level, text in run.turn.logs:
            flow_log.log(
                logging.getLevelNamesMapping()[level.upper()],
                "%s",
                redactor.text(text),
                extra=_told_with(turn, LogAction.FLOW),
            )

    def _report(self, turn: RunningTurn, what: str, action: LogAction, error: BaseException) -> None:
        """Log a mistake of ours or of a plugin's. Its words may hold what a user typed."""
        log.error(
            "%s: %s",
            what,
            type(error).__name__,
            exc_info=turn.redactor.error(error),
            extra=_told_with(turn, action),
        )

    def _emit(self, turn: RunningTurn, name: EventType, data: dict[str, Any] | None = None) -> None:
        if self._events.hears(name):
            at, trace_id = self._clock.now(), turn.inbound.trace_id
            if turn.inbound.test:
                data = {**(data or {}), "test": True}
            self._events.emit(Event.of(name, at, turn.ref, trace_id, data))


def _note_secret(turn: RunningTurn) -> None:
    """A secret answer may be what a user or a backend says, and nothing else."""
    assert turn.blind is not None
    if not turn.blind.secret:
        return
    turn.secret = turn.inbound.kind in (Kind.MESSAGE, Kind.INJECT)
    if not turn.secret:
        turn.blind = with_secret(turn.blind, False)
        turn.redactor = turn.own_redactor.blinded(turn.blind)


def _detect_locale(text: str, flow: Flow, session: Session, environment: TurnEnvironment) -> None:
    """Go on in the language of a message: in the flow's locale for it, or where it declares none in any."""
    present = session.locale or environment.locale
    by_language = {language(locale): locale for locale in reversed([*flow.locales] or [*LANGUAGES])}
    found = detect_language(text, by_language)
    if found is not None and found != language(present):
        session.locale = by_language[found]


def _note_blind_mode(turn: RunningTurn, run: TurnExecutor) -> None:
    """A node may have changed what is told. What is asked for now is not said yet."""
    mode = with_secret(run.session.blind, turn.secret)
    if mode != turn.blind:
        turn.blind = mode
        turn.redactor = turn.redactor.blinded(turn.blind)
        _set_call_context(turn)


def _redactor_at_end(turn: RunningTurn, run: TurnExecutor) -> Redactor:
    """Return what may be told and kept of a turn that has ended."""
    mode = with_secret(run.session.blind, turn.secret)
    return turn.own_redactor.blinded(mode).hiding(turn.redactor.secrets)


def _take_number(turn: RunningTurn, session: Session, environment: TurnEnvironment) -> None:
    """Let the flow hear what a number stands for that the last message showed. It is asked once, by the turn
    that comes then; not when that goes on after a crash."""
    if session.running is not None and session.running.seq == turn.inbound.seq:
        return
    inbound = turn.inbound
    if inbound.kind is Kind.MESSAGE:
        meant = meant_by(inbound.text, session, turn.library)
        if meant is not None:
            environment.hear(meant, inbound.data or {})
    session.numbered = []


def _told_with(turn: RunningTurn, action: LogAction) -> dict[str, Any]:
    """Return what a line of the log names beside its text."""
    named = {"action": action, "traceId": turn.inbound.trace_id, "endpoint": turn.endpoint.name}
    return {**named, "test": True} if turn.inbound.test else named


def _set_call_context(turn: RunningTurn) -> None:
    """Plugins that fail are reported under it."""
    inbound = turn.inbound
    call_context.set(
        CallContext(
            inbound.trace_id,
            turn.endpoint.name,
            turn.redactor.masked,
            inbound.test,
            turn.failures,
            turn.is_tentative,
        )
    )
    current_trace.set((inbound.trace_id, inbound.trace_parent))


def _begun(turn: RunningTurn, session: Session, environment: TurnEnvironment) -> TurnExecutor:
    """Return the engine at the beginning of a turn."""
    if session.running is not None:  # of a turn that was given up halfway
        session.return_to(session.running.origin)
    turn.origin = session.origin
    return TurnExecutor(turn.library, session, turn.inbound, environment)


def _restored(turn: RunningTurn, session: Session, environment: TurnEnvironment) -> TurnExecutor:
    """Return the engine where the last committed segment of this turn left it."""
    running = session.running
    assert running is not None
    turn.origin = running.origin
    session.running = None
    return TurnExecutor.restore(turn.library, session, turn.inbound, environment, running.run)


def _move_time(run: TurnExecutor, now: float) -> None:
    """Time went on while an effect was performed: what is armed from now on counts from here."""
    run.environment.now = now
    run.turn.scope.pop("now", None)


def _gone_handover(turn: RunningTurn) -> str | None:
    """Return the handover that a void event is for: its session does not know it, so it is over."""
    return (turn.inbound.handover or {}).get("id") if turn.inbound.kind is Kind.HANDOVER else None


def _is_refusal(result: Any) -> bool:
    """Return whether the call that starts a task came to nothing."""
    return isinstance(result, Failure) or (isinstance(result, HttpResult) and result.status > 299)
