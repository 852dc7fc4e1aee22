"""Rehearsals: conversations with a flow that are kept nowhere and reach nobody, for pages.

Each is a whole application in memory (``harness/``), as ``flowhook chat`` has one, on the flows as they are
on disk. All of them live in one thread with a loop of its own, beside the turns of the server. Their clocks
stand still until somebody moves them, so timers and reminders fire when he says.
"""

from __future__ import annotations

import asyncio
import copy
import threading
from collections.abc import Awaitable, Callable, Coroutine, Mapping
from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Literal, TypeVar

from flowhook.engine.effects import StartTask
from flowhook.errors import ApiError, FlowFileError, FlowhookError
from flowhook.flowtest.run.recorded import tried_test
from flowhook.harness.application import Harness, open_harness, stand_in, with_one_endpoint
from flowhook.harness.clocks import BEYOND_SECONDS, FakeClock
from flowhook.harness.fake_http import FakeOutgoing
from flowhook.harness.mocked_services import MockedServices
from flowhook.hooks.api.output_plugin import OutputPlugin
from flowhook.hooks.loading.loader import PluginLoadError
from flowhook.ids import new_token
from flowhook.model.delivery import Delivered, Delivery, DeliveryResult
from flowhook.model.session import Session
from flowhook.model.session_ref import SessionRef
from flowhook.net.address_policy import AddressRules
from flowhook.net.client import Outgoing
from flowhook.runtime.delivery.secrets import request_json
from flowhook.runtime.turns.http_calls import RETRY_DELAY
from flowhook.runtime.turns.overrides import Overrides

if TYPE_CHECKING:
    from flowhook.clock import Clock
    from flowhook.config import Config, EndpointConfig
    from flowhook.engine.effects import EffectResult
    from flowhook.engine.turn.executor import TurnExecutor
    from flowhook.model.endpoint import Endpoint
    from flowhook.runtime.background import BackgroundTasks
    from flowhook.runtime.project.project import Project
    from flowhook.runtime.turns.effects import EffectPerformer, Effects
    from flowhook.storage.records import DeliveryRow, TimerRow

T = TypeVar("T")
Work = Callable[["Rehearsal"], Coroutine[Any, Any, T]]  #: what is done with one, in its loop

NAME = "rehearsal"  #: of the endpoint, where the project has none for the flow
MOST = 20  #: at a time; one more ends the one that was used longest ago
IDLE_SECONDS = 3600.0  #: after which one ends
LOOK_SECONDS = 60.0  #: between two looks at that
MOST_PAUSES = 1000  #: of a turn

#: What a session does not take along: a version that it keeps, and what goes on outside of it.
_LEFT_BEHIND = ("version", "running", "handover", "tasks")


@dataclass(frozen=True, slots=True)
class RehearsalOptions:
    """How a rehearsal begins.

    ``endpoint`` gives settings, plugins and formats, ``flow`` another flow than its own; one of them is
    given. ``services``: calls end at mocks, or what is not mocked is called for real. ``session``: where the
    session stands when it begins; None for one that has not spoken yet.
    """

    endpoint: str | None = None
    flow: str | None = None
    locale: str | None = None
    user_id: str = "studio"
    session_id: str = "rehearsal"
    services: Literal["mocked", "real"] = "mocked"
    session: Session | None = None
    profile: Mapping[str, Any] = field(default_factory=dict)


def session_of(state: Mapping[str, Any]) -> Session:
    """Return the session of a state as ``/api/sessions`` shows it, without what goes on outside of it. Raises
    ApiError 400 for what is none."""
    kept = {name: value for name, value in state.items() if name not in _LEFT_BEHIND}
    try:
        session = Session.from_json(copy.deepcopy(kept))
        session.to_json()
        if not session.frames:
            raise ValueError
    except (TypeError, ValueError, KeyError, AttributeError):
        raise ApiError(400, "invalid_field", "state: is not the state of a session.") from None
    return session


