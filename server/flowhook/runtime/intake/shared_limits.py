"""Rate limits that hold for all processes on one store together.

Each process decides by itself, at once, from its own token buckets. Twice a second it tells the store what
was taken from them, and learns what is used up at all processes together. So N processes let through what
arrives within half a second more than the limit, and no message waits for another statement.
"""

from __future__ import annotations

import asyncio
import hashlib
import logging

from flowhook.errors import StorageError
from flowhook.model.log_action import LogAction
from flowhook.runtime.intake.rate_limits import TokenBuckets
from flowhook.storage.protocols import Cluster, Ownership
from flowhook.storage.records import Spending

log = logging.getLogger("flowhook")

EVERY_SECONDS = 0.5


class SharedLimits:
    """The token buckets of this process, by the name of their limit. With one process, or without a cluster,
    they stand alone."""

    def __init__(self, cluster: Cluster | None, ownership: Ownership) -> None:
        self._cluster = cluster
        self._ownership = ownership
        self._buckets: dict[str, TokenBuckets] = {}

    def share(self, name: str, buckets: TokenBuckets | None) -> None:
        """Let the buckets of a limit be those of all processes; what had the name before is let go."""
        if buckets is None:
            self._buckets.pop(name, None)
        elif self._cluster is not None:
            buckets.is_shared = True
            self._buckets[name] = buckets

    async def run(self) -> None:
        """Tell and learn, until cancelled."""
        while True:
            await asyncio.sleep(EVERY_SECONDS)
            if self._ownership.processes > 1:
                try:
                    await self.exchange()
                except StorageError as error:
                    log.warning(
                        "rate limits are this process's own for the moment: %s", error,
                        extra={"action": LogAction.POLL_FAILED},
                    )  # fmt: skip

    async def exchange(self) -> None:
        """Tell what was taken since the last time, and learn what is used up."""
        assert self._cluster is not None
        taken = {
            _name(name, key): (buckets, key, count)
            for name, buckets in self._buckets.items()
            for key, count in buckets.taken().items()
        }
        spent = [Spending(name, count, buckets.rate) for name, (buckets, _, count) in taken.items()]
        if spent:
            for name, used in (await self._cluster.spend(spent)).items():
                buckets, key, _ = taken[name]
                buckets.correct(key, used)


def _name(limit: str, key: str) -> bytes:
    """Neither addresses nor users are told."""
    return hashlib.blake2b(f"{limit}\n{key}".encode("utf-8", "surrogatepass"), digest_size=16).digest()
