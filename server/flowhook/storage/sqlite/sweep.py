"""One round of retention: search on a reader, delete on the writer."""

from __future__ import annotations

from flowhook.storage.sqlite import retention
from flowhook.storage.sqlite.connection import Connection
from flowhook.storage.sqlite.inbox import KEY_LIFETIME
from flowhook.storage.sqlite.writer import Writer

FRONTS = {
    "traces": (retention.FRONT_OF_TRACES, retention.drop_traces),
    "dead_deliveries": (retention.FRONT_OF_DEAD, retention.drop_deliveries),
}


class Sweep:
    """One round of retention: a piece of everything that is too old."""

    def __init__(self, writer: Writer, reader: Connection, now: float, ages: dict[str, float]) -> None:
        self._writer = writer
        self._reader = reader
        self._now = now
        self._ages = {"idempotency": KEY_LIFETIME, "plugin_data": 0.0, **ages}
        if "traces" in ages:
            self._ages |= dict.fromkeys(("discards", "callbacks"), ages["traces"])

    async def run(self) -> dict[str, int]:
        """The number of rows by name; all 0 when nothing is too old."""
        gone = {name: await self._sweep(name, self._now - age) for name, age in self._ages.items()}
        if any(gone.values()):
            await self._writer.submit("", retention.shrink)
        return gone

    async def _sweep(self, name: str, before: float) -> int:
        if name in retention.DROP_BY_AGE:
            return await self._writer.submit("", retention.drop_by_age, name, before)
        if name == "sessions":
            rows = await self._reader.run(retention.old_sessions, before)
            return await self._writer.submit("", retention.end_sessions, rows, before) if rows else 0
        if name == "transcripts":
            return await self._sweep_transcripts(before)
        return await self._sweep_front(*FRONTS[name], before)

    async def _sweep_transcripts(self, before: float) -> int:
        gone = await self._sweep_front(retention.FRONT_OF_INBOX, retention.drop_inbounds, before)
        gone += await self._sweep_front(retention.FRONT_OF_OUTBOX, retention.drop_deliveries, before)
        rows = await self._reader.run(retention.empty_sessions, before)
        if rows:
            gone += await self._writer.submit("", retention.drop_sessions, rows, before)
        return gone

    async def _sweep_front(self, front: str, drop: retention.Drop, before: float) -> int:
        rows = await self._reader.run(retention.old_rows, front, before)
        return await self._writer.submit("", drop, rows) if rows else 0