class Rehearsal:
    """One conversation. Used in the loop of :class:`Rehearsals` alone, one request after the other."""

    harness: Harness

    def __init__(self, id: str, owner: str, beginning: RehearsalOptions, config: Config, now: float) -> None:
        self.id = id
        self.owner = owner  #: the name of the key that began it: nobody else finds it
        self.beginning = beginning
        self.used_at = 0.0  #: monotonic, of the server
        self.lock = asyncio.Lock()
        self.services = MockedServices()
        self._named = _endpoint_of(config, beginning)
        self._config = _config_of(config, beginning, self._named)
        self._clock = FakeClock(now)
        self._payloads = _Payloads(self._stored)
        self._tasks: list[str] = []  #: names of runs that were given a one-time URL, newest last
        self._stack = AsyncExitStack()

    async def open(self) -> None:
        """Load flows and plugins, and open the application. Raises ApiError 422 when they cannot be used."""
        begun, endpoint = self.beginning, self._config.endpoints[0]
        ref = SessionRef(endpoint.name, begun.user_id, begun.session_id)
        real = None
        if begun.services == "real":
            real = Outgoing(AddressRules(self._config.outgoing.allow, self._config.allow_private_addresses))
        opening = open_harness(
            self._config,
            ref,
            clock=self._clock,
            outgoing=FakeOutgoing(self.services, real),
            overrides=Overrides(
                new_session=self._new_session,
                effects=self._noted,
                outputs={endpoint.name: self._payloads},
                retry_delay=0.0 if real is None else RETRY_DELAY,
            ),
        )
        try:
            self.harness = await self._stack.enter_async_context(opening)
            await self.harness.change_profile(begun.profile)
        except (FlowFileError, PluginLoadError) as error:
            told = [
                {"field": f"{one.file}:{one.line}:{one.column}", "message": one.text}
                for one in error.problems
                if one.severity == "error"
            ]
            raise ApiError(
                422, "flow_refused", f"The rehearsal cannot begin: {error}.", errors=told
            ) from error
        except ApiError:
            raise
        except FlowhookError as error:
            raise ApiError(422, "flow_refused", f"The rehearsal cannot begin: {error}") from error

    async def close(self) -> None:
        """Forget all of it."""
        await self._stack.aclose()

    def _new_session(self, project: Project, endpoint: Endpoint) -> Session:
        if self.beginning.session is None:
            return project.new_session(endpoint)
        return Session.from_json(copy.deepcopy(self.beginning.session.to_json()))

    async def _stored(self, delivery_id: str) -> DeliveryRow | None:
        return await self.harness.application.store.outbox.get(delivery_id)

    def _noted(self, effects: Effects) -> EffectPerformer:
        return _NotedEffects(effects, self._tasks)

    # --- what happens ----------------------------------------------------------------------------

    async def say(self, kind: str, content: Mapping[str, Any]) -> None:
        """Submit a message, inject or notify. Raises ApiError as an endpoint does."""
        self.services.unanswered.clear()
        await self._settled(self.harness.submit(kind, content))

    async def advance(self, seconds: float | None) -> None:
        """Let time pass; None: until the next timer falls due."""
        self.services.unanswered.clear()
        if seconds is None:
            due = await self._next_due()
            if due is None:
                raise ApiError(409, "nothing_waits", "Nothing waits for its time.")
            seconds = max(0.0, due - self._clock.now()) + BEYOND_SECONDS
        await self._settled(self.harness.advance(seconds))

    async def call_back(self, result: Any) -> None:
        """Post the result of the task that waits. Raises ApiError 409 when none does."""
        urls = self.harness.application.callback_urls
        tokens = [await urls.token(self.harness.ref, task) for task in reversed(self._tasks)]
        try:
            await self._settled(self.harness.call_back(tokens, result))
        except ApiError:
            raise
        except FlowhookError as error:
            raise ApiError(409, "nothing_waits", "No task waits for a result.") from error

    async def _settled(self, work: Coroutine[Any, Any, None]) -> None:
        """Wait until nothing moves; a pause of the flow is skipped."""
        try:
            await work
            turns = self.harness.application.turns
            for _ in range(MOST_PAUSES):
                if not turns.pauses or self._clock.next_at is None:
                    return
                await self.harness.advance(max(0.0, self._clock.next_at - self._clock.now()))
        except TimeoutError as error:
            raise ApiError(503, "rehearsal_busy", "The flow is busy for too long; look again.") from error

    # --- what can be seen ------------------------------------------------------------------------

    async def shown(self) -> dict[str, Any]:
        """All of it, as JSON; times in POSIX seconds."""
        harness, timers = self.harness, await self.harness.application.store.timers.find()
        fresh = self._new_session(harness.application.project, harness.endpoint)
        state = await harness.state() or fresh.to_json()
        frame = state["frames"][-1]
        return {
            "id": self.id,
            "endpoint": self._named.name if self._named is not None else None,
            "flow": harness.endpoint.flow,
            "userId": harness.ref.user_id,
            "sessionId": harness.ref.session_id,
            "services": self.beginning.services,
            "flowRevision": harness.application.project.library.revision,
            "now": self._clock.now(),
            "node": f"{frame[0]}/{frame[1]}" if frame[1] else None,
            "state": state,
            "timers": [_timer_json(row) for row in timers],
            "mocks": [
                {"method": mock.method, "url": mock.url, "status": mock.status, "json": mock.body}
                for mock in self.services.mocks
            ],
            "unanswered": list(dict.fromkeys(self.services.unanswered)),
            "transcript": [self._with_payloads(entry) for entry in await harness.transcript()],
        }

    def _with_payloads(self, entry: dict[str, Any]) -> dict[str, Any]:
        payloads = self._payloads.by_id
        outputs = [{**output, "payload": payloads.get(output["deliveryId"])} for output in entry["outputs"]]
        return {**entry, "outputs": outputs}

    async def _next_due(self) -> float | None:
        return await self.harness.application.store.timers.next_due_at()

    async def as_test(self, name: str) -> tuple[str, str, list[str]]:
        """Return the flow, the test file that the conversation makes, and why the test does not pass. Raises
        ApiError 422."""
        turns = await self.harness.transcript()
        if not turns:
            raise ApiError(422, "tests_unusable", "Nothing was said yet.")
        flow = self.harness.endpoint.flow
        endpoint = self._named.name if self._named is not None else None
        config = self.harness.application.config
        try:
            text, failures = await tried_test(
                flow, turns, config, name=name or None, endpoint=endpoint, locale=self.beginning.locale
            )
        except FlowhookError as error:
            raise ApiError(422, "tests_unusable", str(error)) from error
        return flow, text, failures


