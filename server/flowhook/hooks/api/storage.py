"""What plugins keep: a dictionary for any two strings within an endpoint."""

from __future__ import annotations

import asyncio
import copy
from collections.abc import Coroutine
from dataclasses import dataclass, field
from types import TracebackType
from typing import Any, TypeVar

from flowhook.clock import Clock
from flowhook.durations import parse_duration
from flowhook.hooks.calling.threads import ThreadCall, thread_call
from flowhook.model.inbound import JsonObject
from flowhook.storage.protocols import PluginData

Key = tuple[str, str, str, str]  #: endpoint, namespace, a, b
T = TypeVar("T")


@dataclass(slots=True)
class _Lock:
    lock: asyncio.Lock = field(default_factory=asyncio.Lock)
    users: int = 0


class Locks:
    """One lock for each key that somebody uses just now."""

    def __init__(self) -> None:
        self._locks: dict[Key, _Lock] = {}

    async def acquire(self, key: Key) -> None:
        """Wait until the key is free, and take it."""
        entry = self._locks.setdefault(key, _Lock())
        entry.users += 1
        try:
            await entry.lock.acquire()
        except BaseException:
            self._leave(key, entry)
            raise

    def release(self, key: Key) -> None:
        """Give the key to the next who waits."""
        entry = self._locks[key]
        entry.lock.release()
        self._leave(key, entry)

    def __len__(self) -> int:
        return len(self._locks)

    def _leave(self, key: Key, entry: _Lock) -> None:
        entry.users -= 1
        if not entry.users:
            del self._locks[key]


class PluginStorage:
    """The ``storage`` argument of a hook. All plugins of one endpoint see the same data."""

    def __init__(self, rows: PluginData, clock: Clock, locks: Locks, endpoint: str) -> None:
        self._rows = rows
        self._clock = clock
        self._locks = locks
        self._endpoint = endpoint

    def open(
        self,
        a: str,
        b: str = "",
        *,
        namespace: str = "",
        owner: tuple[str, str] | None = None,
        ttl: str | float | None = None,
    ) -> OpenData:
        """The data kept for ``a`` and ``b``, locked: ``async with storage.open(a, b) as data:``.

        Saved on leaving, discarded when the body raises; an empty dictionary is deleted. ``owner``
        is the user and session with whom it is erased. ``ttl`` (``"1d"`` or seconds) runs from each
        saving. In a plain hook it is ``with`` instead of ``async with``.
        """
        for value in (a, b, namespace):
            if not isinstance(value, str):
                raise TypeError(f"storage.open takes strings, not {value!r}")
        key = (self._endpoint, namespace, a, b)
        return OpenData(self, key, owner, None if ttl is None else float(parse_duration(ttl)))

    async def _load(self, key: Key) -> JsonObject:
        await self._locks.acquire(key)
        try:
            return copy.deepcopy(await self._rows.get(*key, self._clock.now())) or {}
        except BaseException:
            self._locks.release(key)
            raise

    async def _leave(
        self, key: Key, data: JsonObject | None, owner: tuple[str, str] | None, ttl: float | None
    ) -> None:
        """Save ``data`` (None: nothing to save) and unlock."""
        try:
            if data is not None:
                expires_at = None if ttl is None else self._clock.now() + ttl
                await self._rows.keep(*key, copy.deepcopy(data) or None, owner, expires_at)
        finally:
            self._locks.release(key)


class OpenData:
    """Data between opening and leaving; for ``async with``, and for ``with`` in a plain hook."""

    __slots__ = ("_before", "_data", "_key", "_owner", "_storage", "_ttl")

    def __init__(
        self, storage: PluginStorage, key: Key, owner: tuple[str, str] | None, ttl: float | None
    ) -> None:
        self._storage = storage
        self._key = key
        self._owner = owner
        self._ttl = ttl
        self._data: JsonObject = {}
        self._before: JsonObject = {}

    async def __aenter__(self) -> JsonObject:
        self._data = await self._storage._load(self._key)
        self._before = copy.deepcopy(self._data)
        return self._data

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        renewed = self._ttl is not None or self._owner is not None
        changed = kind is None and (self._data != self._before or (renewed and bool(self._data)))
        await self._storage._leave(self._key, self._data if changed else None, self._owner, self._ttl)

    def __enter__(self) -> JsonObject:
        return _in_loop(self.__aenter__())

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        call = thread_call.get()
        if call is not None and call.abandoned and kind is None:
            # The hook outlasted its time and the message went on without it: its data must not count.
            kind, error = TimeoutError, TimeoutError()
        _in_loop(self.__aexit__(kind, error, trace))


def _in_loop(work: Coroutine[Any, Any, T]) -> T:
    """Run a coroutine in the server's event loop, from the thread of a plain hook."""
    call: ThreadCall | None = thread_call.get()
    if call is None:
        work.close()
        raise RuntimeError("use `async with storage.open(…)` in an async hook; `with` is for plain hooks")
    return asyncio.run_coroutine_threadsafe(work, call.loop).result()
