"""A store of each kind, and short ways to say what a session does."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
from pydantic_core import to_json
from tests.postgres_server import empty, installed_programs, wheel_programs

from flowhook.harness.clocks import FakeClock
from flowhook.ids import new_id
from flowhook.model.delivery import Delivery
from flowhook.model.inbound import Inbound, Kind
from flowhook.model.session_ref import SessionRef
from flowhook.storage import open_store
from flowhook.storage.protocols import Store
from flowhook.storage.records import Accepted, Arrival, Attempt, Committed, RequestKey, Segment


class Desk:
    """Drives a store the way the runtime does, with one line for each step."""

    def __init__(self, store: Store, clock: FakeClock) -> None:
        self.store = store
        self.clock = clock

    def session(self, user: str = "u1", session: str = "s1", endpoint: str = "web") -> SessionRef:
        return SessionRef(endpoint, user, session)

    def arrival(
        self,
        session: SessionRef | None = None,
        text: str = "hi",
        kind: Kind = Kind.MESSAGE,
        route: str | None = None,
        not_before: float | None = None,
        precondition: Any = None,
        idempotency_key: str | None = None,
        fingerprint: bytes = b"",
        key: dict[str, Any] | None = None,
        **conditions: Any,
    ) -> Arrival:
        """``idempotency_key`` and ``fingerprint`` make a key, of which ``key`` says more."""
        inbound = Inbound(
            session or self.session(), kind, new_id(), self.clock.now(), text,
            not_before=not_before, precondition=precondition,
        )  # fmt: skip
        request_key = None
        if idempotency_key is not None:
            request_key = RequestKey(idempotency_key, route or kind.value, fingerprint, **(key or {}))
        return Arrival(inbound, request_key, **conditions)

    async def say(self, session: SessionRef | None = None, text: str = "hi", **how: Any) -> Accepted:
        (answer,) = await self.store.inbox.accept([self.arrival(session, text, **how)])
        assert isinstance(answer, Accepted), answer
        return answer

    async def turn(self, accepted: Accepted, *texts: str, **segment: Any) -> Committed:
        session = accepted.inbound.ref
        segment.setdefault("base_revision", accepted.revision)
        segment.setdefault("state", b'{"frames":[["pizza","size"]]}')
        segment.setdefault("node", "pizza/size")
        segment.setdefault("deliveries", [self.delivery(accepted, text) for text in texts])
        return await self.store.turns.commit(Segment(session, accepted.inbound.seq, **segment))

    async def exchange(self, session: SessionRef | None = None, *texts: str, **segment: Any) -> Committed:
        """A message and its whole turn."""
        return await self.turn(await self.say(session), *(texts or ("hello",)), **segment)

    def delivery(self, accepted: Accepted, text: str) -> Delivery:
        inbound = accepted.inbound
        names = inbound.ref
        body = to_json({"userId": names.user_id, "AIOutput": {"text": text, "data": {}, "source": "bot"}})
        return Delivery(
            names.endpoint, names.key, 0, "", body, inbound.trace_id, names.user_id, names.session_id
        )

    def outcome(self, delivery: Delivery, status: Any = "delivered", **more: Any) -> Attempt:
        return Attempt(delivery, status, at=self.clock.now(), **more)

    async def deliver(self, delivery: Delivery, status: Any = "delivered", **more: Any) -> Delivery | None:
        return await self.store.outbox.record_attempt(self.outcome(delivery, status, **more))

    def settle(self, attempt: Attempt) -> asyncio.Future[Delivery | None]:
        """Hand in that a delivery was taken; gives what may leave once that is written."""
        settled: asyncio.Future[Delivery | None] = asyncio.get_running_loop().create_future()

        def written(following: Delivery | None, error: BaseException | None) -> None:
            if error is None:
                settled.set_result(following)
            else:
                settled.set_exception(error)

        self.store.outbox.settle(attempt, written)
        return settled

    async def due(self, **more: Any) -> list[Delivery]:
        return await self.store.outbox.due(self.clock.now(), 100, **more)


@pytest.fixture
def clock() -> FakeClock:
    """Time that stands still."""
    return FakeClock()


@pytest.fixture
def url(tmp_path: Path) -> str:
    """A file of the test's own."""
    return f"sqlite:///{tmp_path}/flowhook.db"


#: The stores that must keep the contract: by a name for the test's id, their URL in a directory of the test.
STORES = {
    "file": "sqlite:///{directory}/flowhook.db",
    "memory": "sqlite://",
    "postgres": "",
}
if installed_programs() is not None and wheel_programs() is not None:
    STORES["newest postgres"] = ""  #: the wheel's beside the system's, which is older


@pytest.fixture(params=STORES)
def store_url(request: pytest.FixtureRequest, tmp_path: Path) -> str:
    """Where a store of each kind keeps its data, of which there are none yet."""
    if request.param == "postgres":
        url: str = request.getfixturevalue("empty_postgres")
        return url
    if request.param == "newest postgres":
        newest: str = request.getfixturevalue("newest_postgres")
        empty(newest)
        return newest
    return STORES[request.param].format(directory=tmp_path)


@pytest.fixture
async def store(store_url: str, clock: FakeClock) -> AsyncIterator[Store]:
    """An open store of each kind."""
    store = open_store(store_url, clock)
    await store.open()
    yield store
    await store.close()


@pytest.fixture
def desk(store: Store, clock: FakeClock) -> Desk:
    """The store with a helping hand."""
    return Desk(store, clock)