class Rehearsals:
    """Those that take place. One for the life of the server; what is asked of them is done in a thread of
    their own, which is there from the first one on."""

    def __init__(self, config: Config, clock: Clock, tasks: BackgroundTasks) -> None:
        self._config = config
        self._clock = clock
        self._tasks = tasks
        self._known: dict[str, Rehearsal] = {}
        self._loop: _Loop | None = None

    async def begin(self, owner: str, beginning: RehearsalOptions) -> dict[str, Any]:
        """Begin one, and return it as :meth:`Rehearsal.shown`.

        Raises ApiError: 404 for an endpoint that is not there; 422 when flows or plugins cannot be used.
        """
        if self._loop is None:
            self._loop = _Loop()
            self._tasks.spawn(self._end_what_idles())
        while len(self._known) >= MOST:
            await self._end(min(self._known.values(), key=lambda known: known.used_at))
        rehearsal = Rehearsal(new_token(), owner, beginning, self._config, self._clock.now())
        rehearsal.used_at = self._clock.monotonic()
        shown = await self._loop.run(_begun(rehearsal))
        self._known[rehearsal.id] = rehearsal
        return shown

    async def do(self, owner: str, id: str, work: Work[T]) -> T:
        """Do something with one. Raises ApiError 404 for one that has ended, or is another's."""
        rehearsal = self._of(owner, id)
        rehearsal.used_at = self._clock.monotonic()
        assert self._loop is not None
        return await self._loop.run(_alone(rehearsal, work))

    async def end(self, owner: str, id: str) -> None:
        """End one. Raises ApiError 404 as :meth:`do`."""
        await self._end(self._of(owner, id))

    def _of(self, owner: str, id: str) -> Rehearsal:
        rehearsal = self._known.get(id)
        if rehearsal is None or rehearsal.owner != owner:
            raise ApiError(404, "unknown_rehearsal", "There is no such rehearsal; perhaps it has ended.")
        return rehearsal

    async def _end(self, rehearsal: Rehearsal) -> None:
        if self._known.pop(rehearsal.id, None) is not None and self._loop is not None:
            await self._loop.run(_alone(rehearsal, Rehearsal.close))  # not below the hands of who uses it

    async def _end_what_idles(self) -> None:
        """Look now and then, until the server stops, which ends all of them."""
        try:
            while True:
                await self._clock.sleep(LOOK_SECONDS)
                since = self._clock.monotonic() - IDLE_SECONDS
                for rehearsal in [known for known in self._known.values() if known.used_at < since]:
                    await self._end(rehearsal)
        finally:
            for rehearsal in list(self._known.values()):
                await self._end(rehearsal)
            loop, self._loop = self._loop, None
            if loop is not None:
                loop.stop()


