"""A server whose intake is a stand-in, so that these tests look at HTTP alone."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import httpx
import pytest

from flowhook.config import (
    AdminKeyConfig,
    EndpointConfig,
    PrivacyConfig,
    RateLimit,
    RateLimitsConfig,
    StudioConfig,
)
from flowhook.config.changes import ConfigChanges
from flowhook.config.profiles import ProfilesConfig
from flowhook.errors import ApiError
from flowhook.flowfiles.changes import Changes, FlowChanges
from flowhook.harness.clocks import FakeClock
from flowhook.ids import delivery_id, new_id
from flowhook.model.delivery import Delivery
from flowhook.model.endpoint import Endpoint
from flowhook.model.roles import ROLES
from flowhook.model.session_ref import SessionRef
from flowhook.runtime.config_admin import ConfigEdit
from flowhook.runtime.delivery.replays import Replay as RunningReplay
from flowhook.runtime.handover.presence import Presence
from flowhook.runtime.observe.event_bus import EventBus
from flowhook.runtime.observe.metrics import Metrics
from flowhook.runtime.profile_admin import ProfileAdmin
from flowhook.runtime.project.api_keys import ApiKeys
from flowhook.runtime.reload import Reloaded
from flowhook.runtime.turns.profile_cache import ProfileCache
from flowhook.storage.ownership import SoleOwnership
from flowhook.storage.records import ApiKey, AuditRow, DeliveryRow, GivenUp, TimerRow, Waiting
from flowhook.web.asgi_app import create_app
from flowhook.web.messages.asgi import MessageApp
from flowhook.web.server.http_server import HttpServer, bind

ADMIN_KEY = "admin-key-of-the-tests"
#: One for each other role, called like it: "reader-key-of-the-tests" of "a-reader".
ADMIN_KEYS = [
    AdminKeyConfig(name=f"a-{role}", key=f"{role}-key-of-the-tests", role=role)
    for role in ROLES
    if role != "admin"
]


class MemoryKeys:
    """API keys in a dictionary."""

    def __init__(self) -> None:
        self.kept: dict[str, ApiKey] = {}

    async def all(self) -> list[ApiKey]:
        return list(self.kept.values())

    async def add(self, key: ApiKey) -> None:
        self.kept[key.key_id] = key

    async def revoke(self, endpoint: str, key_id: str) -> bool:
        return self.kept.pop(key_id, None) is not None

    async def end(self, endpoint: str, key_id: str, at: float) -> bool:
        self.kept[key_id].ends_at = at
        return True

    async def note_use(self, used: dict[str, float]) -> None:
        self.noted = used


class MemorySettings:
    """Settings in a dictionary."""

    def __init__(self) -> None:
        self.kept: dict[str, str] = {}

    async def get(self, name: str) -> str | None:
        return self.kept.get(name)

    async def set(self, name: str, value: str | None) -> None:
        self.kept.pop(name, None)
        if value is not None:
            self.kept[name] = value

    async def with_prefix(self, prefix: str) -> dict[str, str]:
        return {name: value for name, value in self.kept.items() if name.startswith(prefix)}


class MemoryAudit:
    """Rows of the audit in a list."""

    def __init__(self) -> None:
        self.rows: list[AuditRow] = []

    async def add(self, row: AuditRow) -> None:
        self.rows.append(row)

    async def find(self, wanted: Any, limit: int, before: int | None) -> list[AuditRow]:
        self.asked = (wanted, limit, before)
        return self.rows[::-1][:limit]


class OneProfile:
    """Everybody is called by their id, whatever is written."""

    async def get(self, user_id: str, endpoint: str = "") -> dict[str, Any]:
        return {"name": user_id}

    async def change(self, user_id: str, changes: Any, endpoint: str = "") -> None: ...

    async def linked(self, user_id: str, endpoint: str = "") -> list[str]:
        return ["other"]


class Unshared:
    """Nobody shares a profile."""

    async def sharing_with(self, user_id: str) -> list[str]:
        return []


class OneDelivery:
    """A dead delivery, whatever is looked for."""

    async def find(self, wanted: Any, limit: int, after: str | None) -> list[DeliveryRow]:
        self.asked = (wanted, limit, after)
        one = delivery_id(b"k" * 16, 1, None)
        row = DeliveryRow(
            one, "pizza", "u1", "s1", 1, "dead", 3, 1e9, None, 500, "status", "t" * 32, {"text": "hi"}
        )
        return [row] * min(1, limit)

    async def get(self, id: str) -> DeliveryRow | None:
        (row,) = await self.find(None, 1, None)
        row.failures.append({"at": 1e9, "ms": 12, "status": 500, "error": "HTTP 500", "response": None})
        return row if id == row.delivery_id else None

    async def replay(self, ids: list[str], now: float) -> list[Delivery]:
        return [Delivery("pizza", b"k" * 16, 1, row, b"", "t" * 32) for row in ids]


class OneTimer:
    """The timer of a question."""

    async def find(self, limit: int) -> list[TimerRow]:
        return [TimerRow("t1", "timeout", SessionRef("pizza", "u1", "s1"), "pizza/ask", 1e9)]

    async def cancel(self, timer_id: str, at: float) -> bool:
        return timer_id == "t1"


class OneSnapshot:
    """``v1``, and what endpoints serve. In the place of snapshots' administration and of the projects."""

    def __init__(self) -> None:
        self.served: dict[str, str] = {}

    async def chosen(self) -> dict[str, str]:
        return dict(self.served)

    async def find(self) -> list[dict[str, Any]]:
        return [await self.show("v1")]

    async def create(self, name: str) -> dict[str, Any]:
        return {"name": name, "hash": "0" * 64, "createdAt": 1e9, "usedBy": [], "sessions": 0}

    async def show(self, name: str) -> dict[str, Any]:
        if name != "v1":
            raise ApiError(404, "unknown_snapshot", "There is none.")
        return await self.create(name)

    async def compare(self, old: str, new: str) -> dict[str, Any]:
        return {"same": False, "flows": {}, "lines": [f"{old} is not {new}"]}

    async def delete(self, name: str) -> None:
        await self.show(name)

    async def use(self, endpoint: Endpoint, name: str | None) -> list[str]:
        if name is not None:
            await self.show(name)
            self.served[endpoint.name] = name
        else:
            self.served.pop(endpoint.name, None)
        return []


