"""The store in a SQLite file.

Everything that changes something is a job of the one writer; reads have connections of their own, one
for turns and one for administration, so that a long listing keeps no turn waiting. What each statement
does stands in the module of its subject; here they are only put together.
"""

from __future__ import annotations

import logging
import sqlite3
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Literal

from pydantic_core import to_json

from flowhook.clock import Clock
from flowhook.model.delivery import Delivery
from flowhook.model.inbound import Inbound, JsonObject
from flowhook.model.log_action import LogAction
from flowhook.model.session_ref import SessionRef
from flowhook.storage.sqlite import (
    callbacks,
    inbox,
    outbox,
    plugin_data,
    profiles,
    receipts,
    retention,
    sessions,
    settings,
    timers,
    traces,
    transcripts,
    turns,
)
from flowhook.storage.sqlite.connection import MEMORY, Connection, connect_reader, connect_writer
from flowhook.storage.sqlite.lockfile import LockFile
from flowhook.storage.sqlite.migrate import migrate, shipped_migrations
from flowhook.storage.sqlite.sweep import Sweep
from flowhook.storage.sqlite.writer import OnCommit, Writer
from flowhook.storage.store import (
    Acceptance,
    Accepted,
    ApiKey,
    Arrival,
    CallbackRow,
    Committed,
    DeliveryRow,
    Outcome,
    ProfileChange,
    Receipt,
    Segment,
    SessionRow,
    TaskChange,
    TimerChange,
    TimerRow,
    TraceRow,
)

log = logging.getLogger("flowhook.storage")

WAKE_PIECE = 1000  #: heads woken in one transaction