async def _begun(rehearsal: Rehearsal) -> dict[str, Any]:
    try:
        await rehearsal.open()
        return await rehearsal.shown()
    except BaseException:
        await rehearsal.close()
        raise


async def _alone(rehearsal: Rehearsal, work: Work[T]) -> T:
    async with rehearsal.lock:
        return await work(rehearsal)


class _Loop:
    """An event loop in a thread of its own."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._live, name="flowhook-rehearsals", daemon=True)
        self._thread.start()

    def _live(self) -> None:
        self._loop.run_forever()
        self._loop.close()

    async def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Return what a coroutine returns there."""
        return await asyncio.wrap_future(asyncio.run_coroutine_threadsafe(work, self._loop))

    def stop(self) -> None:
        """End the loop and its thread."""
        self._loop.call_soon_threadsafe(self._loop.stop)


class _Payloads(OutputPlugin):
    """In the place of the endpoint's output: keeps what would have been sent, by delivery."""

    name = "rehearsal"

    def __init__(self, stored: Callable[[str], Awaitable[DeliveryRow | None]]) -> None:
        super().__init__()
        self._stored = stored
        self.by_id: dict[str, dict[str, Any]] = {}

    async def deliver(self, delivery: Delivery, *, endpoint: Endpoint, sender: Any) -> DeliveryResult:
        """Take one, always well. ``url`` is None where a plugin names no other address than the webhook's."""
        row = await self._stored(delivery.delivery_id)
        if row is not None and row.request is not None:  # with the names of secrets, which `delivery` holds
            self.by_id[delivery.delivery_id] = request_json(row.request)
        return Delivered(200)


class _NotedEffects:
    """Performs effects, and notes the runs that wait for a callback."""

    def __init__(self, effects: Effects, tasks: list[str]) -> None:
        self._effects = effects
        self._tasks = tasks

    async def perform(self, run: TurnExecutor, endpoint: Endpoint, project: Project) -> EffectResult:
        if isinstance(run.effect, StartTask):
            self._tasks.append(run.effect_key)
        return await self._effects.perform(run, endpoint, project)


def _endpoint_of(config: Config, beginning: RehearsalOptions) -> EndpointConfig | None:
    """The endpoint whose settings count: the one that is named, or the first with the flow. Raises ApiError
    404."""
    wanted, flow = beginning.endpoint, beginning.flow
    fitting = [
        endpoint
        for endpoint in config.endpoints
        if (endpoint.name == wanted if wanted else endpoint.flow == flow)
    ]
    if wanted and not fitting:
        raise ApiError(404, "unknown_endpoint", "There is no endpoint of that name.")
    return fitting[0] if fitting else None


def _config_of(config: Config, beginning: RehearsalOptions, named: EndpointConfig | None) -> Config:
    """The configuration with that endpoint alone, in memory."""
    asked = {"flow": beginning.flow, "locale": beginning.locale}
    changes = {name: value for name, value in asked.items() if value is not None}
    return with_one_endpoint(config, stand_in(named, NAME, **changes))


def _timer_json(row: TimerRow) -> dict[str, Any]:
    return {"kind": row.kind, "node": row.node, "name": row.name, "dueAt": row.due_at}