class AnyPackage:
    """Takes in whatever comes."""

    async def export(self, flows: list[str]) -> bytes:
        return ",".join(flows).encode()

    async def installed(self, package: str, written: list[str]) -> dict[str, Any]:
        return {"package": package, "written": written}

    async def take_in(self, raw: bytes, on_conflict: str, *, dry_run: bool) -> dict[str, Any]:
        self.taken = (raw, on_conflict, dry_run)
        return {"files": [{"path": "a.yaml", "state": "new"}], "needs": [], "written": ["a.yaml"]}


class MemoryStore:
    """The few parts of a store that the web room asks itself."""

    def __init__(self) -> None:
        self.api_keys = MemoryKeys()
        self.audit = MemoryAudit()
        self.settings = MemorySettings()
        self.profiles = OneProfile()
        self.outbox = OneDelivery()
        self.timers = OneTimer()
        self.failing = False

    async def check(self) -> None:
        if self.failing:
            raise OSError("disk is gone")

    async def counts(self) -> dict[str, int]:
        if self.failing:
            raise OSError("disk is gone")
        return {"sessions": 3, "queued": 1, "pending": 2, "dead": 0, "timers": 4}

    async def waiting(self) -> list[Waiting]:
        return [Waiting("shop", 1, 100.0, 50.0)]


