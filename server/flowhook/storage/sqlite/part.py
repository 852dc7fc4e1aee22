"""What the parts of the SQLite store have in common.

A method of a part is a plain function on a connection: ``def get(self, db, name)``. The decorator says
whose connection that is and makes it the method of the protocol, without ``db`` and to be awaited.
Changes run on the one connection that writes, in a transaction that they may share with others; reads
have connections of their own, one for turns and deliveries and one for administration, so that a long
listing keeps no turn waiting.
"""

from __future__ import annotations

import functools
import sqlite3
from collections.abc import Callable, Coroutine
from typing import Any, Concatenate, ParamSpec, TypeVar

from flowhook.storage.sqlite.connection import Connection
from flowhook.storage.sqlite.database import Database

S = TypeVar("S", bound="Part")
P = ParamSpec("P")
T = TypeVar("T")

Job = Callable[Concatenate[S, sqlite3.Connection, P], T]
Method = Callable[Concatenate[S, P], Coroutine[Any, Any, T]]


class Part:
    """One subject of the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    async def _read(self, connection: Connection, job: Callable[[sqlite3.Connection], T]) -> T:
        try:
            return await connection.run(job)
        except sqlite3.DatabaseError as error:
            self._database.raise_damage(error)
            raise

    def _now(self) -> float:
        return self._database.clock.now()


def writes(label: str = "") -> Callable[[Job[S, P, T]], Method[S, P, T]]:
    """A change, in a transaction of the writer. ``label`` names the failpoints around its commit."""

    def decorate(job: Job[S, P, T]) -> Method[S, P, T]:
        @functools.wraps(job)
        async def method(self: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
            return await self._database.writer.submit(label, lambda db: job(self, db, *args, **kwargs))

        return method

    return decorate


def reads(job: Job[S, P, T]) -> Method[S, P, T]:
    """A read that a turn or a delivery waits for."""

    @functools.wraps(job)
    async def method(self: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._read(self._database.reads, lambda db: job(self, db, *args, **kwargs))

    return method


def lists(job: Job[S, P, T]) -> Method[S, P, T]:
    """A read of administration, which may take its time."""

    @functools.wraps(job)
    async def method(self: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._read(self._database.listings, lambda db: job(self, db, *args, **kwargs))

    return method
