"""Reads that are asked for one by one and done together: those that come while a query is under way are the
next one, whatever their number.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Generic, TypeVar

V = TypeVar("V")

LIMIT = 64  #: keys of one query


class ReadTogether(Generic[V]):
    """``query`` returns what it found by key; what is missing in it is None."""

    def __init__(self, query: Callable[[Sequence[bytes]], Awaitable[Mapping[bytes, V]]]) -> None:
        self._query = query
        self._waiting: dict[bytes, asyncio.Future[V | None]] = {}
        self._task: asyncio.Task[None] | None = None

    async def get(self, key: bytes) -> V | None:
        """Read one, by a query that begins after this call."""
        future = self._waiting.get(key)
        if future is None:
            future = self._waiting[key] = asyncio.get_running_loop().create_future()
        if self._task is None:
            self._task = asyncio.get_running_loop().create_task(self._drain())
        return await asyncio.shield(future)  # one who gives up takes it from nobody else

    async def _drain(self) -> None:
        try:
            while self._waiting:
                batch = {key: self._waiting.pop(key) for key in list(self._waiting)[:LIMIT]}
                await self._read(batch)
        finally:
            self._task = None

    async def _read(self, batch: Mapping[bytes, asyncio.Future[V | None]]) -> None:
        try:
            found = await self._query(list(batch))
        except BaseException as error:
            for future in batch.values():
                if isinstance(error, Exception):
                    future.set_exception(error)
                    future.exception()  # whoever asked may have given up
                else:
                    future.cancel()
            if not isinstance(error, Exception):
                raise
        else:
            for key, future in batch.items():
                future.set_result(found.get(key))