@dataclass
class FakeSubmitted:
    """What the stand-in answers."""

    trace_id: str
    user_id: str
    session_id: str
    replayed: bool = False
    discarded: bool = False
    messages: list[dict[str, Any]] = field(default_factory=list)
    ends: dict[str, Any] | None = None
    wait: float | None = None
    waited: list[float] = field(default_factory=list)

    async def outcome(self) -> dict[str, Any] | None:
        assert self.wait is not None
        self.waited.append(self.wait)
        return self.ends


class FakeIntake:
    """Records what reached it and answers as told."""

    def __init__(self) -> None:
        self.calls: list[SimpleNamespace] = []
        self.error: BaseException | None = None
        self.ends: dict[str, Any] | None = None
        self.replayed = False
        self.messages: list[dict[str, Any]] = []
        self.hook: Callable[[SimpleNamespace], dict[str, Any] | None] | None = None
        self.last: FakeSubmitted | None = None
        self.receipts: dict[str, dict[str, Any]] = {}
        self.cancels: dict[str, str] = {}
        self.callbacks: dict[str, Endpoint] = {}  #: open ones, by token
        self.gate: asyncio.Event | None = None
        self.entered = asyncio.Event()
        self.finished = asyncio.Event()

    async def submit(self, endpoint: Endpoint, route: str, body: Any, **rest: Any) -> FakeSubmitted:
        call = SimpleNamespace(
            endpoint=endpoint, route=route, body=body, **{"request": None, "response": None, **rest}
        )
        self.calls.append(call)
        self.entered.set()
        if self.gate is not None:
            await self.gate.wait()
        if self.error is not None:
            raise self.error
        if self.hook is not None:
            body = self.hook(call) or body
        if body is None:
            raise ApiError(400, "invalid_body", "The body must be a JSON object.")
        self.finished.set()
        self.last = FakeSubmitted(
            new_id(), body.get("userId", "u"), body.get("sessionId", "s"), self.replayed,
            messages=self.messages, ends=self.ends, wait=rest.get("wait"),
        )  # fmt: skip
        return self.last

    async def endpoint_of(self, token: str) -> Endpoint:
        if token not in self.callbacks:
            raise ApiError(404, "unknown_callback", "There is no such callback.")
        return self.callbacks[token]

    async def accept(self, token: str, body: Any, *, remote_address: str | None = None) -> FakeSubmitted:
        del self.callbacks[token]
        self.calls.append(SimpleNamespace(token=token, body=body, remote_address=remote_address))
        return FakeSubmitted("t" * 32, "u", "s")

    async def receipt(self, trace_id: str) -> dict[str, Any] | None:
        return self.receipts.get(trace_id)

    async def cancel(self, trace_id: str) -> str:
        return self.cancels.get(trace_id, "unknown")


