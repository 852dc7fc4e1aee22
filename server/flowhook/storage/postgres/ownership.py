"""Which sessions are this process's, and what it hears of the others: one connection of its own for leases,
LISTEN and NOTIFY.

A NOTIFY has a transaction of its own, after the commit that it tells of, and one tells of all that happened
in 20 ms: notifying transactions wait for each other in PostgreSQL. It may be lost; then the poll behind it
finds the same a moment later.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import random
import time
from collections.abc import Awaitable, Coroutine, Iterable
from typing import Any, TypeVar

import asyncpg
from pydantic_core import from_json, to_json

from flowhook.errors import StorageError
from flowhook.model.inbound import JsonObject
from flowhook.model.log_action import LogAction
from flowhook.storage.ownership import PeerListener
from flowhook.storage.postgres.connection import CLIENT_SECONDS, Connection, close, connect
from flowhook.storage.postgres.errors import explained
from flowhook.storage.postgres.leases import BEAT_SECONDS, SHARDS, LeaseHolder, OnTime

T = TypeVar("T")

log = logging.getLogger("flowhook.storage")

CHANNEL = "flowhook"
NOTIFY = "SELECT pg_notify('flowhook', $1)"
TELL_SECONDS = 0.02  #: between two NOTIFYs of a process
LISTENING_POLL, DEAF_POLL = 1.0, 0.25  #: seconds, give or take a quarter
HANDOVER_SECONDS = 0.3  #: between stopping to work on a shard and giving it back
WORDS = "flowhook_words"  #: a channel that versions before do not listen to
SAY = "SELECT pg_notify('flowhook_words', $1)"
LONGEST_WORD = 7000  #: bytes; PostgreSQL takes 8,000
BEAT, CHANGED, WAKE, DUE = "beat", "changed", "wake:", "due:"
ALL_SHARDS = frozenset(range(SHARDS))


class PostgresOwnership:
    """See :class:`flowhook.storage.protocols.Ownership`. Before :meth:`start`, as in administration while no
    server runs, everything belongs to whoever asks."""

    is_shared = True

    def __init__(self, url: str, on_time: OnTime) -> None:
        """``on_time`` is told what the database's clock says, with each beat."""
        self._url = url
        self._holder = LeaseHolder(on_time)
        self._shards = ALL_SHARDS
        self._good_until = float("inf")
        self._surplus: frozenset[int] = frozenset()
        self._db: Connection | None = None
        self._using = asyncio.Lock()  # the one connection
        self._listener = PeerListener()
        self._to_say: list[str] = []
        self._beat_now = asyncio.Event()
        self._to_wake: dict[str, set[int]] = {}  #: what to tell → of which shards
        self._to_tell: set[str] = set()
        self._telling: asyncio.TimerHandle | None = None
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_started = False
        self.id = self._holder.id  #: of this process
        self.processes = 1  #: that serve

    # --- what is asked ---------------------------------------------------------------------------

    def owns(self, key: bytes) -> bool:
        """Return whether a session, by its key, is this process's now."""
        return key[0] in self._shards and time.monotonic() < self._good_until

    @property
    def shards(self) -> list[int]:
        """Those that are this process's now."""
        return list(self._shards) if time.monotonic() < self._good_until else []

    # --- what is told ----------------------------------------------------------------------------

    def wake(self, keys: Iterable[bytes], *, due: bool = False) -> None:
        """Tell the owners of sessions that something waits in them; ``due``: also that timers or deliveries
        of theirs may have come. For one's own nothing is to be told."""
        shards = {key[0] for key in keys if not self.owns(key)}
        if shards:
            self._to_wake.setdefault(DUE if due else WAKE, set()).update(shards)
            self._tell_soon()

    def wake_all(self) -> None:
        """Tell all owners that timers or deliveries may have come."""
        self._to_wake[DUE] = set(ALL_SHARDS)
        self._tell_soon()

    def look(self) -> None:
        """Look at once for what waits here: what a commit did that could not say so is not known."""
        self._listener.wake(True)

    def tell_change(self) -> None:
        """Tell all processes that something changed which they keep in memory."""
        self._to_tell.add(CHANGED)
        self._tell_soon()

    def tell(self, message: JsonObject) -> None:
        """Tell the other processes something small, which may be lost."""
        word = to_json(message).decode()
        if self.processes > 1 and len(word.encode()) <= LONGEST_WORD and word not in self._to_say:
            self._to_say.append(word)
            self._tell_soon()

    def beat_soon(self) -> None:
        """Let all processes say anew what they say of themselves."""
        self._beat_now.set()
        self._to_tell.add(BEAT)
        self._tell_soon()

    def _tell_soon(self) -> None:
        if self._telling is None:
            self._telling = asyncio.get_running_loop().call_later(TELL_SECONDS, self._tell)

    def _tell(self) -> None:
        self._telling = None
        self._spawn(self._send())

    async def _send(self) -> None:
        words, self._to_tell = self._to_tell, set()
        waking, self._to_wake = self._to_wake, {}
        sayings, self._to_say = self._to_say, []
        words |= {f"{word}{sum(1 << shard for shard in shards):x}" for word, shards in waking.items()}
        with contextlib.suppress(StorageError):  # it is found by the poll
            async with self._using:
                db = await self._connected()
                for word in words:
                    await self._guarded(db, db.execute(NOTIFY, word))
                for saying in sayings:
                    await self._guarded(db, db.execute(SAY, saying))

    # --- its life --------------------------------------------------------------------------------

    async def start(self, listener: PeerListener) -> None:
        """Take a share of the shards, and keep it. Raises StorageError."""
        self._listener = listener
        self._shards, self._is_started = frozenset(), True
        await self._beat()
        self._to_tell.add(BEAT)  # the others have to make room
        self._tell_soon()
        self._spawn(self._keep())
        self._spawn(self._poll())

    async def stop(self) -> None:
        """Give all shards back, at once: the others need not wait for the leases to end."""
        self._shards = frozenset() if self._is_started else ALL_SHARDS
        if self._telling is not None:
            self._telling.cancel()
        if self._is_started:
            self._to_tell.add(BEAT)
            for task in self._tasks:
                task.cancel()
            await asyncio.gather(*self._tasks, return_exceptions=True)
            with contextlib.suppress(StorageError):
                await self._leave()
        if self._to_tell or self._to_wake:
            await self._send()
        if self._db is not None:
            await close(self._db)
            self._db = None

    async def _leave(self) -> None:
        async with self._using:
            db = await self._connected()
            await self._guarded(db, self._holder.leave(db))

    def _spawn(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.get_running_loop().create_task(work)
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)

    async def _keep(self) -> None:
        while True:
            pause = HANDOVER_SECONDS if self._surplus else BEAT_SECONDS * random.uniform(0.75, 1.0)
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(pause):  # wait_for of Python 3.11 may lose that it is cancelled
                    await self._beat_now.wait()
                await asyncio.sleep(HANDOVER_SECONDS if self._surplus else 0)
            self._beat_now.clear()
            try:
                await self._beat()
            except StorageError as error:
                log.warning("leases: %s", error, extra={"action": LogAction.STORAGE_LEASES})

    async def _beat(self) -> None:
        given_back, before = self._surplus, self._shards
        async with self._using:
            db = await self._connected()
            about = to_json(self._listener.about()).decode()
            leases = await self._guarded(db, self._holder.beat(db, given_back, about))
        self._listener.suspected(leases.suspects, leases.is_wary)  # before a turn of theirs may run here
        self._shards, self._good_until = leases.shards - leases.surplus, leases.good_until
        self._surplus, self.processes = leases.surplus, leases.processes
        self._listener.met([from_json(about) for about in leases.others])
        if given_back:
            self._to_tell.add(BEAT)  # somebody takes them
            self._tell_soon()
        if leases.has_buried:
            self.wake_all()  # deliveries that the dead had taken upon themselves
        if self._shards != before:
            log.info(
                "%d of %d shards, %d processes", len(self._shards), SHARDS, leases.processes,
                extra={"action": LogAction.STORAGE_LEASES},
            )  # fmt: skip
        if self._shards - before:
            self._listener.wake(True)

    async def _poll(self) -> None:
        """What no NOTIFY told of is found, a moment later."""
        while True:
            is_listening = self._db is not None and not self._db.raw.is_closed()
            pause = LISTENING_POLL if is_listening else DEAF_POLL
            await asyncio.sleep(pause * random.uniform(0.75, 1.25))
            self._listener.wake(True)
            if not is_listening:
                self._beat_now.set()  # which connects

    # --- the connection --------------------------------------------------------------------------

    async def _connected(self) -> Connection:
        if self._db is None or self._db.raw.is_closed():
            db = await connect(self._url)
            if self._is_started:
                await self._guarded(db, db.raw.add_listener(CHANNEL, self._heard))
                await self._guarded(db, db.raw.add_listener(WORDS, self._heard_saying))
            self._db = db
        return self._db

    async def _guarded(self, db: Connection, work: Awaitable[T]) -> T:
        """Whatever fails on the connection, it is not used again. Raises StorageError."""
        try:
            async with asyncio.timeout(CLIENT_SECONDS):
                return await work
        except BaseException as error:
            db.raw.terminate()
            if isinstance(error, OSError | TimeoutError | asyncpg.PostgresError | asyncpg.InterfaceError):
                raise explained(error) from error
            raise

    def _heard_saying(self, connection: asyncpg.Connection, pid: int, _channel: str, word: str) -> None:
        if pid != connection.get_server_pid():  # else it is one's own
            self._listener.heard(from_json(word))

    def _heard(self, _connection: object, _pid: int, _channel: str, word: str) -> None:
        if word == BEAT:
            self._beat_now.set()
        elif word == CHANGED:
            self._listener.changed()
        else:
            kind, _, shards = word.partition(":")
            if any(int(shards, 16) >> shard & 1 for shard in self._shards):
                self._listener.wake(f"{kind}:" == DUE)
