"""What the parts of the PostgreSQL store have in common.

A method of a part is a coroutine on a connection: ``async def get(self, db, name)``. The decorator says whose
connection that is and makes it the method of the protocol, without ``db``. Changes run one batch after the
other on the connection that writes; reads have connections of their own.
"""

from __future__ import annotations

import functools
from collections.abc import Callable, Coroutine
from typing import Any, Concatenate, ParamSpec, TypeVar

from flowhook.storage.postgres.connection import Connection
from flowhook.storage.postgres.database import Database

S = TypeVar("S", bound="Part")
P = ParamSpec("P")
T = TypeVar("T")

Job = Callable[Concatenate[S, Connection, P], Coroutine[Any, Any, T]]
Method = Callable[Concatenate[S, P], Coroutine[Any, Any, T]]


class Part:
    """One subject of the store."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def _now(self) -> float:
        return self._database.clock.now()


def writes(label: str = "") -> Callable[[Job[S, P, T]], Method[S, P, T]]:
    """A change, in a transaction of its own. ``label`` names the failpoints around its commit."""

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
        return await self._database.reads.run(lambda db: job(self, db, *args, **kwargs))

    return method


def lists(job: Job[S, P, T]) -> Method[S, P, T]:
    """A read of administration, which may take its time."""

    @functools.wraps(job)
    async def method(self: S, /, *args: P.args, **kwargs: P.kwargs) -> T:
        return await self._database.listings.run(lambda db: job(self, db, *args, **kwargs))

    return method