class FakeSessions:
    """Records which session was meant, and answers something of the right shape."""

    def __init__(self) -> None:
        self.calls: list[tuple[Any, ...]] = []
        self.error: Exception | None = None
        self.rows = 1
        self.exported: list[dict[str, Any]] = []

    def _row(self, ref: SessionRef, *call: Any) -> dict[str, Any]:
        self.calls.append((ref, *call))
        if self.error is not None:
            raise self.error
        return {
            "endpoint": ref.endpoint, "userId": ref.user_id, "sessionId": ref.session_id,
            "revision": 7, "node": None, "flowRevision": "r1", "backlog": 0,
            "createdAt": 1_750_000_000.0, "updatedAt": 1_750_000_000.5,
        }  # fmt: skip

    async def find(
        self, endpoint: Any, user_id: Any, session_id: Any, limit: int, before: Any, **more: Any
    ) -> list[Any]:
        self.calls.append((endpoint, user_id, session_id, limit, before))
        return [self._row(SessionRef("pizza", "u1", f"s{n}")) for n in range(min(limit, self.rows))]

    async def show(self, ref: SessionRef) -> dict[str, Any]:
        return {**self._row(ref), "state": {}}

    async def patch_context(self, ref: SessionRef, changes: Any, base: int | None) -> dict[str, Any]:
        return self._row(ref, changes, base)

    async def reset(self, ref: SessionRef) -> dict[str, Any]:
        return self._row(ref, "reset")

    async def go_to(self, ref: SessionRef, node: str) -> dict[str, Any]:
        return self._row(ref, node)

    async def require_target(self, ref: SessionRef, target: str) -> None:
        self.calls.append(("require_target", ref, target))
        if target not in ("pizza/size", "pizza/"):
            raise ApiError(404, "unknown_node", f"There is no node at {target}.")

    async def forget(self, ref: SessionRef | None = None, user_id: str | None = None) -> int:
        self.calls.append(("forget", ref, user_id))
        return 1

    async def transcript(self, ref: SessionRef, limit: int) -> list[dict[str, Any]]:
        self.calls.append(("transcript", ref, limit))
        step = {"flow": "pizza", "node": "size", "type": "ask", "went": "wait", "changed": {"context.at": 5}}
        output = {"deliveryId": "evt_x", "status": "delivered", "at": 1e9, "output": {"text": "Which size?"}}
        return [
            {
                "seq": 1, "kind": "message", "traceId": "t" * 32, "at": 1e9, "status": "done", "text": "hi",
                "data": {"at": 5}, "attachments": [], "outputs": [output], "trace": {"steps": [step]},
            }
        ]  # fmt: skip

    async def export(self, ref: SessionRef | None = None, user_id: str | None = None) -> dict[str, Any]:
        self.calls.append(("export", ref, user_id))
        return {"sessions": self.exported}


class FakeConfiguration:
    """Edits nothing, and shows how it would."""

    async def create(self, *asked: Any, **how: Any) -> ConfigEdit:
        self.asked = (*asked, how)
        return ConfigEdit("+ a", "f" * 16, Reloaded())

    change = delete = create

    async def write_switch(self, endpoint: Endpoint, enabled: bool) -> None:
        pass


class FakeDeliveries:
    """Every delivery is given up, and one replay runs."""

    def __init__(self) -> None:
        self.replays = self
        self._replay = RunningReplay("r1", 1, 1e9)

    async def give_up(self, delivery_id: str, reason: str) -> GivenUp:
        return GivenUp("given up")

    drop = give_up

    async def purge(self, wanted: Any) -> int:
        return 1

    async def begin(self, wanted: Any, plan: Any = None) -> RunningReplay:
        return self._replay

    def get(self, replay_id: str) -> RunningReplay | None:
        return self._replay if replay_id == "r1" else None

    async def cancel(self, replay: RunningReplay) -> None:
        replay.state = "cancelled"


class FakeDispatcher:
    """Knows which endpoints are paused, and counts its wakings."""

    def __init__(self) -> None:
        self.paused: dict[str, str] = {}
        self.open_breakers: dict[str, float] = {}
        self.woken = 0

    async def enable(self, endpoint: str) -> int:
        self.paused.pop(endpoint, None)
        return 0

    async def pause(self, endpoint: str, reason: str) -> None:
        self.paused[endpoint] = reason

    def wake(self) -> None:
        self.woken += 1


class FakeHooks:
    """No plugin, until a test says so."""

    def __init__(self) -> None:
        self.has_authenticate = self.has_answer = False
        self.routes_taken: set[str] = set()
        self.plugins: list[Any] = []
        self.blueprints: list[Any] = []
        self.failures: dict[tuple[str, str, str], int] = {}
        self.masked = False
        self.app = None

    def failures_of(self, plugin: str, hook: str) -> int:
        return 0

    def for_endpoint(self, endpoint: Endpoint) -> FakeHooks:
        return self

    def transforms(self, route: str) -> bool:
        return route in self.routes_taken

    def routes(self) -> list[Any]:
        return self.blueprints