class SqliteStore:
    """One file, one process. ``path`` may be ``:memory:``, for tests.

    ``fatal`` is called when a commit's fate is unknown; it should end the process.
    """

    def __init__(
        self,
        path: str,
        clock: Clock,
        fatal: Callable[[Exception], None],
        on_commit: OnCommit | None = None,
    ) -> None:
        self.path = path
        self._clock = clock
        self._fatal = fatal
        self._on_commit = on_commit
        self._lock = None if path == MEMORY else LockFile(Path(f"{path}.lock"))
        self._connections: list[Connection] = []  # the writer's first
        self._writer: Writer
        self._reads: Connection  # what turns and deliveries need
        self._listings: Connection  # what administration asks

    async def open(self) -> None:
        if self._lock is not None:
            Path(self.path).parent.mkdir(parents=True, exist_ok=True)
            self._warn_when_gone(self._lock)
            self._lock.take()
        try:
            await self._connect()
        except BaseException:
            await self._disconnect()
            raise

    async def close(self) -> None:
        try:
            if self._connections:
                await self._writer.stop()
                for reader in self._connections[:0:-1]:
                    await reader.close()
                del self._connections[1:]
                await self._writer.empty_log()
        finally:
            await self._disconnect()

    def _warn_when_gone(self, lock: LockFile) -> None:
        if lock.was_taken and not Path(self.path).exists():
            log.warning(
                "the database %s is gone; an empty one is made",
                self.path,
                extra={"action": LogAction.STORAGE_NEW},
            )

    async def _connect(self) -> None:
        writing = await connect_writer(self.path)
        self._connections.append(writing)
        await writing.run(migrate, shipped_migrations())
        self._writer = Writer(writing, self.path, self._fatal, self._on_commit)
        if self.path == MEMORY:
            self._reads = self._listings = writing
            return
        for _ in range(2):
            self._connections.append(await connect_reader(self.path))
        self._reads, self._listings = self._connections[1:]

    async def _disconnect(self) -> None:
        while self._connections:
            await self._connections.pop().close()
        if self._lock is not None:
            self._lock.release()

    async def settled(self) -> None:
        await self._writer.submit("", _nothing)
        await self._reads.run(_nothing)

    @property
    def waiting_jobs(self) -> int:
        """Transactions that the writer has not taken up yet: the measure of overload."""
        return self._writer.waiting

    # --- the three transactions ---------------------------------------------------------------

    async def accept(self, arrivals: Sequence[Arrival]) -> list[Acceptance]:
        entries = [inbox.Entry.of(arrival) for arrival in arrivals]
        return await self._writer.submit("accept", inbox.accept, entries, self._clock.now())

    async def commit(self, segment: Segment) -> Committed:
        outputs = turns.serialised_outputs(segment)
        return await self._writer.submit(
            "turn", turns.commit, segment, segment.ref.key, outputs, self._clock.now()
        )

    async def resolve(self, outcome: Outcome) -> Delivery | None:
        return await self._writer.submit("resolve", outbox.resolve, outcome)

    # --- coming back to life, and falling due ---------------------------------------------------

    async def sessions_with_backlog(self) -> list[SessionRef]:
        return await self._reads.run(sessions.sessions_with_backlog)

    async def backlog(self, session: SessionRef) -> tuple[bytes | None, int, list[Inbound]]:
        return await self._reads.run(sessions.backlog, session, session.key)

    async def due_deliveries(self, now: float, limit: int, skip: Sequence[str] = ()) -> list[Delivery]:
        return await self._reads.run(outbox.due_deliveries, now, limit, frozenset(skip))

    async def next_delivery_at(self, skip: Sequence[str] = ()) -> float | None:
        return await self._reads.run(outbox.next_delivery_at, frozenset(skip))

    async def wake_deliveries(self, endpoint: str, now: float, spread: float) -> int:
        woken = 0
        while piece := await self._writer.submit(
            "", outbox.wake_deliveries, endpoint, now, spread, WAKE_PIECE
        ):
            woken += piece
        return woken

    async def due_timers(self, now: float, limit: int) -> list[Accepted]:
        return await self._writer.submit("accept", timers.due_timers, now, limit)

    async def next_timer_at(self) -> float | None:
        return await self._reads.run(timers.next_timer_at)

    # --- callbacks of tasks -----------------------------------------------------------------------

    async def callback(self, part: int, hash: bytes) -> CallbackRow | None:
        return await self._reads.run(callbacks.find, part, hash)

    async def use_callback(
        self, part: int, hash: bytes, inbound: Inbound, expires_after: float | None
    ) -> Accepted | None:
        return await self._writer.submit(
            "accept", callbacks.use, part, hash, inbound, expires_after, self._clock.now()
        )

    # --- receipts -------------------------------------------------------------------------------

    async def receipt(self, trace_id: str) -> Receipt | None:
        return await self._reads.run(receipts.receipt, trace_id)

    async def record_discard(
        self, trace_id: str, endpoint: str, user_id: str, session_id: str, reason: str, at: float
    ) -> None:
        await self._writer.submit(
            "accept", receipts.record_discard, trace_id, endpoint, user_id, session_id, reason, at
        )

    async def cancel(self, trace_id: str, at: float) -> Literal["cancelled", "begun", "unknown"]:
        return await self._writer.submit("", receipts.cancel, trace_id, at)

    # --- what turns read ------------------------------------------------------------------------

    async def profile(self, user_id: str) -> JsonObject:
        return await self._reads.run(profiles.profile, user_id)

    async def change_profile(self, user_id: str, changes: Sequence[ProfileChange]) -> None:
        await self._writer.submit("", profiles.change_profile, user_id, changes, self._clock.now())

    async def history(self, session: SessionRef, limit: int) -> list[JsonObject]:
        return await self._reads.run(transcripts.history, session.key, limit)

    async def step(self, session: SessionRef, seq: int, name: str) -> bytes | None:
        return await self._reads.run(plugin_data.step, session.key, seq, name)

    async def keep_step(self, session: SessionRef, seq: int, name: str, result: bytes) -> None:
        await self._writer.submit("", plugin_data.keep_step, session.key, seq, name, result)

    # --- administration -------------------------------------------------------------------------

    async def session(self, session: SessionRef) -> SessionRow | None:
        return await self._listings.run(sessions.session, session.key)

    async def find_sessions(
        self,
        endpoint: str | None = None,
        user_id: str | None = None,
        session_id: str | None = None,
        limit: int = 50,
        before: tuple[float, bytes] | None = None,
    ) -> list[SessionRow]:
        return await self._listings.run(sessions.find_sessions, endpoint, user_id, session_id, limit, before)

    async def sessions_of(self, user_id: str) -> list[SessionRow]:
        return await self._listings.run(sessions.sessions_of, user_id)

    async def change_session(
        self,
        session: SessionRef,
        base_revision: int,
        state: bytes,
        node: str | None,
        timer: TimerChange | None,
        tasks: TaskChange | None = None,
        abandon: int | None = None,
    ) -> int:
        change = sessions.Change(state, node, timer, tasks, abandon)
        return await self._writer.submit(
            "", sessions.change_session, session.key, base_revision, change, self._clock.now()
        )

    async def sessions_by_node(self, endpoint: str) -> list[tuple[str, int]]:
        return await self._listings.run(sessions.sessions_by_node, endpoint)

    async def forget(self, user_id: str | None = None, session: SessionRef | None = None) -> int:
        gone = 0
        if session is not None:
            gone += await self._writer.submit("", sessions.forget_session, session)
        if user_id is not None:
            gone += await self._writer.submit("", sessions.forget_user, user_id)
        return gone

    async def transcript(self, session: SessionRef, limit: int | None = None) -> list[JsonObject]:
        return await self._listings.run(transcripts.transcript, session.key, limit)

    async def find_traces(
        self, endpoint: str | None = None, failed: bool = False, limit: int = 50, before: int | None = None
    ) -> list[TraceRow]:
        return await self._listings.run(traces.find, endpoint, failed, limit, before)

    async def traces(self, trace_id: str) -> list[TraceRow]:
        return await self._listings.run(traces.of, trace_id)

    async def find_deliveries(
        self,
        status: str | None = None,
        endpoint: str | None = None,
        user_id: str | None = None,
        session_id: str | None = None,
        limit: int = 50,
        after: str | None = None,
    ) -> list[DeliveryRow]:
        return await self._listings.run(
            outbox.find_deliveries, status, endpoint, user_id, session_id, limit, after
        )

    async def delivery(self, delivery_id: str) -> DeliveryRow | None:
        return await self._listings.run(outbox.delivery, delivery_id)

    async def replay(self, delivery_ids: Sequence[str], now: float) -> list[Delivery]:
        return await self._writer.submit("", outbox.replay, delivery_ids, now)

    async def find_timers(self, limit: int = 50) -> list[TimerRow]:
        return await self._listings.run(timers.find_timers, limit)

    async def cancel_timer(self, timer_id: str, at: float) -> bool:
        if timer_id.startswith(timers.TIMEOUT_PREFIX):
            return await self._writer.submit("", timers.cancel_timer, timer_id)
        if timer_id.startswith(callbacks.TASK_PREFIX):
            return await self._writer.submit("", callbacks.end_now, timer_id, at)
        return await self.cancel(timer_id, at) == "cancelled"

    async def keys(self) -> list[ApiKey]:
        return await self._listings.run(settings.keys)

    async def add_key(self, key: ApiKey) -> None:
        await self._writer.submit("", settings.add_key, key)

    async def revoke_key(self, endpoint: str, key_id: str) -> bool:
        return await self._writer.submit("", settings.revoke_key, endpoint, key_id)

    async def setting(self, name: str) -> str | None:
        return await self._listings.run(settings.setting, name)

    async def set_setting(self, name: str, value: str | None) -> None:
        await self._writer.submit("", settings.set_setting, name, value)

    async def settings(self, prefix: str) -> dict[str, str]:
        return await self._listings.run(settings.settings, prefix)

    async def plugin_data(
        self, endpoint: str, namespace: str, a: str, b: str, now: float
    ) -> JsonObject | None:
        return await self._reads.run(plugin_data.plugin_data, endpoint, namespace, a, b, now)

    async def keep_plugin_data(
        self,
        endpoint: str,
        namespace: str,
        a: str,
        b: str,
        data: JsonObject | None,
        owner: tuple[str, str] | None,
        expires_at: float | None,
    ) -> None:
        body = to_json(data) if data is not None else None
        await self._writer.submit(
            "", plugin_data.keep_plugin_data, endpoint, namespace, a, b, body, owner, expires_at
        )

    async def plugin_data_of(self, user_id: str) -> list[JsonObject]:
        return await self._listings.run(plugin_data.plugin_data_of, user_id, self._clock.now())

    async def sweep(self, now: float, retention: dict[str, float]) -> dict[str, int]:
        return await Sweep(self._writer, self._listings, now, retention).run()

    async def counts(self) -> dict[str, int]:
        return await self._listings.run(retention.counts)


def _nothing(_db: sqlite3.Connection) -> None:
    """A job that stands behind those that were handed in before it."""