class FakeDesk:
    """A desk with one conversation, with which everything can be done."""

    def __init__(self) -> None:
        self.presence = Presence(FakeClock())

    async def row(self, id: str, *rest: Any) -> Any:
        return SimpleNamespace(
            status="active", owner="admin", closing=False, ref=SessionRef("pizza", "u1", "s1")
        )

    seen = row

    async def find(self, *wanted: Any) -> tuple[list[dict[str, Any]], int | None]:
        return [await self.show("h1")], None

    async def show(self, id: str, *rest: Any, **more: Any) -> dict[str, Any]:
        return {
            "id": id, "endpoint": "pizza", "userId": "u1", "sessionId": "s1", "provider": "desk",
            "status": "active", "owner": "admin", "createdAt": 0.0, "node": "pizza/agent",
        }  # fmt: skip

    take = release = transfer = show

    async def transcript(self, id: str, *rest: Any) -> dict[str, Any]:
        return {**await self.show(id), "before": [], "messages": [await self.note(id)]}

    async def texts(self, id: str) -> list[dict[str, Any]]:
        return [{"name": "hello", "text": "Hello!"}]

    async def note(self, id: str, *rest: Any) -> dict[str, Any]:
        return {"sequence": 1, "source": "note", "agent": "admin", "text": "hello", "at": 0.0}

    async def reply(self, *rest: Any, **more: Any) -> dict[str, Any]:
        return {"traceId": "a" * 32}

    resolve = reply

    async def typing(self, *rest: Any) -> None: ...


class FakeCopilot:
    """A copilot with nothing drawn."""

    async def show(self, row: Any) -> dict[str, Any]:
        return {"handover": "h1", "grid": None, "tiles": {}}

    async def post_back(self, *rest: Any) -> str:
        return "a" * 32


class FakeEndpoints:
    """Endpoints by token and by name."""

    def __init__(self, endpoints: list[Endpoint]) -> None:
        self._endpoints = endpoints

    def __iter__(self) -> Iterator[Endpoint]:
        return iter(self._endpoints)

    def by_token(self, token: str, *, backend: bool = False) -> Endpoint | None:
        return next((e for e in self._endpoints if e.token == token and e.enabled), None)

    def by_name(self, name: str) -> Endpoint | None:
        return next((e for e in self._endpoints if e.name == name), None)

    async def switch(self, endpoint: Endpoint, enabled: bool) -> None:
        endpoint.enabled = enabled


def endpoint(name: str, token: str, **config: Any) -> Endpoint:
    settings = EndpointConfig(name=name, token=token, flow="pizza", privacy=PrivacyConfig(), **config)
    return Endpoint(name, token, "pizza", settings)


def make_services(**server: Any) -> Any:
    """Services with one endpoint of each sort."""
    store = MemoryStore()
    clock = FakeClock()
    limited = RateLimitsConfig(caller=RateLimit(2, 10.0))
    endpoints = FakeEndpoints(
        [
            endpoint("pizza", "demo-pizza"),
            endpoint("keyed", "demo-keyed", auth="api_key"),
            endpoint("other", "demo-other", auth="api_key"),
            endpoint("waiting", "demo-waiting", allow_wait=True),
            endpoint("limited", "demo-limited", rate_limit=limited),
        ]
    )
    settings = {
        "host": "127.0.0.1", "port": 0, "public_url": "https://bot.example", "max_body": 256 * 1024,
        "cors_origins": [], "trusted_proxies": [], "public_metrics": False,
    }  # fmt: skip
    hooks = FakeHooks()
    intake = FakeIntake()
    problems: list[Any] = []

    async def reload() -> SimpleNamespace:
        changes = Changes((FlowChanges("pizza", changed=("x",)),))
        return SimpleNamespace(
            problems=problems, changes=changes, stranded={"pizza/x": 2}, config=ConfigChanges()
        )

    snapshots = OneSnapshot()
    config = SimpleNamespace(
        root=Path("/srv/shop"),
        server=SimpleNamespace(**{**settings, **server}),
        admin_keys=ADMIN_KEYS,
        profiles=ProfilesConfig(),
        studio=StudioConfig(),
    )
    return SimpleNamespace(
        config=config,
        clock=clock,
        store=store,
        metrics=Metrics(),
        endpoints=endpoints,
        project=SimpleNamespace(hooks=hooks, library=SimpleNamespace(flows={}, revision="r1")),
        hooks=hooks,
        problems=problems,
        admin_key=ADMIN_KEY,
        events=EventBus(),
        state="ready",
        reload=reload,
        configuration=FakeConfiguration(),
        deliveries=FakeDeliveries(),
        intake=intake,
        receipts=intake,
        task_results=intake,
        sessions=FakeSessions(),
        desk=FakeDesk(),
        copilot=FakeCopilot(),
        users=Unshared(),
        profile_admin=ProfileAdmin(
            config,  # type: ignore[arg-type]
            store.profiles,  # type: ignore[arg-type]
            ProfileCache(store.profiles, SoleOwnership()),  # type: ignore[arg-type]
            endpoints,
        ),
        dispatcher=FakeDispatcher(),
        snapshots=snapshots,
        packages=AnyPackage(),
        projects=snapshots,
        timers=SimpleNamespace(wake=lambda: None),
        limits=SimpleNamespace(share=lambda name, buckets: None),
        peers=FakePeers(),
        keys=ApiKeys(store.api_keys, clock),  # type: ignore[arg-type]
    )


class FakePeers:
    """One process."""

    async def members(self) -> list[Any]:
        return []

    async def followed(self) -> Any:
        return {"count": 1, "differ": []}


async def nothing_here(scope: Any, receive: Any, send: Any) -> None:
    """Stands where Quart stands."""
    headers = [(b"x-inner", b"yes"), (b"content-length", b"5")]
    await send({"type": "http.response.start", "status": 404, "headers": headers})
    await send({"type": "http.response.body", "body": b"inner"})


@pytest.fixture
def services() -> Any:
    return make_services()


@pytest.fixture
def intake(services: Any) -> FakeIntake:
    intake: FakeIntake = services.intake
    return intake


@pytest.fixture
def front(services: Any) -> MessageApp:
    return MessageApp(services, nothing_here)


def client_of(app: Any, address: str = "203.0.113.7") -> httpx.AsyncClient:
    transport = httpx.ASGITransport(app=app, client=(address, 4711))
    return httpx.AsyncClient(transport=transport, base_url="http://bot.example")


@pytest.fixture
async def client(front: MessageApp) -> AsyncIterator[httpx.AsyncClient]:
    async with client_of(front) as client:
        yield client


@pytest.fixture
async def admin(services: Any) -> AsyncIterator[httpx.AsyncClient]:
    """The whole application, asked by somebody who knows the admin key."""
    async with client_of(create_app(services)) as client:
        client.headers["authorization"] = f"Bearer {ADMIN_KEY}"
        yield client


MESSAGE = {"userId": "u1", "sessionId": "s1", "text": "hello"}


@pytest.fixture(params=[True, False], ids=["fast lane", "hypercorn"])
def fast_lane(request: pytest.FixtureRequest) -> bool:
    """Whether plain messages are answered off the socket: what is true of one door is true of the other."""
    return bool(request.param)


@asynccontextmanager
async def serving(app: Any, *, fast_lane: bool = True, **options: Any) -> AsyncIterator[int]:
    """A real server on a port of its own; yields the port."""
    listening = bind("127.0.0.1", 0)
    server = HttpServer(app, fast_lane=fast_lane, graceful=1.0, **options)
    async with server.listening(listening):
        yield listening.getsockname()[1]
